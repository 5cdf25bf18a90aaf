"""One start, asked of everybody who has a say: the search, the judgement of one start, the constraints, the booking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.candidates import candidate_of_book
from clinic_desk.domain.commands import OVERRULABLE, Book, Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.refusals import RuleViolation, SlotTaken
from clinic_desk.domain.wall import day_bounds, local_day, to_wall
from clinic_desk.services import booking, calendar, slots
from clinic_desk.services.slots import SlotQuery
from tests.support.accepting import accepted, trying

_TAKEN = {Rule.SLOT_TAKEN, Rule.ROOM_TAKEN, Rule.DEVICE_TAKEN, Rule.NO_ROOM, Rule.NO_DEVICE}


class Outcome(StrEnum):
    """What becomes of a start."""

    OFFERED = "offered, and booked without a question"
    BY_HAND = "not offered, and booked by hand without a question"
    OVERRULED = "not offered, and booked only by somebody who overrules what speaks against it"
    REFUSED = "refused to everybody"


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of it, and the rules that speak against it."""

    outcome: Outcome
    rules: frozenset[Rule]


def ask(database: Database, engine: Engine, command: Book) -> Asked:
    """Return what becomes of a booking, after search, judgement, constraints and booking were seen to agree.

    It stands in the database afterwards unless it is refused to everybody. Who else the patient is with is not asked by
    the search, which knows no patient.
    """
    record = calendar.load_clinic(database)
    whole = slots.may_book(database, candidate_of_book(command), record)
    answer = slots.may_book(database, replace(candidate_of_book(command), patient_id=None), record)
    assert answer.offered == _is_offered(database, command, record), f"judgement and search disagree: {answer}"
    with trying(engine) as connection:
        stands = accepted(connection, _row(command, record, answer.verdict.room_id, answer.verdict.device_id))
    rules = frozenset(violation.rule for violation in answer.verdict.violations)
    if not rules & _TAKEN:
        assert stands, f"nothing is taken, and the constraints refuse it: {answer}"
    if Rule.SLOT_TAKEN in rules:
        assert not stands, "taken, and the constraints accept it"
    everything = frozenset(violation.rule for violation in whole.verdict.violations)
    if whole.bookable:
        booking.book(database, command)
        return Asked(Outcome.OFFERED if answer.offered else Outcome.BY_HAND, everything)
    with pytest.raises((RuleViolation, SlotTaken)):
        booking.book(database, command)
    insisting = replace(command, overrule=OVERRULABLE)
    if whole.overrulable:
        entry = booking.book(database, insisting)
        assert entry.appointment.overruled == {rule.value for rule in everything}, "what was overruled is recorded"
        assert entry.appointment.squeezed_in == (Rule.SLOT_TAKEN in everything)
        return Asked(Outcome.OVERRULED, everything)
    with pytest.raises((RuleViolation, SlotTaken)):
        booking.book(database, insisting)
    return Asked(Outcome.REFUSED, everything)


def _is_offered(database: Database, command: Book, record: Clinic) -> bool:
    zone = record.site(command.site_id).zone
    query = SlotQuery(
        type_id=command.type_id,
        from_at=day_bounds(local_day(command.starts_at, zone), zone)[0],
        practitioner_ids=frozenset({command.practitioner_id}),
        site_id=command.site_id,
        days=1,
        length_minutes=command.length_minutes,
    )
    return any(slot.starts_at == command.starts_at for slot in slots.free_slots(database, query, record))


def _row(command: Book, record: Clinic, room_id: UUID | None, device_id: UUID | None) -> dict[str, Any]:
    kind, zone = record.type(command.type_id), record.site(command.site_id).zone
    return {
        "id": new_id(),
        "patient_id": command.patient_id,
        "practitioner_id": command.practitioner_id,
        "site_id": command.site_id,
        "type_id": command.type_id,
        "starts_at": command.starts_at,
        "ends_at": command.starts_at + timedelta(minutes=command.length_minutes),
        "wall_start": to_wall(command.starts_at, zone),
        "zone": zone,
        "room_id": room_id,
        "device_id": device_id,
        "buffer_before_minutes": kind.buffer_before_minutes,
        "buffer_after_minutes": kind.buffer_after_minutes,
        "squeezed_in": False,
    }


def put(engine: Engine, command: Book, record: Clinic, **other: Any) -> UUID:
    """Store an appointment as given, whatever the program's rules say of it; return its id."""
    row = _row(command, record, None, None) | other
    with engine.begin() as connection:
        connection.execute(insert(tables.appointment), row)
    return UUID(str(row["id"]))
