"""Finds pg_dump and pg_restore, and runs them: no shell, the password in the child's environment alone.

First those that come with the program, then those that are installed. pg_dump reads servers of its own major version
and older ones. Those that come with the program have no TLS: this program encrypts for them (`tunnel.py`).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from clinic_desk.backups.problems import BackupFailed, Problem, Stop
from clinic_desk.backups.tunnel import tunnel
from clinic_desk.database.embedded import EmbeddedServerError
from clinic_desk.database.embedded import binaries as embedded
from clinic_desk.database.embedded.commands import child_environment, process_options
from clinic_desk.sharing.finding import installed_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg2.extensions
    from sqlalchemy import URL, Connection


_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "require_auth": "PGREQUIREAUTH",
    "channel_binding": "PGCHANNELBINDING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_LOOK_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Program:
    """A pg_dump or pg_restore, and of which major version it is."""

    major: int
    path: Path


def program_for(name: str, major: int) -> Program:
    """Return `pg_dump` or `pg_restore` of this major version or, failing that, the next newer one.

    Raises BackupFailed(no-program).
    """
    fitting = [Program(*one) for one in _candidates(name) if one[0] >= major]
    if not fitting:
        detail = f"{name} of PostgreSQL {major} or newer is needed; install PostgreSQL's client programs"
        raise BackupFailed(Problem.NO_PROGRAM, detail, major=major)
    return min(fitting, key=lambda one: one.major)


def _candidates(name: str) -> Iterator[tuple[int, Path]]:
    for major in embedded.INSTALLATIONS:
        with contextlib.suppress(EmbeddedServerError):
            found = embedded.find(major)
            yield found.major, found.program(name)
    on_path = shutil.which(name)
    ending = ".exe" if sys.platform == "win32" else ""
    places = [Path(on_path)] if on_path else []
    places += [folder / f"{name}{ending}" for folder in installed_places()]
    for place in places:
        if place.exists() and (version := _version(place)):
            yield version, place


def _version(program: Path) -> int:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        ended = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)  # noqa: S603
        found = re.search(rb"\(PostgreSQL\) (\d+)", ended.stdout)
        return int(found[1]) if found else 0
    return 0


@dataclass(frozen=True, slots=True)
class Way:
    """How a connection of ours came to the server: its address, of that one server, and whether it is encrypted."""

    url: URL = field(repr=False)
    is_encrypted: bool


def way_of(connection: Connection, url: URL) -> Way:
    """Return the way a connection to `url` came: a program that looked for itself might find another server of several,
    which knows nothing of this one's snapshot.
    """
    info = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection).info
    if info.host.startswith("/"):
        return Way(url, is_encrypted=False)
    one = url.difference_update_query(["host", "port", "target_session_attrs", "load_balance_hosts"])
    return Way(one.set(host=info.host, port=info.port), info.ssl_in_use)


def environment(url: URL) -> dict[str, str]:
    """Return the environment of a program that connects to `url`. Raises BackupFailed for what it cannot say."""
    from clinic_desk.database.connections import driver_arguments

    given = driver_arguments(url, "")
    kept = child_environment(os.environ, frozen=bool(getattr(sys, "frozen", False)))
    for name, value in given.items():
        if name in _VARIABLES:
            kept[_VARIABLES[name]] = str(value)
    if url.query.get("gssencmode"):
        kept["PGGSSENCMODE"] = str(url.query["gssencmode"])
    return kept | {"PGAPPNAME": "clinic-desk backup", "PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8"}


class Running:
    """A program under way; what it says goes to a file without a name and is never shown: it may quote rows."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self.process = process
        self._said = said

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def input(self) -> IO[bytes]:
        """What it reads."""
        assert self.process.stdin is not None
        return self.process.stdin

    def ended_well(self) -> bool:
        """Wait for its end; return whether it was a good one."""
        return self.process.wait() == 0

    def why(self) -> Problem | None:
        """Return what can be told from its words without quoting them."""
        self._said.seek(0)
        text = self._said.read(100_000).decode("utf-8", "replace")
        if "No space left on device" in text or "could not extend file" in text:
            return Problem.DISK_FULL
        if "permission denied" in text or "row-level security" in text:
            return Problem.NO_LOGIN
        if (
            "server version mismatch" in text
            or "SSL support is not compiled in" in text
            or "unsupported version" in text
        ):
            return Problem.NO_PROGRAM
        if "connection to server" in text or "server closed the connection" in text or "no connection" in text:
            return Problem.DATABASE
        return None


@contextlib.contextmanager
def running(program: Program, *arguments: str, way: Way, stop: Stop, **streams: Any) -> Iterator[Running]:
    """Run a program for the block; it is ended when `stop` says so, and after the block at the latest.

    `streams`: stdin or stdout as PIPE. Raises BackupFailed(no-program).
    """
    options = process_options(sys.platform, None)
    way_in = tunnel(way.url) if way.is_encrypted else contextlib.nullcontext(way.url)
    with tempfile.TemporaryFile() as said, way_in as url:
        try:
            process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, no shell
                [program.path, *arguments],
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams},
                stderr=said,
                env=environment(url),
                **options,
            )
        except OSError as error:
            raise BackupFailed(Problem.NO_PROGRAM, error.strerror or "") from error
        done = threading.Event()
        watching = threading.Thread(target=_watch, args=(process, stop, done), name="backup stop", daemon=True)
        watching.start()
        try:
            yield Running(process, said)
        finally:
            done.set()
            with contextlib.suppress(OSError):
                process.kill()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
            process.wait()
            watching.join()


def _watch(process: subprocess.Popen[bytes], stop: Stop, done: threading.Event) -> None:
    while not done.wait(_LOOK_EVERY_S):
        if stop():
            process.kill()
            return
