"""Digits typed on the calendar."""

from __future__ import annotations

import pytest

from clinic_desk.ui.calendar.jump import JumpBuffer


@pytest.mark.parametrize(
    ("typed", "minute", "complete"),
    [
        ("1030", 630, True),
        ("0930", 570, True),
        ("930", 570, True),
        ("9", 540, False),
        ("09", 540, False),
        ("10", 600, False),
        ("103", 63, False),
        ("9:30", 570, True),
        ("9.30", 570, True),
        ("10:05", 605, True),
        ("2400", 1440, True),
        ("000", 0, False),
    ],
)
def test_what_was_typed_is_understood(typed: str, minute: int, complete: bool) -> None:
    jump = JumpBuffer()
    assert all(jump.feed(char) for char in typed)
    assert jump.minute == minute
    assert jump.is_complete is complete


@pytest.mark.parametrize("typed", ["99", "2460", "25:", "961", ":", "1:6", "10301"])
def test_what_can_be_no_time_is_not_taken(typed: str) -> None:
    jump = JumpBuffer()
    assert not all(jump.feed(char) for char in typed)


def test_a_time_begun_is_not_a_time() -> None:
    jump = JumpBuffer()
    assert jump.feed("9")
    assert jump.feed("4")
    assert jump.minute is None
    jump.backspace()
    assert jump.take() == 540
    assert jump.text == ""
