"""Rooms and devices for several at once: whether an imported appointment finds a place, the file's own counted."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from math import ceil, floor
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries import importing as queries
from clinic_desk.domain.agendas import Agenda, full

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Appointment, Clinic, Room

_LONGEST: Final = 32 * 3600
"""Seconds of the longest footprint: a day and two buffers of four hours."""

Span = tuple[int, int]


class Shared:
    """The places that the database has given, looked up batch by batch, and those that earlier rows take."""

    def __init__(self, clinic: Clinic) -> None:
        self.rooms = {room.id: room for room in clinic.rooms if room.capacity > 1}
        self._there: dict[tuple[int, UUID], list[Span]] = {}
        self._taken: dict[UUID, list[Span]] = {}

    def look(self, connection: Connection, rows: Sequence[tuple[int, Appointment]]) -> None:
        """Look up what stands where these rows (number, appointment) want a place."""
        wanted = [(number, room.id, *row.footprint) for number, row in rows for room in self._of(row)]
        self._there = queries.sharing(connection, wanted) if wanted else {}

    def full(self, number: int, row: Appointment) -> Room | None:
        """Return the room or device that has no place for a row that was looked up; None: it has one everywhere."""
        span = _span(row)
        for room in self._of(row):
            taken = [*self._there.get((number, room.id), ()), *self._near(room.id, span)]
            if Agenda(full(taken, room.capacity)).takes(span, span):
                return room
        return None

    def take(self, row: Appointment) -> None:
        """Count a row that is going to be stored."""
        for room in self._of(row):
            insort(self._taken.setdefault(room.id, []), _span(row))

    def _of(self, row: Appointment) -> Iterator[Room]:
        for key in (row.room_id, row.device_id):
            if key in self.rooms:
                yield self.rooms[key]

    def _near(self, room_id: UUID, span: Span) -> list[Span]:
        taken = self._taken.get(room_id, [])
        first, last = bisect_left(taken, (span[0] - _LONGEST, 0)), bisect_left(taken, (span[1], 0))
        return [one for one in taken[first:last] if one[1] > span[0]]


def _span(row: Appointment) -> Span:
    begin, end = row.footprint
    return floor(begin.timestamp()), ceil(end.timestamp())
