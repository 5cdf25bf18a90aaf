"""Says to other programs of this user that a desk is just starting: who brings a caller's number waits for it.

A desk listens for numbers only when its calendar is there, as what listens takes long to load.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from PySide6.QtCore import QLockFile

_LONGEST_S: Final = 30.0
"""Who starts for longer has trouble: the number gets a desk of its own then."""
_STEP_S: Final = 0.1


class JustStarting:
    """The mark of one program. It goes when the program ends, however it does."""

    def __init__(self) -> None:
        try:
            self._lock: QLockFile | None = QLockFile(str(own_folder() / "starting.lock"))
        except OSError:  # somebody else's folder: nothing is heard there either
            self._lock = None

    def take(self) -> bool:
        """Whether no other program of this user is just starting; this one is from now on."""
        return self._lock is None or self._lock.isLocked() or self._lock.tryLock(0)

    def end(self) -> None:
        """Numbers are heard from now on."""
        if self._lock is not None and self._lock.isLocked():
            self._lock.unlock()

    def is_handed_on(self, hand_on: Callable[[], bool], longest_s: float = _LONGEST_S) -> bool:
        """Whether a running desk took the number, or one that was just starting when it hears; else this one is it."""
        until = monotonic() + longest_s
        while not hand_on():
            if self.take():
                return hand_on()  # it may have begun to hear between the two questions
            if monotonic() > until:
                return False
            sleep(_STEP_S)
        return True


def own_folder() -> Path:
    """The user's folder for it; made, and looked at: in a folder for all, somebody else could have made it before.

    Raises OSError when it is not this user's alone.
    """
    if sys.platform == "win32":
        folder = Path(tempfile.gettempdir()) / "clinic-desk"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"clinic-desk-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError
    return folder
