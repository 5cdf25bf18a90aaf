"""Cancelling, deleting, the appointment's card, the next free times, a drag: each on a real database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, Rule, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Clinic, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.series import BookSeries, SeriesDate, planned_dates, series_of
from clinic_desk.services import booking, calendar, series
from clinic_desk.ui.booking.appointment_panel import AppointmentPanel
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.cancel import REASONS, CancelDialog, DeleteDialog
from clinic_desk.ui.booking.moving import Moving
from clinic_desk.ui.booking.next_free import NextFreePanel
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.tasks import Tasks
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import MONDAY, Asking, Clock, at, press

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape
Booker = Callable[..., Entry]


@pytest.fixture
def entry(booked: Booker, database: Database) -> Entry:
    return booked(database, at(10, 0))


@pytest.fixture
def cancelling(database: Database, tasks: Tasks, known: Clinic, entry: Entry, window: QWidget) -> CancelDialog:
    dialog = CancelDialog(database, tasks, known, entry, window)
    dialog.open()
    return dialog


# --- cancelling and deleting ---


def test_a_key_and_enter_cancel_with_that_reason(
    qtbot: QtBot, cancelling: CancelDialog, entry: Entry, other_desk: Asking
) -> None:
    assert "Anna Meier · Mon 3 Mar, 10:00–10:15 · Dr. Weber" in cancelling.about()
    press(Qt.Key.Key_6)
    with qtbot.waitSignal(cancelling.ended):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.status, row.cancellation_reason) == (AppointmentStatus.CANCELLED, CancellationReason.PROVIDER_PERSONAL)


def test_every_reason_of_fhir_is_offered_once_under_a_key_of_its_own() -> None:
    assert sorted(reason for _, reason in REASONS) == sorted(CancellationReason)
    assert len({key for key, _ in REASONS}) == len(REASONS)


def test_esc_keeps_the_appointment(cancelling: CancelDialog, entry: Entry, other_desk: Asking) -> None:
    press(ESC)
    assert other_desk.entry(entry.id).appointment.status is AppointmentStatus.BOOKED


def test_nobody_is_written_to_about_a_patient_who_died(cancelling: CancelDialog) -> None:
    assert cancelling.tell.isChecked()
    cancelling.choose(CancellationReason.PATIENT_DECEASED)
    assert not cancelling.tell.isChecked()


def test_cancelling_what_another_desk_moved_is_given_on_to_be_compared(
    qtbot: QtBot, cancelling: CancelDialog, entry: Entry, other_desk: Asking
) -> None:
    moved = booking.update(other_desk.database, Update(entry.id, 1, starts_at=at(11, 0)))
    with qtbot.waitSignal(cancelling.crossed) as told:
        press(ENTER)
    assert told.args is not None
    wish, seen, now = told.args
    assert (wish.reason, seen, now) == (CancellationReason.PATIENT, entry, moved)
    assert other_desk.entry(entry.id).appointment.status is AppointmentStatus.BOOKED


def test_cancelling_what_another_desk_cancelled_says_so(
    qtbot: QtBot, cancelling: CancelDialog, entry: Entry, other_desk: Asking
) -> None:
    booking.cancel(other_desk.database, Cancel(entry.id, 1, CancellationReason.OTHER))
    press(ENTER)
    qtbot.waitUntil(lambda: "nothing left to do" in cancelling.problem.text())
    assert not cancelling.end_button.isEnabled()
    press(ESC)


def test_deleting_asks_first_and_enter_alone_keeps_it(
    *, qtbot: QtBot, database: Database, tasks: Tasks, known: Clinic, entry: Entry, window: QWidget, other_desk: Asking
) -> None:
    dialog = DeleteDialog(database, tasks, known, entry, window)
    dialog.open()
    press(ENTER)
    assert other_desk.entry(entry.id).appointment.status is AppointmentStatus.BOOKED
    dialog = DeleteDialog(database, tasks, known, entry, window)
    dialog.open()
    with qtbot.waitSignal(dialog.ended) as told:
        dialog.end_button.click()
    assert told.args is not None
    assert told.args[0].appointment.status is AppointmentStatus.ENTERED_IN_ERROR


def test_the_keyboard_comes_back_when_a_sheet_closes(cancelling: CancelDialog, window: QWidget, qtbot: QtBot) -> None:
    press(ESC)
    below = QWidget(window)
    below.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    below.show()
    below.setFocus()
    sheet = AskSheet("Really?", "<b>Really</b>", "Yes", window)
    sheet.open()
    assert QApplication.focusWidget() is sheet.yes
    press(ESC)
    assert QApplication.focusWidget() is below


# --- the card ---


@pytest.fixture
def panel(qtbot: QtBot, database: Database, tasks: Tasks, known: Clinic, window: QWidget) -> AppointmentPanel:
    card = AppointmentPanel(database, tasks, known, window)
    card.show()
    return card


def test_the_card_tells_all_there_is_to_tell(qtbot: QtBot, panel: AppointmentPanel, entry: Entry) -> None:
    panel.show_entry(entry)
    qtbot.waitUntil(lambda: any(name == "Reminder" for name, _ in panel.rows.texts()))
    rows = dict(panel.rows.texts())
    assert rows["When"] == "Mon 3 Mar, 10:00–10:15"
    assert (rows["With"], rows["Where"], rows["Status"]) == ("Dr. Weber", "Mitte", "booked")
    assert rows["Phone"] == "+49 30 12345671"
    assert rows["Confirmation"].startswith("SMS due")
    assert panel.last_change.text().startswith("Last change: Desk 1 · t. person")
    assert panel.last_change.text().endswith("version 1")
    assert {label.textFormat() for label in panel.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def _tells(card: AppointmentPanel, name: str, told: str) -> bool:
    return dict(card.rows.texts()).get(name) == told


def test_the_card_tells_which_date_of_its_series_it_is_and_its_device(
    *, qtbot: QtBot, database: Database, tasks: Tasks, window: QWidget, clinic: SmallClinic, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO room (id, site_id, name, kind) VALUES (%(id)s, %(site)s, 'Scanner', 'device')",
            {"id": UUID(int=0x5CA), "site": clinic.berlin},
        )
    rule = Recurrence(Every.WEEKS, count=4)
    template = Book(
        patient_id=clinic.patients[0],
        type_id=clinic.checkup,
        practitioner_id=clinic.weber,
        site_id=clinic.berlin,
        starts_at=at(10),
        length_minutes=15,
        device_id=UUID(int=0x5CA),
    )
    dates = planned_dates(rule, template, "Europe/Berlin")
    books = [SeriesDate(one.day, one.step) for one in dates if isinstance(one.step, Book)]
    entries = series.book(database, BookSeries(series_of(rule, MONDAY, 600, "Europe/Berlin"), tuple(books)))
    booking.cancel(database, Cancel(entries[1].id, 1, CancellationReason.PATIENT))
    card = AppointmentPanel(database, tasks, calendar.load_clinic(database), window)
    card.show()
    for entry, told in ((entries[2], "2 of 3, every week"), (calendar.load_entries(database, [entries[1].id])[0],
                                                            "every week")):  # fmt: skip
        card.show_entry(entry)
        qtbot.waitUntil(partial(_tells, card, "Series", told))
        assert dict(card.rows.texts())["Device"] == "Scanner"


@pytest.mark.parametrize(
    ("status", "text", "wanted"),
    [
        (AppointmentStatus.BOOKED, "Arrived", AppointmentStatus.ARRIVED),
        (AppointmentStatus.ARRIVED, "In room", AppointmentStatus.CHECKED_IN),
        (AppointmentStatus.CHECKED_IN, "Done", AppointmentStatus.FULFILLED),
    ],
)
def test_the_first_button_is_the_next_step_of_the_visit(
    *,
    qtbot: QtBot,
    panel: AppointmentPanel,
    entry: Entry,
    status: AppointmentStatus,
    text: str,
    wanted: AppointmentStatus,
) -> None:
    from dataclasses import replace

    panel.show_entry(replace(entry, appointment=replace(entry.appointment, status=status)))
    assert panel.first.text() == text
    with qtbot.waitSignal(panel.status_requested) as told:
        panel.first.click()
    assert told.args is not None
    assert told.args[1] is wanted


def test_a_cancelled_one_can_be_reinstated_and_not_cancelled_again(
    qtbot: QtBot, panel: AppointmentPanel, entry: Entry, database: Database
) -> None:
    gone = booking.cancel(database, Cancel(entry.id, 1, CancellationReason.WEATHER))
    panel.show_entry(gone)
    assert ("Reason", "Weather") in panel.rows.texts()
    assert not panel.cancel_button.isVisible()
    with qtbot.waitSignal(panel.reinstate_requested):
        panel.first.click()


def test_without_an_appointment_the_card_says_what_to_do(panel: AppointmentPanel, entry: Entry) -> None:
    panel.show_entry(entry)
    panel.show_entry(None)
    assert panel.empty.isVisible()
    assert not panel.card.isVisible()


def test_details_read_for_one_are_never_shown_for_another(
    qtbot: QtBot, panel: AppointmentPanel, entry: Entry, booked: Booker, database: Database
) -> None:
    other = booked(database, at(11, 0), patient=6)
    panel.show_entry(entry)
    qtbot.waitUntil(lambda: panel.has_details)
    assert "Confirmation" in dict(panel.rows.texts())
    panel.show_entry(other)
    assert "Confirmation" not in dict(panel.rows.texts()), "not while the other one's are being read"
    qtbot.waitUntil(lambda: panel.has_details)
    assert "Confirmation" not in dict(panel.rows.texts())


# --- next free ---


@pytest.fixture
def next_free(
    *, qtbot: QtBot, database: Database, tasks: Tasks, known: Clinic, window: QWidget, clock: Clock
) -> NextFreePanel:
    clock.now = at(7, 0)
    shown = NextFreePanel(database, tasks, known, window, clock=clock)
    shown.resize(220, 420)
    shown.show()
    qtbot.waitUntil(lambda: shown.list.count() > 0)
    return shown


def choose(panel: NextFreePanel, box: str, value: object) -> None:
    getattr(panel, box).choose(value)
    getattr(panel, box).activated.emit(0)


def test_the_first_opening_of_each_of_ten_days_is_listed(
    qtbot: QtBot, next_free: NextFreePanel, clinic: SmallClinic
) -> None:
    choose(next_free, "practitioner", clinic.weber)
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Mon 3 Mar · 08:00\nWeber · Mitte")
    assert next_free.list.count() == 10
    assert next_free.list.item(9).text().startswith("Fri 14 Mar")


def test_filters_narrow_the_list(qtbot: QtBot, next_free: NextFreePanel, clinic: SmallClinic) -> None:
    choose(next_free, "practitioner", clinic.okafor)
    choose(next_free, "part", "afternoon")
    next_free.weekdays[3].click()
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Thu 6 Mar · 13:00\nOkafor · Mitte")
    assert all(next_free.list.item(row).text().startswith("Thu") for row in range(next_free.list.count()))


def test_a_clinic_of_several_sites_shows_and_filters_the_site(
    qtbot: QtBot, next_free: NextFreePanel, clinic: SmallClinic
) -> None:
    """Monday 07:00 in Berlin is one o'clock at night in New York."""
    assert next_free.site.isVisible()
    assert next_free.site.accessibleName() == "Site"
    choose(next_free, "site", clinic.new_york)
    assert set(next_free.practitioner.values) == {None, clinic.diaz}
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Mon 3 Mar · 08:00   Diaz")
    choose(next_free, "site", clinic.berlin)
    assert set(next_free.practitioner.values) == {None, clinic.weber, clinic.okafor}
    qtbot.waitUntil(
        lambda: next_free.list.item(0).text() in ("Mon 3 Mar · 08:00   Weber", "Mon 3 Mar · 08:00   Okafor")
    )
    choose(next_free, "site", None)
    choose(next_free, "practitioner", clinic.diaz)
    qtbot.waitUntil(lambda: next_free.list.item(0).text().endswith("08:00\nDiaz · Harlem"))


