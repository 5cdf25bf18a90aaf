"""Who never arrived: proposed, listed, marked all or some as one change with one undo; and walk-ins by keyboard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.records import AppointmentStatus as S
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import local_day
from clinic_desk.services import booking, calendar
from clinic_desk.ui.house.noshow import NoShowSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import count
from tests.support.key_count import counted_keys
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.house.conftest import BookAt, OpenProgram, press

Key = Qt.Key
ZONE = "Europe/Berlin"
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def desk(open_program: OpenProgram, qtbot: QtBot) -> DeskProgram:
    """A desk of the reception, its calendar with the keyboard."""
    program = open_program()
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    program.window.calendar.setFocus()
    return program


@pytest.fixture
def space(desk: DeskProgram) -> Workspace:
    return space_of(desk)


def statuses(database: Database, *entries: Entry) -> list[S]:
    found = {entry.id: entry for entry in calendar.load_entries(database, [entry.id for entry in entries])}
    return [found[entry.id].appointment.status for entry in entries]


def opened(space: Workspace, qtbot: QtBot, number: int) -> NoShowSheet:
    (sheet,) = [each for each in space.window.findChildren(NoShowSheet) if each.isVisible()]
    qtbot.waitUntil(lambda: len(sheet.rows.records) == number)
    return sheet


def test_who_is_forgotten_is_listed_some_are_taken_out_and_the_rest_marked_with_one_undo(
    database: Database, space: Workspace, book_at: BookAt, qtbot: QtBot
) -> None:
    entries = [book_at(-30 * (3 - number), number) for number in range(3)]
    qtbot.waitUntil(lambda: space.house().panel.never.text() == "Never arrived: 3…")
    assert space.house().panel.never.isVisible()
    press(Key.Key_X, SHIFT)
    sheet = opened(space, qtbot, 3)
    qtbot.waitUntil(sheet.list.hasFocus)
    assert sheet.mark_button.text() == "3 did not come ⏎"
    press(Key.Key_Down)
    press(Key.Key_Space)
    assert sheet.rows.index(1, 0).data() == "☐ stays booked"
    assert sheet.mark_button.text() == "2 did not come ⏎"
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: statuses(database, *entries) == [S.NOSHOW, S.BOOKED, S.NOSHOW])
    qtbot.waitUntil(lambda: space.window.toasts.latest_text() == "Marked as not having come: 2")
    assert space.window.calendar.hasFocus()
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: statuses(database, *entries) == [S.BOOKED] * 3)


def test_a_list_that_is_closed_before_the_answer_came_is_told_of_all_the_same(
    database: Database, space: Workspace, book_at: BookAt, qtbot: QtBot
) -> None:
    entry = book_at(-30)
    qtbot.waitUntil(space.house().panel.never.isVisible)
    space.house().panel.never.click()
    sheet = opened(space, qtbot, 1)
    qtbot.waitUntil(sheet.list.hasFocus)
    press(Key.Key_Return)
    press(Key.Key_Escape)
    QApplication.sendPostedEvents(sheet, QEvent.Type.DeferredDelete)
    assert not isValid(sheet)
    qtbot.waitUntil(lambda: space.window.toasts.latest_text() == "Marked as not having come: 1")
    assert statuses(database, entry) == [S.NOSHOW]


def test_the_list_follows_other_desks_and_one_who_was_here_is_done(
    database: Database, second_database: Database, space: Workspace, book_at: BookAt, qtbot: QtBot
) -> None:
    entries = [book_at(-30 * (3 - number), number) for number in range(3)]
    qtbot.waitUntil(lambda: space.house().panel.never.text() == "Never arrived: 3…")
    space.house().panel.never.click()
    sheet = opened(space, qtbot, 3)
    booking.set_status(second_database, SetStatus(entries[0].id, 1, S.ARRIVED))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 2)
    qtbot.waitUntil(sheet.list.hasFocus)
    press(Key.Key_F)
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 1)
    assert statuses(database, *entries) == [S.ARRIVED, S.FULFILLED, S.BOOKED]
    press(Key.Key_Escape)
    assert space.window.calendar.hasFocus()


def test_the_next_morning_yesterdays_are_proposed(
    open_program: OpenProgram, database: Database, book_at: BookAt, qtbot: QtBot
) -> None:
    entry = book_at(-24 * 60 - 30)
    space = space_of(open_program())
    toasts = space.window.toasts
    qtbot.waitUntil(lambda: "never marked as arrived: 1" in toasts.latest_text())
    toasts.findChildren(QPushButton, "toast_action")[-1].click()
    sheet = opened(space, qtbot, 1)
    sheet.mark_button.click()
    qtbot.waitUntil(lambda: statuses(database, entry) == [S.NOSHOW])


def test_in_the_evening_it_is_proposed_once(
    space: Workspace, book_at: BookAt, now: datetime, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock put forward: before midnight as after it there is a last visit of the day."""
    house, toasts = space.house(), space.window.toasts
    entry = book_at(5)
    qtbot.waitUntil(lambda: space.store.entry(entry.id) is not None)
    house.look()
    assert "day is over" not in toasts.latest_text()
    ended = entry.appointment.ends_at + timedelta(minutes=10)
    monkeypatch.setattr(space.store.freshness, "now", lambda: ended)
    house.look()
    if local_day(entry.appointment.starts_at, ZONE) == local_day(ended, ZONE):  # else it is of the day before
        assert toasts.latest_text() == "The day is over. Booked and never marked as arrived: 1"
    toasts.clear()
    house.look()
    assert toasts.latest_text() == ""


