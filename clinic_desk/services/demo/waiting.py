"""The demo clinic's waiting list: patients who have an appointment weeks ahead and would come sooner."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.domain.waiting import Priority, Wish
from clinic_desk.services.demo.setup import made_id

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import datetime

    from clinic_desk.services.demo.appointments import DemoAppointment

_COUNT: Final = 12
_AHEAD: Final = timedelta(days=21)
_PRIORITIES: Final = (Priority.ROUTINE,) * 4 + (Priority.URGENT, Priority.ASAP)
_TIMES: Final = ((), (), ((480, 720),), ((480, 600), (960, 1080)), ((720, 1080),))
_WEEKDAYS: Final = (frozenset[int](), frozenset[int](), frozenset({1, 3, 5}), frozenset({2, 4}))
_NOTES: Final = ("", "", "", "works nights, call the mobile", "can be here in half an hour", "comes with a child")


def demo_waiting(appointments: Iterable[DemoAppointment], now: datetime, chance: random.Random) -> tuple[Wish, ...]:
    """Return who waits, each with an appointment to be moved forward; half of them with its doctor only."""
    far = [
        row.appointment
        for row in appointments
        if row.appointment.status is AppointmentStatus.BOOKED
        and row.appointment.starts_at > now + _AHEAD
        and row.booked_at < now
    ]
    wishes = []
    for row in chance.sample(far, min(_COUNT, len(far))):
        added = now - timedelta(hours=chance.randrange(5, 24 * 20))
        only = chance.random() < 0.5
        wishes.append(
            Wish(
                made_id(chance, added),
                row.patient_id,
                row.type_id,
                frozenset({row.practitioner_id}) if only else frozenset(),
                weekdays=chance.choice(_WEEKDAYS),
                times=chance.choice(_TIMES),
                priority=chance.choice(_PRIORITIES),
                note=chance.choice(_NOTES),
                appointment_id=row.id,
                added_at=added,
            )
        )
    return tuple(wishes)
