"""The calendar as a table: its cells say who, when and what; a change touches its own columns only."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from clinic_desk.domain.records import AppointmentStatus, DayBoard
from clinic_desk.ui.calendar.model import CalendarModel
from clinic_desk.ui.calendar.places import Column
from tests.ui.calendar import sample

A11Y = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def model() -> CalendarModel:
    made, clinic = CalendarModel(), sample.clinic()
    made.show(sample.columns(clinic), {sample.DAY: sample.picture_board()}, clinic)
    return made


def cell(model: CalendarModel, minute: int, column: int) -> str:
    return str(model.data(model.index(minute // model.grid.step, column), A11Y))


def test_the_table_has_a_row_a_step_and_a_column_a_doctor(model: CalendarModel) -> None:
    assert (model.rowCount(), model.columnCount()) == (96, 5)
    assert model.rowCount(model.index(0, 0)) == 0


def test_a_free_cell_says_whose_when_and_free(model: CalendarModel) -> None:
    assert cell(model, 585, 1) == "Dr. Jonas Weber, 09:45–10:00, free"


def test_a_booked_cell_says_who_what_when_and_how_it_stands(model: CalendarModel) -> None:
    assert cell(model, 630, 0) == (
        "Dr. Amara Okafor, 10:30–10:45, Aisha Rahman, New patient, 10:15–10:45, booked, confirmed"
    )
    assert "SMS failed" in cell(model, 660, 0)
    assert "cancelled" in cell(model, 510, 1)


def test_a_closed_a_break_and_a_held_cell_say_so(model: CalendarModel) -> None:
    assert cell(model, 60, 0).endswith("closed")
    assert cell(model, 735, 0).endswith("Lunch")
    assert cell(model, 675, 2).endswith("Desk 2 is booking here…")
    assert cell(model, 900, 2).endswith("Training")


def test_headers_have_names(model: CalendarModel) -> None:
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Dr. Amara Okafor"
    assert model.headerData(0, Qt.Orientation.Horizontal, A11Y) == "Dr. Amara Okafor, General practice"
    assert model.headerData(39, Qt.Orientation.Vertical) == "09:45"


def test_midnight_is_named_24_00_at_the_end_of_the_day(model: CalendarModel) -> None:
    assert ", 23:45–24:00, " in cell(model, 1425, 0)


def test_nonsense_is_answered_with_nothing(model: CalendarModel) -> None:
    assert model.data(QModelIndex()) is None
    assert model.data(model.index(0, 0), Qt.ItemDataRole.DecorationRole) is None
    assert model.headerData(99, Qt.Orientation.Horizontal) is None
    assert model.headerData(9999, Qt.Orientation.Vertical) is None


def test_the_model_keeps_qts_rules_for_models(qtbot: QtBot, model: CalendarModel) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    clinic, board = sample.clinic(), sample.picture_board()
    model.change({sample.DAY: sample.with_entry(board, sample.moved(board.entries[3], 30, 1))})
    model.set_grid(30, 30)
    model.show(sample.columns(clinic)[:2], {sample.DAY: board}, clinic)
    model.show((), {}, clinic)
    assert tester.model() is model


def test_one_change_renews_its_own_columns_and_no_other(qtbot: QtBot, model: CalendarModel) -> None:
    contents = [model.content(at) for at in range(5)]
    board = sample.picture_board()
    model.show(sample.columns(sample.clinic()), {sample.DAY: board}, sample.clinic())
    contents = [model.content(at) for at in range(5)]
    one = next(entry for entry in board.entries if entry.id == sample.uid(6, 9))
    with qtbot.assertNotEmitted(model.modelReset):
        changes = model.change({sample.DAY: sample.with_entry(board, sample.moved(one, 30, 1))})
    assert [change.column for change in changes] == [0, 1]
    assert [model.content(at) is contents[at] for at in range(5)] == [False, False, True, True, True]
    assert model.find(one.id) == (1, model.content(1).index(one.id))


def test_what_a_change_leaves_alone_stays_the_same_objects(model: CalendarModel) -> None:
    board = sample.picture_board()
    model.show(sample.columns(sample.clinic()), {sample.DAY: board}, sample.clinic())
    before = {id(item) for item in model.content(0).items}
    one = next(entry for entry in board.entries if entry.id == sample.uid(6, 9))
    model.change({sample.DAY: sample.with_entry(board, sample.moved(one, 30))})
    assert sum(id(item) not in before for item in model.content(0).items) == 1


@pytest.mark.parametrize("kind", ["practitioner", "room"])
def test_changes_one_by_one_lead_to_what_a_full_reading_shows(model: CalendarModel, kind: str) -> None:
    clinic, board, chance = sample.clinic(), sample.picture_board(), random.Random(5)
    columns = sample.columns(clinic)
    if kind == "room":
        columns = tuple(Column("room", room.id, sample.DAY, room.name) for room in clinic.rooms)
    model.show(columns, {sample.DAY: board}, clinic)
    for _ in range(60):
        one = chance.choice(board.entries)
        room = chance.choice((None, *(room.id for room in clinic.rooms)))
        one = replace(one, appointment=replace(one.appointment, room_id=room))
        board = sample.with_entry(board, sample.moved(one, chance.choice((-30, -15, 5, 20)), chance.randrange(5)))
        model.change({sample.DAY: board})
        fresh = CalendarModel()
        fresh.show(columns, {sample.DAY: board}, clinic)
        for at in range(len(columns)):
            assert model.content(at).items == fresh.content(at).items


def test_a_row_taken_away_is_gone_and_one_marked_in_error_too(model: CalendarModel) -> None:
    board = sample.picture_board()
    gone, wrong = board.entries[0], board.entries[5]
    in_error = replace(wrong, appointment=replace(wrong.appointment, status=AppointmentStatus.ENTERED_IN_ERROR))
    less = replace(board, entries=tuple(one for one in board.entries if one is not gone))
    model.change({sample.DAY: less})
    model.change({sample.DAY: sample.with_entry(less, in_error)})
    assert model.find(gone.id) is None
    assert model.find(wrong.id) is None


def test_a_block_that_comes_renews_the_bands_of_its_column(model: CalendarModel) -> None:
    contents = [model.content(at) for at in range(5)]
    board = sample.picture_board()
    changes = model.change({sample.DAY: replace(board, blocks=())})
    assert [(change.column, change.bands) for change in changes] == [(2, True)]
    assert contents[2].frame.band_at(900) is not None
    assert model.frame(2).band_at(900) is None


def test_a_reading_of_a_day_that_is_not_shown_changes_nothing(model: CalendarModel) -> None:
    other = sample.DAY + timedelta(days=1)
    assert model.change({other: sample.board(sample.entry(1, 0, 480, day=other), day=other)}) == []


def test_another_day_of_the_same_columns_is_no_reset(qtbot: QtBot, model: CalendarModel) -> None:
    clinic, day = sample.clinic(), sample.DAY + timedelta(days=1)
    with qtbot.assertNotEmitted(model.modelReset):
        model.show(sample.columns(clinic, day), {day: sample.board(day=day)}, clinic)
    assert cell(model, 480, 0).endswith("free")


def test_a_room_column_shows_what_is_booked_in_the_room(model: CalendarModel) -> None:
    clinic = sample.clinic()
    columns = tuple(Column("room", room.id, sample.DAY, room.name) for room in clinic.rooms)
    model.show(columns, {sample.DAY: sample.picture_board()}, clinic)
    assert "Beata Wójcik" in cell(model, 690, 0)
    assert "Yusuf Demir" in cell(model, 525, 1)
    assert cell(model, 600, 1).endswith("free")


def test_a_week_shows_each_day_of_one_doctor_in_the_colours_of_the_types() -> None:
    model, clinic = CalendarModel(), sample.clinic()
    monday = sample.DAY - timedelta(days=1)
    boards: dict = {}  # type: ignore[type-arg]
    for no in range(7):
        day = monday + timedelta(days=no)
        boards[day] = sample.board(sample.entry(no, 0, 600, f"Day {no}", "Echo", day=day), day=day)
    model.show(sample.week(clinic, monday), boards, clinic)
    assert model.is_week
    assert all(f"Day {no}" in cell(model, 600, no) for no in range(7))
    entry = next(iter(model.entries()))
    assert model.names.colour(entry) == clinic.type(entry.appointment.type_id).colour


def test_an_appointment_over_midnight_is_on_both_days(model: CalendarModel) -> None:
    clinic, tomorrow = sample.clinic(), sample.DAY + timedelta(days=1)
    night = sample.entry(1, 0, 1380, "Night", "Echo", length=120)
    week = sample.week(clinic, sample.DAY)
    model.show(week, {day: sample.board(night, day=day) for day in (sample.DAY, tomorrow)}, clinic)
    one, other = model.content(0).entries[0], model.content(1).entries[0]
    assert (one.start, one.end) == (1380, 1440)
    assert (other.start, other.end) == (0, 60)


def test_an_appointment_that_ends_at_midnight_is_not_on_the_next_day(model: CalendarModel) -> None:
    clinic, tomorrow = sample.clinic(), sample.DAY + timedelta(days=1)
    late = sample.entry(1, 0, 1380, "Late", "Echo", length=60)
    model.show(sample.columns(clinic, tomorrow), {tomorrow: sample.board(late, day=tomorrow)}, clinic)
    assert model.content(0).entries == ()


def test_a_type_or_doctor_nobody_knows_is_shown_without_its_name(model: CalendarModel) -> None:
    clinic = replace(sample.clinic(), types=())
    board: DayBoard = sample.picture_board()
    model.show(sample.columns(clinic), {sample.DAY: board}, clinic)
    assert cell(model, 660, 0).startswith("Dr. Amara Okafor, 11:00–11:15, Peter Novák, 11:00–11:15")
