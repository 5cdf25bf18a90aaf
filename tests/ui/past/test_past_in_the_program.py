"""The look back at a day in the whole program, by keyboard alone: what was, what became of it, and going there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.services import booking
from clinic_desk.ui.past.desk import PastDesk
from clinic_desk.ui.past.sheet import PastSheet
from tests.support.bookings import BERLIN, NEW_YORK, at, checkup
from tests.support.small_clinic import SmallClinic

OpenProgram = Callable[..., DeskProgram]
ENTER, ESC, DOWN, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Tab
AN_HOUR = timedelta(hours=1)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    QTest.keyClick(widget, key, modifiers)


def type_text(text: str) -> None:
    """Type where the keyboard is."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    QTest.keyClicks(widget, text)


def let_pass(engine: Engine, hours: int) -> None:
    """Let all that was done until now have been done so many hours ago."""
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE history DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE history SET at = at - make_interval(hours => %s)", (hours,))
        connection.exec_driver_sql("ALTER TABLE history ENABLE TRIGGER USER")


def today() -> date:
    return local_day(datetime.now(UTC), BERLIN)


@pytest.fixture
def changed(clinic: SmallClinic, database: Database, owner_engine: Engine) -> tuple[Entry, ...]:
    """Five visits next Monday that were booked two hours ago; since then something became of each, and one is new."""
    monday = today() + timedelta(days=7 - today().weekday())
    before = [
        booking.book(database, checkup(clinic, at(monday, 9, 15 * number), patient_id=clinic.patients[number]))
        for number in range(4)
    ]
    rows = [entry.appointment for entry in before]
    let_pass(owner_engine, 2)
    booking.cancel(database, Cancel(rows[0].id, rows[0].version, CancellationReason.PATIENT))
    booking.update(database, Update(rows[1].id, rows[1].version, starts_at=at(monday, 11)))
    booking.update(database, Update(rows[2].id, rows[2].version, starts_at=at(monday + timedelta(days=1), 10)))
    booking.set_status(database, SetStatus(rows[3].id, rows[3].version, AppointmentStatus.ENTERED_IN_ERROR))
    new = booking.book(database, checkup(clinic, at(monday, 14), patient_id=clinic.patients[5]))
    return (*before, new)


def opened(program: DeskProgram, qtbot: QtBot, day: date) -> PastSheet:
    """Go to a day and look back by the key, and wait for what is read."""
    space = program.workspace
    assert space is not None
    space.navigator.go_to(day)
    qtbot.waitUntil(lambda: day in space.store.boards)
    program.window.activateWindow()
    program.window.calendar.setFocus()
    press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    desk = program.findChild(PastDesk)
    assert isinstance(desk, PastDesk)
    sheet = desk.sheet
    assert sheet is not None
    read(sheet, qtbot)
    return sheet


def read(sheet: PastSheet, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "Reading" not in sheet.told.text(), timeout=10_000)


def type_moment(sheet: PastSheet, qtbot: QtBot, ago: timedelta) -> None:
    """Type a moment gone by into the line, which has the keyboard, by the clock of the first site."""
    wall = to_wall(datetime.now(UTC) - ago, NEW_YORK)
    assert sheet.moment.hasFocus()
    sheet.moment.selectAll()
    type_text(f"{wall:%d.%m. %H:%M}")
    press(ENTER)
    read(sheet, qtbot)


def test_a_typed_moment_shows_the_day_as_it_was_and_what_became_of_each(
    open_program: OpenProgram, qtbot: QtBot, changed: tuple[Entry, ...]
) -> None:
    program = open_program()
    sheet = opened(program, qtbot, local_day(changed[0].appointment.starts_at, BERLIN))
    type_moment(sheet, qtbot, AN_HOUR)
    told = {row.id: row.became for row in sheet.rows.records}
    tuesday = f"{to_wall(changed[2].appointment.starts_at, BERLIN) + timedelta(days=1):%a} "
    assert told[changed[0].id] == "Cancelled"
    assert told[changed[1].id] == "Moved from 09:15"
    assert told[changed[2].id].startswith(f"Moved to {tuesday}")
    assert told[changed[3].id] == "Entered in error"
    assert told[changed[4].id] == "Booked"
    assert len(told) == len(changed)
    assert "1 booked, 1 moved, 1 moved to another day, 1 cancelled, 1 entered in error" in sheet.told.text()
    sheet.list.choose(changed[1].id)
    entry = sheet.calendar.selected_entry()
    assert entry is not None
    assert replace(entry, changed=None).appointment == changed[1].appointment
    assert not sheet.calendar.select_entry(changed[4].id)


