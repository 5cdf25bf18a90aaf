"""Finds free times: all of a stretch of days, the first of each, those nearest to one just taken; judges one start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil, floor
from typing import TYPE_CHECKING, Final, Literal

from clinic_desk.database.queries.calendar import absences_between, holds_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.entries import entries_between
from clinic_desk.database.queries.slots import Asked, taken_between
from clinic_desk.domain import answers, availability
from clinic_desk.domain.answers import Answer
from clinic_desk.domain.availability import FreeSlot, Occupied, Wanted
from clinic_desk.domain.records import RoomKind
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.resources import serving
from clinic_desk.domain.wall import day_bounds, local_day, to_wall

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.candidates import Candidate
    from clinic_desk.domain.commands import Book
    from clinic_desk.domain.records import AppointmentType, Block, Clinic, Hold, TimeOff

__all__ = [
    "Alternative",
    "AlternativeKind",
    "Answer",
    "FreeSlot",
    "SlotQuery",
    "alternatives",
    "day_as_it_is",
    "free_slots",
    "may_book",
    "next_free",
]

FAR_DAYS: Final = 90
"""How many days the first opening of each is looked for on when near days have none."""
_NEAR_DAYS: Final = 14
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


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands beside the appointments in a stretch of days. `now`: the database's clock; holds: of other desks."""

    now: datetime
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    holds: tuple[Hold, ...]

    def prepared(self, clinic: Clinic, taken: tuple[Occupied, ...]) -> availability.Availability:
        held = (
            Occupied(hold.practitioner_id, floor(hold.starts_at.timestamp()), ceil(hold.ends_at.timestamp()))
            for hold in self.holds
        )
        return availability.prepare(clinic, (*taken, *held), self.time_off, self.blocks)


def free_slots(db: Database, query: SlotQuery, clinic: Clinic | None = None) -> tuple[FreeSlot, ...]:
    """Return every start offered on the local days asked for, by start. At most four statements, one snapshot.

    Raises NotFound for an unknown type, DatabaseDown, Busy.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        wanted = _wanted(clinic, query)
        first, today = _local_days(clinic, wanted, query.from_at)
        days = (first, today + _DAY * (query.days - 1))
        around = _around(connection, clinic, days, db.desk.id)
        taken = _taken(connection, clinic, wanted, days)
    step = clinic.rules.step_minutes
    return availability.free_starts(around.prepared(clinic, taken), wanted, *days, now=around.now, step_minutes=step)


def next_free(db: Database, query: SlotQuery, clinic: Clinic | None = None) -> tuple[FreeSlot, ...]:
    """Return the first opening of each of the next `query.days` local days that have one, within 90 days.

    Two weeks are read first, the rest only if they have too few: at most five statements, one snapshot.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        wanted = _wanted(clinic, query)
        first, _ = _local_days(clinic, wanted, query.from_at)
        last = first + _DAY * (FAR_DAYS - 1)
        around = _around(connection, clinic, (first, last), db.desk.id)
        found: tuple[FreeSlot, ...] = ()
        for days in ((first, first + _DAY * (_NEAR_DAYS - 1)), (first + _DAY * _NEAR_DAYS, last)):
            taken = _taken(connection, clinic, wanted, days)
            found += availability.next_free(
                around.prepared(clinic, taken),
                wanted,
                *days,
                now=around.now,
                step_minutes=clinic.rules.step_minutes,
                days=query.days - len(found),
            )
            if len(found) == query.days:
                break
    return found


