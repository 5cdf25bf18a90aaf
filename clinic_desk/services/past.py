"""The board as it was at a moment gone by, from the append-only history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.entries import entries_between, entries_by_id
from clinic_desk.database.queries.past import absences_at, entries_at, made_since
from clinic_desk.domain.past import Past, differences
from clinic_desk.domain.records import DayBoard
from clinic_desk.errors import InvalidInput
from clinic_desk.services.calendar import board_bounds

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic


def board_at(db: Database, day: date, at: datetime, clinic: Clinic) -> DayBoard:
    """Return one local day of the whole clinic as it stood at the moment `at`, its `read_at`; three statements.

    Appointments, their patients, time off and blocks are as they were; holds are gone, and the state of messages is not
    kept in the history. Raises InvalidInput (`at` is still to come by the database's clock), DatabaseDown, Busy.
    """
    with db.reading() as connection:
        return _board(connection, day, at, clinic)[0]


def look_back(db: Database, day: date, at: datetime, clinic: Clinic) -> Past:
    """Return a day as `board_at`, and what became of it since; six statements, one snapshot. Raises as `board_at`."""
    with db.reading() as connection:
        then, now = _board(connection, day, at, clinic)
        here = {entry.id: entry for entry in entries_between(connection, then.starts_at, then.ends_at)}
        gone = [entry.id for entry in then.entries if entry.id not in here]
        came = here.keys() - {entry.id for entry in then.entries}
        elsewhere = {entry.id: entry for entry in entries_by_id(connection, gone)}
        new = made_since(connection, at, came)
    return Past(then, differences(then.entries, here | elsewhere, frozenset(here), new), now)


def _board(connection: Connection, day: date, at: datetime, clinic: Clinic) -> tuple[DayBoard, datetime]:
    starts_at, ends_at = board_bounds(day, clinic)
    now = database_now(connection)
    if at > now:
        raise InvalidInput(field="at", expected="a moment gone by")
    entries = entries_at(connection, at, starts_at, ends_at)
    time_off, blocks = absences_at(connection, at, starts_at, ends_at)
    return DayBoard(day, starts_at, ends_at, at, entries, time_off, blocks), now
