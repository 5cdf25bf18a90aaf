"""The keyboard does not go below what lies over the calendar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.shell.conftest import OpenProgram


def press(key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, key)


def test_a_form_that_closes_below_an_open_sheet_leaves_the_keyboard_in_the_sheet(
    open_program: OpenProgram, qtbot: QtBot
) -> None:
    program = open_program()
    window = program.window
    window.activateWindow()
    window.calendar.setFocus()
    press(Qt.Key.Key_N)
    assert program.workspace is not None
    form = program.workspace.booking.form
    qtbot.waitUntil(form.isVisible)
    program.window.actions_by_name["past"].trigger()
    (sheet,) = (each for each in window.findChildren(QDialog) if each.isVisible() and each.objectName() == "past_sheet")
    form.close_form()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert sheet.isAncestorOf(focused)
    press(Qt.Key.Key_Escape)
    assert not sheet.isVisible()
