"""Somebody who may only read at a real desk: sees the day, follows it live, and is told that nothing can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.workspace import Workspace
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram

ZONE = "Europe/Berlin"
WHY = "Your login may only look"


def _space(program: DeskProgram) -> Workspace:
    assert program.workspace is not None
    return program.workspace


def _shown(program: DeskProgram, day: date) -> list[tuple[str, object]]:
    board = _space(program).store.boards.get(day)
    return [(entry.patient.display_name, entry.appointment.starts_at) for entry in board.entries] if board else []


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """An appointment on Monday at ten, made at another desk."""
    start = minute_to_instant(clinic.monday, 600, ZONE)
    return booking.book(database, Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15))


@pytest.fixture
def reading(
    booked: Entry,
    open_program: OpenProgram,
    url_as: Callable[[Any], URL],
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[DeskProgram]:
    """The program of somebody who may only read, with Monday on screen; nothing worth a warning may happen."""
    monday = booked.appointment.wall_start.date()
    program = open_program("Desk 3", url_as("clinic_readonly"))
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    _space(program).navigator.go_to(monday, minute=600, select=booked.id)
    qtbot.waitUntil(lambda: len(_shown(program, monday)) == 1)
    qtbot.waitUntil(program.window.calendar.isVisible)
    yield program
    assert [record for record in caplog.records if record.levelname not in ("DEBUG", "INFO")] == []


def test_a_reader_sees_the_day_and_follows_it_live(
    reading: DeskProgram,
    booked: Entry,
    clinic: SmallClinic,
    database: Database,
    qtbot: QtBot,
) -> None:
    later = minute_to_instant(clinic.monday, 660, ZONE)
    moved = booking.update(database, Update(booked.id, booked.appointment.version, starts_at=later))
    qtbot.waitUntil(lambda: _shown(reading, clinic.monday) == [(moved.patient.display_name, later)])
    qtbot.waitUntil(lambda: "Desks: Desk 3" in reading.window.status_bar.desks.text())


def test_what_writes_is_off_for_a_reader_and_says_why(reading: DeskProgram, owner_engine: Engine) -> None:
    window = reading.window
    for name in ("new", "move", "cancel", "undo", "park"):
        assert not window.actions_by_name[name].isEnabled()
        assert WHY in window.actions_by_name[name].toolTip(), name
    assert WHY not in window.actions_by_name["today"].toolTip()
    for key in (Qt.Key.Key_N, Qt.Key.Key_M, Qt.Key.Key_C):
        QTest.keyClick(window.calendar, key)
    assert not _space(reading).booking.form.isVisible()
    assert _space(reading).moving.carrying is None
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM hold").scalar_one() == 0


def test_a_reader_who_opens_or_drags_an_appointment_is_told_and_nothing_is_tried(
    reading: DeskProgram, booked: Entry, clinic: SmallClinic, owner_engine: Engine
) -> None:
    space, row = _space(reading), booked.appointment
    told: list[str] = []
    reading.window.toasts.show_text, before = lambda text, **_: told.append(text), reading.window.toasts.show_text  # type: ignore[method-assign,assignment]
    space.booking.edit(booked)
    later = minute_to_instant(clinic.monday, 660, ZONE)
    reading.window.calendar.move_requested.emit(MoveWish(booked, row.practitioner_id, row.site_id, later, 15))
    reading.window.toasts.show_text = before  # type: ignore[method-assign]
    assert [WHY in text for text in told] == [True, True]
    assert not space.booking.form.isVisible()
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version FROM appointment").scalar_one() == row.version


def test_a_reader_at_a_pc_where_others_work_is_another_desk(
    reading: DeskProgram, open_program: OpenProgram, owner_engine: Engine
) -> None:
    open_program("Desk 3")
    with owner_engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT db_user FROM desk WHERE name LIKE 'Desk 3%%' ORDER BY db_user")
        assert [row[0] for row in rows] == ["test_readonly", "test_reception"]
    assert not _space(reading).may_write
