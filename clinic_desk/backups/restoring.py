"""Restores a backup into a new database of a server; what is there already is never touched here.

The database is made under a name of its own, filled, and held against the manifest. Only then is it given another name
(`switching.py`); whatever is killed in between leaves a database of that name, which the next restore removes.
"""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from clinic_desk.backups import manifest, programs, sealed_file
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem, Stop, Told, never, told_nobody
from clinic_desk.database import copies, schema, setup
from clinic_desk.database.embedded import EmbeddedServerError
from clinic_desk.database.failures import DatabaseFault, translated
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError, Stopped
from clinic_desk.sharing.plans import SharingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from clinic_desk.backups.programs import Way

_FULL: Final = "No space left on device"
_LEAST: Final = 32_000_000
_OPTIONS: Final = ("--exit-on-error", "--single-transaction", "--no-password", "--no-tablespaces")


def contents(path: Path, passphrase: str) -> Manifest:
    """Return what a backup says is in it. Raises NotUsable (newer: of a schema that this program does not know),
    BackupFailed(folder).
    """
    with sealed_file.reading(path, passphrase) as reader:
        return _manifest(reader)


def _manifest(reader: sealed_file.Reader) -> Manifest:
    length = int.from_bytes(reader.exactly(4), "big")
    if length > manifest.MOST_BYTES:
        raise NotUsable(Problem.DAMAGED)
    made = manifest.unpacked(reader.exactly(length))
    if made.revision not in schema.known_revisions():
        raise NotUsable(Problem.NEWER, made.program)
    return made


@contextmanager
def restored_beside(
    superuser: URL,
    path: Path,
    passphrase: str,
    *,
    stop: Stop = never,
    tell: Told = told_nobody,
) -> Iterator[tuple[str, Manifest]]:
    """Restore into a database of its own on this server; give its name and what is in it, checked row by row.

    Dropped after the block, unless it was given another name. The clinic's owner and groups must be there
    (`setup.prepare_roles`). `tell`: how many bytes of the file were used. Raises NotUsable, BackupFailed.
    """
    name = f"{copies.BESIDE}{new_id().hex}"
    with told(), setup.superuser(superuser) as connection:
        copies.drop_left(connection)
        copies.make_beside(connection, name)
        try:
            with setup.superuser(superuser.set(database=name)) as inside:
                inside.exec_driver_sql("DROP SCHEMA public")  # the dump brings its own
            way = programs.way_of(connection, superuser.set(database=name))
            made = _fill(way, path, passphrase, stop, tell)
            setup.configure_database(superuser, name)
            compare(superuser.set(database=name), made)
            yield name, made
        finally:
            with suppress(ClinicDeskError, DatabaseFault), translated():  # on a full disk it fails in any way
                copies.drop_beside(connection, name)


@contextmanager
def told(folder: Path | None = None) -> Iterator[None]:
    """Say of what the database refuses that it could not be restored, or that the disk is full, where `folder` lies."""
    try:
        with translated():
            yield
    except (NotUsable, SharingError, Stopped):  # of the file; or what is done with the database in the block
        raise
    except BackupFailed as error:
        if error.code is Problem.RESTORE and folder is not None and _is_full(folder):
            raise BackupFailed(Problem.DISK_FULL) from error
        raise
    except (ClinicDeskError, DatabaseFault) as error:
        embedded = isinstance(error, EmbeddedServerError)
        if _FULL in str(error) or (folder is not None and _is_full(folder)):
            raise BackupFailed(Problem.DISK_FULL) from error
        if isinstance(error, DatabaseFault):
            raise
        raise BackupFailed(Problem.RESTORE, str(error) if embedded else type(error).__name__) from error


def _is_full(folder: Path) -> bool:
    """Whether the disk has no room for what a server writes at once: it then breaks down and cannot say why."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free < _LEAST
    return False


def _fill(way: Way, path: Path, passphrase: str, stop: Stop, tell: Told) -> Manifest:
    with sealed_file.reading(path, passphrase) as reader:
        made = _manifest(reader)
        program = programs.program_for("pg_restore", made.major)
        arguments = (*_OPTIONS, f"--dbname={way.url.database}")
        with programs.running(program, *arguments, way=way, stop=stop, stdin=subprocess.PIPE) as running:
            done = 0
            broken = False
            for data in reader.chunks():
                done += len(data)
                if not broken:
                    try:
                        running.input.write(data)
                    except OSError:  # it ended; the rest is read all the same, to know whether the file is whole
                        broken = True
                tell(done)
            with suppress(OSError):
                running.input.close()
            if not running.ended_well() or broken:
                raise BackupFailed(Problem.STOPPED if stop() else running.why() or Problem.RESTORE)
    return made


def compare(url: URL, made: Manifest) -> None:
    """Raise BackupFailed(differs) unless the database has the rows and the schema that the manifest tells of."""
    with told(), setup.superuser(url) as connection:
        if schema.current_revision(connection) != made.revision or copies.counted(connection) != made.rows:
            raise BackupFailed(Problem.DIFFERS)
