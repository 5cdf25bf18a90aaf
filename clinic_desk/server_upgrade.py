"""Takes the clinic of one PC over from an older major version of PostgreSQL to the one that comes with this program.

The old server is started once more, by programs of its own version. It is read out into a backup, which stays, and that
is restored into a new database inside the same folder, with everybody's login and password. All rows are compared, and
the history is read through; then the two change places (`database.embedded.succession`). The old one is kept.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.backups import passphrase, programs, sealed_file
from clinic_desk.backups.dumping import Source, dump
from clinic_desk.backups.making import file_name
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, Told, never
from clinic_desk.backups.restoring import restored_beside
from clinic_desk.database import copies, copying, schema, setup
from clinic_desk.database.embedded import (
    EmbeddedServer,
    EmbeddedServerError,
    OlderServer,
    cluster,
    join,
    members,
    succession,
)
from clinic_desk.database.embedded import Problem as ServerProblem
from clinic_desk.database.embedded import binaries as shipped
from clinic_desk.database.embedded.binaries import Binaries
from clinic_desk.database.embedded.configuration import SUPERUSER
from clinic_desk.database.embedded.folder import Folder, open_folder, read_json
from clinic_desk.database.embedded.problems import told
from clinic_desk.database.failures import translated
from clinic_desk.errors import Refused, ServerUpgradeNeeded, Stopped
from clinic_desk.sharing import finding, moving
from clinic_desk.sharing.plans import SharingError, Trouble
from clinic_desk.upgrading import FOLDER, keep_latest

if TYPE_CHECKING:
    from sqlalchemy import URL

Tell = Callable[[str], None]
_MEGABYTE: Final = 1024 * 1024
_ROOM: Final = 1.5
"""So many times the old database must be free: for the new one, and for the backup."""


class Step(StrEnum):
    """What is being done; told before it begins, and with the megabytes done behind it while it goes on."""

    STARTING = "server-starting"
    READING = "server-reading"
    MAKING = "server-making"
    FILLING = "server-filling"
    COMPARING = "server-comparing"
    SWITCHING = "server-switching"


SAYS: Final[dict[str, str]] = {
    Step.STARTING: "starting the old database",
    Step.READING: "reading everything out into a backup, which is kept",
    Step.MAKING: "making the new database, with everybody's login",
    Step.FILLING: "restoring the backup into the new database",
    Step.COMPARING: "comparing every row, and looking through the history",
    Step.SWITCHING: "putting the new database in the place of the old one",
}
"""For the command line."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one clinic is taken over: its database's name, by which programs the old server is started, and where this PC
    keeps the seals that it has seen of the history (`data`).
    """

    folder: Path
    database: str
    old: Binaries
    wanted: int
    data: Path
    cost: int = sealed_file.COST


@dataclass(frozen=True, slots=True)
class _Watch:
    """Who looks on: is told what is being done, and may stop it."""

    tell: Tell
    stop: Stop

    def begin(self, step: Step) -> None:
        """Tell of a step, if it is still wanted. Raises Stopped."""
        self.look()
        self.tell(step)

    def look(self, _done: int = 0, _total: int = 0) -> None:
        """Raise Stopped if it is not wanted any more."""
        if self.stop():
            raise Stopped

    def megabytes(self, step: Step) -> Told:
        """Return what tells of each further megabyte of a step."""
        last = 0

        def told_bytes(done: int) -> None:
            nonlocal last
            if done // _MEGABYTE > last:
                last = done // _MEGABYTE
                self.tell(f"{step} {last}")

        return told_bytes


def needed(older: OlderServer, database: str, data: Path) -> ServerUpgradeNeeded:
    """Return what a person is asked, or told where nothing here can read the database. Waits: it looks around."""
    old = _programs_of(older.found)
    if old is None:
        get = finding.how_to_get_major(older.found)
        message = (
            f"The database in {older.folder} was made by PostgreSQL {older.found}; this program works with "
            f"{older.wanted}, and there are no programs of PostgreSQL {older.found} on this PC to read it by. Nothing "
            f"was changed. {get.sentence} {get.command}. Or put the earlier version of Clinic Desk back, or restore "
            "the last backup into a new folder."
        )
        missing = ServerUpgradeNeeded(message, older.found, older.wanted, None, get.command)
        missing.folder = str(older.folder)
        return missing
    way = Way(older.folder, database, old, older.wanted, data)
    asked = ServerUpgradeNeeded(str(older), older.found, older.wanted, partial(take_over, way))
    asked.folder, asked.size = str(older.folder), _size(older.folder / "pgdata")
    return asked


def take_over(way: Way, tell: Tell, stop: Stop = never) -> None:
    """Carry it out; of several programs at once one does it. Whoever is killed on the way leaves the old database in
    use, or the new one, whole.

    Raises EmbeddedServerError, BackupFailed, SharingError (not-equal), ClinicDeskError: the old one stays in use then;
    Stopped.
    """
    try:
        with told(way.folder):
            folder = open_folder(way.folder)
            with folder.locked():
                succession.finish(folder)
                if cluster.of_older_major(folder, None) is not None:
                    _take_over(way, folder, _Watch(tell, stop))
    except BackupFailed as error:
        if error.code is Problem.STOPPED:
            raise Stopped from None
        raise


def _take_over(way: Way, folder: Folder, watch: _Watch) -> None:
    if members.anybody(folder.members):
        message = "Clinic Desk is still open in another window of this PC, or sends messages. Close it first."
        raise EmbeddedServerError(ServerProblem.BUSY, message)
    _refuse_full_disk(folder)
    cluster.stop(succession.new_folder(folder, way.wanted), None)  # of a program that was killed here
    watch.begin(Step.STARTING)
    with _old_server(folder, way.old) as old:
        has_clinic = _has_clinic(old, way.database)
        if has_clinic:
            _copy(way, folder, old, watch)
    if not has_clinic:
        succession.set_aside(folder, way.wanted)
        return
    try:
        watch.begin(Step.SWITCHING)
        succession.accept(folder, way.wanted)
    except BaseException:
        succession.discard(folder, way.wanted)
        raise
    succession.finish(folder)


def _copy(way: Way, folder: Folder, old: URL, watch: _Watch) -> None:
    """Fill the new database from the old one, by way of the backup; none of both stays if that fails."""
    place = folder.root / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    secret = passphrase.here() if passphrase.is_here() else str(read_json(folder.passwords)[setup.OWNER])
    backup = place / file_name(datetime.now(UTC))
    try:
        watch.begin(Step.READING)
        source = Source(old.set(database=way.database))
        dump(source, backup, secret, stop=watch.stop, tell=watch.megabytes(Step.READING), cost=way.cost)
        watch.begin(Step.MAKING)
        with join(succession.begin(folder, way.wanted).root) as server:
            _copy_roles(old, server.superuser_url(), way.wanted, watch.stop)
            _fill(way, old, server, (backup, secret), watch)
    except BaseException:
        with suppress(OSError):
            backup.unlink(missing_ok=True)
        succession.discard(folder, way.wanted)
        raise
    keep_latest(place)


# --- before -----------------------------------------------------------------------------------------------------------


def _programs_of(major: int) -> Binaries | None:
    """The programs of a major version: those that came along, or those of a PostgreSQL that is installed."""
    if (own := shipped.shipped(major)) is not None:
        return own
    fitting = [found for found in finding.find_servers() if found.major == major]
    return Binaries(fitting[0].folder, major) if fitting else None


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size
    return total


def _refuse_full_disk(folder: Folder) -> None:
    wanted, free = int(_size(folder.pgdata) * _ROOM), shutil.disk_usage(folder.root).free
    if free < wanted:
        message = (
            f"The disk has not enough room for the new database beside the old one: {wanted // _MEGABYTE} MB are "
            f"needed in {folder.root}, {free // _MEGABYTE} MB are free. Nothing was changed."
        )
        raise EmbeddedServerError(ServerProblem.DISK_FULL, message)


@contextmanager
def _old_server(folder: Folder, old: Binaries) -> Iterator[URL]:
    """Run the old server for the block; give its superuser's address."""
    address = cluster.start_alone(folder, shipped.usable(old, folder.account), lambda _step: None)
    try:
        password = read_json(folder.passwords)[SUPERUSER]
        yield _address(address, password)
    finally:
        cluster.stop(folder, old.folder)


