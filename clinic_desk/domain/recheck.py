"""Which appointments to come no longer fit: the clinic's set-up, or the rules of a zone, changed since they were made.

An instant is stored with the wall time and zone that were agreed. Where a zone's rules changed (or the zone of a site),
the clocks show another time at that instant: the patient will come at the time that was agreed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from clinic_desk.domain.candidates import Candidate, candidate_of_appointment
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Appointment, Block, Clinic, Entry, TimeOff
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.rules import judge
from clinic_desk.domain.wall import day_bounds, local_day, to_instant, to_wall
from clinic_desk.domain.working_time import EMPTY_TEMPLATE, Interval, Template, templates_of
from clinic_desk.errors import Refused

_OF_ITS_SETUP: Final = frozenset({Rule.INACTIVE, Rule.WRONG_TYPE, Rule.NO_ROOM, Rule.NO_DEVICE, Rule.WRONG_ROOM})
_OF_ITS_TIME: Final = frozenset({Rule.OUTSIDE_HOURS, Rule.OVER_BREAK, Rule.TIME_OFF, Rule.CLOSURE, Rule.BLOCKED})
MOST_AT_ONCE: Final = 500
"""So many are corrected in one transaction, more of them part by part: each locks days of its doctor and room."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An appointment that no longer fits, and why.

    `violations`: the rules that it breaks now and that were not overruled when it was booked; judged at `keeps` if
    that is given. `keeps`: the instant at which the clocks of its site show the wall time that was agreed; None: they
    show it when it begins.
    """

    appointment: Appointment
    violations: tuple[Violation, ...] = ()
    keeps: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptTime:
    """Put an appointment at the instant at which its site's clocks show the time that was agreed."""

    appointment_id: UUID
    version: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class KeepWallTimes:
    """Correct these appointments together, all or none; nobody is told, for the time that was agreed stays."""

    steps: tuple[KeptTime, ...]
    operation_id: UUID = field(default_factory=new_id)


class NotKept(Refused):
    """One appointment was refused, so nothing was written; `cause` is why, as for an appointment by itself."""

    def __init__(self, entry: Entry, cause: Refused) -> None:
        super().__init__(f"an appointment was refused: {cause}")
        self.entry = entry
        self.cause = cause


def keeping(misfits: Iterable[Misfit]) -> tuple[KeepWallTimes, ...]:
    """Return the commands that put those of these that were shifted back to the wall time that was agreed.

    What else speaks against them does so afterwards as before. Each corrects at most `MOST_AT_ONCE`; they are to be
    carried out in this order, in which none is in the way of one before it, and any number of them makes sense.
    """
    shifted = {one.appointment.id: one for one in misfits if one.keeps is not None}
    rows = [one.appointment for one in shifted.values()]
    later = frozenset(row_id for row_id, one in shifted.items() if one.keeps and one.keeps > one.appointment.starts_at)
    return tuple(
        KeepWallTimes(tuple(_kept_time(shifted[row_id]) for row_id in part)) for part in _parts(_together(rows, later))
    )


def _kept_time(one: Misfit) -> KeptTime:
    assert one.keeps is not None, "only those that were shifted"
    return KeptTime(one.appointment.id, one.appointment.version, one.keeps)


def _parts(groups: Iterable[tuple[UUID, ...]]) -> list[tuple[UUID, ...]]:
    """Return as many groups as may go together, together; only one that is too large by itself is divided."""
    parts: list[tuple[UUID, ...]] = []
    for group in groups:
        if parts and len(parts[-1]) + len(group) <= MOST_AT_ONCE:
            parts[-1] += group
        else:
            parts += [group[first : first + MOST_AT_ONCE] for first in range(0, len(group), MOST_AT_ONCE)]
    return parts


def in_turn(appointments: Iterable[Appointment], goes_later: Set[UUID]) -> tuple[UUID, ...]:
    """Return the order in which appointments are put elsewhere so that none is in another's way.

    Of those that go later the latest come first. Those of one practitioner that overlap go together, and who was
    squeezed in after those it stands beside: it is squeezed in with them again. `goes_later`: their ids.
    """
    return tuple(row_id for group in _together(appointments, goes_later) for row_id in group)


def _together(appointments: Iterable[Appointment], goes_later: Set[UUID]) -> list[tuple[UUID, ...]]:
    """Return the order of `in_turn`, those together that are of one time and must not be parted."""
    ordered = sorted(appointments, key=lambda row: (row.practitioner_id.int, row.footprint))
    keys: dict[UUID, tuple[bool, float, bool, float]] = {}
    who, begins, ends = None, 0.0, 0.0
    for row in ordered:
        begin, end = (moment.timestamp() for moment in row.footprint)
        if row.practitioner_id != who or begin >= ends:
            who, begins, ends = row.practitioner_id, begin, end
        ends = max(ends, end)
        later = row.id in goes_later
        sign = -1 if later else 1
        keys[row.id] = (later, sign * begins, row.squeezed_in, sign * begin)
    in_order = sorted(keys, key=lambda row_id: keys[row_id])
    return [tuple(group) for _, group in groupby(in_order, key=lambda row_id: keys[row_id][:2])]


