"""When practitioners work: weekly hours and closures turned into the windows and breaks of a local day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from clinic_desk.domain.records import Closure, Site, WorkingHours
from clinic_desk.domain.wall import minute_to_instant


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


def working_windows(
    hours: Iterable[WorkingHours], closures: Iterable[Closure], sites: Iterable[Site], practitioner_id: UUID, day: date
) -> tuple[Window, ...]:
    """Return the windows in which a practitioner works on a local day, site by site, earliest first.

    Rows that touch or overlap are one window. A window ends with its day: one that goes on after midnight is another
    window of the next day, with the same instant between them (`free_starts` joins the two). On a day the clocks
    change, a window is as much shorter or longer in elapsed time as the change says. Closed sites have none.
    """
    closed = {closure.site_id for closure in closures if closure.first_day <= day <= closure.last_day}
    rows = [row for row in hours if row.practitioner_id == practitioner_id and row.site_id not in closed]
    windows = [
        Window(site.id, interval)
        for site in sites
        for interval in day_intervals([row for row in rows if row.site_id == site.id], day, site.zone)
    ]
    return tuple(sorted(windows, key=lambda window: window.interval))


def day_intervals(rows: Iterable[WorkingHours], day: date, zone: str) -> tuple[Interval, ...]:
    """Return the joined working intervals of weekly rows (one practitioner at one site) on a local day."""
    out: list[Interval] = []
    for start, end in spans_on(rows, day):
        interval = Interval(minute_to_instant(day, start, zone), minute_to_instant(day, end, zone))
        if out and interval.starts_at <= out[-1].ends_at:
            out[-1] = Interval(out[-1].starts_at, max(out[-1].ends_at, interval.ends_at))
        elif interval.starts_at < interval.ends_at:
            out.append(interval)
    return tuple(out)


def spans_on(rows: Iterable[WorkingHours], day: date) -> list[tuple[int, int]]:
    """Return the template of a day: (start, end) minutes of the rows that count on it, joined where they touch."""
    weekday = day.isoweekday()
    return joined(
        (row.start_minute, row.end_minute)
        for row in rows
        if row.weekday == weekday and row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
    )


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
