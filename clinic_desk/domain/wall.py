"""Wall time and instants: the one place in the program where one is turned into the other.

A wall time is what the clock of a site shows; an instant is a point in time, kept in UTC. The rules are those of
RFC 5545 §3.3.5: a wall time that does not exist (clocks went forward) means the one later by the gap, a wall time that
comes twice (clocks went back) means the first. The zone rules come from the `tzdata` package alone, so that every desk
computes the same whatever its operating system knows.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from clinic_desk.errors import InvalidInput

MINUTES_PER_DAY = 1440
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@cache
def zone_rules(zone: str) -> ZoneInfo:
    """Return the rules of an IANA zone name from the `tzdata` package; InvalidInput when there is no such zone."""
    if zone in zone_names():
        source = importlib.resources.files("tzdata").joinpath("zoneinfo", *zone.split("/"))
        with source.open("rb") as rules:
            return ZoneInfo.from_file(rules, key=zone)
    raise InvalidInput(field="zone", expected="an IANA time zone name such as Europe/Berlin")


@cache
def zone_names() -> frozenset[str]:
    """Return the IANA names of all zones that the `tzdata` package knows."""
    return frozenset(importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def tzdata_version() -> str:
    """Return the version of the `tzdata` package in use, e.g. "2026.6", for the About box and the health check."""
    return importlib.metadata.version("tzdata")


def to_instant(wall: datetime, zone: str) -> datetime:
    """Return the UTC instant at which the clocks of `zone` show the naive time `wall` (gap: later by it; fold: first).

    ValueError when `wall` carries a zone; OverflowError at the far ends of the calendar (years 1 and 9999).
    """
    if wall.tzinfo is not None:
        message = "a wall time is naive: its zone is the second argument"
        raise ValueError(message)
    # PEP 495: with fold=0 a time in a gap uses the offset from before the gap, which lands later by the gap.
    return wall.replace(tzinfo=zone_rules(zone), fold=0).astimezone(UTC)


def to_wall(instant: datetime, zone: str) -> datetime:
    """Return the naive time the clocks of `zone` show at an aware `instant`; ValueError when it is naive."""
    if instant.tzinfo is None:
        message = "an instant is timezone-aware"
        raise ValueError(message)
    return instant.astimezone(zone_rules(zone)).replace(tzinfo=None, fold=0)


def local_day(instant: datetime, zone: str) -> date:
    """Return the date the calendars of `zone` show at an aware `instant`."""
    return to_wall(instant, zone).date()


def minute_of_day(instant: datetime, zone: str) -> int:
    """Return the whole minutes, 0-1439, that the clocks of `zone` show since midnight at an aware `instant`."""
    wall = to_wall(instant, zone)
    return wall.hour * 60 + wall.minute


@lru_cache(maxsize=65536)
def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return [start, end) of a local day as UTC instants: 23 to 25 hours apart as a rule, equal if the day was skipped.

    Consecutive days share the instant between them, so days part the line of time without gap or overlap.
    """
    midnight = datetime.combine(day, time.min)
    return to_instant(midnight, zone), to_instant(midnight + _DAY, zone)


@lru_cache(maxsize=65536)
def is_regular_day(day: date, zone: str) -> bool:
    """Whether the clocks of `zone` run evenly through the whole of a local day: its minutes can simply be added."""
    start, end = day_bounds(day, zone)
    if end - start != _DAY:
        return False
    rules = zone_rules(zone)
    offsets = {(start + timedelta(hours=hours)).astimezone(rules).utcoffset() for hours in range(0, 25, 3)}
    return len(offsets) == 1


def minute_to_instant(day: date, minute: int, zone: str) -> datetime:
    """Return the instant of `minute` (0-1440, 1440 being the next midnight) after local midnight on the clock.

    The same as `to_instant`, quicker by a cache of days; ValueError outside 0-1440.
    """
    if not 0 <= minute <= MINUTES_PER_DAY:
        message = f"minute {minute} is not within 0-1440"
        raise ValueError(message)
    if is_regular_day(day, zone):
        return day_bounds(day, zone)[0] + minute * _MINUTE
    return to_instant(datetime.combine(day, time.min) + minute * _MINUTE, zone)
