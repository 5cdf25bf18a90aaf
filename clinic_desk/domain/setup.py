"""Commands that set the clinic up, and how they are refused: frozen, the whole of what is edited, the version seen.

`version` 0 adds a record under the id given; any other is the version the user saw. A record that was used is
deactivated, never deleted. What belongs together (a week, the hours of one date) is saved in one command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import (
    AppointmentType,
    Block,
    BookingRules,
    ChangeNote,
    Closure,
    DateOverride,
    Desk,
    LockRules,
    Practitioner,
    Room,
    RoomKind,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.errors import Refused

SetupRecord = (
    Site
    | Practitioner
    | Room
    | AppointmentType
    | WorkingHours
    | DateOverride
    | TimeOff
    | Closure
    | Block
    | BookingRules
    | LockRules
    | Desk
)


@dataclass(frozen=True, slots=True)
class SaveSite:
    """Add or change a site; the fields are those of `Site`."""

    name: str
    zone: str
    address: str = ""
    phone: str = ""
    country: str = ""
    subdivision: str = ""
    active: bool = True
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SavePractitioner:
    """Add or change a practitioner. `type_ids`: the appointment types she does from now on; None: as they are."""

    name: str
    speciality: str = ""
    colour: str = "#3b6fd4"
    position: int = 0
    active: bool = True
    type_ids: frozenset[UUID] | None = None
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveRoom:
    """Add or change a room or a device."""

    site_id: UUID
    name: str
    kind: RoomKind = RoomKind.ROOM
    capacity: int = 1
    position: int = 0
    active: bool = True
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveAppointmentType:
    """Add or change an appointment type with who does it and which rooms and devices serve it."""

    name: str
    length_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    colour: str = "#3b6fd4"
    needs_room: bool = False
    needs_device: bool = False
    practitioner_ids: frozenset[UUID] = frozenset()
    room_ids: frozenset[UUID] = frozenset()
    notice_minutes: int | None = None
    horizon_days: int | None = None
    waiting_limit_minutes: int = 20
    position: int = 0
    active: bool = True
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveWorkingHours:
    """Write rows of one practitioner's weekly hours as one change: all of `rows`, and `removed` taken away.

    A row of version 0 is added, any other written over the version it carries; `removed` carry the versions seen.
    """

    practitioner_id: UUID
    rows: tuple[WorkingHours, ...] = ()
    removed: tuple[WorkingHours, ...] = ()
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class BeginClinic:
    """Add the least with which something can be booked, as one change: all of it or nothing is there afterwards.

    The parts are new (version 0) and their operation ids are not used. `week`: when the practitioner works at the site
    from the day on which it is carried out there; each a weekday (ISO, 1 = Monday) and its first and last minute.
    """

    site: SaveSite
    practitioner: SavePractitioner
    week: tuple[tuple[int, int, int], ...]
    kind: SaveAppointmentType
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveDateOverrides:
    """Write other hours of one practitioner on single dates as one change; `rows` and `removed` as for the week."""

    practitioner_id: UUID
    rows: tuple[DateOverride, ...] = ()
    removed: tuple[DateOverride, ...] = ()
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveTimeOff:
    """Add or change an absence [starts_at, ends_at) of a practitioner."""

    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveClosure:
    """Add or change the whole local days [first_day, last_day] on which a site is closed."""

    site_id: UUID
    first_day: date
    last_day: date
    name: str = ""
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveClosures:
    """Write several closures (a year's public holidays) as one change; each as in `SaveClosure`."""

    closures: tuple[Closure, ...]
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveBlock:
    """Add or change a block of a practitioner or a room (one of the two), reserved for `type_ids` (empty: nobody)."""

    starts_at: datetime
    ends_at: datetime
    name: str
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    type_ids: frozenset[UUID] = frozenset()
    id: UUID = field(default_factory=new_id)
    version: int = 0
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveBookingRules:
    """Write the booking rules of the clinic; `rules.version` is the one the user saw."""

    rules: BookingRules
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveLockRules:
    """Write when the clinic's desks lock by themselves; `rules.version` is the one the user saw."""

    rules: LockRules
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveDesk:
    """Give a desk (running program) another name. `seen_name`: the one the user saw, in place of a version."""

    id: UUID
    name: str
    seen_name: str
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Take a site, practitioner, room or type out of use: what is booked stays, nothing new is."""

    id: UUID
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a record that nothing uses (or that, like time off, nothing can): `version` is the one the user saw."""

    id: UUID
    version: int
    operation_id: UUID = field(default_factory=new_id)


class SetupConflict(Refused):
    """A record of the set-up was changed since the user saw it; `now` is what stands (None: it is gone)."""

    def __init__(self, now: SetupRecord | None, changed: ChangeNote | None = None) -> None:
        super().__init__("the clinic's set-up was changed at another desk first")
        self.now = now
        self.changed = changed


class StillUsed(Refused):
    """A record that others refer to cannot be deleted (deactivate it); `by`: how many of which kind refer to it."""

    def __init__(self, by: dict[str, int]) -> None:
        super().__init__("still used by " + ", ".join(sorted(by)))
        self.by = by
