"""What the tests of the search for free starts share: the search with everything given, and starts as wall times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from clinic_desk.domain.availability import (
    FreeSlot,
    free_starts,
    occupied,
    prepare,
    wanted_for,
)
from clinic_desk.domain.records import (
    Appointment,
    AppointmentType,
    Block,
    Clinic,
    TimeOff,
)
from clinic_desk.domain.wall import to_wall
from tests.domain.factories import (
    CHECK_UP,
    LONG_AGO,
    MONDAY,
    SITE,
)

TUESDAY = MONDAY + timedelta(days=1)


def walls(slots: Iterable[FreeSlot]) -> list[str]:
    """Return the starts as the clock of the first site shows them."""
    return [f"{to_wall(slot.starts_at, SITE.zone):%H:%M}" for slot in slots]


def search(
    where: Clinic,
    kind: AppointmentType = CHECK_UP,
    *,
    taken: Iterable[Appointment] = (),
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    day: date = MONDAY,
    last_day: date | None = None,
    now: datetime = LONG_AGO,
    step: int = 60,
    notice: int = 0,
    horizon: int | None = None,
) -> tuple[FreeSlot, ...]:
    return free_starts(
        prepare(where, occupied(taken), time_off, blocks),
        replace(wanted_for(kind, clinic=where), notice_minutes=notice, horizon_days=horizon),
        day,
        last_day or day,
        now=now,
        step_minutes=step,
    )
