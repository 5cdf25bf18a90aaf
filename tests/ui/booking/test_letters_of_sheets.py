"""A letter with Alt is the open sheet's: what lies below it hears nothing, even where it has the same letter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.ui.booking.fields import button, field_label
from clinic_desk.ui.booking.sheet import Sheet

ALT = Qt.KeyboardModifier.AltModifier


class Below(Sheet):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.pressed: list[str] = []
        for part in (field_label("&E-mail", self.field), self.field):
            self.body.addWidget(part)
        self.body.addWidget(button("&Save", "save", lambda: self.pressed.append("save")))


class Line(QLineEdit):
    heard: list[object] | None = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.heard is not None:
            self.heard.append(event.key())
        super().keyPressEvent(event)


class Above(Sheet):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.pressed: list[str] = []
        self.field = Line()
        self.erase = button("&Erase", "erase", lambda: self.pressed.append("erase"))
        for part in (field_label("&Type it", self.field), self.field, self.erase):
            self.body.addWidget(part)
        self.twins = [QPushButton("Thi&s"), QPushButton("That i&s")]
        for twin in self.twins:
            self.body.addWidget(twin)


@pytest.fixture
def sheets(qtbot: QtBot) -> Iterator[tuple[Below, Above]]:
    window = QWidget()
    window.resize(900, 700)
    qtbot.addWidget(window)
    below, above = Below(window), Above(window)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    below.open()
    above.open()
    above.field.setFocus()
    yield below, above
    window.close()


def press(key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, ALT)


def test_a_letter_that_both_have_is_the_upper_ones(sheets: tuple[Below, Above], qtbot: QtBot) -> None:
    _, above = sheets
    press(Qt.Key.Key_E)
    qtbot.waitUntil(lambda: above.pressed == ["erase"])
    above.erase.setFocus()
    press(Qt.Key.Key_T)
    assert above.field.hasFocus()


def test_a_letter_that_only_the_lower_one_has_does_nothing(sheets: tuple[Below, Above], qtbot: QtBot) -> None:
    below, above = sheets
    for twin in above.twins:
        twin.hide()
    press(Qt.Key.Key_S)
    qtbot.wait(0)
    assert below.pressed == []
    assert above.field.hasFocus()


def test_of_two_with_one_letter_it_goes_to_the_next_and_presses_none(sheets: tuple[Below, Above], qtbot: QtBot) -> None:
    below, above = sheets
    for twin in (*above.twins, above.twins[0]):
        press(Qt.Key.Key_S)
        assert twin.hasFocus()
    assert below.pressed == []


def test_the_sheets_own_shortcuts_and_other_keys_with_alt_work_as_ever(sheets: tuple[Below, Above]) -> None:
    _, above = sheets
    shortcut, heard = QShortcut(QKeySequence("Alt+1"), above), list[object]()
    shortcut.activated.connect(lambda: heard.append("1"))
    press(Qt.Key.Key_1)
    assert heard == ["1"]
    above.field.heard = heard
    press(Qt.Key.Key_Down)  # opens the list of a box
    assert heard[-1] == Qt.Key.Key_Down
