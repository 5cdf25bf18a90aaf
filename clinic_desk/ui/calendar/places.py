"""The words the calendar speaks with the rest of the program: its columns, a place on it, a wish to move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a practitioner's or a room's local day. A week view is one practitioner on seven days.

    `colour` is "#rrggbb"; it stripes the header. `subtitle`: speciality, site or, in a week, what the caller likes.
    """

    kind: Literal["practitioner", "room"]
    id: UUID
    day: date
    title: str
    subtitle: str = ""
    colour: str = "#3b6fd4"


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the calendar: whose column, where, from when (UTC), and how long if a range was chosen."""

    practitioner_id: UUID | None
    room_id: UUID | None
    site_id: UUID
    starts_at: datetime
    length_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class MoveWish:
    """Where a user wants an appointment: its doctor, site, start (UTC) and length.

    `room_id` is set only when it was dropped on a room's column; None leaves the room as it is.
    """

    entry: Entry
    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    length_minutes: int
    room_id: UUID | None = None

    @property
    def may_take_others_along(self) -> bool:
        """Whether it is a date of a series that is put to another time or doctor at its site: others could go along."""
        row = self.entry.appointment
        minutes = int(row.length.total_seconds()) // 60
        is_here = row.series_id is not None and self.site_id == row.site_id and row.status.value == "booked"
        return is_here and (self.starts_at, self.practitioner_id, self.length_minutes) != (
            row.starts_at,
            row.practitioner_id,
            minutes,
        )
