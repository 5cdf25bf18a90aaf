"""A person's saved views: read, saved, removed, put in order. They are hers alone, and no record of care.

Whoever may only read may have views too: nothing here is an operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import views as queries
from clinic_desk.domain.saved_views import LONGEST_NAME, SavedView, ViewsChanged, arrangement_of
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database

Views = tuple[SavedView, ...]


def read(db: Database) -> Views:
    """Return the views of who is signed in, in their order. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return _standing(connection)


def save(db: Database, view: SavedView) -> Views:
    """Write one over the version that was seen (0: it is new); return all. One is opened at start, or none.

    Raises ViewsChanged, InvalidInput(name), DatabaseDown, Busy, NotAllowed.
    """
    name = " ".join(view.name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(field="name", expected=f"1 to {LONGEST_NAME} letters")
    values = {
        "id": str(view.id),
        "name": name,
        "content": view.arrangement.to_text(),
        "place": view.place,
        "at_start": view.at_start,
        "version": view.version,
    }
    with db.writing() as connection:
        if not queries.write_view(connection, values):
            raise ViewsChanged
        return _standing(connection)


def remove(db: Database, view: SavedView) -> Views:
    """Delete one in the version that was seen; return the others. Raises as `save`."""
    with db.writing() as connection:
        if not queries.delete_view(connection, view.id, view.version):
            raise ViewsChanged
        return _standing(connection)


def put_in_order(db: Database, ids: Sequence[UUID]) -> Views:
    """Put them in this order; return all. Raises DatabaseDown, Busy, NotAllowed."""
    with db.writing() as connection:
        queries.place_views(connection, list(ids))
        return _standing(connection)


def _standing(connection: Connection) -> Views:
    return tuple(
        SavedView(row_id, name, arrangement_of(content), place, at_start, version)
        for row_id, name, content, place, at_start, version in queries.views(connection)
    )
