"""Books, changes, cancels and reinstates appointments: each command once, by the rules, with its messages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.domain.commands import Unchanged
from clinic_desk.domain.records import Entry
from clinic_desk.domain.rules import candidate_of_book
from clinic_desk.services.booking_steps import (
    book_in,
    cancel_in,
    park_in,
    reinstate_in,
    set_status_in,
    standing_entry,
    update_in,
)
from clinic_desk.services.placing import checked_instant, checked_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.commands import Book, Cancel, Park, Reinstate, SetStatus, Update


def book(db: Database, command: Book) -> Entry:
    """Book a patient and queue the confirmation; return the entry as it now stands.

    Raises RuleViolation, SlotTaken, PatientConflict (merged: `now` is the target), NotFound, InvalidInput, NotAllowed,
    DatabaseDown, Busy, OutcomeUnknown.
    """
    candidate = replace(candidate_of_book(command), starts_at=checked_instant("starts_at", command.starts_at))
    checked_text("note", command.note)
    return _changing(db, command, command.appointment_id, partial(book_in, db, command, candidate))


def update(db: Database, command: Update) -> Entry:
    """Change an appointment: time, doctor, room, type, length, note, patient. Raises as `book`, and Conflict.

    With `reinstate` a cancelled or parked one is booked again in the same transaction: at its old place as `reinstate`
    does it, at another one as `book` does.
    """
    if not isinstance(command.starts_at, Unchanged):
        command = replace(command, starts_at=checked_instant("starts_at", command.starts_at))
    if not isinstance(command.note, Unchanged):
        checked_text("note", command.note)
    return _changing(db, command, command.appointment_id, partial(update_in, db, command))


def set_status(db: Database, command: SetStatus) -> Entry:
    """Set the status by `FOLLOWING`; back from a no-show needs the time still free. Raises as `update`."""
    return _changing(db, command, command.appointment_id, partial(set_status_in, db, command))


def cancel(db: Database, command: Cancel) -> Entry:
    """Cancel with a reason; the messages that have not left are voided, a patient who was told is told. As `update`."""
    return _changing(db, command, command.appointment_id, partial(cancel_in, db, command))


def park(db: Database, command: Park) -> Entry:
    """Take an appointment off the calendar until it is put back: it holds no time and nobody is reminded. As `update`.

    `update` with `reinstate` puts it back, at its old place or another; `cancel` ends it.
    """
    return _changing(db, command, command.appointment_id, partial(park_in, db, command))


def reinstate(db: Database, command: Reinstate) -> Entry:
    """Take a cancellation back, at the old place if it is still free; what was overruled then, is. As `update`."""
    return _changing(db, command, command.appointment_id, partial(reinstate_in, db, command))


def _changing(
    db: Database,
    command: Book | Update | SetStatus | Cancel | Park | Reinstate,
    appointment_id: UUID,
    work: Callable[[Connection], Entry],
) -> Entry:
    name = type(command).__name__
    return db.changing(command.operation_id, name, work, partial(standing_entry, appointment_id))
