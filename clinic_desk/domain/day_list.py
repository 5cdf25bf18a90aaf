"""What a paper list of a doctor's day holds, line by line, and which day is the next to be put on paper. Pure.

A line is an appointment, or what else a time is: free, a break, time off, kept for something. What is cancelled, parked
or entered in error is not on paper: on the day of an outage it would be taken for somebody who comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from clinic_desk.domain.records import AppointmentStatus, Block, Clinic, Closure, DayBoard, Entry, Site, TimeOff
from clinic_desk.domain.wall import day_bounds, local_day, minute_to_instant
from clinic_desk.domain.working_time import Interval, breaks, working_windows

_DAY: Final = timedelta(days=1)
_SHORTEST_GAP: Final = timedelta(minutes=5)
_LOOK_AHEAD_DAYS: Final = 60
_NOT_ON_PAPER: Final = frozenset(
    {AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST}
)


class LineKind(StrEnum):
    """What a line is about; those that begin together stand in this order."""

    CLOSED = "closed"
    TIME_OFF = "time-off"
    BLOCK = "block"
    BREAK = "break"
    APPOINTMENT = "appointment"
    FREE = "free"


_ORDER: Final = {kind: place for place, kind in enumerate(LineKind)}


@dataclass(frozen=True, slots=True)
class Line:
    """[starts_at, ends_at) and what it is; `entry` of an appointment, `name` of time off, a block or a closure."""

    kind: LineKind
    starts_at: datetime
    ends_at: datetime
    entry: Entry | None = None
    name: str = ""
    whole_day: bool = False
    """It lasts all that this doctor would work at this site on this day, or longer."""


@dataclass(frozen=True, slots=True)
class DoctorDay:
    """One doctor's local day at one site. `read_at`: when it was read, by the database's clock."""

    day: date
    practitioner_id: UUID
    site: Site
    read_at: datetime
    lines: tuple[Line, ...]

    @property
    def appointments(self) -> tuple[Line, ...]:
        """The lines of appointments, by start."""
        return tuple(line for line in self.lines if line.kind is LineKind.APPOINTMENT)


def doctor_days(
    board: DayBoard, clinic: Clinic, site_ids: Iterable[UUID] = (), practitioner_ids: Iterable[UUID] = ()
) -> tuple[DoctorDay, ...]:
    """Return a list for each doctor and site, sites in their order and doctors in theirs; both empty: of all.

    Who neither works nor has an appointment at a site has no list, except when exactly that doctor was asked for and
    there is no list of hers at all: it then says that there is nothing (at the first site that was asked for).
    """
    sites, people = set(site_ids), set(practitioner_ids)
    wanted_sites = [site for site in clinic.sites if not sites or site.id in sites]
    found = [
        made
        for site in wanted_sites
        for person in clinic.practitioners
        if (not people or person.id in people)
        and (made := doctor_day(board, clinic, site, person.id)).lines
        and (person.active or made.appointments)
    ]
    if not found and len(people) == 1 and wanted_sites:
        found = [doctor_day(board, clinic, wanted_sites[0], next(iter(people)))]
    return tuple(found)


def doctor_day(board: DayBoard, clinic: Clinic, site: Site, practitioner_id: UUID) -> DoctorDay:
    """Return one doctor's day at one site; without lines if she has nothing to do with it."""
    lines = put_in_order(_lines(board, clinic, site, practitioner_id))
    return DoctorDay(board.day, practitioner_id, site, board.read_at, lines)


