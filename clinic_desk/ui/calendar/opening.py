"""When a column's day is open and whose clock rules it: its working windows, its site, its zone; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.domain.working_time import Window, working_windows

if TYPE_CHECKING:
    from clinic_desk.domain.records import Clinic, WorkingHours
    from clinic_desk.ui.calendar.places import Column


@dataclass(frozen=True, slots=True)
class Opening:
    """`windows`: working time, closures left out. `usual`: what it would be without them. `zone`: an IANA name."""

    windows: tuple[Window, ...]
    usual: tuple[Window, ...]
    site_id: UUID | None
    zone: str


class Openings:
    """The openings of columns in one clinic; weekly rows are sorted by practitioner once."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._hours: dict[int, list[WorkingHours]] = {}
        for row in clinic.working_hours:
            self._hours.setdefault(row.practitioner_id.int, []).append(row)

    def of(self, column: Column) -> Opening:
        """Return a column's opening; a room is open whenever somebody works at its site."""
        room_site = next((room.site_id for room in self._clinic.rooms if room.id == column.id), None)
        if column.kind == "room":
            windows = self._room_windows(column, room_site)
            site_id, usual = room_site, windows
        else:
            windows = self._windows(column.id, column, closures=True)
            usual = windows or self._windows(column.id, column, closures=False)
            site_id = usual[0].site_id if usual else self._usual_site(column.id, column.day)
        zone = next((site.zone for site in self._clinic.sites if site.id == site_id), "UTC")
        return Opening(windows, usual, site_id, zone)

    def _windows(self, practitioner_id: UUID, column: Column, *, closures: bool) -> tuple[Window, ...]:
        rows = self._hours.get(practitioner_id.int, ())
        closed = self._clinic.closures if closures else ()
        overrides = self._clinic.date_overrides
        return working_windows(rows, closed, self._clinic.sites, practitioner_id, column.day, overrides=overrides)

    def _room_windows(self, column: Column, site_id: UUID | None) -> tuple[Window, ...]:
        found = [
            window
            for practitioner in self._clinic.practitioners
            for window in self._windows(practitioner.id, column, closures=True)
            if window.site_id == site_id
        ]
        return tuple(sorted(found, key=lambda window: window.interval))

    def _usual_site(self, practitioner_id: UUID, day: date) -> UUID | None:
        """Return where a practitioner with no hours on this day works on others; else the clinic's first site.

        The weekly hours that hold then say it; of one who has none, the single date nearest to it.
        """
        rows = self._hours.get(practitioner_id.int)
        if rows:
            holding = (row for row in rows if row.valid_from <= day <= (row.valid_to or day))
            return next(holding, rows[0]).site_id
        dates = [row for row in self._clinic.date_overrides if row.practitioner_id == practitioner_id]
        if dates:
            return min(dates, key=lambda row: abs(row.day - day)).site_id
        return next((site.id for site in self._clinic.sites if site.active), None)