def test_a_clinic_of_one_site_shows_none(
    qtbot: QtBot, next_free: NextFreePanel, known: Clinic, clinic: SmallClinic
) -> None:
    choose(next_free, "site", clinic.new_york)
    next_free.set_clinic(replace(known, sites=tuple(site for site in known.sites if site.id == clinic.berlin)))
    assert not next_free.site.isVisible()
    assert next_free.site.value is None
    choose(next_free, "practitioner", clinic.weber)
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Mon 3 Mar · 08:00   Weber")


def test_enter_on_an_opening_asks_to_book_it(qtbot: QtBot, next_free: NextFreePanel, clinic: SmallClinic) -> None:
    choose(next_free, "practitioner", clinic.weber)
    qtbot.waitUntil(lambda: next_free.list.item(1).text() == "Tue 4 Mar · 08:00\nWeber · Mitte")
    next_free.list.setFocus()
    press(Qt.Key.Key_Down)
    with qtbot.waitSignal(next_free.chosen) as told:
        press(ENTER)
    assert told.args is not None
    slot, type_id = told.args
    assert (slot.starts_at, slot.practitioner_id) == (at(8, 0, MONDAY + timedelta(days=1)), clinic.weber)
    assert type_id == clinic.checkup


def test_only_doctors_who_do_the_visit_are_offered(next_free: NextFreePanel, clinic: SmallClinic) -> None:
    choose(next_free, "type", clinic.consultation)
    assert set(next_free.practitioner.values) == {None, clinic.weber, clinic.okafor}


