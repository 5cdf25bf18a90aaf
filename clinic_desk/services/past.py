"""The board as it was at a moment gone by, from the append-only history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries_desks import database_now
from clinic_desk.database.queries_past import absences_at, entries_at
from clinic_desk.domain.records import DayBoard
from clinic_desk.errors import InvalidInput
from clinic_desk.services.calendar import board_bounds

if TYPE_CHECKING:
    from datetime import date, datetime

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic


def board_at(db: Database, day: date, at: datetime, clinic: Clinic) -> DayBoard:
    """Return one local day of the whole clinic as it stood at the moment `at`, its `read_at`; three statements.

    Appointments, their patients, time off and blocks are as they were; holds are gone, and the state of messages is not
    kept in the history. Raises InvalidInput (`at` is still to come by the database's clock), DatabaseDown, Busy.
    """
    starts_at, ends_at = board_bounds(day, clinic)
    with db.reading() as connection:
        if at > database_now(connection):
            raise InvalidInput(field="at", expected="a moment gone by")
        entries = entries_at(connection, at, starts_at, ends_at)
        time_off, blocks = absences_at(connection, at, starts_at, ends_at)
    return DayBoard(day, starts_at, ends_at, at, entries, time_off, blocks)
