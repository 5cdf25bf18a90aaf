"""Checks a file against the clinic, or stores it: row by row in batches, all in one transaction or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.exchange import LongChange, check_manager, long_change
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.desks import database_now
from clinic_desk.domain.exchange import Kind, Reason
from clinic_desk.services.importing.files import MAX_ROWS, rows
from clinic_desk.services.importing.people import PatientRows, PractitionerRows, Sorted
from clinic_desk.services.importing.plan import (
    Cancelled,
    Cells,
    Double,
    ImportPlan,
    ImportReport,
    Progress,
    Stop,
    Tally,
    Tell,
)
from clinic_desk.services.importing.seen import SeenKeys
from clinic_desk.services.importing.visits import VisitRows

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.exchange import RowProblem
    from clinic_desk.services.importing.files import Row

BATCH: Final = 1000
_SHORTEST_ROW: Final = 4

Reading = PatientRows | PractitionerRows | VisitRows
Items = list[tuple[int, Any]]


def check_import(db: Database, plan: ImportPlan, tell: Tell | None = None, stop: Stop | None = None) -> ImportReport:
    """Read the whole file against the clinic and say what importing it would do; writes nothing.

    Raises InvalidInput (file, columns, date_order), NotAllowed, Cancelled, DatabaseDown, Busy.
    """
    reading = _reading(db, plan)
    tally = Tally()
    for batch in _batches(plan, reading, tally, tell, stop):
        tally.new += len(_sorted(db, reading, batch, tally).new)
    return _report(plan.kind, tally, stored=False)


def carry_out_import(
    db: Database, plan: ImportPlan, operation_id: UUID, tell: Tell | None = None, stop: Stop | None = None
) -> ImportReport:
    """Import the file as one change, unless any row has a problem: then nothing is stored and the report says why.

    Nor is anything if other changes would come of it than the plan agreed to (`agreed`): the report says which.
    Done again under the same `operation_id` it is not done twice. Raises as `check_import`, and OutcomeUnknown.
    """
    reading = _reading(db, plan)
    tally = Tally()
    with long_change(db, operation_id, f"Import{plan.kind.value.capitalize()}") as change:
        if change.stands:
            return ImportReport(plan.kind, stored=True, repeated=True)
        with _writer(reading, change, tally) as write:
            for batch in _batches(plan, reading, tally, tell, stop):
                write(_sorted(db, reading, batch, tally))
        if stop is not None and stop():
            raise Cancelled
        outdated = plan.agreed is not None and plan.agreed != tally.seal
        if tally.problem_count or outdated:
            return _report(plan.kind, tally, stored=False, outdated=outdated)
        change.announce(operation_id)
        change.keep()
    return _report(plan.kind, tally, stored=True)


def _reading(db: Database, plan: ImportPlan) -> Reading:
    with db.reading() as connection:
        check_manager(connection)
        clinic, now = clinic_record(connection), database_now(connection)
    cells = Cells(plan)
    if plan.kind is Kind.PATIENTS:
        return PatientRows(cells, now.date())
    return PractitionerRows(cells) if plan.kind is Kind.PRACTITIONERS else VisitRows(cells, clinic, now)


def _batches(plan: ImportPlan, reading: Reading, tally: Tally, tell: Tell | None, stop: Stop | None) -> Iterator[Items]:
    """Yield what rows mean, so many at a time; of those with the same key the first. Raises Cancelled."""
    seen = SeenKeys(min(MAX_ROWS, plan.source.size // _SHORTEST_ROW + 1))
    batch: Items = []
    for row in rows(plan.source):
        tally.rows += 1
        _take(row, reading, seen, batch, tally)
        if tally.rows % BATCH == 0:
            if stop is not None and stop():
                raise Cancelled
            yield batch
            batch = []
            if tell is not None:
                tell(Progress(tally.rows, row.position, plan.source.size))
    yield batch
    if tell is not None:
        tell(Progress(tally.rows, plan.source.size, plan.source.size))


def _take(row: Row, reading: Reading, seen: SeenKeys, batch: Items, tally: Tally) -> None:
    meant = [row.problem] if row.problem is not None else reading.read(row)
    if isinstance(meant, list):
        tally.add_problems(meant)
        return
    earlier = seen.row_of(meant.id, row.number)
    if earlier:
        tally.add_double(Double(row.number, of_row=earlier), left_out=True)
    else:
        batch.append((row.number, meant))


def _sorted(db: Database, reading: Reading, batch: Items, tally: Tally) -> Sorted[Any]:
    """Look a batch up in the database; count what is there, what may be and what changes; return it parted."""
    if not batch:
        return Sorted[Any]()
    with db.reading() as connection:
        found: Sorted[Any] = reading.sort(connection, batch)
    tally.there += found.there
    for double, left_out in found.doubles:
        tally.add_double(double, left_out=left_out)
    for change in found.changes:
        tally.add_change(change)
    tally.add_warnings(found.warnings)
    tally.add_problems(found.problems)
    return found


@contextmanager
def _writer(reading: Reading, change: LongChange, tally: Tally) -> Iterator[_Writer]:
    """Store one batch while the next is being read: the database and the file are worked on at once."""
    with ThreadPoolExecutor(1, thread_name_prefix="clinic-desk-import") as lane:
        writer = _Writer(reading, change, tally, lane)
        yield writer
        writer.finish()


class _Writer:
    """Stores batches in order, one at a time, as long as no row has had a problem."""

    def __init__(self, reading: Reading, change: LongChange, tally: Tally, lane: ThreadPoolExecutor) -> None:
        self._reading = reading
        self._change = change
        self._tally = tally
        self._lane = lane
        self._under_way: Future[Any] | None = None

    def __call__(self, batch: Sorted[Any]) -> None:
        """Wait for the batch before, then begin with this one."""
        self.finish()
        self._tally.new += len(batch.new)
        if self._tally.problem_count or not (batch.new or batch.changed):
            return
        self._under_way = self._lane.submit(self._reading.write, self._change, batch)

    def finish(self) -> None:
        """Wait for the batch under way; raises what it raised."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            problems: Sequence[RowProblem] = under_way.result()
            unchanged = sum(problem.reason is Reason.CHANGED for problem in problems)
            self._tally.changed -= unchanged
            self._tally.new -= len(problems) - unchanged
            self._tally.add_problems(problems)


def _report(kind: Kind, tally: Tally, *, stored: bool, outdated: bool = False) -> ImportReport:
    return ImportReport(
        kind=kind,
        rows=tally.rows,
        new=tally.new,
        there=tally.there,
        left_out=tally.left_out,
        doubles=tuple(tally.doubles),
        problem_count=tally.problem_count,
        problems=tuple(tally.problems),
        stored=stored,
        changed=tally.changed,
        changes=tuple(tally.changes),
        warning_count=tally.warning_count,
        warnings=tuple(tally.warnings),
        seal=tally.seal,
        outdated=outdated,
    )
