"""What is to be imported and how, how far it is, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.domain.exchange import (
    DateOrder,
    Doubles,
    Existing,
    Kind,
    OutOfHours,
    Reason,
    RowProblem,
    guess_columns,
    key_of,
    missing_columns,
)
from clinic_desk.domain.exchange_values import plain_cell
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services.importing.files import order_for

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.records import Patient
    from clinic_desk.services.importing.files import Row, SourceFile

MOST_LISTED: Final = 500
"""So many problems, and so many doubles, are told one by one; the rest is counted."""
DATE_FIELDS: Final = ("birth_date", "date", "start", "end")
_SHOWN: Final = 60


class Cancelled(Refused):
    """Whoever asked for the import stopped it; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("stopped: nothing was stored")


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What the user decided about a file. `columns`: field's name to column; `label` names where the records come from.

    Numbers of patients mean something only within one `label`: importing under the same again makes no doubles.
    `order` None: as the dates themselves show. `region`: the country of phone numbers without one (ISO 3166).
    `agreed`: the `seal` of the report that was looked at; None: changes are agreed to unseen.
    """

    kind: Kind
    source: SourceFile
    columns: Mapping[str, int]
    label: str = "import"
    order: DateOrder | None = None
    region: str = "DE"
    language: str = "en"
    doubles: Doubles = Doubles.SKIP
    existing: Existing = Existing.KEEP
    out_of_hours: OutOfHours = OutOfHours.TAKE
    agreed: str | None = None


def planned(kind: Kind, source: SourceFile) -> ImportPlan:
    """Return the plan that the file's headings suggest."""
    return ImportPlan(kind, source, guess_columns(kind, source.headings))


def date_columns(plan: ImportPlan) -> list[int]:
    """Return the places of the columns that hold dates."""
    return [plan.columns[name] for name in DATE_FIELDS if name in plan.columns]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file was read: rows, and bytes of all bytes."""

    rows: int
    position: int
    size: int


Tell = Callable[[Progress], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Double:
    """A row that is left out, or added all the same: `of_row` stands for the same, or these patients look like it."""

    row: int
    of_row: int = 0
    patients: tuple[Patient, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A row that changes a patient who is there, as she stands now. `fields`: the name, what is there, what will be."""

    row: int
    patient: Patient
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came, or would come, of a file. `stored`: it stands in the database; `repeated`: it did so already.

    `new` + `changed` + `there` + `left_out` + rows with problems = `rows`. `warnings`: what imported rows overrule.
    `seal` tells whether the same would be changed once more; `outdated`: it would not, so nothing was stored. Lists
    hold the first MOST_LISTED.
    """

    kind: Kind
    rows: int = 0
    new: int = 0
    there: int = 0
    left_out: int = 0
    doubles: tuple[Double, ...] = ()
    problem_count: int = 0
    problems: tuple[RowProblem, ...] = ()
    stored: bool = False
    repeated: bool = False
    changed: int = 0
    changes: tuple[Change, ...] = ()
    warning_count: int = 0
    warnings: tuple[RowProblem, ...] = ()
    seal: str = ""
    outdated: bool = False


@dataclass(slots=True)
class Tally:
    """The report while it is being made."""

    rows: int = 0
    new: int = 0
    there: int = 0
    left_out: int = 0
    doubles: list[Double] = field(default_factory=list)
    problem_count: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    changed: int = 0
    changes: list[Change] = field(default_factory=list)
    warning_count: int = 0
    warnings: list[RowProblem] = field(default_factory=list)
    _sealed: Any = field(default_factory=hashlib.sha256)

    @property
    def seal(self) -> str:
        """Tells these changes from others: of other patients, from other versions, to other values."""
        return str(self._sealed.hexdigest())

    def add_change(self, change: Change) -> None:
        """Count a row that changes somebody."""
        self.changed += 1
        self._sealed.update(repr((change.patient.id, change.patient.version, change.fields)).encode())
        if len(self.changes) < MOST_LISTED:
            self.changes.append(change)

    def add_warnings(self, warnings: Sequence[RowProblem]) -> None:
        """Count rows that are imported all the same, and keep the first."""
        self.warning_count += len({warning.row for warning in warnings})
        self.warnings += warnings[: MOST_LISTED - len(self.warnings)]

    def add_problems(self, problems: Sequence[RowProblem]) -> None:
        """Count rows that cannot be imported, and keep the first."""
        self.problem_count += len({problem.row for problem in problems})
        self.problems += problems[: MOST_LISTED - len(self.problems)]

    def add_double(self, double: Double, *, left_out: bool) -> None:
        """Count a row that somebody else stands for, or may stand for."""
        self.left_out += left_out
        if len(self.doubles) < MOST_LISTED:
            self.doubles.append(double)


class Cells:
    """The cells of rows by the fields they hold. Raises InvalidInput(columns) if the plan's columns do not do."""

    def __init__(self, plan: ImportPlan) -> None:
        missing = missing_columns(plan.kind, plan.columns)
        if missing:
            raise InvalidInput(field="columns", expected=f"a column for {', '.join(missing)}")
        width = len(plan.source.headings)
        if not all(0 <= place < width for place in plan.columns.values()):
            raise InvalidInput(field="columns", expected=f"columns 1 to {width}")
        self.plan = plan
        self.order = order_for(plan.source, date_columns(plan), plan.order)
        self._places = dict(plan.columns)

    def text(self, row: Row, name: str) -> str:
        """Return what stands in a field, "" also where no column holds it."""
        place = self._places.get(name)
        return "" if place is None else plain_cell(row.cells[place])

    def heading(self, name: str) -> str:
        """Return the heading of a field's column."""
        place = self._places.get(name)
        return "" if place is None else self.plan.source.headings[place] or str(place + 1)

    def problem(self, row: Row, name: str, reason: Reason, detail: str = "") -> RowProblem:
        """Return what is wrong with a cell."""
        return RowProblem(row.number, self.heading(name), reason, detail, self.text(row, name)[:_SHOWN])

    def key(self, kind: Kind, given: str) -> UUID:
        """Return the id of the record that the file gives this number."""
        return key_of(kind, self.plan.label, given)
