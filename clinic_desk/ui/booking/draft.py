"""What a booking form holds, and the commands it comes to: a Book, or an Update with only the changed fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Book, Rule, Update
from clinic_desk.domain.records import Appointment, Clinic, Patient
from clinic_desk.domain.wall import minute_to_instant, to_wall
from clinic_desk.ui.booking.when_text import When

RoomChoice = UUID | Literal["automatic"] | None


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of the form. `day` and `minute` are the wall time at the site; day None until a time is known."""

    type_id: UUID
    practitioner_id: UUID | None
    site_id: UUID
    day: date | None
    minute: int
    length_minutes: int
    patient: Patient | None = None
    room_id: RoomChoice = AUTOMATIC
    note: str = ""
    tell_patient: bool = True
    device_id: RoomChoice = AUTOMATIC
    arrived: bool = False
    """A walk-in: the patient stands at the desk. Of another day than today she does not: see `walks_in`."""

    def walks_in(self, today: date) -> bool:
        """Whether the patient arrives with this booking."""
        return self.arrived and self.day in {None, today}

    def starts_at(self, clinic: Clinic) -> datetime | None:
        """Return the instant of the start; None without a time."""
        if self.day is None:
            return None
        return minute_to_instant(self.day, self.minute, clinic.site(self.site_id).zone)

    @property
    def when(self) -> When | None:
        """The wall time and length as the When line shows them."""
        return None if self.day is None else When(self.day, self.minute, self.length_minutes)

    def interval(self, clinic: Clinic) -> tuple[datetime, datetime] | None:
        """Return [start, end) as instants, buffers not included; None without a time."""
        start = self.starts_at(clinic)
        return None if start is None else (start, start + timedelta(minutes=self.length_minutes))


def draft_of(appointment: Appointment, patient: Patient, clinic: Clinic) -> Draft:
    """Return what the form shows for an appointment that exists."""
    wall = to_wall(appointment.starts_at, clinic.site(appointment.site_id).zone)
    return Draft(
        type_id=appointment.type_id,
        practitioner_id=appointment.practitioner_id,
        site_id=appointment.site_id,
        day=wall.date(),
        minute=wall.hour * 60 + wall.minute,
        length_minutes=int(appointment.length.total_seconds()) // 60,
        patient=patient,
        room_id=appointment.room_id,
        note=appointment.note,
        device_id=appointment.device_id,
    )


def claim_of(draft: Draft, opened: Draft | None, clinic: Clinic) -> tuple[UUID, datetime, datetime] | None:
    """Return whose time from when to when a form stands on; of a change (`opened`) only a new place."""
    interval, who = draft.interval(clinic), draft.practitioner_id
    if interval is None or who is None:
        return None
    if opened is not None and (opened.practitioner_id, opened.interval(clinic)) == (who, interval):
        return None
    return (who, *interval)


def as_book(draft: Draft, clinic: Clinic, overrule: frozenset[Rule], hold_id: UUID | None) -> Book | None:
    """Return the command with fresh ids; None while patient, doctor or time is missing."""
    starts_at = draft.starts_at(clinic)
    if draft.patient is None or draft.practitioner_id is None or starts_at is None:
        return None
    return Book(
        patient_id=draft.patient.id,
        type_id=draft.type_id,
        practitioner_id=draft.practitioner_id,
        site_id=draft.site_id,
        starts_at=starts_at,
        length_minutes=draft.length_minutes,
        room_id=draft.room_id,
        note=draft.note,
        overrule=overrule,
        tell_patient=draft.tell_patient,
        hold_id=hold_id,
        device_id=draft.device_id,
    )


def as_update(
    draft: Draft, opened: Draft, appointment: Appointment, clinic: Clinic, overrule: frozenset[Rule]
) -> Update | None:
    """Return the command that changes what differs from the form as it was opened; None when nothing does.

    The start is compared as wall time and site, so that the second pass of a repeated hour is not moved unasked.
    """
    starts_at = draft.starts_at(clinic)
    if draft.patient is None or draft.practitioner_id is None or starts_at is None:
        return None
    same_start = (draft.day, draft.minute, draft.site_id) == (opened.day, opened.minute, opened.site_id)
    patient_id = draft.patient.id
    update = Update(
        appointment_id=appointment.id,
        version=appointment.version,
        starts_at=UNCHANGED if same_start else starts_at,
        length_minutes=UNCHANGED if draft.length_minutes == opened.length_minutes else draft.length_minutes,
        practitioner_id=UNCHANGED if draft.practitioner_id == opened.practitioner_id else draft.practitioner_id,
        site_id=UNCHANGED if draft.site_id == opened.site_id else draft.site_id,
        room_id=UNCHANGED if draft.room_id == opened.room_id else draft.room_id,
        device_id=UNCHANGED if draft.device_id == opened.device_id else draft.device_id,
        type_id=UNCHANGED if draft.type_id == opened.type_id else draft.type_id,
        patient_id=UNCHANGED if patient_id == appointment.patient_id else patient_id,
        note=UNCHANGED if draft.note == opened.note else draft.note,
        overrule=overrule,
        tell_patient=draft.tell_patient,
    )
    return update if changes_anything(update) else None


def changes_anything(update: Update) -> bool:
    """Whether any field of the update is not UNCHANGED."""
    return any(
        value is not UNCHANGED
        for value in (
            update.starts_at,
            update.length_minutes,
            update.practitioner_id,
            update.site_id,
            update.room_id,
            update.device_id,
            update.type_id,
            update.patient_id,
            update.note,
        )
    )


Writing = Book | Update


def with_ids_of(fresh: Writing, sent: Writing | None) -> Writing:
    """Return `fresh` under the ids of `sent` when it asks for the very same, so that sending twice is sending once."""
    if isinstance(fresh, Book) and isinstance(sent, Book):
        same = replace(fresh, appointment_id=sent.appointment_id, operation_id=sent.operation_id)
        return sent if same == sent else fresh
    if isinstance(fresh, Update) and isinstance(sent, Update):
        return sent if replace(fresh, operation_id=sent.operation_id) == sent else fresh
    return fresh
