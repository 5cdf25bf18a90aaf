"""Undo and redo as a desk does them: Ctrl+Z and the notes, another desk in between, after a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.undoing import Deed
from clinic_desk.services import booking, calendar
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.undo.words import deed_words
from tests.support.bookings import at, checkup
from tests.support.queued import leaves, queue, run
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of, space_on
from tests.ui.setup.conftest import press
from tests.ui.shell.conftest import OpenProgram

S = AppointmentStatus
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ENTER = Qt.Key.Key_Return


@pytest.fixture
def booked(clinic: SmallClinic, second_database: Database, owner_engine: Engine) -> Entry:
    """A visit that the patient knows of, from before this desk did anything."""
    entry = booking.book(second_database, checkup(clinic))
    leaves(owner_engine, "confirmation")
    return entry


@pytest.fixture
def program(open_program: OpenProgram, clinic: SmallClinic, booked: Entry, qtbot: QtBot) -> DeskProgram:
    """A desk on the clinic's Monday, the visit chosen."""
    return opened(open_program, clinic, booked, qtbot)


def opened(open_program: OpenProgram, clinic: SmallClinic, entry: Entry, qtbot: QtBot) -> DeskProgram:
    program = open_program()
    space_on(program, clinic.monday, qtbot)
    qtbot.waitUntil(lambda: program.window.calendar.select_entry(entry.id), timeout=10_000)
    program.window.calendar.setFocus()
    return program


def row_of(program: DeskProgram, entry: Entry) -> tuple[object, ...]:
    (now,) = calendar.load_entries(space_of(program).desk.database, [entry.id])
    row = now.appointment
    return row.starts_at, row.status


def told(program: DeskProgram) -> str:
    return program.window.toasts.latest_text()


def move(program: DeskProgram, clinic: SmallClinic, entry: Entry, qtbot: QtBot) -> None:
    start = at(clinic.monday, 10, 30)
    space_of(program).own.send(Update(entry.id, entry.appointment.version, starts_at=start), entry)
    qtbot.waitUntil(lambda: told(program).startswith("Moved"), timeout=10_000)


def test_the_menu_says_what_would_be_undone_and_ctrl_z_and_ctrl_shift_z_do_it(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, owner_engine: Engine, qtbot: QtBot
) -> None:
    undo, redo = (program.window.actions_by_name[name] for name in ("undo", "redo"))
    assert (undo.text(), undo.isEnabled(), redo.isEnabled()) == ("Undo", False, False)
    move(program, clinic, booked, qtbot)
    assert undo.text() == "Undo: move Anna Meier to 10:30"
    assert undo.toolTip() == "Undo: move Anna Meier to 10:30 (Ctrl+Z)"
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: told(program) == "Undone: move Anna Meier to 10:30", timeout=10_000)
    assert row_of(program, booked) == (at(clinic.monday, 9), S.BOOKED)
    assert queue(owner_engine, where="status = 'pending' AND kind <> 'reminder'") == []
    assert (undo.isEnabled(), redo.text()) == (False, "Redo: move Anna Meier to 10:30")
    press(Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: told(program) == "Done again: move Anna Meier to 10:30", timeout=10_000)
    assert row_of(program, booked) == (at(clinic.monday, 10, 30), S.BOOKED)
    button = program.window.toasts.findChildren(QPushButton, "toast_action")[-1]
    assert button.text() == "Undo"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row_of(program, booked) == (at(clinic.monday, 9), S.BOOKED), timeout=10_000)


def test_two_presses_take_two_changes_back_and_a_new_one_ends_what_can_be_done_again(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, qtbot: QtBot
) -> None:
    press(Qt.Key.Key_A)
    qtbot.waitUntil(lambda: told(program).startswith("Arrived"), timeout=10_000)
    chosen = program.window.calendar.selected_entry
    qtbot.waitUntil(lambda: (one := chosen()) is not None and one.appointment.status is S.ARRIVED)
    press(Qt.Key.Key_R)
    qtbot.waitUntil(lambda: told(program).startswith("In the room"), timeout=10_000)
    press(Qt.Key.Key_Z, CONTROL)
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: row_of(program, booked)[1] is S.BOOKED, timeout=10_000)
    redo = program.window.actions_by_name["redo"]
    qtbot.waitUntil(lambda: redo.text() == "Redo: Anna Meier arrived")
    move(program, clinic, calendar.load_entries(space_of(program).desk.database, [booked.id])[0], qtbot)
    assert not redo.isEnabled()


