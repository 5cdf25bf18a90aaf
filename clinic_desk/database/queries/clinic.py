"""The clinic's set-up read in one statement: sites, people, rooms, types, hours, closures, rules and names of staff."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.domain.records import (
    AppointmentType,
    BookingRules,
    Clinic,
    Closure,
    DateOverride,
    LockRules,
    Practitioner,
    Room,
    RoomKind,
    Site,
    WorkingHours,
)
from clinic_desk.domain.rights import Right

if TYPE_CHECKING:
    from sqlalchemy import Connection

_id = lru_cache(maxsize=4096)(UUID)
"""The ids of the set-up come again with every booking: parsing one takes as long as ten look-ups."""

SITE: Final = (
    "json_build_array(x.id, x.name, x.zone, x.address, x.phone, x.active, x.country, x.subdivision, x.version)"
)
PRACTITIONER: Final = "json_build_array(x.id, x.no, x.name, x.speciality, x.colour, x.position, x.active, x.version)"
ROOM: Final = "json_build_array(x.id, x.no, x.site_id, x.name, x.position, x.active, x.kind, x.capacity, x.version)"
TYPE: Final = (
    "json_build_array(x.id, x.name, x.length_minutes, x.buffer_before_minutes, x.buffer_after_minutes, x.colour,"
    " x.needs_room, (SELECT json_agg(l.practitioner_id) FROM appointment_type_practitioner l WHERE l.type_id = x.id),"
    " x.position, x.active, x.needs_device,"
    " (SELECT json_agg(l.room_id) FROM appointment_type_room l WHERE l.type_id = x.id),"
    " x.notice_minutes, x.horizon_days, x.waiting_limit_minutes, x.version)"
)
HOURS: Final = (
    "json_build_array(x.id, x.practitioner_id, x.site_id, x.weekday, x.start_minute, x.end_minute, x.valid_from,"
    " x.valid_to, x.every_weeks, x.version)"
)
OVERRIDE: Final = (
    "json_build_array(x.id, x.practitioner_id, x.site_id, x.day, x.start_minute, x.end_minute, x.name, x.version)"
)
RULES: Final = (
    "json_build_array(x.step_minutes, x.notice_minutes, x.horizon_days, x.overrulable, x.version,"
    " pg_has_role(session_user, 'clinic_manager', 'MEMBER'), has_right('squeeze-in'), has_right('outside-hours'))"
)
LOCK: Final = "json_build_array(x.idle_minutes, x.session_hours, x.version)"
CLOSURE: Final = "json_build_array(x.id, x.site_id, x.first_day, x.last_day, x.name, x.version)"
_CLINIC: Final = f"""
SELECT (SELECT json_agg({SITE} ORDER BY x.name, x.id) FROM site x),
       (SELECT json_agg({PRACTITIONER} ORDER BY x.position, x.name, x.id) FROM practitioner x),
       (SELECT json_agg({ROOM} ORDER BY x.position, x.name, x.id) FROM room x),
       (SELECT json_agg({TYPE} ORDER BY x.position, x.name, x.id) FROM appointment_type x),
       (SELECT json_agg({HOURS} ORDER BY x.practitioner_id, x.weekday, x.start_minute, x.id) FROM working_hours x),
       (SELECT json_agg({CLOSURE} ORDER BY x.first_day, x.id) FROM closure x),
       (SELECT json_object_agg(x.login, x.display_name) FROM staff x),
       (SELECT json_agg({OVERRIDE} ORDER BY x.practitioner_id, x.day, x.start_minute, x.id) FROM date_override x),
       (SELECT {RULES} FROM booking_rules x),
       ARRAY(SELECT name FROM unnest(%(rights)s::text[]) AS name WHERE has_right(name)),
       (SELECT {LOCK} FROM lock_rules x)
"""  # noqa: S608  # constants of this module only


def clinic_record(connection: Connection) -> Clinic:
    """Return all that rarely changes."""
    row = connection.exec_driver_sql(_CLINIC, {"rights": list(Right)}).one()
    return Clinic(
        sites=tuple(map(site_record, row[0] or ())),
        practitioners=tuple(map(practitioner_record, row[1] or ())),
        rooms=tuple(map(room_record, row[2] or ())),
        types=tuple(map(type_record, row[3] or ())),
        working_hours=tuple(map(hours_record, row[4] or ())),
        closures=tuple(map(closure_record, row[5] or ())),
        staff=row[6] or {},
        date_overrides=tuple(map(override_record, row[7] or ())),
        rules=rules_record(row[8]),
        manager=is_manager(row[8]),
        rights=frozenset(map(Right, row[9])),
        lock=lock_record(row[10]),
    )


def site_record(row: list[Any]) -> Site:
    """Turn a `SITE` array into a record."""
    return Site(_id(row[0]), *row[1:])


def practitioner_record(row: list[Any]) -> Practitioner:
    """Turn a `PRACTITIONER` array into a record."""
    return Practitioner(_id(row[0]), *row[1:])


def room_record(row: list[Any]) -> Room:
    """Turn a `ROOM` array into a record."""
    row_id, no, site_id, name, position, active, kind, capacity, version = row
    return Room(_id(row_id), no, _id(site_id), name, position, active, RoomKind(kind), capacity, version)


def type_record(row: list[Any]) -> AppointmentType:
    """Turn a `TYPE` array into a record."""
    row_id, name, length, before, after, colour, needs_room, who, position, active, needs_device, where, *last = row
    doing, serving = frozenset(map(_id, who or ())), frozenset(map(_id, where or ()))
    place = position, active, needs_device, serving
    return AppointmentType(_id(row_id), name, length, before, after, colour, needs_room, doing, *place, *last)


def hours_record(row: list[Any]) -> WorkingHours:
    """Turn an `HOURS` array into a record."""
    valid_to = None if row[7] is None else date.fromisoformat(row[7])
    begin, end = row[4:6]
    ids = _id(row[0]), _id(row[1]), _id(row[2])
    return WorkingHours(*ids, row[3], begin, end, date.fromisoformat(row[6]), valid_to, *row[8:])


def closure_record(row: list[Any]) -> Closure:
    """Turn a `CLOSURE` array into a record."""
    return Closure(_id(row[0]), _id(row[1]), date.fromisoformat(row[2]), date.fromisoformat(row[3]), row[4], row[5])


def override_record(row: list[Any]) -> DateOverride:
    """Turn an `OVERRIDE` array into a record."""
    return DateOverride(_id(row[0]), _id(row[1]), _id(row[2]), date.fromisoformat(row[3]), *row[4:])


def rules_record(row: list[Any] | None) -> BookingRules:
    """Turn a `RULES` array into a record; those of a fresh clinic if the row is not there."""
    if row is None:
        return BookingRules()
    step, notice, horizon, overrulable, version, *_ = row
    return BookingRules(step, notice, horizon, frozenset(overrulable), version)


def lock_record(row: list[Any] | None) -> LockRules:
    """Turn a `LOCK` array into a record; those of a fresh clinic if the row is not there."""
    return LockRules() if row is None else LockRules(*row)


def is_manager(row: list[Any] | None) -> bool:
    """Whether a `RULES` array was read by a manager."""
    return row is not None and bool(row[5])


def booking_rights(row: list[Any] | None) -> frozenset[Right]:
    """Return all rights by name without those to overrule that whoever read a `RULES` array has not."""
    asked = dict(zip((Right.SQUEEZE_IN, Right.OUTSIDE_HOURS), (False, False) if row is None else row[6:8], strict=True))
    return frozenset(right for right in Right if asked.get(right, True))
