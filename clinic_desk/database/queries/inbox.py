"""Keeps what patients wrote back, finds what they may have meant, and carries it out: for the worker's role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.messaging import Inbound

_KNOWN: Final = "SELECT provider_id FROM inbound_message WHERE provider_id = ANY (%(ids)s::text[])"
_KEEP: Final = """
INSERT INTO inbound_message
    (id, channel, provider_id, sender, body, received_at, meaning, status, patient_id, appointment_id)
VALUES (%(id)s::uuid, %(channel)s, %(provider_id)s, %(sender)s, %(body)s, %(received_at)s, %(meaning)s, %(status)s,
        %(patient)s::uuid, %(appointment)s::uuid)
ON CONFLICT (provider_id) DO NOTHING RETURNING id
"""
OF_NUMBER: Final = (
    "p.merged_into_id IS NULL"
    " AND p.id IN (SELECT id FROM patient WHERE phone = %(number)s UNION SELECT closed_owners(%(number)s))"
)
"""Whose number it is, restricted records among them: for the worker's role."""
WENT_THERE: Final = "(n.recipient = %(number)s OR p.restricted AND closed_recipient(n.id) = %(number)s)"
_PATIENTS: Final = f"SELECT p.id::text FROM patient p WHERE {OF_NUMBER} ORDER BY p.id"  # noqa: S608  # constants
# The last message about each appointment that may have reached the number before the reply was written. It asks for an
# answer if it told of the time at which the appointment still stands (its end is the appointment's beginning).
_ASKED: Final = f"""
SELECT DISTINCT ON (n.appointment_id) n.appointment_id::text, p.id::text,
       coalesce(n.sent_at, n.sending_started_at) AS told_at,
       n.kind IN ('confirmation', 'rescheduled', 'reminder') AND a.status = 'booked' AND a.answer = 'needs-action'
       AND a.starts_at > clock_timestamp() AND a.patient_id IN (p.id, n.patient_id)
       AND (n.not_after IS NULL OR n.not_after = a.starts_at)
FROM patient p
CROSS JOIN LATERAL (SELECT p.id UNION ALL SELECT m.id FROM patient m WHERE m.merged_into_id = p.id) AS o
JOIN notification n ON n.patient_id = o.id
JOIN appointment a ON a.id = n.appointment_id
WHERE {OF_NUMBER} AND {WENT_THERE} AND n.channel = 'sms'
      AND n.status IN ('sending', 'unknown', 'sent', 'delivered')
      AND coalesce(n.sent_at, n.sending_started_at) <= %(before)s
ORDER BY n.appointment_id, told_at DESC
"""  # noqa: S608  # constants of this module only
_ACCEPT: Final = """
UPDATE appointment SET answer = 'accepted'
WHERE id = %(id)s::uuid AND status = 'booked' AND answer = 'needs-action' AND starts_at > clock_timestamp()
RETURNING id
"""
_OPT_OUT: Final = """
INSERT INTO contact_note (id, channel, address, state, source, reason)
VALUES (%(id)s::uuid, %(channel)s, %(address)s, 'opted-out', 'reply', %(reason)s)
ON CONFLICT (channel, address) DO UPDATE
SET state = excluded.state, source = excluded.source, reason = excluded.reason WHERE contact_note.state <> 'opted-out'
"""
_OPT_IN: Final = "DELETE FROM contact_note WHERE channel = %(channel)s AND address = %(address)s RETURNING state"


@dataclass(frozen=True, slots=True)
class Asked:
    """The last thing a number was told of an appointment. `open`: it may be answered with a yes."""

    appointment_id: UUID
    patient_id: UUID
    told_at: datetime
    open: bool


def known(connection: Connection, provider_ids: Collection[str]) -> frozenset[str]:
    """Return which of these messages are kept already."""
    rows: Any = connection.exec_driver_sql(_KNOWN, {"ids": list(provider_ids)})
    return frozenset(row[0] for row in rows)


def keep(connection: Connection, message: Inbound) -> bool:
    """Keep a message; False if it is kept already."""
    values = {
        "id": str(message.id),
        "channel": message.channel,
        "provider_id": message.provider_id,
        "sender": message.sender,
        "body": message.body,
        "received_at": message.received_at,
        "meaning": message.meaning,
        "status": message.status,
        "patient": message.patient_id and str(message.patient_id),
        "appointment": message.appointment_id and str(message.appointment_id),
    }
    return connection.exec_driver_sql(_KEEP, values).first() is not None


def patients_of(connection: Connection, number: str) -> tuple[UUID, ...]:
    """Return the patients who have this number: a family shares one."""
    return tuple(UUID(row[0]) for row in connection.exec_driver_sql(_PATIENTS, {"number": number}))


def asked(connection: Connection, number: str, before: datetime) -> tuple[Asked, ...]:
    """Return what this number had been told by SMS, one entry for each appointment, the latest first."""
    rows = connection.exec_driver_sql(_ASKED, {"number": number, "before": before})
    found = [Asked(UUID(row[0]), UUID(row[1]), row[2], bool(row[3])) for row in rows]
    return tuple(sorted(found, key=lambda each: each.told_at, reverse=True))


def accept(connection: Connection, appointment_id: UUID) -> bool:
    """Note that the patient said yes; False if there is nothing to say yes to any more."""
    return connection.exec_driver_sql(_ACCEPT, {"id": str(appointment_id)}).first() is not None


def opt_out(connection: Connection, note_id: UUID, channel: str, address: str, reason: str) -> None:
    """Note that the owner of an address wants no more messages."""
    values = {"id": str(note_id), "channel": channel, "address": address, "reason": reason}
    connection.exec_driver_sql(_OPT_OUT, values)


def opt_in(connection: Connection, channel: str, address: str) -> bool:
    """Forget what spoke against an address: its owner has just written from it. False if nothing did."""
    return connection.exec_driver_sql(_OPT_IN, {"channel": channel, "address": address}).first() is not None
