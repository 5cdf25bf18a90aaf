"""Writes the clinic's set-up over the versions that were seen, and reads single records of it.

What writes returns False if the row has not the version that the user saw, or is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.calendar import absence_records
from clinic_desk.database.queries.clinic import (
    CLOSURE,
    HOURS,
    LOCK,
    OVERRIDE,
    PRACTITIONER,
    ROOM,
    RULES,
    SITE,
    TYPE,
    closure_record,
    hours_record,
    lock_record,
    override_record,
    practitioner_record,
    room_record,
    rules_record,
    site_record,
    type_record,
)
from clinic_desk.domain.records import ChangeNote, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Block, BookingRules, DateOverride, LockRules, TimeOff, WorkingHours
    from clinic_desk.domain.setup import SetupRecord

RULES_ID: Final = UUID("00000000-0000-7000-8000-000000000002")
"""The one row of booking rules."""
LOCK_ID: Final = UUID("00000000-0000-7000-8000-000000000004")
"""The one row of lock rules."""

_RECORDS: Final[dict[str, tuple[str, Callable[[list[Any]], SetupRecord]]]] = {
    "site": (SITE, site_record),
    "practitioner": (PRACTITIONER, practitioner_record),
    "room": (ROOM, room_record),
    "appointment_type": (TYPE, type_record),
    "working_hours": (HOURS, hours_record),
    "date_override": (OVERRIDE, override_record),
    "closure": (CLOSURE, closure_record),
    "booking_rules": (RULES, rules_record),
    "lock_rules": (LOCK, lock_record),
}
_ABSENCES: Final = {
    "time_off": "id, practitioner_id, NULL::uuid, starts_at, ends_at, name, version, true, '{}'::uuid[]",
    "block": "id, practitioner_id, room_id, starts_at, ends_at, name, version, false,"
    " ARRAY(SELECT t.type_id FROM block_type t WHERE t.block_id = block.id)",
}
_REFERRING: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "site": {
        "appointment": ("site_id",),
        "room": ("site_id",),
        "working_hours": ("site_id",),
        "date_override": ("site_id",),
        "closure": ("site_id",),
    },
    "practitioner": {
        "appointment": ("practitioner_id",),
        "working_hours": ("practitioner_id",),
        "date_override": ("practitioner_id",),
        "time_off": ("practitioner_id",),
        "block": ("practitioner_id",),
    },
    "room": {"appointment": ("room_id", "device_id"), "block": ("room_id",)},
    "appointment_type": {"appointment": ("type_id",), "block_type": ("type_id",)},
}
_NOTE: Final = """
SELECT coalesce(s.display_name, x.{by}), coalesce(d.name, ''), x.{at}
FROM {table} x LEFT JOIN staff s ON s.login = x.{by} LEFT JOIN desk d ON d.id = x.{desk}
WHERE {where} ORDER BY x.{at} DESC LIMIT 1
"""


def read_record(connection: Connection, table: str, row_id: UUID) -> SetupRecord | None:
    """Return the record of a row, None if it is gone. The rules of booking have the id `RULES_ID`, desks none."""
    if table in _ABSENCES:
        statement = f"SELECT {_ABSENCES[table]} FROM {table} WHERE id = %(id)s::uuid"  # noqa: S608  # our own names
        off, blocks = absence_records(connection.exec_driver_sql(statement, {"id": str(row_id)}).all())
        found: tuple[TimeOff | Block, ...] = off + blocks
        return found[0] if found else None
    columns, record = _RECORDS[table]
    statement = f"SELECT {columns} FROM {table} x WHERE x.id = %(id)s::uuid"  # noqa: S608  # our own names
    row = connection.exec_driver_sql(statement, {"id": str(row_id)}).scalar()
    return None if row is None else record(row)


def read_rules(connection: Connection) -> BookingRules:
    """Return the booking rules."""
    statement = f"SELECT {RULES} FROM booking_rules x"  # noqa: S608  # our own names
    return rules_record(connection.exec_driver_sql(statement).scalar())


def read_lock_rules(connection: Connection) -> LockRules:
    """Return when the clinic's desks lock by themselves."""
    statement = f"SELECT {LOCK} FROM lock_rules x"  # noqa: S608  # our own names
    return lock_record(connection.exec_driver_sql(statement).scalar())


