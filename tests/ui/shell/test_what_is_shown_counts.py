"""What is on screen counts: where N looks for a time, whom an undo squeezes in with, whether a tick is set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Cancel, Rule, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.services import booking
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of, space_on
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_undo import taken_over


@pytest.fixture
def program(open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot) -> DeskProgram:
    """A desk on the clinic's Monday, which is years ahead."""
    program = open_program()
    space_on(program, clinic.monday, qtbot)
    return program


def press(key: Qt.Key) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key)


def seen(program: DeskProgram, entry: Entry) -> Entry | None:
    return space_of(program).store.entry(entry.id)


# --- N ----------------------------------------------------------------------------------------------------------------


def test_n_looks_for_a_free_time_from_the_day_on_screen(
    program: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    tuesday = clinic.monday + timedelta(days=1)
    space_of(program).navigator.go_to(tuesday)
    qtbot.waitUntil(lambda: program.window.calendar.isVisible() and tuesday in space_of(program).store.boards)
    press(Qt.Key.Key_N)
    content = space_of(program).booking.form.content
    qtbot.waitUntil(lambda: content.time_source == "found")
    assert content.draft.day == tuesday


def test_n_on_a_day_that_is_over_looks_from_now(program: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> None:
    now = space_of(program).store.freshness.now
    space_of(program).navigator.go_to(now().date() - timedelta(days=40))
    qtbot.waitUntil(program.window.calendar.isVisible)
    press(Qt.Key.Key_N)
    content = space_of(program).booking.form.content
    qtbot.waitUntil(lambda: content.time_source in {"found", "none"})
    start = content.draft.starts_at(content.clinic)
    assert start is None or start > now() - timedelta(minutes=5)


# --- squeezed in ------------------------------------------------------------------------------------------------------


@pytest.fixture
def squeezed(program: DeskProgram, second_database: Database, clinic: SmallClinic, qtbot: QtBot) -> Entry:
    """Beside another at nine, as was agreed to."""
    booking.book(second_database, checkup(clinic))
    book: Book = checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN}))
    entry = booking.book(second_database, book)
    qtbot.waitUntil(lambda: seen(program, entry) is not None)
    return entry


def at_nine(clinic: SmallClinic, **other: Any) -> Book:
    return checkup(clinic, patient_id=clinic.patients[2], overrule=frozenset({Rule.SLOT_TAKEN}), **other)


def test_undo_squeezes_in_again_with_those_who_were_there(
    program: DeskProgram, squeezed: Entry, clinic: SmallClinic, qtbot: QtBot
) -> None:
    own, row = space_of(program).own, squeezed.appointment
    own.send(Update(row.id, row.version, starts_at=at(clinic.monday, 11)), squeezed)
    qtbot.waitUntil(lambda: "Moved" in program.window.toasts.latest_text())
    own.undo_last()
    qtbot.waitUntil(lambda: "Undone" in program.window.toasts.latest_text())
    now = seen(program, squeezed)
    assert now is not None
    assert (now.appointment.starts_at, now.appointment.squeezed_in) == (row.starts_at, True)


def leave_it(program: DeskProgram, qtbot: QtBot) -> None:
    """Others have the time: it is told, and nothing is done."""
    dialog = taken_over(program, qtbot)
    assert "09:00–09:15" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(program.window.calendar.hasFocus)


def test_undo_squeezes_in_with_nobody_who_came_since(
    program: DeskProgram, squeezed: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    own, row = space_of(program).own, squeezed.appointment
    own.send(Update(row.id, row.version, starts_at=at(clinic.monday, 11)), squeezed)
    qtbot.waitUntil(lambda: "Moved" in program.window.toasts.latest_text())
    booking.book(second_database, at_nine(clinic))
    own.undo_last()
    leave_it(program, qtbot)
    now = seen(program, squeezed)
    assert now is not None
    assert now.appointment.starts_at == at(clinic.monday, 11)
    assert own.stack.last() is not None, "it may be tried again"


def test_undo_of_a_cancellation_squeezes_in_with_nobody_who_came_since(
    program: DeskProgram, squeezed: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    own, row = space_of(program).own, squeezed.appointment
    own.send(Cancel(row.id, row.version, CancellationReason.PATIENT), squeezed)
    qtbot.waitUntil(lambda: "Cancelled" in program.window.toasts.latest_text())
    third = booking.book(second_database, at_nine(clinic))
    own.undo_last()
    leave_it(program, qtbot)
    booking.cancel(second_database, Cancel(third.id, 1, CancellationReason.PATIENT))
    own.undo_last()
    qtbot.waitUntil(lambda: "Undone" in program.window.toasts.latest_text())
    now = seen(program, squeezed)
    assert now is not None
    assert now.appointment.status is AppointmentStatus.BOOKED
    assert now.appointment.cancellation_reason is None


def test_reinstating_asks_before_it_squeezes_in_again(
    program: DeskProgram, squeezed: Entry, second_database: Database, qtbot: QtBot
) -> None:
    row = squeezed.appointment
    cancelled = booking.cancel(second_database, Cancel(row.id, row.version, CancellationReason.PATIENT))
    moving = space_of(program).moving
    moving.reinstate(cancelled)
    carry_out = moving._under_way[row.id].carry_out
    with qtbot.waitSignal(carry_out.asked) as asked:
        pass
    assert asked.args is not None
    assert [one.rule for one in asked.args[0]] == [Rule.SLOT_TAKEN]
    carry_out.overrule()
    qtbot.waitUntil(lambda: "Booked again" in program.window.toasts.latest_text())


# --- telling, reading -------------------------------------------------------------------------------------------------


def test_who_never_tells_of_moves_finds_no_tick_in_the_form_of_a_change(
    program: DeskProgram, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    entry = booking.book(second_database, checkup(clinic))
    qtbot.waitUntil(lambda: seen(program, entry) is not None)
    desk = space_of(program).booking
    desk.edit(entry)
    assert desk.form.fields.tell.isChecked()
    desk.close()
    program.window.actions_by_name["tell_never"].trigger()
    desk.edit(entry)
    assert not desk.form.fields.tell.isChecked()
    assert not desk.form.content.draft.tell_patient
    desk.close()
    desk.start_anywhere(entry.patient)
    assert desk.form.fields.tell.isChecked(), "of a new booking patients are told all the same"


def test_reading_anew_reads_the_days_beside_the_shown_one_again(
    program: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    store, tuesday = space_of(program).store, clinic.monday + timedelta(days=1)
    qtbot.waitUntil(lambda: tuesday in store.boards)
    store.reload()
    assert tuesday not in store.boards
    qtbot.waitUntil(lambda: tuesday in store.boards)
