"""About Clinic Desk: what the program is made of, the zone rules it goes by, and its database."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk import __version__
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.wall import tzdata_version
from clinic_desk.ui.shell.about import AboutSheet
from tests.support.small_clinic import SmallClinic


def test_it_tells_the_zone_rules_and_the_database_and_is_copied_by_a_key(
    open_program: Callable[..., DeskProgram], qtbot: QtBot, clinic: SmallClinic
) -> None:
    assert clinic.patients
    window = open_program().window
    window.activateWindow()
    QApplication.clipboard().clear()
    window.actions_by_name["about"].trigger()
    sheet = window.findChild(AboutSheet)
    assert isinstance(sheet, AboutSheet)
    qtbot.waitUntil(lambda: "PostgreSQL" in sheet.database.text(), timeout=10_000)
    assert sheet.close_button.hasFocus()
    QTest.keyClick(sheet.close_button, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
    clipboard = QApplication.clipboard()
    qtbot.waitUntil(lambda: f"Clinic Desk {__version__}" in clipboard.text(), timeout=10_000)
    assert f"tzdata {tzdata_version()}" in clipboard.text()
    assert "schema 0007" in clipboard.text()
    QTest.keyClick(sheet.close_button, Qt.Key.Key_Return)
    assert not sheet.isVisible()


def test_without_a_database_it_says_so(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    sheet = AboutSheet(window)
    sheet.show_database(None)
    assert sheet.database.text() == "Database: cannot be reached just now"