def hours_of(connection: Connection, practitioner_id: UUID) -> tuple[WorkingHours, ...]:
    """Return a practitioner's weekly hours, by weekday."""
    statement = (
        f"SELECT {HOURS} FROM working_hours x WHERE x.practitioner_id = %(id)s::uuid"  # noqa: S608  # our own names
        " ORDER BY x.valid_from, x.weekday, x.start_minute, x.id"
    )
    return tuple(hours_record(row) for (row,) in connection.exec_driver_sql(statement, {"id": str(practitioner_id)}))


def overrides_of(connection: Connection, practitioner_id: UUID) -> tuple[DateOverride, ...]:
    """Return a practitioner's hours of single dates, by day."""
    statement = (
        f"SELECT {OVERRIDE} FROM date_override x WHERE x.practitioner_id = %(id)s::uuid"  # noqa: S608  # our own names
        " ORDER BY x.day, x.start_minute, x.id"
    )
    return tuple(override_record(row) for (row,) in connection.exec_driver_sql(statement, {"id": str(practitioner_id)}))


def last_change(connection: Connection, table: str, row_id: UUID) -> ChangeNote | None:
    """Return who changed a row last, or deleted it."""
    standing = _NOTE.format(
        table=table, by="changed_by", at="changed_at", desk="changed_desk_id", where="x.id = %(id)s::uuid"
    )
    gone = _NOTE.format(
        table="history", by="db_user", at="at", desk="desk_id", where="x.row_id = %(id)s::uuid AND x.action = 'delete'"
    )
    for statement in (standing, gone):
        row = connection.exec_driver_sql(statement, {"id": str(row_id)}).first()
        if row is not None:
            return ChangeNote(*row)
    return None


def names_beside(connection: Connection, table: str, row_id: UUID, site_id: UUID | None = None) -> frozenset[str]:
    """Return the names of the other rows in use (at a site), in small letters."""
    at_site = "" if site_id is None else " AND site_id = %(site)s::uuid"
    statement = f"SELECT name FROM {table} WHERE active AND id <> %(id)s::uuid{at_site}"  # noqa: S608  # our own names
    rows = connection.exec_driver_sql(statement, {"id": str(row_id), "site": str(site_id)})
    return frozenset(name.casefold() for (name,) in rows)


def has_visits_to_come(connection: Connection, room_id: UUID) -> bool:
    """Whether appointments are booked in a room, or with a device, that are not over."""
    statement = (
        "SELECT EXISTS (SELECT FROM appointment WHERE %(id)s::uuid IN (room_id, device_id) AND occupies"
        " AND ends_at > now())"
    )
    return bool(connection.exec_driver_sql(statement, {"id": str(room_id)}).scalar_one())


def hold_row(connection: Connection, table: str, row_id: UUID) -> bool:
    """Keep a row from being changed, deleted or referred to anew until COMMIT; False if it is not there."""
    statement = f"SELECT 1 FROM {table} WHERE id = %(id)s::uuid FOR UPDATE"  # noqa: S608  # our own names
    return connection.exec_driver_sql(statement, {"id": str(row_id)}).first() is not None


def uses(connection: Connection, table: str, row_id: UUID) -> dict[str, int]:
    """Return how many rows of which tables refer to a row; those that vanish with it are not counted."""
    found: dict[str, int] = {}
    for referring, columns in _REFERRING[table].items():
        where = " OR ".join(f"{column} = %(id)s::uuid" for column in columns)
        statement = f"SELECT count(*) FROM {referring} WHERE {where}"  # noqa: S608  # our own names
        found[referring] = connection.exec_driver_sql(statement, {"id": str(row_id)}).scalar_one()
    return {referring: count for referring, count in found.items() if count}


