"""The support bundle from the menu."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.shell.support import SupportSheet


def test_the_menu_makes_a_bundle_and_refuses_to_replace_one(
    open_program: Callable[..., DeskProgram], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_program().window
    window.actions_by_name["support"].trigger()
    sheet = window.findChild(SupportSheet)
    assert sheet is not None
    path = tmp_path / "bundle.zip"
    sheet.path.setText(str(path))
    QTest.keyClick(sheet.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sheet.told.text() == f"✓ It is there: {path}")
    with zipfile.ZipFile(path) as bundle:
        assert "health.json" in bundle.namelist()
    sheet.make.click()
    qtbot.waitUntil(lambda: "is there already" in sheet.told.text())
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
