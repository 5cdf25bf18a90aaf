"""Which operations were carried out already, and on which appointment: read from the journal and the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OPERATION: Final = """
SELECT o.command, (SELECT h.row_id::text FROM history h
                   WHERE h.operation_id = o.id AND h.table_name = 'appointment' ORDER BY h.id LIMIT 1)
FROM operation o WHERE o.id = %(id)s::uuid
"""


def operation(connection: Connection, operation_id: UUID) -> tuple[str, UUID | None] | None:
    """Return the command and the appointment it changed (None: none); None if there was no such operation."""
    row = connection.exec_driver_sql(_OPERATION, {"id": str(operation_id)}).first()
    return None if row is None else (row[0], row[1] and UUID(row[1]))
