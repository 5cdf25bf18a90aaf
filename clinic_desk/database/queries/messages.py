"""Reads the notification queue for people: counts, lists, one appointment's messages, the channels' state; who changed.

No list reads the whole table: each of its branches has an index of its own and a limit, so that a million finished
rows cost nothing (tests/services/test_messages_plan.py looks at the plans).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries.told import DATES_HOLD
from clinic_desk.domain.message_list import Filter
from clinic_desk.domain.pcs import SILENT_AFTER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

_SILENT_S: Final = int(SILENT_AFTER.total_seconds())
# What is unknown and will be asked about needs nobody yet.
ATTENTION: Final = (
    "status IN ('unknown', 'failed', 'expired') AND dealt_with_at IS NULL AND (status <> 'unknown' OR check_at IS NULL)"
)
_COUNTS: Final = f"""
SELECT (SELECT count(*) FROM notification WHERE status = 'pending' AND due_at < %(ends_at)s)
       + (SELECT count(*) FROM notification WHERE status IN ('leased', 'sending')),
       (SELECT count(*) FROM notification WHERE status IN ('sent', 'delivered')
           AND sent_at >= %(starts_at)s AND sent_at < %(ends_at)s),
       (SELECT count(*) FROM notification WHERE {ATTENTION}),
       (SELECT count(*) FROM inbound_message WHERE status = 'open'),
       (SELECT count(*) FROM appointment WHERE status = 'waitlist')
"""  # noqa: S608  # constants of this module only
_MESSAGES: Final = """
SELECT id, kind, channel, status, due_at, sent_at, attempts, last_error, subject, body, error_code FROM notification
WHERE appointment_id = %(appointment)s::uuid ORDER BY created_at, id
"""
_HISTORY: Final = """
SELECT h.at, coalesce(s.display_name, h.db_user), coalesce(d.name, ''), o.command, h.action, h.version,
       h.before, h.after
FROM history_of(ARRAY[%(row)s::uuid]) h
LEFT JOIN operation o ON o.id = h.operation_id
LEFT JOIN staff s ON s.login = h.db_user
LEFT JOIN desk d ON d.id = h.desk_id
WHERE h.table_name = %(table)s
ORDER BY h.id
"""
_QUEUE: Final = f"""
SELECT count(*) FILTER (WHERE status = 'pending' AND due_at > clock_timestamp()),
       count(*) FILTER (WHERE status = 'pending' AND due_at <= clock_timestamp()),
       count(*) FILTER (WHERE status IN ('leased', 'sending')),
       count(*) FILTER (WHERE {ATTENTION})
FROM notification WHERE status NOT IN ('sent', 'delivered', 'cancelled')
"""  # noqa: S608  # constants of this module only
_CHANNELS: Final = """
SELECT c.channel, c.state, c.code, c.reason, c.since, c.resume_at,
       CASE c.channel WHEN 'sms' THEN m.sms_by ELSE m.email_by END,
       CASE c.channel WHEN 'sms' THEN m.sms_per_minute ELSE m.email_per_minute END,
       m.quiet_from_minute, m.quiet_until_minute, m.wait_s
FROM message_channel c, messaging m ORDER BY c.channel
"""
_LATE: Final = f"""
SELECT n.channel, count(*) FROM notification n JOIN message_channel c ON c.channel = n.channel AND c.state = 'working'
WHERE n.status = 'pending' AND n.due_at < clock_timestamp() - INTERVAL '{_SILENT_S} seconds'
  AND (SELECT CASE n.channel WHEN 'sms' THEN m.sms_by ELSE m.email_by END FROM messaging m) <> 'off'
  AND NOT EXISTS (SELECT FROM sending_seen s WHERE n.channel = ANY (s.channels)
                  AND s.seen_at > clock_timestamp() - INTERVAL '{_SILENT_S} seconds')
GROUP BY n.channel ORDER BY n.channel
"""  # noqa: S608  # constants of this program only
_STOPPED: Final = "SELECT channel FROM message_channel WHERE state = 'stopped' ORDER BY channel"
_STAFF: Final = "SELECT login, display_name FROM staff"
_BY_EMAIL: Final = (
    "SELECT id FROM patient WHERE email <> '' AND lower(email) LIKE %(part)s AND merged_into_id IS NULL LIMIT 200"
)

CLOSED: Final = "closed"
"""What stands for the address of a restricted patient's own channel: there is one, and no desk reads it."""
_ADDRESS: Final = (
    f"CASE WHEN p.restricted THEN CASE n.channel WHEN p.channel THEN '{CLOSED}' ELSE '' END"
    " WHEN n.channel = 'sms' THEN p.phone WHEN n.channel = 'email' THEN p.email ELSE '' END"
)
_OTHER: Final = "CASE n.channel WHEN 'sms' THEN p.email ELSE p.phone END"
# Of a time that is offered, or was, the key says when and where; of a patient's own list where the first one is.
_OFFERED_ZONE: Final = """CASE WHEN n.kind IN ('waitlist-offer', 'waitlist-gone', 'appointment-list')
           THEN (SELECT s.zone FROM site s WHERE s.id::text = split_part(n.dedupe_key, '@', 2)) END"""
