"""What the figures are: periods, bookable time and how clocks run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.figures import (
    Period,
    Span,
    Time,
    Visits,
    bookable_time,
    bounds_of,
    clocks,
    period_after,
    period_before,
    period_of,
    without,
)
from clinic_desk.domain.records import Block, Clinic, Closure, TimeOff
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.domain.working_time import Interval
from tests.domain.factories import CHECK_UP, DOCTOR, OTHER_DOCTOR, OTHER_SITE, SITE, hours, instead

SUMMER_BEGINS = date(2026, 3, 29)
"""In Berlin; clocks go from 02:00 to 03:00."""
CLINIC = Clinic((SITE, OTHER_SITE), (DOCTOR, OTHER_DOCTOR), (), (), hours((480, 720), (780, 1020)), ())
MONDAY = date(2026, 11, 23)
WEEK = Period(MONDAY, MONDAY + timedelta(days=6))


def minutes(clinic: Clinic, period: Period, *absences: TimeOff | Block) -> float:
    off = [row for row in absences if isinstance(row, TimeOff)]
    blocks = [row for row in absences if isinstance(row, Block)]
    return sum(minutes_of(free) for free in bookable_time(clinic, off, blocks, period).values())


def minutes_of(intervals: Iterable[Interval]) -> float:
    return sum((each.ends_at - each.starts_at).total_seconds() for each in intervals) / 60


def berlin(day: date, hour: int) -> datetime:
    return bounds_of(Period(day, day), SITE.zone)[0] + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span.WEEK, date(2026, 11, 23), date(2026, 11, 29)),
        (Span.MONTH, date(2026, 11, 1), date(2026, 11, 30)),
        (Span.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
        (Span.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
        (Span.ANY, date(2026, 11, 24), date(2026, 11, 24)),
    ],
)
def test_a_period_is_the_one_around_a_day(span: Span, first: date, last: date) -> None:
    assert period_of(span, date(2026, 11, 24)) == Period(first, last)


@given(st.sampled_from(Span), st.dates(date(1999, 1, 1), date(2060, 1, 1)), st.integers(1, 400))
def test_the_period_before_ends_where_this_one_begins_and_leads_back_to_it(span: Span, day: date, days: int) -> None:
    period = Period(day, day + timedelta(days=days)) if span is Span.ANY else period_of(span, day)
    before = period_before(period, span)
    assert before.last_day == period.first_day - timedelta(days=1)
    assert period_after(before, span) == period
    assert span is not Span.ANY or before.days == period.days


def test_bookable_time_is_hours_less_closures_time_off_and_blocks_for_nobody() -> None:
    assert minutes(CLINIC, WEEK) == 7 * 480
    closed = replace(CLINIC, closures=(Closure(SITE.id, SITE.id, MONDAY - timedelta(days=3), MONDAY),))
    assert minutes(closed, WEEK) == 6 * 480
    other = replace(CLINIC, date_overrides=instead(MONDAY, (600, 660)))
    assert minutes(other, WEEK) == 6 * 480 + 60
    off = TimeOff(SITE.id, DOCTOR.id, berlin(MONDAY, 10), berlin(MONDAY + timedelta(days=1), 9))
    assert minutes(CLINIC, WEEK, off) == 7 * 480 - 360 - 60
    nobody = Block(SITE.id, berlin(MONDAY, 11), berlin(MONDAY, 14), "Training", DOCTOR.id)
    assert minutes(CLINIC, WEEK, nobody) == 7 * 480 - 120
    assert minutes(CLINIC, WEEK, nobody, off) == 7 * 480 - 420
    kept = replace(nobody, type_ids=frozenset({CHECK_UP.id}))
    of_room = replace(nobody, practitioner_id=None, room_id=SITE.id)
    assert minutes(CLINIC, WEEK, kept, of_room) == 7 * 480
    left = replace(CLINIC, practitioners=(replace(DOCTOR, active=False), OTHER_DOCTOR))
    assert minutes(left, WEEK) == 0


def test_on_a_day_the_clocks_change_there_is_as_much_time_as_passes() -> None:
    night = replace(CLINIC, working_hours=hours((0, 1440)))
    assert minutes(night, Period(SUMMER_BEGINS, SUMMER_BEGINS)) == 23 * 60
    autumn = date(2026, 10, 25)
    assert minutes(night, Period(autumn, autumn)) == 25 * 60


def test_each_site_has_its_own_days() -> None:
    both = replace(CLINIC, working_hours=(*hours((480, 540)), *hours((1380, 1440), site_id=OTHER_SITE.id)))
    free = bookable_time(both, (), (), Period(MONDAY, MONDAY))
    assert minutes_of(free[DOCTOR.id, SITE.id]) == minutes_of(free[DOCTOR.id, OTHER_SITE.id]) == 60
    assert free[DOCTOR.id, OTHER_SITE.id][0].ends_at == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert list(bookable_time(both, (), (), Period(MONDAY, MONDAY), SITE.id)) == [(DOCTOR.id, SITE.id)]


spans = st.tuples(st.integers(0, 200), st.integers(1, 60)).map(
    lambda pair: Interval(
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=pair[0]),
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=pair[0] + pair[1]),
    )
)


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_what_is_left_of_windows_is_every_minute_of_them_that_no_absence_has(
    windows: list[Interval], absences: list[Interval]
) -> None:
    def of(rows: list[Interval]) -> set[datetime]:
        return {
            row.starts_at + timedelta(minutes=count)
            for row in rows
            for count in range(int((row.ends_at - row.starts_at).total_seconds() / 60))
        }

    assert of(without(windows, sorted(absences))) == of(windows) - of(absences)


@given(
    st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")),
    st.dates(date(2011, 12, 1), date(2030, 1, 1)),
    st.integers(1, 300),
    st.floats(0, 1, exclude_max=True),
)
def test_the_stretches_of_a_clock_say_what_it_shows_at_every_instant(
    zone: str, day: date, days: int, part: float
) -> None:
    period = Period(day, day + timedelta(days=days))
    begin, end = bounds_of(period, zone)
    stretches = clocks(zone, period)
    assert [stretches[0].starts_at, *(each.ends_at for each in stretches)] == [
        *(each.starts_at for each in stretches),
        end,
    ]
    instant = begin + timedelta(seconds=int((end - begin).total_seconds() * part))
    (one,) = (each for each in stretches if each.starts_at <= instant < each.ends_at)
    assert (instant + one.shift).replace(tzinfo=None) == to_wall(instant, zone)
    assert period.first_day <= local_day(instant, zone) <= period.last_day


def test_a_rate_of_nothing_is_none_and_not_zero() -> None:
    assert (Time().utilisation, Visits().no_show_rate, Visits().cancelled_rate) == (None, None, None)
    assert Time(60, 30, 99).utilisation == 0.5
    assert Visits(attended=3, no_shows=1, cancelled=1, unmarked=5).no_show_rate == 0.25
