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
# Of one's own role the server tells what its connections wait for; also of one whose program has given up on it.
_WAITS_FOR_STANDBY: Final = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = session_user AND datname = current_database()
               AND application_name = current_setting('application_name') AND wait_event = 'SyncRep')
"""


def operation(connection: Connection, operation_id: UUID) -> tuple[str, UUID | None] | None:
    """Return the command and the appointment it changed (None: none); None if there was no such operation."""
    row = connection.exec_driver_sql(_OPERATION, {"id": str(operation_id)}).first()
    return None if row is None else (row[0], row[1] and UUID(row[1]))


def waits_for_standby(connection: Connection) -> bool:
    """Whether a COMMIT of this program, on another of its connections, waits for a second server to have it too."""
    return bool(connection.exec_driver_sql(_WAITS_FOR_STANDBY).scalar_one())
