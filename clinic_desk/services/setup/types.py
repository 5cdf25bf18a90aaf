"""Saves, deactivates and removes appointment types, with who does them and which rooms and devices serve them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.limits import LONGEST_MINUTES, SHORTEST_MINUTES
from clinic_desk.domain.records import AppointmentType
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Deactivate, Remove, SaveAppointmentType

LONGEST_NOTICE = 525_600
LONGEST_HORIZON = 3660
LONGEST_WAIT = 480


def save_type(db: Database, command: SaveAppointmentType) -> AppointmentType:
    """Add or change an appointment type; who does it from now on, or no more, has another version then.

    What is booked keeps its length and buffers. Raises InvalidInput, SetupConflict, NotFound (a practitioner or room),
    NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    values = type_values(command)

    def before(connection: Connection) -> None:
        saving.refuse_namesake(connection, "appointment_type", command, values["name"])

    def after(connection: Connection) -> None:
        owner = ("type_id", command.id)
        table, people = "appointment_type_practitioner", command.practitioner_ids
        changed = queries.set_links(connection, table, owner, "practitioner_id", people)
        queries.touch(connection, "practitioner", changed)
        queries.set_links(connection, "appointment_type_room", owner, "room_id", command.room_ids)

    return saving.save(db, command, "appointment_type", AppointmentType, values, before=before, after=after)


def type_values(command: SaveAppointmentType) -> dict[str, Any]:
    """Return what the row of an appointment type is to hold. Raises InvalidInput."""
    notice, horizon = command.notice_minutes, command.horizon_days
    if notice is not None:
        checks.number("notice_minutes", notice, 0, LONGEST_NOTICE, "0 minutes to a year")
    if horizon is not None:
        checks.number("horizon_days", horizon, 1, LONGEST_HORIZON, "1 day to 10 years")
    length = checks.number(
        "length_minutes", command.length_minutes, SHORTEST_MINUTES, LONGEST_MINUTES, "5 minutes to 12 hours"
    )
    return {
        "name": checks.name(command.name),
        "length_minutes": length,
        "buffer_before_minutes": checks.number("buffer_before_minutes", command.buffer_before_minutes, 0, 240),
        "buffer_after_minutes": checks.number("buffer_after_minutes", command.buffer_after_minutes, 0, 240),
        "colour": checks.colour(command.colour),
        "needs_room": command.needs_room,
        "needs_device": command.needs_device,
        "notice_minutes": notice,
        "horizon_days": horizon,
        "waiting_limit_minutes": checks.number(
            "waiting_limit_minutes", command.waiting_limit_minutes, 0, LONGEST_WAIT, "0 minutes to 8 hours"
        ),
        "position": checks.number("position", command.position, -1_000_000, 1_000_000),
        "active": command.active,
    }


def deactivate_type(db: Database, command: Deactivate) -> AppointmentType:
    """Take an appointment type out of use."""
    return saving.deactivate(db, command, "appointment_type", AppointmentType)


def remove_type(db: Database, command: Remove) -> None:
    """Delete an appointment type nothing refers to, with its reminder rules; StillUsed otherwise."""
    saving.remove(db, command, "appointment_type")