def test_after_its_message_left_the_menu_says_that_a_correction_will_be_sent_and_it_is(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, owner_engine: Engine, qtbot: QtBot
) -> None:
    move(program, clinic, booked, qtbot)
    leaves(owner_engine, "rescheduled")
    run(owner_engine, "SELECT announce_messages(ARRAY[%s::uuid])", str(booked.id))  # as the worker tells of it
    undo = program.window.actions_by_name["undo"]
    expected = "Undo: move Anna Meier to 10:30 (a correction will be sent)"
    qtbot.waitUntil(lambda: undo.text() == expected, timeout=10_000)
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: told(program).endswith("· a correction will be sent"), timeout=10_000)
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == [("rescheduled",)]


def conflict_over(program: DeskProgram, qtbot: QtBot) -> ChangedFirstDialog:
    def found() -> list[ChangedFirstDialog]:
        return [one for one in program.window.findChildren(ChangedFirstDialog) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(found()), timeout=10_000)
    dialog = found()[0]
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    return dialog


def test_what_another_desk_changed_since_opens_the_conflict_dialog_and_enter_merges(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    move(program, clinic, booked, qtbot)
    booking.update(second_database, Update(booked.id, 2, note="fasting"))
    press(Qt.Key.Key_Z, CONTROL)
    dialog = conflict_over(program, qtbot)
    assert row_of(program, booked)[0] == at(clinic.monday, 10, 30)
    booking.update(second_database, Update(booked.id, 3, note="not fasting"))
    press(ENTER)
    qtbot.waitUntil(lambda: dialog.isVisible() and dialog.guard.is_ready and "version 4" in texts(dialog))
    press(ENTER)
    qtbot.waitUntil(lambda: told(program).startswith("Undone"), timeout=10_000)
    assert not [one for one in program.window.findChildren(ChangedFirstDialog) if one.isVisible()]
    (now,) = calendar.load_entries(second_database, [booked.id])
    assert (now.appointment.starts_at, now.appointment.note) == (at(clinic.monday, 9), "not fasting")
    assert space_of(program).own.stack.last() is None


def texts(dialog: ChangedFirstDialog) -> str:
    return dialog.accessibleDescription()


def test_one_that_was_cancelled_at_another_desk_is_left_or_put_back_as_it_was(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    move(program, clinic, booked, qtbot)
    booking.cancel(second_database, Cancel(booked.id, 2, CancellationReason.PATIENT))
    press(Qt.Key.Key_Z, CONTROL)
    conflict_over(program, qtbot)
    press(ENTER)
    qtbot.waitUntil(lambda: told(program) == "Left as it is now.")
    assert row_of(program, booked) == (at(clinic.monday, 10, 30), S.CANCELLED)
    assert not program.window.actions_by_name["undo"].isEnabled()


def taken_over(program: DeskProgram, qtbot: QtBot) -> SlotTakenDialog:
    def found() -> list[SlotTakenDialog]:
        shown = program.window.findChildren(SlotTakenDialog)
        return [one for one in shown if one.isVisible() and one.choices and one.guard.is_ready]

    qtbot.waitUntil(lambda: bool(found()), timeout=10_000)
    return found()[0]


def test_a_time_that_somebody_has_by_now_is_not_taken_from_them_and_others_are_offered(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    move(program, clinic, booked, qtbot)
    other = booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    press(Qt.Key.Key_Z, CONTROL)
    dialog = taken_over(program, qtbot)
    assert dialog.accessibleName() == "This time was just taken at Desk 2"
    assert "Nothing was changed yet." in dialog.accessibleDescription()
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: told(program) == "Left as it is now.")
    assert row_of(program, booked)[0] == at(clinic.monday, 10, 30)
    press(Qt.Key.Key_Z, CONTROL)
    dialog = taken_over(program, qtbot)
    chosen = dialog._alternatives[0].slot.starts_at
    booking.book(second_database, checkup(clinic, chosen, patient_id=clinic.patients[2]))
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: bool(dialog.choices) and dialog._alternatives[0].slot.starts_at != chosen, timeout=10_000)
    chosen = taken_over(program, qtbot)._alternatives[0].slot.starts_at
    QTest.mouseClick(dialog.choices[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row_of(program, booked) == (chosen, S.BOOKED), timeout=10_000)
    qtbot.waitUntil(lambda: told(program).startswith("Undone: move Anna Meier to 10:30 · Mon 3 Mar"))
    assert row_of(program, other)[0] == at(clinic.monday, 9)
    assert not [one for one in program.window.findChildren(SlotTakenDialog) if one.isVisible()]


def test_an_undone_cancellation_is_squeezed_in_beside_who_has_the_time_by_now(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    space = space_of(program)
    space.own.send(Cancel(booked.id, 1, CancellationReason.PATIENT), booked)
    qtbot.waitUntil(lambda: told(program).startswith("Cancelled"), timeout=10_000)
    booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    press(Qt.Key.Key_Z, CONTROL)
    taken_over(program, qtbot)
    press(Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: row_of(program, booked) == (at(clinic.monday, 9), S.BOOKED), timeout=10_000)


def test_of_many_the_rest_is_taken_back_when_one_stands_in_the_way(
    program: DeskProgram, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    from clinic_desk.domain.series import ChangeSeries
    from clinic_desk.services import series

    space = space_of(program)
    database = space.desk.database
    other = booking.book(database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[2]))
    steps = (Cancel(booked.id, 1, CancellationReason.PROVIDER), Cancel(other.id, 1, CancellationReason.PROVIDER))
    entries = series.change(database, ChangeSeries(steps))
    space.own.committed_together("Cancelled: 2", Deed((booked.id, 2), booked, entries[0], 2))
    booking.set_status(second_database, SetStatus(other.id, 2, S.ENTERED_IN_ERROR))
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: bool(program.window.findChildren(AskSheet)), timeout=10_000)
    (sheet,) = program.window.findChildren(AskSheet)
    qtbot.waitUntil(lambda: sheet.guard.is_ready)
    assert sheet.accessibleName() == "1 of 2 cannot be taken back"
    assert "Siobhán O'Neill" in sheet.accessibleDescription()
    assert row_of(program, booked)[1] is S.CANCELLED
    press(ENTER)
    qtbot.waitUntil(lambda: row_of(program, booked)[1] is S.BOOKED, timeout=10_000)


def test_after_a_restart_of_the_desk_what_it_did_is_undone_and_what_it_undid_is_done_again(
    open_program: OpenProgram, program: DeskProgram, clinic: SmallClinic, booked: Entry, qtbot: QtBot
) -> None:
    press(Qt.Key.Key_A)
    qtbot.waitUntil(lambda: told(program).startswith("Arrived"), timeout=10_000)
    move(program, clinic, calendar.load_entries(space_of(program).desk.database, [booked.id])[0], qtbot)
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: told(program).startswith("Undone"), timeout=10_000)
    with qtbot.waitSignal(program.closed, timeout=20_000):
        program.close()
    again = opened(open_program, clinic, booked, qtbot)
    undo, redo = (again.window.actions_by_name[name] for name in ("undo", "redo"))
    qtbot.waitUntil(lambda: undo.text() == "Undo: Anna Meier arrived", timeout=10_000)
    assert redo.text() == "Redo: move Anna Meier to 10:30"
    press(Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: row_of(again, booked) == (at(clinic.monday, 10, 30), S.ARRIVED), timeout=10_000)
    press(Qt.Key.Key_Z, CONTROL)
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: row_of(again, booked) == (at(clinic.monday, 9), S.BOOKED), timeout=10_000)


