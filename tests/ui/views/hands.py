"""What a person does at a desk in these tests: keys to whatever has the keyboard, and what is on screen."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.workspace import Workspace
from tests.support.spaces import space_of

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def focused() -> QWidget:
    """Return what has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def keys(text: str) -> None:
    """Type."""
    QTest.keyClicks(focused(), text)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    """Press and let go one key."""
    QTest.keyClick(focused(), key, modifiers)


def at_desk(program: DeskProgram, day: date, qtbot: QtBot) -> Workspace:
    """Sit down at a desk and have a day on the calendar; the cursor is at 09:00 of the first column."""
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    desk = space_of(program)
    desk.navigator.go_to(day, minute=540)
    qtbot.waitUntil(lambda: day in desk.store.boards and program.window.calendar.isVisible())
    program.window.calendar.setFocus()
    for _ in range(desk.window.calendar.model().columnCount()):
        press(Key.Key_Left)
    return desk
