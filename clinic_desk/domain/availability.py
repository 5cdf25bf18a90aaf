"""Which starts can be offered: the search for free time, by one rule each for what SCHEDULING decides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from uuid import UUID

from clinic_desk.domain.agendas import Agenda, Occupied, agendas_of, occupied
from clinic_desk.domain.records import (
    AppointmentType,
    Block,
    Clinic,
    Closure,
    Room,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.domain.wall import (
    MINUTES_PER_DAY,
    day_bounds,
    is_regular_day,
    local_day,
    minute_of_day,
    minute_to_instant,
)
from clinic_desk.domain.working_time import Interval, Window, breaks, spans_on, working_windows

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
    "rooms_of",
    "wanted_for",
    "working_windows",
]

_MINUTE = 60
_DAY = timedelta(days=1)
_LONGEST_CHAIN_DAYS = 7
_NOTHING = Agenda()


def earliest_start(now: datetime, notice_minutes: int = 0) -> datetime:
    """Return the first start still allowed: the minute now running, later by the notice in elapsed minutes."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=notice_minutes)


@dataclass(frozen=True, slots=True)
class Availability:
    """All the search needs, made once by `prepare` and asked many times; a snapshot that is never changed."""

    clinic: Clinic
    agendas: dict[UUID, Agenda]
    hours: dict[tuple[UUID, UUID], tuple[WorkingHours, ...]]

    def agenda(self, resource_id: UUID) -> Agenda:
        """Return the agenda of a practitioner or room; an empty one when nothing takes its time."""
        return self.agendas.get(resource_id, _NOTHING)


