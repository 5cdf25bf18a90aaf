"""Working windows and the grid of starts in them: SCHEDULING's rows as cases."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.availability import (
    breaks,
    working_windows,
)
from clinic_desk.domain.records import (
    Block,
    Clinic,
    Closure,
    TimeOff,
)
from clinic_desk.domain.wall import to_wall
from tests.domain.factories import (
    BUFFERED,
    DOCTOR,
    MONDAY,
    OTHER_SITE,
    SITE,
    appointment,
    at,
    clinic,
    hours,
)
from tests.domain.searching import TUESDAY, search, walls

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


def test_a_window_until_2359_does_not_join_so_the_next_day_begins_a_grid_of_its_own() -> None:
    where = clinic(working_hours=(*hours((1330, 1439), weekdays=[1]), *hours((0, 120), weekdays=[2])))
    assert walls(search(where, day=TUESDAY, step=25)) == ["00:00", "00:25", "00:50", "01:15", "01:40"]


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
