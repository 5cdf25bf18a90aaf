"""Every list a desk shows can be saved by one key: the one with the keyboard, that of the open sheet, or the day."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Park
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.waiting import AddWish, Wish
from clinic_desk.services import waiting
from clinic_desk.services.booking import book, park
from clinic_desk.ui.exchange.desk import exchange_of
from clinic_desk.ui.exchange.export_sheet import ExportSheet
from clinic_desk.ui.exchange.lists import list_in_sight
from clinic_desk.ui.exchange.saving import listing_of
from clinic_desk.ui.waiting.sheet import WaitingSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

OpenProgram = Callable[..., DeskProgram]
Key = Qt.Key
Ctrl, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def desk(
    open_program: OpenProgram, clinic: SmallClinic, database: Database, url_as: Callable[[Any], URL], qtbot: QtBot
) -> Workspace:
    """A manager's desk on a Monday with two visits; one more is parked, and somebody waits."""
    for hour in (9, 10):
        book(database, checkup(clinic, at(clinic.monday, hour)))
    later = book(database, checkup(clinic, at(clinic.monday + timedelta(days=1), 9), patient_id=clinic.patients[3]))
    park(database, Park(later.id, later.appointment.version))
    waiting.add_wish(database, AddWish(Wish(new_id(), clinic.patients[2], clinic.checkup)))
    return sit_down(open_program("Office", url_as("clinic_manager")), clinic, qtbot)


def sit_down(program: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> Workspace:
    space = program.workspace
    assert space is not None
    space.window.activateWindow()
    qtbot.waitUntil(space.window.isActiveWindow)
    space.navigator.go_to(clinic.monday, minute=540)
    qtbot.waitUntil(lambda: clinic.monday in space.store.boards and space.window.calendar.isVisible())
    space.window.calendar.setFocus()
    return space


def save_by_key(space: Workspace) -> ExportSheet:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Key.Key_S, Ctrl | Shift)
    sheet = exchange_of(space).sheet
    assert isinstance(sheet, ExportSheet)
    return sheet


def test_at_the_calendar_it_is_the_day_and_the_keyboard_is_enough(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = save_by_key(desk)
    assert sheet.path.hasFocus()
    assert "Monday, 3 March 2031 (2 rows" in sheet.kind.currentText()
    QTest.keyClicks(sheet.path, str(tmp_path / "day.csv"))
    QTest.keyClick(sheet.path, Key.Key_Return)
    qtbot.waitUntil(lambda: "✓ 2 rows" in sheet.told.text())
    rows = list(csv.DictReader((tmp_path / "day.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["From"], row["Patient"], row["Doctor"], row["Status"]) for row in rows] == [
        ("09:00", "Meier, Anna", "Dr. Weber", "booked"),
        ("10:00", "Meier, Anna", "Dr. Weber", "booked"),
    ]
    QTest.keyClick(sheet, Key.Key_Escape)
    assert desk.window.calendar.hasFocus()


def test_in_a_sheet_it_is_the_list_of_the_sheet_whatever_in_it_has_the_keyboard(
    desk: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    desk.window.actions_by_name["waiting"].trigger()
    qtbot.waitUntil(lambda: (found := list_in_sight(desk.window)) is not None and found.model().rowCount() == 1)
    listing = listing_of(list_in_sight(desk.window))  # type: ignore[arg-type]
    assert (listing.name, listing.title, len(listing.rows)) == ("waiting_list", "Waiting list", 1)
    assert len(listing.headings) == len(listing.rows[0]) > 3
    sheet = save_by_key(desk)
    assert "Waiting list (1 row," in sheet.kind.currentText()
    sheet.reject()
    assert any(each.isVisible() for each in desk.window.findChildren(WaitingSheet))


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("messages", "message_list"),
        ("parked", "parked_list"),
        ("house", "house_list"),
        ("doubles", "doubles_list"),
        ("past", "past_list"),
    ],
)
def test_each_list_is_found_by_the_same_key(desk: Workspace, action: str, name: str, qtbot: QtBot) -> None:
    desk.window.actions_by_name[action].trigger()
    qtbot.waitUntil(lambda: (found := list_in_sight(desk.window)) is not None and found.objectName() == name)
    found = list_in_sight(desk.window)
    assert found is not None
    assert all(listing_of(found).headings)


def test_who_may_not_export_is_told_so_where_she_asked(
    open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    space = sit_down(open_program(), clinic, qtbot)
    sheet = save_by_key(space)
    assert not sheet.next.isEnabled()
    assert "may not export" in sheet.told.text()