def prepare(
    clinic: Clinic, taken: Iterable[Occupied], time_off: Iterable[TimeOff] = (), blocks: Iterable[Block] = ()
) -> Availability:
    """Sort what is taken by practitioner and room. Read one day more on either side than will be asked for."""
    hours: dict[tuple[UUID, UUID], list[WorkingHours]] = {}
    for weekly in clinic.working_hours:
        hours.setdefault((weekly.practitioner_id, weekly.site_id), []).append(weekly)
    return Availability(clinic, agendas_of(taken, time_off, blocks), {key: tuple(rows) for key, rows in hours.items()})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. Practitioners are tried in the order given; buffers and length are elapsed minutes.

    `weekdays` are ISO (1 = Monday), None for any; a start's minute of the day lies in [from_minute, to_minute).
    `not_before` is an instant that bounds the search beside `now`.
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
            and practitioner.id in kind.practitioner_ids
            and (chosen is None or practitioner.id in chosen)
        ),
        length_minutes=length_minutes or kind.length_minutes,
        buffer_before_minutes=kind.buffer_before_minutes,
        buffer_after_minutes=kind.buffer_after_minutes,
        needs_room=kind.needs_room,
        site_id=site_id,
    )


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A start that can be offered; `room_id` is the free room it would get, None when none is needed."""

    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    ends_at: datetime
    room_id: UUID | None = None


def free_starts(
    availability: Availability,
    wanted: Wanted,
    first_day: date,
    last_day: date,
    *,
    now: datetime,
    step_minutes: int,
    notice_minutes: int = 0,
) -> tuple[FreeSlot, ...]:
    """Return every start offered on the local days [first_day, last_day], by start, then in the practitioners' order.

    The grid begins at each window's start and goes on by `step_minutes` of wall time until the next template break;
    bookings, absences and now take starts out of it and never move it. A visit lies within working time, its
    footprint meets no other's, and it is at least `notice_minutes` away.
    """
    searches = _searches(availability, wanted, (first_day, last_day), earliest_start(now, notice_minutes), step_minutes)
    found = [slot for search in searches for day in _days(first_day, last_day) for slot in search.slots(day)]
    return tuple(sorted(found, key=lambda slot: slot.starts_at))


def next_free(
    availability: Availability,
    wanted: Wanted,
    first_day: date,
    *,
    now: datetime,
    step_minutes: int,
    notice_minutes: int = 0,
    days: int = 10,
    horizon_days: int = 90,
) -> tuple[FreeSlot, ...]:
    """Return the first opening of each local day that has one: at most `days`, no further than `horizon_days` ahead."""
    last_day = first_day + timedelta(days=horizon_days - 1)
    earliest = earliest_start(now, notice_minutes)
    searches = tuple(_searches(availability, wanted, (first_day, last_day), earliest, step_minutes))
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


def _searches(
    availability: Availability, wanted: Wanted, bounds: tuple[date, date], earliest: datetime, step_minutes: int
) -> Iterator[_Search]:
    if step_minutes < 1 or wanted.length_minutes < 1:
        message = "the step and the length are at least one minute"
        raise ValueError(message)
    if wanted.not_before is not None:
        earliest = max(earliest, wanted.not_before)
    clinic = availability.clinic
    for practitioner_id in wanted.practitioner_ids:
        for site in clinic.sites:
            rows = availability.hours.get((practitioner_id, site.id))
            if rows and site.active and wanted.site_id in {None, site.id}:
                starts = availability.agenda(practitioner_id).starts_left(
                    wanted.length_minutes * _MINUTE,
                    (wanted.buffer_before_minutes * _MINUTE, wanted.buffer_after_minutes * _MINUTE),
                    _seconds_of(bounds, site.zone),
                )
                yield _Search(
                    wanted=wanted,
                    practitioner_id=practitioner_id,
                    site=site,
                    rows=rows,
                    closures=tuple(closure for closure in clinic.closures if closure.site_id == site.id),
                    rooms=tuple((room, availability.agenda(room.id)) for room in rooms_of(clinic, site.id)),
                    first_starts=[first for first, _ in starts],
                    last_starts=[last for _, last in starts],
                    earliest=ceil(earliest.timestamp()),
                    step=step_minutes,
                )


def _seconds_of(days: tuple[date, date], zone: str) -> tuple[int, int]:
    return floor(day_bounds(days[0], zone)[0].timestamp()), ceil(day_bounds(days[1], zone)[1].timestamp())


@dataclass(frozen=True, slots=True)
class _Search:
    """One practitioner at one site: the starts her agenda leaves, and the days' windows to meet them with."""

    wanted: Wanted
    practitioner_id: UUID
    site: Site
    rows: tuple[WorkingHours, ...]
    closures: tuple[Closure, ...]
    rooms: tuple[tuple[Room, Agenda], ...]
    first_starts: list[int]
    last_starts: list[int]
    earliest: int
    step: int

    def slots(self, day: date) -> Iterator[FreeSlot]:
        """Return the offered starts of one local day, in order."""
        if (self.wanted.weekdays is not None and day.isoweekday() not in self.wanted.weekdays) or self._closed(day):
            return
        length = timedelta(minutes=self.wanted.length_minutes)
        for second in self._starts(day):
            room_id = self._room(second) if self.wanted.needs_room else None
            if room_id is not None or not self.wanted.needs_room:
                starts_at = datetime.fromtimestamp(second, UTC)
                yield FreeSlot(self.practitioner_id, self.site.id, starts_at, starts_at + length, room_id)

    def _closed(self, day: date) -> bool:
        return any(closure.first_day <= day <= closure.last_day for closure in self.closures)

    def _starts(self, day: date) -> Iterator[int]:
        spans = spans_on(self.rows, day)
        for start, end in spans:
            opens, closes = self._seconds(day, start), self._seconds(day, end)
            if end == MINUTES_PER_DAY and not self._closed(day + _DAY):
                closes = self._after_midnight(day + _DAY, closes)
            lower = max(opens, self.earliest)
            upper = closes - self.wanted.length_minutes * _MINUTE
            index = bisect_left(self.last_starts, lower)
            grid: Callable[[int, int], Iterable[int]] | None = None
            while index < len(self.first_starts) and self.first_starts[index] <= upper:
                grid = grid or self._grid(day, start, end)
                yield from grid(max(lower, self.first_starts[index]), min(upper, self.last_starts[index]))
                index += 1

    def _seconds(self, day: date, minute: int) -> int:
        return int(minute_to_instant(day, minute, self.site.zone).timestamp())

    def _after_midnight(self, day: date, closes: int) -> int:
        spans = spans_on(self.rows, day)
        return self._seconds(day, spans[0][1]) if spans and spans[0][0] == 0 else closes

    def _grid(self, day: date, start: int, end: int) -> Callable[[int, int], Iterable[int]]:
        """Return a function of (from, to), both allowed seconds, that gives the grid's starts between them in order."""
        origin = self._origin(day) if start == 0 else start
        first = max(start, self.wanted.from_minute)
        first += (origin - first) % self.step
        last = min(end, self.wanted.to_minute)
        zone = self.site.zone
        if is_regular_day(day, zone):
            pace, base = self.step * _MINUTE, self._seconds(day, 0) + first * _MINUTE
            bound = base + (last - first) * _MINUTE
            return lambda lower, upper: range(
                base + max(0, -(-(lower - base) // pace)) * pace, min(upper + 1, bound), pace
            )
        instants = ((minute, minute_to_instant(day, minute, zone)) for minute in range(first, last, self.step))
        # A wall time that does not exist stands for a later one, which is offered by its own name or not at all.
        real = [
            int(instant.timestamp())
            for minute, instant in instants
            if minute_of_day(instant, zone) == minute and local_day(instant, zone) == day
        ]
        return lambda lower, upper: real[bisect_left(real, lower) : bisect_right(real, upper)]

    def _origin(self, day: date) -> int:
        """Return the start of the window that goes on through this day's midnight, in minutes from it (0 or less).

        After a week without any break the grid begins anew at each midnight.
        """
        for back in range(1, _LONGEST_CHAIN_DAYS + 1):
            spans = spans_on(self.rows, day - back * _DAY)
            if not spans or spans[-1][1] != MINUTES_PER_DAY:
                return -(back - 1) * MINUTES_PER_DAY
            if spans[-1][0] > 0:
                return spans[-1][0] - back * MINUTES_PER_DAY
        return 0

    def _room(self, second: int) -> UUID | None:
        wanted = self.wanted
        visit = (second, second + wanted.length_minutes * _MINUTE)
        footprint = (
            visit[0] - wanted.buffer_before_minutes * _MINUTE,
            visit[1] + wanted.buffer_after_minutes * _MINUTE,
        )
        return next((room.id for room, agenda in self.rooms if not agenda.takes(visit, footprint)), None)


def rooms_of(clinic: Clinic, site_id: UUID) -> tuple[Room, ...]:
    """Return the active rooms of a site in the order in which they are given out: by position, then name."""
    rooms = (room for room in clinic.rooms if room.site_id == site_id and room.active)
    return tuple(sorted(rooms, key=lambda room: (room.position, room.name)))
