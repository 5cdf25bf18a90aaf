"""Sets a status, parks or cancels over what another desk set first, when whoever sees both wants it all the same."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.commands import Cancel, Park, Rule, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.services.booking_steps import (
    CANCELLABLE,
    FOLLOWING,
    PARKABLE,
    cancel_in,
    park_in,
    set_status_in,
    standing_entry,
    update_in,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.quick import Quick
    from clinic_desk.domain.records import Appointment

SET_AGAIN: Final = "SetAgain"
_OFF: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR})


def set_again(db: Database, wish: Quick) -> Entry:
    """Carry out a quick change of what stands (its version the one that was seen), whatever status that has.

    Where no single step leads there, the appointment is booked again first, at its place, in the same transaction: one
    change to take back. Raises as `booking.update`: SlotTaken if its time was given to somebody else meanwhile.
    """
    work = partial(_set, db, wish)
    return db.changing(wish.operation_id, SET_AGAIN, work, partial(standing_entry, wish.appointment_id))


def _set(db: Database, wish: Quick, connection: Connection) -> Entry:
    now = standing_entry(wish.appointment_id, connection).appointment
    if now.version == wish.version and not _leads_there(now, wish):
        back = _booked_again(db, now, connection)
        if isinstance(wish, SetStatus) and wish.status is AppointmentStatus.BOOKED:
            return back
        wish = replace(wish, version=back.appointment.version)
    match wish:
        case Cancel():
            return cancel_in(db, wish, connection)
        case Park():
            return park_in(db, wish, connection)
        case SetStatus():
            return set_status_in(db, wish, connection)


def _leads_there(now: Appointment, wish: Quick) -> bool:
    match wish:
        case Cancel():
            return now.status in CANCELLABLE
        case Park():
            return now.status in PARKABLE
        case SetStatus():
            return wish.status is now.status or wish.status in FOLLOWING[now.status]


def _booked_again(db: Database, now: Appointment, connection: Connection) -> Entry:
    """Make it booked at its place; one that was deleted too."""
    if now.status in _OFF:
        update = Update(now.id, now.version, reinstate=True, beside=frozenset())
        return update_in(db, update, connection, forgiven=frozenset({Rule.IN_THE_PAST}))
    return set_status_in(db, SetStatus(now.id, now.version, AppointmentStatus.BOOKED), connection)
