"""Finds free times: all of a stretch of days, the first of each day, and the ones nearest to a time just taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from clinic_desk.database.queries_clinic import clinic_record
from clinic_desk.database.queries_slots import Taken, taken_between
from clinic_desk.domain import availability
from clinic_desk.domain.availability import FreeSlot, Wanted
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import day_bounds, local_day, to_wall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.commands import Book
    from clinic_desk.domain.records import AppointmentType, Clinic

__all__ = ["Alternative", "AlternativeKind", "FreeSlot", "SlotQuery", "alternatives", "free_slots", "next_free"]

STEP_MINUTES: Final = 15
"""The grid of offered starts, from the start of working hours."""
HORIZON_DAYS: Final = 90
"""How far ahead the first opening of each day is looked for when near days have none."""
_NEAR_DAYS: Final = 21
_NOON: Final = 12 * 60
_DAY: Final = timedelta(days=1)
_SAME_TIME_DAYS: Final = 14

PartOfDay = Literal["any", "morning", "afternoon"]


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """What free time is looked for. `practitioner_ids` None: any who does the type. `weekdays` ISO, None: all.

    `from_at` is an instant; `days` counts local days from the one it lies in. Morning ends at 12:00 wall time.
    """

    type_id: UUID
    from_at: datetime
    practitioner_ids: frozenset[UUID] | None = None
    site_id: UUID | None = None
    days: int = 10
    part_of_day: PartOfDay = "any"
    weekdays: frozenset[int] | None = None
    length_minutes: int | None = None


class AlternativeKind(StrEnum):
    """In which way a free time stands in for the one that was taken."""

    SAME_DOCTOR = "same-doctor"
    OTHER_DOCTOR = "other-doctor"
    OTHER_DAY = "other-day"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A time to offer instead of one that was taken."""

    kind: AlternativeKind
    slot: FreeSlot


def free_slots(db: Database, query: SlotQuery, clinic: Clinic | None = None) -> tuple[FreeSlot, ...]:
    """Return every start offered on the local days asked for, by start. At most four statements, one snapshot.

    Raises NotFound for an unknown type, DatabaseDown, Busy.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        wanted = _wanted(clinic, query)
        first, today = _local_days(clinic, wanted, query.from_at)
        last = today + _DAY * (query.days - 1)
        taken = _taken(connection, clinic, wanted, (first, last), db.desk.id)
    return availability.free_starts(
        _prepared(clinic, taken), wanted, first, last, now=taken.now, step_minutes=STEP_MINUTES
    )


def next_free(db: Database, query: SlotQuery, clinic: Clinic | None = None) -> tuple[FreeSlot, ...]:
    """Return the first opening of each of the next `query.days` local days that have one, within 90 days.

    Three weeks are read first, the rest only if they have too few: at most seven statements, one snapshot.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        wanted = _wanted(clinic, query)
        first, _ = _local_days(clinic, wanted, query.from_at)
        found: tuple[FreeSlot, ...] = ()
        for horizon in (_NEAR_DAYS, HORIZON_DAYS):
            taken = _taken(connection, clinic, wanted, (first, first + _DAY * (horizon - 1)), db.desk.id)
            found = availability.next_free(
                _prepared(clinic, taken),
                wanted,
                first,
                now=taken.now,
                step_minutes=STEP_MINUTES,
                days=query.days,
                horizon_days=horizon,
            )
            if len(found) == query.days:
                break
    return found


