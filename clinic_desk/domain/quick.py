"""Changes made by one key (a status, parking, cancelling), and what each would make of an appointment. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from clinic_desk.domain.commands import Cancel, Park, SetStatus, Unchanged
from clinic_desk.domain.records import Appointment, AppointmentStatus

Quick = SetStatus | Cancel | Park

_INSIDE = frozenset({AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED})


def wished(row: Appointment, wish: Quick) -> Appointment:
    """Return an appointment as a quick change would have it, over the version it has."""
    match wish:
        case Cancel():
            return replace(
                row, status=AppointmentStatus.CANCELLED, cancellation_reason=wish.reason, present_room_id=None
            )
        case Park():
            return replace(row, status=AppointmentStatus.WAITLIST, cancellation_reason=None, present_room_id=None)
        case SetStatus():
            room_id = row.present_room_id if isinstance(wish.present_room_id, Unchanged) else wish.present_room_id
            room_id = room_id if wish.status in _INSIDE and room_id != row.room_id else None
            return replace(row, status=wish.status, cancellation_reason=None, present_room_id=room_id)
        case _:
            assert_never(wish)


def is_as_wished(row: Appointment, wish: Quick) -> bool:
    """Whether an appointment is as a quick change wishes it to be; for which reason it was cancelled is all one."""
    if isinstance(wish, SetStatus):
        return wish.is_so(row)
    return row.status is wished(row, wish).status
