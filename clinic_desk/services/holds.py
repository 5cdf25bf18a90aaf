"""Holds: an open booking form, visible on the other desks. A hold warns; the exclusion constraint decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import desks as queries_desks

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.commands import PlaceHold
    from clinic_desk.domain.records import Hold


def place_hold(db: Database, command: PlaceHold) -> Hold:
    """Place the hold, or move and renew it: it lasts two minutes, and no longer than this program lives."""
    with db.writing() as connection:
        queries_desks.register_desk(connection, db.desk.id, db.desk.name)
        return queries_desks.place_hold(connection, command, db.desk.id, db.desk.name)


def release_hold(db: Database, hold_id: UUID) -> None:
    """Give the time back at once; nothing happens if the hold is gone already."""
    with db.writing() as connection:
        queries_desks.release_hold(connection, hold_id, db.desk.id)
