"""Which starts can be offered: the search for free time, by one rule each for what SCHEDULING decides.

The interface, for the desk, the command line and whoever offers times (three functions, records in, starts out; `now`
and the step are arguments, zones come with the sites, nothing here reads a clock or a database):

- `free_starts`: every start offered on a range of local days, for one or several practitioners;
- `next_free`: the first opening of each local day that has one;
- `answers.may_book`: may this start be booked, and if not, why. It offers exactly what the other two do.

`prepare` sorts what is taken once; `wanted_for` says what an appointment type asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from typing import Final
from uuid import UUID

from clinic_desk.domain.agendas import ALL_STARTS, Agenda, Occupied, Starts, agendas_of, any_of, common, occupied
from clinic_desk.domain.limits import (
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    earliest_start,
    horizon_of,
    last_day_offered,
    notice_of,
)
from clinic_desk.domain.offers import Offers, Pool, Visit
from clinic_desk.domain.records import AppointmentType, Block, Clinic, RoomKind, Site, TimeOff
from clinic_desk.domain.resources import serving
from clinic_desk.domain.wall import MINUTES_PER_DAY, day_bounds
from clinic_desk.domain.working_time import Interval, Template, Window, breaks, templates_of, working_windows

__all__ = [
    "Agenda",
    "Availability",
    "FreeSlot",
    "Interval",
    "Occupied",
    "Wanted",
    "Window",
    "breaks",
    "earliest_start",
    "free_starts",
    "next_free",
    "occupied",
    "prepare",
    "wanted_for",
    "working_windows",
]

_MINUTE: Final = 60
_DAY: Final = timedelta(days=1)
_NOTHING: Final = Agenda()


@dataclass(frozen=True, slots=True)
class Availability:
    """All the search needs, made once by `prepare` and asked many times; a snapshot that is never changed."""

    clinic: Clinic
    agendas: dict[UUID, Agenda]
    templates: dict[tuple[UUID, UUID], Template]

    def agenda(self, resource_id: UUID) -> Agenda:
        """Return the agenda of a practitioner, room or device; an empty one when nothing takes its time."""
        return self.agendas.get(resource_id, _NOTHING)


def prepare(
    clinic: Clinic, taken: Iterable[Occupied], time_off: Iterable[TimeOff] = (), blocks: Iterable[Block] = ()
) -> Availability:
    """Sort what is taken by practitioner, room and device. Read one day more on either side than will be asked for.

    Footprints may be given one by one, or made one where no visit that will be asked for fits between them; those of a
    room or device for several at once (`capacity`) must be given one by one.
    """
    capacities = {room.id: room.capacity for room in clinic.rooms if room.capacity > 1}
    return Availability(
        clinic,
        agendas_of(taken, time_off, blocks, capacities),
        templates_of(clinic.working_hours, clinic.date_overrides),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. Practitioners are tried in the order given; buffers, length and notice are elapsed minutes.

    `type_id`: whose reserved blocks are open to it. `room_ids`: the rooms and devices that serve it, see
    `AppointmentType`. `weekdays` are ISO (1 = Monday), None for any; a start's minute of the day lies in
    [from_minute, to_minute). `not_before` is an instant that bounds the search beside `now` and the notice;
    `horizon_days` after the local day of `now` nothing is offered (None: no end).
    """

    practitioner_ids: tuple[UUID, ...]
    length_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    needs_room: bool = False
    site_id: UUID | None = None
    weekdays: frozenset[int] | None = None
    from_minute: int = 0
    to_minute: int = MINUTES_PER_DAY
    not_before: datetime | None = None
    type_id: UUID | None = None
    needs_device: bool = False
    room_ids: frozenset[UUID] = frozenset()
    notice_minutes: int = 0
    horizon_days: int | None = None

    @property
    def shortest_gap_minutes(self) -> int:
        """A gap between two footprints that is shorter than this has no start in it."""
        return self.buffer_before_minutes + self.length_minutes + self.buffer_after_minutes


