"""What stands beside the calendar: made after it, in the order of Tab as if it had been there from the start."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram


def made(program: DeskProgram) -> bool:
    return program.window.findChild(QWidget, "message_counts") is not None


def tab_stops(program: DeskProgram) -> list[str]:
    """The parts of the window that Tab comes by after the top bar, in its order, each once."""
    window = program.window
    parts = {"sidebar": window.sidebar, "calendar": window.calendar, "side_panel": window.side_panel}
    found: list[str] = []
    widget = window.top_bar.nextInFocusChain()
    while widget is not None and widget is not window.top_bar:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found += [name for name, part in parts.items() if part is widget or part.isAncestorOf(widget)]
        widget = widget.nextInFocusChain()
    return [name for place, name in enumerate(found) if place == 0 or found[place - 1] != name]


def test_the_sides_are_filled_when_the_calendar_is_on_screen(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program(wait=False)
    early: list[bool] = []
    program.ready.connect(lambda: early.append(made(program)))
    qtbot.waitUntil(lambda: made(program), timeout=15_000)
    assert early == [False]
    sides = space_of(program).sides
    qtbot.waitUntil(lambda: all(part.isVisible() for part in (sides.month, sides.resources, sides.next_free)))
    assert sides.counts.isVisible()


def test_tab_goes_from_the_left_side_over_the_calendar_to_the_right(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program()
    qtbot.waitUntil(space_of(program).sides.month.isVisible)
    assert tab_stops(program) == ["sidebar", "calendar", "side_panel"]


def test_a_side_opens_as_wide_as_its_parts_needed_the_last_time(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program()
    wide = QWidget()
    wide.setMinimumWidth(320)
    qtbot.waitUntil(lambda: made(program))
    program.window.sidebar.add(wide)
    qtbot.waitUntil(lambda: program.window.sidebar.width() > 320)
    width = program.window.sidebar.width()
    with qtbot.waitSignal(program.closed):
        program.close()
    again = open_program(wait=False)
    early: list[int] = []
    again.ready.connect(lambda: early.append(again.window.sidebar.width()))
    qtbot.waitUntil(lambda: bool(early), timeout=15_000)
    assert early == [width]
    qtbot.waitUntil(lambda: made(again) and again.window.sidebar.width() < width)
