"""What a paper list of a room's day holds, line by line, as `day_list` has it of a doctor's. Pure.

A room has no hours of its own: it is free while somebody works at its site and nothing stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic_desk.domain.day_list import Line, LineKind, closed_by, is_on_paper, left_of, put_in_order
from clinic_desk.domain.records import Clinic, DayBoard, Entry, Room, Site
from clinic_desk.domain.wall import day_bounds
from clinic_desk.domain.working_time import Interval, working_windows


@dataclass(frozen=True, slots=True)
class RoomDay:
    """The local day of one room or device. `read_at`: when it was read, by the database's clock."""

    day: date
    room_id: UUID
    site: Site
    read_at: datetime
    lines: tuple[Line, ...]

    @property
    def appointments(self) -> tuple[Line, ...]:
        """The lines of appointments, by start."""
        return tuple(line for line in self.lines if line.kind is LineKind.APPOINTMENT)


def room_days(
    board: DayBoard, clinic: Clinic, site_ids: Iterable[UUID] = (), room_ids: Iterable[UUID] = ()
) -> tuple[RoomDay, ...]:
    """Return a list for each room and device, site by site; both empty: of all.

    One in which nothing is, and for which nothing is kept, has no list, except when exactly that one was asked for.
    """
    sites, wanted = set(site_ids), set(room_ids)
    made = [
        room_day(board, clinic, room)
        for site in clinic.sites
        for room in clinic.rooms
        if room.site_id == site.id and (not sites or site.id in sites) and (not wanted or room.id in wanted)
    ]
    return tuple(each for each in made if _is_used(each) or (len(wanted) == 1 and len(made) == 1))


def _is_used(day: RoomDay) -> bool:
    return any(line.kind in {LineKind.APPOINTMENT, LineKind.BLOCK} for line in day.lines)


def room_day(board: DayBoard, clinic: Clinic, room: Room) -> RoomDay:
    """Return the day of one room or device; a patient is where she really is, if that is not where she was booked."""
    site = clinic.site(room.site_id)
    bounds = Interval(*day_bounds(board.day, site.zone))
    visits = [entry for entry in board.entries if is_on_paper(entry, site, bounds) and _is_in(entry, room)]
    lines = [Line(LineKind.APPOINTMENT, row.appointment.starts_at, row.appointment.ends_at, row) for row in visits]
    closure = closed_by(clinic, site.id, board.day)
    hours = _hours(clinic, site, board.day)
    if closure is not None:
        lines += [Line(LineKind.CLOSED, span.starts_at, span.ends_at, None, closure.name, True) for span in hours[:1]]
        return RoomDay(board.day, room.id, site, board.read_at, put_in_order(lines))
    kept = [row for row in board.blocks if row.room_id == room.id]
    for row in kept:
        start, end = max(row.starts_at, bounds.starts_at), min(row.ends_at, bounds.ends_at)
        lines.append(Line(LineKind.BLOCK, start, end, None, row.name))
    if room.capacity == 1:
        taken = [Interval(*row.appointment.footprint) for row in visits if row.appointment.status.occupies_time]
        taken += [Interval(row.starts_at, row.ends_at) for row in kept]
        gaps = (gap for span in hours for gap in left_of(span, taken))
        lines += [Line(LineKind.FREE, gap.starts_at, gap.ends_at) for gap in gaps]
    return RoomDay(board.day, room.id, site, board.read_at, put_in_order(lines))


def _is_in(entry: Entry, room: Room) -> bool:
    row = entry.appointment
    return room.id in {row.present_room_id or row.room_id, row.device_id}


def _hours(clinic: Clinic, site: Site, day: date) -> list[Interval]:
    """Return when anybody works at the site, in order."""
    spans = sorted(
        window.interval
        for person in clinic.practitioners
        if person.active
        for window in working_windows(
            clinic.working_hours, (), (site,), person.id, day, overrides=clinic.date_overrides
        )
    )
    out: list[Interval] = []
    for span in spans:
        if out and span.starts_at <= out[-1].ends_at:
            out[-1] = Interval(out[-1].starts_at, max(out[-1].ends_at, span.ends_at))
        else:
            out.append(span)
    return out
