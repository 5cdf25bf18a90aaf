"""The frozen records of the clinic's set-up: where, who, what, when, and by which rules it is booked.

`domain.records` has them all, with what happens there day by day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from clinic_desk.domain.rights import Right


class RoomKind(StrEnum):
    """What a bookable thing is: FHIR R5 Location or Device."""

    ROOM = "room"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Site:
    """A location of the clinic; `zone` is an IANA name and rules the wall time of all that happens there.

    `country` (ISO 3166-1, two letters) and `subdivision` (ISO 3166-2 behind the hyphen) say whose public holidays are
    offered as closures; empty: none.
    """

    id: UUID
    name: str
    zone: str
    address: str = ""
    phone: str = ""
    active: bool = True
    country: str = ""
    subdivision: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A person with bookable time. `no` is the small integer the exclusion constraint uses."""

    id: UUID
    no: int
    name: str
    speciality: str = ""
    colour: str = "#3b6fd4"
    position: int = 0
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Room:
    """A room or device of one site, bookable beside a practitioner; it takes `capacity` appointments at once."""

    id: UUID
    no: int
    site_id: UUID
    name: str
    position: int = 0
    active: bool = True
    kind: RoomKind = RoomKind.ROOM
    capacity: int = 1
    version: int = 1


@dataclass(frozen=True, slots=True)
class AppointmentType:
    """A kind of visit: its length and buffers in minutes, and who may do it (empty set: nobody).

    `room_ids`: the rooms and devices that serve it; of a kind (room, device) none of which is named, all serve it.
    `notice_minutes` and `horizon_days` None: the clinic's. Who waits longer than `waiting_limit_minutes` is called to
    mind; 0: nobody is.
    """

    id: UUID
    name: str
    length_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    colour: str = "#3b6fd4"
    needs_room: bool = False
    practitioner_ids: frozenset[UUID] = frozenset()
    position: int = 0
    active: bool = True
    needs_device: bool = False
    room_ids: frozenset[UUID] = frozenset()
    notice_minutes: int | None = None
    horizon_days: int | None = None
    waiting_limit_minutes: int = 20
    version: int = 1


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """One weekly row: on `weekday` (ISO, 1 = Monday) from `start_minute` to `end_minute` local time at the site.

    A break is the gap between two rows of one day. `end_minute` 1440 is midnight. `valid_to`: last day, None: open.
    It counts in every `every_weeks`-th week from the one of `valid_from` on (weeks start on Monday, RFC 5545 INTERVAL).
    """

    id: UUID
    practitioner_id: UUID
    site_id: UUID
    weekday: int
    start_minute: int
    end_minute: int
    valid_from: date
    valid_to: date | None = None
    every_weeks: int = 1
    version: int = 1


@dataclass(frozen=True, slots=True)
class DateOverride:
    """Other hours on one local date: all rows of a practitioner and day replace the weekly ones, at all sites.

    Both minutes None: she does not work on that date.
    """

    id: UUID
    practitioner_id: UUID
    site_id: UUID
    day: date
    start_minute: int | None = None
    end_minute: int | None = None
    name: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class TimeOff:
    """An interval [starts_at, ends_at) in which a practitioner does not work."""

    id: UUID
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Closure:
    """Whole local days [first_day, last_day] on which one site is closed."""

    id: UUID
    site_id: UUID
    first_day: date
    last_day: date
    name: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A named reserved interval of a practitioner or of a room (exactly one of the two).

    `type_ids`: the appointment types it is reserved for, which may be booked there; empty: nobody may.
    """

    id: UUID
    starts_at: datetime
    ends_at: datetime
    name: str
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    type_ids: frozenset[UUID] = frozenset()
    version: int = 1


_Identified = TypeVar("_Identified", Site, Practitioner, Room, AppointmentType)


_OVERRULABLE = frozenset({"outside-hours", "over-break", "time-off", "blocked", "patient-busy", "slot-taken"})
"""All that anybody may overrule: `commands.OVERRULABLE`."""
_SQUEEZE_IN = frozenset({"slot-taken"})
"""Overruling it has a right of its own; all others are a matter of the right `outside-hours`."""


@dataclass(frozen=True, slots=True)
class BookingRules:
    """How the clinic books. `overrulable` holds values of `commands.Rule`: what a reception may overrule.

    The step is that of the offered starts; notice and horizon bind the offered starts only, not what staff type in.
    """

    step_minutes: int = 5
    notice_minutes: int = 0
    horizon_days: int = 365
    overrulable: frozenset[str] = _OVERRULABLE
    version: int = 1


@dataclass(frozen=True, slots=True)
class LockRules:
    """When a desk of the clinic locks by itself: after so many minutes without key or mouse, and so many hours after
    the password was typed in any case.
    """

    idle_minutes: int = 10
    session_hours: int = 12
    version: int = 1


@dataclass(frozen=True, slots=True)
class Clinic:
    """All that rarely changes: read at start, again when announced. Tuples are ordered by `position`, then name."""

    sites: tuple[Site, ...]
    practitioners: tuple[Practitioner, ...]
    rooms: tuple[Room, ...]
    types: tuple[AppointmentType, ...]
    working_hours: tuple[WorkingHours, ...]
    closures: tuple[Closure, ...]
    staff: dict[str, str] = field(default_factory=dict)
    date_overrides: tuple[DateOverride, ...] = ()
    rules: BookingRules = BookingRules()
    manager: bool = False
    """Whether it was read by a manager, who may overrule what a reception may not."""
    rights: frozenset[Right] = frozenset(Right)
    """What whoever read it may by name."""
    lock: LockRules = LockRules()

    @property
    def overrulable(self) -> frozenset[str]:
        """The rules that whoever read this may overrule (values of `commands.Rule`)."""
        may = _OVERRULABLE if self.manager else self.rules.overrulable
        if Right.SQUEEZE_IN not in self.rights:
            may -= _SQUEEZE_IN
        return may if Right.OUTSIDE_HOURS in self.rights else may & _SQUEEZE_IN

    def site(self, site_id: UUID) -> Site:
        """Return the site of this id; KeyError when there is none."""
        return _by_id(self.sites, site_id)

    def practitioner(self, practitioner_id: UUID) -> Practitioner:
        """Return the practitioner of this id; KeyError when there is none."""
        return _by_id(self.practitioners, practitioner_id)

    def room(self, room_id: UUID) -> Room:
        """Return the room of this id; KeyError when there is none."""
        return _by_id(self.rooms, room_id)

    def type(self, type_id: UUID) -> AppointmentType:
        """Return the appointment type of this id; KeyError when there is none."""
        return _by_id(self.types, type_id)


def _by_id(rows: tuple[_Identified, ...], wanted: UUID) -> _Identified:
    for row in rows:
        if row.id == wanted:
            return row
    raise KeyError(wanted)
