"""Dates and times as receptionists type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.typed_dates import GERMAN, parse_typed_date, parse_typed_time

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("today", date(2026, 11, 24)),
        ("Tomorrow", date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 23)),
        ("3d", date(2026, 11, 27)),
        ("+3d", date(2026, 11, 27)),
        ("-3d", date(2026, 11, 21)),
        ("0d", date(2026, 11, 24)),
        ("2w", date(2026, 12, 8)),
        ("-1w", date(2026, 11, 17)),
        ("1m", date(2026, 12, 24)),
        ("3m", date(2027, 2, 24)),
        ("-1y", date(2025, 11, 24)),
        ("fri", date(2026, 11, 27)),
        ("Friday", date(2026, 11, 27)),
        ("tue", date(2026, 12, 1)),  # the next one, not today
        ("we", date(2026, 11, 25)),
        ("30", date(2026, 11, 30)),
        ("24", date(2026, 11, 24)),
        ("23", date(2026, 12, 23)),
        ("31.", date(2026, 12, 31)),
        ("12.4.", date(2027, 4, 12)),
        ("12.4", date(2027, 4, 12)),
        ("12.11.", date(2026, 11, 12)),  # just gone by
        ("1.8.", date(2027, 8, 1)),
        ("29.2.", date(2028, 2, 29)),
        ("12.4.27", date(2027, 4, 12)),
        ("12.4.2027", date(2027, 4, 12)),
        ("12. 4. 2027", date(2027, 4, 12)),
        ("2026-12-24", date(2026, 12, 24)),
        ("24/12", date(2026, 12, 24)),
        ("24-12-26", date(2026, 12, 24)),
        ("2412", date(2026, 12, 24)),
        ("241226", date(2026, 12, 24)),
        ("24122026", date(2026, 12, 24)),
        ("20261224", date(2026, 12, 24)),
        ("24 dec", date(2026, 12, 24)),
        ("24. Dec 2026", date(2026, 12, 24)),
        ("Dec 24", date(2026, 12, 24)),
        ("december 24, 2027", date(2027, 12, 24)),
        ("  3D ", date(2026, 11, 27)),
        ("٣d", date(2026, 11, 27)),  # Arabic-Indic digits
    ],
)
def test_a_typed_date_means_this_day(typed: str, expected: date) -> None:
    assert parse_typed_date(typed, TODAY) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "x",
        "3x",
        "t",
        "s",
        "ju 3",
        "31.2.",
        "31.2.27",
        "0",
        "32",
        "13/13",
        "2026-13-01",
        "99999999",
        "1.2.3.4",
        "99999d",
    ],
)
def test_what_cannot_be_told_is_none(typed: str) -> None:
    assert parse_typed_date(typed, TODAY) is None


def test_an_american_desk_types_the_month_first() -> None:
    assert parse_typed_date("12/4", TODAY, day_first=False) == date(2026, 12, 4)
    assert parse_typed_date("12/24/26", TODAY, day_first=False) == date(2026, 12, 24)
    assert parse_typed_date("1224", TODAY, day_first=False) == date(2026, 12, 24)
    assert parse_typed_date("12.4.", TODAY, day_first=False) == date(2027, 4, 12)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("heute", date(2026, 11, 24)),
        ("übermorgen", date(2026, 11, 26)),
        ("uebermorgen", None),
        ("do", date(2026, 11, 26)),
        ("3t", date(2026, 11, 27)),
        ("1j", date(2027, 11, 24)),
        ("14. märz", date(2027, 3, 14)),
        ("24. dez", date(2026, 12, 24)),
        ("fri", None),
    ],
)
def test_the_words_are_those_of_the_language(typed: str, expected: date | None) -> None:
    assert parse_typed_date(typed, TODAY, vocabulary=GERMAN) == expected


@pytest.mark.parametrize(
    ("today", "typed", "expected"),
    [
        (date(2026, 1, 31), "1m", date(2026, 2, 28)),
        (date(2028, 2, 29), "1y", date(2029, 2, 28)),
        (date(2026, 1, 31), "-1m", date(2025, 12, 31)),
        (date(2026, 1, 30), "31", date(2026, 1, 31)),
        (date(2026, 2, 1), "31", date(2026, 3, 31)),
        (date(9999, 12, 31), "1d", None),
        (date(9999, 12, 31), "1m", None),
        (date(1, 1, 1), "-1d", None),
        (date(1, 1, 1), "-1y", None),
        (date(9999, 12, 31), "mon", None),
        (date(9999, 12, 31), "1.1.", None),
    ],
)
def test_months_and_the_ends_of_the_calendar(today: date, typed: str, expected: date | None) -> None:
    assert parse_typed_date(typed, today) == expected


@given(st.text(max_size=20), st.dates())
def test_anything_typed_gives_a_date_or_none(typed: str, today: date) -> None:
    assert isinstance(parse_typed_date(typed, today), date | None)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates())
def test_a_full_date_means_itself_whatever_today_is(wanted: date, today: date) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d%m%y", "%d%m%Y", "%Y%m%d", "%d %B %Y", "%B %d, %Y"):
        typed = wanted.strftime(form)
        if form != "%d%m%Y" or not 1900 <= int(typed[:4]) <= 2199:
            assert parse_typed_date(typed, today) == wanted, typed


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 6))
def test_a_weekday_is_within_the_coming_week(today: date, weekday: int) -> None:
    name = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[weekday]
    found = parse_typed_date(name, today)
    assert found is not None
    assert found.weekday() == weekday
    assert timedelta(0) < found - today <= timedelta(days=7)


@pytest.mark.parametrize(
    ("typed", "minute"),
    [
        ("9", 540),
        ("09", 540),
        ("0", 0),
        ("24", 1440),
        ("930", 570),
        ("0930", 570),
        ("1030", 630),
        ("9:30", 570),
        ("9.30", 570),
        ("9,30", 570),
        ("9h30", 570),
        ("9:", 540),
        ("9h", 540),
        ("24:00", 1440),
        ("2400", 1440),
        ("23:59", 1439),
        ("000", 0),
        ("2pm", 840),
        ("2:30 PM", 870),
        ("12am", 0),
        ("12pm", 720),
        ("1230pm", 750),
        (" 10 30 ", 630),
    ],
)
def test_a_typed_time_means_this_minute(typed: str, minute: int) -> None:
    assert parse_typed_time(typed) == minute


@pytest.mark.parametrize("typed", ["", "x", "25", "24:01", "9:60", "960", "13pm", "0am", "9:3", "12345", "-9"])
def test_what_is_no_time_is_none(typed: str) -> None:
    assert parse_typed_time(typed) is None


@given(st.text(max_size=10))
def test_anything_typed_gives_a_minute_or_none(typed: str) -> None:
    assert parse_typed_time(typed) in {None, *range(1441)}


@given(st.integers(0, 1440))
def test_every_minute_can_be_typed(minute: int) -> None:
    hours, minutes = divmod(minute, 60)
    for typed in (f"{hours}:{minutes:02d}", f"{hours:02d}{minutes:02d}", f"{hours}.{minutes:02d}"):
        assert parse_typed_time(typed) == minute
