"""The search and what the set-up says: rhythms of weeks, single dates, reserved time, rooms, devices, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.availability import FreeSlot, Wanted, free_starts, next_free, occupied, prepare, wanted_for
from clinic_desk.domain.records import (
    Block,
    BookingRules,
    Clinic,
    Closure,
    Room,
    Site,
)
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.domain.working_time import working_windows
from tests.domain.factories import (
    ALWAYS,
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    ECHO,
    IN_ROOM,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_ECHO,
    OTHER_ROOM,
    OTHER_SITE,
    ROOM,
    SITE,
    WITH_DEVICE,
    appointment,
    at,
    clinic,
    hours,
    instead,
)
from tests.domain.searching import TUESDAY, search, walls

WEEK = timedelta(days=7)


def days_of(where: Clinic, first: date, last: date) -> list[date]:
    """The local days on which anything is offered."""
    found = search(where, day=first, last_day=last)
    return sorted({local_day(slot.starts_at, SITE.zone) for slot in found})


# Rhythms of weeks


def test_every_second_week_counts_from_the_week_of_its_first_day() -> None:
    wednesday = MONDAY + timedelta(days=2)  # the row's first day: its week counts, a Tuesday before it does not
    where = clinic(working_hours=hours((480, 600), weekdays=[1, 2, 5], valid_from=wednesday, every_weeks=2))
    friday = MONDAY + timedelta(days=4)
    assert days_of(where, MONDAY, MONDAY + 4 * WEEK) == [
        friday,
        MONDAY + 2 * WEEK,
        TUESDAY + 2 * WEEK,
        friday + 2 * WEEK,
        MONDAY + 4 * WEEK,
    ]


def test_alternating_weeks_are_two_sets_of_rows_a_week_apart() -> None:
    early = hours((480, 540), weekdays=[1], valid_from=MONDAY, every_weeks=2)
    late = hours((840, 900), weekdays=[1], valid_from=MONDAY + WEEK, every_weeks=2)
    where = clinic(working_hours=(*early, *late))
    found = search(where, day=MONDAY, last_day=MONDAY + 3 * WEEK, step=60)
    assert walls(found) == ["08:00", "14:00", "08:00", "14:00"]


@pytest.mark.parametrize("every", range(1, 9))
def test_the_rhythm_goes_on_over_week_53_and_the_leap_day(every: int) -> None:
    first = date(2026, 12, 14)  # 2026 has a week 53 (28 December), 2028 a 29 February
    where = clinic(working_hours=hours((480, 540), weekdays=[2], valid_from=first, every_weeks=every))
    expected = []
    day = first + timedelta(days=1)
    while day <= date(2028, 3, 31):
        expected.append(day)
        day += every * WEEK
    assert days_of(where, first, date(2028, 3, 31)) == expected
    assert date(2028, 2, 29) in days_of(clinic(), date(2028, 2, 28), date(2028, 3, 1))


def test_a_rhythm_ends_with_its_last_day() -> None:
    rows = hours((480, 540), weekdays=[1], valid_from=MONDAY, valid_to=MONDAY + 2 * WEEK, every_weeks=2)
    assert days_of(clinic(working_hours=rows), MONDAY, MONDAY + 6 * WEEK) == [MONDAY, MONDAY + 2 * WEEK]


# Other hours on single dates


def test_the_hours_of_a_date_replace_the_weekly_ones_at_all_sites() -> None:
    rows = (*hours((480, 720)), *hours((900, 960), site_id=OTHER_SITE.id))
    where = clinic(working_hours=rows, overrides=instead(MONDAY, (600, 660), (700, 760)))
    assert walls(search(where)) == ["10:00", "11:40"]
    assert len({slot.site_id for slot in search(where, day=TUESDAY)}) == 2


def test_a_date_without_hours_is_not_worked_and_leaves_the_others_alone() -> None:
    both = (*hours((480, 600)), *hours((480, 600), practitioner_id=OTHER_DOCTOR.id))
    where = clinic(working_hours=both, overrides=instead(MONDAY))
    assert {slot.practitioner_id for slot in search(where)} == {OTHER_DOCTOR.id}
    assert {slot.practitioner_id for slot in search(where, day=TUESDAY)} == {DOCTOR.id, OTHER_DOCTOR.id}


def test_a_date_can_have_hours_at_a_site_where_she_never_works() -> None:
    where = clinic(overrides=instead(MONDAY, (600, 660), site_id=OTHER_SITE.id))
    found = search(where)
    assert [(slot.site_id, slot.starts_at) for slot in found] == [(OTHER_SITE.id, at(10, zone=OTHER_SITE.zone))]


def test_a_closure_still_closes_a_site_on_a_date_with_hours_of_its_own() -> None:
    closed = (Closure(UUID(int=1), SITE.id, MONDAY, MONDAY),)
    where = clinic(overrides=instead(MONDAY, (600, 660)), closures=closed)
    assert search(where) == ()


def test_a_night_joins_the_hours_of_the_date_that_follows() -> None:
    rows = hours((1320, 1440), weekdays=[1])
    where = clinic(working_hours=rows, overrides=instead(TUESDAY, (0, 60)))
    assert walls(search(where, BUFFERED, day=MONDAY, last_day=TUESDAY, step=45)) == ["22:00", "22:45", "23:30", "00:15"]


def test_windows_show_the_hours_of_a_date() -> None:
    where = clinic(overrides=instead(MONDAY, (600, 660)))
    (window,) = working_windows(where.working_hours, (), where.sites, DOCTOR.id, MONDAY, overrides=where.date_overrides)
    assert (window.interval.starts_at, window.interval.ends_at) == (at(10), at(11))


# Reserved time


def test_a_reserved_block_is_open_to_its_types_and_closed_to_others() -> None:
    where = clinic(working_hours=hours((480, 720)))
    block = Block(UUID(int=1), at(9), at(10), "Acute", practitioner_id=DOCTOR.id, type_ids=frozenset({CHECK_UP.id}))
    assert walls(search(where, CHECK_UP, blocks=[block])) == ["08:00", "09:00", "10:00", "11:00"]
    assert walls(search(where, BUFFERED, blocks=[block])) == ["08:00", "10:00", "11:00"]
    closed = replace(block, id=UUID(int=2), type_ids=frozenset(), ends_at=at(9, 30))
    assert walls(search(where, CHECK_UP, blocks=[block, closed], step=30))[1:4] == ["08:30", "09:30", "10:00"]


def test_a_room_can_be_reserved_for_a_type() -> None:
    where = clinic(working_hours=hours((480, 600)), rooms=(ROOM,))
    block = Block(UUID(int=1), at(8), at(9), "Surgery", room_id=ROOM.id, type_ids=frozenset({CHECK_UP.id}))
    assert walls(search(where, IN_ROOM, blocks=[block], step=30)) == ["09:00", "09:30"]
    own = replace(block, type_ids=frozenset({IN_ROOM.id}))
    assert walls(search(where, IN_ROOM, blocks=[own], step=30)) == ["08:00", "08:30", "09:00", "09:30"]


# Rooms, devices, several at once


def rooms_at(found: tuple[FreeSlot, ...]) -> list[tuple[str, UUID | None, UUID | None]]:
    return [(wall, slot.room_id, slot.device_id) for wall, slot in zip(walls(found), found, strict=True)]


def test_a_room_and_a_device_must_both_be_free() -> None:
    where = clinic(working_hours=hours((480, 660)), rooms=(ROOM, ECHO))
    taken = [
        appointment(at(8), 30, practitioner_id=UUID(int=77), room_id=ROOM.id),
        appointment(at(9), 30, practitioner_id=UUID(int=77), device_id=ECHO.id, number=101),
    ]
    found = search(where, WITH_DEVICE, taken=taken, step=30)  # 5 minutes before and after: 08:30 and 09:30 meet them
    assert rooms_at(found) == [("10:00", ROOM.id, ECHO.id), ("10:30", ROOM.id, ECHO.id)]
    assert search(clinic(rooms=(ROOM,)), WITH_DEVICE) == (), "there is no device"
    assert search(clinic(rooms=(ECHO,)), WITH_DEVICE) == (), "a device is no room"


def test_a_type_that_names_rooms_is_seen_in_these_only() -> None:
    where = clinic(working_hours=hours((480, 540)), rooms=(ROOM, OTHER_ROOM, ECHO, OTHER_ECHO))
    named = replace(WITH_DEVICE, room_ids=frozenset({OTHER_ROOM.id}))
    assert rooms_at(search(where, named)) == [("08:00", OTHER_ROOM.id, ECHO.id)], "any device, as none is named"
    away = replace(OTHER_ROOM, site_id=OTHER_SITE.id)
    assert search(replace(where, rooms=(ROOM, away, ECHO)), named) == (), "it is at another site"
    assert search(replace(where, rooms=(ROOM, replace(OTHER_ROOM, active=False), ECHO)), named) == ()


SHARED = Room(UUID(int=25), 5, SITE.id, "Infusion room", capacity=3)


@pytest.mark.parametrize(
    ("visits", "free"),
    [
        ([(8, 0), (8, 0)], True),
        ([(8, 0), (8, 0), (8, 0)], False),
        ([(7, 30), (8, 0), (8, 30)], True),  # three overlap the hour, at most two of them at once
        ([(7, 30), (7, 30), (8, 30), (8, 30)], True),  # two go as two come
        ([(7, 45), (8, 0), (8, 10)], False),  # all three are there from 08:10 to 08:15
    ],
)
def test_the_largest_number_at_once_counts_and_not_all_that_overlap(visits: list[tuple[int, int]], free: bool) -> None:
    kind = replace(IN_ROOM, length_minutes=60, buffer_after_minutes=0)
    where = clinic(working_hours=hours((480, 540)), rooms=(SHARED,))
    taken = [
        appointment(at(*start), 30, practitioner_id=UUID(int=77), room_id=SHARED.id, number=number)
        for number, start in enumerate(visits)
    ]
    assert bool(search(where, kind, taken=taken)) == free


# Notice and horizon


def test_a_type_has_its_own_notice_and_horizon_or_those_of_the_clinic() -> None:
    where = clinic(rules=BookingRules(step_minutes=5, notice_minutes=90, horizon_days=2))
    wanted = wanted_for(CHECK_UP, clinic=where)
    assert (wanted.notice_minutes, wanted.horizon_days) == (90, 2)
    own = wanted_for(replace(CHECK_UP, notice_minutes=0, horizon_days=5), clinic=where)
    assert (own.notice_minutes, own.horizon_days) == (0, 5)


@pytest.mark.parametrize(("notice", "first"), [(0, "09:05"), (55, "10:00"), (56, "10:05"), (24 * 60, None)])
def test_notice_binds_what_is_offered(notice: int, first: str | None) -> None:
    found = walls(search(clinic(), now=at(9, 5), notice=notice, step=5))
    assert (found[0] if found else None) == first


def test_the_horizon_is_so_many_local_days_after_today() -> None:
    late = at(23, 59)
    found = search(clinic(), now=late, horizon=2, day=MONDAY, last_day=MONDAY + WEEK)
    assert {local_day(slot.starts_at, SITE.zone) for slot in found} == {TUESDAY, TUESDAY + timedelta(days=1)}
    rows = hours((480, 540), site_id=OTHER_SITE.id)
    there = search(clinic(working_hours=rows), now=late, horizon=0, day=MONDAY, last_day=TUESDAY)
    assert there == (), "in New York it is still Monday, after the hours"
    earlier = search(clinic(working_hours=rows), now=at(1), horizon=0, day=MONDAY - timedelta(days=1), last_day=TUESDAY)
    assert earlier == (), "in New York it is still Sunday evening, and Monday is beyond the horizon"


@pytest.mark.parametrize(("minutes", "offered"), [(4, False), (5, True), (720, True), (721, False)])
def test_no_visit_is_offered_that_is_too_short_or_too_long_to_be_booked(minutes: int, offered: bool) -> None:
    where = clinic(working_hours=hours((0, 1440)))
    wanted = Wanted((DOCTOR.id,), minutes)
    found = free_starts(prepare(where, ()), wanted, MONDAY, MONDAY, now=at(0), step_minutes=60)
    assert bool(found) == offered


def test_a_type_out_of_use_is_offered_by_nobody() -> None:
    assert wanted_for(replace(CHECK_UP, active=False), clinic=clinic()).practitioner_ids == ()


# Several sites in a day


def test_a_day_at_two_sites_has_a_grid_at_each_and_one_agenda() -> None:
    near = Site(UUID(int=3), "Atelier", "Europe/Berlin")
    rows = (*hours((480, 600)), *hours((615, 720), site_id=near.id))
    where = clinic(working_hours=rows, sites=(SITE, near))
    taken = [appointment(at(9, 30), 60, kind=BUFFERED)]  # 09:25-10:40 with its buffers: into the time at the other site
    found = search(where, taken=taken, step=30)
    assert [(f"{to_wall(slot.starts_at, SITE.zone):%H:%M}", slot.site_id) for slot in found] == [
        ("08:00", SITE.id),
        ("08:30", SITE.id),
        ("09:00", SITE.id),
        ("10:45", near.id),
        ("11:15", near.id),
        ("11:45", near.id),
    ]


# Odd days


def on(zone: str, day: date, *spans: tuple[int, int], step: int = 15) -> list[str]:
    """The starts of a quarter-hour visit on one day of a zone, as its clocks show them."""
    site = replace(SITE, zone=zone)
    found = search(clinic(working_hours=hours(*spans), sites=(site,)), day=day, step=step)
    return [f"{to_wall(slot.starts_at, zone):%H:%M}" for slot in found]


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    zone = "Australia/Lord_Howe"
    assert on(zone, date(2026, 10, 4), (90, 165)) == ["01:30", "01:45", "02:30"], "02:00 to 02:30 does not exist"
    back = on(zone, date(2026, 4, 5), (75, 150))
    assert back == ["01:15", "01:30", "01:45", "02:00", "02:15"], "01:30 to 02:00 comes twice: the first is meant"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (((60, 120), (180, 240)), ["01:00", "01:15", "01:30", "01:45", "03:00", "03:15", "03:30", "03:45"]),
        (((60, 130), (180, 240)), ["01:00", "01:15", "01:30", "01:45", "03:00", "03:15", "03:30", "03:45"]),
        (((135, 165),), []),  # none of it exists
        (((135, 240),), ["03:15", "03:30", "03:45"]),  # 02:15 means 03:15
    ],
)
def test_a_break_that_falls_into_the_missing_hour_is_none(
    spans: tuple[tuple[int, int], ...], expected: list[str]
) -> None:
    assert on("Europe/Berlin", date(2026, 3, 29), *spans) == expected


def test_a_visit_may_go_over_a_break_that_the_clocks_skip() -> None:
    where = clinic(working_hours=hours((60, 120), (180, 240)))
    kind = replace(CHECK_UP, length_minutes=30)
    assert "01:45" in walls(search(where, kind, day=date(2026, 3, 29), step=15))
    assert "01:45" not in walls(search(where, kind, day=date(2026, 3, 30), step=15))


def test_a_day_that_begins_at_one_has_no_midnight() -> None:
    found = on("Africa/Cairo", date(2026, 4, 24), (0, 120), step=30)  # 00:00 to 01:00 does not exist
    assert found == ["01:00", "01:30"]
    before = on("Africa/Cairo", date(2026, 4, 23), (1380, 1440), step=30)
    assert before == ["23:00", "23:30"]


def test_a_day_that_never_was_offers_nothing() -> None:
    rows = hours((480, 540), valid_from=date(2000, 1, 1))
    site = replace(SITE, zone="Pacific/Apia")
    where = clinic(working_hours=rows, sites=(site,))
    assert search(where, day=date(2011, 12, 30), now=datetime.fromisoformat("2000-01-01T00:00Z")) == ()


def test_the_hours_of_the_leap_day_are_those_of_its_weekday() -> None:
    where = clinic(working_hours=hours((480, 540), weekdays=[2]))
    assert walls(search(where, day=date(2028, 2, 29))) == ["08:00"]


def test_week_53_is_a_week() -> None:
    where = clinic(working_hours=hours((480, 540), weekdays=[1]))
    assert days_of(where, date(2026, 12, 28), date(2027, 1, 4)) == [date(2026, 12, 28), date(2027, 1, 4)]


def test_midnight_ends_a_window_and_one_minute_before_it_is_literal() -> None:
    kind = replace(CHECK_UP, length_minutes=30)
    assert walls(search(clinic(working_hours=hours((1380, 1440))), kind, step=30)) == ["23:00", "23:30"]
    assert walls(search(clinic(working_hours=hours((1380, 1439))), kind, step=30)) == ["23:00"]


def test_next_free_goes_on_to_the_last_day_and_no_further() -> None:
    where = clinic(working_hours=hours((480, 540), valid_from=ALWAYS))
    taken = occupied([appointment(at(8), 60)])
    wanted = wanted_for(CHECK_UP, clinic=where)
    found = next_free(prepare(where, taken), wanted, MONDAY, TUESDAY, now=at(0), step_minutes=60)
    assert [slot.starts_at for slot in found] == [at(8, day=TUESDAY)]
