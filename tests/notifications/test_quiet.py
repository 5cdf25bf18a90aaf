"""The quiet hours: what waits for their end, what goes the evening before, and the days on which the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.messaging import Messaging
from clinic_desk.notifications.quiet import (
    LEAST_USE,
    QuietHours,
    is_quiet,
    moment_left,
    moment_to_send,
    quiet_hours,
)
from tests.support.bookings import BERLIN, NEW_YORK, at

CANARY = "Atlantic/Canary"
DAY = date(2031, 3, 4)
BEFORE = date(2031, 3, 3)
USUAL = QuietHours()
AFTER_LUNCH = QuietHours(13 * 60, 14 * 60 + 30)
HOUR = timedelta(hours=1)
FAR = at(date(2031, 4, 1), 12)


def test_they_are_those_of_the_settings() -> None:
    assert quiet_hours(Messaging(quiet_from_minute=1, quiet_until_minute=2)) == QuietHours(1, 2)
    assert quiet_hours(Messaging()) == USUAL


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"), [(19, 59, False), (20, 0, True), (0, 0, True), (8, 59, True), (9, 0, False)]
)
def test_their_start_belongs_to_them_and_their_end_does_not(hour: int, minute: int, quiet: bool) -> None:
    assert is_quiet(at(DAY, hour, minute), BERLIN, USUAL) is quiet


@pytest.mark.parametrize(("hour", "quiet"), [(12, False), (13, True), (14, True), (15, False), (0, False), (23, False)])
def test_they_may_be_in_the_middle_of_the_day(hour: int, quiet: bool) -> None:
    assert is_quiet(at(DAY, hour), BERLIN, AFTER_LUNCH) is quiet


@pytest.mark.parametrize("minutes", [(0, 0), (1440, 1440), (540, 540), (0, 1440), (1440, 0)])
def test_between_equal_minutes_it_is_never_quiet(minutes: tuple[int, int]) -> None:
    quiet = QuietHours(*minutes)
    assert not any(is_quiet(at(DAY, hour), BERLIN, quiet) for hour in range(24))


@pytest.mark.parametrize("minutes", [(1440, 540), (0, 540)])
def test_midnight_may_be_said_either_way(minutes: tuple[int, int]) -> None:
    quiet = QuietHours(*minutes)
    assert [is_quiet(at(DAY, hour), BERLIN, quiet) for hour in (0, 8, 9, 23)] == [True, True, False, False]


def test_what_is_due_outside_them_leaves_when_it_is_due() -> None:
    assert moment_to_send(at(DAY, 12), FAR, BERLIN, USUAL) == at(DAY, 12)


@pytest.mark.parametrize("due", [at(BEFORE, 20), at(BEFORE, 23, 30), at(DAY, 3), at(DAY, 8, 59)])
def test_what_is_due_in_them_waits_for_their_end(due: datetime) -> None:
    assert moment_to_send(due, FAR, BERLIN, USUAL) == at(DAY, 9)


def test_with_less_than_an_hour_left_at_their_end_it_goes_the_evening_before() -> None:
    assert moment_to_send(at(DAY, 8), at(DAY, 10), BERLIN, USUAL) == at(DAY, 9)
    assert moment_to_send(at(DAY, 8), at(DAY, 9, 59), BERLIN, USUAL) == at(BEFORE, 19, 59)
    assert moment_to_send(at(DAY, 8), at(DAY, 8, 30), BERLIN, USUAL) == at(BEFORE, 19, 59)


def test_if_it_is_too_late_for_the_evening_before_it_goes_not_at_all() -> None:
    start, due = at(DAY, 9, 30), at(DAY, 7, 30)
    assert moment_left(due, start, BERLIN, USUAL, now=at(BEFORE, 19, 59)) == at(BEFORE, 19, 59)
    assert moment_left(due, start, BERLIN, USUAL, now=at(BEFORE, 20)) is None
    assert moment_left(due, start, BERLIN, USUAL, now=at(DAY, 3)) is None
    in_that_minute = at(BEFORE, 19, 59) + timedelta(seconds=30)
    assert moment_left(due, start, BERLIN, USUAL, now=in_that_minute) == in_that_minute


def test_what_should_have_left_leaves_now_or_as_soon_as_it_is_not_quiet() -> None:
    start, due = at(DAY, 12), at(BEFORE, 12)
    for now, moment in (
        (at(BEFORE, 11), at(BEFORE, 12)),
        (at(BEFORE, 15), at(BEFORE, 15)),
        (at(BEFORE, 21), at(DAY, 9)),
        (at(DAY, 11, 30), at(DAY, 11, 30)),
    ):
        assert moment_left(due, start, BERLIN, USUAL, now) == moment


def test_they_are_those_of_the_site() -> None:
    nine = at(DAY, 9, zone=NEW_YORK)
    assert not is_quiet(nine, NEW_YORK, USUAL)
    assert is_quiet(nine - timedelta(minutes=1), NEW_YORK, USUAL)
    assert is_quiet(at(DAY, 9), CANARY, USUAL), "in the Canaries it is eight then"


# Europe/Berlin and Atlantic/Canary, the zones of the demo's two sites, change at the same instant: 2031-03-30 01:00 UTC
# and 2031-10-26 01:00 UTC, which is 02:00 and 03:00 summer time in Berlin, 01:00 and 02:00 in the Canaries.
SPRING, AUTUMN = date(2031, 3, 30), date(2031, 10, 26)


@pytest.mark.parametrize("zone", [BERLIN, CANARY, NEW_YORK])
@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2031, 3, 9), date(2031, 11, 2)])
def test_a_night_in_which_the_clocks_change_ends_at_nine_on_the_clock(zone: str, day: date) -> None:
    evening = at(day - timedelta(days=1), 20, zone=zone)
    assert moment_to_send(evening, FAR + timedelta(days=300), zone, USUAL) == at(day, 9, zone=zone)
    assert moment_to_send(at(day, 8, zone=zone), at(day, 9, 30, zone=zone), zone, USUAL) == evening - timedelta(
        minutes=1
    )


def test_the_night_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    for day, hours in ((SPRING, 12), (AUTUMN, 14), (DAY, 13)):
        evening = at(day - timedelta(days=1), 20)
        assert moment_to_send(evening, at(day, 15), BERLIN, USUAL) - evening == timedelta(hours=hours)


def test_an_end_that_the_clocks_skip_comes_later_by_the_gap_and_one_that_comes_twice_is_the_first() -> None:
    early = QuietHours(22 * 60, 2 * 60 + 30)
    spring, autumn = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (SPRING, AUTUMN))
    assert moment_to_send(at(SPRING, 0), FAR, BERLIN, early) == spring + timedelta(hours=1, minutes=30)  # 03:30
    assert moment_to_send(at(AUTUMN, 0), FAR + timedelta(days=300), BERLIN, early) == autumn + timedelta(minutes=30)


def test_hours_that_the_clocks_swallow_are_not_quiet() -> None:
    assert not any(is_quiet(at(SPRING, 0) + n * HOUR / 2, BERLIN, QuietHours(150, 180)) for n in range(12))


# --- laws -------------------------------------------------------------------------------------------------------------

zones = st.sampled_from([BERLIN, CANARY, NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata"])
quiets = st.builds(QuietHours, st.integers(0, 1440), st.integers(0, 1440))
instants = st.integers(0, 2 * 366 * 1440).map(lambda n: datetime(2030, 6, 1, tzinfo=UTC) + timedelta(minutes=n))
leads = st.one_of(st.integers(0, 3 * 1440), st.integers(0, 90)).map(lambda n: timedelta(minutes=n))


@given(instants, leads, zones, quiets)
def test_nothing_leaves_in_the_quiet_hours_nor_later_than_an_hour_before_if_it_had_to_wait(
    starts_at: datetime, lead: timedelta, zone: str, quiet: QuietHours
) -> None:
    due = starts_at - lead
    moment = moment_to_send(due, starts_at, zone, quiet)
    assert not is_quiet(moment, zone, quiet)
    assert moment <= starts_at
    assert moment <= max(due, starts_at - LEAST_USE)
    if not is_quiet(due, zone, quiet):
        assert moment == due


@given(instants, leads, leads, zones, quiets)
def test_what_can_still_leave_does_so_not_before_now_and_not_in_the_quiet_hours(
    starts_at: datetime, lead: timedelta, ago: timedelta, zone: str, quiet: QuietHours
) -> None:
    now = starts_at - ago
    moment = moment_left(starts_at - lead, starts_at, zone, quiet, now)
    if moment is None:
        assert is_quiet(now, zone, quiet), "outside the quiet hours there is always a moment: now"
    else:
        assert now <= moment <= starts_at
        assert not is_quiet(moment, zone, quiet)


@given(instants, zones, quiets)
def test_waiting_is_never_longer_than_a_day_and_what_waited_need_not_wait_again(
    due: datetime, zone: str, quiet: QuietHours
) -> None:
    moment = moment_to_send(due, due + timedelta(days=9), zone, quiet)
    assert due <= moment < due + timedelta(hours=26)
    assert moment_to_send(moment, due + timedelta(days=9), zone, quiet) == moment
