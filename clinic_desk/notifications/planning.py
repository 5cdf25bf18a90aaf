"""Plans which messages a change of an appointment causes, and when they are due: pure, the clock is an argument.

What a patient was last told decides: a message is planned when what she would now be told differs from it. So a change
of the note sends nothing, a change that is undone before its message left sends nothing, and a repetition repeats none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.wall import minute_of_day, minute_to_instant, to_wall
from clinic_desk.notifications.texts import default_text, language_of, render, spoken_date

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clinic_desk.domain.records import Appointment, Patient, Site

REMINDER_LEAD: Final = timedelta(hours=24)
WAITING: Final = timedelta(seconds=20)
SENDING_MINUTES: Final = (9 * 60, 20 * 60)
"""Reminders leave from 09:00 (included) to 20:00 (not included), on the site's clock."""

LEFT: Final = frozenset({"leased", "sending", "unknown", "sent", "delivered"})
"""The states in which a message has left, or may have."""

_LAST_MINUTE: Final = timedelta(minutes=1)
_LEAST_USE: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_TELLING: Final = frozenset({"confirmation", "rescheduled", "cancelled"})


@dataclass(frozen=True, slots=True)
class Queued:
    """A message of an appointment that is in the queue already, oldest first."""

    patient_id: UUID
    kind: str
    status: str
    dedupe_key: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to put into the queue. `status` is `pending`, or `failed` with a `last_error` staff must know of."""

    id: UUID
    appointment_id: UUID
    appointment_version: int
    patient_id: UUID
    kind: str
    channel: str
    dedupe_key: str
    subject: str
    body: str
    language: str
    due_at: datetime
    not_after: datetime
    status: str = "pending"
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a plan is made from: the appointment as it now stands, its patient and site, and the database's clock."""

    appointment: Appointment
    patient: Patient
    site: Site
    now: datetime
    waiting: timedelta = WAITING

    @property
    def told(self) -> str:
        """What the patient is told: time and place. Anything else about the appointment is none of a message's."""
        return f"{int(self.appointment.starts_at.timestamp())}@{self.appointment.site_id}"


def plan(occasion: Occasion, queued: Iterable[Queued] = (), *, tell: bool = True) -> tuple[Message, ...]:
    """Return the messages to queue for an appointment as it now stands.

    `queued` are its messages that were not voided. `tell` False: nothing about this change; the reminder still comes.
    """
    appointment = occasion.appointment
    if appointment.starts_at <= occasion.now or address_of(occasion.patient) == "":
        return ()
    last = _last_told(occasion.patient.id, queued)
    if appointment.status is AppointmentStatus.CANCELLED:
        return (_message(occasion, "cancelled"),) if tell and last is not None and last[0] != "cancelled" else ()
    if appointment.status is not AppointmentStatus.BOOKED:
        return ()
    kind = _kind(occasion, last)
    first = (_message(occasion, kind),) if tell and kind is not None else ()
    return (*first, *_reminder(occasion))


def plan_farewell(occasion: Occasion, queued: Iterable[Queued], *, tell: bool = True) -> tuple[Message, ...]:
    """Return what a patient is told whose appointment was given to another: that hers is cancelled, if she knew."""
    last = _last_told(occasion.patient.id, queued)
    knew = last is not None and last[0] != "cancelled"
    coming = occasion.appointment.starts_at > occasion.now
    if not (tell and knew and coming and address_of(occasion.patient)):
        return ()
    return (_message(occasion, "cancelled"),)


def address_of(patient: Patient) -> str:
    """Return the address of the patient's channel; empty when she is not to be, or cannot be, reached."""
    return {Channel.EMAIL: patient.email, Channel.SMS: patient.phone, Channel.NONE: ""}[patient.channel]


def reminder_due(starts_at: datetime, zone: str, lead: timedelta = REMINDER_LEAD) -> datetime:
    """Return when a reminder leaves, the quiet hours kept. It is too late for it if that is past already.

    Due in the quiet hours, it waits for their end; if less than an hour would then remain before the appointment, it
    goes in the last minute of the evening before.
    """
    due = starts_at - lead
    opens, closes = SENDING_MINUTES
    minute = minute_of_day(due, zone)
    if opens <= minute < closes:
        return due
    day = to_wall(due, zone).date() + (_DAY if minute >= closes else timedelta())
    morning = _at(day, opens, zone)
    if starts_at - morning >= _LEAST_USE:
        return morning
    return _at(day - _DAY, closes, zone) - _LAST_MINUTE


def _at(day: date, minute: int, zone: str) -> datetime:
    return minute_to_instant(day, minute, zone)


def _kind(occasion: Occasion, last: tuple[str, str] | None) -> str | None:
    if last is None or last[0] == "cancelled":
        return "confirmation"
    return None if last[1] == occasion.told else "rescheduled"


def _last_told(patient_id: UUID, queued: Iterable[Queued]) -> tuple[str, str] | None:
    """Return kind and content of the last message to this patient that left, or may have."""
    left = [row for row in queued if row.patient_id == patient_id and row.kind in _TELLING and row.status in LEFT]
    return (left[-1].kind, left[-1].dedupe_key.rpartition(":")[2]) if left else None


def _reminder(occasion: Occasion) -> tuple[Message, ...]:
    appointment = occasion.appointment
    if appointment.starts_at - REMINDER_LEAD < occasion.now:
        return ()  # booked inside the lead: the confirmation serves
    due = reminder_due(appointment.starts_at, occasion.site.zone)
    if due < occasion.now:
        return (_message(occasion, "reminder", due_at=occasion.now, status="failed", last_error="quiet-hours"),)
    return (_message(occasion, "reminder", due_at=due),)


def _message(
    occasion: Occasion, kind: str, *, due_at: datetime | None = None, status: str = "pending", last_error: str = ""
) -> Message:
    appointment, patient, site = occasion.appointment, occasion.patient, occasion.site
    language = language_of(patient.language)
    wall = to_wall(appointment.starts_at, site.zone)
    values = {
        "clinic": site.name,
        "date": spoken_date(wall, language),
        "time": f"{wall:%H:%M}",
        "place": site.address,
        "phone": site.phone,
    }
    subject, body = render(default_text(kind, patient.channel, language), patient.channel, values)
    key = f"{appointment.id}:{kind}:{patient.channel}:{appointment.version}:{patient.id}:{occasion.told}"
    return Message(
        id=new_id(),
        appointment_id=appointment.id,
        appointment_version=appointment.version,
        patient_id=patient.id,
        kind=kind,
        channel=patient.channel,
        dedupe_key=key,
        subject=subject,
        body=body,
        language=language,
        due_at=due_at or occasion.now + occasion.waiting,
        not_after=appointment.starts_at,
        status=status,
        last_error=last_error,
    )
