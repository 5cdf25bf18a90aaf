"""Wall time and instants: every transition of every zone, and the cases people ask about."""

from __future__ import annotations

import importlib.resources
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain import wall
from clinic_desk.errors import InvalidInput

ZONES = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
EPOCH = datetime.combine(date(1970, 1, 1), time.min)
SECOND = timedelta(seconds=1)


def rules_of(zone: str) -> bytes:
    """Return a zone's TZif file."""
    return importlib.resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()


UNIQUE = sorted({rules_of(zone): zone for zone in ZONES}.values())
BATCHES = [UNIQUE[start::16] for start in range(16)]


def transitions(zone: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return (naive UTC instant, offset before, offset after) of a zone since 1970 and as its rules foresee them."""
    return [found for found in (*listed(zone), *foreseen(zone)) if found[1] != found[2]]


def listed(zone: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Read the transitions that a zone's file lists (RFC 8536)."""
    data = rules_of(zone)
    isut, isstd, leap, times, types, chars = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    body = start + 44
    instants = struct.unpack(f">{times}q", data[body : body + times * 8])
    indices = data[body + times * 8 : body + times * 9]
    records = body + times * 9
    offsets = [
        timedelta(seconds=struct.unpack(">l", data[records + i * 6 : records + i * 6 + 4])[0]) for i in range(types)
    ]
    for (_, before), (instant, after) in pairwise(zip(instants, indices, strict=True)):
        if instant >= 0:
            yield EPOCH + timedelta(seconds=instant), offsets[before], offsets[after]


def foreseen(zone: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Find those of four years around today that follow from a rule (the file's footer), by halving."""
    rules = wall.zone_rules(zone)

    def offset(instant: datetime) -> timedelta:
        found = instant.replace(tzinfo=UTC).astimezone(rules).utcoffset()
        assert found is not None
        return found

    first = EPOCH.replace(year=2025)
    for week in range(4 * 53):
        early, late = first + timedelta(weeks=week), first + timedelta(weeks=week + 1)
        before, after = offset(early), offset(late)
        while before != after and late - early > SECOND:
            middle = early + ((late - early) / 2 // SECOND) * SECOND
            early, late = (middle, late) if offset(middle) == before else (early, middle)
        yield late, before, after


def test_the_table_of_transitions_is_there_to_be_tested() -> None:
    assert len(UNIQUE) > 250
    assert len(transitions("Europe/Berlin")) > 35
    assert (EPOCH.replace(2026, 3, 29, 1), timedelta(hours=1), timedelta(hours=2)) in transitions("Europe/Berlin")
    assert any(after - before == timedelta(minutes=30) for _, before, after in transitions("Australia/Lord_Howe"))


@pytest.mark.parametrize("zones", BATCHES, ids=lambda zones: zones[0])
def test_every_transition_of_every_zone_follows_rfc_5545(zones: list[str]) -> None:
    for zone in zones:
        for transition in transitions(zone):
            check_transition(zone, *transition)


def check_transition(zone: str, instant: datetime, before: timedelta, after: timedelta) -> None:
    jump = abs(after - before)
    at_transition = instant.replace(tzinfo=UTC)
    for offset in (SECOND, jump / 2, jump - SECOND):
        if after > before:
            missing = instant + before + offset
            assert wall.to_instant(missing, zone) == at_transition + offset
            assert wall.to_wall(wall.to_instant(missing, zone), zone) == missing + jump
        else:
            twice = instant + after + offset
            assert wall.to_instant(twice, zone) == at_transition - jump + offset
            assert wall.to_wall(wall.to_instant(twice, zone), zone) == twice
    last = at_transition - SECOND
    assert wall.to_instant(wall.to_wall(last, zone), zone) == last
    beyond = at_transition + (timedelta(0) if after > before else jump)
    assert wall.to_instant(wall.to_wall(beyond, zone), zone) == beyond


@pytest.mark.parametrize("zones", BATCHES, ids=lambda zones: zones[0])
def test_days_part_the_line_of_time_and_minutes_agree_with_instants(zones: list[str]) -> None:
    for zone in zones:
        for instant, _, _ in transitions(zone):
            middle = wall.to_wall(instant.replace(tzinfo=UTC), zone).date()
            days = [middle + timedelta(days=offset) for offset in (-2, -1, 0, 1, 2)]
            for day, following in pairwise(days):
                start, end = wall.day_bounds(day, zone)
                assert start <= end == wall.day_bounds(following, zone)[0]
            for day in days[1:4]:
                for minute in (0, 1, 59, 120, 150, 180, 600, 1380, 1439, 1440):
                    expected = wall.to_instant(datetime.combine(day, time.min) + timedelta(minutes=minute), zone)
                    assert wall.minute_to_instant(day, minute, zone) == expected


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/Berlin", "2026-07-01T12:00", "2026-07-01T10:00"),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),  # gap: becomes 03:30
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # twice: the first
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00"),
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:59", "2026-11-01T05:59"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # a gap of half an hour
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
        ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00"),  # midnight itself is missing
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-30T20:00"),  # a whole day was skipped
    ],
)
def test_a_wall_time_means_this_instant(zone: str, local: str, instant: str) -> None:
    assert wall.to_instant(datetime.fromisoformat(local), zone) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 11, 24), 24),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Africa/Cairo", date(2026, 4, 24), 23),
    ],
)
def test_a_local_day_has_this_many_hours(zone: str, day: date, hours: float) -> None:
    start, end = wall.day_bounds(day, zone)
    assert end - start == timedelta(hours=hours)
    assert wall.is_regular_day(day, zone) == (hours == 24)


@given(st.datetimes(EPOCH.replace(year=1975), EPOCH.replace(year=2100)), st.sampled_from(ZONES))
def test_an_instant_comes_back_from_wall_time_unless_it_is_a_second_pass(naive: datetime, zone: str) -> None:
    instant = naive.replace(tzinfo=UTC)
    local = wall.to_wall(instant, zone)
    again = wall.to_instant(local, zone)
    assert again <= instant
    assert wall.to_wall(again, zone) == local
    assert wall.local_day(instant, zone) == local.date()
    assert wall.minute_of_day(instant, zone) == local.hour * 60 + local.minute


def test_twenty_four_hundred_is_the_next_midnight_and_2359_is_literal() -> None:
    day = date(2026, 11, 24)
    assert wall.minute_to_instant(day, 1440, "Europe/Berlin") == wall.day_bounds(day, "Europe/Berlin")[1]
    assert wall.day_bounds(day, "Europe/Berlin")[1] - wall.minute_to_instant(day, 1439, "Europe/Berlin") == timedelta(
        minutes=1
    )


@pytest.mark.parametrize("minute", [-1, 1441])
def test_a_minute_outside_the_day_is_refused(minute: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        wall.minute_to_instant(date(2026, 11, 24), minute, "Europe/Berlin")


@pytest.mark.parametrize("zone", ["", "Berlin", "../../etc/passwd", "Europe/", "Europe/../Europe/Berlin", "zones", "/"])
def test_an_unknown_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(InvalidInput, match="IANA"):
        wall.to_instant(EPOCH, zone)


def test_a_wall_time_with_a_zone_and_an_instant_without_one_are_mistakes() -> None:
    with pytest.raises(ValueError, match="naive"):
        wall.to_instant(datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin")
    with pytest.raises(ValueError, match="aware"):
        wall.to_wall(EPOCH, "Europe/Berlin")


def test_the_zone_rules_have_a_version_to_show() -> None:
    assert wall.tzdata_version() >= "2026"
