"""The rules a booking is checked against: one judgement for the form while it is typed and for the service that writes.

What the search of `availability` offers breaks none of them. The database's constraints decide what two desks race for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final
from uuid import UUID

from clinic_desk.domain.agendas import Agenda, full
from clinic_desk.domain.candidates import (
    Candidate,
    candidate_of_appointment,
    candidate_of_book,
    candidate_of_update,
)
from clinic_desk.domain.commands import AUTOMATIC, OVERRULABLE, Rule
from clinic_desk.domain.limits import LONGEST_MINUTES, SHORTEST_MINUTES, WALK_IN_MINUTES, earliest_start
from clinic_desk.domain.records import (
    Appointment,
    AppointmentType,
    Block,
    Clinic,
    Room,
    RoomKind,
    TimeOff,
)
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.resources import serves, serving
from clinic_desk.domain.wall import day_bounds, local_day
from clinic_desk.domain.working_time import EMPTY_TEMPLATE, Interval, Template, gaps_between, templates_of

__all__ = [
    "Candidate",
    "Verdict",
    "candidate_of_appointment",
    "candidate_of_book",
    "candidate_of_update",
    "check_booking",
    "judge",
    "template_for",
]

_DAY: Final = timedelta(days=1)
_TAKEN: Final = {RoomKind.ROOM: Rule.ROOM_TAKEN, RoomKind.DEVICE: Rule.DEVICE_TAKEN}
_MISSING: Final = {RoomKind.ROOM: Rule.NO_ROOM, RoomKind.DEVICE: Rule.NO_DEVICE}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`violations`: every broken rule; `refused`: those that were not, or may not be, overruled.

    `overruled`: the rules that were broken and overruled, to be recorded; `room_id`, `device_id`: what the booking
    gets.
    """

    violations: tuple[Violation, ...]
    refused: tuple[Violation, ...]
    overruled: frozenset[Rule]
    room_id: UUID | None
    device_id: UUID | None = None

    @property
    def squeezed_in(self) -> bool:
        """Whether the booking stands beside another of its practitioner, on purpose."""
        return Rule.SLOT_TAKEN in self.overruled


