"""Commands: what a user asks for, as frozen imperatives that carry the version the user saw and their own operation id.

A command is made once and may be carried out again under the same ids when the answer to COMMIT was lost.
Fields left at `UNCHANGED` in an update keep what the database holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Literal
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason, Patient


class Unchanged(Enum):
    """The type of `UNCHANGED`."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
AUTOMATIC: Final = "automatic"


class Rule(StrEnum):
    """The rules a booking is checked against; the value is stored when one was overruled."""

    OUTSIDE_HOURS = "outside-hours"
    OVER_BREAK = "over-break"
    TIME_OFF = "time-off"
    CLOSURE = "closure"
    BLOCKED = "blocked"
    IN_THE_PAST = "in-the-past"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    WRONG_TYPE = "wrong-type"
    PATIENT_BUSY = "patient-busy"
    SLOT_TAKEN = "slot-taken"
    ROOM_TAKEN = "room-taken"
    NO_ROOM = "no-room"
    DEVICE_TAKEN = "device-taken"
    NO_DEVICE = "no-device"
    WRONG_ROOM = "wrong-room"
    INACTIVE = "inactive"


OVERRULABLE: Final = frozenset(
    {Rule.OUTSIDE_HOURS, Rule.OVER_BREAK, Rule.TIME_OFF, Rule.BLOCKED, Rule.PATIENT_BUSY, Rule.SLOT_TAKEN}
)
"""What a reception may overrule by asking once; SLOT_TAKEN overruled is a squeeze-in."""


@dataclass(frozen=True, slots=True)
class Book:
    """Book a patient. `room_id` may be AUTOMATIC: a free room of the site if the type needs one; so may `device_id`.

    `beside`: the appointments a squeeze-in was agreed to be beside; None: whoever is there. `arrived`: a walk-in, who
    stands at the desk: she has arrived with it, and nobody is told or reminded.
    """

    patient_id: UUID
    type_id: UUID
    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    length_minutes: int
    room_id: UUID | Literal["automatic"] | None = AUTOMATIC
    note: str = ""
    overrule: frozenset[Rule] = frozenset()
    beside: frozenset[UUID] | None = None
    tell_patient: bool = True
    hold_id: UUID | None = None
    device_id: UUID | Literal["automatic"] | None = AUTOMATIC
    arrived: bool = False
    appointment_id: UUID = field(default_factory=new_id)
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Update:
    """Change an appointment: time, doctor, room, type, length, note, patient. `version` is the one the user saw.

    A move is an Update of starts_at and/or practitioner_id. With `reinstate` one that was cancelled or parked is booked
    again as the other fields say. `beside` as in Book.
    """

    appointment_id: UUID
    version: int
    starts_at: datetime | Unchanged = UNCHANGED
    length_minutes: int | Unchanged = UNCHANGED
    practitioner_id: UUID | Unchanged = UNCHANGED
    site_id: UUID | Unchanged = UNCHANGED
    room_id: UUID | Literal["automatic"] | Unchanged | None = UNCHANGED
    type_id: UUID | Unchanged = UNCHANGED
    patient_id: UUID | Unchanged = UNCHANGED
    note: str | Unchanged = UNCHANGED
    device_id: UUID | Literal["automatic"] | Unchanged | None = UNCHANGED
    reinstate: bool = False
    overrule: frozenset[Rule] = frozenset()
    beside: frozenset[UUID] | None = None
    tell_patient: bool = True
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Set the status: arrived, checked-in, fulfilled, noshow, back to booked, or entered-in-error (delete).

    `present_room_id`: the room the patient is in (None: the booked one), where the status is checked-in or fulfilled.
    """

    appointment_id: UUID
    version: int
    status: AppointmentStatus
    present_room_id: UUID | Unchanged | None = UNCHANGED
    operation_id: UUID = field(default_factory=new_id)

    def is_so(self, row: Appointment) -> bool:
        """Whether an appointment is as this wishes it to be."""
        room_id = self.present_room_id
        at_place = isinstance(room_id, Unchanged) or (room_id or row.room_id) == (row.present_room_id or row.room_id)
        return row.status is self.status and at_place


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel with a FHIR cancellation reason."""

    appointment_id: UUID
    version: int
    reason: CancellationReason
    tell_patient: bool = True
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Park:
    """Take an appointment off the calendar until it is put back (an Update with `reinstate`); it holds no time.

    Its status is FHIR's `waitlist`. Its reminders are called off; with `tell_patient` she is told that it is cancelled.
    """

    appointment_id: UUID
    version: int
    tell_patient: bool = False
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Reinstate:
    """Take a cancellation back (undo): booked again at its old place, if that is still free."""

    appointment_id: UUID
    version: int
    overrule: frozenset[Rule] = frozenset()
    tell_patient: bool = True
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class AddPatient:
    """Add a patient; `patient.version` is ignored. Refused as LikelyDuplicates unless `even_if_similar`."""

    patient: Patient
    even_if_similar: bool = False
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class UpdatePatient:
    """Write a patient's details; `patient.version` is the one the user saw."""

    patient: Patient
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Show the other desks that a booking form is open on this interval; placing again renews it."""

    hold_id: UUID
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
