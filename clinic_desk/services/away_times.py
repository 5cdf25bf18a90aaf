"""Judges a time that the desk typed for a patient whom an absence hits; nothing is locked or written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from clinic_desk.database.queries.calendar import absences_between, holds_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.entries import entries_between
from clinic_desk.domain.away import Around, away_of
from clinic_desk.domain.away_times import judge_typed
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import InvalidInput
from clinic_desk.services.placing import checked_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.away import Saving
    from clinic_desk.domain.away_times import Typed
    from clinic_desk.domain.records import Appointment


def look_at(
    db: Database, save: Saving, row: Appointment, starts_at: datetime, promised: Iterable[Appointment] = ()
) -> Typed:
    """Return whether a visit can be moved to a start while `save` keeps a doctor or site, and why not.

    `promised`: those who are hit too, where they are going to stand. Four statements, one snapshot. Raises
    InvalidInput (an instant far away, or a site that is gone), DatabaseDown, Busy.
    """
    starts_at = checked_instant("starts_at", starts_at)
    bounds = (
        starts_at - timedelta(minutes=row.buffer_before_minutes),
        starts_at + row.length + timedelta(minutes=row.buffer_after_minutes),
    )
    with db.reading() as connection:
        clinic = clinic_record(connection)
        others = [entry.appointment for entry in entries_between(connection, *bounds)]
        time_off, blocks = absences_between(connection, *bounds)
        now, holds = holds_between(connection, *bounds, db.desk.id)
    try:
        day = local_day(starts_at, clinic.site(row.site_id).zone)
        around = Around(clinic, (), time_off, blocks, {}, now, day).without(away_of(save, clinic))
        return judge_typed(row, starts_at, around, (*others, *promised), holds)
    except KeyError:
        raise InvalidInput(field="starts_at", expected="a site, doctor and type that the clinic has") from None