def put_in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines as they stand below each other."""
    return tuple(sorted(lines, key=lambda line: (line.starts_at, _ORDER[line.kind], line.ends_at)))


def _lines(board: DayBoard, clinic: Clinic, site: Site, practitioner_id: UUID) -> list[Line]:
    bounds = Interval(*day_bounds(board.day, site.zone))
    hers = [entry for entry in board.entries if entry.appointment.practitioner_id == practitioner_id]
    visits = [entry for entry in hers if is_on_paper(entry, site, bounds)]
    windows = working_windows(
        clinic.working_hours, (), (site,), practitioner_id, board.day, overrides=clinic.date_overrides
    )
    lines = [Line(LineKind.APPOINTMENT, row.appointment.starts_at, row.appointment.ends_at, row) for row in visits]
    if not windows and not visits:
        return []
    shown = _hull([window.interval for window in windows], visits)
    closure = closed_by(clinic, site.id, board.day)
    if closure is not None:
        closed = Line(LineKind.CLOSED, shown.starts_at, shown.ends_at, None, closure.name, whole_day=True)
        return [closed, *lines] if visits else []
    away = _absences(board, practitioner_id, shown)
    busy = [Interval(*entry.appointment.footprint) for entry in hers if entry.appointment.status.occupies_time]
    taken = [*busy, *(Interval(line.starts_at, line.ends_at) for line in away)]
    for kind, spans in ((LineKind.FREE, windows), (LineKind.BREAK, breaks(windows))):
        for span in spans:
            lines += [Line(kind, gap.starts_at, gap.ends_at) for gap in left_of(span.interval, taken)]
    return lines + away


def is_on_paper(entry: Entry, site: Site, bounds: Interval) -> bool:
    """Whether an appointment is on the lists of a site and of the local day with these bounds."""
    row = entry.appointment
    is_here = row.site_id == site.id and row.status not in _NOT_ON_PAPER
    return is_here and Interval(row.starts_at, row.ends_at).overlaps(bounds)


def closed_by(clinic: Clinic, site_id: UUID, day: date) -> Closure | None:
    """Return what closes a site on a local day."""
    rows = (row for row in clinic.closures if row.site_id == site_id and row.first_day <= day <= row.last_day)
    return next(rows, None)


def _hull(working: Sequence[Interval], visits: Sequence[Entry]) -> Interval:
    """From the first to the last of what the list shows; there is something."""
    spans = [*working, *(Interval(row.appointment.starts_at, row.appointment.ends_at) for row in visits)]
    return Interval(min(span.starts_at for span in spans), max(span.ends_at for span in spans))


def _absences(board: DayBoard, practitioner_id: UUID, shown: Interval) -> list[Line]:
    """Time off and blocks of the doctor, cut to what the list shows."""
    rows: list[tuple[LineKind, TimeOff | Block]] = []
    rows += [(LineKind.TIME_OFF, row) for row in board.time_off if row.practitioner_id == practitioner_id]
    rows += [(LineKind.BLOCK, row) for row in board.blocks if row.practitioner_id == practitioner_id]
    out = []
    for kind, row in rows:
        start, end = max(row.starts_at, shown.starts_at), min(row.ends_at, shown.ends_at)
        if start < end:
            whole = (start, end) == (shown.starts_at, shown.ends_at)
            out.append(Line(kind, start, end, None, row.name, whole_day=whole))
    return out


def left_of(span: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """Return what the taken intervals leave of a span, by start; less than five minutes is nothing."""
    out, reached = [], span.starts_at
    for each in sorted(taken):
        if each.starts_at >= span.ends_at:
            break
        if each.starts_at - reached >= _SHORTEST_GAP:
            out.append(Interval(reached, each.starts_at))
        reached = max(reached, each.ends_at)
    if span.ends_at - reached >= _SHORTEST_GAP:
        out.append(Interval(reached, span.ends_at))
    return out


# --- when, and for which day ------------------------------------------------------------------------------------------


def next_working_day(clinic: Clinic, site: Site, after: date) -> date | None:
    """Return the first local day after `after` on which somebody works at the site; None within two months."""
    people = [person.id for person in clinic.practitioners if person.active]
    for count in range(1, _LOOK_AHEAD_DAYS + 1):
        day = after + count * _DAY
        if closed_by(clinic, site.id, day) is None and any(_works(clinic, site, person, day) for person in people):
            return day
    return None


def _works(clinic: Clinic, site: Site, practitioner_id: UUID, day: date) -> bool:
    return bool(
        working_windows(clinic.working_hours, (), (site,), practitioner_id, day, overrides=clinic.date_overrides)
    )


def last_due(now: datetime, minutes: Iterable[int], zone: str) -> datetime | None:
    """Return the latest instant, not after `now`, at which the clocks of `zone` showed one of these minutes of a day.

    It is looked for today and yesterday: what was due while this PC was off is made up for. None: no minutes.
    """
    today = local_day(now, zone)
    moments = [minute_to_instant(day, minute, zone) for day in (today - _DAY, today) for minute in minutes]
    return max((moment for moment in moments if moment <= now), default=None)