def set_hours(engine: Engine, clinic: SmallClinic, days: set[int]) -> None:
    """Everybody works round the clock on these ISO weekdays, and on no other."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM working_hours")
        for day in days:
            connection.exec_driver_sql(
                "INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute,"
                " valid_from) VALUES (gen_random_uuid(), %s, %s, %s, 0, 1440, '2020-01-01')",
                (clinic.weber, clinic.berlin, day),
            )


@pytest.mark.parametrize("is_open", [True, False])
def test_a_walk_in_is_booked_and_arrives_by_few_keys_and_is_told_nothing(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    owner_engine: Engine,
    open_program: OpenProgram,
    qtbot: QtBot,
    now: datetime,
    is_open: bool,
) -> None:
    todays = {local_day(now, zone).isoweekday() for zone in (ZONE, "America/New_York")}  # two, between their midnights
    set_hours(owner_engine, clinic, set(range(1, 8)) - (set() if is_open else todays))
    program = open_program()
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    space = space_of(program)
    program.window.calendar.setFocus()
    with counted_keys() as keys:
        press(Key.Key_I)
        form = space.booking.form
        qtbot.waitUntil(lambda: form.isVisible() and form.content.draft.day is not None)
        assert form.title.text() == "Walk-in: booked and arrived"
        assert form.content.walks_in
        before = len(keys)
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, "sio")
        typed = len(keys) - before
        qtbot.waitUntil(form.patient_line.matches.isVisible)
        press(Key.Key_Return)
        qtbot.waitUntil(lambda: form.content.draft.patient is not None and form.content.has_board)
        assert not form.fields.tell.isEnabled()
        assert "arrived" in form.book_button.text()
        press(Key.Key_Return)
        qtbot.waitUntil(lambda: bool(form.sending.asked) or not form.isVisible())
        overruled = bool(form.sending.asked)
        assert overruled is not is_open  # nobody works today: at once, if that is agreed to
        if overruled:
            qtbot.waitUntil(lambda: form.sending.guard.is_ready)
            press(Key.Key_Return)
        qtbot.waitUntil(lambda: len(space.house().rows) == 1)
    assert typed == 3
    assert len(keys) - typed == 3 + overruled, keys.pressed
    assert space.house().rows[0].name == "O'Neill, Siobhán"
    assert space.window.toasts.latest_text().startswith("Booked and arrived: Siobhán O'Neill")
    assert count(owner_engine, "notification") == 0
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not space.house().rows)


def test_a_walk_in_put_on_another_day_is_an_ordinary_booking(
    clinic: SmallClinic, space: Workspace, qtbot: QtBot
) -> None:
    press(Key.Key_I)
    form = space.booking.form
    qtbot.waitUntil(lambda: form.isVisible() and form.content.draft.day is not None)
    form.fields.when.setFocus()
    form.fields.when.selectAll()
    QTest.keyClicks(form.fields.when, f"{clinic.monday:%d.%m.%Y} 9:00")
    press(Key.Key_Tab)
    qtbot.waitUntil(lambda: form.content.draft.day == clinic.monday)
    assert not form.content.walks_in
    assert form.title.text() == "New appointment"
    press(Key.Key_Escape)
