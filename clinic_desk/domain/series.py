"""Commands and records of a series: booking its dates together, and changing this, this and following, or all of them.

Each date is an ordinary appointment and is booked, changed and cancelled by the ordinary commands; these carry several
of them into one transaction, in which all stand or none does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Book, Cancel, Park, Rule, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry, Series
from clinic_desk.domain.recurrence import Occurrence, Recurrence, instant_on, occurrences, rule_text
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from clinic_desk.domain.availability import FreeSlot
    from clinic_desk.domain.records import Clinic
    from clinic_desk.domain.refusals import Violation

Step = Update | Cancel | SetStatus | Park


class Scope(StrEnum):
    """Which dates of a series a change is meant for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One date to be booked: the day that the rule gave it, and the booking, which may lie elsewhere."""

    day: date
    book: Book


@dataclass(frozen=True, slots=True)
class BookSeries:
    """Book these dates of a series, all or none. Dates of the rule that are not among them are struck out.

    `joining`: the appointment, and its version, that stands already and becomes the series' date of `series.starts_on`.
    """

    series: Series
    dates: tuple[SeriesDate, ...]
    joining: tuple[UUID, int] | None = None
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ChangeSeries:
    """Carry out these changes of dates of one series, all or none; the operation ids within them are not used.

    `tell_patient`: she is told of them, if one of the steps says so or this does (a status has no word of its own).
    """

    steps: tuple[Step, ...]
    tell_patient: bool = False
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class PlannedDate:
    """One date as it would stand: what speaks against it, and free times instead, the best first.

    `step`: the booking or change that puts it there, for `length_minutes`, with this practitioner. `was_at`: where one
    that is moved stands now.
    """

    day: date
    starts_at: datetime
    length_minutes: int
    practitioner_id: UUID
    type_id: UUID
    step: Book | Update
    was_at: datetime | None = None
    violations: tuple[Violation, ...] = ()
    replacements: tuple[FreeSlot, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.violations

    @property
    def proposed(self) -> tuple[datetime, datetime]:
        """[start, end) of where it would go if nothing else is said: its own time, or the best free one instead."""
        if self.violations and self.replacements:
            return self.replacements[0].starts_at, self.replacements[0].ends_at
        return self.starts_at, self.starts_at + timedelta(minutes=self.length_minutes)

    @property
    def may_stand(self) -> bool:
        """Whether it may be put there all the same, the broken rules overruled."""
        return all(violation.overrulable for violation in self.violations)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series and all its appointments, by the day the rule gave them; those entered in error are left out."""

    series: Series
    entries: tuple[Entry, ...]


class SeriesRefused(Refused):
    """One date was refused, so nothing was written; `cause` is why, as for an appointment by itself."""

    def __init__(self, day: date, cause: Refused) -> None:
        super().__init__(f"a date of the series was refused: {cause}")
        self.day = day
        self.cause = cause


# --- booking ----------------------------------------------------------------------------------------------------------


def series_of(rule: Recurrence, starts_on: date, minute: int, zone: str) -> Series:
    """Return a new series of this rule at a wall time (minutes from midnight)."""
    return Series(new_id(), rule_text(rule), starts_on, minute, zone)


def planned_dates(rule: Recurrence, template: Book, zone: str) -> tuple[PlannedDate, ...]:
    """Return the dates of a rule that begins on the template's day, each with a booking of its own ids; not yet judged.

    Only the first holds on to the template's hold. Raises as `occurrences`.
    """
    wall = to_wall(template.starts_at, zone)
    found = occurrences(rule, wall.date(), wall.hour * 60 + wall.minute, zone)
    return tuple(
        PlannedDate(
            day=one.day,
            starts_at=one.starts_at,
            length_minutes=template.length_minutes,
            practitioner_id=template.practitioner_id,
            type_id=template.type_id,
            step=_booking(template, one, holding=index == 0),
        )
        for index, one in enumerate(found)
    )


def _booking(template: Book, one: Occurrence, *, holding: bool) -> Book:
    return replace(
        template,
        starts_at=one.starts_at,
        appointment_id=new_id(),
        operation_id=new_id(),
        hold_id=template.hold_id if holding else None,
    )


def like_entry(entry: Entry, clinic: Clinic) -> Book:
    """Return a booking like an appointment that stands; a room or device that its type needs is found anew."""
    row = entry.appointment
    kind = clinic.type(row.type_id)
    return Book(
        patient_id=row.patient_id,
        type_id=row.type_id,
        practitioner_id=row.practitioner_id,
        site_id=row.site_id,
        starts_at=row.starts_at,
        length_minutes=int(row.length.total_seconds()) // 60,
        room_id=AUTOMATIC if kind.needs_room else row.room_id,
        note=row.note,
        device_id=AUTOMATIC if kind.needs_device else row.device_id,
    )


