"""Saves, deactivates and removes practitioners, with the appointment types each does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.records import Practitioner
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Deactivate, Remove, SavePractitioner


def save_practitioner(db: Database, command: SavePractitioner) -> Practitioner:
    """Add or change a practitioner; a type she does from now on, or no more, has another version then.

    Raises InvalidInput, SetupConflict, NotFound (a type), NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    values = practitioner_values(command)

    def after(connection: Connection) -> None:
        if command.type_ids is not None:
            owner = ("practitioner_id", command.id)
            table = "appointment_type_practitioner"
            changed = queries.set_links(connection, table, owner, "type_id", command.type_ids)
            queries.touch(connection, "appointment_type", changed)

    return saving.save(db, command, "practitioner", Practitioner, values, after=after)


def practitioner_values(command: SavePractitioner) -> dict[str, Any]:
    """Return what the row of a practitioner is to hold. Raises InvalidInput."""
    return {
        "name": checks.name(command.name),
        "speciality": checks.line("speciality", command.speciality, 100),
        "colour": checks.colour(command.colour),
        "position": checks.number("position", command.position, -1_000_000, 1_000_000),
        "active": command.active,
    }


def deactivate_practitioner(db: Database, command: Deactivate) -> Practitioner:
    """Take a practitioner out of use."""
    return saving.deactivate(db, command, "practitioner", Practitioner)


def remove_practitioner(db: Database, command: Remove) -> None:
    """Delete a practitioner nothing refers to; StillUsed otherwise."""
    saving.remove(db, command, "practitioner")
