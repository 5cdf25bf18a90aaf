"""When practitioners work and which starts can be offered: the search for free time, by SCHEDULING's one rule each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic_desk.domain.records import Closure, Site, WorkingHours
from clinic_desk.domain.wall import MINUTES_PER_DAY, minute_to_instant


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
    zones = {site.id: site.zone for site in sites if site.id not in closed}
    spans: dict[UUID, list[tuple[int, int]]] = {}
    for row in hours:
        if row.practitioner_id == practitioner_id and row.site_id in zones and is_valid(row, day):
            spans.setdefault(row.site_id, []).append((row.start_minute, row.end_minute))
    windows = (
        Window(
            site_id,
            Interval(minute_to_instant(day, start, zones[site_id]), minute_to_instant(day, end, zones[site_id])),
        )
        for site_id, rows in spans.items()
        for start, end in joined(rows)
    )
    return tuple(
        sorted(
            (window for window in windows if window.interval.starts_at < window.interval.ends_at),
            key=lambda window: window.interval,
        )
    )


def is_valid(row: WorkingHours, day: date) -> bool:
    """Whether a weekly row counts on a day: its weekday, within `valid_from` and `valid_to` (both included)."""
    return (
        row.weekday == day.isoweekday()
        and row.valid_from <= day
        and (row.valid_to is None or day <= row.valid_to)
        and 0 <= row.start_minute < row.end_minute <= MINUTES_PER_DAY
    )


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order with those that touch or overlap made one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
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
    gaps = (
        Window(site_id, Interval(before.ends_at, after.starts_at))
        for site_id, intervals in by_site.items()
        for before, after in zip(sorted(intervals), sorted(intervals)[1:], strict=False)
        if before.ends_at < after.starts_at
    )
    return tuple(sorted(gaps, key=lambda gap: gap.interval))