def put_all_the_same(planned: PlannedDate) -> Book | Update:
    """Return the step that overrules what speaks against a date: beside those who stand there, and nobody else."""
    overrule = frozenset(violation.rule for violation in planned.violations)
    beside = frozenset(violation.by for violation in planned.violations if violation.by is not None)
    return replace(planned.step, overrule=overrule, beside=beside if Rule.SLOT_TAKEN in overrule else None)


def put_instead(planned: PlannedDate, slot: FreeSlot) -> Book | Update:
    """Return the step that puts a date at a free time instead."""
    return replace(planned.step, starts_at=slot.starts_at, practitioner_id=slot.practitioner_id, site_id=slot.site_id)


def told_once(books: Iterable[SeriesDate], *, tell: bool) -> tuple[SeriesDate, ...]:
    """Return the dates by start; the patient is told of the first of them only: one message, not one for each.

    Each date has its own reminders all the same.
    """
    ordered = sorted(books, key=lambda one: one.book.starts_at)
    return tuple(
        replace(one, book=replace(one.book, tell_patient=tell and index == 0)) for index, one in enumerate(ordered)
    )


# --- changing ---------------------------------------------------------------------------------------------------------


def entries_in(view: SeriesView, chosen: Entry, scope: Scope, now: datetime) -> tuple[Entry, ...]:
    """Return the appointments that a change of `chosen` is meant for: those booked and still to come, by their day.

    The chosen one is among them as it is, whatever its status: what cannot be done with it is refused there.
    """
    day = chosen.appointment.series_day
    if scope is Scope.THIS or day is None:
        return tuple(entry for entry in view.entries if entry.id == chosen.id)
    return tuple(
        entry
        for entry in view.entries
        if entry.id == chosen.id or (_is_to_come(entry, now) and (scope is Scope.ALL or _day(entry) >= day))
    )


def _is_to_come(entry: Entry, now: datetime) -> bool:
    row = entry.appointment
    return row.status is AppointmentStatus.BOOKED and row.starts_at > now


def _day(entry: Entry) -> date:
    row = entry.appointment
    return row.series_day or row.wall_start.date()


def cancelling(entries: Iterable[Entry], reason: CancellationReason, *, tell: bool) -> ChangeSeries:
    """Return the command that cancels these dates; the patient is told of the first of them only."""
    return ChangeSeries(
        tuple(
            Cancel(entry.id, entry.appointment.version, reason, tell_patient=tell and index == 0)
            for index, entry in enumerate(sorted(entries, key=lambda entry: entry.appointment.starts_at))
        )
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """How dates are to be changed: by whole days, to another wall time (minutes from midnight), to another doctor.

    None keeps what each date has.
    """

    days: int = 0
    minute: int | None = None
    practitioner_id: UUID | None = None
    length_minutes: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is to be changed."""
        return self != Shift()


def shifted(entries: Iterable[Entry], shift: Shift) -> tuple[PlannedDate, ...]:
    """Return these dates as the shift would have them, not yet judged; by their start, the first one told.

    Days and times are counted on the clock of each appointment's own zone. InvalidInput for a time not within a day.
    """
    planned = []
    for index, entry in enumerate(sorted(entries, key=lambda entry: entry.appointment.starts_at)):
        row = entry.appointment
        day = row.wall_start.date() + timedelta(days=shift.days)
        minute = row.wall_start.hour * 60 + row.wall_start.minute if shift.minute is None else shift.minute
        if not (date(1970, 1, 2) <= day < date(2199, 12, 31)):
            raise InvalidInput(field="days", expected="a day in the years 1970 to 2199")
        same_time = (day, minute) == (row.wall_start.date(), row.wall_start.hour * 60 + row.wall_start.minute)
        starts_at = row.starts_at if same_time else instant_on(day, minute, row.zone)
        step = Update(
            row.id,
            row.version,
            starts_at=starts_at,
            practitioner_id=UNCHANGED if shift.practitioner_id is None else shift.practitioner_id,
            length_minutes=UNCHANGED if shift.length_minutes is None else shift.length_minutes,
            tell_patient=index == 0,
        )
        length = shift.length_minutes or int(row.length.total_seconds()) // 60
        planned.append(
            PlannedDate(
                day=_day(entry),
                starts_at=starts_at,
                length_minutes=length,
                practitioner_id=shift.practitioner_id or row.practitioner_id,
                type_id=row.type_id,
                step=step,
                was_at=row.starts_at,
            )
        )
    return tuple(planned)
