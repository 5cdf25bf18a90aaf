"""Working windows and the search for free starts: SCHEDULING's rows as cases, and laws over random clinics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.availability import (
    FreeSlot,
    Wanted,
    breaks,
    free_starts,
    next_free,
    occupied,
    prepare,
    wanted_for,
    working_windows,
)
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Block,
    Clinic,
    Closure,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.domain.rules import Candidate, check_booking
from clinic_desk.domain.wall import minute_to_instant, to_instant, to_wall
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

TUESDAY = MONDAY + timedelta(days=1)


def walls(slots: Iterable[FreeSlot]) -> list[str]:
    """Return the starts as the clock of the first site shows them."""
    return [f"{to_wall(slot.starts_at, SITE.zone):%H:%M}" for slot in slots]


def search(
    where: Clinic,
    kind: AppointmentType = CHECK_UP,
    *,
    taken: Iterable[Appointment] = (),
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    day: date = MONDAY,
    last_day: date | None = None,
    now: datetime = LONG_AGO,
    step: int = 60,
    notice: int = 0,
) -> tuple[FreeSlot, ...]:
    return free_starts(
        prepare(where, occupied(taken), time_off, blocks),
        wanted_for(kind, clinic=where),
        day,
        last_day or day,
        now=now,
        step_minutes=step,
        notice_minutes=notice,
    )


# What the weekly rows say


def windows(where: Clinic, day: date = MONDAY) -> list[tuple[str, str]]:
    found = working_windows(where.working_hours, where.closures, where.sites, DOCTOR.id, day)
    return [
        (
            f"{to_wall(window.interval.starts_at, SITE.zone):%d %H:%M}",
            f"{to_wall(window.interval.ends_at, SITE.zone):%d %H:%M}",
        )
        for window in found
    ]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (((480, 720), (780, 1020)), [("23 08:00", "23 12:00"), ("23 13:00", "23 17:00")]),
        (((480, 720), (720, 1020)), [("23 08:00", "23 17:00")]),  # adjacent windows join
        (((480, 800), (780, 1020)), [("23 08:00", "23 17:00")]),  # overlapping windows join
        (((480, 1020), (540, 600)), [("23 08:00", "23 17:00")]),  # one inside the other
        (((1320, 1440),), [("23 22:00", "24 00:00")]),  # 24:00 is the midnight that ends the day
        (((1320, 1439),), [("23 22:00", "23 23:59")]),  # 23:59 is literal
        (((600, 540),), []),  # an end before its start is no window
    ],
)
def test_rows_become_windows(spans: tuple[tuple[int, int], ...], expected: list[tuple[str, str]]) -> None:
    assert windows(clinic(working_hours=hours(*spans))) == expected


def test_a_row_counts_on_its_weekday_from_its_first_to_its_last_day() -> None:
    where = clinic(working_hours=hours((480, 720), weekdays=[1], valid_from=MONDAY, valid_to=MONDAY))
    assert windows(where) == [("23 08:00", "23 12:00")]
    for other in (TUESDAY, MONDAY - timedelta(days=7), MONDAY + timedelta(days=7)):
        assert windows(where, other) == []


def test_a_closure_is_whole_local_days_of_its_site_and_leaves_other_sites_alone() -> None:
    rows = (*hours((480, 720)), *hours((900, 960), site_id=OTHER_SITE.id))
    where = clinic(working_hours=rows, closures=(Closure(UUID(int=5), SITE.id, MONDAY, TUESDAY),))
    for day in (MONDAY, TUESDAY):
        found = working_windows(where.working_hours, where.closures, where.sites, DOCTOR.id, day)
        assert [window.site_id for window in found] == [OTHER_SITE.id]
    assert (
        len(working_windows(where.working_hours, where.closures, where.sites, DOCTOR.id, TUESDAY + timedelta(1))) == 2
    )


def test_a_break_is_the_gap_between_two_windows_of_one_site() -> None:
    rows = (*hours((480, 720), (780, 1020)), *hours((1100, 1200), site_id=OTHER_SITE.id))
    where = clinic(working_hours=rows)
    (pause,) = breaks(working_windows(where.working_hours, (), where.sites, DOCTOR.id, MONDAY))
    assert (pause.site_id, pause.interval.starts_at, pause.interval.ends_at) == (SITE.id, at(12), at(13))


@pytest.mark.parametrize(
    ("day", "span", "elapsed"),
    [
        (date(2026, 3, 29), (60, 300), 180),  # 01:00-05:00 on the day an hour is missing
        (date(2026, 10, 25), (60, 300), 300),
        (date(2026, 3, 29), (120, 180), 0),  # 02:00-03:00 does not exist
        (date(2026, 3, 29), (480, 720), 240),
    ],
)
def test_a_window_lasts_as_long_as_its_wall_times_say_that_day(day: date, span: tuple[int, int], elapsed: int) -> None:
    where = clinic(working_hours=hours(span))
    found = working_windows(where.working_hours, (), where.sites, DOCTOR.id, day)
    total = sum((window.interval.ends_at - window.interval.starts_at for window in found), timedelta())
    assert total == timedelta(minutes=elapsed)


# The grid


@pytest.mark.parametrize(
    ("spans", "step", "expected"),
    [
        (((490, 560),), 20, ["08:10", "08:30", "08:50"]),  # from the start of the hours
        (((480, 545), (555, 620)), 20, ["08:00", "08:20", "08:40", "09:15", "09:35", "09:55"]),  # anew after a break
        (((480, 545), (545, 600)), 20, ["08:00", "08:20", "08:40", "09:00", "09:20", "09:40"]),  # not where rows touch
        (((480, 510),), 5, ["08:00", "08:05", "08:10", "08:15"]),  # the step is not the visit's length
        (((480, 490),), 5, []),  # no room for the visit
    ],
)
def test_starts_are_offered_on_the_grid_of_each_window(
    spans: tuple[tuple[int, int], ...], step: int, expected: list[str]
) -> None:
    assert walls(search(clinic(working_hours=hours(*spans)), step=step)) == expected


def test_bookings_absences_and_now_take_starts_out_and_never_move_the_grid() -> None:
    where = clinic(working_hours=hours((480, 720)))
    taken = [appointment(at(8, 7), 10)]
    off = [TimeOff(UUID(int=1), DOCTOR.id, at(9, 1), at(9, 2))]
    blocks = [Block(UUID(int=1), at(10, 0), at(10, 1), "Training", practitioner_id=DOCTOR.id)]
    found = search(where, taken=taken, time_off=off, blocks=blocks, now=at(8, 1), step=30)
    assert walls(found) == ["08:30", "09:30", "10:30", "11:00", "11:30"]


def test_a_visit_is_never_offered_over_a_break_or_past_closing() -> None:
    assert walls(search(clinic(working_hours=hours((480, 540), (550, 615))), BUFFERED, step=15)) == [
        "08:00",
        "08:15",
        "08:30",
        "09:10",
        "09:25",
        "09:40",
    ]


def test_a_night_duty_is_two_windows_that_join_at_midnight_with_one_grid() -> None:
    where = clinic(working_hours=(*hours((1330, 1440), weekdays=[1]), *hours((0, 120), weekdays=[2])))
    monday = search(where, BUFFERED, step=25)
    tuesday = search(where, BUFFERED, day=TUESDAY, step=25)
    assert walls(monday) == ["22:10", "22:35", "23:00", "23:25", "23:50"]
    assert walls(tuesday) == ["00:15", "00:40", "01:05", "01:30"]


def test_the_grid_keeps_its_phase_when_the_first_half_of_a_night_is_closed() -> None:
    rows = (*hours((1330, 1440), weekdays=[1]), *hours((0, 120), weekdays=[2]))
    where = clinic(working_hours=rows, closures=(Closure(UUID(int=5), SITE.id, MONDAY, MONDAY),))
    assert walls(search(where, day=MONDAY, step=25)) == []
    assert walls(search(where, day=TUESDAY, step=25)) == ["00:15", "00:40", "01:05", "01:30"]


def test_a_visit_does_not_run_into_a_closed_day() -> None:
    rows = (*hours((1330, 1440), weekdays=[1]), *hours((0, 120), weekdays=[2]))
    where = clinic(working_hours=rows, closures=(Closure(UUID(int=5), SITE.id, TUESDAY, TUESDAY),))
    assert walls(search(where, BUFFERED, step=25)) == ["22:10", "22:35", "23:00", "23:25"]


def test_a_practice_that_never_closes_has_a_grid_from_midnight() -> None:
    assert walls(search(clinic(working_hours=hours((0, 1440))), step=420)) == ["00:00", "07:00", "14:00", "21:00"]


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
        wanted_for(CHECK_UP, clinic=where),
        MONDAY,
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
    found = next_free(prepare(where, ()), wanted, MONDAY, now=LONG_AGO, step_minutes=15, horizon_days=7)
    assert [slot.starts_at for slot in found] == [at(13, day=TUESDAY), at(13, day=MONDAY + timedelta(days=3))]


def test_not_before_bounds_the_search_beside_now() -> None:
    wanted = Wanted((DOCTOR.id,), 15, not_before=at(10, 5))
    found = free_starts(prepare(clinic(), ()), wanted, MONDAY, MONDAY, now=at(9), step_minutes=15)
    assert found[0].starts_at == at(10, 15)


# Laws

CLINIC_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata")
DAYS = st.one_of(
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 4), date(2026, 4, 5), date(2026, 11, 1)]),
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
)
MINUTES = st.integers(0, 288).map(lambda step: step * 5)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime]:
    """Draw a clinic of two doctors and rooms, what takes their time around one day, that day, a step and a now."""
    site = Site(SITE.id, "Somewhere", draw(st.sampled_from(CLINIC_ZONES)))
    day = draw(DAYS)
    spans = st.lists(st.tuples(MINUTES, MINUTES), max_size=3)
    rows: list[WorkingHours] = []
    for doctor in (DOCTOR, OTHER_DOCTOR):
        for offset in (-1, 0, 1):
            weekday = (day + timedelta(days=offset)).isoweekday()
            rows.extend(hours(*draw(spans), weekdays=[weekday], practitioner_id=doctor.id))
    closures = (Closure(UUID(int=9), SITE.id, day, day),) if draw(st.integers(0, 9)) == 0 else ()
    start = minute_to_instant(day, 0, site.zone) - timedelta(hours=6)
    instants = st.integers(0, 36 * 60).map(lambda minute: start + timedelta(minutes=minute))
    lengths = st.integers(1, 36).map(lambda step: timedelta(minutes=step * 5))
    taken = [
        appointment(
            draw(instants),
            draw(st.integers(1, 24)) * 5,
            number=number,
            practitioner_id=draw(st.sampled_from((DOCTOR.id, OTHER_DOCTOR.id, UUID(int=77)))),
            kind=draw(st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM))),
            room_id=draw(st.sampled_from((None, ROOM.id, OTHER_ROOM.id))),
            status=draw(st.sampled_from((AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED))),
            squeezed_in=draw(st.booleans()),
            site=site,
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    off = [
        TimeOff(UUID(int=1), DOCTOR.id, begin, begin + draw(lengths)) for begin in draw(st.lists(instants, max_size=1))
    ]
    blocks = [
        Block(UUID(int=1), begin, begin + draw(lengths), "Block", practitioner_id=None, room_id=ROOM.id)
        for begin in draw(st.lists(instants, max_size=2))
    ]
    where = clinic(working_hours=tuple(rows), closures=closures, sites=(site,))
    return where, taken, off, blocks, day, draw(st.sampled_from((5, 10, 15, 20, 25, 30))), draw(instants)


def grid(where: Clinic, doctor_id: UUID, day: date, step: int) -> set[datetime]:
    """Return the grid of a day by the plain reading of the rule: minute by minute from each template window's start."""
    (zone,) = (site.zone for site in where.sites)
    found: set[datetime] = set()
    minutes: set[int] = set()
    for offset in range(-2, 2):
        for row in where.working_hours:
            weekday = (day + timedelta(days=offset)).isoweekday()
            if row.practitioner_id == doctor_id and row.weekday == weekday and row.start_minute < row.end_minute:
                minutes.update(range(offset * 1440 + row.start_minute, offset * 1440 + row.end_minute))
    begin = None
    midnight = datetime.combine(day, time.min)
    for minute in range(-2 * 1440, 2 * 1440):
        if minute not in minutes:
            begin = None
            continue
        begin = minute if begin is None else begin
        wall = midnight + timedelta(minutes=minute)
        if (minute - begin) % step == 0 and 0 <= minute < 1440 and to_wall(to_instant(wall, zone), zone) == wall:
            found.add(to_instant(wall, zone))
    return found


