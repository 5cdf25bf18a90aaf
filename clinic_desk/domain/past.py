"""What became of a day since a moment gone by: the board as it was beside the one of now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from clinic_desk.domain.records import Appointment, AppointmentStatus, DayBoard, Entry

_OFF_THE_CALENDAR = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST})


class Became(StrEnum):
    """What happened to an appointment since, the most telling of it; in this order where several are counted."""

    BOOKED = "booked"
    MOVED_HERE = "moved here"
    MOVED = "moved"
    MOVED_AWAY = "moved away"
    CANCELLED = "cancelled"
    PARKED = "parked"
    REINSTATED = "reinstated"
    STATUS = "status"
    ERROR = "error"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One appointment that is not what it was. `then` None: it was not on the day; `now` None: entered in error."""

    then: Entry | None
    now: Entry | None
    became: Became

    @property
    def entry(self) -> Entry:
        """It as it is now; as it was if it is not any more."""
        entry = self.now or self.then
        assert entry is not None
        return entry

    @property
    def id(self) -> UUID:
        """The appointment's id."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class Past:
    """A day as it was at `board.read_at`, and what became of it until `now`, by time."""

    board: DayBoard
    differences: tuple[Difference, ...]
    now: datetime


def differences(
    then: Iterable[Entry], now: Mapping[UUID, Entry], here: frozenset[UUID], made_since: frozenset[UUID]
) -> tuple[Difference, ...]:
    """Return what became of the appointments of a day, by the time that each has now.

    `then`: those that were on it. `now`: all of these, and all that are on it now, as they stand; one that is absent
    was entered in error. `here`: the ids of those on it now. `made_since`: of these, those that were booked since.
    """
    before = {entry.id: entry for entry in then}
    found = []
    for each in before.keys() | here:
        old, new = before.get(each), now.get(each)
        became = _became(old, new, is_here=each in here, is_new=each in made_since)
        if became is not None:
            found.append(Difference(old, new, became))
    return tuple(sorted(found, key=lambda one: (one.entry.appointment.starts_at, one.id)))


def _became(old: Entry | None, new: Entry | None, *, is_here: bool, is_new: bool) -> Became | None:
    if new is None:
        return Became.ERROR
    if old is None:
        return Became.BOOKED if is_new else Became.MOVED_HERE
    was, row = old.appointment, new.appointment
    if row.version == was.version:
        return None
    if row.status is not was.status and (row.status in _OFF_THE_CALENDAR or was.status in _OFF_THE_CALENDAR):
        return _on_or_off(row.status)
    return _moved_or_not(was, row) if is_here else Became.MOVED_AWAY


def _on_or_off(status: AppointmentStatus) -> Became:
    if status is AppointmentStatus.CANCELLED:
        return Became.CANCELLED
    return Became.PARKED if status is AppointmentStatus.WAITLIST else Became.REINSTATED


def _moved_or_not(was: Appointment, row: Appointment) -> Became:
    if (row.starts_at, row.practitioner_id, row.length) != (was.starts_at, was.practitioner_id, was.length):
        return Became.MOVED
    return Became.STATUS if row.status is not was.status else Became.CHANGED
