"""How short and how long a visit may be, and how soon and how far ahead a start is offered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from clinic_desk.domain.records import AppointmentType, BookingRules
from clinic_desk.domain.wall import local_day

SHORTEST_MINUTES: Final = 5
LONGEST_MINUTES: Final = 12 * 60
WALK_IN_MINUTES: Final = 15
"""So long after its start a walk-in may still be booked: the patient stands there, and the clock does not."""


def earliest_start(now: datetime, notice_minutes: int = 0) -> datetime:
    """Return the first start still allowed: the minute now running, later by the notice in elapsed minutes."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=notice_minutes)


def last_day_offered(now: datetime, horizon_days: int | None, zone: str) -> date:
    """Return the last local day on which starts are offered: today and `horizon_days` more; None: no end."""
    if horizon_days is None:
        return date.max
    return local_day(now, zone) + timedelta(days=horizon_days)


def notice_of(kind: AppointmentType, rules: BookingRules) -> int:
    """Return the minutes before a start until which it is offered: the type's own, else the clinic's."""
    return rules.notice_minutes if kind.notice_minutes is None else kind.notice_minutes


def horizon_of(kind: AppointmentType, rules: BookingRules) -> int:
    """Return how many days ahead starts are offered: the type's own, else the clinic's."""
    return rules.horizon_days if kind.horizon_days is None else kind.horizon_days
