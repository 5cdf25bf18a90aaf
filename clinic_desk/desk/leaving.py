"""Ending a desk from elsewhere than its window: from the tray, by a signal, when the user logs off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic_desk.desk.program import DeskProgram


def leave(program: DeskProgram) -> None:
    """Close the window, which asks what becomes of what is not saved; locked there is nobody to ask."""
    (program.close if program.is_locked else program.window.close)()


def may_leave(program: DeskProgram) -> bool:
    """Whether nothing is unsaved in the window that is seen; False: it is being asked about, and closes then."""
    if program.is_locked or program.window.may_leave is None:
        return True
    return program.window.may_leave()
