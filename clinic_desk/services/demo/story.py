"""How each appointment of the demo clinic came to what it is: who booked it when at which desk, who checked in whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.services.demo.appointments import DemoAppointment, DemoStep, by_day
from clinic_desk.services.demo.setup import STAFF

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from clinic_desk.services.demo.setup import DemoSetup

_MINUTE: Final = timedelta(minutes=1)
_AT_FIRST_DESK: Final = 0.62
_LOGINS: Final = tuple(STAFF)
_IN_ROOM_SAID: Final = 0.3


def told(
    rows: Iterable[DemoAppointment], setup: DemoSetup, now: datetime, chance: random.Random
) -> tuple[DemoAppointment, ...]:
    """Return the appointments with their steps, the last of which made each what it is; none lies after `now`."""
    return tuple(_with_steps(_settled(row, now, chance), setup, chance) for row in rows)


def _settled(row: DemoAppointment, now: datetime, chance: random.Random) -> DemoAppointment:
    """A mistake is noticed, and a visit parked, some time after it was booked."""
    if row.appointment.status not in {Status.ENTERED_IN_ERROR, Status.WAITLIST}:
        return row
    latest = min(now, row.appointment.starts_at)
    at = by_day(row.booked_at + (latest - row.booked_at) * chance.uniform(0.05, 0.6), row.appointment.zone)
    return replace(row, changed_at=max(row.booked_at, at))


def _with_steps(row: DemoAppointment, setup: DemoSetup, chance: random.Random) -> DemoAppointment:
    visit, status = row.appointment, row.appointment.status
    if status is Status.BOOKED:
        return replace(row, steps=(DemoStep(status, row.booked_at, row.changed_by, row.desk_id),))
    first = 0 if chance.random() < _AT_FIRST_DESK else 1
    steps = [DemoStep(Status.BOOKED, row.booked_at, _LOGINS[first], setup.desks[first].id)]
    if status in {Status.CHECKED_IN, Status.FULFILLED}:
        # She arrives a little before her time; that she went in is not always said.
        came = max(row.booked_at + _MINUTE, visit.starts_at - chance.randint(1, 18) * _MINUTE)
        steps.append(DemoStep(Status.ARRIVED, min(came, row.changed_at), row.changed_by, row.desk_id))
        if status is Status.FULFILLED and chance.random() < _IN_ROOM_SAID:
            went_in = max(came, visit.starts_at + chance.randint(-3, 9) * _MINUTE)
            steps.append(DemoStep(Status.CHECKED_IN, min(went_in, row.changed_at), row.changed_by, row.desk_id))
    steps.append(DemoStep(status, row.changed_at, row.changed_by, row.desk_id))
    return replace(row, appointment=replace(visit, version=len(steps)), steps=tuple(steps))
