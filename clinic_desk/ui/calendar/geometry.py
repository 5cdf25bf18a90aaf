"""Where minutes are: instants to positions on a day's axis, and positions to pixels; pure.

The axis of a day is common to all columns and follows the wall clock from 00:00 to 24:00, so that ten o'clock is at
one height in every column, whatever its zone. Where the clocks of a shown zone go back, the hour that comes twice is
there twice, the second time right after the first; a column in whose zone it comes once has no such time there. Where
clocks go forward, the hour stays on the axis and does not exist in that column. A *position* is whole minutes from the
top of the axis; a wall minute is whole minutes from local midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from clinic_desk.domain.wall import MINUTES_PER_DAY, day_bounds, is_regular_day, zone_rules
from clinic_desk.errors import InvalidInput

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class ClockChange:
    """Wall minutes [start, end) of a local day that come twice (`repeated`) or not at all."""

    start: int
    end: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What the clocks show at a position; `second`: it is the second time this minute comes."""

    minute: int
    second: bool = False

    def __str__(self) -> str:
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The common axis. `repeats` are the wall minutes [start, end) that are on it twice, in order."""

    repeats: tuple[tuple[int, int], ...] = ()

    @property
    def length(self) -> int:
        """Positions on the axis: 1440, and more where hours come twice."""
        return MINUTES_PER_DAY + sum(end - start for start, end in self.repeats)

    def position(self, minute: int, *, as_end: bool = False) -> int:
        """Return the position of a wall minute the first time it comes.

        As the end of something that stops there, it is above a repeated hour that follows, else below.
        """
        added = 0
        for start, end in self.repeats:
            if minute < end or (as_end and minute == end):
                break
            added += end - start
        return minute + added

    def second_position(self, minute: int, change: tuple[int, int]) -> int:
        """Return the position of a wall minute the second time it comes, within the repeated `change`."""
        start, end = change
        before = sum(b - a for a, b in self.repeats if b < end)
        return end + before + minute - start

    def label(self, position: int) -> Label:
        """Return what the clocks show at a position."""
        added = 0
        for start, end in self.repeats:
            if position < end + added:
                break
            if position < end + added + end - start:
                return Label(start + position - end - added, second=True)
            added += end - start
        return Label(position - added)

    def segments(self) -> list[tuple[int, int, int]]:
        """Return (from position, to position, wall minute at from) of each stretch in which the clocks run evenly."""
        out, at, minute = [], 0, 0
        for start, end in self.repeats:
            out.append((at, at + end - minute, minute))
            at += end - minute
            out.append((at, at + end - start, start))
            at, minute = at + end - start, end
        out.append((at, self.length, minute))
        return out


REGULAR_AXIS = DayAxis()


@lru_cache(maxsize=4096)
def clock_changes(day: date, zone: str) -> tuple[ClockChange, ...]:
    """Return the wall minutes of a local day that come twice or not at all (nearly always none)."""
    try:
        if is_regular_day(day, zone):
            return ()
        start, end = day_bounds(day, zone)
    except (InvalidInput, OverflowError):
        return ()
    rules = zone_rules(zone)
    midnight = datetime.combine(day, time.min)
    out = []
    instant, before = start - _MINUTE, (start - _MINUTE).astimezone(rules).utcoffset()
    while instant < end:
        instant += _MINUTE
        after = instant.astimezone(rules).utcoffset()
        if before != after and before is not None and after is not None:
            bare = instant.replace(tzinfo=None) - midnight
            one, other = (bare + before) // _MINUTE, (bare + after) // _MINUTE
            low, high = max(0, min(one, other)), min(MINUTES_PER_DAY, max(one, other))
            if low < high:
                out.append(ClockChange(low, high, repeated=after < before))
        before = after
    return tuple(sorted(out))


def axis_of(days_and_zones: Iterable[tuple[date, str]]) -> DayAxis:
    """Return the axis on which every local day given has a place for each of its minutes."""
    repeats = {
        (change.start, change.end)
        for day, zone in set(days_and_zones)
        for change in clock_changes(day, zone)
        if change.repeated
    }
    return DayAxis(tuple(sorted(repeats, key=lambda repeat: (repeat[1], repeat[0])))) if repeats else REGULAR_AXIS


class DayScale:
    """One column's local day on the axis: instants to positions and back."""

    __slots__ = ("_midnight", "_regular", "_rules", "_start", "axis", "changes", "day", "ends_at", "starts_at", "zone")

    def __init__(self, day: date, zone: str, axis: DayAxis = REGULAR_AXIS) -> None:
        self.day, self.zone, self.axis = day, zone, axis
        self._rules: tzinfo = _rules_or_utc(zone)
        self._midnight = datetime.combine(day, time.min)
        self.changes = clock_changes(day, zone)
        self.starts_at, self.ends_at = _bounds(day, zone)
        self._regular = not axis.repeats and self.ends_at - self.starts_at == timedelta(days=1) and not self.changes
        self._start = self.starts_at

    def position(self, instant: datetime, *, as_end: bool = False) -> int:
        """Return the position of an instant; before the day 0, after it the axis's length."""
        if self._regular:
            minutes = (instant - self._start) // _MINUTE
            return 0 if minutes < 0 else min(minutes, MINUTES_PER_DAY)
        if instant < self.starts_at:
            return 0
        if instant >= self.ends_at:
            return self.axis.length
        wall = instant.astimezone(self._rules)
        minute = (wall.replace(tzinfo=None, fold=0) - self._midnight) // _MINUTE
        for change in self.changes:
            if change.repeated and wall.fold and change.start <= minute < change.end:
                return self.axis.second_position(minute, (change.start, change.end))
            if change.repeated and minute == change.end:
                return self.axis.position(minute)  # it really went through the second pass
        return self.axis.position(minute, as_end=as_end)

    def span(self, starts_at: datetime, ends_at: datetime) -> tuple[int, int] | None:
        """Return the positions [start, end) of what lasts so long, one at least; None if it does not touch the day."""
        first = self.starts_at
        if starts_at >= self.ends_at or ends_at == first or (ends_at < first and starts_at < first):
            return None
        if not self._regular:
            start = self.position(starts_at)
            return start, max(start + 1, self.position(ends_at, as_end=True))
        above, through = starts_at - first, ends_at - first
        start = max(0, above.days * MINUTES_PER_DAY + above.seconds // 60)
        return start, max(start + 1, min(through.days * MINUTES_PER_DAY + through.seconds // 60, MINUTES_PER_DAY))

    def instant(self, position: int) -> datetime | None:
        """Return the instant (UTC) at a position; None where this column has no such time."""
        if position >= self.axis.length:
            return self.ends_at
        if position < 0:
            return None
        label = self.axis.label(position)
        for change in self.changes:
            if change.start <= label.minute < change.end:
                return self._at(label) if change.repeated else None
        return None if label.second else self._at(label)

    def end_instant(self, position: int) -> datetime | None:
        """Return the instant at which something that covers the axis down to `position` ends; None: no such time."""
        last = self.instant(position - 1)
        return None if last is None else last + _MINUTE

    def absent(self) -> list[tuple[int, int]]:
        """Return the positions [from, to) that do not exist in this column."""
        out = [
            (self.axis.position(change.start), self.axis.position(change.end, as_end=True))
            for change in self.changes
            if not change.repeated
        ]
        own = {(change.start, change.end) for change in self.changes if change.repeated}
        for repeat in self.axis.repeats:
            if repeat not in own:
                start = self.axis.second_position(repeat[0], repeat)
                out.append((start, start + repeat[1] - repeat[0]))
        return sorted(out)

    def _at(self, label: Label) -> datetime:
        wall = self._midnight + label.minute * _MINUTE
        return wall.replace(tzinfo=self._rules, fold=int(label.second)).astimezone(UTC)


def _rules_or_utc(zone: str) -> tzinfo:
    try:
        return zone_rules(zone)
    except InvalidInput:
        return UTC  # a zone this desk's tzdata lacks: the calendar stays readable


def _bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    try:
        return day_bounds(day, zone)
    except (InvalidInput, OverflowError):
        start = datetime.combine(day, time.min, tzinfo=UTC)
        return start, start + timedelta(days=1) if day < date.max else start.replace(hour=23, minute=59)


@dataclass(frozen=True, slots=True)
class Grid:
    """Positions in pixels: rows of `step` minutes, each `row_height` logical pixels high."""

    step: int
    row_height: int
    length: int = MINUTES_PER_DAY

    @property
    def rows(self) -> int:
        """How many rows the axis has."""
        return -(-self.length // self.step)

    @property
    def height(self) -> int:
        """Height of all rows in pixels."""
        return self.rows * self.row_height

    def y(self, position: int) -> int:
        """Return the pixel row, from the top of the axis, at which a position begins."""
        return position * self.row_height // self.step

    def position(self, y: int) -> int:
        """Return the position under a pixel row, within the axis."""
        return max(0, min(self.length - 1, y * self.step // self.row_height))

    def row(self, position: int) -> int:
        """Return the grid row a position lies in."""
        return max(0, min(self.rows - 1, position // self.step))

    def snapped(self, position: int, to: int = 0) -> int:
        """Return the multiple of `to` minutes (0: the step) nearest to a position."""
        unit = to or self.step
        return (position + unit // 2) // unit * unit