def test_a_booking_elsewhere_moves_the_list_on_after_a_refresh(
    qtbot: QtBot, next_free: NextFreePanel, booked: Booker, other_desk: Asking, clinic: SmallClinic
) -> None:
    choose(next_free, "practitioner", clinic.weber)
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Mon 3 Mar · 08:00\nWeber · Mitte")
    booked(other_desk.database, at(8, 0))
    next_free.refresh()
    qtbot.waitUntil(lambda: next_free.list.item(0).text() == "Mon 3 Mar · 08:15\nWeber · Mitte")


# --- a drag ---


@pytest.fixture
def moving(database: Database, tasks: Tasks, known: Clinic, window: QWidget, clock: Clock) -> Moving:
    return Moving(database, tasks, known, window, clock)


def wish(entry: Entry, starts_at: object, minutes: int = 15) -> MoveWish:
    row = entry.appointment
    return MoveWish(entry.id, row.practitioner_id, row.site_id, starts_at, minutes)  # type: ignore[arg-type]


def test_a_drop_moves_without_asking(qtbot: QtBot, moving: Moving, entry: Entry, other_desk: Asking) -> None:
    with qtbot.waitSignals([moving.moved, moving.ended]):
        assert moving.move(entry, wish(entry, at(14, 0), 30))
    row = other_desk.entry(entry.id).appointment
    assert (row.starts_at, row.length) == (at(14, 0), timedelta(minutes=30))


