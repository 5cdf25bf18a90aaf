"""What keeps time from being booked is taken back where it was entered, on the calendar, and after a restart."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.setup import SaveBlock
from clinic_desk.services.setup.absences import save_block
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.ask import AskSheet
from tests.support.bookings import at
from tests.support.small_clinic import SmallClinic
from tests.ui.setup.conftest import OpenSetup, opener_of, press, save, section_of, sheet_over
from tests.ui.setup.test_setup_saved import line_of
from tests.ui.shell.conftest import OpenProgram

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Z, ENTER = Qt.Key.Key_Z, Qt.Key.Key_Return


def party(other: Database, clinic: SmallClinic) -> SaveBlock:
    command = SaveBlock(at(clinic.monday, 12), at(clinic.monday, 13), "Party", clinic.weber)
    save_block(other, command)
    return command


def test_a_block_is_taken_back_on_the_page_and_after_a_restart(
    *, manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database,
    open_program: OpenProgram, url_as: Callable[..., URL], clinic: SmallClinic, qtbot: QtBot,
) -> None:  # fmt: skip
    party(other, clinic)
    page = open_setup(manager)
    section = section_of(page, "blocks")
    qtbot.waitUntil(lambda: section.list.count() == 1)
    section.list.setCurrentRow(0)
    line_of(section, "name").setText("Feast")
    assert not page.undo.isVisible()
    save(page, qtbot)
    assert [block.name for block in stored().blocks] == ["Feast"]
    assert page.undo.isVisible()
    page.areas.setFocus()
    press(Z, CTRL)
    qtbot.waitUntil(lambda: page.told.text() == "Undone: enter a block (Feast)", timeout=10_000)
    assert [block.name for block in stored().blocks] == ["Party"]
    qtbot.waitUntil(lambda: "Party" in section.list.item(0).text())
    qtbot.waitUntil(lambda: not opener_of(manager).is_busy)
    section.remove.click()
    sheet_over(page, AskSheet, qtbot)
    press(ENTER)
    qtbot.waitUntil(lambda: not stored().blocks, timeout=10_000)
    qtbot.waitUntil(lambda: not opener_of(manager).is_busy)
    page.reject()
    with qtbot.waitSignal(manager.closed, timeout=20_000):
        manager.close()
    again = open_program(url=url_as("clinic_manager"))
    undo = again.window.actions_by_name["undo"]
    qtbot.waitUntil(lambda: undo.text() == "Undo: remove a block (Party)", timeout=10_000)
    again.window.activateWindow()
    qtbot.waitActive(again.window)
    again.window.calendar.setFocus()
    press(Z, CTRL)
    qtbot.waitUntil(lambda: [block.name for block in stored().blocks] == ["Party"], timeout=10_000)


def test_what_another_desk_changed_since_stays_and_the_page_says_who(
    *, manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database, clinic: SmallClinic,
    qtbot: QtBot,
) -> None:  # fmt: skip
    command = party(other, clinic)
    page = open_setup(manager)
    section = section_of(page, "blocks")
    qtbot.waitUntil(lambda: section.list.count() == 1)
    section.list.setCurrentRow(0)
    line_of(section, "name").setText("Feast")
    save(page, qtbot)
    theirs = SaveBlock(command.starts_at, command.ends_at, "Closed", clinic.weber, id=command.id, version=2)
    save_block(other, theirs)
    qtbot.waitUntil(lambda: "Closed" in section.list.item(0).text(), timeout=10_000)
    page.undo.click()
    qtbot.waitUntil(lambda: "was changed at Back office since" in page.told.text(), timeout=10_000)
    assert [block.name for block in stored().blocks] == ["Closed"]
