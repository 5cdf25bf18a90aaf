"""Minutes and positions: the wall clock's axis, also in the nights when the clocks change."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.wall import day_bounds, to_wall
from clinic_desk.ui.calendar.geometry import (
    REGULAR_AXIS,
    ClockChange,
    DayAxis,
    DayScale,
    Grid,
    Label,
    axis_of,
    clock_changes,
)

BERLIN, NEW_YORK, LONDON, BEIRUT = "Europe/Berlin", "America/New_York", "Europe/London", "Asia/Beirut"
LORD_HOWE, CASABLANCA = "Australia/Lord_Howe", "Africa/Casablanca"
BACK, FORWARD, PLAIN = date(2026, 10, 25), date(2026, 3, 29), date(2026, 11, 24)
ZONES = st.sampled_from([BERLIN, NEW_YORK, LONDON, BEIRUT, LORD_HOWE, "UTC", "Asia/Kathmandu", "America/Havana"])
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31)) | st.sampled_from(
    [BACK, FORWARD, date(2026, 11, 1), date(2026, 3, 8), date(2026, 4, 5), date(2026, 10, 4), date(2025, 3, 30)]
)


def test_an_ordinary_day_has_1440_positions_one_a_wall_minute() -> None:
    scale = DayScale(PLAIN, BERLIN)
    assert scale.axis.length == 1440
    assert scale.position(datetime(2026, 11, 24, 8, 45, tzinfo=UTC)) == 585
    assert scale.instant(585) == datetime(2026, 11, 24, 8, 45, tzinfo=UTC)
    assert str(scale.axis.label(585)) == "09:45"
    assert scale.absent() == []


def test_what_is_before_or_after_the_day_is_at_its_ends() -> None:
    scale = DayScale(PLAIN, BERLIN)
    assert scale.position(datetime(2026, 11, 20, tzinfo=UTC)) == 0
    assert scale.position(datetime(2026, 11, 28, tzinfo=UTC)) == 1440
    assert scale.instant(1440) == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert scale.instant(-1) is None


def test_when_clocks_go_back_the_hour_that_comes_twice_is_on_the_axis_twice() -> None:
    assert clock_changes(BACK, BERLIN) == (ClockChange(120, 180, repeated=True),)
    axis = axis_of([(BACK, BERLIN)])
    assert axis.length == 1500
    assert [str(axis.label(at)) for at in (119, 120, 179, 180, 239, 240)] == [
        "01:59", "02:00", "02:59", "02:00", "02:59", "03:00",
    ]  # fmt: skip
    assert axis.label(200) == Label(140, second=True)
    scale = DayScale(BACK, BERLIN, axis)
    assert scale.instant(150) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert scale.instant(210) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert scale.position(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == 210
    assert scale.position(datetime(2026, 10, 25, 9, 0, tzinfo=UTC)) == axis.position(600)


def test_an_appointment_through_the_repeated_hour_is_as_long_as_it_lasts() -> None:
    scale = DayScale(BACK, BERLIN, axis_of([(BACK, BERLIN)]))
    start, end = datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert scale.position(end, as_end=True) - scale.position(start) == 150


def test_when_clocks_go_forward_the_hour_stays_on_the_axis_and_does_not_exist() -> None:
    assert clock_changes(FORWARD, BERLIN) == (ClockChange(120, 180, repeated=False),)
    assert axis_of([(FORWARD, BERLIN)]) is REGULAR_AXIS
    scale = DayScale(FORWARD, BERLIN)
    assert scale.absent() == [(120, 180)]
    assert scale.instant(119) == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert [scale.instant(at) for at in (120, 150, 179)] == [None, None, None]
    assert scale.instant(180) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert scale.position(datetime(2026, 3, 29, 8, 0, tzinfo=UTC)) == 600


def test_ten_o_clock_is_at_one_height_in_zones_of_which_only_one_changes_its_clocks() -> None:
    axis = axis_of([(BACK, BERLIN), (BACK, NEW_YORK)])
    berlin, new_york = DayScale(BACK, BERLIN, axis), DayScale(BACK, NEW_YORK, axis)
    assert berlin.position(datetime(2026, 10, 25, 9, 0, tzinfo=UTC)) == axis.position(600)
    assert new_york.position(datetime(2026, 10, 25, 14, 0, tzinfo=UTC)) == axis.position(600)
    assert new_york.absent() == [(180, 240)]
    assert new_york.instant(200) is None
    two, three = datetime(2026, 10, 25, 6, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    assert (new_york.position(two), new_york.position(three, as_end=True)) == (120, 180)
    assert new_york.position(three) == 240


def test_two_zones_that_both_go_back_on_one_night_have_a_second_pass_each() -> None:
    axis = axis_of([(BACK, BERLIN), (BACK, LONDON)])
    assert axis.repeats == ((60, 120), (120, 180))
    assert axis.length == 1560
    for zone in (BERLIN, LONDON):
        scale = DayScale(BACK, zone, axis)
        assert sum(end - start for start, end in scale.absent()) == 60


def test_a_change_of_half_an_hour_repeats_half_an_hour() -> None:
    assert clock_changes(date(2026, 4, 5), LORD_HOWE) == (ClockChange(90, 120, repeated=True),)


def test_a_gap_at_midnight_leaves_the_first_hour_out() -> None:
    changes = clock_changes(date(2026, 3, 29), BEIRUT)
    assert changes == (ClockChange(0, 60, repeated=False),)
    scale = DayScale(date(2026, 3, 29), BEIRUT)
    assert scale.instant(0) is None
    assert scale.instant(60) == scale.starts_at


def test_a_zone_nobody_knows_is_read_as_utc_and_raises_nothing() -> None:
    scale = DayScale(PLAIN, "Mars/Olympus")
    assert scale.position(datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) == 720
    assert scale.instant(720) == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@given(day=DAYS, zone=ZONES, other=ZONES)
def test_every_minute_of_every_day_has_a_position_of_its_own_and_leads_back(day: date, zone: str, other: str) -> None:
    axis = axis_of([(day, zone), (day, other)])
    scale = DayScale(day, zone, axis)
    start, end = day_bounds(day, zone)
    minutes = range(0, (end - start) // timedelta(minutes=1), 7)
    positions = [scale.position(start + timedelta(minutes=at)) for at in minutes]
    assert positions == sorted(set(positions))
    for at, position in zip(minutes, positions, strict=True):
        instant = start + timedelta(minutes=at)
        assert scale.instant(position) == instant
        wall = to_wall(instant, zone)
        assert axis.label(position).minute == wall.hour * 60 + wall.minute


@given(day=DAYS, zone=ZONES, other=ZONES)
def test_positions_that_do_not_exist_are_exactly_the_absent_ones(day: date, zone: str, other: str) -> None:
    scale = DayScale(day, zone, axis_of([(day, zone), (day, other)]))
    absent = {at for start, end in scale.absent() for at in range(start, end)}
    assert absent == {at for at in range(scale.axis.length) if scale.instant(at) is None}


@given(day=DAYS, zone=ZONES, other=ZONES, at=st.integers(0, 1380), length=st.integers(1, 180))
def test_an_end_is_never_above_its_start_and_never_in_absent_time(
    day: date, zone: str, other: str, at: int, length: int
) -> None:
    scale = DayScale(day, zone, axis_of([(day, zone), (day, other)]))
    start = day_bounds(day, zone)[0] + timedelta(minutes=at)
    top, bottom = scale.position(start), scale.position(start + timedelta(minutes=length), as_end=True)
    assert top <= bottom
    if start < scale.ends_at:
        assert bottom - top >= min(length, (scale.ends_at - start) // timedelta(minutes=1))
        assert scale.end_instant(bottom) == min(start + timedelta(minutes=length), scale.ends_at)


def test_the_axis_in_segments_covers_it_without_a_gap() -> None:
    axis = DayAxis(((60, 120), (120, 180)))
    segments = axis.segments()
    assert segments[0][0] == 0
    assert segments[-1][1] == axis.length
    assert all(one[1] == other[0] for one, other in itertools.pairwise(segments))
    for start, end, minute in segments:
        assert [axis.label(at).minute for at in range(start, end)] == list(range(minute, minute + end - start))


@given(
    step=st.sampled_from([5, 10, 15, 20, 30]), height=st.integers(8, 60), at=st.integers(0, 1439), dpr=st.integers(1, 3)
)
def test_pixels_lead_back_to_the_position_they_were_made_of(step: int, height: int, at: int, dpr: int) -> None:
    grid = Grid(step, height * dpr)
    y = grid.y(at)
    assert abs(grid.position(y) - at) <= -(-step // (height * dpr))
    assert grid.row(at) == at // step
    assert 0 <= grid.position(-50) <= grid.position(10**6) == 1439


@pytest.mark.parametrize(("position", "to", "expected"), [(7, 0, 0), (8, 0, 15), (22, 5, 20), (23, 5, 25), (37, 0, 30)])
def test_snapping_goes_to_the_nearest_multiple(position: int, to: int, expected: int) -> None:
    assert Grid(15, 22).snapped(position, to) == expected


def test_the_rows_hold_the_whole_axis_also_when_it_is_no_multiple_of_the_step() -> None:
    assert Grid(15, 22).rows == 96
    assert Grid(20, 22, 1470).rows == 74
