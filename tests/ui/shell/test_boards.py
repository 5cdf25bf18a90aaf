"""Putting rows into a board and taking them out, and telling what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from clinic_desk.domain.records import Appointment, AppointmentStatus, DayBoard, Entry, Hold, Patient
from clinic_desk.ui import boards

START = datetime(2031, 3, 3, tzinfo=UTC)
PATIENT = Patient(UUID(int=1), "Meier", "Anna", date(1987, 3, 14))
EMPTY = DayBoard(START.date(), START, START + timedelta(days=1), START)


def entry_at(hour: float, *, version: int = 1, key: UUID | None = None) -> Entry:
    starts_at = START + timedelta(hours=hour)
    return Entry(
        Appointment(
            key or uuid4(),
            PATIENT.id,
            UUID(int=2),
            UUID(int=3),
            UUID(int=4),
            starts_at,
            starts_at + timedelta(minutes=15),
            starts_at.replace(tzinfo=None),
            "UTC",
            version=version,
        ),
        PATIENT,
    )


def put(board: DayBoard, *entries: Entry) -> tuple[DayBoard, frozenset[UUID]]:
    return boards.with_entries(board, [entry.id for entry in entries], {entry.id: entry for entry in entries})


def test_entries_are_put_in_by_start() -> None:
    late, early = entry_at(11), entry_at(9)
    board, changed = put(EMPTY, late, early)
    assert board.entries == (early, late)
    assert changed == {late.id, early.id}


def test_an_entry_that_is_the_same_is_no_change_and_the_board_stays_the_same_object() -> None:
    entry = entry_at(9)
    board, _ = put(EMPTY, entry)
    again, changed = put(board, replace(entry))
    assert again is board
    assert not changed


def test_an_entry_that_was_moved_to_another_day_leaves_the_board() -> None:
    entry = entry_at(9)
    board, _ = put(EMPTY, entry)
    emptied, changed = put(board, entry_at(33, version=2, key=entry.id))
    assert emptied.entries == ()
    assert changed == {entry.id}


def test_an_id_without_entry_is_gone() -> None:
    entry = entry_at(9)
    board, _ = put(EMPTY, entry)
    emptied, changed = boards.with_entries(board, [entry.id], {})
    assert emptied.entries == ()
    assert changed == {entry.id}


def test_an_entry_in_error_leaves_the_board_and_a_cancelled_one_stays() -> None:
    entry = entry_at(9)
    board, _ = put(EMPTY, entry)
    cancelled = replace(entry, appointment=replace(entry.appointment, status=AppointmentStatus.CANCELLED))
    assert put(board, cancelled)[0].entries == (cancelled,)
    wrong = replace(entry, appointment=replace(entry.appointment, status=AppointmentStatus.ENTERED_IN_ERROR))
    assert put(board, wrong)[0].entries == ()


def test_an_entry_whose_buffer_reaches_into_the_day_belongs_to_it() -> None:
    before = entry_at(-0.5)
    assert not boards.belongs_to(EMPTY, before)
    buffered = replace(before, appointment=replace(before.appointment, buffer_after_minutes=20))
    assert boards.belongs_to(EMPTY, buffered)


def hold_at(hour: float, expires_in: float = 1) -> Hold:
    starts_at = START + timedelta(hours=hour)
    expires_at = START + timedelta(hours=expires_in)
    return Hold(
        UUID(int=7), UUID(int=8), "Desk 2", UUID(int=2), starts_at, starts_at + timedelta(minutes=15), expires_at
    )


def test_a_hold_that_came_is_a_change_and_one_that_was_renewed_is_none() -> None:
    board, changed = boards.with_holds(EMPTY, [hold_at(9)])
    assert changed == {UUID(int=7)}
    same, changed = boards.with_holds(board, [hold_at(9, expires_in=2)])
    assert not changed
    assert same is board
    assert boards.with_holds(board, [])[1] == {UUID(int=7)}


def test_holds_of_other_days_are_left_out() -> None:
    assert boards.with_holds(EMPTY, [hold_at(40)]) == (EMPTY, frozenset())


def test_a_new_reading_keeps_the_objects_of_what_did_not_change() -> None:
    one, two = entry_at(9), entry_at(10)
    board, _ = put(EMPTY, one, two)
    changed_two = replace(two, appointment=replace(two.appointment, version=2))
    read = replace(board, entries=(replace(one), changed_two))
    shared = boards.sharing(board, read)
    assert shared.entries[0] is one
    assert boards.difference(board, shared) == {two.id}
