"""Who was booked and never arrived: one statement over some days, by their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries.entries import entries_by_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.domain.records import Entry

_NEVER_ARRIVED: Final = """
SELECT id FROM appointment
WHERE status = 'booked' AND ends_at <= now() AND starts_at < now()
  AND starts_at > now() - make_interval(days => %(days)s)
  AND (%(site)s::uuid IS NULL OR site_id = %(site)s::uuid)
"""


def never_arrived(connection: Connection, days: int, site_id: UUID | None) -> tuple[Entry, ...]:
    """Return those still booked whose time ended within so many days, by start; of one site or of all (None)."""
    values = {"days": days, "site": None if site_id is None else str(site_id)}
    return entries_by_id(connection, list(connection.exec_driver_sql(_NEVER_ARRIVED, values).scalars()))
