"""Puts a restored backup in the place of a clinic's database, or into a new folder: in one step, or not at all.

Everything is restored, checked and settled beside what is there; then two databases change names in one transaction, or
a folder is renamed. Whatever is killed in between leaves what was there before, or what is there now, and it opens.
"""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from clinic_desk.backups import recording
from clinic_desk.backups.checking import history_of, remove_left
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, Told, never, told_nobody
from clinic_desk.backups.restoring import restored_beside, told
from clinic_desk.connection_file import settle
from clinic_desk.database import copies, schema, setup
from clinic_desk.database.embedded import join
from clinic_desk.database.revision import EXPECTED_REVISION
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

    from clinic_desk.backups.making import Backup
    from clinic_desk.database.setup import KeptRole

DATABASE: Final = "clinic"
BEFORE: Final = "clinic_restoring_before_"
"""How the old database is called until it is dropped; one that was left is dropped by the next restore."""
_TRIES: Final = 5
_PAUSE_S: Final = 0.3
_IN_USE: Final = "55006"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who has a backup restored, and at which desk: written down in what is restored."""

    login: str
    desk: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands now. `may_have_gone`: messages that were due by now, which nobody sends unasked; `wait`: those to
    come, which wait for a manager's word. `findings`: as `Checked`.
    """

    manifest: Manifest
    may_have_gone: int
    wait: int
    findings: int = 0


def restore_over(
    superuser: URL,
    database: str,
    path: Path,
    passphrase: str,
    *,
    asker: Asker,
    before: Backup | None = None,
    stop: Stop = never,
    tell: Told = told_nobody,
) -> Restored:
    """Put a backup in the place of a server's database; one of an older schema is upgraded on the side first.

    `before`: the backup that the caller made of what is there. Who is signed in is cut off and finds the restored
    clinic; who was made a member since may not sign in any more. Raises NotUsable, BackupFailed; nothing is changed
    then.
    """
    left = f"{BEFORE}{new_id().hex}"
    with restored_beside(superuser, path, passphrase, stop=stop, tell=tell) as (beside, made):
        stands = _settled(superuser.set(database=beside), path, made, asker, before=before, stop=stop)
        with told():
            _switch(superuser, _Names(database, beside, left), made)
        with suppress(ClinicDeskError), told(), setup.superuser(superuser) as connection:
            copies.drop_beside(connection, left)
    return stands


@dataclass(frozen=True, slots=True)
class _Names:
    """Of databases: the clinic's, that of what is restored, and what the clinic's old one is called afterwards."""

    clinic: str
    beside: str
    left: str


def _switch(superuser: URL, names: _Names, made: Manifest) -> None:
    """Let the databases change names and its people in or out, in one transaction: all of it or nothing.

    While others come in between it is tried again, and for no other reason.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    roles = (*_shut_out(superuser, names.clinic, made), *made.roles)
    engine = create_engine(superuser, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 10})
    for left in range(_TRIES, 0, -1):
        try:
            with engine.begin() as connection:
                copies.take_the_place(connection, names.clinic, names.beside, names.left)
                for role in roles:
                    setup.restore_role(connection, role)
            return
        except DBAPIError as error:
            if error.connection_invalidated and _is_done(superuser, names):
                return
            if getattr(error.orig, "pgcode", None) != _IN_USE:
                raise
            if left == 1:
                raise BackupFailed(Problem.IN_USE) from None
            time.sleep(_PAUSE_S)


def _is_done(superuser: URL, names: _Names) -> bool:
    """Whether it was done although the connection was lost: nobody heard of the COMMIT."""
    with setup.superuser(superuser) as connection:
        return not copies.is_there(connection, names.beside)


def restore_into(
    folder: Path, path: Path, passphrase: str, *, asker: Asker, stop: Stop = never, tell: Told = told_nobody
) -> Restored:
    """Restore into a data folder of the embedded server that is not there yet (or is empty), with its people; as
    `restore_over` otherwise.

    It is made beside and renamed when it is whole. Raises NotUsable, BackupFailed; there is no folder then.
    """
    folder = folder.expanduser().absolute()
    _refuse_taken(folder)
    beside, lock = _beside(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, mode=0o600, timeout=0):
            remove_left(beside)
            try:
                stands = _into(beside, path, passphrase, asker, stop=stop, tell=tell)
                _refuse_taken(folder)
                with suppress(OSError):
                    folder.rmdir()
                beside.rename(folder)
                settle(folder.parent)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
                with suppress(OSError):  # Windows: it goes when it is let go
                    lock.unlink(missing_ok=True)
    except Timeout:
        raise BackupFailed(Problem.FOLDER, "another restore into it is under way") from None
    except OSError as error:
        raise BackupFailed(Problem.FOLDER, error.strerror or "") from error
    return stands


def clear_left(folder: Path) -> None:
    """Stop and remove what a restore into `folder` that was killed left beside it; one that goes on is left alone."""
    beside, lock = _beside(folder.expanduser().absolute())
    if not (beside.exists() or lock.exists()):
        return
    with suppress(OSError, Timeout), FileLock(lock, mode=0o600, timeout=0):
        remove_left(beside)
        lock.unlink(missing_ok=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where it is made, and the lock of who makes it."""
    return folder.with_name(f".{folder.name}.restoring"), folder.with_name(f".{folder.name}.restoring.lock")


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupFailed(Problem.FOLDER, f"{folder} holds something already")


