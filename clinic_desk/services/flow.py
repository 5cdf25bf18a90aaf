"""Who never arrived: listed by the database's clock, and marked as not having come, all as one change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import flow as queries_flow
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.series import lock_places
from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.flow import Marked
from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.domain.rules import candidate_of_appointment
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services.booking_steps import set_status_in, standing_entry
from clinic_desk.services.placing import wanted_place
from clinic_desk.services.telling import tell_of_dates

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.flow import MarkNoShows
    from clinic_desk.domain.records import Entry

LOOKED_BACK_DAYS: Final = 7
"""Who was forgotten on a Friday, or over some holidays, is still found."""
MOST_MARKS: Final = 500


def never_arrived(db: Database, site_id: UUID | None = None) -> tuple[Entry, ...]:
    """Return those of the last days whose time is over and who are still only booked. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries_flow.never_arrived(connection, LOOKED_BACK_DAYS, site_id)


def mark_noshows(db: Database, command: MarkNoShows) -> Marked:
    """Mark them in one transaction; those that another desk changed since they were seen are left as they are.

    Raises InvalidInput, NotFound, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    if not 1 <= len(command.marks) <= MOST_MARKS:
        raise InvalidInput(field="marks", expected=f"1 to {MOST_MARKS} appointments")
    return db.changing(
        command.operation_id, type(command).__name__, partial(_mark, db, command), partial(_standing, command)
    )


def _mark(db: Database, command: MarkNoShows, connection: Connection) -> Marked:
    known = {entry.id: entry for entry in entries_by_id(connection, [row_id for row_id, _ in command.marks])}
    rows = [entry.appointment for entry in known.values()]
    lock_places(connection, (wanted_place(candidate_of_appointment(row), leaving=row) for row in rows))
    done: list[UUID] = []
    for row_id, version in command.marks:
        step = SetStatus(row_id, version, AppointmentStatus.NOSHOW)
        try:
            with connection.begin_nested():
                set_status_in(db, step, connection, together=True)
        except Refused:
            continue
        done.append(row_id)
    for series_id in {row.series_id for row in rows if row.series_id is not None and row.id in done}:
        tell_of_dates(db, connection, series_id, {row.id for row in rows if row.series_id == series_id}, tell=False)
    left = tuple(standing_entry(row_id, connection) for row_id, _ in command.marks if row_id not in done)
    return Marked(entries_by_id(connection, done), left)


def _standing(command: MarkNoShows, connection: Connection) -> Marked:
    """Done already under this operation (a lost answer): how they stand now."""
    entries = entries_by_id(connection, [row_id for row_id, _ in command.marks], erroneous=True)
    is_done = [entry for entry in entries if entry.appointment.status is AppointmentStatus.NOSHOW]
    return Marked(tuple(is_done), tuple(entry for entry in entries if entry not in is_done))
