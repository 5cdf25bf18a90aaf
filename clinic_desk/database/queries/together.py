"""The statements of messages about dates of a series: what was told of them, what is voided, what is queued."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.told import TOLD_OF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

# What this very transaction voided, by changing the dates it hangs on, is seen as open.
_TOLD: Final = f"""
SELECT n.id, n.patient_id, n.kind, {TOLD_OF}, n.appointment_id, substring(n.dedupe_key FROM '[^:]*$'), n.dates,
       n.status IN ('pending', 'leased')
       OR (n.status = 'cancelled' AND n.error_code = 'superseded' AND n.changed_at >= now()) AS is_open
FROM notification n
WHERE n.appointment_id IN (SELECT id FROM appointment WHERE series_id = %(series)s::uuid)
  AND n.kind IN ('confirmation', 'rescheduled', 'cancelled')
ORDER BY n.created_at, n.id
"""  # noqa: S608  # constants of this program only
_VOID: Final = """
UPDATE notification SET status = 'cancelled', error_code = 'superseded', last_error = 'the appointment was changed'
WHERE id = ANY(%(ids)s::uuid[]) AND status IN ('pending', 'leased') RETURNING id
"""
_INSERT: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          language, due_at, not_after, status, error_code, last_error, dates)
SELECT m.id, m.appointment_id, m.appointment_version, m.patient_id, m.kind, m.channel, m.dedupe_key, m.subject, m.body,
       m.language, m.due_at, m.not_after, m.status, m.error_code, m.last_error, m.dates
FROM json_to_recordset(%(rows)s::json) AS m (
    id uuid, appointment_id uuid, appointment_version int, patient_id uuid, kind text, channel text, dedupe_key text,
    subject text, body text, language text, due_at timestamptz, not_after timestamptz, status text, error_code text,
    last_error text, dates jsonb)
"""


def told_of_series(
    connection: Connection, series_id: UUID
) -> list[tuple[UUID, UUID, str, str, Mapping[UUID, str], bool]]:
    """Return each message about dates of a series by age: id, patient, kind, status, what it tells, if it is open."""
    found = connection.exec_driver_sql(_TOLD, {"series": str(series_id)})
    return [
        (row_id, patient_id, kind, status, _dates(appointment_id, told, dates), is_open)
        for row_id, patient_id, kind, status, appointment_id, told, dates, is_open in found
    ]


def _dates(appointment_id: UUID, told: str, dates: Mapping[str, str] | None) -> dict[UUID, str]:
    if dates is None:
        return {appointment_id: told}
    return {UUID(row_id): each for row_id, each in dates.items()}


def void(connection: Connection, ids: Iterable[UUID]) -> None:
    """Void those that have not left."""
    connection.exec_driver_sql(_VOID, {"ids": [str(row_id) for row_id in ids]})


def queue(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Put messages into the queue."""
    connection.exec_driver_sql(_INSERT, {"rows": json.dumps(rows)})
