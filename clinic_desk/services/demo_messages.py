"""The demo clinic's queue: what each patient was told and will be told, planned as for any appointment."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from clinic_desk.domain.records import AppointmentStatus, Channel, Patient
from clinic_desk.notifications.planning import Message, Occasion, Queued, address_of, plan
from clinic_desk.services.demo_appointments import DemoAppointment
from clinic_desk.services.demo_setup import DemoSetup, made_id

_TROUBLES: Final = (
    ("failed", Channel.SMS, "21614: not a mobile number"),
    ("failed", Channel.EMAIL, "550 5.1.1 mailbox unavailable"),
    ("unknown", Channel.SMS, "no answer from the provider"),
)
"""What needs somebody, one each, about appointments still to come."""


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """A message of the queue and what became of it."""

    message: Message
    recipient: str
    created_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    provider_id: str | None = None


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
            occasion = Occasion(booked, patient, site, row.booked_at)
            planned.extend(_settled(message, patient, row, now, chance) for message in _planned(occasion, row))
    return tuple(_troubled(planned, now))


def _planned(occasion: Occasion, row: DemoAppointment) -> Iterator[Message]:
    first = plan(occasion)
    yield from first
    if row.appointment.status is AppointmentStatus.CANCELLED:
        queued = [Queued(message.patient_id, message.kind, "sent", message.dedupe_key) for message in first]
        yield from plan(replace(occasion, appointment=row.appointment, now=row.changed_at), queued)


def _settled(
    message: Message, patient: Patient, row: DemoAppointment, now: datetime, chance: random.Random
) -> DemoMessage:
    """Say what became of a message by now: voided, still to go, sent, or delivered."""
    told = row.changed_at if message.kind == "cancelled" else row.booked_at
    message = replace(message, id=made_id(chance, told))
    voided = (
        row.appointment.status is AppointmentStatus.CANCELLED
        and message.kind == "reminder"
        and message.due_at > row.changed_at
    )
    if voided or message.status != "pending":
        return DemoMessage(replace(message, status="cancelled") if voided else message, "", told)
    if message.due_at > now:
        return DemoMessage(message, "", told)
    sent_at = min(now, message.due_at + timedelta(seconds=chance.randint(1, 40)))
    delivered = message.channel == Channel.SMS and chance.random() < 0.97
    return DemoMessage(
        message=replace(message, status="delivered" if delivered else "sent"),
        recipient=address_of(patient),
        created_at=told,
        attempts=1,
        sent_at=sent_at,
        provider_id=f"SM{chance.getrandbits(128):032x}"
        if message.channel == Channel.SMS
        else f"{message.id}@example.org",
    )


def _troubled(rows: list[DemoMessage], now: datetime) -> Iterator[DemoMessage]:
    """Let a few recent messages have gone wrong, so that there is something to attend to."""
    troubles = list(_TROUBLES)
    for row in rows:
        message = row.message
        recent = row.sent_at is not None and message.not_after > now and now - row.sent_at < timedelta(days=3)
        fitting = [trouble for trouble in troubles if trouble[1] == message.channel] if recent else []
        if fitting:
            status, _, error = fitting[0]
            troubles.remove(fitting[0])
            yield replace(
                row, message=replace(message, status=status, last_error=error), sent_at=None, provider_id=None
            )
        else:
            yield row
