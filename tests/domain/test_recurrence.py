"""The dates of a series, against laws that a reader can check by hand, and the choices SCHEDULING makes."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clinic_desk.domain.recurrence import (
    LONGEST_INTERVAL,
    MOST_DATES,
    Every,
    Recurrence,
    dates_of,
    instant_on,
    occurrences,
    parse_rule,
    rule_text,
)
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput

BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"
DAY = timedelta(days=1)
days = st.dates(date(2024, 1, 1), date(2040, 12, 31))
weekdays = st.frozensets(st.integers(1, 7))
counts = st.integers(1, 30)


def rules() -> st.SearchStrategy[Recurrence]:
    def made(
        every: Every, some: frozenset[int], until: date | None, count: int, numbers: tuple[int, int]
    ) -> Recurrence:
        named = frozenset[int]() if every is Every.MONTHS else some
        return Recurrence(every, numbers[0], named, None if until else count, until, numbers[1])

    numbers = st.tuples(st.integers(1, LONGEST_INTERVAL), st.integers(1, 7))
    return st.builds(made, st.sampled_from(Every), weekdays, st.none() | days, counts, numbers)


def monday_of(day: date, week_starts: int = 1) -> date:
    return day - DAY * ((day.isoweekday() - week_starts) % 7)


# --- laws -------------------------------------------------------------------------------------------------------------


@given(rules())
def test_a_rule_is_the_same_after_it_was_written_down(rule: Recurrence) -> None:
    assert parse_rule(rule_text(rule)) == rule


@given(days, st.integers(1, 14), counts)
def test_every_n_days_are_n_days_apart(first: date, interval: int, count: int) -> None:
    found = dates_of(Recurrence(Every.DAYS, interval, count=count), first)
    assert found == tuple(first + DAY * interval * index for index in range(count))


@given(days, st.integers(1, 6), weekdays, counts)
def test_every_n_weeks_are_the_named_days_of_every_nth_week_from_monday(
    first: date, interval: int, some: frozenset[int], count: int
) -> None:
    found = dates_of(Recurrence(Every.WEEKS, interval, some, count=count), first)
    wanted = some or {first.isoweekday()}
    expected: list[date] = []
    day = first
    while len(expected) < count:
        if day.isoweekday() in wanted and (monday_of(day) - monday_of(first)).days // 7 % interval == 0:
            expected.append(day)
        day += DAY
    assert found == tuple(expected)


@given(days, st.integers(1, 3), weekdays, st.integers(1, 7))
def test_another_first_day_of_the_week_moves_days_into_other_weeks(
    first: date, interval: int, some: frozenset[int], starts: int
) -> None:
    found = dates_of(Recurrence(Every.WEEKS, interval, some, count=12, week_starts=starts), first)
    assert all((monday_of(day, starts) - monday_of(first, starts)).days // 7 % interval == 0 for day in found)


@given(days, st.integers(1, 4), counts)
def test_every_n_months_are_the_same_day_of_the_months_that_have_it(first: date, interval: int, count: int) -> None:
    rule = Recurrence(Every.MONTHS, interval, count=count)
    expected: list[date] = []
    month = first.year * 12 + first.month - 1
    while len(expected) < count:
        year, index = divmod(month, 12)
        if first.day <= calendar.monthrange(year, index + 1)[1]:
            expected.append(date(year, index + 1, first.day))
        month += interval
    if expected[-1] - first > timedelta(days=5 * 366):
        with pytest.raises(InvalidInput):
            dates_of(rule, first)
    else:
        assert dates_of(rule, first) == tuple(expected)


@given(rules(), days)
def test_dates_are_in_order_and_none_comes_twice_or_before_the_first_day(rule: Recurrence, first: date) -> None:
    try:
        found = dates_of(rule, first)
    except InvalidInput:
        assume(False)
    assert list(found) == sorted(set(found))
    assert first <= found[0]
    assert rule.until is None or found[-1] <= rule.until
    assert rule.count is None or len(found) == rule.count
    assert not rule.weekdays or {day.isoweekday() for day in found} <= rule.weekdays


@given(days, st.integers(1, 3), weekdays, counts, st.data())
def test_an_until_day_ends_the_same_dates_as_a_count(
    first: date, interval: int, some: frozenset[int], count: int, data: st.DataObject
) -> None:
    counted = dates_of(Recurrence(Every.WEEKS, interval, some, count=count), first)
    last = data.draw(st.sampled_from(counted))
    until = dates_of(Recurrence(Every.WEEKS, interval, some, until=last), first)
    assert until == tuple(day for day in counted if day <= last)


@given(days, counts, st.data())
def test_dates_that_are_struck_out_count_all_the_same(first: date, count: int, data: st.DataObject) -> None:
    rule = Recurrence(Every.WEEKS, count=count)
    whole = dates_of(rule, first)
    struck = data.draw(st.frozensets(st.sampled_from(whole)))
    assert dates_of(rule, first, struck) == tuple(day for day in whole if day not in struck)


# --- the choices, each by an example ----------------------------------------------------------------------------------


def test_the_until_day_is_in() -> None:
    found = dates_of(Recurrence(Every.DAYS, until=date(2026, 3, 3)), date(2026, 3, 1))
    assert found[-1] == date(2026, 3, 3)


def test_a_first_date_that_is_not_one_of_the_weekdays_is_left_out_and_does_not_count() -> None:
    tuesday = date(2026, 12, 1)
    found = dates_of(Recurrence(Every.WEEKS, weekdays=frozenset({1, 4}), count=3), tuesday)
    assert found == (date(2026, 12, 3), date(2026, 12, 7), date(2026, 12, 10))


def test_weeks_start_on_monday_so_a_sunday_belongs_to_the_week_before() -> None:
    """RFC 5545's own example of WKST: the same rule, by which day a week starts on."""
    tuesday, some = date(1997, 8, 5), frozenset({2, 7})
    monday = dates_of(Recurrence(Every.WEEKS, 2, some, count=4), tuesday)
    sunday = dates_of(Recurrence(Every.WEEKS, 2, some, count=4, week_starts=7), tuesday)
    assert [day.day for day in monday] == [5, 10, 19, 24]
    assert [day.day for day in sunday] == [5, 17, 19, 31]


