"""The search for free starts: buffers, notice, rooms, clock changes, the next free: SCHEDULING's rows as cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.availability import (
    Wanted,
    free_starts,
    next_free,
    occupied,
    prepare,
    wanted_for,
)
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import (
    AppointmentStatus,
    AppointmentType,
    Block,
    Site,
    TimeOff,
)
from clinic_desk.domain.rules import Candidate, check_booking
from clinic_desk.domain.wall import to_wall
from tests.domain.factories import (
    BOTH,
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    IN_ROOM,
    LONG_AGO,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_ROOM,
    OTHER_SITE,
    ROOM,
    SITE,
    appointment,
    at,
    clinic,
    hours,
)
from tests.domain.searching import TUESDAY, search, walls

# Buffers, notice, squeeze-ins, status


def test_buffers_are_added_and_footprints_may_touch_but_not_meet() -> None:
    where = clinic(working_hours=hours((480, 720)))
    taken = [appointment(at(9), 30, kind=BUFFERED)]  # 08:55-09:40 with its buffers
    assert walls(search(where, BUFFERED, taken=taken, step=5))[:8] == [
        "08:00", "08:05", "08:10", "08:15", "09:45", "09:50", "09:55", "10:00",
    ]  # fmt: skip


def test_buffers_may_reach_outside_working_hours_and_over_breaks() -> None:
    where = clinic(working_hours=hours((480, 510), (520, 550)))
    assert walls(search(where, BUFFERED, step=5)) == ["08:00", "08:40"]


def test_a_footprint_from_the_day_before_is_seen() -> None:
    where = clinic(working_hours=hours((0, 60)))
    late = [appointment(at(23, 50, day=MONDAY - timedelta(days=1)), 20)]
    assert walls(search(where, taken=late, step=10)) == ["00:10", "00:20", "00:30", "00:40"]


def test_buffers_may_reach_into_absences_which_only_the_visit_must_not_meet() -> None:
    where = clinic(working_hours=hours((480, 600)))
    off = [TimeOff(UUID(int=1), DOCTOR.id, at(8), at(8, 30))]
    blocks = [Block(UUID(int=1), at(9), at(10), "Training", practitioner_id=DOCTOR.id)]
    assert walls(search(where, BUFFERED, time_off=off, blocks=blocks, step=30)) == ["08:30"]


def test_a_gap_that_fits_exactly_is_offered() -> None:
    where = clinic(working_hours=hours((480, 720)))
    taken = [appointment(at(8), 60), appointment(at(9, 45), 180, number=101)]
    assert walls(search(where, BUFFERED, taken=taken, step=5)) == ["09:05"]


def test_footprints_beyond_the_searched_days_are_seen() -> None:
    where = clinic(working_hours=hours((0, 1440)))
    taken = [
        appointment(at(23, 30, day=MONDAY - timedelta(days=1)), 28),
        appointment(at(0, 5, day=TUESDAY), number=101),
    ]
    starts = walls(search(where, BUFFERED, taken=taken, step=30))
    assert (starts[0], starts[-1]) == ("00:30", "23:00")


@pytest.mark.parametrize(
    ("now", "notice", "first"),
    [
        (at(9, 0), 0, "09:00"),  # exactly now
        (at(9, 0) + timedelta(seconds=59), 0, "09:00"),  # the minute that is running
        (at(9, 1), 0, "09:15"),
        (at(8, 0), 60, "09:00"),  # exactly now and notice
        (at(8, 1), 60, "09:15"),
    ],
)
def test_a_start_exactly_at_now_and_notice_is_allowed(now: datetime, notice: int, first: str) -> None:
    assert walls(search(clinic(), now=now, notice=notice, step=15))[0] == first


def test_notice_is_elapsed_minutes_also_when_the_clocks_change() -> None:
    where = clinic(working_hours=hours((0, 360)))
    found = search(where, day=date(2026, 3, 29), now=at(1, 30, day=date(2026, 3, 29)), notice=60, step=30)
    assert walls(found)[0] == "03:30"


def test_a_squeeze_in_makes_the_doctor_busy_also_when_it_stands_alone() -> None:
    where = clinic(working_hours=hours((480, 600)))
    assert walls(search(where, taken=[appointment(at(8), 60, squeezed_in=True)])) == ["09:00"]


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_only_what_occupies_time_takes_starts(status: AppointmentStatus) -> None:
    where = clinic(working_hours=hours((480, 540)))
    assert bool(search(where, taken=[appointment(at(8), 60, status=status)])) == (not status.occupies_time)


def test_the_doctor_is_busy_for_both_sites() -> None:
    rows = (*hours((480, 540)), *hours((480, 600), site_id=OTHER_SITE.id))
    where = clinic(working_hours=rows)
    there = appointment(at(8, day=MONDAY, zone=OTHER_SITE.zone), 60, site=OTHER_SITE)
    found = search(where, taken=[there, appointment(at(8), 30)], step=30)
    assert [(slot.site_id, slot.starts_at) for slot in found] == [
        (SITE.id, at(8, 30)),
        (OTHER_SITE.id, at(9, zone=OTHER_SITE.zone)),
        (OTHER_SITE.id, at(9, 30, zone=OTHER_SITE.zone)),
    ]


# Rooms


def test_the_room_offered_is_the_first_free_one_by_position() -> None:
    where = clinic(working_hours=(*hours((480, 600)), *hours((480, 600), practitioner_id=OTHER_DOCTOR.id)))
    taken = [appointment(at(8), 30, practitioner_id=UUID(int=77), room_id=ROOM.id, kind=IN_ROOM)]  # 08:00-08:40
    found = search(where, IN_ROOM, taken=taken, step=40)
    assert [(slot.practitioner_id, slot.starts_at, slot.room_id) for slot in found] == [
        (DOCTOR.id, at(8), OTHER_ROOM.id),
        (OTHER_DOCTOR.id, at(8), OTHER_ROOM.id),
        (DOCTOR.id, at(8, 40), ROOM.id),
        (OTHER_DOCTOR.id, at(8, 40), ROOM.id),
        (DOCTOR.id, at(9, 20), ROOM.id),
        (OTHER_DOCTOR.id, at(9, 20), ROOM.id),
    ]


def test_a_room_is_free_for_footprints_that_only_touch() -> None:
    where = clinic(working_hours=hours((480, 600)), rooms=(ROOM,))
    taken = [
        appointment(at(7, 30), 30, practitioner_id=UUID(int=77), room_id=ROOM.id),
        appointment(at(8, 40), 40, practitioner_id=UUID(int=77), room_id=ROOM.id, number=101),
    ]
    assert walls(search(where, IN_ROOM, taken=taken, step=10)) == ["08:00", "09:20", "09:30"]


def test_no_start_is_offered_without_a_free_room_for_a_type_that_needs_one() -> None:
    where = clinic(working_hours=hours((480, 600)))
    blocks = [Block(UUID(int=n), at(8), at(9), "Repair", room_id=room.id) for n, room in enumerate((ROOM, OTHER_ROOM))]
    assert walls(search(where, IN_ROOM, blocks=blocks, step=30)) == ["09:00", "09:30"]
    assert len(search(where, CHECK_UP, blocks=blocks, step=30)) == 4
    assert search(clinic(rooms=()), IN_ROOM) == ()


# Clock changes


def test_a_missing_hour_offers_nothing_and_a_doubled_one_is_offered_once() -> None:
    where = clinic(working_hours=hours((60, 240)))
    assert walls(search(where, day=date(2026, 3, 29), step=30)) == ["01:00", "01:30", "03:00", "03:30"]
    autumn = search(where, day=date(2026, 10, 25), step=30)
    assert walls(autumn) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert [slot.ends_at - slot.starts_at for slot in autumn] == [timedelta(minutes=15)] * 6
    assert autumn[4].starts_at - autumn[3].starts_at == timedelta(minutes=90)


def test_a_visit_over_a_clock_change_lasts_its_elapsed_length() -> None:
    long = AppointmentType(UUID(int=40), "Observation", 120, practitioner_ids=BOTH)
    where = clinic(working_hours=hours((60, 300)), types=(long,))
    (first, *_) = search(where, long, day=date(2026, 3, 29))
    assert to_wall(first.starts_at, SITE.zone).time() == time(1)
    assert to_wall(first.ends_at, SITE.zone).time() == time(4)


# Next free


def test_next_free_is_the_first_opening_of_each_day_that_has_one() -> None:
    rows = (*hours((480, 600), weekdays=[1, 3]), *hours((540, 600), weekdays=[1, 2], practitioner_id=OTHER_DOCTOR.id))
    where = clinic(working_hours=rows)
    taken = [appointment(at(8, day=MONDAY + timedelta(days=2)), 120)]
    found = next_free(
        prepare(where, occupied(taken)),
        replace(wanted_for(CHECK_UP, clinic=where), horizon_days=None),
        MONDAY,
        MONDAY + timedelta(days=89),
        now=LONG_AGO,
        step_minutes=30,
        days=4,
    )
    week = timedelta(days=7)
    assert [(slot.practitioner_id, slot.starts_at) for slot in found] == [
        (DOCTOR.id, at(8)),
        (OTHER_DOCTOR.id, at(9, day=TUESDAY)),
        (DOCTOR.id, at(8) + week),
        (OTHER_DOCTOR.id, at(9, day=TUESDAY) + week),
    ]


def test_next_free_keeps_to_weekdays_and_parts_of_the_day_and_the_horizon() -> None:
    where = clinic()
    wanted = Wanted((DOCTOR.id,), 15, weekdays=frozenset({2, 4}), from_minute=720)
    week = (MONDAY, MONDAY + timedelta(days=6))
    found = next_free(prepare(where, ()), wanted, *week, now=LONG_AGO, step_minutes=15)
    assert [slot.starts_at for slot in found] == [at(13, day=TUESDAY), at(13, day=MONDAY + timedelta(days=3))]


def test_not_before_bounds_the_search_beside_now() -> None:
    wanted = Wanted((DOCTOR.id,), 15, not_before=at(10, 5))
    found = free_starts(prepare(clinic(), ()), wanted, MONDAY, MONDAY, now=at(9), step_minutes=15)
    assert found[0].starts_at == at(10, 15)


def test_a_search_needs_a_step_and_a_length() -> None:
    available = prepare(clinic(), ())
    for wanted, step in ((Wanted((DOCTOR.id,), 0), 5), (Wanted((DOCTOR.id,), 15), 0)):
        with pytest.raises(ValueError, match="at least one minute"):
            free_starts(available, wanted, MONDAY, MONDAY, now=LONG_AGO, step_minutes=step)


def test_what_is_inactive_is_not_offered() -> None:
    where = clinic(sites=(Site(SITE.id, "Closed down", SITE.zone, active=False),))
    assert search(where) == ()


def test_rules_and_search_know_the_same_past() -> None:
    late = Candidate(CHECK_UP.id, DOCTOR.id, SITE.id, at(9), 15)
    for seconds, allowed in ((0, True), (59, True), (60, False)):
        now = at(9) + timedelta(seconds=seconds)
        broken = [violation.rule for violation in check_booking(late, clinic(), others=(), now=now)]
        assert broken == ([] if allowed else [Rule.IN_THE_PAST])
        assert (at(9) in {slot.starts_at for slot in search(clinic(), now=now)}) == allowed


def test_the_epoch_is_not_a_special_day() -> None:
    early = date(1969, 12, 31)
    where = clinic(working_hours=hours((480, 600), valid_from=date(1960, 1, 1)))
    found = search(where, day=early, now=datetime(1960, 1, 1, tzinfo=UTC))
    assert [to_wall(slot.starts_at, SITE.zone).hour for slot in found] == [8, 9]
