"""Whether a program started a second time is needed: the first one's window comes to the front in its place.

Needed before the first picture: only when another program of this user runs is anything imported that takes time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Final

from PySide6.QtCore import QLockFile

from clinic_desk.ui.just_starting import JustStarting, own_folder

_TOKENS: Final = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""Where the desktop says that this start is the user's wish, so that a window may take the keyboard."""


def is_shown_instead(starting: JustStarting, opened: Callable[[], str]) -> bool:
    """Whether a desk that has the same open, or is just about to, shows itself; else this program is `starting`.

    What a program left that was killed is no desk, and is in nobody's way.
    """
    if starting.take() and not _others_run():
        return False
    from clinic_desk.ui.calls import is_shown

    token = next((os.environ[name] for name in _TOKENS if os.environ.get(name)), "")
    _let_others_come_to_the_front()
    return starting.is_handed_on(partial(is_shown, opened, token))


def _others_run() -> bool:
    """Whether a desk of this user is there, of whatever clinic: each holds a lock for as long as it lives."""
    try:
        locks = [QLockFile(str(path)) for path in own_folder().glob("*-*.lock")]
    except OSError:
        return False
    return any(not lock.tryLock(0) for lock in locks)


def _let_others_come_to_the_front() -> None:
    """Windows lets only the program that the user has just started take the keyboard, or hand that on."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)


def take_token(token: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Have Qt use what the second program was given when it shows a window the next time."""
    if token:
        environment["XDG_ACTIVATION_TOKEN"] = token
