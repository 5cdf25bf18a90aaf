"""The statements about a login's saved views; the database shows and changes no other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy import Connection

_READ: Final = """
SELECT id, name, content::text, place, at_start, version FROM saved_view WHERE login = session_user
ORDER BY place, name, id
"""
_INSERT: Final = """
INSERT INTO saved_view (id, name, content, place, at_start)
VALUES (%(id)s::uuid, %(name)s, %(content)s::jsonb, %(place)s, %(at_start)s) ON CONFLICT DO NOTHING
"""
_UPDATE: Final = """
UPDATE saved_view SET name = %(name)s, content = %(content)s::jsonb, place = %(place)s, at_start = %(at_start)s
WHERE id = %(id)s::uuid AND version = %(version)s
    AND NOT EXISTS (SELECT FROM saved_view s WHERE s.name = %(name)s AND s.id <> %(id)s::uuid)
"""
_START_ELSEWHERE: Final = "UPDATE saved_view SET at_start = false WHERE at_start AND id <> %(id)s::uuid"
_DELETE: Final = "DELETE FROM saved_view WHERE id = %(id)s::uuid AND version = %(version)s"
_PLACE: Final = "UPDATE saved_view SET place = %(place)s WHERE id = %(id)s::uuid AND place <> %(place)s"


def views(connection: Connection) -> list[tuple[UUID, str, str, int, bool, int]]:
    """Return id, name, content, place, whether it is opened at start, version; in order."""
    return [tuple(row) for row in connection.exec_driver_sql(_READ)]


def write_view(connection: Connection, values: dict[str, Any]) -> bool:
    """Write one, as new with version 0; False if it stands in another version, or its name is another's."""
    if values["at_start"]:
        connection.exec_driver_sql(_START_ELSEWHERE, values)
    return connection.exec_driver_sql(_UPDATE if values["version"] else _INSERT, values).rowcount == 1


def delete_view(connection: Connection, view_id: UUID, version: int) -> bool:
    """Delete one; False if it stands in another version, or not at all."""
    return connection.exec_driver_sql(_DELETE, {"id": str(view_id), "version": version}).rowcount == 1


def place_views(connection: Connection, ids: list[UUID]) -> None:
    """Put them in this order."""
    for place, view_id in enumerate(ids):
        connection.exec_driver_sql(_PLACE, {"id": str(view_id), "place": place})
