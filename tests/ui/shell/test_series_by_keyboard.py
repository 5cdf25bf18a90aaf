"""Series in the whole program, by keyboard alone: repeating what stands, and which dates a move or cancelling means."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.series import Scope
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, series
from clinic_desk.services.calendar import load_entries
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.series.end import CancelSeriesDialog
from clinic_desk.ui.series.move import MoveSeriesDialog
from clinic_desk.ui.series.question import ScopeQuestion
from clinic_desk.ui.series.repeat import RepeatDialog
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_on
from tests.ui.shell.conftest import OpenProgram

ZONE = "Europe/Berlin"
WEEK = timedelta(weeks=1)
Key = Qt.Key
Dialog = TypeVar("Dialog", bound=QWidget)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press and let go one key, as it reaches whatever has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers)


@pytest.fixture
def entry(clinic: SmallClinic, database: Database) -> Entry:
    """A checkup on Monday at nine."""
    start = minute_to_instant(clinic.monday, 540, ZONE)
    return booking.book(database, Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15))


@pytest.fixture
def program(open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot) -> DeskProgram:
    """A desk on that Monday."""
    program = open_program()
    space_on(program, clinic.monday, qtbot)
    return program


def select(program: DeskProgram, entry: Entry, qtbot: QtBot) -> None:
    calendar = program.window.calendar
    qtbot.waitUntil(lambda: calendar.select_entry(entry.id))
    calendar.setFocus()


def dialog_of(program: DeskProgram, kind: type[Dialog], qtbot: QtBot) -> Dialog:
    """The dialog that is shown."""

    def visible() -> Dialog | None:
        return next((one for one in program.window.findChildren(kind) if one.isVisible()), None)

    qtbot.waitUntil(lambda: visible() is not None)
    found = visible()
    assert found is not None
    return found


def dates(database: Database, entry: Entry) -> list[str]:
    """Weekday, time and, unless it is booked, the status of each date."""
    rows = [one.appointment for one in series.series_of(database, entry.id).entries]
    return [
        f"{row.wall_start:%a %H:%M}" + ("" if row.status is AppointmentStatus.BOOKED else f" {row.status}")
        for row in rows
    ]


def repeat(program: DeskProgram, entry: Entry, qtbot: QtBot) -> None:
    """Ctrl+R and Enter: five more weeks."""
    select(program, entry, qtbot)
    press(Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(program, RepeatDialog, qtbot)
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(dialog.committed):
        press(Key.Key_Return)
    qtbot.waitUntil(program.window.calendar.hasFocus)
    space = program.workspace
    assert space is not None

    def is_of_a_series() -> bool:
        known = space.store.entry(entry.id)
        return known is not None and known.appointment.series_id is not None

    qtbot.waitUntil(is_of_a_series)


def test_ctrl_r_repeats_the_chosen_appointment_which_is_the_first_of_the_series_and_undo_takes_the_others_back(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    assert dates(database, entry) == ["Mon 09:00"] * 6
    view = series.series_of(database, entry.id)
    assert view.entries[0].id == entry.id
    assert [one.appointment.series_day for one in view.entries] == [
        view.series.starts_on + WEEK * number for number in range(6)
    ]
    action = program.window.actions_by_name["repeat"]
    select(program, entry, qtbot)
    qtbot.waitUntil(lambda: not action.isEnabled())  # it is of a series now
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(action.isEnabled)  # it is by itself again, and can be repeated otherwise
    with pytest.raises(NotFound):
        series.series_of(database, entry.id)
    assert [one.id for one in load_entries(database, [one.id for one in view.entries])] == [entry.id]


def test_an_appointment_that_was_changed_before_it_is_repeated_is_repeated_as_it_is_now(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    select(program, entry, qtbot)
    press(Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(program, RepeatDialog, qtbot)
    qtbot.waitUntil(dialog.send_button.isEnabled)
    booking.update(database, Update(entry.id, 1, note="bring reports"))
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: "Nothing was done" in dialog.problem.text())
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(dialog.committed):
        press(Key.Key_Return)
    assert len(dates(database, entry)) == 6


def test_m_on_a_date_of_a_series_asks_which_are_meant_and_two_takes_those_after_it_along(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    second = series.series_of(database, entry.id).entries[1]
    assert program.workspace is not None
    program.workspace.navigator.go_to(second.appointment.wall_start.date())
    select(program, second, qtbot)
    press(Key.Key_M)
    for digit in "1015":
        press(Key(Key.Key_0.value + int(digit)))
    press(Key.Key_Return)
    question = dialog_of(program, ScopeQuestion, qtbot)
    qtbot.waitUntil(lambda: question.guard.is_ready)
    press(Key.Key_2)
    dialog = dialog_of(program, MoveSeriesDialog, qtbot)
    assert dialog.scope.value is Scope.FOLLOWING
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(dialog.committed):
        press(Key.Key_Return)
    assert dates(database, entry) == ["Mon 09:00", *["Mon 10:15"] * 5]
    qtbot.waitUntil(program.window.calendar.hasFocus)
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dates(database, entry) == ["Mon 09:00"] * 6)


def test_enter_moves_only_this_date_and_esc_leaves_it(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    select(program, entry, qtbot)
    for leaving in (True, False):
        press(Key.Key_M)
        for digit in "1015":
            press(Key(Key.Key_0.value + int(digit)))
        press(Key.Key_Return)
        question = dialog_of(program, ScopeQuestion, qtbot)
        guard = question.guard
        qtbot.waitUntil(partial(getattr, guard, "is_ready"))
        press(Key.Key_Escape if leaving else Key.Key_Return)
        if leaving:
            assert dates(database, entry) == ["Mon 09:00"] * 6
            select(program, entry, qtbot)
    qtbot.waitUntil(lambda: dates(database, entry) == ["Mon 10:15", *["Mon 09:00"] * 5])


def test_c_on_a_date_of_a_series_means_this_date_unless_another_is_chosen(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    select(program, entry, qtbot)
    press(Key.Key_C)
    dialog = dialog_of(program, CancelSeriesDialog, qtbot)
    assert dialog.scope.value is Scope.THIS
    qtbot.waitUntil(dialog.scope.hasFocus)
    press(Key.Key_Escape)
    assert dates(database, entry) == ["Mon 09:00"] * 6
    qtbot.waitUntil(program.window.calendar.hasFocus)
    press(Key.Key_C)
    dialog = dialog_of(program, CancelSeriesDialog, qtbot)
    with qtbot.waitSignal(dialog.committed):
        press(Key.Key_Return)
    assert dates(database, entry) == ["Mon 09:00 cancelled", *["Mon 09:00"] * 5]


def open_form(program: DeskProgram, entry: Entry, qtbot: QtBot) -> BookingForm:
    """Enter on a date, with the keyboard in its time."""
    select(program, entry, qtbot)
    press(Key.Key_Return)
    assert program.workspace is not None
    form = program.workspace.booking.form
    qtbot.waitUntil(form.fields.when.hasFocus)
    return form


def second_of(program: DeskProgram, entry: Entry, database: Database) -> Entry:
    second = series.series_of(database, entry.id).entries[1]
    assert program.workspace is not None
    program.workspace.navigator.go_to(second.appointment.wall_start.date())
    return second


def answer(program: DeskProgram, key: Qt.Key, qtbot: QtBot) -> None:
    question = dialog_of(program, ScopeQuestion, qtbot)
    qtbot.waitUntil(lambda: question.guard.is_ready)
    press(key)


def test_a_new_time_in_the_form_asks_which_dates_are_meant_and_two_goes_on_with_what_was_typed(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    second = second_of(program, entry, database)
    form = open_form(program, second, qtbot)
    form.fields.when.selectAll()
    QTest.keyClicks(form.fields.when, "10:15")
    form.fields.note.setFocus()
    QTest.keyClicks(form.fields.note, "bring reports")
    press(Key.Key_Return)
    answer(program, Key.Key_2, qtbot)
    dialog = dialog_of(program, MoveSeriesDialog, qtbot)
    assert dialog.scope.value is Scope.FOLLOWING
    qtbot.waitUntil(dialog.send_button.isEnabled)
    with qtbot.waitSignal(dialog.committed):
        press(Key.Key_Return)
    assert not form.isVisible()
    assert dates(database, entry) == ["Mon 09:00", *["Mon 10:15"] * 5]
    qtbot.waitUntil(lambda: load_entries(database, [second.id])[0].appointment.note == "bring reports")
    qtbot.waitUntil(program.window.calendar.hasFocus)


def test_esc_from_the_question_or_the_series_leaves_the_form_with_what_was_typed_and_enter_saves_only_this_date(
    program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot
) -> None:
    repeat(program, entry, qtbot)
    form = open_form(program, second_of(program, entry, database), qtbot)
    form.fields.when.selectAll()
    QTest.keyClicks(form.fields.when, "10:15")
    press(Key.Key_Return)
    answer(program, Key.Key_Escape, qtbot)
    qtbot.waitUntil(form.fields.when.hasFocus)
    press(Key.Key_Return)
    answer(program, Key.Key_3, qtbot)
    dialog = dialog_of(program, MoveSeriesDialog, qtbot)
    qtbot.waitUntil(dialog.send_button.isEnabled)
    press(Key.Key_Escape)
    qtbot.waitUntil(form.fields.when.hasFocus)
    assert "10:15" in form.fields.when.text()
    assert dates(database, entry) == ["Mon 09:00"] * 6
    press(Key.Key_Return)
    answer(program, Key.Key_Return, qtbot)
    qtbot.waitUntil(lambda: dates(database, entry) == ["Mon 09:00", "Mon 10:15", *["Mon 09:00"] * 4])


def test_a_note_alone_asks_nothing(program: DeskProgram, entry: Entry, database: Database, qtbot: QtBot) -> None:
    repeat(program, entry, qtbot)
    second = second_of(program, entry, database)
    form = open_form(program, second, qtbot)
    form.fields.note.setFocus()
    QTest.keyClicks(form.fields.note, "bring reports")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: load_entries(database, [second.id])[0].appointment.note == "bring reports")
