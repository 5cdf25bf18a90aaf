"""What the search offers, what the rules say and what the database's constraints take are the same, on PostgreSQL."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, insert, text

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.domain.candidates import Candidate
from clinic_desk.domain.commands import OVERRULABLE, Book, Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.refusals import RuleViolation, SlotTaken
from clinic_desk.domain.wall import day_bounds, to_wall
from clinic_desk.services import calendar, slots
from clinic_desk.services.booking import book
from clinic_desk.services.slots import SlotQuery
from tests.support.accepting import accepted, trying
from tests.support.small_clinic import SmallClinic

STEP = 15
TAKEN = {Rule.SLOT_TAKEN, Rule.ROOM_TAKEN, Rule.DEVICE_TAKEN}


@dataclass(frozen=True, slots=True)
class Board:
    """A random clinic in the database. `day`: the local day that is looked at; `zone`: of the site all happens at."""

    small: SmallClinic
    day: date
    zone: str
    chance: random.Random
    types: tuple[UUID, ...]
    rooms: tuple[UUID, ...]
    devices: tuple[UUID, ...]

    def row(self, kind: Any, start: datetime, who: UUID, room: UUID | None, device: UUID | None) -> dict[str, Any]:
        """A row of an appointment that is not squeezed in, with the buffers of its type."""
        return {
            "id": new_id(),
            "patient_id": self.chance.choice(self.small.patients[3:]),
            "practitioner_id": who,
            "site_id": self.small.berlin,
            "type_id": kind.id,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=kind.length_minutes),
            "wall_start": to_wall(start, self.zone),
            "zone": self.zone,
            "room_id": room,
            "device_id": device,
            "buffer_before_minutes": kind.buffer_before_minutes,
            "buffer_after_minutes": kind.buffer_after_minutes,
            "squeezed_in": False,
        }


def given(engine: Engine, small: SmallClinic, chance: random.Random) -> Board:
    """Set a random clinic up: hours of every kind, rooms for several, devices, reserved time, appointments."""
    day, zone = chance.choice(
        (
            (date(2030, 3, 31), "Europe/Berlin"),  # an hour is missing
            (date(2030, 10, 27), "Europe/Berlin"),  # an hour comes twice
            (date(2030, 10, 6), "Australia/Lord_Howe"),  # half an hour is missing
            (date(2030, 4, 7), "Australia/Lord_Howe"),
            (small.monday, "Europe/Berlin"),
            (date(2032, 2, 29), "America/New_York"),
        )
    )
    devices = (new_id(), new_id())
    board = Board(
        small,
        day,
        zone,
        chance,
        types=(small.checkup, small.consultation, small.procedure),
        rooms=(small.room_1, small.room_2),
        devices=devices,
    )
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM working_hours"))
        _set_up(connection, board)
        _fill(connection, board, clinic_record(connection))
    return board


def _set_up(connection: Connection, board: Board) -> None:
    small, chance = board.small, board.chance
    connection.execute(text("UPDATE site SET zone = :zone WHERE id = :id"), {"zone": board.zone, "id": small.berlin})
    connection.execute(
        text("UPDATE room SET capacity = :many WHERE id = :id"), {"many": chance.randint(1, 3), "id": small.room_1}
    )
    connection.execute(
        insert(tables.room),
        [
            {"id": key, "site_id": small.berlin, "name": f"Device {key}", "kind": "device", "position": number}
            for number, key in enumerate(board.devices)
        ],
    )
    connection.execute(text("UPDATE appointment_type SET needs_device = :yes WHERE id = :id"),
                       {"yes": chance.random() < 0.5, "id": small.procedure})  # fmt: skip
    connection.execute(text("DELETE FROM appointment_type_room"))
    if chance.random() < 0.5:
        named = [small.room_2, board.devices[0]]
        rows = [{"type_id": small.procedure, "room_id": key} for key in named]
        connection.execute(insert(tables.appointment_type_room), rows)
    for who in (small.weber, small.okafor):
        for offset in (-1, 0, 1):
            day = board.day + timedelta(days=offset)
            for span in _spans(chance):
                row = {"practitioner_id": who, "site_id": small.berlin, "start_minute": span[0], "end_minute": span[1]}
                since = day - timedelta(days=7 * chance.randint(0, 3))
                weekly = row | {"weekday": day.isoweekday(), "valid_from": since, "every_weeks": chance.randint(1, 2)}
                connection.execute(insert(tables.working_hours), {"id": new_id()} | weekly)
                if chance.random() < 0.15:
                    connection.execute(insert(tables.date_override), {"id": new_id(), "day": day} | row)
    begin = day_bounds(board.day, board.zone)[0]
    for _ in range(2):
        start = begin + timedelta(minutes=5 * chance.randrange(288))
        bounds = {"starts_at": start, "ends_at": start + timedelta(minutes=5 * chance.randint(6, 24))}
        place = chance.choice(({"practitioner_id": small.weber}, {"room_id": small.room_2}))
        key = new_id()
        connection.execute(insert(tables.block), {"id": key, "name": "Block"} | bounds | place)
        if chance.random() < 0.6:
            connection.execute(insert(tables.block_type), {"block_id": key, "type_id": small.procedure})


def _spans(chance: random.Random) -> list[tuple[int, int]]:
    edges = sorted(chance.sample(range(0, 1441, 15), 2 * chance.randint(1, 2)))
    if chance.random() < 0.3:
        edges[-1] = 1440
    if chance.random() < 0.3:
        edges[0] = 0
    return [span for span in zip(edges[::2], edges[1::2], strict=True) if span[0] < span[1]]


def _fill(connection: Connection, board: Board, clinic: Clinic) -> None:
    """Put appointments in wherever the constraints let them: the database, not the search, decides."""
    chance, small = board.chance, board.small
    begin = day_bounds(board.day, board.zone)[0] - timedelta(hours=3)
    for _ in range(40):
        kind = clinic.type(chance.choice(board.types))
        start = begin + timedelta(minutes=5 * chance.randrange(360))
        who = chance.choice((small.weber, small.okafor, small.diaz))
        room = chance.choice((None, *board.rooms))
        device = chance.choice((None, *board.devices))
        row = board.row(kind, start, who, room, device)
        row["squeezed_in"] = chance.random() < 0.1
        accepted(connection, row, keep=True)


def query_of(board: Board, type_id: UUID) -> SlotQuery:
    return SlotQuery(
        type_id=type_id,
        from_at=day_bounds(board.day, board.zone)[0],
        practitioner_ids=frozenset({board.small.weber, board.small.okafor}),
        site_id=board.small.berlin,
        days=1,
    )


def grid(board: Board) -> list[datetime]:
    """Every five minutes of the day, as often as it comes."""
    begin, end = day_bounds(board.day, board.zone)
    return [begin + timedelta(minutes=minute) for minute in range(0, int((end - begin).total_seconds() // 60), 5)]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_offered_the_constraints_take_and_what_is_not_is_refused_or_needs_an_overrule(
    clinic: SmallClinic, database: Database, owner_engine: Engine, seed: int
) -> None:
    chance = random.Random(seed)
    board = given(owner_engine, clinic, chance)
    record = calendar.load_clinic(database)
    for type_id in board.types:
        kind = record.type(type_id)
        offered = {
            (slot.practitioner_id, slot.starts_at): slot
            for slot in slots.free_slots(database, query_of(board, type_id))
        }
        with trying(owner_engine) as connection:
            for slot in offered.values():
                row = board.row(kind, slot.starts_at, slot.practitioner_id, slot.room_id, slot.device_id)
                assert accepted(connection, row), f"offered and refused by the constraints: {slot}"
            for who in (clinic.weber, clinic.okafor):
                for start in chance.sample(grid(board), 40):
                    candidate = Candidate(type_id, who, clinic.berlin, start, kind.length_minutes)
                    answer = slots.may_book(database, candidate, record)
                    assert answer.offered == ((who, start) in offered), answer
                    rules = {violation.rule for violation in answer.verdict.violations}
                    if answer.offered or not rules & (TAKEN | {Rule.NO_ROOM, Rule.NO_DEVICE}):
                        row = board.row(kind, start, who, answer.verdict.room_id, answer.verdict.device_id)
                        assert accepted(connection, row), f"no rule against it, and refused: {answer}"
                    if Rule.SLOT_TAKEN in rules:
                        assert not accepted(connection, board.row(kind, start, who, None, None))
                    for rule, rooms in ((Rule.NO_ROOM, board.rooms), (Rule.NO_DEVICE, board.devices)):
                        if rules == {rule}:
                            _refused_everywhere(connection, board, candidate, record, rooms)


def _refused_everywhere(
    connection: Connection, board: Board, candidate: Candidate, record: Clinic, rooms: tuple[UUID, ...]
) -> None:
    """Each room (or device) that serves the visit is full, by the constraints or by a block."""
    kind = record.type(candidate.type_id)
    for key in rooms:
        named_other = any(record.room(one).kind == record.room(key).kind for one in kind.room_ids)
        if named_other and key not in kind.room_ids:
            continue
        is_device = key in board.devices
        start, who = candidate.starts_at, candidate.practitioner_id
        row = board.row(kind, start, who, None if is_device else key, key if is_device else None)
        end = start + timedelta(minutes=kind.length_minutes)
        blocked = connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM block b WHERE room_id = :room AND starts_at < :end AND ends_at > :start"
                " AND NOT EXISTS (SELECT FROM block_type t WHERE t.block_id = b.id AND t.type_id = :type))"
            ),
            {"room": key, "start": start, "end": end, "type": kind.id},
        ).scalar_one()
        assert blocked or not accepted(connection, row)


@pytest.mark.parametrize("seed", range(100, 103))
def test_what_is_offered_can_be_booked_and_what_is_not_cannot_without_an_overrule(
    clinic: SmallClinic, database: Database, owner_engine: Engine, seed: int
) -> None:
    chance = random.Random(seed)
    board = given(owner_engine, clinic, chance)
    record = calendar.load_clinic(database)
    for _ in range(30):
        kind = record.type(chance.choice(board.types))
        offered = slots.free_slots(database, query_of(board, kind.id))
        if offered and chance.random() < 0.5:
            slot = chance.choice(offered)
            entry = book(database, _command(board, kind, slot.practitioner_id, slot.starts_at))
            assert (entry.appointment.room_id, entry.appointment.device_id) == (slot.room_id, slot.device_id)
            assert entry.appointment.overruled <= {Rule.PATIENT_BUSY}, "who is booked is not asked by the search"
            continue
        who, start = chance.choice((clinic.weber, clinic.okafor)), chance.choice(grid(board))
        candidate = Candidate(kind.id, who, clinic.berlin, start, kind.length_minutes)
        answer = slots.may_book(database, candidate, record)
        command = _command(board, kind, who, start)
        if answer.bookable:
            book(database, command)
            continue
        rules = {violation.rule for violation in answer.verdict.violations}
        with pytest.raises((RuleViolation, SlotTaken)) as refused:
            book(database, command)
        if isinstance(refused.value, RuleViolation):
            assert {violation.rule for violation in refused.value.violations} - {Rule.PATIENT_BUSY} == rules
        else:
            assert rules & TAKEN
        if answer.overrulable:
            entry = book(database, replace(_command(board, kind, who, start), overrule=OVERRULABLE))
            assert entry.appointment.overruled >= {rule.value for rule in rules}


def _command(board: Board, kind: Any, who: UUID, start: datetime) -> Book:
    return Book(
        patient_id=board.chance.choice(board.small.patients[:3]),
        type_id=kind.id,
        practitioner_id=who,
        site_id=board.small.berlin,
        starts_at=start,
        length_minutes=kind.length_minutes,
        overrule=frozenset({Rule.PATIENT_BUSY}),
        tell_patient=False,
    )
