"""Appointments to come, as the check of what no longer fits looks at them: some at a time, without their patients."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.domain.records import Appointment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

_known: Final = lru_cache(maxsize=4096)(UUID)
_BOOKED: Final = """
SELECT a.id::text, a.patient_id::text, a.practitioner_id::text, a.site_id::text, a.type_id::text, a.starts_at,
       a.ends_at, a.wall_start, a.zone, a.room_id::text, a.squeezed_in, a.overruled, a.device_id::text, a.version
FROM appointment a
WHERE (a.starts_at, a.id) > (%(starts_at)s, %(id)s::uuid) AND a.status = 'booked'
ORDER BY a.starts_at, a.id LIMIT %(limit)s
"""
_NOT_TOLD: Final = """
SELECT n.appointment_id::text FROM notification n
WHERE n.appointment_id = ANY(%(ids)s::uuid[]) AND n.status IN ('pending', 'leased') AND n.kind <> 'reminder'
UNION
SELECT a.id::text FROM appointment a
JOIN appointment b ON b.series_id = a.series_id
JOIN notification n ON n.appointment_id = b.id AND n.dates ? a.id::text
WHERE a.id = ANY(%(ids)s::uuid[]) AND n.status IN ('pending', 'leased')
"""


def clock(connection: Connection) -> datetime:
    """Return the database's clock."""
    now: datetime = connection.exec_driver_sql("SELECT now()").scalar_one()
    return now


def keep_wall_times(connection: Connection) -> None:
    """Let instants be changed in this transaction without their wall times: those were agreed, and are written so.

    Otherwise the schema takes it for a client that knows no wall times, and works them out by the server's own rules.
    """
    connection.exec_driver_sql("SELECT set_config('clinic_desk.wall_times', 'kept', true)")


def not_told_yet(connection: Connection, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those appointments of which something is still to be told that has not left, reminders aside."""
    rows = connection.exec_driver_sql(_NOT_TOLD, {"ids": [str(row) for row in ids]})
    return frozenset(UUID(row[0]) for row in rows)


def booked_after(connection: Connection, after: tuple[datetime, UUID], limit: int) -> tuple[Appointment, ...]:
    """Return the next appointments that are booked and not begun, by start and id, behind a start and an id.

    Their notes and buffers are not read.
    """
    values = {"starts_at": after[0], "id": str(after[1]), "limit": limit}
    return tuple(
        [
            Appointment(
                id=UUID(row[0]),
                patient_id=UUID(row[1]),
                practitioner_id=_known(row[2]),
                site_id=_known(row[3]),
                type_id=_known(row[4]),
                starts_at=row[5],
                ends_at=row[6],
                wall_start=row[7],
                zone=row[8],
                room_id=None if row[9] is None else _known(row[9]),
                squeezed_in=row[10],
                overruled=frozenset(row[11]),
                device_id=None if row[12] is None else _known(row[12]),
                version=row[13],
            )
            for row in connection.exec_driver_sql(_BOOKED, values)
        ]
    )