def misfits(
    appointments: Iterable[Appointment],
    clinic: Clinic,
    *,
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    now: datetime,
) -> tuple[Misfit, ...]:
    """Return those of the appointments that no longer fit, in the order given.

    `time_off` and `blocks`: all that touch them. Whether two are at one time is not asked: the database sees to that.
    One whose doctor, type, site or room the clinic does not have is newer than what is known of it, and passed over.
    """
    looking = _Looking(clinic, time_off, blocks, now)
    return tuple(found for row in appointments if (found := looking.at(row)) is not None)


class _Looking:
    """What is asked of appointment after appointment; most are found to fit without being judged rule by rule."""

    def __init__(self, clinic: Clinic, time_off: Iterable[TimeOff], blocks: Iterable[Block], now: datetime) -> None:
        self._clinic = clinic
        self._now = now
        self._off: dict[UUID, list[TimeOff]] = {}
        for absence in time_off:
            self._off.setdefault(absence.practitioner_id, []).append(absence)
        self._blocks: dict[UUID, list[Block]] = {}
        for block in blocks:
            owner = block.practitioner_id or block.room_id
            if owner is not None:
                self._blocks.setdefault(owner, []).append(block)
        self._closed: dict[UUID, list[Interval]] = {}
        for closure in clinic.closures:
            zone = clinic.site(closure.site_id).zone
            closed = Interval(day_bounds(closure.first_day, zone)[0], day_bounds(closure.last_day, zone)[1])
            self._closed.setdefault(closure.site_id, []).append(closed)
        self._templates = templates_of(clinic.working_hours, clinic.date_overrides)
        self._hours: dict[tuple[UUID, UUID, date], tuple[Interval, ...]] = {}
        self._set_up: dict[tuple[UUID | None, ...], bool] = {}

    def at(self, row: Appointment) -> Misfit | None:
        try:
            return self._at(row)
        except KeyError:
            return None

    def _at(self, row: Appointment) -> Misfit | None:
        zone = self._clinic.site(row.site_id).zone
        keeps = None if to_wall(row.starts_at, zone) == row.wall_start else to_instant(row.wall_start, zone)
        starts_at = row.starts_at if keeps is None else keeps
        visit = Interval(starts_at, starts_at + row.length)
        if keeps is None and self._is_set_up(row) and self._is_open(row, visit, zone):
            return None
        found = tuple(self._broken(row, starts_at, _OF_ITS_SETUP | _OF_ITS_TIME))
        return Misfit(row, found, keeps) if found or keeps is not None else None

    def _broken(self, row: Appointment, starts_at: datetime, asked: frozenset[Rule]) -> Iterator[Violation]:
        """Return the rules of these that an appointment breaks, but for what was accepted when it was booked."""
        candidate = candidate_of_appointment(row)
        here = Candidate(
            candidate.type_id,
            candidate.practitioner_id,
            candidate.site_id,
            starts_at,
            candidate.length_minutes,
            room_id=row.room_id,
            device_id=row.device_id,
            appointment_id=row.id,
            buffers=candidate.buffers,
        )
        off = self._off.get(row.practitioner_id, ())
        blocks = [block for owner in _owners(row) for block in self._blocks.get(owner, ())]
        verdict = judge(here, self._clinic, others=(), time_off=off, blocks=blocks, now=self._now)
        for violation in verdict.violations:
            squeezed = row.squeezed_in and violation.rule is Rule.NO_ROOM and row.room_id is None
            squeezed |= row.squeezed_in and violation.rule is Rule.NO_DEVICE and row.device_id is None
            if violation.rule in asked and violation.rule not in row.overruled and not squeezed:
                yield violation

    def _is_set_up(self, row: Appointment) -> bool:
        """Whether doctor, type, site, room and device still go together."""
        key = (row.type_id, row.practitioner_id, row.site_id, row.room_id, row.device_id)
        known = self._set_up.get(key)
        if known is None:
            known = not any(self._broken(row, row.starts_at, _OF_ITS_SETUP))
            if not row.squeezed_in and not row.overruled:
                self._set_up[key] = known
        return known

    def _is_open(self, row: Appointment, visit: Interval, zone: str) -> bool:
        """Whether a visit surely lies within one stretch of hours that nothing closes; False: look closer."""
        day = local_day(visit.starts_at, zone)
        key = (row.practitioner_id, row.site_id, day)
        hours = self._hours.get(key)
        if hours is None:
            template: Template = self._templates.get((row.practitioner_id, row.site_id), EMPTY_TEMPLATE)
            hours = self._hours[key] = template.intervals(day, zone)
        if not any(stretch.contains(visit) for stretch in hours):
            return False
        if any(closed.overlaps(visit) for closed in self._closed.get(row.site_id, ())):
            return False
        begins, ends = visit.starts_at, visit.ends_at
        if any(off.starts_at < ends and begins < off.ends_at for off in self._off.get(row.practitioner_id, ())):
            return False
        return not any(
            block.starts_at < ends and begins < block.ends_at
            for owner in _owners(row)
            for block in self._blocks.get(owner, ())
        )


def _owners(row: Appointment) -> Iterator[UUID]:
    for owner in (row.practitioner_id, row.room_id, row.device_id):
        if owner is not None:
            yield owner
