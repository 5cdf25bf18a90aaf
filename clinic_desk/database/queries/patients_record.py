"""The statements of a patient's page: five for all of it, however much there is of her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import ENTRY, PATIENT_COLUMNS, entries, patient_record
from clinic_desk.database.queries.messages import ROW
from clinic_desk.domain.patients_record import LATE, Counts, MergedDouble, PatientChange
from clinic_desk.domain.records import ChangeNote, Entry, Patient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_COMING: Final = "a.status IN ('booked', 'arrived', 'checked-in') AND a.ends_at > now()"
_LISTED: Final = "a.status <> 'entered-in-error'"
_LATE: Final = (
    "a.status = 'cancelled' AND a.cancellation_reason LIKE 'pat%%'"
    f" AND a.cancelled_at > a.starts_at - interval '{int(LATE.total_seconds())} seconds'"
)
_RECORDS: Final = f"""
WITH wanted AS (
    SELECT coalesce((SELECT m.merged_into_id FROM patient m WHERE m.id = %(id)s::uuid), %(id)s::uuid) AS id)
SELECT {PATIENT_COLUMNS}, coalesce(s.display_name, p.changed_by), coalesce(d.name, ''), p.changed_at, now(), c.*,
       h.operation_id, h.at
FROM wanted w JOIN patient p ON p.id = w.id OR p.merged_into_id = w.id
LEFT JOIN staff s ON s.login = p.changed_by LEFT JOIN desk d ON d.id = p.changed_desk_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.status = 'noshow'), count(*) FILTER (WHERE {_LATE}),
           count(*) FILTER (WHERE {_COMING}), count(*) FILTER (WHERE {_LISTED} AND NOT ({_COMING}))
    FROM appointment a WHERE a.patient_id = p.id) AS c
LEFT JOIN LATERAL (
    SELECT h.operation_id, h.at, h.before, o.command FROM history_of(ARRAY[p.id]) h
    JOIN operation o ON o.id = h.operation_id
    WHERE h.table_name = 'patient'
      AND (h.after ->> 'merged_into_id') IS DISTINCT FROM (h.before ->> 'merged_into_id')
    ORDER BY h.id DESC LIMIT 1) AS h
  ON p.merged_into_id IS NOT NULL AND h.command IN ('MergePatients', 'TakeBack')
  AND h.before ->> 'merged_into_id' IS NULL
ORDER BY p.id <> w.id, h.at DESC NULLS LAST, p.id
"""  # noqa: S608  # constants of this module only
_ENTRIES: Final = f"""{ENTRY}
WHERE a.id IN (
    (SELECT a.id FROM appointment a WHERE a.patient_id = %(id)s::uuid AND {_COMING}
     ORDER BY a.starts_at, a.id LIMIT %(limit)s)
    UNION ALL
    (SELECT a.id FROM appointment a WHERE a.patient_id = %(id)s::uuid AND {_LISTED} AND NOT ({_COMING})
     ORDER BY a.starts_at DESC, a.id LIMIT %(limit)s))
ORDER BY a.starts_at, a.id
"""  # noqa: S608  # constants of this module only
_MESSAGES: Final = f"""
WITH picked AS MATERIALIZED (
    SELECT n.id FROM notification n
    WHERE n.patient_id IN (SELECT id FROM patient WHERE id = %(id)s::uuid OR merged_into_id = %(id)s::uuid)
    ORDER BY n.due_at DESC LIMIT %(limit)s) {ROW}
"""  # noqa: S608  # constants of this module only
# What a merge moves is one change, told of the record; the appointments that went along do not tell it again.
_CHANGES: Final = """
WITH picked AS MATERIALIZED (
    (SELECT h.* FROM history_of(ARRAY(
        SELECT id FROM patient WHERE id = %(id)s::uuid OR merged_into_id = %(id)s::uuid)) h
     WHERE h.table_name = 'patient')
    UNION ALL
    (SELECT h.* FROM appointment a CROSS JOIN LATERAL (
        SELECT h.* FROM history_of(ARRAY[a.id]) h WHERE h.table_name = 'appointment'
          AND NOT (h.action = 'update' AND h.before ->> 'patient_id' <> h.after ->> 'patient_id' AND EXISTS (
              SELECT FROM operation o
              WHERE o.id = h.operation_id AND o.command IN ('MergePatients', 'SeparatePatients', 'TakeBack')
                AND EXISTS (SELECT FROM history_by(o.id) m WHERE m.table_name = 'patient')))
        ORDER BY h.id DESC LIMIT %(limit)s) AS h
     WHERE a.patient_id = %(id)s::uuid)
    ORDER BY id DESC LIMIT %(limit)s)
SELECT h.id, h.at, coalesce(s.display_name, h.db_user), coalesce(d.name, ''), coalesce(o.command, ''), h.row_id,
       h.table_name = 'patient', h.before, h.after
FROM picked h LEFT JOIN operation o ON o.id = h.operation_id
LEFT JOIN staff s ON s.login = h.db_user LEFT JOIN desk d ON d.id = h.desk_id ORDER BY h.id DESC
"""


@dataclass(frozen=True, slots=True)
class Records:
    """A patient with her last change and the counts, the records that lead to hers, and the database's clock."""

    patient: Patient
    changed: ChangeNote
    counts: Counts
    doubles: tuple[MergedDouble, ...]
    read_at: datetime


def records_of(connection: Connection, patient_id: UUID) -> Records | None:
    """Return a patient's record, or the one that hers was merged into; None if there is no such row."""
    rows = connection.exec_driver_sql(_RECORDS, {"id": str(patient_id)}).all()
    if not rows:
        return None
    first = rows[0]
    doubles = tuple(MergedDouble(patient_record(row[:13]), row[21], row[22]) for row in rows[1:])
    return Records(patient_record(first[:13]), ChangeNote(*first[13:16]), Counts(*first[17:21]), doubles, first[16])


def entries_of(connection: Connection, patient_id: UUID, limit: int) -> tuple[Entry, ...]:
    """Return the soonest `limit` appointments to come and the latest `limit` of the others, by start."""
    return entries(connection.exec_driver_sql(_ENTRIES, {"id": str(patient_id), "limit": limit}).all())


def messages_of(connection: Connection, patient_id: UUID, limit: int) -> Sequence[Any]:
    """Return the rows (`queries.messages.ROW`) of a patient's latest messages, in no order."""
    return connection.exec_driver_sql(_MESSAGES, {"id": str(patient_id), "limit": limit}).all()


def changes_of(connection: Connection, patient_id: UUID, limit: int) -> tuple[PatientChange, ...]:
    """Return the latest changes of a patient's record and of her appointments, the latest first."""
    rows = connection.exec_driver_sql(_CHANGES, {"id": str(patient_id), "limit": limit})
    return tuple(PatientChange(*row) for row in rows)