def test_days_that_a_month_does_not_have_are_left_out_and_do_not_count() -> None:
    found = dates_of(Recurrence(Every.MONTHS, count=4), date(2026, 1, 31))
    assert [(day.month, day.day) for day in found] == [(1, 31), (3, 31), (5, 31), (7, 31)]


def test_the_leap_day_recurs_in_leap_years_only() -> None:
    found = dates_of(Recurrence(Every.MONTHS, 12, count=2), date(2028, 2, 29))
    assert found == (date(2028, 2, 29), date(2032, 2, 29))


def test_a_week_53_is_a_week_like_any_other() -> None:
    found = dates_of(Recurrence(Every.WEEKS, 2, count=3), date(2026, 12, 21))  # weeks 52, 1 (after 53), 3
    assert [day.isocalendar().week for day in found] == [52, 1, 3]


@pytest.mark.parametrize(
    ("rule", "first", "field"),
    [
        (Recurrence(Every.DAYS, until=date(2026, 1, 1)), date(2026, 1, 2), "until"),
        (Recurrence(Every.DAYS, until=date(2027, 1, 1)), date(2026, 1, 1), "until"),
        (Recurrence(Every.MONTHS, 12, count=7), date(2026, 1, 1), "count"),
    ],
)
def test_no_dates_too_many_and_too_far_ones_are_refused_by_the_field_that_asks_for_them(
    rule: Recurrence, first: date, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        dates_of(rule, first)
    assert refused.value.field == field


def test_the_most_dates_there_may_be_can_be_had_by_count_and_by_until() -> None:
    first = date(2026, 1, 1)
    by_count = dates_of(Recurrence(Every.DAYS, count=MOST_DATES), first)
    assert dates_of(Recurrence(Every.DAYS, until=by_count[-1]), first) == by_count


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("interval", {"every": Every.DAYS, "interval": 0, "count": 1}),
        ("interval", {"every": Every.DAYS, "interval": LONGEST_INTERVAL + 1, "count": 1}),
        ("weekdays", {"every": Every.WEEKS, "weekdays": frozenset({0}), "count": 1}),
        ("weekdays", {"every": Every.MONTHS, "weekdays": frozenset({1}), "count": 1}),
        ("count", {"every": Every.DAYS}),
        ("count", {"every": Every.DAYS, "count": 1, "until": date(2026, 1, 1)}),
        ("count", {"every": Every.DAYS, "count": 0}),
        ("count", {"every": Every.DAYS, "count": MOST_DATES + 1}),
        ("week_starts", {"every": Every.WEEKS, "count": 1, "week_starts": 8}),
    ],
)
def test_a_rule_that_says_nothing_useful_names_the_field(field: str, values: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        Recurrence(**values)  # type: ignore[arg-type]  # values of a table
    assert refused.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=YEARLY;COUNT=2",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;COUNT=2;COUNT=3",
        "FREQ=WEEKLY;COUNT=2;BYSETPOS=1",
        "FREQ=MONTHLY;COUNT=2;BYDAY=2TU",
        "FREQ=WEEKLY;COUNT=two",
        "FREQ=WEEKLY;COUNT=",
        "FREQ=WEEKLY;UNTIL=20261231T235959Z",
        "FREQ=WEEKLY;UNTIL=20260231",
        "FREQ=WEEKLY;COUNT=2;WKST=XX",
    ],
)
def test_a_text_that_is_no_rule_of_ours_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_rule(text)