def alternatives(
    db: Database, command: Book, clinic: Clinic | None = None, *, besides: Iterable[UUID] = ()
) -> tuple[Alternative, ...]:
    """Return free times near the one of `command` at the same site, best first: at most four, never the time itself.

    The nearest with the same doctor, the nearest with another who does the type, the same time on another day, and
    the second nearest. `besides`: appointments that would make room (the one being moved).
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        kind = _type(clinic, command.type_id)
        wanted = availability.wanted_for(
            kind, clinic=clinic, length_minutes=command.length_minutes, site_id=command.site_id
        )
        first, last = _local_days(clinic, wanted, command.starts_at)
        bounds = (first, last + _DAY * _SAME_TIME_DAYS)
        taken = _taken(connection, clinic, wanted, bounds, db.desk.id, besides=besides)
    found = availability.free_starts(
        _prepared(clinic, taken), wanted, *bounds, now=taken.now, step_minutes=STEP_MINUTES
    )
    exact = _exact(clinic, taken, wanted, command, bounds)
    return _best(clinic, command, dict.fromkeys((*found, *exact)))


def _exact(
    clinic: Clinic, taken: Taken, wanted: Wanted, command: Book, bounds: tuple[date, date]
) -> tuple[FreeSlot, ...]:
    """Return the free starts at the very wall time of the command, which may lie off the offered grid."""
    wall = to_wall(command.starts_at, clinic.site(command.site_id).zone)
    minute = wall.hour * 60 + wall.minute
    if minute % STEP_MINUTES == 0:
        return ()
    at = replace(wanted, from_minute=minute, to_minute=minute + 1)
    return availability.free_starts(_prepared(clinic, taken), at, *bounds, now=taken.now, step_minutes=1)


def _best(clinic: Clinic, command: Book, found: dict[FreeSlot, None]) -> tuple[Alternative, ...]:
    zone = clinic.site(command.site_id).zone
    wall = to_wall(command.starts_at, zone)

    def distance(slot: FreeSlot) -> tuple[timedelta, bool]:
        away = slot.starts_at - command.starts_at
        return abs(away), away < timedelta()

    near = sorted(found, key=distance)
    mine = [slot for slot in near if slot.practitioner_id == command.practitioner_id]
    mine = [slot for slot in mine if slot.starts_at != command.starts_at]
    others = [slot for slot in near if slot.practitioner_id != command.practitioner_id]
    same_time = [
        slot
        for slot in mine
        if to_wall(slot.starts_at, zone).time() == wall.time() and slot.starts_at > command.starts_at
    ]
    chosen: dict[FreeSlot, AlternativeKind] = {}
    for kind, slots in (
        (AlternativeKind.SAME_DOCTOR, mine[:1]),
        (AlternativeKind.OTHER_DOCTOR, others[:1]),
        (AlternativeKind.OTHER_DAY, same_time[:1]),
        (AlternativeKind.SAME_DOCTOR, [slot for slot in mine if slot not in chosen]),
    ):
        for slot in [slot for slot in slots if slot not in chosen][:1]:
            chosen[slot] = kind
    return tuple(Alternative(kind, slot) for slot, kind in chosen.items())


def _wanted(clinic: Clinic, query: SlotQuery) -> Wanted:
    kind = _type(clinic, query.type_id)
    wanted = availability.wanted_for(
        kind, query.practitioner_ids, clinic=clinic, length_minutes=query.length_minutes, site_id=query.site_id
    )
    return replace(
        wanted,
        weekdays=query.weekdays,
        from_minute=_NOON if query.part_of_day == "afternoon" else 0,
        to_minute=_NOON if query.part_of_day == "morning" else wanted.to_minute,
        not_before=query.from_at,
    )


def _type(clinic: Clinic, type_id: UUID) -> AppointmentType:
    try:
        return clinic.type(type_id)
    except KeyError:
        raise NotFound(what="appointment type") from None


def _local_days(clinic: Clinic, wanted: Wanted, instant: datetime) -> tuple[date, date]:
    """Return the earliest and the latest local day an instant lies in, at the sites where the wanted work."""
    who = frozenset(wanted.practitioner_ids)
    at = {row.site_id for row in clinic.working_hours if row.practitioner_id in who} & {
        site.id for site in clinic.sites if wanted.site_id in {None, site.id}
    }
    days = [local_day(instant, site.zone) for site in clinic.sites if site.id in at] or [local_day(instant, "UTC")]
    return min(days), max(days)


def _taken(
    connection: Connection,
    clinic: Clinic,
    wanted: Wanted,
    days: tuple[date, date],
    desk_id: UUID,
    *,
    besides: Iterable[UUID] = (),
) -> Taken:
    """Read one day more on either side: what stands there may reach in with its buffers."""
    zones = [site.zone for site in clinic.sites] or ["UTC"]
    bounds = (
        min(day_bounds(days[0] - _DAY, zone)[0] for zone in zones),
        max(day_bounds(days[1] + _DAY, zone)[1] for zone in zones),
    )
    return taken_between(connection, bounds, wanted.practitioner_ids, desk_id, rooms=wanted.needs_room, besides=besides)


def _prepared(clinic: Clinic, taken: Taken) -> availability.Availability:
    return availability.prepare(clinic, taken.occupied, taken.time_off, taken.blocks)
