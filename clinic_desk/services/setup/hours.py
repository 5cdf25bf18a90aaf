"""Saves the weekly working hours of one practitioner as one change."""

from __future__ import annotations

from itertools import combinations
from math import gcd
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.refusals import NotFound
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import DateOverride, WorkingHours
    from clinic_desk.domain.setup import SaveDateOverrides, SaveWorkingHours

MOST_WEEKS: Final = 8
ELSEWHERE: Final = "a time at which this practitioner does not work at another site"
"""What is expected instead of being at two sites at once."""


def save_working_hours(db: Database, command: SaveWorkingHours) -> tuple[WorkingHours, ...]:
    """Write and remove weekly rows as one change; return all the rows that the practitioner now has.

    Raises InvalidInput, SetupConflict (`now`: the first row that was changed first), NotFound, NotAllowed,
    DatabaseDown, Busy, OutcomeUnknown.
    """
    rows = [(row, weekly_values(command.practitioner_id, row)) for row in command.rows]

    def work(connection: Connection) -> tuple[WorkingHours, ...]:
        write_rows(connection, "working_hours", command, rows)
        standing = queries.hours_of(connection, command.practitioner_id)
        _refuse_two_places(standing, {row.id for row in command.rows})
        return standing

    def standing(connection: Connection) -> tuple[WorkingHours, ...]:
        return queries.hours_of(connection, command.practitioner_id)

    return db.changing(command.operation_id, "SaveWorkingHours", work, standing)


def write_rows(
    connection: Connection,
    table: str,
    command: SaveWorkingHours | SaveDateOverrides,
    rows: Iterable[tuple[WorkingHours | DateOverride, dict[str, Any]]],
) -> None:
    """Write and remove rows behind a lock on the practitioner: what two managers add at once is judged together."""
    if not queries.hold_row(connection, "practitioner", command.practitioner_id):
        raise NotFound(what="practitioner")
    for row in command.removed:
        saving.erase(connection, table, row.id, row.version)
    for row, values in rows:
        saving.write(connection, table, row.id, row.version, values)


def weekly_values(practitioner_id: UUID, row: WorkingHours) -> dict[str, Any]:
    """Return what a weekly row is to hold. Raises InvalidInput."""
    start, end = checks.window(row.start_minute, row.end_minute)
    valid_from = checks.day("valid_from", row.valid_from)
    if row.valid_to is not None and checks.day("valid_to", row.valid_to) < valid_from:
        raise InvalidInput(field="valid_to", expected="a day that is not before the first")
    return {
        "practitioner_id": practitioner_id,
        "site_id": row.site_id,
        "weekday": checks.number("weekday", row.weekday, 1, 7, "a day of the week"),
        "start_minute": start,
        "end_minute": end,
        "valid_from": valid_from,
        "valid_to": row.valid_to,
        "every_weeks": checks.number("every_weeks", row.every_weeks, 1, MOST_WEEKS),
    }


def _refuse_two_places(rows: Iterable[WorkingHours], saved: set[UUID]) -> None:
    for one, other in combinations(rows, 2):
        if one.site_id != other.site_id and saved & {one.id, other.id} and _meet(one, other):
            raise InvalidInput(field="start_minute", expected=ELSEWHERE)


def _meet(one: WorkingHours, other: WorkingHours) -> bool:
    """Whether two rows ever hold the same minute of the same date, by the clock on the wall."""
    if one.weekday != other.weekday or not overlap(one, other):
        return False
    if not _holds_from(one, other.valid_from) and not _holds_from(other, one.valid_from):
        return False
    apart = (_monday(one.valid_from) - _monday(other.valid_from)) // 7
    return apart % gcd(one.every_weeks, other.every_weeks) == 0


def _holds_from(row: WorkingHours, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or row.valid_to >= day)


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()


def overlap(one: WorkingHours | DateOverride, other: WorkingHours | DateOverride) -> bool:
    """Whether two windows of one day have a minute in common; those without minutes have none."""
    if one.start_minute is None or one.end_minute is None or other.start_minute is None or other.end_minute is None:
        return False
    return one.start_minute < other.end_minute and other.start_minute < one.end_minute
