"""Which pairs of records are known to be two people's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import Connection

_ADD: Final = """
INSERT INTO two_people (id, one_id, other_id)
VALUES (%(id)s::uuid, least(%(one)s::uuid, %(other)s::uuid), greatest(%(one)s::uuid, %(other)s::uuid))
ON CONFLICT (one_id, other_id) DO NOTHING
"""
_REMOVE: Final = """
DELETE FROM two_people
WHERE one_id = least(%(one)s::uuid, %(other)s::uuid) AND other_id = greatest(%(one)s::uuid, %(other)s::uuid)
"""
_AMONG: Final = """
SELECT one_id, other_id FROM two_people WHERE one_id = ANY(%(ids)s::uuid[]) AND other_id = ANY(%(ids)s::uuid[])
"""


def add(connection: Connection, row_id: UUID, one_id: UUID, other_id: UUID) -> None:
    """Remember a pair, if it is not known already."""
    connection.exec_driver_sql(_ADD, {"id": str(row_id), "one": str(one_id), "other": str(other_id)})


def remove(connection: Connection, one_id: UUID, other_id: UUID) -> None:
    """Forget a pair, if it is known."""
    connection.exec_driver_sql(_REMOVE, {"one": str(one_id), "other": str(other_id)})


def apart_among(connection: Connection, ids: Iterable[UUID]) -> frozenset[frozenset[UUID]]:
    """Return the pairs among these records that are known to be two people's."""
    rows = connection.exec_driver_sql(_AMONG, {"ids": [str(each) for each in ids]})
    return frozenset(frozenset((row[0], row[1])) for row in rows)
