"""A time that the desk types for a patient whom an absence hits: judged as a booking form's, and beside the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from clinic_desk.domain.answers import Answer, NotOffered, may_book
from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.away import Around, Proposal
from clinic_desk.domain.candidates import candidate_of_update
from clinic_desk.domain.commands import Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Appointment, Clinic, Hold
from clinic_desk.domain.refusals import Violation


@dataclass(frozen=True, slots=True)
class Typed:
    """What became of a typed time: `slot`, or why it cannot be with the patient's own doctor.

    `held`: nothing speaks against it but that another desk is booking there.
    """

    slot: FreeSlot | None
    violations: tuple[Violation, ...] = ()
    held: bool = False


def promised_rows(proposals: Iterable[Proposal], slots: dict[UUID, FreeSlot]) -> tuple[Appointment, ...]:
    """Return those who are moved by a plan as they will stand, by the times that are chosen for them."""
    rows = (one.entry.appointment for one in proposals if one.entry.id in slots)
    return tuple(_moved(row, slots[row.id]) for row in rows)


def _moved(row: Appointment, slot: FreeSlot) -> Appointment:
    return replace(
        row,
        id=new_id(),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        practitioner_id=slot.practitioner_id,
        site_id=slot.site_id,
        room_id=slot.room_id,
        device_id=slot.device_id,
    )


def judge_typed(
    row: Appointment, starts_at: datetime, around: Around, others: Iterable[Appointment], holds: Iterable[Hold]
) -> Typed:
    """Return where a visit can stand at a typed time: with its own doctor, else with the first other who does it.

    `around` has the absence in it; `others` are those near the time, with those who are promised one.
    """
    others, holds = tuple(others), tuple(holds)
    first: Typed | None = None
    for doctor in _doctors(row, around.clinic):
        candidate = candidate_of_update(
            row, Update(row.id, row.version, starts_at=starts_at, practitioner_id=doctor), around.clinic
        )
        answer = may_book(
            candidate,
            around.clinic,
            others=others,
            time_off=around.time_off,
            blocks=around.blocks,
            holds=holds,
            now=around.now,
            step_minutes=around.clinic.rules.step_minutes,
        )
        held = NotOffered.HELD in answer.not_offered
        if answer.bookable and not held:
            return Typed(_slot(row, starts_at, doctor, answer))
        first = first or Typed(None, answer.verdict.violations, held)
    assert first is not None
    return first


def _doctors(row: Appointment, clinic: Clinic) -> Iterator[UUID]:
    yield row.practitioner_id
    able = clinic.type(row.type_id).practitioner_ids
    yield from (one.id for one in clinic.practitioners if one.active and one.id in able - {row.practitioner_id})


def _slot(row: Appointment, starts_at: datetime, doctor: UUID, answer: Answer) -> FreeSlot:
    verdict = answer.verdict
    return FreeSlot(doctor, row.site_id, starts_at, starts_at + row.length, verdict.room_id, verdict.device_id)
