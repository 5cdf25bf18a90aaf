"""May this start be booked, and if not, why: what the rules say, and what the search would do with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinic_desk.domain.candidates import Candidate
from clinic_desk.domain.limits import earliest_start, horizon_of, last_day_offered, notice_of
from clinic_desk.domain.records import Appointment, Block, Clinic, Hold, TimeOff
from clinic_desk.domain.rules import Verdict, judge, template_for
from clinic_desk.domain.wall import local_day
from clinic_desk.domain.working_time import Interval


class NotOffered(StrEnum):
    """Why a start that breaks no rule is not offered all the same; staff may type it in."""

    OFF_GRID = "off-grid"
    WITHIN_NOTICE = "within-notice"
    BEYOND_HORIZON = "beyond-horizon"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Answer:
    """May this start be booked, and if not, why? `verdict`: what the rules say of it, nothing overruled."""

    verdict: Verdict
    not_offered: tuple[NotOffered, ...] = ()

    @property
    def offered(self) -> bool:
        """Whether the search offers it: exactly when `availability.free_starts` has it."""
        return not self.verdict.violations and not self.not_offered

    @property
    def bookable(self) -> bool:
        """Whether staff may book it by hand without being asked anything."""
        return not self.verdict.violations

    @property
    def overrulable(self) -> bool:
        """Whether rules are broken, and staff may overrule every one of them."""
        violations = self.verdict.violations
        return bool(violations) and all(violation.overrulable for violation in violations)


def may_book(
    candidate: Candidate,
    clinic: Clinic,
    *,
    others: Iterable[Appointment],
    time_off: Iterable[TimeOff] = (),
    blocks: Iterable[Block] = (),
    holds: Iterable[Hold] = (),
    now: datetime,
    step_minutes: int,
) -> Answer:
    """Return whether a start may be booked, and if not why; arguments as for `judge`.

    `holds`: those of other desks. `step_minutes`: of the grid, see `availability.free_starts`.
    """
    verdict = judge(candidate, clinic, others=others, time_off=time_off, blocks=blocks, now=now)
    return Answer(verdict, tuple(_not_offered(candidate, clinic, holds, now, step_minutes)))


def _not_offered(
    candidate: Candidate, clinic: Clinic, holds: Iterable[Hold], now: datetime, step_minutes: int
) -> Iterator[NotOffered]:
    kind, zone = clinic.type(candidate.type_id), clinic.site(candidate.site_id).zone
    starts_at = candidate.starts_at
    if not template_for(candidate, clinic).on_grid(starts_at, step_minutes, zone):
        yield NotOffered.OFF_GRID
    if earliest_start(now) <= starts_at < earliest_start(now, notice_of(kind, clinic.rules)):
        yield NotOffered.WITHIN_NOTICE
    if local_day(starts_at, zone) > last_day_offered(now, horizon_of(kind, clinic.rules), zone):
        yield NotOffered.BEYOND_HORIZON
    footprint = candidate.footprint(kind)
    if any(
        hold.practitioner_id == candidate.practitioner_id and Interval(hold.starts_at, hold.ends_at).overlaps(footprint)
        for hold in holds
    ):
        yield NotOffered.HELD
