"""When practitioners work: weekly hours, hours of single dates and closures, turned into the windows of a local day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from clinic_desk.domain.records import Clinic, Closure, DateOverride, Site, WorkingHours
from clinic_desk.domain.wall import MINUTES_PER_DAY, minute_to_instant, to_wall

_DAY: Final = timedelta(days=1)
_LONGEST_CHAIN_DAYS: Final = 7


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[starts_at, ends_at): two UTC instants, the end not in it. Intervals that only touch do not overlap."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share any time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: Interval) -> bool:
        """Whether all of the other lies within this one."""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of working time without a break, at one site."""

    site_id: UUID
    interval: Interval


@dataclass(frozen=True, slots=True)
class Template:
    """When one practitioner works at one site by her weekly rows, and by the hours of single dates that replace them.

    Closures, absences and blocks are no part of it. Minutes count from local midnight, 0-1440.
    """

    weekly: Mapping[int, Sequence[WorkingHours]]
    dates: Mapping[date, Sequence[tuple[int, int]]]

    def spans(self, day: date) -> list[tuple[int, int]]:
        """Return the (start, end) minutes of working time on a local day, in order, joined where they touch."""
        instead = self.dates.get(day)
        if instead is not None:
            return joined(instead)
        rows = self.weekly.get(day.isoweekday(), ())
        return joined((row.start_minute, row.end_minute) for row in rows if counts_on(row, day))

    def intervals(self, day: date, zone: str) -> tuple[Interval, ...]:
        """Return the working time of a local day as instants; on a day the clocks change, spans may join or vanish."""
        spans = (
            Interval(minute_to_instant(day, start, zone), minute_to_instant(day, end, zone))
            for start, end in self.spans(day)
        )
        out: list[Interval] = []
        for interval in sorted(span for span in spans if span.starts_at < span.ends_at):
            if out and interval.starts_at <= out[-1].ends_at:
                out[-1] = Interval(out[-1].starts_at, max(out[-1].ends_at, interval.ends_at))
            else:
                out.append(interval)
        return tuple(out)

    def origin(self, day: date, start: int) -> int:
        """Return the minute of `day` at which the grid of its span from `start` begins.

        It is 0 or less for a span that goes on through midnight from the day before; after a week without any break
        the grid begins anew at each midnight.
        """
        if start > 0:
            return start
        for back in range(1, _LONGEST_CHAIN_DAYS + 1):
            spans = self.spans(day - back * _DAY)
            if not spans or spans[-1][1] != MINUTES_PER_DAY:
                return -(back - 1) * MINUTES_PER_DAY
            if spans[-1][0] > 0:
                return spans[-1][0] - back * MINUTES_PER_DAY
        return 0

    def on_grid(self, instant: datetime, step_minutes: int, zone: str) -> bool:
        """Whether a start is one of those that the template offers: on the grid of the span that it lies in.

        A wall time that comes twice is offered the first time only.
        """
        wall = to_wall(instant, zone)
        day, minute = wall.date(), wall.hour * 60 + wall.minute
        if minute_to_instant(day, minute, zone) != instant:
            return False
        begins = (self.origin(day, start) for start, end in self.spans(day) if start <= minute < end)
        return any((minute - origin) % step_minutes == 0 for origin in begins)


EMPTY_TEMPLATE: Final = Template({}, {})


def templates_of(
    hours: Iterable[WorkingHours], overrides: Iterable[DateOverride] = ()
) -> dict[tuple[UUID, UUID], Template]:
    """Return the template of every (practitioner, site) that has hours; of one that never works there, none.

    A date with hours of its own has them instead of the weekly ones at *every* site, also where none are written.
    """
    weekly: dict[tuple[UUID, UUID], dict[int, list[WorkingHours]]] = {}
    for row in hours:
        weekly.setdefault((row.practitioner_id, row.site_id), {}).setdefault(row.weekday, []).append(row)
    days: dict[UUID, set[date]] = {}
    instead: dict[tuple[UUID, UUID], dict[date, list[tuple[int, int]]]] = {}
    for other in overrides:
        days.setdefault(other.practitioner_id, set()).add(other.day)
        if other.start_minute is not None and other.end_minute is not None:
            of_place = instead.setdefault((other.practitioner_id, other.site_id), {})
            of_place.setdefault(other.day, []).append((other.start_minute, other.end_minute))
    return {
        key: Template(weekly.get(key, {}), {day: instead.get(key, {}).get(day, ()) for day in days.get(key[0], ())})
        for key in weekly | instead
    }


def counts_on(row: WorkingHours, day: date) -> bool:
    """Whether a weekly row counts on a local day: its weekday, its first and last day, its rhythm of weeks."""
    if row.weekday != day.isoweekday() or day < row.valid_from or (row.valid_to is not None and day > row.valid_to):
        return False
    return row.every_weeks == 1 or (_week(day) - _week(row.valid_from)) % row.every_weeks == 0


def _week(day: date) -> int:
    """Number the weeks from Monday to Sunday; the first day there is, 0001-01-01, was a Monday."""
    return (day.toordinal() - 1) // 7


def working_windows(
    hours: Iterable[WorkingHours],
    closures: Iterable[Closure],
    sites: Iterable[Site],
    practitioner_id: UUID,
    day: date,
    *,
    overrides: Iterable[DateOverride] = (),
) -> tuple[Window, ...]:
    """Return the windows in which a practitioner works on a local day, site by site, earliest first.

    Rows that touch or overlap are one window. A window ends with its day: one that goes on after midnight is another
    window of the next day, with the same instant between them (`free_starts` joins the two). On a day the clocks
    change, a window is as much shorter or longer in elapsed time as the change says. Closed sites have none.
    """
    closed = {closure.site_id for closure in closures if closure.first_day <= day <= closure.last_day}
    templates = templates_of(
        (row for row in hours if row.practitioner_id == practitioner_id and row.weekday == day.isoweekday()),
        (row for row in overrides if row.practitioner_id == practitioner_id and row.day == day),
    )
    windows = [
        Window(site.id, interval)
        for site in sites
        if site.id not in closed
        for interval in templates.get((practitioner_id, site.id), EMPTY_TEMPLATE).intervals(day, site.zone)
    ]
    return tuple(sorted(windows, key=lambda window: window.interval))


def sites_on(clinic: Clinic, practitioner_id: UUID, day: date) -> tuple[UUID, ...]:
    """Return the sites where a practitioner works on a local day by her hours of that date, earliest first.

    Closures are passed over: this is where she would be.
    """
    windows = working_windows(
        clinic.working_hours, (), clinic.sites, practitioner_id, day, overrides=clinic.date_overrides
    )
    return tuple(dict.fromkeys(window.site_id for window in windows))


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that touch or overlap made one; an end before its start makes it none."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def breaks(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the breaks of one practitioner's day: the gaps between windows of the same site, earliest first."""
    by_site: dict[UUID, list[Interval]] = {}
    for window in windows:
        by_site.setdefault(window.site_id, []).append(window.interval)
    gaps = (Window(site_id, gap) for site_id, intervals in by_site.items() for gap in gaps_between(sorted(intervals)))
    return tuple(sorted(gaps, key=lambda gap: gap.interval))


def gaps_between(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the gaps between sorted intervals."""
    return tuple(
        Interval(before.ends_at, after.starts_at)
        for before, after in pairwise(intervals)
        if before.ends_at < after.starts_at
    )
