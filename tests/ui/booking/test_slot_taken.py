"""The time was taken first: who took it is told, the next best is one key away, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.errors import DatabaseDown
from clinic_desk.services import slots
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import Place
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import Asking, at, press, search, type_in

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape
Booker = Callable[..., Entry]
Lose = Callable[[], SlotTakenDialog]


@pytest.fixture
def lose(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place], booked: Booker, other_desk: Asking
) -> Callable[[], SlotTakenDialog]:
    """Lose the race for 09:45: Desk 2 books Siobhán after the form had looked, and before it was sent."""

    def run() -> SlotTakenDialog:
        form.start_new(place(9, 45))
        qtbot.waitUntil(lambda: form.content.has_board)
        search(qtbot, form, "meier")
        press(ENTER)
        type_in(form.fields.note, "first visit")
        booked(other_desk.database, at(9, 45), patient=2)
        press(ENTER)
        qtbot.waitUntil(lambda: isinstance(form.carry_out.dialog, SlotTakenDialog))
        dialog = form.carry_out.dialog
        assert isinstance(dialog, SlotTakenDialog)
        qtbot.waitUntil(lambda: bool(dialog.choices) and dialog.guard.is_ready)
        return dialog

    return run


@pytest.mark.parametrize(
    ("later", "title"),
    [
        (timedelta(seconds=3), "This time was just taken at Desk 2"),
        (timedelta(minutes=11), "This time was taken at Desk 2"),
    ],
)
def test_only_what_was_taken_in_the_last_minutes_was_just_taken(
    *, lose: Lose, form: BookingForm, other_desk: Asking, later: timedelta, title: str
) -> None:
    dialog = lose()
    (entry,) = other_desk.entries()
    assert entry.changed is not None
    assert form.carry_out._sent is not None
    wanted = form.carry_out._sent.wanted(form.carry_out.clinic)
    assert wanted is not None
    dialog.show_taken(wanted, entry, entry.changed.at + later)
    assert dialog.accessibleName() == title
    dialog.reject()


def test_other_times_that_cannot_be_looked_for_are_not_said_to_be_taken(
    *,
    qtbot: QtBot,
    form: BookingForm,
    place: Callable[..., Place],
    booked: Booker,
    other_desk: Asking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise DatabaseDown

    monkeypatch.setattr(slots, "alternatives", unreachable)
    form.start_new(place(9, 45))
    qtbot.waitUntil(lambda: form.content.has_board)
    search(qtbot, form, "meier")
    press(ENTER)
    booked(other_desk.database, at(9, 45), patient=2)
    press(ENTER)
    qtbot.waitUntil(lambda: isinstance(form.carry_out.dialog, SlotTakenDialog))
    dialog = form.carry_out.dialog
    assert isinstance(dialog, SlotTakenDialog)
    told = "Other times cannot be looked for just now."
    qtbot.waitUntil(lambda: told in {label.text() for label in dialog.findChildren(QLabel)})
    dialog.reject()


def patients_at(desk: Asking) -> dict[str, object]:
    return {entry.patient.display_name: entry.appointment.starts_at for entry in desk.entries()}


def test_the_dialog_says_who_took_the_time_at_which_desk_and_shows_both(lose: Lose) -> None:
    dialog = lose()
    told = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "This time was taken at Desk 2" in told
    assert "test_reception person booked Dr. Weber, Mon 3 Mar, 09:45–10:00" in told
    assert "Nothing you typed is lost" in told
    for text in ("Anna Meier", "Siobhán O'Neill", "Checkup · 15 min", "new", "1 · by t. person, Desk 2"):
        assert text in told
    assert {label.textFormat() for label in dialog.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def test_enter_takes_the_best_alternative(qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking) -> None:
    lose()
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert patients_at(other_desk)["Anna Meier"] == at(10, 0)
    assert "first visit" in {entry.appointment.note for entry in other_desk.entries()}
    assert form.carry_out.dialog is None


def test_a_number_key_takes_that_alternative(
    qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking, clinic: SmallClinic
) -> None:
    dialog = lose()
    assert "other doctor" in dialog.choices[1].accessibleName()
    with qtbot.waitSignal(form.booked) as told:
        press(Qt.Key.Key_2)
    assert told.args is not None
    assert told.args[0].appointment.practitioner_id == clinic.okafor
    assert patients_at(other_desk)["Anna Meier"] == at(9, 45)


def test_an_enter_meant_for_the_form_takes_nothing(
    qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking
) -> None:
    dialog = lose()
    dialog.guard.begin()
    press(ENTER, ENTER)
    assert not form.carry_out.is_busy
    assert dialog.isVisible()
    assert "Anna Meier" not in patients_at(other_desk)


def test_an_alternative_that_is_taken_first_as_well_is_told_in_the_same_dialog(
    qtbot: QtBot, form: BookingForm, lose: Lose, booked: Booker, other_desk: Asking
) -> None:
    dialog = lose()
    booked(other_desk.database, at(10, 0), patient=6)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: any("Zofia Nowak" in label.text() for label in dialog.findChildren(QLabel)))
    assert form.carry_out.dialog is dialog
    qtbot.waitUntil(lambda: bool(dialog.choices) and dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert patients_at(other_desk)["Anna Meier"] not in {at(9, 45), at(10, 0)}


def test_choosing_another_time_goes_back_to_the_form_with_everything_in_it(
    qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking
) -> None:
    lose()
    press(ESC)
    assert form.isVisible()
    assert form.fields.when.hasFocus()
    assert form.fields.note.text() == "first visit"
    assert form.content.draft.patient is not None
    qtbot.waitUntil(lambda: "already booked" in form.fields.remarks["when"].text())
    type_in(form.fields.when, "14")
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    assert patients_at(other_desk)["Anna Meier"] == at(14, 0)


def test_discarding_books_nothing_and_closes_the_form(
    qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking
) -> None:
    dialog = lose()
    discard = dialog.findChild(QPushButton, "discard")
    assert discard is not None
    with qtbot.waitSignal(form.closed):
        discard.click()
    assert "Anna Meier" not in patients_at(other_desk)


def test_the_same_patient_booked_by_the_other_desk_is_pointed_out(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place], booked: Booker, other_desk: Asking
) -> None:
    form.start_new(place(9, 45))
    qtbot.waitUntil(lambda: form.content.has_board)
    search(qtbot, form, "meier")
    press(ENTER)
    booked(other_desk.database, at(9, 45), patient=0)
    press(ENTER)
    qtbot.waitUntil(lambda: form.carry_out.dialog is not None)
    dialog = form.carry_out.dialog
    assert dialog is not None
    assert any("the same patient" in label.text() for label in dialog.findChildren(QLabel))


def test_moving_onto_a_time_taken_first_offers_alternatives_and_moves(
    qtbot: QtBot, form: BookingForm, booked: Booker, other_desk: Asking
) -> None:
    entry = booked(other_desk.database, at(8, 0), patient=0)
    form.edit(entry)
    qtbot.waitUntil(lambda: form.content.has_board)
    type_in(form.fields.when, "9:45")
    booked(other_desk.database, at(9, 45), patient=2)
    press(ENTER)
    qtbot.waitUntil(lambda: form.carry_out.dialog is not None)
    dialog = form.carry_out.dialog
    assert isinstance(dialog, SlotTakenDialog)
    qtbot.waitUntil(lambda: bool(dialog.choices) and dialog.guard.is_ready)
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.version) == (at(10, 0), 2)


def test_the_same_time_beside_the_one_who_was_first_is_one_key_away(
    qtbot: QtBot, form: BookingForm, lose: Lose, other_desk: Asking
) -> None:
    dialog = lose()
    with qtbot.waitSignal(form.booked):
        QTest.keyClick(dialog, Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    found = {entry.patient.display_name: entry.appointment for entry in other_desk.entries()}
    row = found["Anna Meier"]
    assert (row.starts_at, row.squeezed_in, row.overruled) == (at(9, 45), True, frozenset({Rule.SLOT_TAKEN.value}))


def test_whoever_came_there_too_meanwhile_was_not_agreed_to(
    qtbot: QtBot, form: BookingForm, lose: Lose, booked: Booker, other_desk: Asking
) -> None:
    dialog = lose()
    rules = frozenset({Rule.SLOT_TAKEN})
    booked(other_desk.database, at(9, 45), patient=4, overrule=rules)
    QTest.keyClick(dialog, Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "Anna Meier" not in patients_at(other_desk)
    dialog.reject()


def test_no_squeeze_in_is_offered_where_the_booking_rules_bar_it(form: BookingForm, lose: Lose, known: Clinic) -> None:
    barred = replace(known, rules=replace(known.rules, overrulable=frozenset()))
    form.carry_out.clinic = barred
    dialog = lose()
    button = dialog.findChild(QPushButton, "squeeze_in")
    assert isinstance(button, QPushButton)
    assert not button.isVisible()
    assert "Only a practice manager can squeeze in here, or allow it." in dialog.accessibleDescription()
    dialog.reject()