def test_a_drop_where_it_was_does_nothing(moving: Moving, entry: Entry) -> None:
    assert not moving.move(entry, wish(entry, at(10, 0)))


def test_a_drop_into_the_break_asks_once_over_the_window(
    qtbot: QtBot, moving: Moving, entry: Entry, window: QWidget, other_desk: Asking
) -> None:
    moving.move(entry, wish(entry, at(12, 30)))
    qtbot.waitUntil(lambda: window.findChild(AskSheet) is not None)
    sheet = window.findChild(AskSheet)
    assert sheet is not None
    qtbot.waitUntil(lambda: sheet.guard.is_ready)
    with qtbot.waitSignals([moving.moved, moving.ended]):
        press(ENTER)
    assert other_desk.entry(entry.id).appointment.overruled == {Rule.OVER_BREAK}


def test_no_to_the_question_ends_the_move_and_leaves_it(
    qtbot: QtBot, moving: Moving, entry: Entry, window: QWidget, other_desk: Asking
) -> None:
    moving.move(entry, wish(entry, at(12, 30)))
    qtbot.waitUntil(lambda: window.findChild(AskSheet) is not None)
    with qtbot.waitSignal(moving.ended):
        press(ESC)
    assert other_desk.entry(entry.id).appointment.version == 1


def test_a_drop_on_a_time_taken_first_shows_the_alternatives(
    qtbot: QtBot, moving: Moving, entry: Entry, booked: Booker, other_desk: Asking
) -> None:
    booked(other_desk.database, at(14, 0), patient=2)
    moving.move(entry, wish(entry, at(14, 0)))
    qtbot.waitUntil(lambda: isinstance(moving.carry_out.dialog, SlotTakenDialog))
    with qtbot.waitSignal(moving.ended):
        press(ESC)
    assert other_desk.entry(entry.id).appointment.starts_at == at(10, 0)


def test_a_drop_in_the_past_is_told_and_ended(qtbot: QtBot, moving: Moving, entry: Entry, owner_engine: Engine) -> None:
    with qtbot.waitSignals([moving.told, moving.ended]):
        moving.move(entry, wish(entry, at(10, 0).replace(year=2020)))
