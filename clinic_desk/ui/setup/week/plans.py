"""A practitioner's week at one site from one day on: its rows as the database has them, as one record to edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import WorkingHours
from clinic_desk.domain.setup import SaveWorkingHours
from clinic_desk.ui.setup.days import Windows

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """`rows`: the stored rows it was made of, with the versions that were seen; none for a new one."""

    key: UUID
    practitioner_id: UUID
    site_id: UUID
    valid_from: date
    valid_to: date | None = None
    every_weeks: int = 1
    monday: Windows = ()
    tuesday: Windows = ()
    wednesday: Windows = ()
    thursday: Windows = ()
    friday: Windows = ()
    saturday: Windows = ()
    sunday: Windows = ()
    rows: tuple[WorkingHours, ...] = ()

    @property
    def week(self) -> tuple[Windows, ...]:
        """The windows of each day, Monday first."""
        return tuple(getattr(self, name) for name in DAYS)

    def with_week(self, week: Iterable[Windows]) -> WeekPlan:
        """Return it with other windows, Monday first."""
        named: dict[str, Any] = dict(zip(DAYS, week, strict=True))
        return replace(self, **named)


def plans_of(hours: Iterable[WorkingHours]) -> list[WeekPlan]:
    """Return the plans that rows make up: those of one practitioner, site, period and rhythm are one."""
    groups: dict[tuple[object, ...], list[WorkingHours]] = {}
    for row in hours:
        key = (row.practitioner_id, row.site_id, row.valid_from, row.valid_to, row.every_weeks)
        groups.setdefault(key, []).append(row)
    return [_plan(rows) for rows in groups.values()]


def _plan(rows: list[WorkingHours]) -> WeekPlan:
    first = min(rows, key=lambda row: row.id)
    week = [tuple(sorted((r.start_minute, r.end_minute) for r in rows if r.weekday == day)) for day in range(1, 8)]
    plan = WeekPlan(
        first.id,
        first.practitioner_id,
        first.site_id,
        first.valid_from,
        first.valid_to,
        first.every_weeks,
        rows=tuple(rows),
    )
    return plan.with_week(week)


def is_same_plan(one: WeekPlan, now: WeekPlan) -> bool:
    """Whether a plan read anew is the one that was read, or saved, before."""
    ids = {row.id for row in one.rows}
    return any(row.id in ids for row in now.rows) or _place(one) == _place(now)


def _place(plan: WeekPlan) -> tuple[object, ...]:
    return plan.practitioner_id, plan.site_id, plan.valid_from, plan.valid_to, plan.every_weeks


def fresh_plan(plan: WeekPlan) -> WeekPlan:
    """Return a plan as one that the database does not have."""
    return replace(plan, key=new_id(), rows=())


def command_of(plan: WeekPlan, operation: UUID) -> SaveWorkingHours:
    """Return what writes a plan over its rows: a row keeps its id while a window of its weekday is left for it."""
    rows: list[WorkingHours] = []
    removed: list[WorkingHours] = []
    for weekday, windows in enumerate(plan.week, start=1):
        old = [row for row in plan.rows if row.weekday == weekday]
        paired, left = _paired(windows, old)
        removed += left
        for (start, end), row in paired:
            wanted = _row(plan, weekday, start, end, row)
            if wanted != row:
                rows.append(wanted)
    return SaveWorkingHours(plan.practitioner_id, tuple(rows), tuple(removed), operation)


def removal_of(plan: WeekPlan, operation: UUID) -> SaveWorkingHours:
    """Return what removes a plan."""
    return SaveWorkingHours(plan.practitioner_id, (), plan.rows, operation)


def _paired(
    windows: Windows, old: list[WorkingHours]
) -> tuple[list[tuple[tuple[int, int], WorkingHours | None]], list[WorkingHours]]:
    """Return each window with the row that it is written over, equal ones first, and the rows that are left."""
    left = sorted(old, key=lambda row: row.start_minute)
    equal = {(row.start_minute, row.end_minute): row for row in left}
    left = [row for row in left if (row.start_minute, row.end_minute) not in windows]
    pairs: list[tuple[tuple[int, int], WorkingHours | None]] = []
    for window in windows:
        row = equal.get(window) or (left.pop(0) if left else None)
        pairs.append((window, row))
    return pairs, left


def _row(plan: WeekPlan, weekday: int, start: int, end: int, row: WorkingHours | None) -> WorkingHours:
    return WorkingHours(
        new_id() if row is None else row.id,
        plan.practitioner_id,
        plan.site_id,
        weekday,
        start,
        end,
        plan.valid_from,
        plan.valid_to,
        plan.every_weeks,
        version=0 if row is None else row.version,
    )
