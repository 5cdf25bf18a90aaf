"""Checks a backup by restoring it on a server of its own that is thrown away, and reading its history through."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, Told, never, told_nobody
from clinic_desk.backups.restoring import contents, restored_beside, told
from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServerError, binaries, join
from clinic_desk.database.embedded.folder import MARKER
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.failures import translated
from clinic_desk.database.revision import EXPECTED_REVISION
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import Refused, Unavailable
from clinic_desk.services.history_verify import verify_history
from clinic_desk.sharing.finding import find_servers

if TYPE_CHECKING:
    from sqlalchemy import URL

_PREFIX: Final = "clinic-desk-check-"
_IN_USE: Final = "in-use.lock"

Scratch = Callable[[int], AbstractContextManager["URL"]]
"""Gives a server of this major version or a newer one to restore into, as its superuser, for a block."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that was restored whole: `manifest` says what is in it.

    `findings`: what is wrong with its history, which then was wrong in the clinic's database too: a backup is as good
    as what it was made of. `is_history_read`: the history was read through at all: not that of another revision.
    """

    manifest: Manifest
    findings: int = 0
    is_history_read: bool = True


def programs_to_check(major: int) -> Path | None:
    """Return the folder of the PostgreSQL to check a backup of this major version on; None: that of this program.

    Raises BackupFailed(no-program).
    """
    if binaries.find(None).major >= major:
        return None
    fitting = [one for one in find_servers() if one.major >= major]
    if not fitting:
        detail = f"a server of PostgreSQL {major} or newer is needed to check the backup on"
        raise BackupFailed(Problem.NO_PROGRAM, detail, major=major)
    return min(fitting, key=lambda one: one.major).folder


@contextmanager
def scratch_server(major: int) -> Iterator[URL]:
    """A new server in a temporary folder, prepared for the clinic; stopped and removed after the block.

    What a killed program left of such a one is removed first. Raises BackupFailed.
    """
    clear_left()
    found = programs_to_check(major)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _IN_USE, mode=0o600)
    try:
        lock.acquire(timeout=0)
        folder.chmod(0o711)  # for the account that runs PostgreSQL when this is root; the server's own folder is closed
        with told(folder), join(folder / "server", postgres_bin=found) as server:
            url = server.superuser_url()
            setup.prepare_roles(url, server.password(setup.OWNER))
            yield url
    finally:
        shutil.rmtree(folder / "server", ignore_errors=True)  # the lock last: by it the next one knows what to clear
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def clear_left() -> None:
    """Stop and remove what killed programs left of scratch servers: they hold patients. Waits if there is one."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not (folder / _IN_USE).exists():
            continue  # it is just being made, or another program's: only what has a lock was made here
        with suppress(OSError, Timeout), FileLock(folder / _IN_USE, mode=0o600, timeout=0):
            remove_left(folder / "server")
            shutil.rmtree(folder, ignore_errors=True)


def remove_left(server: Path) -> None:
    """Remove a scratch server's folder that a killed program left; the server may still run in it."""
    if (server / MARKER).exists():
        with suppress(EmbeddedServerError, BackupFailed, OSError, ValueError):  # no server was made yet, or none fits
            major = int((server / "pgdata" / "PG_VERSION").read_text("ascii"))
            join(server, postgres_bin=programs_to_check(major)).leave()
    shutil.rmtree(server, ignore_errors=True)


def check(
    path: Path,
    passphrase: str,
    *,
    scratch: Scratch = scratch_server,
    stop: Stop = never,
    tell: Told = told_nobody,
) -> Checked:
    """Restore a backup, count its rows, read its history through, and throw the copy away.

    Raises NotUsable (the file), BackupFailed (all else).
    """
    major = contents(path, passphrase).major
    with scratch(major) as server, restored_beside(server, path, passphrase, stop=stop, tell=tell) as (name, made):
        if made.revision != EXPECTED_REVISION:
            return Checked(made, is_history_read=False)
        return history_of(server.set(database=name), made, stop)


def history_of(url: URL, made: Manifest, stop: Stop = never) -> Checked:
    """Read the history of a restored database of this program's schema through. Raises BackupFailed."""
    database = Database(url, DeskIdentity(new_id(), "backup check"), pool_size=1)
    try:
        with translated():
            found = verify_history(database, stop=stop)
    except Refused as error:
        raise BackupFailed(Problem.STOPPED if stop() else Problem.DIFFERS) from error
    except Unavailable as error:
        raise BackupFailed(Problem.RESTORE, type(error).__name__) from error
    finally:
        database.dispose()
    if found.seals != made.seals:
        raise BackupFailed(Problem.DIFFERS)
    return Checked(made, len(found.findings))
