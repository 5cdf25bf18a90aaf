"""The starts that one practitioner can be offered at one site: her template, met with what her agenda leaves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.agendas import Agenda
from clinic_desk.domain.records import Closure
from clinic_desk.domain.wall import (
    MINUTES_PER_DAY,
    day_bounds,
    is_regular_day,
    local_day,
    minute_of_day,
    minute_to_instant,
)
from clinic_desk.domain.working_time import Template

_DAY: Final = timedelta(days=1)
_MINUTE: Final = 60
Pool = tuple[tuple[UUID, Agenda], ...]
"""Rooms (or devices) that serve a visit, in the order in which they are given out; agendas as the visit finds them."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to fit: length and buffers in elapsed seconds; the minutes of the day it may start in, and its days.

    `earliest`: the first second it may start at; on local days after `last_day` nothing is offered.
    """

    length: int
    before: int
    after: int
    from_minute: int
    to_minute: int
    weekdays: frozenset[int] | None
    earliest: int
    last_day: date
    step: int


@dataclass(frozen=True, slots=True)
class Offers:
    """One practitioner at one site. `first_starts`, `last_starts`: what all agendas together leave, both included.

    `rooms`, `devices`: None where none is needed.
    """

    visit: Visit
    template: Template
    zone: str
    closures: tuple[Closure, ...]
    first_starts: list[int]
    last_starts: list[int]
    rooms: Pool | None
    devices: Pool | None

    def on(self, day: date) -> Iterator[int]:
        """Return the offered starts of one local day in seconds since 1970, in order."""
        visit = self.visit
        if (
            day > visit.last_day
            or (visit.weekdays is not None and day.isoweekday() not in visit.weekdays)
            or self._closed(day)
        ):
            return iter(())
        return self._regular(day) if is_regular_day(day, self.zone) else self._irregular(day)

    def resources(self, start: int) -> tuple[UUID | None, UUID | None]:
        """Return the room and the device an offered start would get; None where none is needed."""
        return self._first_free(self.rooms, start), self._first_free(self.devices, start)

    def _first_free(self, pool: Pool | None, start: int) -> UUID | None:
        visit = self.visit
        span = (start, start + visit.length)
        footprint = (span[0] - visit.before, span[1] + visit.after)
        return next((key for key, agenda in pool or () if not agenda.takes(span, footprint)), None)

    def _closed(self, day: date) -> bool:
        return any(closure.first_day <= day <= closure.last_day for closure in self.closures)

    def _regular(self, day: date) -> Iterator[int]:
        """The clocks run evenly: minutes of the template are added to midnight."""
        midnight, pace = _seconds(day, self.zone), self.visit.step * _MINUTE
        for start, end in self.template.spans(day):
            closes = midnight + end * _MINUTE
            if end == MINUTES_PER_DAY:
                closes = self._after_midnight(day, closes)
            for lower, upper in self._left(midnight + start * _MINUTE, closes):
                first = midnight + self._first_minute(day, start) * _MINUTE
                bound = midnight + min(end, self.visit.to_minute) * _MINUTE
                yield from range(first + max(0, -(-(lower - first) // pace)) * pace, min(upper + 1, bound), pace)

    def _irregular(self, day: date) -> Iterator[int]:
        """The clocks change: what the template says is looked up minute by minute."""
        left: list[tuple[int, int]] = []
        for interval in self.template.intervals(day, self.zone):
            opens, closes = int(interval.starts_at.timestamp()), int(interval.ends_at.timestamp())
            left.extend(self._left(opens, self._after_midnight(day, closes)))
        grid = sorted(self._real_grid(day)) if left else []
        for lower, upper in left:
            yield from grid[bisect_left(grid, lower) : bisect_right(grid, upper)]

    def _real_grid(self, day: date) -> Iterator[int]:
        for start, end in self.template.spans(day):
            last = min(end, self.visit.to_minute)
            for minute in range(self._first_minute(day, start), last, self.visit.step):
                instant = minute_to_instant(day, minute, self.zone)
                # A time that does not exist stands for a later one, which is offered by its own name or not at all.
                if minute_of_day(instant, self.zone) == minute and local_day(instant, self.zone) == day:
                    yield int(instant.timestamp())

    def _first_minute(self, day: date, start: int) -> int:
        """Return the first minute of the grid in a span that the visit may start at."""
        first = max(start, self.visit.from_minute)
        return first + (self.template.origin(day, start) - first) % self.visit.step

    def _left(self, opens: int, closes: int) -> Iterable[tuple[int, int]]:
        """Return the [first, last] starts within a window that the agendas leave and the notice allows."""
        lower = max(opens, self.visit.earliest)
        upper = closes - self.visit.length
        index = bisect_left(self.last_starts, lower)
        while index < len(self.first_starts) and self.first_starts[index] <= upper:
            yield max(lower, self.first_starts[index]), min(upper, self.last_starts[index])
            index += 1

    def _after_midnight(self, day: date, closes: int) -> int:
        """Return the end of a window of `day`, later if it goes on into the next day."""
        following = day + _DAY
        if closes != _seconds(following, self.zone) or self._closed(following):
            return closes
        for interval in self.template.intervals(following, self.zone)[:1]:
            if interval.starts_at.timestamp() == closes:
                return int(interval.ends_at.timestamp())
        return closes


def _seconds(day: date, zone: str) -> int:
    return int(day_bounds(day, zone)[0].timestamp())
