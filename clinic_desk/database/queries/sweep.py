"""The statements of the sweep that repairs the plan of reminders, and of the pruning of what is finished."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.clinic import SITE, site_record
from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.database.queries.told import TOLD_OF
from clinic_desk.domain.records import Appointment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Patient, Site

_FUTURE: Final = """
SELECT id, starts_at FROM appointment
WHERE status = 'booked' AND starts_at > clock_timestamp() AND (starts_at, id) > (%(starts_at)s, %(id)s::uuid)
ORDER BY starts_at, id LIMIT %(limit)s
"""
# The key of a booking's lock (queries.booking): no desk is between planning and COMMIT for these patients meanwhile.
_LOCK: Final = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT (3::bigint << 56) + (hashtext(patient_id::text)::bigint & 4294967295) AS key
    FROM appointment WHERE id = ANY(%(ids)s::uuid[]) ORDER BY key) AS keys
"""
_BOOKED: Final = f"""
SELECT a.id, a.practitioner_id, a.site_id, a.type_id, a.starts_at, a.ends_at, a.wall_start, a.zone, a.version,
       {PATIENT_COLUMNS}
FROM appointment a JOIN patient p ON p.id = a.patient_id
WHERE a.id = ANY(%(ids)s::uuid[]) AND a.status = 'booked' ORDER BY a.starts_at, a.id
"""  # noqa: S608  # constants of this program only
_SITES: Final = f"SELECT {SITE} FROM site x"  # noqa: S608  # constants of this program only
_REMINDERS: Final = f"""
SELECT n.id, n.appointment_id, n.patient_id, n.channel, {TOLD_OF}, n.rule_id, n.dedupe_key, n.due_at, n.subject, n.body,
       n.attempts, n.error_code
FROM notification n WHERE n.appointment_id = ANY(%(ids)s::uuid[]) AND n.kind = 'reminder' AND n.origin_id IS NULL
ORDER BY n.created_at, n.id
"""  # noqa: S608  # constants of this program only
_INSERT: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          language, due_at, not_after, status, error_code, last_error, rule_id)
SELECT m.id, m.appointment_id, m.appointment_version, m.patient_id, m.kind, m.channel, m.dedupe_key, m.subject, m.body,
       m.language, m.due_at, m.not_after, m.status, m.error_code, m.last_error, m.rule_id
FROM json_to_recordset(%(rows)s::json) AS m (
    id uuid, appointment_id uuid, appointment_version int, patient_id uuid, kind text, channel text, dedupe_key text,
    subject text, body text, language text, due_at timestamptz, not_after timestamptz, status text, error_code text,
    last_error text, rule_id uuid)
ON CONFLICT (dedupe_key) DO NOTHING
"""
_CHANGE: Final = """
UPDATE notification n SET status = m.status, due_at = m.due_at, subject = m.subject, body = m.body,
    language = m.language, error_code = m.error_code, last_error = m.last_error
FROM json_to_recordset(%(rows)s::json) AS m (
    id uuid, was text, status text, due_at timestamptz, subject text, body text, language text, error_code text,
    last_error text)
WHERE n.id = m.id AND n.status = m.was AND n.attempts = 0
"""
_VOID: Final = """
UPDATE notification n SET status = 'cancelled', error_code = m.code, last_error = m.saying
FROM json_to_recordset(%(rows)s::json) AS m (id uuid, code text, saying text)
WHERE n.id = m.id AND n.status = 'pending' AND n.attempts = 0
"""
_ANNOUNCE: Final = "SELECT announce_messages(%(ids)s::uuid[])"
# What is unknown is not finished, and of an appointment still to come all is kept: it says what its patient was told.
_PRUNE: Final = """
DELETE FROM notification WHERE id IN (
    SELECT n.id FROM notification n LEFT JOIN appointment a ON a.id = n.appointment_id
    WHERE n.status IN ('sent', 'delivered', 'failed', 'expired', 'cancelled')
      AND n.created_at < clock_timestamp() - make_interval(days => %(days)s)
      AND coalesce(a.ends_at, n.not_after, n.created_at) < clock_timestamp()
    LIMIT %(limit)s FOR UPDATE OF n SKIP LOCKED)
