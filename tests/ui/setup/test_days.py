"""What is typed for dates, times and hours of work is understood as it was meant, or refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.errors import InvalidInput
from clinic_desk.ui.setup.days import typed_day, typed_time, typed_windows, windows_text, written_day

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ()),
        ("  ", ()),
        ("8-12", ((480, 720),)),
        ("8-12, 13-17", ((480, 720), (780, 1020))),
        ("8–12 13–17", ((480, 720), (780, 1020))),
        ("13-17;8-12", ((480, 720), (780, 1020))),
        ("8:30 to 12.15", ((510, 735),)),
        ("830-1215", ((510, 735),)),
        ("9am-1pm", ((540, 780),)),
        ("18-24:00", ((1080, 1440),)),
        ("0-24", ((0, 1440),)),
        ("8-12, 12-17", ((480, 720), (720, 1020))),
    ],
)
def test_hours_are_understood(typed: str, meant: tuple[tuple[int, int], ...]) -> None:
    assert typed_windows("week", typed) == meant


@pytest.mark.parametrize("typed", ["x", "8", "8-", "12-8", "8-8", "8-12, 11-17", "22-6", "8-25", "8-12 lunch", "8--12"])
def test_hours_that_cannot_be_are_refused_at_their_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        typed_windows("week", typed)
    assert refused.value.field == "week"


@given(st.lists(st.integers(0, 1440), unique=True, max_size=8))
def test_hours_that_are_written_are_understood_again(ends: list[int]) -> None:
    ends = sorted(ends)
    windows = tuple(zip(ends[::2], ends[1::2], strict=False))
    assert typed_windows("week", windows_text(windows)) == windows


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_date_that_is_written_is_understood_again(day: date) -> None:
    assert typed_day("day", written_day(day, TODAY), TODAY) == day


def test_no_date_is_written_as_nothing() -> None:
    assert written_day(None, TODAY) == ""


@pytest.mark.parametrize("typed", ["", "soon", "31.2.2026", "99"])
def test_a_date_that_cannot_be_told_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        typed_day("day", typed, TODAY)


def test_times_are_understood_up_to_midnight() -> None:
    assert [typed_time("time", text) for text in ("8", "8:30", "24:00")] == [480, 510, 1440]
    with pytest.raises(InvalidInput):
        typed_time("time", "24:01")
