"""Parking by keyboard, in the whole program: off the calendar, listed at every desk, taken in hand and put back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Park, SetStatus
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.services import booking, calendar
from clinic_desk.ui.away.parked import ParkedSheet
from clinic_desk.ui.booking.cancel import CancelDialog
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup, stored
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_on
from tests.ui.away.test_doctor_away import away_on_the_monday, three_booked
from tests.ui.setup.conftest import press

ENTER, ESC, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down


@pytest.fixture
def space(clinic: SmallClinic, reception: DeskProgram, qtbot: QtBot) -> Workspace:
    """A desk of the reception on the Monday."""
    return space_on(reception, clinic.monday, qtbot)


def listed(space: Workspace, qtbot: QtBot) -> ParkedSheet:
    """Open the list with its key's action and wait until it is read."""
    space.window.actions_by_name["parked"].trigger()
    (sheet,) = [each for each in space.window.findChildren(ParkedSheet) if each.isVisible()]
    qtbot.waitUntil(lambda: sheet.none.text() != "Reading…" or sheet.list.isVisible(), timeout=10_000)
    return sheet


def status_of(database: Database, entry: Entry) -> AppointmentStatus:
    return calendar.load_entries(database, [entry.id])[0].appointment.status


def test_parked_from_the_calendar_it_is_gone_there_listed_and_undone(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    entry = booking.book(database, checkup(clinic))
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id), timeout=10_000)
    space.window.calendar.setFocus()
    press(Qt.Key.Key_P)
    qtbot.waitUntil(lambda: space.own.stack.last() is not None, timeout=10_000)
    assert status_of(database, entry) is AppointmentStatus.WAITLIST
    qtbot.waitUntil(lambda: not space.window.calendar.select_entry(entry.id))
    sheet = listed(space, qtbot)
    qtbot.waitUntil(sheet.list.hasFocus)
    (row,) = sheet.rows.records
    assert (row.name, row.was, row.visit, row.doctor) == (
        "Meier, Anna",
        "Mon 3 Mar 2031, 09:00",
        "Checkup",
        "Dr. Weber",
    )
    assert "Desk 1" in row.by
    press(ESC)
    space.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: status_of(database, entry) is AppointmentStatus.BOOKED, timeout=10_000)
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id))


def test_enter_takes_it_in_hand_and_a_place_puts_it_there_with_one_message(
    clinic: SmallClinic, database: Database, space: Workspace, owner_engine: Engine, qtbot: QtBot
) -> None:
    entry = booking.book(database, checkup(clinic))
    leaves(owner_engine, "confirmation")
    booking.park(database, Park(entry.id, 1))
    sheet = listed(space, qtbot)
    qtbot.waitUntil(sheet.list.hasFocus)
    press(ENTER)
    assert space.moving.carrying is not None
    assert space.window.hint.isVisible()
    assert space.moving.put(Place(clinic.okafor, None, clinic.berlin, at(clinic.monday, 14), None))
    qtbot.waitUntil(lambda: status_of(database, entry) is AppointmentStatus.BOOKED, timeout=10_000)
    row = stored(owner_engine, entry.id)
    assert (row["practitioner_id"], row["starts_at"]) == (clinic.okafor, at(clinic.monday, 14))
    told = queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'")
    assert told == [("rescheduled",)]
    qtbot.waitUntil(lambda: space.own.stack.last() is not None)
    space.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: status_of(database, entry) is AppointmentStatus.WAITLIST, timeout=10_000)


def test_put_back_at_the_very_place_it_was(
    clinic: SmallClinic, database: Database, space: Workspace, owner_engine: Engine, qtbot: QtBot
) -> None:
    entry = booking.book(database, checkup(clinic))
    parked = booking.park(database, Park(entry.id, 1))
    space.moving.take(parked)
    assert space.moving.put(Place(clinic.weber, None, clinic.berlin, at(clinic.monday, 9), None))
    qtbot.waitUntil(lambda: status_of(database, entry) is AppointmentStatus.BOOKED, timeout=10_000)


def test_the_list_follows_what_other_desks_do(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    sheet = listed(space, qtbot)
    assert sheet.none.text() == "Nothing is parked."
    assert not sheet.take_button.isEnabled()
    entries = three_booked(database, clinic)
    for entry in entries[:2]:
        booking.park(second_database, Park(entry.id, 1))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 2, timeout=10_000)
    qtbot.waitUntil(sheet.list.hasFocus)
    press(DOWN)
    chosen = sheet.list.chosen.id
    booking.park(second_database, Park(entries[2].id, 1))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 3, timeout=10_000)
    assert sheet.list.chosen.id == chosen
    for entry in entries:
        booking.set_status(second_database, SetStatus(entry.id, 2, AppointmentStatus.ENTERED_IN_ERROR))
    qtbot.waitUntil(lambda: not sheet.rows.records, timeout=10_000)
    assert sheet.none.isVisible()
    press(ESC)


def test_a_parked_one_is_cancelled_from_the_list_which_stays_open(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    entry = booking.book(database, checkup(clinic))
    booking.park(database, Park(entry.id, 1))
    sheet = listed(space, qtbot)
    qtbot.waitUntil(sheet.list.hasFocus)
    press(Qt.Key.Key_C)
    (_dialog,) = [each for each in space.window.findChildren(CancelDialog) if each.isVisible()]
    press(ENTER)
    qtbot.waitUntil(lambda: status_of(database, entry) is AppointmentStatus.CANCELLED, timeout=10_000)
    qtbot.waitUntil(lambda: not sheet.rows.records, timeout=10_000)
    assert sheet.isVisible()
    press(ESC)


def test_doctor_away_parks_whom_it_should_and_tells_them_only_if_ticked(
    clinic: SmallClinic, database: Database, manager: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    leaves(owner_engine, "confirmation")
    sheet = away_on_the_monday(manager, qtbot)
    assert not sheet.tell_parked.isVisible()
    press(Qt.Key.Key_4)
    assert sheet.table.rows.records[0].becomes == "is parked"
    assert sheet.send_button.text() == "Save, move 2, park 1 ⏎"
    assert sheet.tell_parked.isVisible()
    assert not sheet.tell_parked.isChecked()
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert status_of(database, entries[0]) is AppointmentStatus.WAITLIST
    told = queue(owner_engine, "appointment_id", "status = 'pending' AND kind <> 'reminder'")
    assert {row[0] for row in told} == {entries[1].id, entries[2].id}
    manager.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: status_of(database, entries[0]) is AppointmentStatus.BOOKED, timeout=10_000)


def test_the_status_bar_counts_what_is_parked_at_any_desk_and_opens_the_list(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    link = space.window.status_bar.parked
    assert not link.isVisible()
    entries = three_booked(database, clinic)
    for entry in entries[:2]:
        booking.park(second_database, Park(entry.id, 1))
    qtbot.waitUntil(lambda: link.text() == "Parked: 2", timeout=10_000)
    assert link.isVisible()
    assert link.accessibleName() == "Parked: 2"
    link.setFocus()
    press(Qt.Key.Key_Space)
    (sheet,) = [each for each in space.window.findChildren(ParkedSheet) if each.isVisible()]
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 2, timeout=10_000)
    press(ESC)
    for entry in entries[:2]:
        booking.set_status(second_database, SetStatus(entry.id, 2, AppointmentStatus.ENTERED_IN_ERROR))
    qtbot.waitUntil(lambda: not link.isVisible(), timeout=10_000)
