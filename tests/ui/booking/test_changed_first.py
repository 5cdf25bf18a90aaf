"""The appointment was changed first: what only one side changed merges, what both changed is asked, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.services import booking
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import Asking, at, press, type_in

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape
Booker = Callable[..., Entry]
Meet = Callable[..., ChangedFirstDialog]


@pytest.fixture
def entry(booked: Booker, database: Database) -> Entry:
    return booked(database, at(10, 0))


@pytest.fixture
def meet(qtbot: QtBot, form: BookingForm, entry: Entry, other_desk: Asking) -> Meet:
    """Type a new time into the form while Desk 2 changes the appointment, and send it."""

    def run(theirs: Update | Cancel | SetStatus, typed: str = "14") -> ChangedFirstDialog:
        form.edit(entry)
        type_in(form.fields.when, typed)
        change(other_desk.database, theirs)
        press(ENTER)
        qtbot.waitUntil(lambda: isinstance(form.carry_out.dialog, ChangedFirstDialog))
        dialog = form.carry_out.dialog
        assert isinstance(dialog, ChangedFirstDialog)
        qtbot.waitUntil(lambda: dialog.guard.is_ready)
        return dialog

    return run


def change(database: Database, command: Update | Cancel | SetStatus) -> Entry:
    if isinstance(command, Update):
        return booking.update(database, command)
    if isinstance(command, Cancel):
        return booking.cancel(database, command)
    return booking.set_status(database, command)


def book_again(dialog: ChangedFirstDialog) -> QPushButton:
    found = dialog.findChild(QPushButton, "save_merged")
    assert isinstance(found, QPushButton)
    assert "Book it again" in found.text()
    return found


def texts(dialog: ChangedFirstDialog) -> str:
    return " | ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_a_note_of_theirs_and_a_time_of_mine_merge_and_enter_saves_both(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Update(entry.id, 1, note="bring old reports"))
    told = texts(dialog)
    assert "changed at Desk 2 first" in told
    assert "version 2" in told
    assert "✓ as it is now" in told
    assert "✓ as you want it" in told
    assert dialog.undecided() == ()
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.note, row.version) == (at(14, 0), "bring old reports", 3)


@pytest.mark.parametrize(("key", "starts_at"), [(Qt.Key.Key_1, at(14, 0)), (Qt.Key.Key_2, at(11, 0))])
def test_a_time_both_changed_is_asked_for_and_chosen_by_key(
    *,
    qtbot: QtBot,
    form: BookingForm,
    entry: Entry,
    meet: Meet,
    other_desk: Asking,
    key: Qt.Key,
    starts_at: object,
) -> None:
    dialog = meet(Update(entry.id, 1, starts_at=at(11, 0), note="theirs"))
    assert dialog.undecided() == ("when",)
    assert dialog.choices[0].hasFocus()
    assert "← choose" in texts(dialog)
    dialog._go_on()
    assert not form.carry_out.is_busy, "what clashes must be decided first"
    press(key)
    assert dialog.undecided() == ()
    assert "← choose" not in texts(dialog)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.note) == (starts_at, "theirs")


def test_a_second_conflict_while_saving_is_shown_in_the_same_dialog(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Update(entry.id, 1, note="one"))
    change(other_desk.database, Update(entry.id, 2, note="two", length_minutes=30))
    press(ENTER)
    qtbot.waitUntil(lambda: "version 3" in texts(dialog))
    assert form.carry_out.dialog is dialog
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.note, row.length) == (at(14, 0), "two", timedelta(minutes=30))
    assert row.version == 4


def test_what_was_decided_once_is_not_asked_again_by_the_next_conflict(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Update(entry.id, 1, starts_at=at(11, 0)))
    press(Qt.Key.Key_1)
    change(other_desk.database, Update(entry.id, 2, note="two"))
    press(ENTER)
    qtbot.waitUntil(lambda: "version 3" in texts(dialog))
    assert dialog.undecided() == ()
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.note) == (at(14, 0), "two")


def test_leaving_it_as_it_is_keeps_the_other_desks_change(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    meet(Update(entry.id, 1, starts_at=at(11, 0)))
    with qtbot.waitSignal(form.closed):
        press(ESC)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.version) == (at(11, 0), 2)


def test_a_cancelled_appointment_is_left_by_enter(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Cancel(entry.id, 1, CancellationReason.PATIENT))
    assert "cancelled at Desk 2" in texts(dialog)
    with qtbot.waitSignal(form.closed):
        press(ENTER)
    assert other_desk.entry(entry.id).appointment.status is AppointmentStatus.CANCELLED
    assert len(other_desk.entries()) == 1


def test_a_cancelled_appointment_can_be_booked_again_as_it_was_wanted(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Cancel(entry.id, 1, CancellationReason.PATIENT))
    with qtbot.waitSignal(form.booked) as told:
        book_again(dialog).click()
    assert told.args is not None
    back = told.args[0]
    assert back.id == entry.id, "it is the same appointment, with its history"
    assert (back.appointment.starts_at, back.appointment.status) == (at(14, 0), AppointmentStatus.BOOKED)
    assert other_desk.entry(entry.id) == back
    assert len(other_desk.entries()) == 1


def test_booking_a_cancelled_one_again_keeps_what_the_other_desk_changed_before_cancelling(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    change(other_desk.database, Update(entry.id, 1, note="theirs"))
    dialog = meet(Cancel(entry.id, 2, CancellationReason.PATIENT))
    with qtbot.waitSignal(form.booked):
        book_again(dialog).click()
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.note, row.status) == (at(14, 0), "theirs", AppointmentStatus.BOOKED)


def test_booking_a_cancelled_one_again_asks_when_its_time_is_taken(
    *, qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking, booked: Booker
) -> None:
    dialog = meet(Cancel(entry.id, 1, CancellationReason.PATIENT))
    booked(other_desk.database, at(14, 0), patient=2)
    book_again(dialog).click()
    qtbot.waitUntil(lambda: isinstance(form.carry_out.dialog, SlotTakenDialog))
    taken = form.carry_out.dialog
    assert isinstance(taken, SlotTakenDialog)
    qtbot.waitUntil(lambda: bool(taken.choices) and taken.guard.is_ready)
    with qtbot.waitSignal(form.booked) as told:
        press(ENTER)
    assert told.args is not None
    back = told.args[0]
    assert (back.id, back.appointment.status) == (entry.id, AppointmentStatus.BOOKED)
    assert back.appointment.starts_at not in (at(14, 0), at(10, 0))


def test_a_deleted_one_that_is_booked_again_is_a_new_one(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(SetStatus(entry.id, 1, AppointmentStatus.ENTERED_IN_ERROR))
    with qtbot.waitSignal(form.booked):
        book_again(dialog).click()
    (standing,) = other_desk.entries()
    assert (standing.appointment.starts_at, standing.id != entry.id) == (at(14, 0), True)


def test_a_deleted_appointment_is_told_as_deleted(entry: Entry, meet: Meet) -> None:
    dialog = meet(SetStatus(entry.id, 1, AppointmentStatus.ENTERED_IN_ERROR))
    assert "deleted at Desk 2" in texts(dialog)


def test_a_rule_broken_by_the_merged_appointment_is_asked_in_the_dialog(
    qtbot: QtBot, form: BookingForm, entry: Entry, meet: Meet, other_desk: Asking
) -> None:
    dialog = meet(Update(entry.id, 1, length_minutes=45), typed="11:45")
    press(ENTER)
    qtbot.waitUntil(lambda: "anyway" in dialog.problem.text())
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.length) == (at(11, 45), timedelta(minutes=45))


def test_hours_that_changed_meanwhile_are_told_in_the_form(
    qtbot: QtBot, form: BookingForm, entry: Entry, owner_engine: Engine, clinic: SmallClinic
) -> None:
    form.edit(entry)
    qtbot.waitUntil(lambda: form.content.has_board)
    type_in(form.fields.when, "14")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM working_hours WHERE practitioner_id = %s AND start_minute = 780", (clinic.weber,)
        )
    press(ENTER)
    qtbot.waitUntil(lambda: bool(form.problem.text()))
    assert "does not work then" in form.problem.text()
    assert form.isVisible()
    assert "14:00" in form.fields.when.text()


def test_a_patient_merged_meanwhile_is_exchanged_for_the_one_that_counts(
    *, qtbot: QtBot, form: BookingForm, entry: Entry, owner_engine: Engine, clinic: SmallClinic, other_desk: Asking
) -> None:
    form.edit(entry)
    qtbot.waitUntil(lambda: form.content.has_board)
    form.patient_line.setFocus(Qt.FocusReason.TabFocusReason)
    type_in(form.patient_line, "nowak")
    qtbot.waitUntil(lambda: form.patient_line.found_for == "nowak")
    press(ENTER)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET merged_into_id = %s WHERE id = %s", (clinic.patients[2], clinic.patients[6])
        )
    press(ENTER)
    qtbot.waitUntil(lambda: "merged" in form.problem.text() or "merged" in form.fields.remarks["patient"].text())
    qtbot.waitUntil(
        lambda: form.content.draft.patient is not None and form.content.draft.patient.id == clinic.patients[2]
    )
    with qtbot.waitSignal(form.booked):
        form.submit()
    assert other_desk.entry(entry.id).appointment.patient_id == clinic.patients[2]
