"""A week is written over the rows it was read from: what did not change is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import WorkingHours
from clinic_desk.ui.setup.week.plans import (
    WeekPlan,
    command_of,
    fresh_plan,
    is_same_plan,
    plans_of,
    removal_of,
)

WHO, WHERE, FIRST = new_id(), new_id(), date(2026, 1, 1)
MORNING, AFTERNOON = (480, 720), (780, 1020)


def row(weekday: int, window: tuple[int, int], *, weeks: int = 1, first: date = FIRST) -> WorkingHours:
    return WorkingHours(new_id(), WHO, WHERE, weekday, *window, first, None, weeks, version=3)


ROWS = (row(1, MORNING), row(1, AFTERNOON), row(2, MORNING))


def test_rows_of_one_rhythm_and_period_are_one_plan() -> None:
    other = row(1, MORNING, weeks=2, first=date(2026, 1, 5))
    first, second = plans_of((*ROWS, other))
    assert (first.monday, first.tuesday, first.sunday) == ((MORNING, AFTERNOON), (MORNING,), ())
    assert (second.monday, second.every_weeks) == ((MORNING,), 2)


def test_a_plan_that_did_not_change_writes_nothing() -> None:
    (plan,) = plans_of(ROWS)
    command = command_of(plan, new_id())
    assert (command.rows, command.removed) == ((), ())


def test_a_changed_window_is_written_over_its_row_and_the_others_are_left_alone() -> None:
    (plan,) = plans_of(ROWS)
    command = command_of(replace(plan, monday=((480, 690), AFTERNOON)), new_id())
    assert command.removed == ()
    assert command.rows == (replace(ROWS[0], end_minute=690),)


def test_windows_are_added_under_new_ids_and_taken_away_with_the_version_seen() -> None:
    (plan,) = plans_of(ROWS)
    command = command_of(replace(plan, monday=(AFTERNOON,), friday=(MORNING,)), new_id())
    assert command.removed == (ROWS[0],)
    (added,) = command.rows
    assert (added.weekday, added.start_minute, added.version) == (5, 480, 0)


def test_a_new_last_day_is_written_into_every_row() -> None:
    (plan,) = plans_of(ROWS)
    last = date(2026, 12, 31)
    command = command_of(replace(plan, valid_to=last), new_id())
    assert set(command.rows) == {replace(each, valid_to=last) for each in ROWS}


def test_a_plan_is_removed_with_all_its_rows() -> None:
    (plan,) = plans_of(ROWS)
    assert removal_of(plan, new_id()).removed == ROWS


def test_a_plan_is_known_again_by_its_rows_or_by_its_place() -> None:
    (plan,) = plans_of(ROWS)
    ended = plans_of(replace(each, valid_to=date(2027, 1, 1)) for each in ROWS[1:])[0]
    assert is_same_plan(plan, ended)
    assert is_same_plan(WeekPlan(new_id(), WHO, WHERE, FIRST, monday=(MORNING,)), plan)
    assert not is_same_plan(fresh_plan(ended), plan)
