"""The demo clinic's queue: what each patient was told and will be told, planned as for any appointment."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.records import AppointmentStatus, Channel, ParticipationStatus, Patient
from clinic_desk.notifications.planning import Manner, Message, Occasion, Queued, address_of, plan
from clinic_desk.services.demo.appointments import DemoAppointment
from clinic_desk.services.demo.setup import DemoSetup, made_id

MANNER: Final = Manner(answers=True)
"""The demo's messages go to a folder, so they ask for answers as those by a number would."""
SETTINGS: Final = {
    "email_by": "folder",
    "sms_by": "folder",
    "from_address": "reception@lindenhof.example",
    "from_name": "Lindenhof Practice",
}
"""The demo's settings of messages: nothing leaves this computer."""

_TROUBLES: Final = (
    ("failed", Channel.SMS, "21614", "not a mobile number"),
    ("failed", Channel.EMAIL, "550", "the mailbox does not exist"),
    ("unknown", Channel.SMS, "", "no answer from the provider"),
)
"""What needs somebody, one each, about appointments still to come."""
_QUESTIONS: Final = {
    "en": "Could I come an hour later?",
    "de": "Kann ich auch eine Stunde später kommen?",
    "es": "¿Puedo ir una hora más tarde?",
    "fr": "Puis-je venir une heure plus tard ?",
}
_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a message's way: when, the status it gave, attempts by then, who took it, and what went wrong."""

    at: datetime
    status: str
    attempts: int
    by: str
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """A message of the queue and what became of it."""

    message: Message
    recipient: str
    created_at: datetime
    steps: tuple[Step, ...]
    attempts: int = 0
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class DemoReply:
    """What a patient wrote back."""

    id: UUID
    provider_id: str
    sender: str
    body: str
    received_at: datetime
    meaning: str
    status: str
    patient_id: UUID
    appointment_id: UUID


def demo_messages(
    setup: DemoSetup,
    patients: Sequence[Patient],
    appointments: Iterable[DemoAppointment],
    now: datetime,
    chance: random.Random,
) -> tuple[DemoMessage, ...]:
    """Return the messages of all appointments, in their order."""
    by_id = {patient.id: patient for patient in patients}
    sites = {site.id: site for site in setup.clinic.sites}
    planned: list[DemoMessage] = []
    for row in appointments:
        if row.appointment.status not in {AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR}:
            patient, site = by_id[row.appointment.patient_id], sites[row.appointment.site_id]
            booked = replace(row.appointment, status=AppointmentStatus.BOOKED)
            occasion = Occasion(booked, patient, site, row.booked_at, MANNER)
            planned.extend(_settled(message, patient, row, now, chance) for message in _planned(occasion, row))
    return tuple(_troubled(planned, now))


def _planned(occasion: Occasion, row: DemoAppointment) -> Iterator[Message]:
    first = plan(occasion)
    yield from first
    if row.appointment.status is AppointmentStatus.CANCELLED:
        queued = [
            Queued(message.patient_id, message.kind, "sent", message.dedupe_key, message.rule_id) for message in first
        ]
        yield from plan(replace(occasion, appointment=row.appointment, now=row.changed_at), queued)


def _settled(
    message: Message, patient: Patient, row: DemoAppointment, now: datetime, chance: random.Random
) -> DemoMessage:
    """Say what became of a message by now: voided, still to go, sent, or delivered."""
    told = row.changed_at if message.kind == "cancelled" else row.booked_at
    message = replace(message, id=made_id(chance, told))
    begun = (Step(told, message.status, 0, row.changed_by, message.error_code, message.last_error),)
    voided = (
        row.appointment.status is AppointmentStatus.CANCELLED
        and message.kind == "reminder"
        and message.due_at > row.changed_at
    )
    if voided:
        code, error = "superseded", "the appointment was changed"
        message = replace(message, status="cancelled", error_code=code, last_error=error)
        return DemoMessage(
            message, "", told, (*begun, Step(row.changed_at, "cancelled", 0, row.changed_by, code, error))
        )
    if message.status != "pending" or message.due_at > now:
        return DemoMessage(message, "", told, begun)
    sent_at = min(now, message.due_at + timedelta(seconds=chance.randint(1, 40)))
    delivered = message.channel == Channel.SMS and chance.random() < 0.97
    message = replace(message, status="delivered" if delivered else "sent")
    tried_at, desk = max(message.due_at, sent_at - _MOMENT), f"Desk {chance.randint(1, 2)}"
    steps = [Step(tried_at, "leased", 0, desk), Step(tried_at, "sending", 1, desk), Step(sent_at, "sent", 1, desk)]
    if delivered:
        steps.append(Step(min(now, sent_at + timedelta(seconds=30)), "delivered", 1, desk))
    return DemoMessage(
        message=message,
        recipient=address_of(patient),
        created_at=told,
        steps=(*begun, *steps),
        attempts=1,
        tried_at=tried_at,
        sent_at=sent_at,
        provider_id=f"SM{chance.getrandbits(128):032x}"
        if message.channel == Channel.SMS
        else f"{message.id}@example.org",
    )


def _troubled(rows: list[DemoMessage], now: datetime) -> Iterator[DemoMessage]:
    """Let a few recent messages have gone wrong, so that there is something to attend to."""
    troubles = list(_TROUBLES)
    for row in rows:
        recent = row.sent_at is not None and row.message.not_after > now and now - row.sent_at < timedelta(days=3)
        fitting = [trouble for trouble in troubles if trouble[1] == row.message.channel] if recent else []
        if fitting:
            troubles.remove(fitting[0])
            yield _failed(row, *fitting[0])
        else:
            yield row


def _failed(row: DemoMessage, status: str, _channel: Channel, code: str, error: str) -> DemoMessage:
    sent = next(step for step in row.steps if step.status == "sent")
    before = tuple(step for step in row.steps if step.status not in {"sent", "delivered"})
    return replace(
        row,
        message=replace(row.message, status=status, error_code=code, last_error=error),
        steps=(*before, replace(sent, status=status, code=code, error=error)),
        sent_at=None,
        provider_id=None,
    )


def demo_replies(
    patients: Sequence[Patient],
    appointments: Iterable[DemoAppointment],
    messages: Iterable[DemoMessage],
    now: datetime,
    chance: random.Random,
) -> tuple[DemoReply, ...]:
    """Return what patients wrote back to delivered reminders of visits to come: some confirm, and one asks."""
    by_id = {patient.id: patient for patient in patients}
    answers = {row.appointment.id: row.appointment.answer for row in appointments}
    replies, asked = [], False
    for row in messages:
        message = row.message
        if message.kind != "reminder" or message.status != "delivered" or message.not_after <= now:
            continue
        assert row.sent_at is not None
        confirms = answers[message.appointment_id] is ParticipationStatus.ACCEPTED
        received_at = row.sent_at + timedelta(minutes=chance.randint(1, 50))
        if received_at > now or (asked and not confirms):
            continue
        asked = asked or not confirms
        patient = by_id[message.patient_id]
        replies.append(
            DemoReply(
                id=made_id(chance, received_at),
                provider_id=f"SM{chance.getrandbits(128):032x}",
                sender=patient.phone,
                body="C" if confirms else _QUESTIONS[message.language],
                received_at=received_at,
                meaning="confirm" if confirms else "other",
                status="done" if confirms else "open",
                patient_id=patient.id,
                appointment_id=message.appointment_id,
            )
        )
    return tuple(replies)