def _address(address: cluster.ServerAddress, password: str) -> URL:
    from sqlalchemy.engine import URL

    return URL.create(
        "postgresql+psycopg2",
        username=SUPERUSER,
        password=password,
        host=address.host,
        port=address.port,
        database="postgres",
        query={"require_auth": "scram-sha-256"},
    )


def _has_clinic(server: URL, database: str) -> bool:
    """Whether there is anything to take over: not where only a demo was made, or nothing yet."""
    with translated(), setup.superuser(server) as connection:
        known = connection.exec_driver_sql("SELECT count(*) FROM pg_database WHERE datname = %s", (database,))
        return bool(known.scalar_one())


# --- the new database -------------------------------------------------------------------------------------------------


def _copy_roles(old: URL, new: URL, major: int, stop: Stop) -> None:
    """Give the new server every role of the old one: its password's verifier, rights, groups and settings."""
    program = programs.program_for("pg_dumpall", major)
    way = programs.Way(old, is_encrypted=False)
    arguments = ("--roles-only", "--no-comments", "--no-security-labels", "--no-password")
    with programs.running(program, *arguments, way=way, stop=stop, stdout=subprocess.PIPE) as running:
        said = running.output.read().decode("utf-8")
        if not running.ended_well():
            raise BackupFailed(Problem.STOPPED if stop() else running.why() or Problem.DUMP)
    with translated(), moving.connected(new) as connection, connection.cursor() as cursor:
        for statement in statements(said):
            if statement != f"CREATE ROLE {SUPERUSER};":
                cursor.execute(statement)
        connection.commit()


