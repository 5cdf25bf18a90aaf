"""The statements by which a desk changes a message or files a reply: each names the states in which it may do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries.told import DATES_NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

_RETRY: Final = """
UPDATE notification SET status = 'pending', due_at = clock_timestamp(), last_error = '', error_code = '',
    attempts = CASE status WHEN 'unknown' THEN attempts ELSE 0 END,
    check_at = NULL, dealt_with_at = NULL, dealt_with_by = ''
WHERE id = %(id)s::uuid AND status IN ('failed', 'expired', 'unknown') AND sent_at IS NULL RETURNING id
"""
_CANCEL: Final = """
UPDATE notification SET status = 'cancelled', error_code = %(code)s, last_error = %(error)s
WHERE id = %(id)s::uuid AND status IN ('pending', 'leased') RETURNING id
"""
_SEND_NOW: Final = """
UPDATE notification SET due_at = clock_timestamp(), error_code = 'send-now', last_error = 'asked for at a desk'
WHERE id = %(id)s::uuid AND status = 'pending' RETURNING id
"""
_DEAL_WITH: Final = """
UPDATE notification SET dealt_with_at = clock_timestamp(), dealt_with_by = %(by)s
WHERE id = %(id)s::uuid AND status IN ('unknown', 'failed', 'expired') RETURNING id
"""
_RECALL: Final = """
UPDATE notification SET status = 'cancelled', error_code = 'recalled', last_error = 'taken back at a desk'
WHERE appointment_id = %(appointment)s::uuid AND status IN ('pending', 'leased')
  AND kind IN ('confirmation', 'rescheduled', 'cancelled') AND appointment_version >= %(version)s RETURNING id
"""
_INSERT: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          language, due_at, not_after, origin_id, dates)
VALUES (%(id)s::uuid, %(appointment)s::uuid, %(version)s, %(patient)s::uuid, %(kind)s, %(channel)s, %(key)s,
        %(subject)s, %(body)s, %(language)s, clock_timestamp(), %(not_after)s, %(origin)s::uuid, %(dates)s::jsonb)
ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
"""
_NAMED_ALONG: Final = """
SELECT count(*) FROM notification n JOIN appointment a ON a.id = n.appointment_id
WHERE a.series_id = (SELECT series_id FROM appointment WHERE id = %(appointment)s::uuid)
  AND n.status IN ('pending', 'leased') AND n.dates ? %(appointment)s AND n.dates - %(appointment)s <> '{}'
"""
_DATES: Final = f"""
SELECT d.ids, d.starts, d.dates FROM notification n, LATERAL ({DATES_NOW}) AS d WHERE n.id = %(id)s::uuid
"""  # noqa: S608  # constants of this program only
_ANNOUNCE: Final = "SELECT announce_messages(%(ids)s::uuid[])"
_WHO: Final = "SELECT coalesce((SELECT display_name FROM staff WHERE login = session_user), session_user)"
_ALLOW: Final = """
DELETE FROM contact_note c USING patient p WHERE p.id = %(patient)s::uuid AND c.channel = %(channel)s
  AND c.address = lower(CASE c.channel WHEN 'sms' THEN p.phone ELSE p.email END) RETURNING c.id
"""
_NOTES: Final = """
SELECT c.id, c.channel, c.address, c.state, c.source, c.reason, c.version, c.changed_at FROM contact_note c, patient p
WHERE p.id = %(patient)s::uuid AND (c.channel = 'sms' AND c.address = p.phone OR c.channel = 'email' AND
                                    c.address = lower(p.email)) ORDER BY c.channel
"""
_REPLIES: Final = """
WITH picked AS (
    (SELECT id FROM inbound_message WHERE status = 'open' ORDER BY received_at LIMIT %(limit)s)
    UNION (SELECT id FROM inbound_message WHERE received_at >= %(since)s ORDER BY received_at DESC LIMIT %(limit)s))
SELECT i.id, i.channel, i.sender, i.body, i.received_at, i.meaning, i.status, i.version, i.patient_id, p.given_name,
       p.family_name, i.appointment_id, a.starts_at, coalesce(a.zone, 'UTC'), coalesce(d.name, '')
FROM picked JOIN inbound_message i ON i.id = picked.id
LEFT JOIN patient p ON p.id = i.patient_id
LEFT JOIN appointment a ON a.id = i.appointment_id
LEFT JOIN practitioner d ON d.id = a.practitioner_id
ORDER BY i.status = 'done', i.received_at DESC
"""
_CANDIDATES: Final = """
SELECT s.sender, p.id, p.given_name, p.family_name, v.id, v.starts_at, coalesce(v.zone, 'UTC'), coalesce(v.name, '')
FROM unnest(%(senders)s::text[]) AS s (sender)
JOIN patient p ON (p.phone = s.sender OR lower(p.email) = lower(s.sender)) AND s.sender <> ''
    AND p.merged_into_id IS NULL
LEFT JOIN LATERAL (
    SELECT a.id, a.starts_at, a.zone, d.name FROM appointment a JOIN practitioner d ON d.id = a.practitioner_id
    WHERE a.patient_id = p.id AND a.starts_at > clock_timestamp() - interval '2 hours' AND a.occupies
    ORDER BY a.starts_at LIMIT 3) AS v ON true
ORDER BY s.sender, v.starts_at NULLS LAST, p.id
"""
_FILE: Final = """
UPDATE inbound_message SET patient_id = coalesce(%(patient)s::uuid, patient_id),
    appointment_id = coalesce(%(appointment)s::uuid, appointment_id),
    status = CASE WHEN %(done)s THEN 'done' ELSE status END,
    meaning = CASE WHEN %(confirms)s THEN 'confirm' ELSE meaning END
WHERE id = %(id)s::uuid AND version = %(version)s RETURNING appointment_id
"""
_ACCEPT: Final = """
UPDATE appointment SET answer = 'accepted' WHERE id = %(id)s::uuid AND answer <> 'accepted' AND status = 'booked'
"""


