"""What stood on the calendar at a moment gone by: rows of today, taken back by what the history says changed since.

The first change of a row after the moment holds, as `before`, what the row was at the moment. The history's `at` is
when a transaction began: of what was under way at the very moment nobody can say which side of it it was on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.calendar import absence_records
from clinic_desk.database.queries.entries import APPOINTMENT_COLUMNS, LONGEST_FOOTPRINT, PATIENT_COLUMNS, entries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Block, Entry, TimeOff

_MARGIN: Final = timedelta(days=2)
"""So far may an appointment's wall time lie from the instants asked for: a day for the zone, a day for its length."""

_FIRST_CHANGE: Final = """LATERAL (
    SELECT h.id, h.before FROM history_of(ARRAY[{row}.id]) h WHERE h.table_name = '{table}' AND h.at > %(at)s
    ORDER BY h.id LIMIT 1)"""
# Times that were not stamped yet when the history was written are not today's.
_UNSTAMPED: Final = (
    """'{"arrived_at": null, "in_room_at": null, "finished_at": null, "present_room_id": null}'::jsonb"""
)

_ENTRIES: Final = f"""
WITH touched AS (
    SELECT id FROM appointment
    WHERE starts_at > %(starts_at)s - interval '{LONGEST_FOOTPRINT}' AND starts_at < %(ends_at)s + interval '4 hours'
      AND footprint && tstzrange(%(starts_at)s, %(ends_at)s)
    UNION
    SELECT appointments_changed(%(at)s, %(first)s, %(last)s)
), a AS MATERIALIZED (
    SELECT was.* FROM touched JOIN appointment today ON today.id = touched.id
    LEFT JOIN {_FIRST_CHANGE.format(row="touched", table="appointment")} change ON true
    CROSS JOIN LATERAL jsonb_populate_record(today, {_UNSTAMPED} || change.before) was
    WHERE change.id IS NULL OR change.before IS NOT NULL
)
SELECT {APPOINTMENT_COLUMNS}, NULL, {PATIENT_COLUMNS}
FROM a JOIN patient today ON today.id = a.patient_id
LEFT JOIN {_FIRST_CHANGE.format(row="today", table="patient")} change ON true
CROSS JOIN LATERAL jsonb_populate_record(today, change.before - 'restricted') p
LEFT JOIN staff s ON s.login = a.changed_by LEFT JOIN desk d ON d.id = a.changed_desk_id
WHERE a.status <> 'entered-in-error'
  AND a.starts_at - make_interval(mins => a.buffer_before_minutes) < %(ends_at)s
  AND a.ends_at + make_interval(mins => a.buffer_after_minutes) > %(starts_at)s
ORDER BY a.starts_at, a.id
"""  # noqa: S608  # constants of this program only

_ABSENT: Final = """
SELECT was.* FROM (
    SELECT id FROM {table} WHERE starts_at < %(ends_at)s AND ends_at > %(starts_at)s
    UNION SELECT row_id FROM history WHERE table_name = '{table}' AND at > %(at)s
) touched
LEFT JOIN {table} today ON today.id = touched.id
LEFT JOIN {change} change ON true
CROSS JOIN LATERAL jsonb_populate_record(today, change.before) was
WHERE (change.id IS NULL OR change.before IS NOT NULL) AND was.starts_at < %(ends_at)s AND was.ends_at > %(starts_at)s
"""
_TYPES: Final = """
SELECT b.type_id FROM block_type b WHERE b.block_id = x.id AND NOT EXISTS (
    SELECT FROM history h WHERE h.row_id = b.id AND h.table_name = 'block_type' AND h.action = 'insert'
      AND h.at > %(at)s)
UNION
SELECT (h.before ->> 'type_id')::uuid FROM history h
WHERE h.table_name = 'block_type' AND h.action = 'delete' AND h.at > %(at)s AND h.before ->> 'block_id' = x.id::text
  AND NOT EXISTS (
    SELECT FROM history made WHERE made.row_id = h.row_id AND made.table_name = 'block_type'
      AND made.action = 'insert' AND made.at > %(at)s)
"""
_TIME_OFF: Final = _ABSENT.format(table="time_off", change=_FIRST_CHANGE.format(row="touched", table="time_off"))
_BLOCKS: Final = _ABSENT.format(table="block", change=_FIRST_CHANGE.format(row="touched", table="block"))
_ABSENCES: Final = f"""
SELECT x.id, x.practitioner_id, NULL::uuid, x.starts_at, x.ends_at, x.name, x.version, true, '{{}}'::uuid[]
FROM ({_TIME_OFF}) x
UNION ALL
SELECT x.id, x.practitioner_id, x.room_id, x.starts_at, x.ends_at, x.name, x.version, false, ARRAY({_TYPES})
FROM ({_BLOCKS}) x
ORDER BY 4, 1
"""  # noqa: S608  # constants of this module only
_MADE_SINCE: Final = """
SELECT h.row_id FROM unnest(%(ids)s::uuid[]) AS wanted (id), LATERAL history_of(ARRAY[wanted.id]) h
WHERE h.table_name = 'appointment' AND h.action = 'insert' AND h.at > %(at)s
"""


def entries_at(connection: Connection, at: datetime, starts_at: datetime, ends_at: datetime) -> tuple[Entry, ...]:
    """Return the appointments, with their patients, that touched [starts_at, ends_at) at a moment; by start.

    What had become of their messages by then is not told.
    """
    values = {
        "at": at,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "first": (starts_at - _MARGIN).date().isoformat(),
        "last": (ends_at + _MARGIN).date().isoformat(),
    }
    return entries(connection.exec_driver_sql(_ENTRIES, values).all())


def absences_at(
    connection: Connection, at: datetime, starts_at: datetime, ends_at: datetime
) -> tuple[tuple[TimeOff, ...], tuple[Block, ...]]:
    """Return the time off and the blocks that touched [starts_at, ends_at) at a moment, by start."""
    values = {"at": at, "starts_at": starts_at, "ends_at": ends_at}
    return absence_records(connection.exec_driver_sql(_ABSENCES, values).all())


def made_since(connection: Connection, at: datetime, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of some appointments that were booked after a moment."""
    values = {"at": at, "ids": [str(each) for each in ids]}
    return frozenset(row[0] for row in connection.exec_driver_sql(_MADE_SINCE, values))
