"""Who uses the server: one file per member, locked by the operating system, so that a killed program is not counted."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING
from uuid import uuid4

from filelock import FileLock, Timeout

from clinic_desk.database.embedded.account import as_its_folder

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock


def enter(members: Path) -> BaseFileLock:
    """Under the folder's lock: a new member's locked file. It stays one until released or until this process ends."""
    path = members / f"{os.getpid()}-{uuid4().hex}.lock"
    # Not bound to a thread: whichever thread closes the program releases it.
    lock = FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False)
    lock.acquire(timeout=0)
    as_its_folder(path)
    return lock


def leave(lock: BaseFileLock, members: Path) -> bool:
    """Under the folder's lock: give up a membership; True when nobody else is left. Clears files of dead members."""
    lock.release()
    return not anybody(members)


def anybody(members: Path) -> bool:
    """Under the folder's lock: whether somebody uses the server. Clears files of dead members."""
    held = [path for path in sorted(members.glob("*.lock")) if _is_held(path)]
    return bool(held)


def _is_held(path: Path) -> bool:
    lock = FileLock(path, mode=0o600, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    with contextlib.suppress(PermissionError):  # Windows: somebody is looking at it; next time then
        path.unlink(missing_ok=True)
    return False
