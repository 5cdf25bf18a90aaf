"""The manual's window: opened at what is being done, read by keys alone, and reaching nothing outside."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from clinic_desk.desk.manners import Manners
from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.manual.opener import open_manual
from clinic_desk.ui.manual.window import ManualWindow
from clinic_desk.ui.shell.about import AboutSheet
from clinic_desk.ui.shell.shortcuts import ShortcutsSheet
from tests.ui.desktop.test_manners import Said
from tests.ui.manual.conftest import OpenProgram

Key, Alt, Control = Qt.Key, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def titles(manual: ManualWindow) -> list[str]:
    tops = [manual.list.topLevelItem(row) for row in range(manual.list.topLevelItemCount())]
    return [top.text(0).splitlines()[0] for top in tops if top is not None]


def heading(manual: ManualWindow) -> str:
    return manual.page.document().firstBlock().text()


def test_f1_opens_it_about_what_is_being_done_and_ctrl_f1_the_keys(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program()
    window = program.window
    Manners(program, None, Said())
    window.activateWindow()
    window.calendar.setFocus()
    QTest.keyClick(window.calendar, Key.Key_F1)
    manual = window.findChild(ManualWindow)
    assert isinstance(manual, ManualWindow)
    assert heading(manual) == "The first five minutes"
    assert window.actions_by_name.keys("new") in manual.page.toPlainText()
    assert "[[" not in manual.page.toPlainText()
    manual.close()
    assert window.findChild(ManualWindow) is None
    _over_a_sheet(program, qtbot)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window.calendar, Key.Key_F1, Control)
    keys = window.findChild(ShortcutsSheet)
    assert isinstance(keys, ShortcutsSheet)
    keys.reject()


def _over_a_sheet(program: DeskProgram, qtbot: QtBot) -> None:
    """A sheet lets no key of the window through: this one comes all the same."""
    window = program.window
    window.activateWindow()
    window.actions_by_name["about"].trigger()
    sheet = window.findChild(AboutSheet)
    assert isinstance(sheet, AboutSheet)
    handle = window.windowHandle()
    assert handle is not None
    assert program.seats is not None
    QTest.keyClick(handle, Key.Key_F1)
    qtbot.waitUntil(lambda: isinstance(window.findChild(ManualWindow), ManualWindow))
    manual = window.findChild(ManualWindow)
    assert isinstance(manual, ManualWindow)
    assert heading(manual) == "When something is wrong"
    manual.close()
    sheet.accept()


@pytest.mark.qt_log_ignore("propagateSizeHints")  # of the question, where there is no window system
def test_it_is_read_searched_and_gone_through_by_keys_and_reaches_nothing_outside(
    open_program: OpenProgram, qtbot: QtBot
) -> None:
    window = open_program().window
    manual = open_manual(window, "keys")
    qtbot.waitUntil(manual.isActiveWindow)
    assert "Ctrl+Z" in manual.page.toPlainText()
    assert open_manual(window, "book") is manual
    QTest.keyClick(manual.page, Key.Key_Left, Alt)
    assert heading(manual) == "All keys"
    QTest.keyClick(manual.page, Key.Key_Right, Alt)
    assert heading(manual) == "A patient calls and wants a time"
    QTest.keyClick(manual.page, Key.Key_F, Control)
    assert manual.search.hasFocus()
    QTest.keyClicks(manual.search, "pinbo")
    assert titles(manual)[0] == "Undo, and the pinboard"
    QTest.keyClick(manual.search, Key.Key_Return)
    assert heading(manual) == "Undo, and the pinboard"
    assert manual.page.textCursor().selectedText().casefold() == "pinbo"
    QTest.keyClick(manual.search, Key.Key_Escape)
    assert titles(manual)[0] == "At the reception desk"
    _reaches_nothing(manual)
    QTest.keyClick(manual.page, Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(ManualWindow))


def _reaches_nothing(manual: ManualWindow) -> None:
    kind = QTextDocument.ResourceType.ImageResource.value
    picture = manual.page.loadResource(kind, QUrl("pictures/day.png"))
    assert isinstance(picture, QImage)
    assert not picture.isNull()
    for address in ("file:///etc/passwd", "https://example.org/a.png", "pictures/../../../demo/names.json"):
        assert manual.page.loadResource(kind, QUrl(address)) is None
    manual.page.anchorClicked.emit(QUrl("messages.md"))
    assert heading(manual) == "Was the patient told? Messages and replies"
    manual.page.anchorClicked.emit(QUrl("https://example.org/"))
    question = QApplication.activeModalWidget()
    assert isinstance(question, QMessageBox)
    assert "https://example.org/" in question.text()
    question.reject()
