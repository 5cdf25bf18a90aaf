"""Reads the whole database out, as it stands at one moment, straight into an encrypted file.

Nothing is ever on the disk in clear. The dump is pg_dump's, of the snapshot in which the rows were counted, so that a
restored copy can be held against the manifest row by row.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from clinic_desk import __version__
from clinic_desk.backups import manifest, programs, sealed_file
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, Told, never, told_nobody
from clinic_desk.database import copies, schema
from clinic_desk.database.failures import translated
from clinic_desk.errors import ClinicDeskError, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg2.extensions
    from sqlalchemy import URL, Connection

    from clinic_desk.backups.programs import Program, Way

_OPTIONS: Final = (
    "--format=custom",
    "--compress=6",
    "--no-password",
    "--no-tablespaces",
    "--no-publications",
    "--no-subscriptions",
    "--lock-wait-timeout=30s",
    "--schema=public",
)
_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """The database to back up: an address whose login may read all of it (not shown in its repr).

    `is_superuser`: it may replace the database, too.
    """

    url: URL = field(repr=False)
    is_superuser: bool = False


def dump(
    source: Source,
    path: Path,
    passphrase: str,
    *,
    stop: Stop = never,
    tell: Told = told_nobody,
    cost: int = sealed_file.COST,
) -> Manifest:
    """Write a backup to `path`; return what is in it. `tell`: how many bytes were read out so far.

    Raises BackupFailed: nothing is left of the file then.
    """
    with _snapshot(source.url) as (connection, snapshot):
        way = programs.way_of(connection, source.url)
        program = programs.program_for("pg_dump", _server_version(connection) // 10000)
        made = _manifest(connection, program.major)
        with sealed_file.writing(path, passphrase, cost=cost) as writer:
            writer.write(manifest.packed(made))
            arguments = (*_OPTIONS, f"--snapshot={snapshot}")
            _stream(program, arguments, way, writer, stop=stop, tell=tell)
    return made


def _stream(
    program: Program, arguments: tuple[str, ...], way: Way, writer: sealed_file.Writer, *, stop: Stop, tell: Told
) -> None:
    with programs.running(program, *arguments, way=way, stop=stop, stdout=subprocess.PIPE) as running:
        done = 0
        while data := running.output.read(_PIECE):
            writer.write(data)
            done += len(data)
            tell(done)
        if not running.ended_well():
            if stop():
                raise BackupFailed(Problem.STOPPED)
            raise BackupFailed(running.why() or Problem.DUMP)


@contextmanager
def _snapshot(url: URL) -> Iterator[tuple[Connection, str]]:
    """Hold one moment of the database, for as long as pg_dump takes. Raises BackupFailed."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    arguments = {"connect_timeout": 10, "application_name": "clinic-desk backup"}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg2"), poolclass=NullPool, hide_parameters=True, connect_args=arguments
    )
    try:
        with translated(), engine.begin() as connection:
            connection.exec_driver_sql(copies.SNAPSHOT)
            yield connection, str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
    except BackupFailed:
        raise
    except NotAllowed as error:
        raise BackupFailed(Problem.NO_LOGIN) from error
    except ClinicDeskError as error:
        raise BackupFailed(Problem.DATABASE, type(error).__name__) from error


def _server_version(connection: Connection) -> int:
    return int(cast("psycopg2.extensions.connection", connection.connection.dbapi_connection).server_version)


def _manifest(connection: Connection, dumped_by: int) -> Manifest:
    now, has_seals = connection.exec_driver_sql("SELECT now(), to_regclass('public.history_seal') IS NOT NULL").one()
    names = connection.exec_driver_sql("SELECT name FROM site ORDER BY name").scalars()
    return Manifest(
        taken_at=now,
        revision=schema.current_revision(connection) or "",
        server=_server_version(connection),
        rows=copies.counted(connection),
        seals=connection.exec_driver_sql("SELECT count(*) FROM history_seal").scalar_one() if has_seals else 0,
        clinic=tuple(names),
        roles=copies.people(connection),
        program=__version__,
        dumped_by=dumped_by,
    )