def _into(beside: Path, path: Path, passphrase: str, asker: Asker, *, stop: Stop, tell: Told) -> Restored:
    with told(beside.parent), join(beside) as server:
        superuser = server.superuser_url()
        setup.prepare_roles(superuser, server.password(setup.OWNER))
        with restored_beside(superuser, path, passphrase, stop=stop, tell=tell) as (name, made):
            stands = _settled(superuser.set(database=name), path, made, asker, stop=stop)
            _people(superuser, made)
            with told(), setup.superuser(superuser) as connection:
                copies.rename(connection, name, DATABASE)
    return stands


def _settled(
    url: URL, path: Path, made: Manifest, asker: Asker, *, before: Backup | None = None, stop: Stop
) -> Restored:
    """Bring it to this program's schema, read its history through, have no message go out by itself, and write down
    that it was restored.
    """
    if made.revision != EXPECTED_REVISION:
        _upgrade(url, made)
    checked = history_of(url, made, stop)
    with told(), _at_once(url) as connection:
        gone, wait = copies.settle_messages(connection)
        copies.settle_backups(connection, _restored_from(path, made))
        recording.write_down_restore(connection, made, before, asker.desk)
        who = {"id": str(new_id()), "login": asker.login, "desk": asker.desk, "file_name": path.name}
        copies.note_restore(connection, who | {"taken_at": made.taken_at})
    return Restored(made, gone, wait, checked.findings)


@contextmanager
def _at_once(url: URL) -> Iterator[Connection]:
    """One transaction as the superuser."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 10})
    with engine.begin() as connection:
        yield connection


def _upgrade(url: URL, made: Manifest) -> None:
    """Upgrade what was restored, and look that no row of it was lost. Raises BackupFailed."""
    with told():
        setup.upgrade_restored(url, url.database or "")
        with setup.superuser(url) as connection:
            schema.check(connection)
            now = dict(copies.counted(connection))
    if any(now.get(table, 0) < count for table, count in made.rows):
        raise BackupFailed(Problem.DIFFERS)


def _restored_from(path: Path, made: Manifest) -> dict[str, Any]:
    return {
        "taken_at": made.taken_at,
        "folder": str(path.parent),
        "file_name": path.name,
        "bytes": path.stat().st_size,
        "rows": sum(count for _, count in made.rows),
        "revision": made.revision,
    }


def _people(superuser: URL, made: Manifest) -> None:
    """Give the people of the backup their roles."""
    with told(), setup.superuser(superuser) as connection:
        for role in made.roles:
            setup.restore_role(connection, role)


def _shut_out(superuser: URL, database: str, made: Manifest) -> tuple[KeptRole, ...]:
    """Return who is of the clinic that is replaced and not in the backup, shut out."""
    with setup.superuser(superuser.set(database=database)) as connection:
        return copies.strangers(connection, tuple(role.name for role in made.roles))