def statements(script: str) -> Iterator[str]:
    """The statements of what pg_dumpall writes: each ends with its line; its comments and psql's commands left out."""
    begun = ""
    for line in script.splitlines():
        if not begun and (not line.strip() or line.startswith(("--", "\\"))):
            continue
        begun = f"{begun}\n{line}" if begun else line
        if begun.endswith(";"):
            yield begun
            begun = ""


def _fill(way: Way, old: URL, server: EmbeddedServer, backup: tuple[Path, str], watch: _Watch) -> None:
    superuser = server.superuser_url()
    watch.begin(Step.FILLING)
    with restored_beside(superuser, *backup, stop=watch.stop, tell=watch.megabytes(Step.FILLING)) as (beside, made):
        watch.begin(Step.COMPARING)
        with translated(), setup.superuser(superuser) as connection:
            copies.rename(connection, beside, way.database)
        before, after = old.set(database=way.database), superuser.set(database=way.database)
        _compare(before, after, watch.look)
        is_read = made.revision == schema.EXPECTED_REVISION
        try:
            moving.keep_history(before, after, way.data, watch.look, watch.stop, is_read=is_read)
        except Refused:
            watch.look()
            raise


def _compare(before: URL, after: URL, tell: Callable[[int, int], None]) -> None:
    with translated(), moving.connected(before) as old, moving.connected(after) as new:
        if copying.tables(old) != copying.tables(new) or copying.sums(old, tell) != copying.sums(new, tell):
            message = "The new database does not hold what the old one does. The old database stays in use."
            raise SharingError(Trouble.NOT_EQUAL, message)
