"""A desk's controllers, and a desk that shows a day."""

from __future__ import annotations

from datetime import date

from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.workspace import Workspace


def space_of(program: DeskProgram) -> Workspace:
    """Return a desk's controllers."""
    assert program.workspace is not None
    return program.workspace


def space_on(program: DeskProgram, day: date, qtbot: QtBot) -> Workspace:
    """Return a desk's controllers when its window has the keyboard and shows this day."""
    space = space_of(program)
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    with qtbot.waitSignal(space.navigator.shown, timeout=10_000):
        space.navigator.go_to(day)
    return space