ROW: Final = f"""
SELECT n.id, n.kind, n.channel, n.status, n.patient_id, p.given_name, p.family_name,
       coalesce(nullif(n.recipient, ''), {_ADDRESS}), n.due_at, n.appointment_id, a.starts_at,
       coalesce(a.zone, {_OFFERED_ZONE}, 'UTC'),
       coalesce(d.name, ''), a.status, a.cancelled_at, coalesce(k.name, ''), n.not_after, n.sent_at, n.changed_at,
       n.check_at, n.attempts, n.error_code, n.last_error, n.subject, n.body, n.log, n.dedupe_key,
       r.body, r.received_at, r.meaning, c.state, c.changed_at,
       {_OTHER} <> '' AND NOT EXISTS (SELECT FROM contact_note o WHERE o.address = lower({_OTHER})
           AND o.channel = CASE n.channel WHEN 'sms' THEN 'email' ELSE 'sms' END),
       EXISTS (SELECT FROM notification s WHERE s.origin_id = n.id AND s.status <> 'cancelled'), n.dealt_with_by,
       CASE WHEN n.dates IS NOT NULL THEN ({DATES_HOLD}) END
FROM picked JOIN notification n ON n.id = picked.id
JOIN patient p ON p.id = n.patient_id
LEFT JOIN appointment a ON a.id = n.appointment_id
LEFT JOIN practitioner d ON d.id = a.practitioner_id
LEFT JOIN desk k ON k.id = a.changed_desk_id
LEFT JOIN contact_note c ON c.channel = n.channel AND c.address = lower({_ADDRESS})
LEFT JOIN LATERAL (
    SELECT i.body, i.received_at, i.meaning FROM inbound_message i
    WHERE i.appointment_id = n.appointment_id AND i.channel = n.channel AND i.received_at >= n.sent_at
      AND NOT EXISTS (SELECT FROM notification m WHERE m.appointment_id = n.appointment_id AND m.channel = n.channel
                      AND m.sent_at > n.sent_at AND m.sent_at <= i.received_at)
    ORDER BY i.received_at LIMIT 1) AS r ON n.sent_at IS NOT NULL
"""  # noqa: S608  # constants of this module only


@dataclass(frozen=True, slots=True)
class _Branch:
    """Messages of one sort, in an order that an index gives; `share`: which part of a limit is theirs."""

    where: str
    order: str
    share: int = 1


_TROUBLED: Final = _Branch(ATTENTION, "changed_at DESC")
_MOVING: Final = _Branch(
    "(status IN ('leased', 'sending') OR status = 'unknown' AND (check_at IS NOT NULL OR dealt_with_at IS NOT NULL))"
    " AND status IN ('leased', 'sending', 'unknown')",
    "lease_until",
)
_PENDING: Final = _Branch("status = 'pending'", "due_at")
_SENT: Final = _Branch("status IN ('sent', 'delivered') AND sent_at >= %(since)s", "sent_at DESC")
_UNSENT: Final = _Branch(
    "status IN ('failed', 'expired', 'cancelled') AND changed_at >= %(since)s"
    " AND (status = 'cancelled' OR dealt_with_at IS NOT NULL)",
    "changed_at DESC",
)


def _with_status(branch: _Branch, status: str) -> _Branch:
    return _Branch(f"{branch.where} AND status = '{status}'", branch.order)


def _ended(status: str) -> _Branch:
    return _Branch(
        f"status = '{status}' AND status IN ('failed', 'expired', 'cancelled') AND changed_at >= %(since)s",
        "changed_at DESC",
    )


_BRANCHES: Final[dict[Filter, tuple[_Branch, ...]]] = {
    Filter.ATTENTION: (_TROUBLED,),
    Filter.DUE: (
        _Branch("status IN ('leased', 'sending')", "lease_until"),
        _Branch("status = 'pending' AND due_at < %(ends_at)s", "due_at"),
    ),
    Filter.SENT_TODAY: (
        _Branch(f"{_SENT.where} AND sent_at >= %(starts_at)s AND sent_at < %(ends_at)s", "sent_at DESC"),
    ),
    Filter.ALL: (_TROUBLED, _MOVING, _Branch(_PENDING.where, _PENDING.order, share=4), _SENT, _UNSENT),
    Filter.LATER: (_PENDING,),
    Filter.SENDING: (_Branch("status IN ('leased', 'sending')", "lease_until"),),
    Filter.UNKNOWN: (_Branch("status = 'unknown'", "lease_until"),),
    Filter.SENT: (_with_status(_SENT, "sent"),),
    Filter.DELIVERED: (_with_status(_SENT, "delivered"),),
    Filter.FAILED: (_ended("failed"),),
    Filter.EXPIRED: (_ended("expired"),),
    Filter.CANCELLED: (_ended("cancelled"),),
}


