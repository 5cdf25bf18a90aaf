"""Finds free times for a follow-up: around the day that was asked for, the best ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.domain.patients_follow_up import AFTER, BEFORE, nearest
from clinic_desk.domain.wall import day_bounds
from clinic_desk.services.slots import SlotQuery, free_slots

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.availability import FreeSlot
    from clinic_desk.domain.records import Clinic


def follow_up_times(
    db: Database,
    clinic: Clinic,
    day: date,
    type_id: UUID,
    practitioner_id: UUID | None,
    *,
    minute: int,
    now: datetime,
) -> tuple[FreeSlot, ...]:
    """Return up to nine free times around a day, with one doctor or (None) any who does it.

    `minute`: the wall time that is liked best. Raises NotFound for an unknown type, DatabaseDown, Busy.
    """
    zone = clinic.sites[0].zone if clinic.sites else "UTC"
    query = SlotQuery(
        type_id=type_id,
        from_at=max(now, day_bounds(day - BEFORE, zone)[0]),
        practitioner_ids=None if practitioner_id is None else frozenset({practitioner_id}),
        days=(BEFORE + AFTER).days + 1,
    )
    zones = {site.id: site.zone for site in clinic.sites}
    return nearest(free_slots(db, query, clinic), day, minute, zones)
