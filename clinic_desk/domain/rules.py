"""The rules a booking is checked against: one judgement for the form while it is typed and for the service that writes.

What the search of `availability` offers breaks none of them. The database's constraints decide what two desks race for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar
from uuid import UUID

from clinic_desk.domain.availability import earliest_start, rooms_of
from clinic_desk.domain.commands import AUTOMATIC, OVERRULABLE, Book, Rule, Unchanged, Update
from clinic_desk.domain.records import Appointment, AppointmentType, Block, Clinic, TimeOff
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.wall import day_bounds, local_day
from clinic_desk.domain.working_time import Interval, day_intervals, gaps_between

SHORTEST_MINUTES: Final = 5
LONGEST_MINUTES: Final = 12 * 60
_DAY = timedelta(days=1)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A booking as it would stand. `appointment_id` and `patient_id` are None while there is none yet.

    The end is the start plus `length_minutes` elapsed. `buffers` are minutes before and after; None means the type's.
    With `room_id` AUTOMATIC, `preferred_room_id` is tried before the others.
    """

    type_id: UUID
    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    length_minutes: int
    patient_id: UUID | None = None
    room_id: UUID | Literal["automatic"] | None = AUTOMATIC
    preferred_room_id: UUID | None = None
    appointment_id: UUID | None = None
    buffers: tuple[int, int] | None = None

    @property
    def visit(self) -> Interval:
        """The visit without its buffers."""
        return Interval(self.starts_at, self.starts_at + timedelta(minutes=self.length_minutes))

    def footprint(self, kind: AppointmentType) -> Interval:
        """Return the visit with its buffers, `kind` being its type."""
        before, after = self.buffers or (kind.buffer_before_minutes, kind.buffer_after_minutes)
        visit = self.visit
        return Interval(visit.starts_at - timedelta(minutes=before), visit.ends_at + timedelta(minutes=after))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`violations`: every broken rule; `refused`: those that were not, or may not be, overruled.

    `overruled`: the rules that were broken and overruled, to be recorded; `room_id`: the room the booking gets.
    """

    violations: tuple[Violation, ...]
    refused: tuple[Violation, ...]
    overruled: frozenset[Rule]
    room_id: UUID | None

    @property
    def squeezed_in(self) -> bool:
        """Whether the booking stands beside another of its practitioner, on purpose."""
        return Rule.SLOT_TAKEN in self.overruled


def candidate_of_book(command: Book) -> Candidate:
    """Return what a Book command asks for."""
    return Candidate(
        type_id=command.type_id,
        practitioner_id=command.practitioner_id,
        site_id=command.site_id,
        starts_at=command.starts_at,
        length_minutes=command.length_minutes,
        patient_id=command.patient_id,
        room_id=command.room_id,
        appointment_id=command.appointment_id,
    )


def candidate_of_appointment(row: Appointment) -> Candidate:
    """Return an appointment as the booking it is, with its own buffers (e.g. to reinstate it)."""
    return Candidate(
        type_id=row.type_id,
        practitioner_id=row.practitioner_id,
        site_id=row.site_id,
        starts_at=row.starts_at,
        length_minutes=int(row.length.total_seconds() // 60),
        patient_id=row.patient_id,
        room_id=row.room_id,
        appointment_id=row.id,
        buffers=(row.buffer_before_minutes, row.buffer_after_minutes),
    )


def candidate_of_update(row: Appointment, command: Update, clinic: Clinic) -> Candidate:
    """Return what an appointment would be after an Update.

    Another type brings its own buffers. A room that the type needs and that nobody named is kept where it is free and
    exchanged for another one where it is not; a room that was chosen without need stays the one wanted.
    """
    was = candidate_of_appointment(row)
    type_id = _kept(command.type_id, was.type_id)
    room_id, preferred = was.room_id, None
    if not isinstance(command.room_id, Unchanged):
        room_id = command.room_id
    elif clinic.type(type_id).needs_room:
        room_id, preferred = AUTOMATIC, row.room_id
    return Candidate(
        type_id=type_id,
        practitioner_id=_kept(command.practitioner_id, was.practitioner_id),
        site_id=_kept(command.site_id, was.site_id),
        starts_at=_kept(command.starts_at, was.starts_at),
        length_minutes=_kept(command.length_minutes, was.length_minutes),
        patient_id=_kept(command.patient_id, row.patient_id),
        room_id=room_id,
        preferred_room_id=preferred,
        appointment_id=row.id,
        buffers=was.buffers if type_id == row.type_id else None,
    )


def _kept(new: _Value | Unchanged, old: _Value) -> _Value:
    return old if isinstance(new, Unchanged) else new


def check_booking(
    candidate: Candidate,
    clinic: Clinic,
    *,
    others: Iterable[Appointment],
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    now: datetime,
    was: Appointment | None = None,
    overrule: frozenset[Rule] = frozenset(),
) -> tuple[Violation, ...]:
    """Return the broken rules that are not overruled; empty when the booking may stand. Arguments as for `judge`."""
    return judge(
        candidate, clinic, others=others, time_off=time_off, blocks=blocks, now=now, was=was, overrule=overrule
    ).refused


def judge(
    candidate: Candidate,
    clinic: Clinic,
    *,
    others: Iterable[Appointment],
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    now: datetime,
    was: Appointment | None = None,
    overrule: frozenset[Rule] = frozenset(),
) -> Verdict:
    """Judge a booking by every rule.

    `others` are appointments near it: of its practitioner, its patient and its site's rooms, wherever their footprints
    come near; itself and those that take no time are passed over. `now` is the database's clock. With `was`, the
    appointment as it stands, what is not changed is not judged again: a note can be added to a visit of yesterday.
    KeyError when the clinic has no such type, practitioner, site or room.
    """
    case = _Case(
        candidate=candidate,
        clinic=clinic,
        kind=clinic.type(candidate.type_id),
        others=tuple(row for row in others if row.id != candidate.appointment_id and row.status.occupies_time),
        time_off=tuple(time_off),
        blocks=tuple(blocks),
        now=now,
        was=was if was is not None and was.status.occupies_time else None,
    )
    found = list(case.violations())
    squeezing = Rule.SLOT_TAKEN in overrule and any(violation.rule == Rule.SLOT_TAKEN for violation in found)
    room_id, room_violations = case.room(squeezing=squeezing)
    violations = (*found, *room_violations)
    allowed = overrule & OVERRULABLE
    return Verdict(
        violations=violations,
        refused=tuple(violation for violation in violations if violation.rule not in allowed),
        overruled=frozenset(violation.rule for violation in violations) & allowed,
        room_id=room_id,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known about one candidate, and a method per group of rules."""

    candidate: Candidate
    clinic: Clinic
    kind: AppointmentType
    others: tuple[Appointment, ...]
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    now: datetime
    was: Appointment | None

    def violations(self) -> Iterator[Violation]:
        length = self.candidate.length_minutes
        if self._place_unchanged():
            yield from self._patient_busy() if self.was and self.was.patient_id != self.candidate.patient_id else ()
            return
        yield from self._people()
        if length < SHORTEST_MINUTES:
            yield Violation(Rule.TOO_SHORT)
        elif length > LONGEST_MINUTES:
            yield Violation(Rule.TOO_LONG)
        if self.was is None or self.was.starts_at != self.candidate.starts_at:
            yield from self._past()
        if 0 < length <= LONGEST_MINUTES:
            yield from self._hours()
            yield from self._absences()
            yield from self._slot_taken()
            yield from self._patient_busy()

    def _place_unchanged(self) -> bool:
        if self.was is None:
            return False
        was = candidate_of_appointment(self.was)
        now = self.candidate
        return (was.type_id, was.practitioner_id, was.site_id, was.visit) == (
            now.type_id,
            now.practitioner_id,
            now.site_id,
            now.visit,
        )

    def _people(self) -> Iterator[Violation]:
        practitioner = self.clinic.practitioner(self.candidate.practitioner_id)
        for record in (practitioner, self.clinic.site(self.candidate.site_id), self.kind):
            if not record.active:
                yield Violation(Rule.INACTIVE, record.name)
        if practitioner.id not in self.kind.practitioner_ids:
            yield Violation(Rule.WRONG_TYPE, self.kind.name)

    def _past(self) -> Iterator[Violation]:
        if self.candidate.starts_at < earliest_start(self.now):
            yield Violation(Rule.IN_THE_PAST, starts_at=self.candidate.starts_at, ends_at=self.now)

    def _hours(self) -> Iterator[Violation]:
        zone = self.clinic.site(self.candidate.site_id).zone
        visit = self.candidate.visit
        rows = [
            row
            for row in self.clinic.working_hours
            if row.practitioner_id == self.candidate.practitioner_id and row.site_id == self.candidate.site_id
        ]
        day, last = local_day(visit.starts_at, zone) - _DAY, local_day(visit.ends_at, zone) + _DAY
        working: list[Interval] = []
        pauses: list[Interval] = []
        while day <= last:
            intervals = day_intervals(rows, day, zone)
            working.extend(intervals)
            pauses.extend(gaps_between(intervals))
            day += _DAY
        for part in _uncovered(visit, sorted(working)):
            pause = next((pause for pause in pauses if pause.contains(part)), None)
            interval = pause or part
            rule = Rule.OVER_BREAK if pause else Rule.OUTSIDE_HOURS
            yield Violation(rule, starts_at=interval.starts_at, ends_at=interval.ends_at)

    def _absences(self) -> Iterator[Violation]:
        candidate = self.candidate
        zone = self.clinic.site(candidate.site_id).zone
        for closure in self.clinic.closures:
            closed = Interval(day_bounds(closure.first_day, zone)[0], day_bounds(closure.last_day, zone)[1])
            if closure.site_id == candidate.site_id and closed.overlaps(candidate.visit):
                yield Violation(Rule.CLOSURE, closure.name, closed.starts_at, closed.ends_at)
        for absence in self.time_off:
            if absence.practitioner_id == candidate.practitioner_id and _covers(absence, candidate.visit):
                yield Violation(Rule.TIME_OFF, absence.name, absence.starts_at, absence.ends_at)
        for block in self.blocks:
            if block.practitioner_id == candidate.practitioner_id and _covers(block, candidate.visit):
                yield Violation(Rule.BLOCKED, block.name, block.starts_at, block.ends_at)

    def _slot_taken(self) -> Iterator[Violation]:
        footprint = self.candidate.footprint(self.kind)
        for row in self.others:
            if row.practitioner_id == self.candidate.practitioner_id and Interval(*row.footprint).overlaps(footprint):
                yield Violation(Rule.SLOT_TAKEN, starts_at=row.starts_at, ends_at=row.ends_at, by=row.id)

    def _patient_busy(self) -> Iterator[Violation]:
        for row in self.others:
            if row.patient_id == self.candidate.patient_id and _covers(row, self.candidate.visit):
                yield Violation(Rule.PATIENT_BUSY, starts_at=row.starts_at, ends_at=row.ends_at)

    def room(self, *, squeezing: bool) -> tuple[UUID | None, tuple[Violation, ...]]:
        """Return the room the booking gets, and what speaks against it."""
        wanted = self.candidate.room_id
        if self.was is not None and self._place_unchanged() and wanted in {AUTOMATIC, self.was.room_id}:
            return self.was.room_id, ()
        if wanted == AUTOMATIC:
            return self._automatic_room(squeezing=squeezing)
        if wanted is None:
            return None, (Violation(Rule.NO_ROOM),) if self.kind.needs_room else ()
        room = self.clinic.room(wanted)
        found: list[Violation] = []
        if not room.active:
            found.append(Violation(Rule.INACTIVE, room.name))
        if room.site_id != self.candidate.site_id:
            found.append(Violation(Rule.NO_ROOM, room.name))
        found.extend(self._room_taken(wanted, room.name))
        return wanted, tuple(found)

    def _automatic_room(self, *, squeezing: bool) -> tuple[UUID | None, tuple[Violation, ...]]:
        if not self.kind.needs_room:
            return None, ()
        rooms = sorted(
            rooms_of(self.clinic, self.candidate.site_id), key=lambda room: room.id != self.candidate.preferred_room_id
        )
        free = next((room.id for room in rooms if not any(self._room_taken(room.id, room.name))), None)
        # A squeezed-in patient is seen where the doctor is: no second room is asked for.
        return free, () if free is not None or squeezing else (Violation(Rule.NO_ROOM),)

    def _room_taken(self, room_id: UUID, name: str) -> Iterator[Violation]:
        footprint = self.candidate.footprint(self.kind)
        for row in self.others:
            if row.room_id == room_id and Interval(*row.footprint).overlaps(footprint):
                yield Violation(Rule.ROOM_TAKEN, name, row.starts_at, row.ends_at)
        for block in self.blocks:
            if block.room_id == room_id and _covers(block, self.candidate.visit):
                yield Violation(Rule.BLOCKED, block.name, block.starts_at, block.ends_at)


def _covers(row: TimeOff | Block | Appointment, visit: Interval) -> bool:
    return row.starts_at < visit.ends_at and visit.starts_at < row.ends_at


def _uncovered(visit: Interval, working: Sequence[Interval]) -> Iterator[Interval]:
    """Return the parts of a visit that lie in none of the sorted intervals."""
    reached = visit.starts_at
    for interval in working:
        if interval.starts_at >= visit.ends_at:
            break
        if interval.starts_at > reached:
            yield Interval(reached, interval.starts_at)
        reached = max(reached, interval.ends_at)
    if reached < visit.ends_at:
        yield Interval(reached, visit.ends_at)
