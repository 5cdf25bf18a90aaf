"""Reads the calendar: the clinic's set-up, days in one snapshot, single changed entries, and how full a month is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.calendar import absences_between, booked_minutes, holds_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.entries import entries_between, entries_by_id
from clinic_desk.domain.records import DayBoard
from clinic_desk.domain.wall import day_bounds
from clinic_desk.domain.working_time import Interval, working_windows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic, Entry, Hold, TimeOff

_DAY: Final = timedelta(days=1)
_NO_SITE_ZONE: Final = "UTC"


def load_clinic(db: Database) -> Clinic:
    """Return all that rarely changes. One statement. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return clinic_record(connection)


def load_day(db: Database, day: date, clinic: Clinic) -> DayBoard:
    """Return one local day of the whole clinic, read in one snapshot by three statements."""
    return load_days(db, day, day, clinic, None)[0]


def load_days(
    db: Database, first: date, last: date, clinic: Clinic, practitioner_id: UUID | None
) -> tuple[DayBoard, ...]:
    """Return the local days [first, last] in one snapshot by three statements; of one practitioner, or of all (None).

    With a practitioner, rooms' blocks and others' time are left out. An entry that touches two days is in both.
    """
    days = [first + _DAY * count for count in range((last - first).days + 1)]
    bounds = [board_bounds(day, clinic) for day in days]
    starts_at, ends_at = bounds[0][0], bounds[-1][1]
    with db.reading() as connection:
        entries = entries_between(connection, starts_at, ends_at, practitioner_id)
        time_off, blocks = absences_between(connection, starts_at, ends_at)
        read_at, holds = holds_between(connection, starts_at, ends_at, db.desk.id)
    if practitioner_id is not None:
        time_off = tuple(row for row in time_off if row.practitioner_id == practitioner_id)
        blocks = tuple(row for row in blocks if row.practitioner_id == practitioner_id)
        holds = tuple(row for row in holds if row.practitioner_id == practitioner_id)
    if len(days) == 1:
        return (DayBoard(first, starts_at, ends_at, read_at, entries, time_off, blocks, holds),)
    return tuple(
        DayBoard(
            day,
            begin,
            end,
            read_at,
            tuple(entry for entry in entries if _touches(*entry.appointment.footprint, begin, end)),
            tuple(row for row in time_off if _touches(row.starts_at, row.ends_at, begin, end)),
            tuple(row for row in blocks if _touches(row.starts_at, row.ends_at, begin, end)),
            tuple(row for row in holds if _touches(row.starts_at, row.ends_at, begin, end)),
        )
        for day, (begin, end) in zip(days, bounds, strict=True)
    )


def load_entries(db: Database, ids: Iterable[UUID]) -> tuple[Entry, ...]:
    """Return the entries of these ids in one statement; one that is absent (or entered in error) is gone."""
    wanted = list(ids)
    if not wanted:
        return ()
    with db.reading() as connection:
        return entries_by_id(connection, wanted)


def load_holds(db: Database, starts_at: datetime, ends_at: datetime) -> tuple[Hold, ...]:
    """Return the holds of other living desks that touch [starts_at, ends_at). One statement."""
    with db.reading() as connection:
        return holds_between(connection, starts_at, ends_at, db.desk.id)[1]


def load_fullness(
    db: Database, first: date, last: date, clinic: Clinic, site_id: UUID | None = None
) -> dict[date, float]:
    """Return for each local day [first, last] the share 0-1 of the working time that is booked. Two statements.

    Time off is no working time. A day on which nobody works counts as empty, or full if something is booked.
    """
    starts_at = board_bounds(first, clinic)[0]
    ends_at = board_bounds(last, clinic)[1]
    with db.reading() as connection:
        booked = booked_minutes(connection, starts_at, ends_at, site_id)
        time_off, _ = absences_between(connection, starts_at, ends_at)
    days = [first + _DAY * count for count in range((last - first).days + 1)]
    return {day: _share(booked.get(day, 0.0), working_minutes(clinic, day, site_id, time_off)) for day in days}


def board_bounds(day: date, clinic: Clinic) -> tuple[datetime, datetime]:
    """Return [start, end) wide enough for a local day in the zone of every site."""
    zones = {site.zone for site in clinic.sites} or {_NO_SITE_ZONE}
    bounds = [day_bounds(day, zone) for zone in zones]
    return min(start for start, _ in bounds), max(end for _, end in bounds)


def working_minutes(clinic: Clinic, day: date, site_id: UUID | None, time_off: Iterable[TimeOff]) -> float:
    """Return the minutes that all active practitioners together work on a local day, their time off taken out."""
    absent: dict[UUID, list[Interval]] = {}
    for row in time_off:
        absent.setdefault(row.practitioner_id, []).append(Interval(row.starts_at, row.ends_at))
    seconds = 0.0
    for practitioner in clinic.practitioners:
        if practitioner.active:
            windows = working_windows(
                clinic.working_hours,
                clinic.closures,
                clinic.sites,
                practitioner.id,
                day,
                overrides=clinic.date_overrides,
            )
            seconds += sum(
                _left(window.interval, absent.get(practitioner.id, ()))
                for window in windows
                if site_id in {None, window.site_id}
            )
    return seconds / 60


def doctor_fullness(board: DayBoard, clinic: Clinic, practitioner_id: UUID) -> float | None:
    """Return the share 0-1 of one practitioner's working time on a board's day that is booked; None: no such time.

    As `load_fullness`, from what is read already: time off is no working time, an appointment counts where it begins.
    """
    windows = working_windows(
        clinic.working_hours,
        clinic.closures,
        clinic.sites,
        practitioner_id,
        board.day,
        overrides=clinic.date_overrides,
    )
    absent = [Interval(row.starts_at, row.ends_at) for row in board.time_off if row.practitioner_id == practitioner_id]
    seconds = sum(_left(window.interval, absent) for window in windows)
    booked = sum(
        entry.appointment.length.total_seconds()
        for entry in board.entries
        if entry.appointment.practitioner_id == practitioner_id
        and entry.appointment.status.occupies_time
        and entry.appointment.wall_start.date() == board.day
    )
    return _share(booked, seconds) if seconds > 0 or booked else None


def _left(window: Interval, absences: Iterable[Interval]) -> float:
    """Seconds of a window that no absence takes; absences may overlap each other."""
    seconds, reached = 0.0, window.starts_at
    for absence in sorted(absences):
        seconds += max(0.0, (min(absence.starts_at, window.ends_at) - reached).total_seconds())
        reached = max(reached, min(absence.ends_at, window.ends_at))
    return seconds + max(0.0, (window.ends_at - reached).total_seconds())


def _share(booked: float, working: float) -> float:
    if working <= 0:
        return 1.0 if booked else 0.0
    return min(1.0, booked / working)


def _touches(starts_at: datetime, ends_at: datetime, begin: datetime, end: datetime) -> bool:
    return starts_at < end and ends_at > begin