def retry(connection: Connection, message_id: UUID) -> bool:
    """Let a message that failed, expired or is unknown wait to be sent now; False if it is none of these any more."""
    return _changed(connection, _RETRY, {"id": str(message_id)})


def cancel(connection: Connection, message_id: UUID, code: str, error: str) -> bool:
    """Take back what has not left; False if it has."""
    return _changed(connection, _CANCEL, {"id": str(message_id), "code": code, "error": error})


def send_now(connection: Connection, message_id: UUID) -> bool:
    """Make what waits due; False if it waits no more."""
    return _changed(connection, _SEND_NOW, {"id": str(message_id)})


def deal_with(connection: Connection, message_id: UUID, by: str) -> bool:
    """Note who takes care of what went wrong; False if nothing is wrong any more."""
    return _changed(connection, _DEAL_WITH, {"id": str(message_id), "by": by})


def recall(connection: Connection, appointment_id: UUID, version: int) -> int:
    """Take back what tells of this version of an appointment, reminders apart; return how many messages it was."""
    values = {"appointment": str(appointment_id), "version": version}
    return len(connection.exec_driver_sql(_RECALL, values).all())


def insert(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Put a message into the queue, due now; False if its key is there already."""
    return _changed(connection, _INSERT, values)


def named_along(connection: Connection, appointment_id: UUID) -> int:
    """Return how many messages that have not left name a date of a series together with others."""
    return int(connection.exec_driver_sql(_NAMED_ALONG, {"appointment": str(appointment_id)}).scalar_one())


def dates_now(connection: Connection, message_id: UUID) -> tuple[tuple[UUID, ...], tuple[datetime, ...], str | None]:
    """Return the ids and starts of the dates of a series that a message names, in order, and `dates` of what says so.

    Those are left out that it can no longer tell of; for a message that names none all are empty.
    """
    ids, starts, dates = connection.exec_driver_sql(_DATES, {"id": str(message_id)}).one()
    return tuple(ids or ()), tuple(starts or ()), dates


def announce(connection: Connection, appointment_id: UUID | None) -> None:
    """Tell all desks that the messages about an appointment changed."""
    if appointment_id is not None:
        connection.exec_driver_sql(_ANNOUNCE, {"ids": [str(appointment_id)]})


def person(connection: Connection) -> str:
    """Return what the person who is signed in is called."""
    return str(connection.exec_driver_sql(_WHO).scalar_one())


def allow_again(connection: Connection, patient_id: UUID, channel: str) -> bool:
    """Forget why a patient's address must not be used; False if nothing was noted."""
    return _changed(connection, _ALLOW, {"patient": str(patient_id), "channel": channel})


def notes_of(connection: Connection, patient_id: UUID) -> Sequence[Any]:
    """Return (id, channel, address, state, source, reason, version, changed_at) of a patient's addresses."""
    return connection.exec_driver_sql(_NOTES, {"patient": str(patient_id)}).all()


def replies(connection: Connection, since: datetime, limit: int) -> Sequence[Any]:
    """Return the replies that are open, and those received since; open ones first, the latest first."""
    return connection.exec_driver_sql(_REPLIES, {"since": since, "limit": limit}).all()


def candidates(connection: Connection, senders: Sequence[str]) -> Sequence[Any]:
    """Return (sender, patient, given name, family name, appointment, starts_at, zone, doctor) of whom each may be."""
    return connection.exec_driver_sql(_CANDIDATES, {"senders": list(senders)}).all()


def file_reply(connection: Connection, values: Mapping[str, Any]) -> tuple[UUID | None] | None:
    """Write whom a reply is from and what it means; return (its appointment,), None if it is not as it was seen."""
    row = connection.exec_driver_sql(_FILE, dict(values)).first()
    return None if row is None else (row[0],)


def accept(connection: Connection, appointment_id: UUID) -> None:
    """Note that the patient said yes to an appointment that is booked."""
    connection.exec_driver_sql(_ACCEPT, {"id": str(appointment_id)})


def _changed(connection: Connection, statement: str, values: Mapping[str, Any]) -> bool:
    return connection.exec_driver_sql(statement, dict(values)).first() is not None
