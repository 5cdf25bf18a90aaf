"""What the figures for a manager are: definitions and records. Pure, and nothing in it names a patient.

A figure is of a period of whole local days, each day by the clocks of its site, and of one site and one doctor or of
all. A visit belongs to the period in which it begins, a booking to the one in which it was made. What was entered in
error is counted nowhere, and what is parked is no visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final
from uuid import UUID

from clinic_desk.domain.records import Block, Clinic, TimeOff
from clinic_desk.domain.wall import day_bounds, is_regular_day, to_wall
from clinic_desk.domain.working_time import Interval, templates_of

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
LONGEST_DAYS: Final = 3660
"""A longer period is refused: working time is counted day by day."""
LATE_HOURS: Final = 24
LEAD_DAYS: Final = (1, 3, 8, 15, 29, 61)
"""Lead times are counted in classes, each of less than so many days than the one before ends with; the last is open."""


class Span(StrEnum):
    """How long a period is. `ANY`: as many days as somebody chose."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both ends included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_day - self.first_day).days + 1


def period_of(span: Span, day: date) -> Period:
    """Return the week (Monday first, ISO 8601), month, quarter or year around a day; of `ANY` the day alone."""
    if span is Span.WEEK:
        monday = day - day.weekday() * _DAY
        return Period(monday, monday + 6 * _DAY)
    months = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}.get(span)
    if months is None:
        return Period(day, day)
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    after = (first.year * 12 + first.month - 1) + months
    return Period(first, date(after // 12, after % 12 + 1, 1) - _DAY)


def period_before(period: Period, span: Span) -> Period:
    """Return the one of the same kind that ends the day before; of `ANY` as many days."""
    last = period.first_day - _DAY
    return Period(period.first_day - period.days * _DAY, last) if span is Span.ANY else period_of(span, last)


def period_after(period: Period, span: Span) -> Period:
    """Return the one of the same kind that begins the day after; of `ANY` as many days."""
    first = period.last_day + _DAY
    return Period(first, period.last_day + period.days * _DAY) if span is Span.ANY else period_of(span, first)


def span_of(period: Period) -> Span:
    """Return of which kind a period is; `ANY` if it is no whole week, month, quarter or year."""
    kinds = (span for span in Span if span is not Span.ANY and period_of(span, period.first_day) == period)
    return next(kinds, Span.ANY)


# --- records ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Time:
    """Minutes. `bookable`: working time less closures, time off and blocks that are kept for nobody.

    `booked`: what of it is taken by appointments that are booked, arrived, in the room or done, with their buffers;
    time that a squeeze-in shares with another is counted once, and time of a no-show or a cancelled visit is free.
    `beyond`: what is taken outside bookable time (after hours, over a break, in time off).
    """

    bookable: float = 0.0
    booked: float = 0.0
    beyond: float = 0.0

    @property
    def utilisation(self) -> float | None:
        """Return the share 0-1 of bookable time that is taken; None if there is none.

        Time beyond it is left out above and below, so it is never over 1: the adjusted utilisation of the AACD's
        glossary of times (1997), cases within the hours of a resource and what it takes between them, over these hours.
        """
        return self.booked / self.bookable if self.bookable > 0 else None

    def __add__(self, other: Time) -> Time:
        return Time(self.bookable + other.bookable, self.booked + other.booked, self.beyond + other.beyond)


@dataclass(frozen=True, slots=True)
class Visits:
    """Counts of the visits of a period by what became of them.

    `attended`: arrived, in the room or done. `unmarked`: still booked although the time is over. `late`: those of the
    cancelled that were cancelled less than 24 hours (elapsed) before they would have begun, or after that.
    """

    attended: int = 0
    no_shows: int = 0
    unmarked: int = 0
    to_come: int = 0
    cancelled: int = 0
    late: int = 0

    @property
    def all(self) -> int:
        """How many there are, the cancelled ones included."""
        return self.attended + self.no_shows + self.unmarked + self.to_come + self.cancelled

    @property
    def no_show_rate(self) -> float | None:
        """Return no-shows / (no-shows + attended), 0-1: the "did not attend" rate of the NHS; None without either."""
        return _share(self.no_shows, self.no_shows + self.attended)

    @property
    def cancelled_rate(self) -> float | None:
        """Return the share 0-1 of all visits that were cancelled; None without any."""
        return _share(self.cancelled, self.all)

    def __add__(self, other: Visits) -> Visits:
        return Visits(
            self.attended + other.attended,
            self.no_shows + other.no_shows,
            self.unmarked + other.unmarked,
            self.to_come + other.to_come,
            self.cancelled + other.cancelled,
            self.late + other.late,
        )


@dataclass(frozen=True, slots=True)
class LeadTime:
    """From the booking to the visit, in elapsed hours, of the visits of a period that were not cancelled.

    Of a visit that was moved it is the time to where it stands now; one booked after it began has none (0 hours).
    What was imported from another program is left out: when it was booked is not known. `lower`, `median` and `upper`
    are quartiles by linear interpolation (type 7 of Hyndman and Fan 1996, PostgreSQL's percentile_cont); None: no
    visits. `classes`: how many in each class of `LEAD_DAYS`, and beyond.
    """

    count: int = 0
    lower: float | None = None
    median: float | None = None
    upper: float | None = None
    classes: tuple[int, ...] = (0,) * (len(LEAD_DAYS) + 1)


@dataclass(frozen=True, slots=True)
class Bookings:
    """How many bookings were made at a desk ("": at none that is known) in an hour of a weekday (ISO, 1 = Monday).

    Both by the clocks of the site that was booked for. Imported ones are not counted.
    """

    desk: str
    weekday: int
    hour: int
    count: int


class Outcome(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    SENT = "sent"
    """It was handed over; whether it arrived is not told by every channel."""
    FAILED = "failed"
    """It could not be sent, or not in time."""
    UNKNOWN = "unknown"
    WAITING = "waiting"
    DROPPED = "dropped"
    """It was not needed any more, or recalled."""


@dataclass(frozen=True, slots=True)
class Messages:
    """How many messages of a kind over a channel, which went or were due in the period, had this outcome."""

    kind: str
    channel: str
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class DoctorFigures:
    """Of one doctor."""

    practitioner_id: UUID
    time: Time = Time()
    visits: Visits = Visits()
    lead: LeadTime = LeadTime()


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a period. Doctors are in their order; who has neither time nor visits is not among them.

    `messages_since`: messages of earlier days may have been deleted already, as the clinic has set it.
    """

    period: Period
    site_id: UUID | None
    practitioner_id: UUID | None
    read_at: datetime
    doctors: tuple[DoctorFigures, ...]
    lead: LeadTime
    bookings: tuple[Bookings, ...]
    messages: tuple[Messages, ...]
    messages_since: date

    @property
    def time(self) -> Time:
        """The doctors' time together."""
        return sum((row.time for row in self.doctors), Time())

    @property
    def visits(self) -> Visits:
        """The doctors' visits together."""
        return sum((row.visits for row in self.doctors), Visits())

    @property
    def booked(self) -> int:
        """How many bookings were made."""
        return sum(row.count for row in self.bookings)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.doctors or self.bookings or self.messages)


# --- working time -----------------------------------------------------------------------------------------------------


def bookable_time(
    clinic: Clinic, time_off: Iterable[TimeOff], blocks: Iterable[Block], period: Period, site_id: UUID | None = None
) -> dict[tuple[UUID, UUID], tuple[Interval, ...]]:
    """Return when each active doctor could be booked at each site: (practitioner, site) -> intervals in order.

    Hours, closures and absences count as they stand now. A block that is kept for some kinds of visits is bookable;
    one that is kept for nobody is not. On a day the clocks change there is as much time as really passes.
    """
    absent = _absences(time_off, blocks)
    active = {person.id for person in clinic.practitioners if person.active}
    zones = {site.id: site.zone for site in clinic.sites if site_id in {None, site.id}}
    days = [period.first_day + count * _DAY for count in range(period.days)]
    closed = {site: _closed_days(clinic, site, period) for site in zones}
    found: dict[tuple[UUID, UUID], tuple[Interval, ...]] = {}
    for (person, site), template in templates_of(clinic.working_hours, clinic.date_overrides).items():
        if person in active and site in zones:
            windows = [
                window for day in days if day not in closed[site] for window in template.intervals(day, zones[site])
            ]
            left = tuple(without(windows, absent.get(person, ())))
            if left:
                found[person, site] = left
    return found


def _absences(time_off: Iterable[TimeOff], blocks: Iterable[Block]) -> dict[UUID, list[Interval]]:
    found: dict[UUID, list[Interval]] = {}
    for row in time_off:
        found.setdefault(row.practitioner_id, []).append(Interval(row.starts_at, row.ends_at))
    for block in blocks:
        if block.practitioner_id is not None and not block.type_ids:
            found.setdefault(block.practitioner_id, []).append(Interval(block.starts_at, block.ends_at))
    return {person: sorted(intervals) for person, intervals in found.items()}


def _closed_days(clinic: Clinic, site_id: UUID, period: Period) -> set[date]:
    days = set()
    for row in clinic.closures:
        if row.site_id == site_id:
            first, last = max(row.first_day, period.first_day), min(row.last_day, period.last_day)
            days |= {first + count * _DAY for count in range((last - first).days + 1)}
    return days


def without(windows: Iterable[Interval], absences: Iterable[Interval]) -> list[Interval]:
    """Return what absences, sorted by their start, leave of windows that do not overlap; in order."""
    out: list[Interval] = []
    away = list(absences)
    begin = 0
    for window in sorted(windows):
        while begin < len(away) and away[begin].ends_at <= window.starts_at:
            begin += 1
        reached = window.starts_at
        for each in away[begin:]:
            if each.starts_at >= window.ends_at:
                break
            if each.starts_at > reached:
                out.append(Interval(reached, each.starts_at))
            reached = max(reached, each.ends_at)
        if reached < window.ends_at:
            out.append(Interval(reached, window.ends_at))
    return out


# --- clocks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """In [starts_at, ends_at) the clocks of a zone show UTC and `shift`."""

    starts_at: datetime
    ends_at: datetime
    shift: timedelta


def clocks(zone: str, period: Period) -> tuple[Clock, ...]:
    """Return how the clocks of a zone run in a period, in order: one stretch, and another after each change of them.

    With it SQL can sum by hours of the clock without zone rules of its own. Changes are found to the minute.
    """
    pieces: list[Clock] = []
    for count in range(period.days):
        day = period.first_day + count * _DAY
        start, end = day_bounds(day, zone)
        step = max(end - start, _HOUR) if is_regular_day(day, zone) else timedelta(minutes=1)
        while start < end:
            pieces.append(Clock(start, min(start + step, end), _shift(start, zone)))
            start += step
    together = (list(same) for _, same in groupby(pieces, key=lambda piece: piece.shift))
    return tuple(Clock(same[0].starts_at, same[-1].ends_at, same[0].shift) for same in together)


def _shift(instant: datetime, zone: str) -> timedelta:
    return to_wall(instant, zone) - instant.replace(tzinfo=None)


def bounds_of(period: Period, zone: str) -> tuple[datetime, datetime]:
    """Return [start, end) of a period by the clocks of a zone."""
    return day_bounds(period.first_day, zone)[0], day_bounds(period.last_day, zone)[1]


# --- together ---------------------------------------------------------------------------------------------------------


def in_order(
    clinic: Clinic, times: Mapping[UUID, Time], visits: Mapping[UUID, Visits], leads: Mapping[UUID, LeadTime]
) -> tuple[DoctorFigures, ...]:
    """Return the figures of each doctor who has any, in the clinic's order."""
    return tuple(
        DoctorFigures(person, times.get(person, Time()), visits.get(person, Visits()), leads.get(person, LeadTime()))
        for person in (each.id for each in clinic.practitioners)
        if person in times or person in visits
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