def test_before_anything_was_booked_the_day_is_empty_and_esc_leads_back(
    open_program: OpenProgram, qtbot: QtBot, changed: tuple[Entry, ...]
) -> None:
    program = open_program()
    sheet = opened(program, qtbot, local_day(changed[0].appointment.starts_at, BERLIN))
    type_moment(sheet, qtbot, 3 * AN_HOUR)
    assert not sheet.calendar.select_entry(changed[0].id)
    press(ESC)
    assert not sheet.isVisible()
    assert program.window.calendar.hasFocus()


def test_enter_on_a_line_goes_to_where_the_appointment_is_now(
    open_program: OpenProgram, qtbot: QtBot, changed: tuple[Entry, ...]
) -> None:
    program = open_program()
    assert program.workspace is not None
    space = program.workspace
    sheet = opened(program, qtbot, local_day(changed[0].appointment.starts_at, BERLIN))
    type_moment(sheet, qtbot, AN_HOUR)
    sheet.list.setFocus()
    sheet.list.choose(changed[2].id)
    press(ENTER)
    assert not sheet.isVisible()
    moved_to = local_day(changed[2].appointment.starts_at, BERLIN) + timedelta(days=1)
    assert space.navigator.view.day == moved_to
    qtbot.waitUntil(lambda: space.sides.panel.entry is not None and space.sides.panel.entry.id == changed[2].id)


def test_it_opens_at_the_last_look_so_that_only_what_is_new_is_listed(
    *, open_program: OpenProgram, qtbot: QtBot, changed: tuple[Entry, ...], database: Database, clinic: SmallClinic
) -> None:
    program = open_program()
    day = local_day(changed[0].appointment.starts_at, BERLIN)
    opened(program, qtbot, day)
    press(ESC)
    assert opened(program, qtbot, day).rows.records == []
    press(ESC)
    new = booking.book(database, checkup(clinic, at(day, 15), patient_id=clinic.patients[6]))
    sheet = opened(program, qtbot, day)
    assert [(row.id, row.became) for row in sheet.rows.records] == [(new.id, "Booked")]
    assert "Since then: 1 booked." in sheet.told.text()


@pytest.mark.parametrize(
    ("typed", "told"),
    [("nonsense", "not understood"), ("tomorrow 8", "still to come")],
)
def test_what_is_no_moment_gone_by_is_said_beside_it_and_stays(
    *, open_program: OpenProgram, qtbot: QtBot, clinic: SmallClinic, typed: str, told: str
) -> None:
    sheet = opened(open_program(), qtbot, clinic.monday)
    sheet.moment.selectAll()
    type_text(typed)
    press(ENTER)
    assert told in sheet.told.text()
    assert sheet.isVisible()


def test_a_weekday_means_the_last_one(open_program: OpenProgram, qtbot: QtBot, clinic: SmallClinic) -> None:
    sheet = opened(open_program(), qtbot, clinic.monday)
    sheet.moment.selectAll()
    type_text(f"{today() + timedelta(days=2):%a} 8".lower())
    press(ENTER)
    assert sheet.moment.when is not None
    assert sheet.moment.when.day == today() - timedelta(days=5)
    assert sheet.moment.when.minute == 8 * 60


def test_nothing_can_be_dragged_on_the_calendar_that_was(
    open_program: OpenProgram, qtbot: QtBot, changed: tuple[Entry, ...]
) -> None:
    sheet = opened(open_program(), qtbot, local_day(changed[0].appointment.starts_at, BERLIN))
    type_moment(sheet, qtbot, AN_HOUR)
    assert sheet.calendar.select_entry(changed[0].id)
    viewport, middle = sheet.calendar.viewport(), sheet.calendar.stage.cursor_rect().center()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle)
    for down in (5, 30, 60):
        QTest.mouseMove(viewport, middle + QPoint(0, down))
    assert not sheet.calendar.hands.pointer.is_dragging
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle + QPoint(0, 60))
    assert sheet.calendar.scene.ghost is None
