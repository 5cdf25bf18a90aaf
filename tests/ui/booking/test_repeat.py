"""Repeating a booking by keyboard alone: the rule, each date with what is in its way, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Entry
from clinic_desk.domain.recurrence import Every
from clinic_desk.services import patients
from clinic_desk.ui.series import looking
from clinic_desk.ui.series.choices import Way
from clinic_desk.ui.series.repeat import RepeatDialog
from clinic_desk.ui.tasks import Tasks
from tests.support.bookings import count
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import MONDAY, Asking, Clock, at, press, type_in

ENTER, ESC, TAB, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Down
WEEK = timedelta(weeks=1)
Booker = Callable[..., Entry]
Opener = Callable[[], RepeatDialog]


@pytest.fixture
def open_dialog(other_desk: Asking, database: Database, tasks: Tasks, clinic: SmallClinic, window: QWidget) -> Opener:
    known = other_desk.clinic

    def make() -> RepeatDialog:
        patient = patients.get_patient(database, clinic.patients[0])
        template = Book(
            patient_id=patient.id,
            type_id=clinic.checkup,
            practitioner_id=clinic.weber,
            site_id=clinic.berlin,
            starts_at=at(9),
            length_minutes=15,
        )
        dialog = RepeatDialog(database, tasks, known, window, template=template, patient=patient, clock=Clock())
        dialog.open()
        return dialog

    return make


def looked(qtbot: QtBot, dialog: RepeatDialog) -> None:
    qtbot.waitUntil(dialog.send_button.isEnabled)


def whens(dialog: RepeatDialog) -> list[str]:
    return [row.when for row in dialog.plan.rows.records]


def test_enter_books_every_date_that_was_shown(
    qtbot: QtBot, open_dialog: Opener, other_desk: Asking, owner_engine: Engine
) -> None:
    dialog = open_dialog()
    assert not dialog.send_button.isEnabled()  # nothing is sent before it was seen
    looked(qtbot, dialog)
    assert whens(dialog)[:2] == ["Mon 3 Mar, 09:00", "Mon 10 Mar, 09:00"]
    assert dialog.send_button.text() == "Book 6 dates ⏎"
    with qtbot.waitSignal(dialog.committed) as told:
        press(ENTER)
    assert len(told.args[0]) == 6
    assert count(owner_engine, "appointment") == 6
    assert other_desk.entries(MONDAY + 5 * WEEK)[0].appointment.starts_at == at(9, day=MONDAY + 5 * WEEK)


def test_the_rule_is_made_by_keyboard_alone(qtbot: QtBot, open_dialog: Opener, other_desk: Asking) -> None:
    """Every 2 weeks on Monday and Thursday, 3 dates."""
    dialog = open_dialog()
    type_in(QApplication.focusWidget() or dialog, "2")
    assert dialog.rule_fields.interval.value() == 2
    press(TAB, TAB)  # unit, Monday
    for _ in range(3):
        press(TAB)  # Tuesday, Wednesday, Thursday
    press(Qt.Key.Key_Space)
    while QApplication.focusWidget() is not dialog.rule_fields.count:
        press(TAB)
    QTest.keyClicks(dialog.rule_fields.count, "3")
    looked(qtbot, dialog)
    assert whens(dialog) == ["Mon 3 Mar, 09:00", "Thu 6 Mar, 09:00", "Mon 17 Mar, 09:00"]
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    assert len(other_desk.entries(MONDAY + 3 * timedelta(days=1))) == 1


def test_a_taken_date_is_shown_with_a_free_time_instead_that_enter_takes(
    qtbot: QtBot, open_dialog: Opener, booked: Booker, second_database: Database, other_desk: Asking
) -> None:
    booked(second_database, at(9, day=MONDAY + WEEK), patient=1)
    dialog = open_dialog()
    looked(qtbot, dialog)
    row = dialog.plan.list.chosen
    assert row.planned.day == MONDAY + WEEK  # the trouble is what is chosen
    assert "09:00–09:15" in row.why
    assert row.what == "→ 09:15 · Dr. Weber"
    assert dialog.progress.text() == "5 as planned, 1 at another time"
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    starts = [entry.appointment.starts_at for entry in other_desk.entries(MONDAY + WEEK)]
    assert starts == [at(9, day=MONDAY + WEEK), at(9, 15, day=MONDAY + WEEK)]


def option(dialog: RepeatDialog, way: Way) -> Qt.Key:
    """The key of an option."""
    number = next(
        number for number, (choice, _) in enumerate(dialog.plan.choices.options, start=1) if choice.way is way
    )
    return Qt.Key(Qt.Key.Key_0.value + number)


@pytest.mark.parametrize(("way", "flags"), [(Way.LEFT_OUT, [False]), (Way.ANYWAY, [False, True])])
def test_a_number_leaves_a_date_out_or_squeezes_it_in(
    qtbot: QtBot, open_dialog: Opener, booked: Booker, other_desk: Asking, *, way: Way, flags: list[bool]
) -> None:
    booked(other_desk.database, at(9, day=MONDAY + WEEK), patient=1)
    dialog = open_dialog()
    looked(qtbot, dialog)
    dialog.plan.list.setFocus()
    press(option(dialog, way))
    assert dialog.plan.list.chosen.choice.way is way
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    rows = [entry.appointment for entry in other_desk.entries(MONDAY + WEEK)]
    assert sorted(row.squeezed_in for row in rows) == flags


def test_a_date_that_is_taken_after_it_was_seen_is_named_nothing_is_booked_and_it_is_looked_at_again(
    qtbot: QtBot,
    open_dialog: Opener,
    booked: Booker,
    second_database: Database,
    owner_engine: Engine,
) -> None:
    dialog = open_dialog()
    looked(qtbot, dialog)
    dialog.plan.list.setFocus()
    dialog.plan.list.selectRow(3)
    press(option(dialog, Way.LEFT_OUT))
    booked(second_database, at(9, day=MONDAY + 2 * WEEK), patient=1)
    press(ENTER)
    qtbot.waitUntil(lambda: "Mon 17 Mar" in dialog.problem.text())
    assert count(owner_engine, "appointment") == 1
    looked(qtbot, dialog)
    ways = [row.choice.way for row in dialog.plan.rows.records]
    assert ways[2] is Way.INSTEAD
    assert ways[3] is Way.LEFT_OUT  # what was chosen stays chosen
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    assert count(owner_engine, "appointment") == 6


def test_an_end_day_is_typed_as_dates_are_typed(qtbot: QtBot, open_dialog: Opener) -> None:
    dialog = open_dialog()
    fields = dialog.rule_fields
    fields.ends.setFocus()
    press(DOWN)
    fields.until.setFocus()
    fields.until.selectAll()
    QTest.keyClicks(fields.until, "17.3.")
    press(ENTER)
    looked(qtbot, dialog)
    assert whens(dialog) == ["Mon 3 Mar, 09:00", "Mon 10 Mar, 09:00", "Mon 17 Mar, 09:00"]
    assert fields.until.text() == "17 Mar 2031"


@pytest.mark.parametrize(
    ("typed", "told"), [("nonsense", "Which day"), ("1.1.2031", "no date"), ("1.1.2045", "hundred")]
)
def test_an_end_that_gives_no_dates_is_told_beside_it_and_nothing_can_be_sent(
    qtbot: QtBot, open_dialog: Opener, typed: str, told: str
) -> None:
    dialog = open_dialog()
    fields = dialog.rule_fields
    fields.ends.setFocus()
    press(DOWN)
    fields.until.setFocus()
    fields.until.selectAll()
    QTest.keyClicks(fields.until, typed)
    press(ENTER)
    assert told in fields.remark.text()
    assert fields.remark.isVisible()
    assert not dialog.send_button.isEnabled()
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not dialog.looker.is_looking)


def test_a_long_look_says_how_far_it_is_and_esc_ends_it_with_nothing_stored(
    qtbot: QtBot, open_dialog: Opener, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "AT_ONCE", 1)
    dialog = open_dialog()
    dialog.rule_fields.count.setValue(100)
    seen: list[str] = []
    dialog.looker.progressed.connect(lambda *_: seen.append(dialog.progress.text()))
    qtbot.waitUntil(lambda: "Looking at date 3 of 100…" in seen)
    press(ESC)
    assert not dialog.isVisible()
    assert count(owner_engine, "appointment") == 0


def test_daily_means_every_day_unless_days_are_named(qtbot: QtBot, open_dialog: Opener) -> None:
    dialog = open_dialog()
    dialog.rule_fields.every.setFocus()
    press(Qt.Key.Key_Up)
    assert dialog.rule_fields.every.value is Every.DAYS
    looked(qtbot, dialog)
    assert [when.split(",")[0] for when in whens(dialog)][:3] == ["Mon 3 Mar", "Tue 4 Mar", "Wed 5 Mar"]


def test_the_patient_is_told_once_unless_the_tick_is_taken_away(
    qtbot: QtBot, open_dialog: Opener, owner_engine: Engine
) -> None:
    dialog = open_dialog()
    looked(qtbot, dialog)
    assert dialog.tell.isChecked()
    dialog.tell.setFocus()
    press(Qt.Key.Key_Space)
    with qtbot.waitSignal(dialog.committed):
        press(ENTER)
    assert count(owner_engine, "notification WHERE kind = 'confirmation'") == 0
    assert count(owner_engine, "notification WHERE kind = 'reminder'") == 6


def test_all_of_it_fits_into_the_smallest_window_also_when_something_is_told(
    qtbot: QtBot, open_dialog: Opener, booked: Booker, second_database: Database
) -> None:
    booked(second_database, at(9, day=MONDAY + WEEK), patient=1)
    dialog = open_dialog()
    looked(qtbot, dialog)
    assert len(dialog.plan.choices.options) >= 5
    dialog.problem.say("The database cannot be reached. Nothing was booked; what you chose is kept. Try again soon.")
    layout = dialog.card.layout()
    assert layout is not None
    qtbot.waitUntil(lambda: dialog.card.height() >= layout.totalHeightForWidth(dialog.card.width()))
    assert dialog.rect().contains(dialog.card.geometry())


def test_every_part_has_a_name_for_a_screen_reader(qtbot: QtBot, open_dialog: Opener) -> None:
    dialog = open_dialog()
    looked(qtbot, dialog)
    assert dialog.accessibleName() == "Repeat this appointment"
    assert "Anna Meier" in dialog.accessibleDescription()
    fields = dialog.rule_fields
    names = {
        part.accessibleName() for part in (fields.interval, fields.every, fields.count, fields.until, *fields.weekdays)
    }
    assert "" not in names
    assert dialog.plan.list.accessibleName() == "Dates"
    assert all(button.accessibleName() for _, button in dialog.plan.choices.options)
