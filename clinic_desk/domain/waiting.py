"""The waiting list: what patients wish who would come sooner, and whom a gap in the calendar fits best.

Pure: records in, a ranking out. A wish is HL7 FHIR R5's ServiceRequest as far as a reception needs it (priority,
occurrence, requested performer and location); an appointment of status `waitlist` is something else: it is parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentType, ChangeNote, Patient
from clinic_desk.domain.wall import MINUTES_PER_DAY, to_wall
from clinic_desk.errors import InvalidInput, Refused

_WELL_FILLED = 0.75
"""A visit that takes so much of a gap fills it: what is left beside it is of little use."""


class Priority(StrEnum):
    """FHIR R5 request-priority, the codes a reception uses; the first goes first."""

    ASAP = "asap"
    URGENT = "urgent"
    ROUTINE = "routine"


_RANK = {priority: rank for rank, priority in enumerate(Priority)}


class Closing(StrEnum):
    """Why somebody waits no longer."""

    BOOKED = "booked"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one patient waits for. Empty `practitioner_ids`, `weekdays` (ISO, 1 = Monday), `times`: any.

    `times`: spans [from, to] in minutes of the site's wall time in which the visit is to lie, its end included.
    `until`: the last local day that serves. `appointment_id`: the appointment that is to be moved forward; None: a new
    one. `asked_at`: when a time was last offered that she did not take. `closed` None: she waits.
    """

    id: UUID
    patient_id: UUID
    type_id: UUID
    practitioner_ids: frozenset[UUID] = frozenset()
    site_id: UUID | None = None
    weekdays: frozenset[int] = frozenset()
    times: tuple[tuple[int, int], ...] = ()
    until: date | None = None
    priority: Priority = Priority.ROUTINE
    note: str = ""
    appointment_id: UUID | None = None
    added_at: datetime | None = None
    asked_at: datetime | None = None
    closed: Closing | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Forward:
    """The appointment that a wish is to move forward, as it stands now; `zone` is the one it was agreed in.

    `is_booked`: it is still to come about.
    """

    id: UUID
    version: int
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_booked: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the waiting list: the wish, who has it, and who changed it last.

    `elsewhere`: other visits [from, to) of the patient around the gap that is being looked at.
    """

    wish: Wish
    patient: Patient
    forward: Forward | None = None
    changed: ChangeNote | None = None
    elsewhere: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def since(self) -> datetime:
        """From when her waiting counts: whoever was offered a time and did not take it waits anew from then."""
        moments = [moment for moment in (self.wish.added_at, self.wish.asked_at) if moment is not None]
        if not moments:
            message = "a wish that is waiting has been stored"
            raise ValueError(message)
        return max(moments)

    def length_minutes(self, usual: int) -> int:
        """Return how long her visit is: that of the appointment to be moved forward, else the type's usual."""
        if self.forward is None:
            return usual
        return int((self.forward.ends_at - self.forward.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Gap:
    """Free time [starts_at, ends_at) of a practitioner at a site; `zone` is the site's."""

    practitioner_id: UUID
    site_id: UUID
    zone: str
    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How much time is free."""
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class Fit:
    """Somebody who waits and whom the gap fits: from `starts_at`, for `length_minutes`.

    `fills`: little of the gap is left. `by_name`: she asked for this doctor.
    """

    waiting: Waiting
    starts_at: datetime
    length_minutes: int
    fills: bool
    by_name: bool

    @property
    def ends_at(self) -> datetime:
        """When her visit would end."""
        return self.starts_at + timedelta(minutes=self.length_minutes)


@dataclass(frozen=True, slots=True)
class Offer:
    """A gap and all whom it fits, the best first. `now`: the database's clock when it was looked at."""

    gap: Gap
    fits: tuple[Fit, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class AddWish:
    """Put a patient on the waiting list; `wish.version`, `added_at`, `asked_at` and `closed` are ignored."""

    wish: Wish
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ChangeWish:
    """Write what a patient wishes; `wish.version` is the one the user saw."""

    wish: Wish
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class CloseWish:
    """Take a patient off the waiting list. Who is booked is by `TakeGap`."""

    wish_id: UUID
    version: int
    reason: Closing = Closing.WITHDRAWN
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A time was offered and not taken: she goes on waiting, behind those who were not asked yet."""

    wish_id: UUID
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class TakeGap:
    """Book a patient who waits, or move her appointment forward, and close her wish: all or nothing."""

    wish_id: UUID
    version: int
    booking: Book | Update

    @property
    def operation_id(self) -> UUID:
        """That of the booking."""
        return self.booking.operation_id

    @property
    def appointment_id(self) -> UUID:
        """The appointment that is made or moved."""
        return self.booking.appointment_id


class WishConflict(Refused):
    """A wish was changed or closed since the user saw it; `now` is what the database holds."""

    def __init__(self, now: Waiting) -> None:
        super().__init__("the wish was changed at another desk first")
        self.now = now


def checked_wish(wish: Wish) -> Wish:
    """Return a wish with its spans of time in order; InvalidInput for what cannot be waited for."""
    for begins, ends in wish.times:
        if not 0 <= begins < ends <= MINUTES_PER_DAY:
            raise InvalidInput(field="times", expected="times of day, the earlier first", example="8:00-10:30")
    if not wish.weekdays <= frozenset(range(1, 8)):
        raise InvalidInput(field="weekdays", expected="weekdays from 1 (Monday) to 7")
    return wish


def best_for(
    gap: Gap,
    waiting: Iterable[Waiting],
    starts: Callable[[UUID, int], Sequence[datetime]],
    kinds: Mapping[UUID, AppointmentType],
) -> tuple[Fit, ...]:
    """Return whom the gap fits, the best first, each at the earliest start that serves her.

    `starts(type, length)`: what can be booked in the gap, by time. `kinds`: the types that can be booked. Ranked by

    1. priority: very urgent (asap), urgent, routine;
    2. fit: who fills the gap before who leaves more than a quarter of it; then who asked for this doctor;
    3. how long she waits, from when she was put on the list or last offered a time that she did not take: so nobody
       is asked twice before the others of her rank were asked once;
    4. the id, so that all desks have the same order.
    """
    found = (_fit(gap, each, starts, kinds) for each in waiting)
    return tuple(sorted((fit for fit in found if fit is not None), key=_order))


def _order(fit: Fit) -> tuple[int, bool, bool, datetime, UUID]:
    wish = fit.waiting.wish
    return _RANK[wish.priority], not fit.fills, not fit.by_name, fit.waiting.since, wish.id


def _fit(
    gap: Gap,
    waiting: Waiting,
    starts: Callable[[UUID, int], Sequence[datetime]],
    kinds: Mapping[UUID, AppointmentType],
) -> Fit | None:
    wish, kind = waiting.wish, kinds.get(waiting.wish.type_id)
    if kind is None or wish.closed is not None or wish.site_id not in {None, gap.site_id}:
        return None
    if wish.practitioner_ids and gap.practitioner_id not in wish.practitioner_ids:
        return None
    minutes = waiting.length_minutes(kind.length_minutes)
    length = timedelta(minutes=minutes)
    footprint = length + timedelta(minutes=kind.buffer_before_minutes + kind.buffer_after_minutes)
    for start in starts(wish.type_id, minutes):
        if serves(waiting, start, start + length, gap.zone):
            fills = footprint >= gap.length * _WELL_FILLED
            return Fit(waiting, start, minutes, fills, gap.practitioner_id in wish.practitioner_ids)
    return None


def serves(waiting: Waiting, starts_at: datetime, ends_at: datetime, zone: str) -> bool:
    """Whether a visit [starts_at, ends_at) is when she can come, sooner than what she has, and she is not elsewhere."""
    wish, forward = waiting.wish, waiting.forward
    begins, ends = to_wall(starts_at, zone), to_wall(ends_at, zone)
    if (wish.until is not None and begins.date() > wish.until) or (
        wish.weekdays and begins.isoweekday() not in wish.weekdays
    ):
        return False
    if forward is not None and (not forward.is_booked or starts_at >= forward.starts_at):
        return False
    if any(starts_at < to and begin < ends_at for begin, to in waiting.elsewhere):
        return False
    first = begins.hour * 60 + begins.minute
    last = ends.hour * 60 + ends.minute + MINUTES_PER_DAY * (ends.date() - begins.date()).days
    return not wish.times or any(begin <= first and last <= end for begin, end in wish.times)


def booking_of(fit: Fit, gap: Gap, *, tell_patient: bool = True) -> TakeGap:
    """Return the command that gives somebody who waits her time in the gap; its checks are those of any booking."""
    wish, forward = fit.waiting.wish, fit.waiting.forward
    booking: Book | Update
    if forward is None:
        booking = Book(
            patient_id=wish.patient_id,
            type_id=wish.type_id,
            practitioner_id=gap.practitioner_id,
            site_id=gap.site_id,
            starts_at=fit.starts_at,
            length_minutes=fit.length_minutes,
            tell_patient=tell_patient,
        )
    else:
        booking = Update(
            forward.id,
            forward.version,
            starts_at=fit.starts_at,
            practitioner_id=gap.practitioner_id,
            site_id=gap.site_id,
            tell_patient=tell_patient,
        )
    return TakeGap(wish.id, wish.version, booking)
