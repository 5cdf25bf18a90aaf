"""The booking form from its first letter to the row in the database: keys, questions, holds, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Rule, SetStatus
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, Channel, Entry, Hold
from clinic_desk.services import booking
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.calendar.places import Place
from tests.support.living import alive
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import MONDAY, Asking, Clock, at, press, search, type_in

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape
PlaceMaker = Callable[..., Place]
Booker = Callable[..., Entry]


def open_at(qtbot: QtBot, form: BookingForm, place: Place) -> None:
    """Open the form at a place and wait until the day behind it is known."""
    form.start_new(place)
    qtbot.waitUntil(lambda: form.content.has_board)


def test_letters_and_two_enters_book_the_place_the_form_was_opened_at(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, clinic: SmallClinic
) -> None:
    open_at(qtbot, form, place(9, 45))
    assert form.patient_line.hasFocus()
    search(qtbot, form, "nei")
    press(ENTER)
    with qtbot.waitSignal(form.booked) as told:
        press(ENTER)
    (entry,) = other_desk.entries()
    assert told.args is not None
    assert told.args[0].id == entry.id
    row = entry.appointment
    assert (row.patient_id, row.practitioner_id, row.type_id) == (clinic.patients[2], clinic.weber, clinic.checkup)
    assert (row.starts_at, row.length) == (at(9, 45), timedelta(minutes=15))
    assert not form.isVisible()


def test_the_key_that_opens_the_form_is_not_typed_into_it_while_it_is_held(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker
) -> None:
    open_at(qtbot, form, place(9, 45))
    for kind, repeats in (("press", True), ("release", True), ("press", True), ("release", False), ("press", False)):
        event = QEvent.Type.KeyPress if kind == "press" else QEvent.Type.KeyRelease
        QApplication.sendEvent(
            form.patient_line, QKeyEvent(event, Qt.Key.Key_N, Qt.KeyboardModifier.NoModifier, "n", repeats)
        )
    assert form.patient_line.text() == "n", "only what was typed after it was let go"


def test_from_anywhere_the_name_and_two_enters_book_the_next_free_time_at_home(
    *, qtbot: QtBot, form: BookingForm, booked: Booker, other_desk: Asking, clinic: SmallClinic, clock: Clock
) -> None:
    clock.now = at(7, 0)
    booked(other_desk.database, at(8, 0))
    form.content.home_site_id = clinic.berlin
    form.start_anywhere()
    search(qtbot, form, "nowak")
    qtbot.waitUntil(lambda: form.content.time_source == "found")
    press(ENTER)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = next(entry.appointment for entry in other_desk.entries() if entry.patient.id == clinic.patients[6])
    assert (row.starts_at, row.practitioner_id) == (at(8, 0), clinic.okafor)


def test_the_next_free_time_is_one_at_home_even_if_another_site_has_an_earlier_one(
    qtbot: QtBot, form: BookingForm, clinic: SmallClinic, clock: Clock
) -> None:
    clock.now = at(7, 0)
    form.content.home_site_id = clinic.new_york
    form.start_anywhere()
    qtbot.waitUntil(lambda: form.content.time_source == "found")
    assert form.content.draft.practitioner_id == clinic.diaz
    assert form.content.draft.starts_at(form.content.clinic) == at(14, 0)
    assert "08:00–08:15" in form.fields.when.text(), "the wall time of the site"


def test_an_impatient_third_and_fourth_enter_books_nothing_twice(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, window: QWidget
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "nei")
    press(ENTER)
    with qtbot.waitSignal(form.booked):
        press(ENTER, ENTER, ENTER)
        form.submit()
        form.book_button.click()
    assert len(other_desk.entries()) == 1
    assert form.carry_out.is_busy is False


def test_an_enter_before_the_list_is_there_takes_the_first_match_and_books_nothing(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, clinic: SmallClinic
) -> None:
    open_at(qtbot, form, place(9, 45))
    type_in(form.patient_line, "meier")
    assert form.patient_line.found_for is None
    press(ENTER, ENTER)
    qtbot.waitUntil(lambda: form.patient_line.patient is not None)
    assert form.patient_line.patient is not None
    assert form.patient_line.patient.id == clinic.patients[0]
    assert not form.carry_out.is_busy
    assert other_desk.entries() == ()


def test_arrow_keys_choose_among_a_family_that_shares_one_phone(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, clinic: SmallClinic
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "meier")
    shown = [row.line.match for row in form.patient_line.matches.matches.rows if row.line]
    assert [match.patient.given_name for match in shown] == ["Anna", "Jonas"]
    assert all(match.shares_phone for match in shown)
    press(Qt.Key.Key_Down, ENTER)
    assert form.content.draft.patient is not None
    assert form.content.draft.patient.id == clinic.patients[1]


def test_letters_typed_after_a_patient_was_taken_search_anew(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "nei")
    press(ENTER)
    form.patient_line.setFocus(Qt.FocusReason.TabFocusReason)
    search(qtbot, form, "nowak")
    assert form.content.draft.patient is None
    form.submit()
    assert "Choose the patient" in form.fields.remarks["patient"].text()
    assert other_desk.entries() == ()


def test_a_break_is_asked_about_once_and_recorded_as_overruled(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking
) -> None:
    open_at(qtbot, form, place(12, 15))
    assert "break 12:00–13:00" in form.fields.remarks["when"].text()
    search(qtbot, form, "nei")
    press(ENTER, ENTER)
    assert "Book anyway?" in form.problem.text()
    assert form.problem.isVisible()
    press(ENTER)
    assert not form.carry_out.is_busy, "an Enter meant for the form does not answer the question"
    qtbot.waitUntil(lambda: form.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    (entry,) = other_desk.entries()
    assert entry.appointment.overruled == {Rule.OVER_BREAK}


def test_a_taken_time_that_is_seen_beforehand_can_be_squeezed_in(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, booked: Booker, other_desk: Asking
) -> None:
    booked(other_desk.database, at(9, 45))
    open_at(qtbot, form, place(9, 45))
    assert "already booked 09:45–10:00" in form.fields.remarks["when"].text()
    search(qtbot, form, "nei")
    press(ENTER, ENTER)
    assert "Squeeze in" in form.problem.text()
    qtbot.waitUntil(lambda: form.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert sorted(entry.appointment.squeezed_in for entry in other_desk.entries()) == [False, True]


def test_a_yes_to_squeezing_in_is_none_to_who_was_booked_there_since(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, booked: Booker, other_desk: Asking
) -> None:
    first = booked(other_desk.database, at(9, 45))
    open_at(qtbot, form, place(9, 45, length=30))
    search(qtbot, form, "nei")
    press(ENTER, ENTER)
    assert "already booked 09:45–10:00" in form.problem.text()
    second = booked(other_desk.database, at(10, 0), patient=1)
    form.show_board(other_desk.board())
    qtbot.waitUntil(lambda: form.guard.is_ready)
    press(ENTER)
    assert "already booked 10:00–10:15" in form.problem.text()
    assert [entry.id for entry in other_desk.entries()] == [first.id, second.id]
    qtbot.waitUntil(lambda: form.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert sorted(entry.appointment.squeezed_in for entry in other_desk.entries()) == [False, False, True]


def test_no_to_the_question_keeps_everything_and_a_second_esc_lets_the_time_go(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking
) -> None:
    open_at(qtbot, form, place(12, 15))
    search(qtbot, form, "nei")
    press(ENTER, ENTER, ESC)
    assert form.isVisible()
    assert form.content.draft.patient is not None
    assert form.fields.when.hasFocus()
    with qtbot.waitSignal(form.closed):
        press(ESC)
    assert other_desk.entries() == ()


def test_a_rule_that_cannot_be_overruled_is_told_and_nothing_is_sent(
    *, qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, clinic: SmallClinic, clock: Clock
) -> None:
    clock.now = at(12, 0)
    open_at(qtbot, form, place(9, 45))
    assert "This time is over" in form.fields.remarks["when"].text()
    assert form.fields.when.property("invalid") == "true"
    search(qtbot, form, "nei")
    press(ENTER, ENTER)
    assert not form.carry_out.is_busy
    assert "Choose a later one" in form.problem.text()
    assert form.fields.when.hasFocus()
    assert other_desk.entries() == ()


@pytest.mark.parametrize(
    ("typed", "starts_at", "minutes"),
    [
        ("1030", at(10, 30), 15),
        ("tue 9", at(9, 0, MONDAY + timedelta(days=1)), 15),
        ("4.3. 14:00-14:40", at(14, 0, MONDAY + timedelta(days=1)), 40),
        ("+1w", at(9, 45, MONDAY + timedelta(days=7)), 15),
    ],
)
def test_a_typed_time_is_what_is_booked(
    *,
    qtbot: QtBot,
    form: BookingForm,
    place: PlaceMaker,
    typed: str,
    starts_at: object,
    minutes: int,
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "nei")
    press(ENTER)
    form.fields.when.setFocus(Qt.FocusReason.TabFocusReason)
    type_in(form.fields.when, typed)
    with qtbot.waitSignal(form.booked) as told:
        press(ENTER)
    assert told.args is not None
    row = told.args[0].appointment
    assert (row.starts_at, row.length) == (starts_at, timedelta(minutes=minutes))


def test_a_time_that_is_not_understood_stays_and_is_told(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "nei")
    press(ENTER)
    form.fields.when.setFocus(Qt.FocusReason.TabFocusReason)
    type_in(form.fields.when, "half past")
    press(ENTER)
    assert form.fields.when.text() == "half past"
    assert "not a time" in form.fields.remarks["when"].text()
    assert other_desk.entries() == ()


def test_the_arrow_keys_step_the_time_and_the_button_says_which(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker
) -> None:
    open_at(qtbot, form, place(9, 45))
    form.fields.when.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert form.book_button.text() == "Book 09:55 ⏎"
    assert "09:55–10:10" in form.fields.when.text()
    press(Qt.Key.Key_PageUp)
    assert "Tue 4 Mar · 09:55" in form.subtitle.text()


def test_another_type_brings_its_length_unless_a_length_was_dragged(
    form: BookingForm, place: PlaceMaker, clinic: SmallClinic
) -> None:
    form.start_new(place(9, 45))
    form.content.set_type(clinic.procedure)
    assert form.fields.length.value() == 60
    form.start_new(place(9, 45, length=40))
    form.content.set_type(clinic.procedure)
    assert form.fields.length.value() == 40


def test_an_open_form_is_seen_on_the_other_desks_until_it_is_left(
    *, qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, clinic: SmallClinic, database: Database
) -> None:
    def seen() -> list[tuple[object, object, str]]:
        return [(hold.practitioner_id, hold.starts_at, hold.desk_name) for hold in other_desk.board().holds]

    with alive(database):
        open_at(qtbot, form, place(9, 45))
        qtbot.waitUntil(lambda: seen() == [(clinic.weber, at(9, 45), "Desk 1")])
        form.fields.when.setFocus(Qt.FocusReason.TabFocusReason)
        press(Qt.Key.Key_Up)
        qtbot.waitUntil(lambda: seen() == [(clinic.weber, at(9, 50), "Desk 1")])
        press(ESC)
        qtbot.waitUntil(lambda: seen() == [])


def test_a_booked_time_is_held_no_longer(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, database: Database
) -> None:
    with alive(database):
        open_at(qtbot, form, place(9, 45))
        qtbot.waitUntil(lambda: len(other_desk.board().holds) == 1)
        search(qtbot, form, "nei")
        press(ENTER)
        with qtbot.waitSignal(form.booked):
            press(ENTER)
        qtbot.waitUntil(lambda: other_desk.board().holds == ())


def test_another_desks_open_form_is_told_before_anybody_is_first(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, other_desk: Asking, clinic: SmallClinic
) -> None:
    open_at(qtbot, form, place(9, 45))
    board = other_desk.board()
    hold = Hold(new_id(), new_id(), "Desk 2", clinic.weber, at(9, 30), at(10, 0), at(11, 0))
    form.show_board(replace(board, holds=(hold,)))
    assert "Desk 2 is booking this time" in form.fields.remarks["when"].text()
    form.show_board(board)
    assert form.fields.remarks["when"].text() == ""


def test_a_change_seen_live_is_told_in_the_open_form(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, booked: Booker, other_desk: Asking
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "ne")
    assert form.fields.remarks["when"].text() == ""
    booked(other_desk.database, at(9, 45))
    form.show_board(other_desk.board())
    assert "already booked" in form.fields.remarks["when"].text()
    assert form.patient_line.text() == "ne"


HOSTILE = (
    "<img src='//host/share'><b>Bold</b>",
    "עברית שלום",
    'O\'Neill "Bob"; DROP TABLE patient; --',
    "👩‍⚕️ Emoji 🎉",
    "L" * 200,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_it_is_and_booked(
    *, qtbot: QtBot, form: BookingForm, place: PlaceMaker, owner_engine: Engine, other_desk: Asking, name: str
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET family_name = %s WHERE family_name = 'Nowak'", (name,))
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "zofia")
    form.grab()
    press(ENTER)
    assert name in form.patient_line.text() or len(name) > 100
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    (entry,) = other_desk.entries()
    assert entry.patient.family_name == name


def test_every_label_of_the_form_shows_plain_text(form: BookingForm, place: PlaceMaker) -> None:
    form.start_new(place(9, 45))
    labels = form.findChildren(QLabel)
    assert len(labels) > 15
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_every_field_is_named_for_a_screen_reader(form: BookingForm, place: PlaceMaker) -> None:
    form.start_new(place(9, 45))
    fields = form.fields
    named = (fields.patient, fields.type, fields.length, fields.when, fields.room, fields.practitioner, fields.note)
    names = [field.accessibleName() for field in (*named, fields.tell, form.book_button, form.cancel_button)]
    assert all(names)
    assert len(set(names)) == len(names)


def test_tab_stays_in_the_form_and_reaches_every_field(qtbot: QtBot, form: BookingForm, place: PlaceMaker) -> None:
    open_at(qtbot, form, place(9, 45))
    reached = []
    for _ in range(11):
        widget = QApplication.focusWidget()
        assert widget is not None
        reached.append(widget.objectName())
        press(Qt.Key.Key_Tab)
    assert reached[:7] == [
        "patient_line",
        "type_box",
        "length_box",
        "when_line",
        "room_box",
        "with_box",
        "note_line",
    ]
    assert {"booking_book", "booking_repeat", "booking_waiting", "booking_cancel"} <= set(reached)
    assert reached.count("patient_line") == 2 or QApplication.focusWidget() is not None


def test_single_letter_shortcuts_of_the_window_do_not_take_letters_from_the_form(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, window: QWidget
) -> None:
    taken: list[str] = []
    shortcut = QShortcut(QKeySequence("T"), window)
    shortcut.activated.connect(lambda: taken.append("T"))
    open_at(qtbot, form, place(9, 45))
    type_in(form.patient_line, "t")
    form.fields.type.setFocus()
    type_in(form.fields.type, "t")
    assert taken == []
    assert form.patient_line.text() == "t"


def test_no_tick_promises_a_message_to_a_patient_who_wants_none_and_it_is_back_for_another(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET channel = 'none'")
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "nei")
    press(ENTER)
    assert "wants no messages" in form.fields.tell.text()
    assert form.fields.tell.accessibleDescription() == form.fields.tell.text()
    assert not form.fields.tell.isChecked()
    form.fields.note.setFocus()
    type_in(form.fields.note, "x")
    assert form.content.draft.tell_patient
    assert form.content.draft.patient is not None
    form.patients.exchange(replace(form.content.draft.patient, channel=Channel.SMS))
    assert form.fields.tell.isChecked()
    assert form.fields.tell.isEnabled()


def test_nobody_is_told_when_telling_is_switched_off(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, owner_engine: Engine
) -> None:
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "meier")
    press(ENTER)
    assert "SMS" in form.fields.tell.text()
    form.fields.tell.setFocus()
    press(Qt.Key.Key_Space)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    with owner_engine.connect() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM notification").scalars().all()
    assert "confirmation" not in kinds


def test_a_change_sends_only_what_was_changed_against_the_version_seen(
    qtbot: QtBot, form: BookingForm, booked: Booker, database: Database, other_desk: Asking
) -> None:
    entry = booked(database, at(10, 0), note="bring reports")
    form.edit(entry)
    assert form.fields.note.text() == "bring reports"
    assert form.patient_line.text().startswith("Anna Meier")
    type_in(form.fields.when, "11")
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.version, row.note) == (at(11, 0), 2, "bring reports")


def test_a_change_of_nothing_writes_nothing(
    qtbot: QtBot, form: BookingForm, booked: Booker, database: Database, other_desk: Asking
) -> None:
    entry = booked(database, at(10, 0))
    form.edit(entry)
    with qtbot.waitSignal(form.closed):
        press(ENTER)
    assert other_desk.entry(entry.id).appointment.version == 1


def test_a_note_can_be_added_to_a_visit_that_is_over(
    *, qtbot: QtBot, form: BookingForm, booked: Booker, database: Database, other_desk: Asking, clock: Clock
) -> None:
    entry = booked(database, at(10, 0))
    clock.now = at(16, 0)
    form.edit(entry)
    qtbot.waitUntil(lambda: form.content.has_board)
    form.fields.note.setFocus()
    type_in(form.fields.note, "came late")
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert other_desk.entry(entry.id).appointment.note == "came late"


def test_a_room_column_finds_a_doctor_who_is_free(
    qtbot: QtBot, form: BookingForm, clinic: SmallClinic, other_desk: Asking
) -> None:
    open_at(qtbot, form, Place(None, clinic.room_2, clinic.berlin, at(9, 45)))
    search(qtbot, form, "nei")
    press(ENTER)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    (entry,) = other_desk.entries()
    assert entry.appointment.room_id == clinic.room_2
    assert entry.appointment.practitioner_id in {clinic.weber, clinic.okafor}


def test_the_form_stands_on_screen_beside_the_place_at_the_smallest_window(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, window: QWidget
) -> None:
    for x in (210, 560, 900, 1150):
        for y in (60, 300, 690):
            rect = QRect(x, y, 120, 18)
            spot = QRect(window.mapToGlobal(rect.topLeft()), rect.size())
            form.start_new(place(9, 45), beside=spot)
            card = form.card_rect().translated(form.pos())
            assert window.rect().contains(card)
            assert not card.intersects(rect)


def test_what_was_typed_stays_when_a_status_changes_at_another_desk(
    qtbot: QtBot, form: BookingForm, booked: Booker, database: Database, other_desk: Asking
) -> None:
    entry = booked(database, at(10, 0))
    booking.set_status(other_desk.database, SetStatus(entry.id, 1, AppointmentStatus.ARRIVED))
    form.edit(entry)
    form.fields.note.setFocus()
    type_in(form.fields.note, "with crutches")
    press(ENTER)
    qtbot.waitUntil(lambda: form.carry_out.dialog is not None)
    dialog = form.carry_out.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.status, row.note) == (AppointmentStatus.ARRIVED, "with crutches")


def test_what_is_booked_there_does_not_hide_that_another_desk_is_booking_too(
    *, qtbot: QtBot, form: BookingForm, place: PlaceMaker, booked: Booker, other_desk: Asking, clinic: SmallClinic
) -> None:
    booked(other_desk.database, at(9, 45))
    open_at(qtbot, form, place(9, 45))
    hold = Hold(new_id(), new_id(), "Desk 2", clinic.weber, at(9, 30), at(10, 0), at(11, 0))
    form.show_board(replace(other_desk.board(), holds=(hold,)))
    told = form.fields.remarks["when"].text()
    assert "Desk 2 is booking this time" in told
    assert "already booked 09:45–10:00" in told
    search(qtbot, form, "nei")
    press(ENTER, ENTER)
    assert "Squeeze in" in form.problem.text()
    assert form.fields.remarks["when"].text() == "Desk 2 is booking this time just now."
    press(ESC)
    assert "already booked 09:45–10:00" in form.fields.remarks["when"].text()


def test_the_form_tells_of_the_reminder_that_the_clinics_own_rules_send(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, owner_engine: Engine, clock: Clock
) -> None:
    clock.now = at(9, 0) - timedelta(days=4)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE reminder_rule SET lead = 2, unit = 'hours'")
    open_at(qtbot, form, place(13, 45))
    search(qtbot, form, "meier")
    press(ENTER)
    qtbot.waitUntil(lambda: form.fields.tell.text().endswith("11:45"))
    assert form.fields.tell.text().startswith("confirmation now, by SMS; reminder Mon")


def test_no_tick_promises_a_message_over_a_channel_that_is_switched_off(
    qtbot: QtBot, form: BookingForm, place: PlaceMaker, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE messaging SET sms_by = 'off'")
    open_at(qtbot, form, place(9, 45))
    search(qtbot, form, "meier")
    press(ENTER)
    qtbot.waitUntil(lambda: form.fields.tell.text() == "nothing: the practice sends no SMS")
    assert not form.fields.tell.isEnabled()
    assert not form.fields.tell.isChecked()
