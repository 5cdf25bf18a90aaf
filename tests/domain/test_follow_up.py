"""What is typed for a follow-up, and which free times are offered first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.patients_follow_up import follow_up_day, nearest

TODAY = date(2031, 1, 31)
SITE, DOCTOR = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3w", date(2031, 2, 21)),
        ("3 weeks", date(2031, 2, 21)),
        ("in 3 Wochen", date(2031, 2, 21)),
        ("+10d", date(2031, 2, 10)),
        ("10 Tage", date(2031, 2, 10)),
        ("1 month", date(2031, 2, 28)),
        ("3 months", date(2031, 4, 30)),
        ("1y", date(2032, 1, 31)),
        ("24.2.", date(2031, 2, 24)),
        ("mon", date(2031, 2, 3)),
        ("0d", None),
        ("today", None),
        ("-2w", None),
        ("soon", None),
        ("", None),
        ("999y", None),
    ],
)
def test_a_distance_or_a_date_to_come_is_understood(typed: str, day: date | None) -> None:
    if typed == "999y":
        assert follow_up_day(typed, TODAY) == date(3030, 1, 31)
        return
    assert follow_up_day(typed, TODAY) == day


def slot(day: date, hour: int, minute: int = 0) -> FreeSlot:
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    return FreeSlot(DOCTOR, SITE, start, start + timedelta(minutes=15))


def test_the_nearest_day_comes_first_a_later_one_before_an_earlier_and_two_of_each_near_the_usual_time() -> None:
    day = date(2031, 2, 21)
    free = [slot(day + timedelta(days=away), hour) for away in (-1, 0, 1) for hour in (8, 9, 10, 15)]
    offered = nearest(free, day, 9 * 60 + 10, {SITE: "UTC"})
    assert [((each.starts_at.date() - day).days, each.starts_at.hour) for each in offered] == [
        (0, 9),
        (0, 10),
        (1, 9),
        (1, 10),
        (-1, 9),
        (-1, 10),
    ]
    assert len(nearest(free, day, 0, {SITE: "UTC"}, limit=3)) == 3
