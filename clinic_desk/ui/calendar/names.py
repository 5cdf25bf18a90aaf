"""What the things of one clinic are called on the calendar, and in which colour they are drawn; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.records import Clinic, Entry


class Names:
    """Names and colours of one clinic's types, rooms and people, found by id."""

    def __init__(self, clinic: Clinic, *, by_type: bool) -> None:
        self.clinic, self.by_type = clinic, by_type
        self._types = {one.id.int: one.name for one in clinic.types}
        self._limits = {one.id.int: one.waiting_limit_minutes for one in clinic.types}
        self._rooms = {one.id.int: one.name for one in clinic.rooms}
        owners = clinic.types if by_type else clinic.practitioners
        self._colours = {one.id.int: one.colour for one in owners}

    def type_name(self, entry: Entry) -> str:
        """Return the name of an appointment's type, "" when it is not known."""
        return self._types.get(entry.appointment.type_id.int, "")

    def is_too_long(self, entry: Entry, waiting: int | None) -> bool:
        """Whether so many minutes of waiting are more than the appointment's type allows."""
        limit = self._limits.get(entry.appointment.type_id.int, 0)
        return bool(limit) and waiting is not None and waiting >= limit

    def room_name(self, room_id: UUID) -> str:
        """Return the name of a room, "" when it is not known."""
        return self._rooms.get(room_id.int, "")

    def colour(self, entry: Entry) -> str:
        """Return "#rrggbb" of an appointment, its doctor's or its type's; "" when not known."""
        appointment = entry.appointment
        owner = appointment.type_id if self.by_type else appointment.practitioner_id
        return self._colours.get(owner.int, "")
