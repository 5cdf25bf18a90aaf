"""Reads the notification queue and the history for people: counts, an appointment's messages, who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

_COUNTS: Final = """
SELECT count(*) FILTER (WHERE status IN ('pending', 'leased', 'sending') AND due_at < %(ends_at)s),
       count(*) FILTER (WHERE status IN ('sent', 'delivered') AND sent_at >= %(starts_at)s
                        AND sent_at < %(ends_at)s),
       count(*) FILTER (WHERE status IN ('unknown', 'failed', 'expired'))
FROM (
    SELECT id, status, due_at, sent_at FROM notification WHERE status = 'pending' AND due_at < %(ends_at)s
    UNION SELECT id, status, due_at, sent_at FROM notification
        WHERE status IN ('leased', 'sending', 'unknown') AND lease_until IS NOT NULL
    UNION SELECT id, status, due_at, sent_at FROM notification
        WHERE sent_at IS NOT NULL AND sent_at >= %(starts_at)s AND sent_at < %(ends_at)s
    UNION SELECT id, status, due_at, sent_at FROM notification WHERE status IN ('unknown', 'failed', 'expired')
) AS counted
"""
_MESSAGES: Final = """
SELECT id, kind, channel, status, due_at, sent_at, attempts, last_error, subject, body FROM notification
WHERE appointment_id = %(appointment)s::uuid ORDER BY created_at, id
"""
_HISTORY: Final = """
SELECT h.at, coalesce(s.display_name, h.db_user), coalesce(d.name, ''), o.command, h.action, h.version,
       h.before, h.after
FROM history h
LEFT JOIN operation o ON o.id = h.operation_id
LEFT JOIN staff s ON s.login = h.db_user
LEFT JOIN desk d ON d.id = h.desk_id
WHERE h.row_id = %(row)s::uuid AND h.table_name = %(table)s
ORDER BY h.id
"""
_QUEUE: Final = """
SELECT count(*) FILTER (WHERE status = 'pending' AND due_at > clock_timestamp()),
       count(*) FILTER (WHERE status = 'pending' AND due_at <= clock_timestamp()),
       count(*) FILTER (WHERE status IN ('leased', 'sending')),
       count(*) FILTER (WHERE status IN ('unknown', 'failed', 'expired'))
FROM notification WHERE status NOT IN ('sent', 'delivered', 'cancelled')
"""


def counts(connection: Connection, starts_at: datetime, ends_at: datetime) -> tuple[int, int, int]:
    """Return how many messages are due before `ends_at`, were sent in [starts_at, ends_at), and need somebody."""
    due, sent, attention = connection.exec_driver_sql(_COUNTS, {"starts_at": starts_at, "ends_at": ends_at}).one()
    return due, sent, attention


def messages_of(connection: Connection, appointment_id: UUID) -> Sequence[Any]:
    """Return (id, kind, channel, status, due, sent, attempts, last error, subject, body), oldest first."""
    return connection.exec_driver_sql(_MESSAGES, {"appointment": str(appointment_id)}).all()


def history_of(connection: Connection, table: str, row_id: UUID) -> Sequence[Any]:
    """Return (at, person, desk, command, action, version, before, after) of one row's changes, oldest first."""
    return connection.exec_driver_sql(_HISTORY, {"table": table, "row": str(row_id)}).all()


def queue(connection: Connection) -> tuple[int, int, int, int]:
    """Return how many messages wait for their time, are due, are being sent, and need somebody."""
    waiting, due, sending, attention = connection.exec_driver_sql(_QUEUE).one()
    return waiting, due, sending, attention
