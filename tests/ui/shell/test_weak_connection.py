"""A connection that is weaker than it should be is said for as long as the window is there, and cannot be put aside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.opening.opened import Opened
from clinic_desk.ui.shell.weak_connection import WeakConnectionSheet


def test_a_weak_connection_stands_in_the_status_bar_and_is_explained_there(
    open_program: Callable[..., DeskProgram], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(Opened, "weak_connection", property(lambda _: "sslmode=disable"))
    window = open_program().window
    warning = window.status_bar.insecure
    assert warning.isVisible()
    assert warning.accessibleName() == "Connection not secure"
    QTest.keyClick(warning, Qt.Key.Key_Space)
    sheet = window.findChild(WeakConnectionSheet)
    assert sheet is not None
    assert "sslmode=disable" in sheet.accessibleDescription()
    QTest.keyClick(sheet.close_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.findChildren(WeakConnectionSheet))
    assert warning.isVisible(), "it cannot be put aside"


def test_an_ordinary_connection_is_not_warned_of(open_program: Callable[..., DeskProgram]) -> None:
    assert not open_program().window.status_bar.insecure.isVisible()