@settings(max_examples=150)
@given(cases(), st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM)))
def test_a_start_on_the_grid_is_offered_exactly_when_the_rules_allow_it(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime], kind: AppointmentType
) -> None:
    where, taken, off, blocks, day, step, now = case
    offered = search(where, kind, taken=taken, time_off=off, blocks=blocks, day=day, now=now, step=step)
    rooms = {(slot.practitioner_id, slot.starts_at): slot.room_id for slot in offered}
    for doctor in (DOCTOR, OTHER_DOCTOR):
        starts = {start for doctor_id, start in rooms if doctor_id == doctor.id}
        expected = grid(where, doctor.id, day, step)
        assert starts <= expected
        for start in expected:
            candidate = Candidate(kind.id, doctor.id, SITE.id, start, kind.length_minutes)
            violations = check_booking(candidate, where, others=taken, time_off=off, blocks=blocks, now=now)
            assert (start in starts) == (not violations), violations
            if start in starts:
                chosen = Candidate(
                    kind.id, doctor.id, SITE.id, start, kind.length_minutes, room_id=rooms[doctor.id, start]
                )
                assert not check_booking(chosen, where, others=taken, time_off=off, blocks=blocks, now=now)


@settings(max_examples=60)
@given(cases(), st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM)))
def test_a_search_over_a_range_is_the_union_over_its_days(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime], kind: AppointmentType
) -> None:
    where, taken, off, blocks, day, step, now = case
    first, last = day - timedelta(days=2), day + timedelta(days=2)
    whole = search(where, kind, taken=taken, time_off=off, blocks=blocks, day=first, last_day=last, now=now, step=step)
    singly = [
        slot
        for offset in range(-2, 3)
        for slot in search(
            where, kind, taken=taken, time_off=off, blocks=blocks, day=day + timedelta(days=offset), now=now, step=step
        )
    ]
    assert list(whole) == sorted(singly, key=lambda slot: (slot.starts_at, slot.practitioner_id))
    firsts = {}
    for slot in reversed(whole):
        firsts[to_wall(slot.starts_at, where.sites[0].zone).date()] = slot.starts_at
    found = next_free(
        prepare(where, occupied(taken), off, blocks),
        wanted_for(kind, clinic=where),
        first,
        now=now,
        step_minutes=step,
        horizon_days=5,
    )
    assert [slot.starts_at for slot in found] == sorted(firsts.values())


@settings(max_examples=60)
@given(cases())
def test_taking_an_offered_start_takes_it_from_the_offers_and_adds_none(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime],
) -> None:
    where, taken, off, blocks, day, step, now = case
    before = search(where, BUFFERED, taken=taken, time_off=off, blocks=blocks, day=day, now=now, step=step)
    if before:
        slot = before[len(before) // 2]
        booked = appointment(slot.starts_at, 30, number=999, practitioner_id=slot.practitioner_id, kind=BUFFERED)
        after = search(
            where, BUFFERED, taken=[*taken, booked], time_off=off, blocks=blocks, day=day, now=now, step=step
        )
        assert slot not in after
        assert set(after) < set(before)


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
