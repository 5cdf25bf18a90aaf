"""Dragging in the picture of a day never makes hours that cannot be saved."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.ui.setup.week.dragging import Grip, dragged, grip_at, without

DAY = ((480, 720), (780, 1020))


def test_a_drag_over_a_free_place_draws_new_hours_to_the_quarter_hour() -> None:
    grip = grip_at((), 487, 10)
    assert grip.index is None
    assert dragged((), grip, 715) == ((480, 720),)
    assert dragged((), grip, 300) == ((300, 480),)
    assert dragged((), grip, 484) == ()


def test_new_hours_end_where_others_begin() -> None:
    assert dragged(DAY, grip_at(DAY, 750, 10), 900) == ((480, 720), (750, 780), (780, 1020))


def test_an_end_is_dragged_up_to_its_neighbour() -> None:
    grip = grip_at(DAY, 718, 10)
    assert (grip.index, grip.part) == (0, "end")
    assert dragged(DAY, grip, 690) == ((480, 690), (780, 1020))
    assert dragged(DAY, grip, 1000) == ((480, 780), (780, 1020))


def test_hours_dragged_to_nothing_are_gone() -> None:
    assert dragged(DAY, grip_at(DAY, 480, 10), 720) == ((780, 1020),)
    assert dragged(DAY, grip_at(DAY, 720, 10), 100) == ((780, 1020),)


def test_hours_are_moved_whole_and_keep_their_length() -> None:
    grip = grip_at(DAY, 900, 10)
    assert (grip.index, grip.part) == (1, "whole")
    assert dragged(DAY, grip, 960) == ((480, 720), (840, 1080))
    assert dragged(DAY, grip, 0) == ((480, 720), (720, 960))
    assert dragged(DAY, grip, 1440) == ((480, 720), (1200, 1440))


def test_where_two_meet_either_can_be_taken_hold_of() -> None:
    meeting = ((480, 720), (720, 1020))
    assert grip_at(meeting, 719, 10) == Grip(0, "end", 719)
    assert grip_at(meeting, 722, 10) == Grip(1, "start", 722)


def test_one_is_taken_out() -> None:
    assert without(DAY, 0) == ((780, 1020),)


@given(st.lists(st.integers(0, 96), unique=True, max_size=8), st.floats(-100, 1540), st.floats(-500, 2000))
def test_whatever_is_dragged_the_hours_can_be_saved(quarters: list[int], begin: float, end: float) -> None:
    ends = sorted(quarter * 15 for quarter in quarters)
    windows = tuple(zip(ends[::2], ends[1::2], strict=False))
    made = dragged(windows, grip_at(windows, begin, 12), end)
    assert all(0 <= start < stop <= 1440 for start, stop in made)
    assert all(one[1] <= other[0] for one, other in pairwise(made))
    assert len(made) <= len(windows) + 1
