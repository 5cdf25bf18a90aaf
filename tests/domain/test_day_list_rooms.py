"""What a room's list holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from clinic_desk.domain.day_list import LineKind
from clinic_desk.domain.day_list_rooms import RoomDay, room_days
from clinic_desk.domain.records import AppointmentStatus, Block, Clinic, Closure, DayBoard, Entry
from tests.domain.factories import (
    CHECK_UP,
    DOCTOR,
    ECHO,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_ROOM,
    ROOM,
    SITE,
    appointment,
    hours,
    patient,
)

CLINIC = Clinic(
    (SITE,),
    (DOCTOR, OTHER_DOCTOR),
    (ROOM, OTHER_ROOM, ECHO),
    (CHECK_UP,),
    (*hours((480, 720)), *hours((660, 780), practitioner_id=OTHER_DOCTOR.id)),
    (),
)
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)


def entry(hour: float, **other: Any) -> Entry:
    row = replace(appointment(MIDNIGHT + timedelta(hours=hour), 60), id=UUID(int=int(hour * 60)), **other)
    return Entry(row, patient("Meier"))


def lists(*entries: Entry, clinic: Clinic = CLINIC, blocks: tuple[Block, ...] = (), **wanted: Any) -> list[RoomDay]:
    board = DayBoard(MONDAY, MIDNIGHT, MIDNIGHT + timedelta(days=1), MIDNIGHT, entries, (), blocks, ())
    return list(room_days(board, clinic, **wanted))


def told(day: RoomDay) -> list[tuple[LineKind, float, float]]:
    """Kind, and from when to when in hours."""
    hour = timedelta(hours=1)
    return [(line.kind, (line.starts_at - MIDNIGHT) / hour, (line.ends_at - MIDNIGHT) / hour) for line in day.lines]


def test_a_room_is_free_while_anybody_works_at_its_site_and_nothing_stands_in_it() -> None:
    (found,) = lists(entry(9, room_id=ROOM.id), entry(11, room_id=None))
    assert found.room_id == ROOM.id
    assert told(found) == [(LineKind.FREE, 8, 9), (LineKind.APPOINTMENT, 9, 10), (LineKind.FREE, 10, 13)]


def test_who_was_shown_into_another_room_is_on_that_rooms_list_and_a_device_has_one_too() -> None:
    moved = entry(
        9, room_id=ROOM.id, present_room_id=OTHER_ROOM.id, device_id=ECHO.id, status=AppointmentStatus.CHECKED_IN
    )
    gone = entry(10, room_id=ROOM.id, status=AppointmentStatus.CANCELLED)
    assert [day.room_id for day in lists(moved, gone)] == [OTHER_ROOM.id, ECHO.id]


def test_what_is_kept_is_on_it_a_closed_day_says_so_and_an_unused_room_only_when_asked_for() -> None:
    kept = Block(UUID(int=5), MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=12), "Repair", room_id=ROOM.id)
    (found,) = lists(blocks=(kept,))
    assert told(found) == [(LineKind.BLOCK, 8, 12), (LineKind.FREE, 12, 13)]
    assert lists() == []
    (asked,) = lists(room_ids={OTHER_ROOM.id})
    assert told(asked) == [(LineKind.FREE, 8, 13)]
    closed = replace(CLINIC, closures=(Closure(UUID(int=6), SITE.id, MONDAY, MONDAY, "Outing"),))
    (shut,) = lists(entry(9, room_id=ROOM.id), clinic=closed)
    assert [kind for kind, *_ in told(shut)] == [LineKind.CLOSED, LineKind.APPOINTMENT]


def test_where_several_fit_nothing_is_called_free() -> None:
    wide = replace(CLINIC, rooms=(replace(ROOM, capacity=3),))
    (found,) = lists(entry(9, room_id=ROOM.id), clinic=wide)
    assert [kind for kind, *_ in told(found)] == [LineKind.APPOINTMENT]
