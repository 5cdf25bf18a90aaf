"""A desk at which people lock, come back, and change."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.desk.seats import Seats
from clinic_desk.ui.door.page import SignInPage
from tests.plugins.postgres import PASSWORD
from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["open_program", "programs"]


class Desk:
    """One program and what a person does at its door, by keys and the mouse."""

    def __init__(self, program: DeskProgram, qtbot: QtBot) -> None:
        self.program = program
        self._qtbot = qtbot
        assert program.seats is not None

    @property
    def seats(self) -> Seats:
        """Who sits here; there since somebody locked first."""
        found = self.program.seats
        assert found is not None
        return found

    @property
    def page(self) -> SignInPage:
        """The page of the door."""
        return self.seats.door.page

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the window that has the keyboard, as the window system brings it."""
        window = QGuiApplication.focusWindow()
        assert window is not None
        QTest.keyClick(window, key, modifiers)

    def lock(self) -> None:
        """Ctrl+L, at the calendar."""
        self.to_front()
        self.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        self._qtbot.waitUntil(self.seats.door.isActiveWindow)

    def change_user(self) -> None:
        """Ctrl+Shift+L."""
        self.to_front()
        self.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        self._qtbot.waitUntil(self.seats.door.isActiveWindow)

    def to_front(self) -> None:
        """The main window has the keyboard."""
        self.program.window.activateWindow()
        self._qtbot.waitUntil(self.program.window.isActiveWindow)

    def come_in(self, login: str = "", password: str = PASSWORD) -> None:
        """Type name (if it is another one) and password, and Enter; wait until the window is there."""
        self.try_it(login, password)
        self._qtbot.waitUntil(lambda: not self.seats.is_locked and self.program.window.isVisible())

    def try_it(self, login: str = "", password: str = PASSWORD) -> None:
        """Type name and password, and Enter."""
        page = self.page
        if login:
            page.name.setFocus()
            line = page.name.lineEdit()
            assert line is not None
            line.selectAll()
            QTest.keyClicks(line, login)
            self.key(Qt.Key.Key_Tab)
        assert page.password.line.hasFocus()
        page.password.line.selectAll()
        QTest.keyClicks(page.password.line, password)
        self.key(Qt.Key.Key_Return)

    def remark(self) -> str:
        """What the page says of the last try."""
        return self.page.remark.text() if self.page.remark.isVisible() else ""


@pytest.fixture
def desk(open_program: OpenProgram, qtbot: QtBot) -> Desk:
    """The reception's desk on the small clinic."""
    return Desk(open_program(), qtbot)


def accessible_texts() -> list[str]:
    """Return every name, value, description and help text that a screen reader can reach, each cell of a table too."""
    program = QApplication.instance()
    assert program is not None
    texts: list[str] = []
    waiting: list[QAccessibleInterface | None] = [QAccessible.queryAccessibleInterface(program)]
    while waiting:
        each = waiting.pop()
        if each is None or not each.isValid():
            continue
        texts.extend(each.text(kind) for kind in QAccessible.Text if kind is not QAccessible.Text.UserText)
        waiting.extend(each.child(number) for number in range(each.childCount()))
    return [text for text in texts if text]