def may_book(db: Database, candidate: Candidate, clinic: Clinic | None = None) -> Answer:
    """Return whether a start may be booked, and if not why, as the database stands. At most four statements.

    Nothing is locked: whoever books is judged again. Raises NotFound (type, practitioner, site or room), DatabaseDown,
    Busy.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        footprint = candidate.footprint(_type(clinic, candidate.type_id))
        bounds = (footprint.starts_at, footprint.ends_at)
        others = entries_between(connection, *bounds)
        time_off, blocks = absences_between(connection, *bounds)
        now, holds = holds_between(connection, *bounds, db.desk.id)
    try:
        return answers.may_book(
            candidate,
            clinic,
            others=[entry.appointment for entry in others],
            time_off=time_off,
            blocks=blocks,
            holds=holds,
            now=now,
            step_minutes=clinic.rules.step_minutes,
        )
    except KeyError:
        raise NotFound(what="practitioner, site, room or device") from None


def alternatives(
    db: Database, command: Book, clinic: Clinic | None = None, *, besides: Collection[UUID] = ()
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
        days = (first, last + _DAY * _SAME_TIME_DAYS)
        around = _around(connection, clinic, days, db.desk.id)
        taken = _taken(connection, clinic, wanted, days, besides=besides)
    prepared = around.prepared(clinic, taken)
    step = clinic.rules.step_minutes
    found = availability.free_starts(prepared, wanted, *days, now=around.now, step_minutes=step)
    # The very wall time of the command may lie off the offered grid.
    wall = to_wall(command.starts_at, clinic.site(command.site_id).zone)
    minute = wall.hour * 60 + wall.minute
    at = replace(wanted, from_minute=minute, to_minute=minute + 1)
    exact = availability.free_starts(prepared, at, *days, now=around.now, step_minutes=1)
    return _best(clinic, command, dict.fromkeys((*found, *exact)))


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


def day_as_it_is(
    connection: Connection,
    desk_id: UUID,
    clinic: Clinic,
    practitioner_id: UUID,
    days: tuple[date, date],
    *,
    offered: bool = False,
) -> tuple[availability.Availability, datetime]:
    """Return what the search needs of a practitioner's days, of rooms and devices, and the database's clock.

    Three statements. It serves visits of every type. `offered`: what is offered by message to somebody counts as free.
    """
    anything = Wanted((practitioner_id,), 1, needs_room=True, needs_device=True)
    around = _around(connection, clinic, days, desk_id)
    if offered:
        around = replace(around, holds=tuple(hold for hold in around.holds if hold.offered_to == 0))
    taken = _taken(connection, clinic, anything, days)
    return around.prepared(clinic, taken), around.now


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
    at = {row.site_id for row in clinic.working_hours if row.practitioner_id in who}
    at |= {row.site_id for row in clinic.date_overrides if row.practitioner_id in who}
    at &= {site.id for site in clinic.sites if wanted.site_id in {None, site.id}}
    days = [local_day(instant, site.zone) for site in clinic.sites if site.id in at] or [local_day(instant, "UTC")]
    return min(days), max(days)


def _around(connection: Connection, clinic: Clinic, days: tuple[date, date], desk_id: UUID) -> _Around:
    bounds = _bounds(clinic, days)
    time_off, blocks = absences_between(connection, *bounds)
    now, holds = holds_between(connection, *bounds, desk_id)
    return _Around(now, time_off, blocks, holds)


def _taken(
    connection: Connection,
    clinic: Clinic,
    wanted: Wanted,
    days: tuple[date, date],
    *,
    besides: Collection[UUID] = (),
) -> tuple[Occupied, ...]:
    return taken_between(
        connection,
        _bounds(clinic, days),
        _asked(clinic, wanted),
        shortest_gap_minutes=wanted.shortest_gap_minutes,
        besides=besides,
    )


def _asked(clinic: Clinic, wanted: Wanted) -> Asked:
    needed = [
        kind for kind, needs in ((RoomKind.ROOM, wanted.needs_room), (RoomKind.DEVICE, wanted.needs_device)) if needs
    ]
    pool = [
        room for kind in needed for site in clinic.sites for room in serving(clinic, kind, site.id, wanted.room_ids)
    ]
    return Asked(
        wanted.practitioner_ids,
        tuple(room.id for room in pool if room.kind == RoomKind.ROOM and room.capacity == 1),
        tuple(room.id for room in pool if room.kind == RoomKind.DEVICE and room.capacity == 1),
        tuple(room.id for room in pool if room.capacity > 1),
    )


def _bounds(clinic: Clinic, days: tuple[date, date]) -> tuple[datetime, datetime]:
    """Return what to read for some days: one more on either side, for what stands there may reach in."""
    zones = [site.zone for site in clinic.sites] or ["UTC"]
    return (
        min(day_bounds(days[0] - _DAY, zone)[0] for zone in zones),
        max(day_bounds(days[1] + _DAY, zone)[1] for zone in zones),
    )
