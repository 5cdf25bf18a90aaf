"""Bookings as they would stand: what the rules judge, made of commands and of appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from clinic_desk.domain.commands import AUTOMATIC, Book, Unchanged, Update
from clinic_desk.domain.records import Appointment, AppointmentType, Clinic
from clinic_desk.domain.working_time import Interval

Choice = UUID | Literal["automatic"] | None
"""A room or device: this one, a free one if the type needs one (AUTOMATIC), or none."""
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A booking as it would stand. `appointment_id` and `patient_id` are None while there is none yet.

    The end is the start plus `length_minutes` elapsed. `buffers` are minutes before and after; None means the type's.
    With `room_id` AUTOMATIC, `preferred_room_id` is tried before the others; so it is for the device.
    """

    type_id: UUID
    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    length_minutes: int
    patient_id: UUID | None = None
    room_id: Choice = AUTOMATIC
    preferred_room_id: UUID | None = None
    appointment_id: UUID | None = None
    buffers: tuple[int, int] | None = None
    device_id: Choice = AUTOMATIC
    preferred_device_id: UUID | None = None
    arrived: bool = False
    """The patient stands at the desk: while she is booked in, minutes pass."""

    @property
    def visit(self) -> Interval:
        """The visit without its buffers."""
        return Interval(self.starts_at, self.starts_at + timedelta(minutes=self.length_minutes))

    def footprint(self, kind: AppointmentType) -> Interval:
        """Return the visit with its buffers, `kind` being its type."""
        before, after = self.buffers or (kind.buffer_before_minutes, kind.buffer_after_minutes)
        visit = self.visit
        return Interval(visit.starts_at - timedelta(minutes=before), visit.ends_at + timedelta(minutes=after))


def candidate_of_book(command: Book) -> Candidate:
    """Return what a Book command asks for."""
    return Candidate(
        type_id=command.type_id,
        practitioner_id=command.practitioner_id,
        site_id=command.site_id,
        starts_at=command.starts_at,
        length_minutes=command.length_minutes,
        patient_id=command.patient_id,
        room_id=command.room_id,
        appointment_id=command.appointment_id,
        device_id=command.device_id,
        arrived=command.arrived,
    )


def candidate_of_appointment(row: Appointment) -> Candidate:
    """Return an appointment as the booking it is, with its own buffers (e.g. to reinstate it)."""
    return Candidate(
        type_id=row.type_id,
        practitioner_id=row.practitioner_id,
        site_id=row.site_id,
        starts_at=row.starts_at,
        length_minutes=int(row.length.total_seconds() // 60),
        patient_id=row.patient_id,
        room_id=row.room_id,
        appointment_id=row.id,
        buffers=(row.buffer_before_minutes, row.buffer_after_minutes),
        device_id=row.device_id,
    )


def candidate_of_update(row: Appointment, command: Update, clinic: Clinic) -> Candidate:
    """Return what an appointment would be after an Update.

    Another type brings its own buffers. A room or device that the type needs and that nobody named is kept where it is
    free and exchanged for another one where it is not; one that was chosen without need stays the one wanted. A device
    that another type does not need is let go: it would be taken for nothing.
    """
    was = candidate_of_appointment(row)
    kind = clinic.type(_kept(command.type_id, was.type_id))
    room_id, preferred_room = _resource(command.room_id, row.room_id, needed=kind.needs_room)
    had = row.device_id if kind.needs_device or kind.id == row.type_id else None
    device_id, preferred_device = _resource(command.device_id, had, needed=kind.needs_device)
    return Candidate(
        type_id=kind.id,
        practitioner_id=_kept(command.practitioner_id, was.practitioner_id),
        site_id=_kept(command.site_id, was.site_id),
        starts_at=_kept(command.starts_at, was.starts_at),
        length_minutes=_kept(command.length_minutes, was.length_minutes),
        patient_id=_kept(command.patient_id, row.patient_id),
        room_id=room_id,
        preferred_room_id=preferred_room,
        appointment_id=row.id,
        buffers=was.buffers if kind.id == row.type_id else None,
        device_id=device_id,
        preferred_device_id=preferred_device,
    )


def _resource(asked: Choice | Unchanged, was: UUID | None, *, needed: bool) -> tuple[Choice, UUID | None]:
    """Return what is wanted, and which one is preferred if any will do."""
    if not isinstance(asked, Unchanged):
        return asked, None
    return (AUTOMATIC, was) if needed else (was, None)


def _kept(new: _Value | Unchanged, old: _Value) -> _Value:
    return old if isinstance(new, Unchanged) else new