def wanted_for(
    kind: AppointmentType,
    practitioner_ids: Iterable[UUID] | None = None,
    *,
    clinic: Clinic,
    length_minutes: int | None = None,
    site_id: UUID | None = None,
) -> Wanted:
    """Return what an appointment type asks for, with these practitioners or (None) any active one who does it."""
    chosen = None if practitioner_ids is None else frozenset(practitioner_ids)
    return Wanted(
        practitioner_ids=tuple(
            practitioner.id
            for practitioner in clinic.practitioners
            if practitioner.active
            and kind.active
            and practitioner.id in kind.practitioner_ids
            and (chosen is None or practitioner.id in chosen)
        ),
        length_minutes=length_minutes or kind.length_minutes,
        buffer_before_minutes=kind.buffer_before_minutes,
        buffer_after_minutes=kind.buffer_after_minutes,
        needs_room=kind.needs_room,
        site_id=site_id,
        type_id=kind.id,
        needs_device=kind.needs_device,
        room_ids=kind.room_ids,
        notice_minutes=notice_of(kind, clinic.rules),
        horizon_days=horizon_of(kind, clinic.rules),
    )


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A start that can be offered; `room_id` and `device_id`: the free ones it would get, None where none is needed."""

    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    ends_at: datetime
    room_id: UUID | None = None
    device_id: UUID | None = None


def free_starts(
    availability: Availability,
    wanted: Wanted,
    first_day: date,
    last_day: date,
    *,
    now: datetime,
    step_minutes: int,
) -> tuple[FreeSlot, ...]:
    """Return every start offered on the local days [first_day, last_day], by start, then in the practitioners' order.

    The grid begins at each window's start and goes on by `step_minutes` of wall time until the next template break;
    bookings, absences and now take starts out of it and never move it. A visit lies within working time, its
    footprint meets no other's, a room and a device are free if it needs them, and it keeps notice and horizon.
    """
    searches = _searches(availability, wanted, (first_day, last_day), now, step_minutes)
    found = [slot for search in searches for day in _days(first_day, last_day) for slot in search.slots(day)]
    return tuple(sorted(found, key=lambda slot: slot.starts_at))


def next_free(
    availability: Availability,
    wanted: Wanted,
    first_day: date,
    last_day: date,
    *,
    now: datetime,
    step_minutes: int,
    days: int = 10,
) -> tuple[FreeSlot, ...]:
    """Return the first opening of each of the local days [first_day, last_day] that has one, at most `days` of them."""
    searches = tuple(_searches(availability, wanted, (first_day, last_day), now, step_minutes))
    found: list[FreeSlot] = []
    for day in _days(first_day, last_day):
        if len(found) == days:
            break
        openings = (slot for search in searches if (slot := next(search.slots(day), None)) is not None)
        first = min(openings, key=lambda slot: slot.starts_at, default=None)
        if first is not None:
            found.append(first)
    return tuple(found)


def _days(first_day: date, last_day: date) -> Iterator[date]:
    for offset in range((last_day - first_day).days + 1):
        yield first_day + offset * _DAY


@dataclass(frozen=True, slots=True)
class _Search:
    practitioner_id: UUID
    site_id: UUID
    offers: Offers

    def slots(self, day: date) -> Iterator[FreeSlot]:
        """Return the offered starts of one local day, in order."""
        length = timedelta(seconds=self.offers.visit.length)
        for second in self.offers.on(day):
            starts_at = datetime.fromtimestamp(second, UTC)
            yield FreeSlot(
                self.practitioner_id, self.site_id, starts_at, starts_at + length, *self.offers.resources(second)
            )


def _searches(
    availability: Availability, wanted: Wanted, days: tuple[date, date], now: datetime, step_minutes: int
) -> Iterator[_Search]:
    if step_minutes < 1 or wanted.length_minutes < 1:
        message = "the step and the length are at least one minute"
        raise ValueError(message)
    if not SHORTEST_MINUTES <= wanted.length_minutes <= LONGEST_MINUTES:
        return
    at_sites = {
        site.id: _at_site(availability, wanted, _visit(wanted, now, step_minutes, site.zone), site, days)
        for site in availability.clinic.sites
        if site.active and wanted.site_id in {None, site.id}
    }
    for practitioner_id in wanted.practitioner_ids:
        mine = availability.agenda(practitioner_id).for_type(wanted.type_id)
        for site_id, offers_of in at_sites.items():
            template = availability.templates.get((practitioner_id, site_id))
            if template is not None:
                yield _Search(practitioner_id, site_id, offers_of(template, mine))


def _visit(wanted: Wanted, now: datetime, step_minutes: int, zone: str) -> Visit:
    earliest = earliest_start(now, wanted.notice_minutes)
    if wanted.not_before is not None:
        earliest = max(earliest, wanted.not_before)
    return Visit(
        length=wanted.length_minutes * _MINUTE,
        before=wanted.buffer_before_minutes * _MINUTE,
        after=wanted.buffer_after_minutes * _MINUTE,
        from_minute=wanted.from_minute,
        to_minute=wanted.to_minute,
        weekdays=wanted.weekdays,
        earliest=ceil(earliest.timestamp()),
        last_day=last_day_offered(now, wanted.horizon_days, zone),
        step=step_minutes,
    )


def _at_site(
    availability: Availability, wanted: Wanted, visit: Visit, site: Site, days: tuple[date, date]
) -> Callable[[Template, Agenda], Offers]:
    """Return what makes the offers of a practitioner at a site; the rooms and devices are looked at once for all."""
    bounds = (
        floor(day_bounds(days[0], site.zone)[0].timestamp()),
        ceil(day_bounds(days[1], site.zone)[1].timestamp()),
    )

    def left(agenda: Agenda) -> Starts:
        return agenda.starts_left(visit.length, (visit.before, visit.after), bounds)

    def pool(kind: RoomKind, *, needed: bool) -> Pool | None:
        rooms = serving(availability.clinic, kind, site.id, wanted.room_ids) if needed else None
        if rooms is None:
            return None
        return tuple((room.id, availability.agenda(room.id).for_type(wanted.type_id)) for room in rooms)

    rooms = pool(RoomKind.ROOM, needed=wanted.needs_room)
    devices = pool(RoomKind.DEVICE, needed=wanted.needs_device)
    shared = ALL_STARTS
    for one in (rooms, devices):
        if one is not None:
            shared = common(any_of(left(agenda) for _, agenda in one), shared)
    closures = tuple(closure for closure in availability.clinic.closures if closure.site_id == site.id)

    def offers_of(template: Template, mine: Agenda) -> Offers:
        starts = common(left(mine), shared)
        firsts, lasts = [first for first, _ in starts], [last for _, last in starts]
        return Offers(visit, template, site.zone, closures, firsts, lasts, rooms, devices)

    return offers_of