"""
_PRUNE_REPLIES: Final = """
DELETE FROM inbound_message WHERE id IN (
    SELECT id FROM inbound_message WHERE status = 'done'
      AND received_at < clock_timestamp() - make_interval(days => %(days)s)
    ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A reminder in the queue that was planned for its appointment (not in another's stead), as the sweep sees it."""

    id: UUID
    appointment_id: UUID
    patient_id: UUID
    channel: str
    status: str
    rule_id: UUID | None
    dedupe_key: str
    due_at: datetime
    subject: str
    body: str
    attempts: int
    error_code: str

    @property
    def told(self) -> str:
        """What it tells: time and place."""
        return self.dedupe_key.rpartition(":")[2]


def future_appointments(
    connection: Connection, starts_at: datetime, row_id: UUID, limit: int
) -> Sequence[tuple[UUID, datetime]]:
    """Return (id, start) of booked appointments still to come, after this start and id, in this order."""
    values = {"starts_at": starts_at, "id": str(row_id), "limit": limit}
    return [(found, start) for found, start in connection.exec_driver_sql(_FUTURE, values)]


def lock_patients(connection: Connection, appointment_ids: Iterable[UUID]) -> None:
    """Wait until no desk is planning for the patients of these appointments; none will before this COMMIT."""
    connection.exec_driver_sql(_LOCK, {"ids": _ids(appointment_ids)})


def booked(connection: Connection, appointment_ids: Iterable[UUID]) -> list[tuple[Appointment, Patient]]:
    """Return those of the appointments that are booked, with their patients; what a message needs, and no more."""
    found = []
    for row in connection.exec_driver_sql(_BOOKED, {"ids": _ids(appointment_ids)}):
        row_id, practitioner_id, site_id, type_id, starts_at, ends_at, wall_start, zone, version, *who = row
        appointment = Appointment(
            row_id,
            UUID(who[0]),
            practitioner_id,
            site_id,
            type_id,
            starts_at,
            ends_at,
            wall_start,
            zone,
            version=version,
        )
        found.append((appointment, patient_record(who)))
    return found


def sites(connection: Connection) -> dict[UUID, Site]:
    """Return every site by its id."""
    found = (site_record(row) for (row,) in connection.exec_driver_sql(_SITES))
    return {site.id: site for site in found}


def reminders_of(connection: Connection, appointment_ids: Iterable[UUID]) -> dict[UUID, list[ReminderRow]]:
    """Return the reminders of appointments, in whatever state, oldest first."""
    rows: dict[UUID, list[ReminderRow]] = {}
    for found in connection.exec_driver_sql(_REMINDERS, {"ids": _ids(appointment_ids)}):
        row = ReminderRow(*found)
        rows.setdefault(row.appointment_id, []).append(row)
    return rows


def insert_reminders(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Insert messages; those whose key is there already are left out. Return how many were not."""
    return _each(connection, _INSERT, rows)


def change_reminders(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Give reminders that are still in the state `was` and were never tried another time, text and state."""
    return _each(connection, _CHANGE, rows)


def void_reminders(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Cancel reminders (id, code, saying) that are still pending and were never tried."""
    return _each(connection, _VOID, rows)


def announce(connection: Connection, appointment_ids: Iterable[UUID]) -> None:
    """Tell the desks that the messages of these appointments (50 at most) changed."""
    connection.exec_driver_sql(_ANNOUNCE, {"ids": _ids(appointment_ids)})


def prune_messages(connection: Connection, days: int, limit: int) -> int:
    """Delete finished messages older than so many days, of appointments that are over; return how many."""
    return connection.exec_driver_sql(_PRUNE, {"days": days, "limit": limit}).rowcount


def prune_replies(connection: Connection, days: int, limit: int) -> int:
    """Delete what patients wrote and desks have dealt with, so many days ago; return how many."""
    return connection.exec_driver_sql(_PRUNE_REPLIES, {"days": days, "limit": limit}).rowcount


def _each(connection: Connection, statement: str, rows: Sequence[dict[str, Any]]) -> int:
    if not rows:
        return 0
    return connection.exec_driver_sql(statement, {"rows": json.dumps(list(rows), default=str)}).rowcount


def _ids(ids: Iterable[UUID]) -> list[str]:
    return [str(row) for row in ids]