def template_for(candidate: Candidate, clinic: Clinic) -> Template:
    """Return when the candidate's practitioner works at its site."""
    key = (candidate.practitioner_id, candidate.site_id)
    templates = templates_of(
        (row for row in clinic.working_hours if (row.practitioner_id, row.site_id) == key),
        (row for row in clinic.date_overrides if row.practitioner_id == candidate.practitioner_id),
    )
    return templates.get(key, EMPTY_TEMPLATE)


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

    `others` are appointments near it: of its practitioner, its patient and its site's rooms and devices, wherever
    their footprints come near; itself and those that take no time are passed over. `now` is the database's clock.
    With `was`, the appointment as it stands, what is not changed is not judged again: a note can be added to a visit
    of yesterday. Nobody overrules what the clinic's rules bar. KeyError when the clinic has no such type,
    practitioner, site or room.
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
    room_id, no_room = case.resource(RoomKind.ROOM, squeezing=squeezing)
    device_id, no_device = case.resource(RoomKind.DEVICE, squeezing=squeezing)
    barred = OVERRULABLE - clinic.overrulable
    violations = tuple(
        replace(violation, barred=True) if violation.rule in barred else violation
        for violation in (*found, *no_room, *no_device)
    )
    allowed = overrule & (OVERRULABLE - barred)
    return Verdict(
        violations=violations,
        refused=tuple(violation for violation in violations if violation.rule not in allowed),
        overruled=frozenset(violation.rule for violation in violations) & allowed,
        room_id=room_id,
        device_id=device_id,
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
        if self.candidate.starts_at < earliest_start(self.now, -WALK_IN_MINUTES if self.candidate.arrived else 0):
            yield Violation(Rule.IN_THE_PAST, starts_at=self.candidate.starts_at, ends_at=self.now)

    def _hours(self) -> Iterator[Violation]:
        zone = self.clinic.site(self.candidate.site_id).zone
        visit = self.candidate.visit
        template = template_for(self.candidate, self.clinic)
        day, last = local_day(visit.starts_at, zone) - _DAY, local_day(visit.ends_at, zone) + _DAY
        working: list[Interval] = []
        pauses: list[Interval] = []
        while day <= last:
            intervals = template.intervals(day, zone)
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
            if block.practitioner_id == candidate.practitioner_id and self._closed_by(block):
                yield Violation(Rule.BLOCKED, block.name, block.starts_at, block.ends_at)

    def _closed_by(self, block: Block) -> bool:
        return self.candidate.type_id not in block.type_ids and _covers(block, self.candidate.visit)

    def _slot_taken(self) -> Iterator[Violation]:
        footprint = self.candidate.footprint(self.kind)
        for row in self.others:
            if row.practitioner_id == self.candidate.practitioner_id and Interval(*row.footprint).overlaps(footprint):
                yield Violation(Rule.SLOT_TAKEN, starts_at=row.starts_at, ends_at=row.ends_at, by=row.id)

    def _patient_busy(self) -> Iterator[Violation]:
        for row in self.others:
            if row.patient_id == self.candidate.patient_id and _covers(row, self.candidate.visit):
                yield Violation(Rule.PATIENT_BUSY, starts_at=row.starts_at, ends_at=row.ends_at)

    def resource(self, kind: RoomKind, *, squeezing: bool) -> tuple[UUID | None, tuple[Violation, ...]]:
        """Return the room (or device) the booking gets, and what speaks against it."""
        candidate, was = self.candidate, self.was
        if kind == RoomKind.ROOM:
            wanted, needed, before = candidate.room_id, self.kind.needs_room, was.room_id if was else None
        else:
            wanted, needed, before = candidate.device_id, self.kind.needs_device, was.device_id if was else None
        if was is not None and self._place_unchanged() and wanted in {AUTOMATIC, before}:
            return before, ()
        if wanted == AUTOMATIC:
            return self._automatic(kind, squeezing=squeezing) if needed else (None, ())
        if wanted is None:
            return None, (Violation(_MISSING[kind], about=kind),) if needed else ()
        found = self._against(self.clinic.room(wanted), kind)
        return wanted, tuple(replace(violation, about=kind) for violation in found)

    def _against(self, room: Room, kind: RoomKind) -> Iterator[Violation]:
        if not room.active:
            yield Violation(Rule.INACTIVE, room.name)
        if room.site_id != self.candidate.site_id:
            yield Violation(_MISSING[kind], room.name)
        if room.kind != kind or not serves(self.clinic, room, self.kind.room_ids):
            yield Violation(Rule.WRONG_ROOM, room.name)
        yield from self._taken(room)

    def _automatic(self, kind: RoomKind, *, squeezing: bool) -> tuple[UUID | None, tuple[Violation, ...]]:
        candidate = self.candidate
        preferred = candidate.preferred_room_id if kind == RoomKind.ROOM else candidate.preferred_device_id
        rooms = serving(self.clinic, kind, candidate.site_id, self.kind.room_ids)
        in_order = sorted(rooms, key=lambda room: room.id != preferred)
        free = next((room.id for room in in_order if not any(self._taken(room))), None)
        # A squeezed-in patient is seen where the doctor is: no second room is asked for.
        return free, () if free is not None or squeezing else (Violation(_MISSING[kind], about=kind),)

    def _taken(self, room: Room) -> Iterator[Violation]:
        rule, footprint = _TAKEN[room.kind], self.candidate.footprint(self.kind)
        there = [
            row
            for row in self.others
            if room.id in (row.room_id, row.device_id) and Interval(*row.footprint).overlaps(footprint)
        ]
        if room.capacity == 1:
            for row in there:
                yield Violation(rule, room.name, row.starts_at, row.ends_at)
        elif self._full(there, room.capacity):
            yield Violation(rule, room.name, footprint.starts_at, footprint.ends_at)
        for block in self.blocks:
            if block.room_id == room.id and self._closed_by(block):
                yield Violation(Rule.BLOCKED, block.name, block.starts_at, block.ends_at)

    def _full(self, there: Iterable[Appointment], capacity: int) -> bool:
        busy = full((_span(Interval(*row.footprint)) for row in there), capacity)
        return Agenda(busy).takes(_span(self.candidate.visit), _span(self.candidate.footprint(self.kind)))


def _span(interval: Interval) -> tuple[int, int]:
    return floor(interval.starts_at.timestamp()), ceil(interval.ends_at.timestamp())


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
