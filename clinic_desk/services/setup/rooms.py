"""Saves, deactivates and removes rooms and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.records import Room, RoomKind
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Deactivate, Remove, SaveRoom


def save_room(db: Database, command: SaveRoom) -> Room:
    """Add or change a room or device. What it is stays; so does where, and how many fit, as far as visits are booked.

    Raises InvalidInput, SetupConflict, NotFound (the site), NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    values = {
        "site_id": command.site_id,
        "name": checks.name(command.name),
        "kind": RoomKind(command.kind).value,
        "capacity": checks.number("capacity", command.capacity, 1, 1000),
        "position": checks.number("position", command.position, -1_000_000, 1_000_000),
        "active": command.active,
    }

    def before(connection: Connection) -> None:
        saving.refuse_namesake(connection, "room", command, command.name.strip(), command.site_id)
        was = queries.read_record(connection, "room", command.id)
        if isinstance(was, Room) and was.version == command.version:
            _refuse_another_thing(connection, command, was)

    try:
        return saving.save(db, command, "room", Room, values, before=before)
    except InvalidInput as error:
        if error.field != "capacity":
            raise
        raise InvalidInput(field="capacity", expected="at least as many as are booked there at once") from None


def _refuse_another_thing(connection: Connection, command: SaveRoom, was: Room) -> None:
    if command.kind != was.kind:
        raise InvalidInput(field="kind", expected=f"{was.kind.value}: add another one instead")
    if command.site_id != was.site_id and queries.has_visits_to_come(connection, was.id):
        raise InvalidInput(field="site_id", expected="the site where it is: visits are booked there")


def deactivate_room(db: Database, command: Deactivate) -> Room:
    """Take a room or device out of use."""
    return saving.deactivate(db, command, "room", Room)


def remove_room(db: Database, command: Remove) -> None:
    """Delete a room or device that nothing refers to; StillUsed otherwise."""
    saving.remove(db, command, "room")
