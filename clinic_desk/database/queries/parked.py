"""What is parked: taken off the calendar and not yet put back, with who did it and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.domain.records import ChangeNote

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Entry

# The change that parked it, whatever was changed since; one that was stored so (an import) counts from its last change.
_PARKED: Final = """
SELECT a.id, coalesce(s.display_name, p.db_user, a.changed_by), coalesce(d.name, ''), coalesce(p.at, a.changed_at)
FROM appointment a
LEFT JOIN LATERAL (
    SELECT h.db_user, h.desk_id, h.at FROM history_of(ARRAY[a.id]) h
    WHERE h.table_name = 'appointment' AND h.after->>'status' = 'waitlist'
      AND h.before->>'status' IS DISTINCT FROM 'waitlist'
    ORDER BY h.id DESC LIMIT 1) AS p ON true
LEFT JOIN staff s ON s.login = coalesce(p.db_user, a.changed_by)
LEFT JOIN desk d ON d.id = coalesce(p.desk_id, a.changed_desk_id)
WHERE a.status = 'waitlist' ORDER BY 4, a.id
"""


def parked(connection: Connection) -> tuple[tuple[Entry, ChangeNote], ...]:
    """Return what is parked and who parked it when, the longest first."""
    notes: dict[UUID, ChangeNote] = {
        row_id: ChangeNote(person, desk, at) for row_id, person, desk, at in connection.exec_driver_sql(_PARKED)
    }
    entries = {entry.id: entry for entry in entries_by_id(connection, notes)}
    return tuple((entries[row_id], note) for row_id, note in notes.items() if row_id in entries)
