"""Moving and cancelling dates of a series, and the way into one from the booking form: by keyboard, on a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.series import BookSeries, Scope, SeriesDate, planned_dates, series_of, told_once
from clinic_desk.services import booking, series
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.own_changes import OwnChanges
from clinic_desk.ui.series.choices import Way
from clinic_desk.ui.series.desk import SeriesDesk
from clinic_desk.ui.series.end import CancelSeriesDialog
from clinic_desk.ui.series.move import MoveSeriesDialog
from clinic_desk.ui.series.repeat import RepeatDialog
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.store import DayStore
from clinic_desk.ui.tasks import Tasks
from tests.support.bookings import BERLIN, count
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import MONDAY, Asking, Clock, at, press, search

ENTER, ESC, DOWN, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Tab
WEEK = timedelta(weeks=1)
Booker = Callable[..., Entry]
Dialog = TypeVar("Dialog", bound=QWidget)


@pytest.fixture
def entries(clinic: SmallClinic, database: Database) -> tuple[Entry, ...]:
    """Five Mondays at nine."""
    rule = Recurrence(Every.WEEKS, count=5)
    template = Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, at(9), 15)
    dates = planned_dates(rule, template, BERLIN)
    books = [SeriesDate(one.day, one.step) for one in dates if isinstance(one.step, Book)]
    return series.book(database, BookSeries(series_of(rule, MONDAY, 540, BERLIN), told_once(books, tell=True)))


@pytest.fixture
def moving(
    entries: tuple[Entry, ...], other_desk: Asking, database: Database, tasks: Tasks, window: QWidget
) -> MoveSeriesDialog:
    """From the second date on."""
    dialog = MoveSeriesDialog(
        database,
        tasks,
        other_desk.clinic,
        window,
        view=series.series_of(database, entries[1].id),
        chosen=entries[1],
        clock=Clock(),
    )
    dialog.open()
    return dialog


@pytest.fixture
def cancelling(
    entries: tuple[Entry, ...], other_desk: Asking, database: Database, tasks: Tasks, window: QWidget
) -> CancelSeriesDialog:
    """From the third date on."""
    dialog = CancelSeriesDialog(
        database,
        tasks,
        other_desk.clinic,
        window,
        view=series.series_of(database, entries[2].id),
        chosen=entries[2],
        clock=Clock(),
    )
    dialog.open()
    return dialog


def statuses(desk: Asking, entries: tuple[Entry, ...]) -> list[AppointmentStatus]:
    return [desk.entry(entry.id).appointment.status for entry in entries]


# --- moving -----------------------------------------------------------------------------------------------------------


def test_a_typed_time_moves_this_date_and_those_after_it_by_as_much(
    qtbot: QtBot, moving: MoveSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking
) -> None:
    assert not moving.send_button.isEnabled()  # nothing is to be moved yet
    QTest.keyClicks(moving.when, "+1d 10:30")
    press(ENTER)
    qtbot.waitUntil(moving.send_button.isEnabled)
    assert [row.what for row in moving.plan.rows.records][:2] == ["Tue 11 Mar, 10:30, free", "Tue 18 Mar, 10:30, free"]
    assert moving.plan.rows.records[0].when == "Mon 10 Mar, 09:00"
    with qtbot.waitSignal(moving.committed):
        press(ENTER)
    starts = [other_desk.entry(entry.id).appointment.starts_at for entry in entries]
    tuesdays = [MONDAY + WEEK * index + timedelta(days=1) for index in range(1, 5)]
    assert starts == [at(9), *(at(10, 30, day=day) for day in tuesdays)]


def test_a_date_that_cannot_go_there_may_stay_where_it_is(
    qtbot: QtBot, moving: MoveSeriesDialog, entries: tuple[Entry, ...], booked: Booker, other_desk: Asking
) -> None:
    booked(other_desk.database, at(10, day=MONDAY + 2 * WEEK), patient=1)
    QTest.keyClicks(moving.when, "10:00")
    press(ENTER)
    qtbot.waitUntil(moving.send_button.isEnabled)
    trouble = moving.plan.rows.records[1]
    assert trouble.choice.way is Way.INSTEAD
    assert trouble.what.startswith("→ Mon 17 Mar, ")
    moving.plan.list.setFocus()
    moving.plan.list.selectRow(1)
    left_out = next(
        at for at, (choice, _) in enumerate(moving.plan.choices.options, start=1) if choice.way is Way.LEFT_OUT
    )
    press(Qt.Key(Qt.Key.Key_0.value + left_out))
    assert moving.progress.text() == "3 as planned, 1 left as it is"
    with qtbot.waitSignal(moving.committed):
        press(ENTER)
    assert other_desk.entry(entries[2].id).appointment.starts_at == at(9, day=MONDAY + 2 * WEEK)
    assert other_desk.entry(entries[3].id).appointment.starts_at == at(10, day=MONDAY + 3 * WEEK)


def test_all_dates_may_go_to_another_doctor(
    qtbot: QtBot, moving: MoveSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking, clinic: SmallClinic
) -> None:
    moving.scope.setFocus()
    press(DOWN)
    assert moving.scope.value is Scope.ALL
    moving.practitioner.setFocus()
    press(DOWN)
    qtbot.waitUntil(moving.send_button.isEnabled)
    with qtbot.waitSignal(moving.committed):
        press(ENTER)
    who = {other_desk.entry(entry.id).appointment.practitioner_id for entry in entries}
    assert who == {clinic.okafor}


def test_a_date_that_another_desk_changed_meanwhile_is_named_and_the_next_enter_moves_it_as_it_is_now(
    qtbot: QtBot, moving: MoveSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking
) -> None:
    QTest.keyClicks(moving.when, "10:00")
    press(ENTER)
    qtbot.waitUntil(moving.send_button.isEnabled)
    booking.update(other_desk.database, Update(entries[3].id, 1, note="bring reports"))
    press(ENTER)
    qtbot.waitUntil(lambda: "Mon 24 Mar" in moving.problem.text())
    assert {other_desk.entry(entry.id).appointment.starts_at.hour for entry in entries[:3]} == {8}
    qtbot.waitUntil(moving.send_button.isEnabled)
    with qtbot.waitSignal(moving.committed):
        press(ENTER)
    now = other_desk.entry(entries[3].id).appointment
    assert (now.starts_at, now.note) == (at(10, day=MONDAY + 3 * WEEK), "bring reports")


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_enter_cancels_this_date_and_those_after_it(
    qtbot: QtBot, cancelling: CancelSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking
) -> None:
    assert cancelling.dates.text() == "Mon 17 Mar, 09:00 · Mon 24 Mar, 09:00 · Mon 31 Mar, 09:00"
    with qtbot.waitSignal(cancelling.committed):
        press(ENTER)
    assert [status.value for status in statuses(other_desk, entries)] == ["booked"] * 2 + ["cancelled"] * 3


def test_one_date_and_a_reason_are_chosen_by_keyboard(
    qtbot: QtBot, cancelling: CancelSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking, owner_engine: Engine
) -> None:
    press(Qt.Key.Key_Up)
    assert cancelling.scope.value is Scope.THIS
    press(TAB)
    while cancelling.reason.value is not CancellationReason.PROVIDER:
        press(DOWN)
    cancelling.tell.setFocus()
    press(Qt.Key.Key_Space)
    with qtbot.waitSignal(cancelling.committed):
        press(ENTER)
    row = other_desk.entry(entries[2].id).appointment
    assert (row.status.value, row.cancellation_reason) == ("cancelled", CancellationReason.PROVIDER)
    assert count(owner_engine, "appointment WHERE status = 'cancelled'") == 1
    assert count(owner_engine, "notification WHERE kind = 'cancelled'") == 0


def test_esc_keeps_them_all(cancelling: CancelSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking) -> None:
    press(ESC)
    assert set(statuses(other_desk, entries)) == {AppointmentStatus.BOOKED}


def test_what_another_desk_cancelled_meanwhile_is_shown_and_asked_about_again(
    qtbot: QtBot, cancelling: CancelSeriesDialog, entries: tuple[Entry, ...], other_desk: Asking
) -> None:
    booking.cancel(other_desk.database, Cancel(entries[3].id, 1, CancellationReason.PATIENT))
    press(ENTER)
    qtbot.waitUntil(lambda: "Desk 2" in cancelling.problem.text())
    assert statuses(other_desk, entries)[2] is AppointmentStatus.BOOKED
    assert cancelling.end_button.text() == "Cancel 2 dates ⏎"
    with qtbot.waitSignal(cancelling.committed):
        press(ENTER)
    assert [status.value for status in statuses(other_desk, entries)] == ["booked"] * 2 + ["cancelled"] * 3


# --- from the booking form, and back ----------------------------------------------------------------------------------


@pytest.fixture
def connected(other_desk: Asking, database: Database, tasks: Tasks, window: QWidget) -> Connected:
    store = DayStore(database, tasks, other_desk.clinic, window)
    store.freshness.set_clock(Clock().now)
    return Connected(database, tasks, store)


@pytest.fixture
def own(connected: Connected, window: QWidget) -> OwnChanges:
    return OwnChanges(connected, Toasts(window), window)


@pytest.fixture
def desk(form: BookingForm, connected: Connected, own: OwnChanges, window: QWidget) -> SeriesDesk:
    made = SeriesDesk(connected, own, Toasts(window), window, window)
    form.repeat_pressed.connect(lambda: made.repeat(form))
    return made


@pytest.fixture
def begun(qtbot: QtBot, form: BookingForm, desk: SeriesDesk, place: Callable[..., Place]) -> BookingForm:
    """The form with a patient, at nine."""
    assert desk.parent() is not None
    form.start_new(place(9))
    search(qtbot, form, "meier anna")
    press(ENTER)
    return form


def repeat_dialog(window: QWidget) -> RepeatDialog | None:
    return next((one for one in window.findChildren(RepeatDialog) if one.isVisible()), None)


def test_ctrl_r_repeats_what_is_in_the_form_which_keeps_it_until_it_is_booked(
    qtbot: QtBot, begun: BookingForm, window: QWidget, owner_engine: Engine
) -> None:
    form = begun
    QTest.keyClick(form.fields.when, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    first = repeat_dialog(window)
    assert first is not None
    press(ESC)
    assert form.isVisible()
    assert form.content.draft.patient is not None
    QTest.keyClick(form.fields.when, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: repeat_dialog(window) is not None)
    dialog = repeat_dialog(window)
    assert dialog is not None
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(form.closed):
        press(ENTER)
    assert count(owner_engine, "appointment") == 6
    qtbot.waitUntil(lambda: count(owner_engine, "hold") == 0)


def test_without_a_patient_ctrl_r_says_so_in_the_form(
    qtbot: QtBot, form: BookingForm, desk: SeriesDesk, place: Callable[..., Place], window: QWidget
) -> None:
    form.start_new(place(9))
    QTest.keyClick(form.patient_line, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert repeat_dialog(window) is None
    assert form.fields.remarks["patient"].text()


def test_a_series_that_was_just_booked_is_taken_back_by_the_notes_button(
    qtbot: QtBot, begun: BookingForm, window: QWidget, owner_engine: Engine
) -> None:
    form = begun
    form.repeat_button.click()
    dialog = repeat_dialog(window)
    assert dialog is not None
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(form.closed):
        press(ENTER)
    undo = [one for one in window.findChildren(QPushButton) if one.text() == "Undo"]
    undo[0].click()
    qtbot.waitUntil(lambda: count(owner_engine, "appointment WHERE status = 'entered-in-error'") == 6)
    assert count(owner_engine, "notification WHERE status = 'pending'") == 0


def test_undo_after_a_series_takes_back_the_series_and_not_what_was_done_before_it(
    *,
    qtbot: QtBot,
    begun: BookingForm,
    window: QWidget,
    own: OwnChanges,
    other_desk: Asking,
    database: Database,
    booked: Booker,
    owner_engine: Engine,
) -> None:
    before = booked(database, at(15), patient=1)
    own.committed(None, before)
    form = begun
    form.repeat_button.click()
    dialog = repeat_dialog(window)
    assert dialog is not None
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(form.closed):
        press(ENTER)
    own.undo_last()
    qtbot.waitUntil(lambda: count(owner_engine, "appointment WHERE status = 'entered-in-error'") == 6)
    assert other_desk.entry(before.id).appointment.status is AppointmentStatus.BOOKED
    qtbot.waitUntil(lambda: (last := own.stack.last()) is not None and last.number == 1)
    left = own.stack.last()
    assert left is not None
    assert left.after is not None
    assert left.after.id == before.id


@pytest.fixture
def at_desk(connected: Connected, own: OwnChanges, window: QWidget) -> SeriesDesk:
    return SeriesDesk(connected, own, Toasts(window), window, window)


def shown(window: QWidget, kind: type[Dialog]) -> Dialog | None:
    return next((one for one in window.findChildren(kind) if one.isVisible()), None)


def texts(window: QWidget) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel))


def test_dates_that_were_moved_together_are_put_back_in_one_step(
    *,
    qtbot: QtBot,
    at_desk: SeriesDesk,
    own: OwnChanges,
    window: QWidget,
    entries: tuple[Entry, ...],
    other_desk: Asking,
    database: Database,
    booked: Booker,
    owner_engine: Engine,
) -> None:
    before = booked(database, at(15), patient=1)
    own.committed(None, before)
    at_desk.move(entries[1])
    qtbot.waitUntil(lambda: shown(window, MoveSeriesDialog) is not None)
    moving = shown(window, MoveSeriesDialog)
    assert moving is not None
    QTest.keyClicks(moving.when, "+1d 10:30")
    press(ENTER)
    qtbot.waitUntil(moving.send_button.isEnabled)
    with qtbot.waitSignal(moving.committed):
        press(ENTER)
    assert other_desk.entry(entries[1].id).appointment.starts_at == at(10, 30, day=MONDAY + WEEK + timedelta(days=1))
    booking.update(database, Update(entries[2].id, 2, note="bring reports"))  # as this desk writes it
    told = count(owner_engine, "notification WHERE kind = 'rescheduled'")
    own.undo_last()
    qtbot.waitUntil(lambda: "Undone: Moved: Anna Meier · 4 dates" in texts(window))
    starts = [other_desk.entry(entry.id).appointment.starts_at for entry in entries]
    assert starts == [at(9, day=MONDAY + WEEK * index) for index in range(5)]
    assert other_desk.entry(entries[2].id).appointment.note == "bring reports"
    assert count(owner_engine, "notification WHERE kind = 'rescheduled'") <= told + 1
    left = own.stack.last()
    assert left is not None
    assert left.after is not None
    assert left.after.id == before.id


def test_dates_that_were_cancelled_together_are_booked_again_in_one_step_and_again_if_it_was_not_possible_at_first(
    *,
    qtbot: QtBot,
    at_desk: SeriesDesk,
    own: OwnChanges,
    window: QWidget,
    entries: tuple[Entry, ...],
    other_desk: Asking,
    booked: Booker,
) -> None:
    at_desk.cancel(entries[2])
    qtbot.waitUntil(lambda: shown(window, CancelSeriesDialog) is not None)
    dialog = shown(window, CancelSeriesDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    assert [status.value for status in statuses(other_desk, entries)] == ["booked"] * 2 + ["cancelled"] * 3
    own.undo_last()
    qtbot.waitUntil(lambda: "Undone: Cancelled: Anna Meier · 3 dates" in texts(window))
    assert {status.value for status in statuses(other_desk, entries)} == {"booked"}
    assert own.stack.last() is None


def test_dates_that_another_desk_changed_since_are_not_taken_back_and_all_stay_as_they_are(
    *,
    qtbot: QtBot,
    at_desk: SeriesDesk,
    own: OwnChanges,
    window: QWidget,
    entries: tuple[Entry, ...],
    other_desk: Asking,
) -> None:
    at_desk.cancel(entries[2])
    qtbot.waitUntil(lambda: shown(window, CancelSeriesDialog) is not None)
    dialog = shown(window, CancelSeriesDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    booking.update(other_desk.database, Update(entries[4].id, 2, reinstate=True))
    with qtbot.waitSignal(own.taking_back.hindered) as hindered:
        own.undo_last()
    assert [one.left.id for one in hindered.args[1].hindrances] == [entries[4].id]
    assert [status.value for status in statuses(other_desk, entries)] == ["booked"] * 2 + ["cancelled"] * 2 + ["booked"]
