"""Saves and removes what keeps time from being booked: time off, closures of a site, blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.records import Block, Closure, TimeOff
from clinic_desk.domain.setup import SaveClosure
from clinic_desk.errors import InvalidInput
from clinic_desk.services.placing import checked_instant
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Remove, SaveBlock, SaveClosures, SaveTimeOff


def save_time_off(db: Database, command: SaveTimeOff) -> TimeOff:
    """Add or change an absence. What is booked in it stays as it is.

    Raises InvalidInput, SetupConflict, NotFound (the practitioner), NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    table, values = row_of(command)
    return saving.save(db, command, table, TimeOff, values)


def remove_time_off(db: Database, command: Remove) -> None:
    """Delete an absence."""
    saving.remove(db, command, "time_off")


def save_closure(db: Database, command: SaveClosure) -> Closure:
    """Add or change a closure of a site. Raises as `save_time_off`."""
    table, values = row_of(command)
    return saving.save(db, command, table, Closure, values)


def row_of(command: SaveTimeOff | SaveClosure) -> tuple[str, dict[str, Any]]:
    """Return the table and the checked values of an absence, for a transaction that saves more than it."""
    if isinstance(command, SaveClosure):
        return "closure", {
            "site_id": command.site_id,
            **_closed(command.first_day, command.last_day, command.name),
        }
    starts_at, ends_at = _interval(command.starts_at, command.ends_at)
    return "time_off", {
        "practitioner_id": command.practitioner_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "name": checks.line("name", command.name, 100),
    }


def save_closures(db: Database, command: SaveClosures) -> tuple[Closure, ...]:
    """Write several closures, all or none: a year's public holidays. Raises as `save_time_off`."""
    rows = [
        (row, {"site_id": row.site_id, **_closed(row.first_day, row.last_day, row.name)}) for row in command.closures
    ]

    def work(connection: Connection) -> tuple[Closure, ...]:
        for row, values in rows:
            saving.write(connection, "closure", row.id, row.version, values)
        return standing(connection)

    def standing(connection: Connection) -> tuple[Closure, ...]:
        found = (queries.read_record(connection, "closure", row.id) for row, _ in rows)
        return tuple(row for row in found if isinstance(row, Closure))

    return db.changing(command.operation_id, "SaveClosures", work, standing)


def remove_closure(db: Database, command: Remove) -> None:
    """Delete a closure."""
    saving.remove(db, command, "closure")


def save_block(db: Database, command: SaveBlock) -> Block:
    """Add or change a block, with the types it is reserved for. Raises as `save_time_off`."""
    starts_at, ends_at = _interval(command.starts_at, command.ends_at)
    if (command.practitioner_id is None) == (command.room_id is None):
        raise InvalidInput(field="practitioner_id", expected="either a practitioner or a room")
    values = {
        "practitioner_id": command.practitioner_id,
        "room_id": command.room_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "name": checks.name(command.name),
    }

    def after(connection: Connection) -> None:
        queries.set_links(connection, "block_type", ("block_id", command.id), "type_id", command.type_ids)

    return saving.save(db, command, "block", Block, values, after=after)


def remove_block(db: Database, command: Remove) -> None:
    """Delete a block."""
    saving.remove(db, command, "block")


def _interval(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    begin, end = checked_instant("starts_at", starts_at), checked_instant("ends_at", ends_at)
    if end <= begin:
        raise InvalidInput(field="ends_at", expected="a time after the start")
    return begin, end


def _closed(first_day: date, last_day: date, name: str) -> dict[str, Any]:
    if checks.day("last_day", last_day) < checks.day("first_day", first_day):
        raise InvalidInput(field="last_day", expected="a day that is not before the first")
    return {"first_day": first_day, "last_day": last_day, "name": checks.line("name", name, 100)}