def list_statement(chosen: Filter, *, searching: bool) -> str:
    """Return the statement that lists messages; its values: since, starts_at, ends_at, limit (and patients)."""
    parts = []
    for branch in _BRANCHES[chosen]:
        mine = " AND patient_id = ANY(%(patients)s::uuid[])" if searching else ""
        limit = f"(%(limit)s / {branch.share}) + 1" if branch.share > 1 else "%(limit)s + 1"
        parts.append(f"(SELECT id FROM notification WHERE {branch.where}{mine} ORDER BY {branch.order} LIMIT {limit})")  # noqa: S608
    return f"WITH picked AS MATERIALIZED ({' UNION ALL '.join(parts)}) {ROW}"


def counts(connection: Connection, starts_at: datetime, ends_at: datetime) -> tuple[int, int, int, int, int]:
    """Return how many are due before `ends_at`, were sent in [starts_at, ends_at), need somebody; replies; parked."""
    row = connection.exec_driver_sql(_COUNTS, {"starts_at": starts_at, "ends_at": ends_at}).one()
    return row[0], row[1], row[2], row[3], row[4]


def stopped_channels(connection: Connection) -> tuple[str, ...]:
    """Return the channels over which nothing goes until somebody acts."""
    return tuple(connection.exec_driver_sql(_STOPPED).scalars())


def unsent_channels(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Return (channel, how many messages) where some are late and no program was seen that could send them."""
    return tuple((row[0], row[1]) for row in connection.exec_driver_sql(_LATE))


def listed(connection: Connection, chosen: Filter, values: dict[str, Any], *, searching: bool) -> Sequence[Any]:
    """Return the rows (`ROW`) of a list, in no order; see `list_statement`."""
    return connection.exec_driver_sql(list_statement(chosen, searching=searching), values).all()


def by_ids(connection: Connection, ids: Sequence[UUID]) -> Sequence[Any]:
    """Return the rows (`ROW`) of these messages, in no order."""
    statement = f"WITH picked AS (SELECT unnest(%(ids)s::uuid[]) AS id) {ROW}"
    return connection.exec_driver_sql(statement, {"ids": [str(each) for each in ids]}).all()


def of_patient(connection: Connection, patient_id: UUID, limit: int) -> Sequence[Any]:
    """Return the rows (`ROW`) of a patient's latest messages, in no order."""
    statement = f"""WITH picked AS MATERIALIZED (SELECT id FROM notification WHERE patient_id = %(patient)s::uuid
        ORDER BY due_at DESC LIMIT %(limit)s) {ROW}"""  # noqa: S608  # constants of this module only
    return connection.exec_driver_sql(statement, {"patient": str(patient_id), "limit": limit}).all()


def of_appointment(connection: Connection, appointment_id: UUID) -> Sequence[Any]:
    """Return the rows (`ROW`) of an appointment's messages, those included that name it with others, in no order."""
    statement = f"""WITH picked AS (
        SELECT id FROM notification WHERE appointment_id = %(appointment)s::uuid
        UNION SELECT o.id FROM appointment x JOIN appointment y ON y.series_id = x.series_id
            JOIN notification o ON o.appointment_id = y.id AND o.dates ? %(appointment)s
        WHERE x.id = %(appointment)s::uuid) {ROW}"""  # noqa: S608
    return connection.exec_driver_sql(statement, {"appointment": str(appointment_id)}).all()


def patients_by_email(connection: Connection, part: str) -> list[UUID]:
    """Return up to 200 patients whose e-mail address has this part."""
    escaped = part.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return list(connection.exec_driver_sql(_BY_EMAIL, {"part": f"%{escaped}%"}).scalars())


def channels(connection: Connection) -> Sequence[Any]:
    """Return (channel, state, code, reason, since, resume_at, by, per minute, quiet from, until, wait) of each."""
    return connection.exec_driver_sql(_CHANNELS).all()


def staff_names(connection: Connection) -> dict[str, str]:
    """Return what the people behind the logins are called."""
    return {row[0]: row[1] for row in connection.exec_driver_sql(_STAFF)}


def messages_of(connection: Connection, appointment_id: UUID) -> Sequence[Any]:
    """Return (id, kind, channel, status, due, sent, attempts, last error, subject, body, code), oldest first."""
    return connection.exec_driver_sql(_MESSAGES, {"appointment": str(appointment_id)}).all()


def history_of(connection: Connection, table: str, row_id: UUID) -> Sequence[Any]:
    """Return (at, person, desk, command, action, version, before, after) of one row's changes, oldest first."""
    return connection.exec_driver_sql(_HISTORY, {"table": table, "row": str(row_id)}).all()


def queue(connection: Connection) -> tuple[int, int, int, int]:
    """Return how many messages wait for their time, are due, are being sent, and need somebody."""
    waiting, due, sending, attention = connection.exec_driver_sql(_QUEUE).one()
    return waiting, due, sending, attention