def write_row(connection: Connection, table: str, row_id: UUID, version: int, values: Mapping[str, Any]) -> bool:
    """Insert a row of version 0, write any other over the version given."""
    bound = {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
    if version > 0:
        changes = ", ".join(f"{name} = {_bound(name, values)}" for name in values)
        statement = f"UPDATE {table} SET {changes} WHERE id = %(id)s::uuid AND version = %(version)s"  # noqa: S608
    else:
        names, given = ", ".join(values), ", ".join(_bound(name, values) for name in values)
        statement = (
            f"INSERT INTO {table} (id, {names}) VALUES (%(id)s::uuid, {given})"  # noqa: S608  # our own names
            " ON CONFLICT (id) DO NOTHING"
        )
    return connection.exec_driver_sql(statement, {**bound, "id": str(row_id), "version": version}).rowcount == 1


def _bound(name: str, values: Mapping[str, Any]) -> str:
    return f"%({name})s::uuid" if isinstance(values[name], UUID) else f"%({name})s"


def delete_row(connection: Connection, table: str, row_id: UUID, version: int) -> bool:
    """Delete a row of this version."""
    statement = f"DELETE FROM {table} WHERE id = %(id)s::uuid AND version = %(version)s"  # noqa: S608  # our own names
    return connection.exec_driver_sql(statement, {"id": str(row_id), "version": version}).rowcount == 1


def set_links(
    connection: Connection, table: str, owner: tuple[str, UUID], other: str, wanted: Iterable[UUID]
) -> frozenset[UUID]:
    """Make the rows of a link table for one owner (column, id) those to `wanted`; return those that came or went."""
    column, owner_id = owner
    values = {"owner": str(owner_id), "wanted": [str(row) for row in wanted]}
    gone = connection.exec_driver_sql(
        f"DELETE FROM {table} WHERE {column} = %(owner)s::uuid"  # noqa: S608  # our own names
        f" AND {other} <> ALL(%(wanted)s::uuid[]) RETURNING {other}",
        values,
    )
    changed = [row for (row,) in gone]
    came = connection.exec_driver_sql(
        f"INSERT INTO {table} ({column}, {other})"  # noqa: S608  # our own names
        " SELECT %(owner)s::uuid, wanted FROM unnest(%(wanted)s::uuid[]) AS wanted"
        f" ON CONFLICT ({column}, {other}) DO NOTHING RETURNING {other}",
        values,
    )
    return frozenset([*changed, *(row for (row,) in came)])


def touch(connection: Connection, table: str, ids: Iterable[UUID]) -> None:
    """Raise the versions of rows whose links changed from their other end: who edits them has not seen that."""
    statement = f"UPDATE {table} SET active = active WHERE id = ANY(%(ids)s::uuid[])"  # noqa: S608  # our own names
    wanted = sorted(str(row) for row in ids)
    if wanted:
        connection.exec_driver_sql(statement, {"ids": wanted})


def rename_desk(connection: Connection, desk_id: UUID, name: str, seen_name: str) -> bool:
    """Give a desk a name that it keeps; False if it has not the name that was seen."""
    statement = "UPDATE desk SET name = %(name)s, named = true WHERE id = %(id)s::uuid AND name = %(seen)s"
    values = {"id": str(desk_id), "name": name, "seen": seen_name}
    return connection.exec_driver_sql(statement, values).rowcount == 1


def read_desk(connection: Connection, desk_id: UUID) -> Desk | None:
    """Return a desk with who was signed in there last."""
    statement = (
        "SELECT d.id, d.name, coalesce(s.display_name, d.db_user), d.last_seen_at"
        " FROM desk d LEFT JOIN staff s ON s.login = d.db_user WHERE d.id = %(id)s::uuid"
    )
    row = connection.exec_driver_sql(statement, {"id": str(desk_id)}).first()
    return None if row is None else Desk(*row)


def desk_names_beside(connection: Connection, desk_id: UUID) -> frozenset[str]:
    """Return the names of the other desks, in small letters."""
    rows = connection.exec_driver_sql("SELECT name FROM desk WHERE id <> %(id)s::uuid", {"id": str(desk_id)})
    return frozenset(name.casefold() for (name,) in rows)
