"""Who is in the house, in which order, who waits too long, and what one step back leads to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.flow import day_is_over, house_days, in_the_house, never_arrived, step_before, waits_too_long
from clinic_desk.domain.records import Appointment, AppointmentType, Clinic, Entry, Patient, Site
from clinic_desk.domain.records import AppointmentStatus as S

NOON = datetime(2031, 3, 3, 11, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KIND = AppointmentType(UUID(int=4), "Check-up", 15, waiting_limit_minutes=20)


def visit(
    no: int, status: S, arrived: int | None = None, in_room: int | None = None, *, zone: str = "Europe/Berlin"
) -> Entry:
    """One of today's appointments; `arrived`, `in_room`: so many minutes before noon."""
    start = NOON - timedelta(minutes=30)
    row = Appointment(
        id=UUID(int=no),
        patient_id=UUID(int=1),
        practitioner_id=UUID(int=2),
        site_id=UUID(int=3),
        type_id=KIND.id,
        starts_at=start,
        ends_at=start + timedelta(minutes=15),
        wall_start=start.replace(tzinfo=None),
        zone=zone,
        status=status,
    )
    came = None if arrived is None else NOON - arrived * MINUTE
    inside = None if in_room is None else NOON - in_room * MINUTE
    return Entry(row, Patient(UUID(int=1), "Meier", "Anna", None), arrived_at=came, in_room_at=inside)


def test_who_is_in_the_house_is_listed_as_they_came() -> None:
    here = [visit(1, S.ARRIVED, 5), visit(2, S.CHECKED_IN, 40, 10), visit(3, S.ARRIVED, 41)]
    others = [visit(4, S.BOOKED), visit(5, S.FULFILLED, 60, 50), visit(6, S.NOSHOW), visit(7, S.CANCELLED)]
    assert [entry.id.int for entry in in_the_house([*here, *others, here[0]], NOON)] == [3, 2, 1]
    assert in_the_house(here, NOON, UUID(int=9)) == ()
    assert len(in_the_house(here, NOON, UUID(int=3))) == 3


@pytest.mark.parametrize(
    ("came_before", "zone", "here"),
    [(11 * 60, "Europe/Berlin", True), (13 * 60, "Europe/Berlin", False), (13 * 60, "Pacific/Auckland", False)],
)
def test_who_came_yesterday_is_here_for_half_a_day_more(came_before: int, zone: str, here: bool) -> None:
    entry = visit(1, S.ARRIVED, came_before, zone=zone)
    assert bool(in_the_house([entry], NOON)) is here


def test_today_ends_where_the_site_is() -> None:
    """Half past eleven at night in Auckland: who came 18 hours ago came this morning; an hour later, yesterday."""
    now = datetime(2031, 3, 3, 10, 30, tzinfo=UTC)  # 23:30 in Auckland
    came = replace(visit(1, S.ARRIVED, 0, zone="Pacific/Auckland"), arrived_at=now - timedelta(hours=18))
    assert in_the_house([came], now) == (came,)
    assert in_the_house([came], now + timedelta(hours=1)) == ()
    sites = tuple(Site(UUID(int=no), zone, zone) for no, zone in enumerate(("Pacific/Auckland", "America/New_York")))
    days = [str(day) for day in house_days(Clinic(sites, (), (), (), (), ()), now + timedelta(hours=1))]
    assert days == ["2031-03-02", "2031-03-03", "2031-03-04"]


def test_the_limit_of_the_kind_of_visit_says_who_waits_too_long() -> None:
    assert not waits_too_long(visit(1, S.ARRIVED, 19), KIND, NOON)
    assert waits_too_long(visit(1, S.ARRIVED, 20), KIND, NOON)
    assert not waits_too_long(visit(1, S.CHECKED_IN, 60, 2), KIND, NOON)
    assert not waits_too_long(visit(1, S.ARRIVED, 300), replace(KIND, waiting_limit_minutes=0), NOON)


def test_the_day_is_over_when_its_last_visit_ended_some_minutes_ago() -> None:
    early, late = visit(1, S.FULFILLED, 60, 50), visit(2, S.BOOKED)
    late = replace(late, appointment=replace(late.appointment, starts_at=NOON, ends_at=NOON + 15 * MINUTE))
    cancelled = visit(3, S.CANCELLED)
    assert not day_is_over([early, late], NOON + 24 * MINUTE)
    assert day_is_over([early, late], NOON + 25 * MINUTE)
    assert not day_is_over([early, late], NOON + 25 * MINUTE, UUID(int=9))
    assert not day_is_over([cancelled], NOON + 60 * MINUTE)
    assert not day_is_over([early, late], NOON + timedelta(days=1))  # of yesterday
    assert [entry.id.int for entry in never_arrived([early, late, cancelled], NOON + 15 * MINUTE)] == [2]
    assert never_arrived([late], NOON + 14 * MINUTE) == ()


def test_one_step_back_goes_through_the_steps_that_were_made_only() -> None:
    assert step_before(visit(1, S.BOOKED)) is None
    assert step_before(visit(1, S.CANCELLED)) is None
    assert step_before(visit(1, S.NOSHOW)) is S.BOOKED
    assert step_before(visit(1, S.ARRIVED, 5)) is S.BOOKED
    assert step_before(visit(1, S.CHECKED_IN, 5, 2)) is S.ARRIVED
    assert step_before(visit(1, S.CHECKED_IN, 2, 2)) is S.BOOKED
    assert step_before(visit(1, S.FULFILLED, 9, 5)) is S.CHECKED_IN
    assert step_before(visit(1, S.FULFILLED, 9)) is S.ARRIVED
    assert step_before(visit(1, S.FULFILLED)) is S.BOOKED
