"""The dates of a series: a rule in the words of RFC 5545, to and from its text, and the days and instants it names.

A rule says on which local days something recurs; the time of day stands beside it, so a series keeps its wall time when
the clocks change. The choices are those of SCHEDULING: weeks start on Monday unless the rule says otherwise, the UNTIL
day is in, a first date that is not one of the weekdays is left out, dates that were struck out count towards COUNT, and
days that a month does not have (the 31st) do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from clinic_desk.domain.wall import MINUTES_PER_DAY, to_instant
from clinic_desk.errors import InvalidInput

MOST_DATES: Final = 100
"""More are not booked at once: each takes locks that other desks wait for."""
FARTHEST: Final = timedelta(days=5 * 366)
"""No date of a series lies further from its first day."""
LONGEST_INTERVAL: Final = 99

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MONDAY: Final = 1


class Every(StrEnum):
    """The unit that a rule counts in; the value is RFC 5545's FREQ."""

    DAYS = "DAILY"
    WEEKS = "WEEKLY"
    MONTHS = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every `interval` days, weeks or months; ended by `count` dates or by `until`, the last day that may be one.

    `weekdays` (ISO, 1 = Monday): on which days of those weeks, or the only days that a daily rule falls on; empty: that
    of the first day, or any. A monthly rule has none: it recurs on its first day's day of the month, in months that
    have it. `week_starts` decides which days belong to one week when the interval skips some. InvalidInput for anything
    else.
    """

    every: Every
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    count: int | None = None
    until: date | None = None
    week_starts: int = _MONDAY

    def __post_init__(self) -> None:
        """Check the fields."""
        if not 1 <= self.interval <= LONGEST_INTERVAL:
            raise InvalidInput(field="interval", expected=f"a number from 1 to {LONGEST_INTERVAL}")
        if not self.weekdays <= frozenset(range(1, 8)) or (self.weekdays and self.every is Every.MONTHS):
            raise InvalidInput(field="weekdays", expected="days of the week, for a rule of days or weeks")
        if (self.count is None) == (self.until is None):
            raise InvalidInput(field="count", expected="either a number of dates or a last day")
        if self.count is not None and not 1 <= self.count <= MOST_DATES:
            raise InvalidInput(field="count", expected=f"a number from 1 to {MOST_DATES}")
        if not 1 <= self.week_starts <= 7:
            raise InvalidInput(field="week_starts", expected="a day of the week, 1 to 7")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series: its local day (RFC 5545 RECURRENCE-ID) and the instant its wall time means there."""

    day: date
    starts_at: datetime


def rule_text(rule: Recurrence) -> str:
    """Return the rule as an RFC 5545 RRULE value, e.g. `FREQ=WEEKLY;INTERVAL=2;COUNT=6;BYDAY=MO,TH;WKST=MO`."""
    parts = [f"FREQ={rule.every}", f"INTERVAL={rule.interval}"]
    parts.append(f"COUNT={rule.count}" if rule.until is None else f"UNTIL={rule.until:%Y%m%d}")
    if rule.weekdays:
        parts.append("BYDAY=" + ",".join(_WEEKDAYS[day - 1] for day in sorted(rule.weekdays)))
    return ";".join((*parts, f"WKST={_WEEKDAYS[rule.week_starts - 1]}"))


def parse_rule(text: str) -> Recurrence:
    """Return the rule that an RRULE value says; InvalidInput if it says what this program has no words for.

    Keys in any order and case. A week starts on Monday unless WKST says otherwise. UNTIL is a date.
    """
    parts = dict(_pairs(text))
    try:
        rule = Recurrence(
            every=Every(parts.pop("FREQ", "")),
            interval=int(parts.pop("INTERVAL", "1")),
            count=int(parts.pop("COUNT")) if "COUNT" in parts else None,
            until=_date(parts.pop("UNTIL")) if "UNTIL" in parts else None,
            weekdays=frozenset(_WEEKDAYS.index(day) + 1 for day in parts.pop("BYDAY", "").split(",") if day),
            week_starts=_WEEKDAYS.index(parts.pop("WKST", "MO")) + 1,
        )
    except ValueError:
        raise _unknown() from None
    if parts:
        raise _unknown()
    return rule


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part in text.strip().upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in seen:
            raise _unknown()
        seen.add(name)
        yield name, value


def _date(text: str) -> date:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        message = "not a date of RFC 5545"
        raise ValueError(message)
    return date.fromisoformat(text)


def _unknown() -> InvalidInput:
    return InvalidInput(field="rule", expected="a rule of RFC 5545 with FREQ, INTERVAL, BYDAY, WKST and COUNT or UNTIL")


def dates_of(rule: Recurrence, starts_on: date, struck: Iterable[date] = ()) -> tuple[date, ...]:
    """Return the dates of a rule from `starts_on` on, in order, those `struck` out left out: they count all the same.

    `starts_on` is one of them only if the rule says so. InvalidInput if there are none, more than `MOST_DATES`, or some
    further than `FARTHEST` away.
    """
    days = tuple(islice(_days(rule, starts_on), MOST_DATES + 1))
    if not days:
        raise InvalidInput(field="until", expected="a last day on or after the first date")
    if len(days) > MOST_DATES:
        raise InvalidInput(field="until", expected=f"at most {MOST_DATES} dates")
    if days[-1] - starts_on > FARTHEST:
        raise InvalidInput(field="count", expected="no date more than five years ahead")
    left_out = frozenset(struck)
    return tuple(day for day in days if day not in left_out)


def _days(rule: Recurrence, starts_on: date) -> Iterator[date]:
    from dateutil.rrule import rrulestr

    # Without BYDAY, dateutil takes the first date's own weekday or day of the month.
    found = rrulestr(rule_text(rule), dtstart=datetime.combine(starts_on, time.min))
    return (moment.date() for moment in found)


def occurrences(
    rule: Recurrence, starts_on: date, minute: int, zone: str, struck: Iterable[date] = ()
) -> tuple[Occurrence, ...]:
    """Return the dates of a rule with the instants at which the clocks of `zone` show `minute` (0-1439) after midnight.

    A time that a date does not have is later by the gap, one that comes twice the first. Raises as `dates_of`.
    """
    return tuple(Occurrence(day, instant_on(day, minute, zone)) for day in dates_of(rule, starts_on, struck))


def instant_on(day: date, minute: int, zone: str) -> datetime:
    """Return the instant at which the clocks of `zone` show `minute` (0-1439) after midnight of a date."""
    if not 0 <= minute < MINUTES_PER_DAY:
        raise InvalidInput(field="minute", expected="a time of day")
    return to_instant(datetime.combine(day, time.min) + timedelta(minutes=minute), zone)
