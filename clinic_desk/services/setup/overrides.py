"""Saves other hours of one practitioner on single dates as one change."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from clinic_desk.database.queries import setup as queries
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks
from clinic_desk.services.setup.hours import ELSEWHERE, overlap, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import DateOverride
    from clinic_desk.domain.setup import SaveDateOverrides


def save_date_overrides(db: Database, command: SaveDateOverrides) -> tuple[DateOverride, ...]:
    """Write and remove rows of single dates as one change; return all that the practitioner now has.

    On one date she either works, in one or more windows, or does not work. Raises as `save_working_hours`.
    """
    rows = [(row, _dated_values(command.practitioner_id, row)) for row in command.rows]

    def work(connection: Connection) -> tuple[DateOverride, ...]:
        write_rows(connection, "date_override", command, rows)
        standing = queries.overrides_of(connection, command.practitioner_id)
        days = {row.day for row in command.rows}
        _refuse_contradictions(row for row in standing if row.day in days)
        return standing

    def standing(connection: Connection) -> tuple[DateOverride, ...]:
        return queries.overrides_of(connection, command.practitioner_id)

    return db.changing(command.operation_id, "SaveDateOverrides", work, standing)


def _dated_values(practitioner_id: UUID, row: DateOverride) -> dict[str, Any]:
    if (row.start_minute is None) != (row.end_minute is None):
        missing = "start_minute" if row.start_minute is None else "end_minute"
        raise InvalidInput(field=missing, expected="a time of day, or neither start nor end")
    if row.start_minute is not None and row.end_minute is not None:
        checks.window(row.start_minute, row.end_minute)
    return {
        "practitioner_id": practitioner_id,
        "site_id": row.site_id,
        "day": checks.day("day", row.day),
        "start_minute": row.start_minute,
        "end_minute": row.end_minute,
        "name": checks.line("name", row.name, 100),
    }


def _refuse_contradictions(rows: Iterable[DateOverride]) -> None:
    days: defaultdict[date, list[DateOverride]] = defaultdict(list)
    for row in rows:
        days[row.day].append(row)
    for together in days.values():
        if len(together) > 1 and any(row.start_minute is None for row in together):
            raise InvalidInput(field="start_minute", expected="either hours or none at all on one date")
        if any(one.site_id != other.site_id and overlap(one, other) for one, other in combinations(together, 2)):
            raise InvalidInput(field="start_minute", expected=ELSEWHERE)
