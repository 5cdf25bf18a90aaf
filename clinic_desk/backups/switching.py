"""Puts a restored backup in the place of a clinic's database, or into a new folder: in one step, or not at all.

Everything is restored, checked and settled beside what is there; then two databases change names in one transaction, or
a folder is renamed. Whatever is killed in between leaves what was there before, or what is there now, and it opens.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from clinic_desk.backups.checking import history_of, remove_left
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, Told, never, told_nobody
from clinic_desk.backups.restoring import restored_beside, told
from clinic_desk.database import copies, setup
from clinic_desk.database.embedded import EmbeddedServerError, join
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError

if TYPE_CHECKING:
    from sqlalchemy import URL

DATABASE: Final = "clinic"
BEFORE: Final = "clinic_restoring_before_"
"""How the old database is called until it is dropped; one that was left is dropped by the next restore."""
_TRIES: Final = 5
_PAUSE_S: Final = 0.3


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
    superuser: URL, database: str, path: Path, passphrase: str, *, stop: Stop = never, tell: Told = told_nobody
) -> Restored:
    """Put a backup in the place of a server's database. The caller has made a backup of what is there.

    Who is signed in is cut off and finds the restored clinic; who was made a member since may not sign in any more.
    Raises NotUsable, BackupFailed; nothing is changed then.
    """
    before = f"{BEFORE}{new_id().hex}"
    with restored_beside(superuser, path, passphrase, stop=stop, tell=tell) as (beside, made):
        stands = _settled(superuser, beside, path, made, stop)
        _shut_out(superuser, database, made)
        _people(superuser, made)
        with told(), setup.superuser(superuser) as connection:
            for left in range(_TRIES, 0, -1):
                try:
                    copies.take_the_place(connection, database, beside, before)
                    break
                except Exception:
                    connection.exec_driver_sql("ROLLBACK")
                    if left == 1:
                        raise
                    time.sleep(_PAUSE_S)
            with suppress(ClinicDeskError):
                copies.drop_beside(connection, before)
    return stands


def restore_into(
    folder: Path, path: Path, passphrase: str, *, stop: Stop = never, tell: Told = told_nobody
) -> Restored:
    """Restore into a data folder of the embedded server that is not there yet (or is empty), with its people.

    It is made beside and renamed when it is whole. Raises NotUsable, BackupFailed; there is no folder then.
    """
    folder = folder.expanduser().absolute()
    _refuse_taken(folder)
    beside = folder.with_name(f".{folder.name}.restoring")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.restoring.lock"), mode=0o600, timeout=0):
            remove_left(beside)
            try:
                stands = _into(beside, path, passphrase, stop, tell)
                _refuse_taken(folder)
                with suppress(OSError):
                    folder.rmdir()
                beside.rename(folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    except Timeout:
        raise BackupFailed(Problem.FOLDER, "another restore into it is under way") from None
    except EmbeddedServerError as error:
        raise BackupFailed(Problem.RESTORE, str(error)) from error
    except OSError as error:
        raise BackupFailed(Problem.FOLDER, error.strerror or "") from error
    finally:
        with suppress(OSError):
            folder.with_name(f".{folder.name}.restoring.lock").unlink(missing_ok=True)
    return stands


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupFailed(Problem.FOLDER, f"{folder} holds something already")


def _into(beside: Path, path: Path, passphrase: str, stop: Stop, tell: Told) -> Restored:
    with join(beside) as server:
        superuser = server.superuser_url()
        setup.prepare_roles(superuser, server.password(setup.OWNER))
        with restored_beside(superuser, path, passphrase, stop=stop, tell=tell) as (name, made):
            stands = _settled(superuser, name, path, made, stop)
            _people(superuser, made)
            with told(), setup.superuser(superuser) as connection:
                copies.rename(connection, name, DATABASE)
    return stands


def _settled(superuser: URL, beside: str, path: Path, made: Manifest, stop: Stop) -> Restored:
    """Read its history through, and have no message go out by itself."""
    checked = history_of(superuser.set(database=beside), made, stop)
    with told(), setup.superuser(superuser.set(database=beside)) as connection:
        gone, wait = copies.settle_messages(connection)
        copies.settle_backups(connection, _restored_from(path, made))
    return Restored(made, gone, wait, checked.findings)


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


def _shut_out(superuser: URL, database: str, made: Manifest) -> None:
    """Shut out who is of the clinic that is replaced and not in the backup."""
    with told(), setup.superuser(superuser.set(database=database)) as connection:
        for role in copies.strangers(connection, tuple(role.name for role in made.roles)):
            setup.restore_role(connection, role)