def test_each_kind_of_change_is_named_in_plain_words(program: DeskProgram, booked: Entry) -> None:
    clinic = space_of(program).store.clinic

    def words(before: Entry | None, **changes: object) -> str:
        after = replace(booked, appointment=replace(booked.appointment, **changes))  # type: ignore[arg-type]
        return deed_words(Deed((booked.id, 1), before, after), clinic)

    row = booked.appointment
    assert words(None) == "book Anna Meier, Mon 3 Mar, 09:00"
    assert words(booked, starts_at=row.starts_at + timedelta(days=1)) == "move Anna Meier to Tue 4 Mar, 09:00"
    assert words(booked, practitioner_id=clinic.practitioners[1].id) == "move Anna Meier to Dr. Okafor"
    assert words(booked, ends_at=row.ends_at + timedelta(minutes=15)) == "30 minutes for Anna Meier"
    assert words(booked, note="x") == "change Anna Meier"
    assert words(booked, status=S.CANCELLED) == "cancel Anna Meier, Mon 3 Mar, 09:00"
    assert words(booked, status=S.WAITLIST) == "park Anna Meier, Mon 3 Mar, 09:00"
    assert words(booked, status=S.NOSHOW) == "Anna Meier did not come"
    many = Deed((booked.id, 1), None, booked, 4, command="BookSeries")
    assert deed_words(many, clinic) == "book 4 dates of Anna Meier"
    assert deed_words(replace(many, command="CarryOut"), clinic) == "doctor away, 4 patients"
