"""The booking form beside what it is about, and a cancelled visit brought back, in the whole program."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Cancel
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import Place
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram

ENTER = Qt.Key.Key_Return
ShowDay = Callable[[], DeskProgram]


def visit(clinic: SmallClinic, hour: int, *, patient: int = 0) -> Book:
    """A check-up with Dr. Weber on the small clinic's Monday."""
    return Book(
        patient_id=clinic.patients[patient],
        type_id=clinic.checkup,
        practitioner_id=clinic.weber,
        site_id=clinic.berlin,
        starts_at=minute_to_instant(clinic.monday, hour * 60, "Europe/Berlin"),
        length_minutes=15,
    )


def global_rect(program: DeskProgram) -> QRect:
    """Where the card of the booking form is on the screen."""
    form = space_of(program).booking.form
    card = form.card_rect()
    return QRect(form.mapToGlobal(card.topLeft()), card.size())


def block_of(program: DeskProgram, entry: Entry) -> QRect:
    row = entry.appointment
    return program.window.calendar.place_rect(
        Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, int(row.length.total_seconds()) // 60)
    )


@pytest.fixture
def show_day(open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot) -> ShowDay:
    """Open the program on the Monday, in front."""

    def run() -> DeskProgram:
        program = open_program()
        space_of(program).navigator.go_to(clinic.monday, minute=9 * 60)
        qtbot.waitUntil(lambda: clinic.monday in space_of(program).store.boards and program.window.calendar.isVisible())
        program.window.activateWindow()
        qtbot.waitUntil(program.window.isActiveWindow)
        return program

    return run


@pytest.mark.parametrize("hour", [8, 9, 11])
def test_the_form_stands_beside_the_visit_that_is_changed(
    show_day: ShowDay, database: Database, clinic: SmallClinic, hour: int
) -> None:
    entry = booking.book(database, visit(clinic, hour))
    program = show_day()
    assert program.window.calendar.select_entry(entry.id)  # in sight, whatever the clock says
    space_of(program).booking.edit(entry)
    block, form = block_of(program, entry), global_rect(program)
    assert not block.isEmpty()
    assert not form.intersects(block)
    left, right = (
        program.window.mapToGlobal(QPoint(0, 0)),
        program.window.mapToGlobal(program.window.rect().bottomRight()),
    )
    assert QRect(left, right).contains(form)


@pytest.fixture
def cancelled(database: Database, clinic: SmallClinic) -> Entry:
    entry = booking.book(database, visit(clinic, 9))
    return booking.cancel(database, Cancel(entry.id, 1, CancellationReason.PATIENT))


def reinstate(program: DeskProgram, qtbot: QtBot, entry: Entry) -> None:
    """Select a cancelled visit and press the panel's button."""
    program.window.calendar.select_entry(entry.id)
    panel = space_of(program).sides.panel
    qtbot.waitUntil(lambda: panel.entry is not None and panel.entry.id == entry.id)
    (found,) = (each for each in panel.findChildren(QPushButton) if each.text().startswith("Reinstate"))
    qtbot.waitUntil(lambda: found.isVisible() and found.isEnabled())
    found.click()


def test_a_cancelled_visit_is_brought_back_to_its_old_place_and_undo_cancels_it_again(
    show_day: ShowDay, cancelled: Entry, qtbot: QtBot
) -> None:
    program = show_day()
    reinstate(program, qtbot, cancelled)

    def status() -> AppointmentStatus | None:
        now = space_of(program).store.entry(cancelled.id)
        return now.appointment.status if now else None

    qtbot.waitUntil(lambda: status() is AppointmentStatus.BOOKED)
    space_of(program).own.undo_last()
    qtbot.waitUntil(lambda: status() is AppointmentStatus.CANCELLED)


def test_where_its_old_place_is_taken_it_is_asked_where_to_and_enter_takes_the_best(
    show_day: ShowDay, cancelled: Entry, database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    other = booking.book(database, visit(clinic, 9, patient=2))
    program = show_day()
    reinstate(program, qtbot, cancelled)
    found: list[SlotTakenDialog] = []

    def is_asked() -> bool:
        found[:] = [each for each in program.window.findChildren(SlotTakenDialog) if each.isVisible()]
        return bool(found and found[0].choices and found[0].guard.is_ready)

    qtbot.waitUntil(is_asked)
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, ENTER)

    def is_back() -> bool:
        now = space_of(program).store.entry(cancelled.id)
        return now is not None and now.appointment.status is AppointmentStatus.BOOKED

    qtbot.waitUntil(is_back)
    now = space_of(program).store.entry(cancelled.id)
    assert now is not None
    assert now.appointment.starts_at != other.appointment.starts_at or now.appointment.practitioner_id != clinic.weber


def test_the_panel_tells_the_key_as_the_user_set_it(
    show_day: ShowDay, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    first, second = (
        booking.book(second_database, visit(clinic, hour, patient=patient)) for hour, patient in ((9, 0), (10, 1))
    )
    program = show_day()
    calendar, panel = program.window.calendar, space_of(program).sides.panel
    qtbot.waitUntil(lambda: calendar.select_entry(first.id) and calendar.select_entry(second.id))
    assert panel.first.text() == "Arrived  A"
    program.window.actions_by_name.set_keys("arrived", "Ctrl+Shift+F9")
    calendar.select_entry(first.id)
    assert panel.first.text() == "Arrived  Ctrl+Shift+F9"
