"""When a free time is offered, and until when: never in the quiet hours, never when the answer would come too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.records import Patient, Site
from clinic_desk.notifications.offering import Addressee, Window, window
from clinic_desk.notifications.planning import Manner
from clinic_desk.notifications.quiet import QuietHours
from tests.support.bookings import BERLIN, NEW_YORK, at

MONDAY = date(2031, 3, 3)
WAIT = timedelta(seconds=20)


def whom(zone: str = BERLIN, quiet: QuietHours | None = None) -> Addressee:
    patient = Patient(UUID(int=1), "Meier", "Anna", None)
    return Addressee(patient, Site(UUID(int=2), "Mitte", zone), Manner(quiet=quiet or QuietHours()))


def test_by_day_it_leaves_after_the_moment_in_which_it_can_be_taken_back_and_ends_on_a_whole_minute() -> None:
    now, start = at(MONDAY, 10), at(MONDAY, 15)
    assert window(now, WAIT, 20, start, whom()) == Window(now + WAIT, at(MONDAY, 10, 21))
    assert window(now, timedelta(), 20, start, whom()) == Window(now, at(MONDAY, 10, 20))


@pytest.mark.parametrize(("hour", "minute"), [(20, 0), (23, 59)])
def test_in_the_quiet_hours_it_waits_for_the_morning_and_so_does_its_end(hour: int, minute: int) -> None:
    tuesday = MONDAY + timedelta(days=1)
    found = window(at(MONDAY, hour, minute), WAIT, 20, at(tuesday, 15), whom())
    assert found == Window(at(tuesday, 9), at(tuesday, 9, 20))


def test_what_the_morning_would_leave_no_time_for_is_not_offered() -> None:
    tuesday = MONDAY + timedelta(days=1)
    for start in (at(tuesday, 8, 30), at(tuesday, 9, 15)):
        assert window(at(MONDAY, 21), WAIT, 20, start, whom()) is None


def test_the_answer_must_be_there_before_it_is_too_late() -> None:
    now = at(MONDAY, 10)
    assert window(now, timedelta(), 20, at(MONDAY, 10, 20), whom()) is not None
    assert window(now, timedelta(), 20, at(MONDAY, 10, 19), whom()) is None


@pytest.mark.parametrize(
    ("day", "zone", "hour"),
    [(date(2031, 3, 30), BERLIN, 1), (date(2031, 10, 26), BERLIN, 1), (date(2031, 11, 2), NEW_YORK, 0)],
)
def test_on_the_day_the_clocks_change_its_minutes_are_elapsed_ones(day: date, zone: str, hour: int) -> None:
    never = QuietHours(0, 0)
    now = at(day, hour, 50, zone)
    found = window(now, timedelta(), 60, at(day, 15, 0, zone), whom(zone, never))
    assert found is not None
    assert found.until_at.astimezone(UTC) - now.astimezone(UTC) == timedelta(minutes=60)
    night = window(at(day, 4, 0, zone), timedelta(), 30, at(day, 15, 0, zone), whom(zone))
    assert night == Window(at(day, 9, 0, zone), at(day, 9, 30, zone))
    assert isinstance(found.until_at, datetime)
