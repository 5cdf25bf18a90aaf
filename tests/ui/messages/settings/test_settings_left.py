"""Closing the window while settings are open that are not saved."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.leaving import LeavingSheet
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from tests.ui.messages.settings.conftest import box_of

Opener = Callable[[DeskProgram], SettingsDialog]


def asked(program: DeskProgram) -> list[LeavingSheet]:
    return [each for each in program.window.findChildren(LeavingSheet) if each.isVisible()]


def test_closing_the_window_asks_once_what_becomes_of_unsaved_settings_and_back_keeps_all(
    manager: DeskProgram, open_settings: Opener
) -> None:
    dialog = open_settings(manager)
    box_of(dialog.when.rows, "wait_s").setCurrentText("5 minutes")
    manager.window.close()
    manager.window.close()
    (sheet,) = asked(manager)
    assert not manager.is_closing
    sheet.reject()
    assert dialog.isVisible()
    assert dialog.is_changed
    assert not manager.is_closing


def test_saving_then_closes_the_window(manager: DeskProgram, open_settings: Opener, qtbot: QtBot) -> None:
    dialog = open_settings(manager)
    box_of(dialog.when.rows, "wait_s").setCurrentText("5 minutes")
    manager.window.close()
    (sheet,) = asked(manager)
    qtbot.waitUntil(lambda: sheet.guard.is_ready)
    with qtbot.waitSignal(manager.closed, timeout=10_000):
        sheet.save.click()


def test_not_saving_closes_the_window_too(manager: DeskProgram, open_settings: Opener, qtbot: QtBot) -> None:
    dialog = open_settings(manager)
    box_of(dialog.when.rows, "wait_s").setCurrentText("5 minutes")
    manager.window.close()
    (sheet,) = asked(manager)
    qtbot.waitUntil(lambda: sheet.guard.is_ready)
    with qtbot.waitSignal(manager.closed, timeout=10_000):
        sheet.drop.click()


def test_settings_that_are_saved_keep_no_window_open(manager: DeskProgram, open_settings: Opener, qtbot: QtBot) -> None:
    open_settings(manager)
    with qtbot.waitSignal(manager.closed, timeout=10_000):
        manager.window.close()
    assert not asked(manager)