def test_a_rule_may_be_written_in_any_order_and_case_and_without_what_is_usual() -> None:
    assert parse_rule("count=6;byday=th,mo;freq=weekly") == Recurrence(Every.WEEKS, 1, frozenset({1, 4}), count=6)


# --- the time of day --------------------------------------------------------------------------------------------------


def test_a_series_keeps_its_wall_time_over_both_changes_of_the_clocks() -> None:
    for first in (date(2027, 3, 22), date(2027, 10, 25)):
        found = occurrences(Recurrence(Every.WEEKS, count=3), first, 9 * 60, BERLIN)
        assert [to_wall(one.starts_at, BERLIN).time().isoformat() for one in found] == ["09:00:00"] * 3
        assert len({one.starts_at.hour for one in found}) == 2


def test_a_time_that_a_date_does_not_have_is_later_by_the_gap_there_and_only_there() -> None:
    found = occurrences(Recurrence(Every.DAYS, count=3), date(2027, 3, 27), 2 * 60 + 30, BERLIN)
    walls = [to_wall(one.starts_at, BERLIN) for one in found]
    assert [(wall.day, wall.hour, wall.minute) for wall in walls] == [(27, 2, 30), (28, 3, 30), (29, 2, 30)]


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert instant_on(date(2027, 10, 31), 150, BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_half_an_hour_of_clock_change_is_half_an_hour() -> None:
    found = occurrences(Recurrence(Every.DAYS, count=2), date(2027, 4, 3), 10 * 60, LORD_HOWE)
    assert found[1].starts_at - found[0].starts_at == DAY + timedelta(minutes=30)


def test_the_day_of_a_date_is_the_rules_also_where_its_time_falls_on_the_next() -> None:
    """Sao Paulo had no midnight on 4 November 2018: that date's 00:00 is 01:00."""
    found = occurrences(Recurrence(Every.DAYS, count=1), date(2018, 11, 4), 0, "America/Sao_Paulo")
    assert found[0].day == date(2018, 11, 4)
    assert to_wall(found[0].starts_at, "America/Sao_Paulo").hour == 1


@pytest.mark.parametrize("minute", [-1, 1440])
def test_a_time_of_day_lies_within_the_day(minute: int) -> None:
    with pytest.raises(InvalidInput):
        instant_on(date(2026, 1, 1), minute, BERLIN)
