"""Whether coming appointments of a file lie where their doctors work; what one overrules is noted with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.calendar import absences_between
from clinic_desk.domain.candidates import candidate_of_appointment
from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.exchange import OutOfHours, Reason, RowProblem
from clinic_desk.domain.limits import earliest_start
from clinic_desk.domain.rules import Verdict, judge
from clinic_desk.domain.wall import to_wall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Appointment, Block, Clinic, TimeOff
    from clinic_desk.domain.refusals import Violation
    from clinic_desk.services.importing.files import Row
    from clinic_desk.services.importing.plan import Cells

_REASONS: Final = {
    Rule.OUTSIDE_HOURS: Reason.OUTSIDE_HOURS,
    Rule.OVER_BREAK: Reason.OVER_BREAK,
    Rule.TIME_OFF: Reason.TIME_OFF,
    Rule.BLOCKED: Reason.BLOCKED,
    Rule.CLOSURE: Reason.CLOSURE,
}


class Hours:
    """Judges the appointments of a batch by the rules of the booking form, as far as they are about working time.

    What is over is as it was. A closed day is nobody's to overrule, here as elsewhere.
    """

    def __init__(self, cells: Cells, clinic: Clinic, now: datetime) -> None:
        self._cells = cells
        self._clinic = clinic
        self._now = now
        takes = cells.plan.out_of_hours is OutOfHours.TAKE
        self._overrule = frozenset(_REASONS) & OVERRULABLE if takes else frozenset[Rule]()
        self._time_off: Sequence[TimeOff] = ()
        self._blocks: Sequence[Block] = ()

    def look(self, connection: Connection, rows: Iterable[Appointment]) -> None:
        """Read what keeps the doctors of these appointments away."""
        coming = [row for row in rows if self._is_judged(row)]
        self._time_off = self._blocks = ()
        if coming:
            bounds = min(row.starts_at for row in coming), max(row.ends_at for row in coming)
            self._time_off, self._blocks = absences_between(connection, *bounds)

    def judged(
        self, row: Row, appointment: Appointment
    ) -> tuple[Appointment, Sequence[RowProblem], Sequence[RowProblem]]:
        """Return an appointment with what it overrules, what is to be told of it, and why it cannot be imported."""
        if not self._is_judged(appointment):
            return appointment, (), ()
        verdict = self._verdict(appointment)
        about = [violation for violation in verdict.violations if violation.rule in _REASONS]
        overruled = verdict.overruled & self._overrule
        told = [(violation, self._told(row, appointment, violation)) for violation in about]
        kept = replace(appointment, overruled=frozenset(rule.value for rule in overruled))
        return (
            kept,
            [problem for violation, problem in told if violation.rule in overruled],
            [problem for violation, problem in told if violation.rule not in overruled],
        )

    def _is_judged(self, row: Appointment) -> bool:
        return row.status.occupies_time and row.starts_at >= earliest_start(self._now)

    def _verdict(self, row: Appointment) -> Verdict:
        return judge(
            candidate_of_appointment(row),
            self._clinic,
            others=(),
            time_off=self._time_off,
            blocks=self._blocks,
            now=self._now,
            overrule=self._overrule,
        )

    def _told(self, row: Row, appointment: Appointment, violation: Violation) -> RowProblem:
        detail = violation.name
        if not detail and violation.starts_at and violation.ends_at:
            begin, end = (to_wall(at, appointment.zone) for at in (violation.starts_at, violation.ends_at))
            detail = f"{begin:%Y-%m-%d %H:%M} - {end:%H:%M}"
        return self._cells.problem(row, "start", _REASONS[violation.rule], detail)
