"""What an area of the set-up is: which records it lists, what can be typed about one, and how one is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.setup import Remove, SaveClosure, SaveTimeOff
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.inputs import Input

Values = Mapping[str, Any]
"""What stands in a form's fields, by their names: texts as they were typed, chosen values, ticks."""
Work = Callable[[Database], object]
"""What is done on the command lane; done again it does the same, under the same ids."""
Choices = Sequence[tuple[str, Any]]
"""(text, value) of what can be chosen in a field."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a list shows a record: its name, what follows it in small, its colour ("" for none), whether it is in use.

    `idle`: what is said of one that is not ("" for: not in use).
    """

    name: str
    note: str = ""
    colour: str = ""
    active: bool = True
    idle: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a form. `name`: that of the record's field; `make` gets it as the widget's name.

    `offered`: what can be chosen in it, asked again when the clinic is read anew; `follows`: the same where it depends
    on what stands in other fields. `shown`: whether it is to be seen, by what stands in the form.
    """

    name: str
    label: str
    make: Callable[[str], Input]
    hint: str = ""
    offered: Callable[[Setup, Any], Choices] | None = None
    follows: Callable[[Values], Choices] | None = None
    shown: Callable[[Values, Setup], bool] | None = None


def _by_id(record: Any) -> object:
    return record.id


def _fresh(record: Any) -> Any:
    return replace(record, id=new_id(), version=0)


def _over(mine: Any, now: Any, kept: frozenset[str]) -> Any:
    return replace(now, **{name: getattr(mine, name) for name in kept})


def _same(record: Any, now: Any) -> bool:
    return bool(record.id == now.id)


@dataclass(frozen=True, slots=True)
class Area:
    """One area. Its functions are pure; what `saving` and `removing` return runs on the command lane.


    `read` makes the record that the fields of a form describe, over the one it began with; it raises InvalidInput.
    `said` is a field's value in words, to compare two records. `blank` None: no record can be added. `is_single`: there
    is always exactly one. `extra_text`: a second way to add records, which the opener knows.
    """

    name: str
    title: str
    about: str
    none_yet: str
    rows: tuple[Row, ...]
    records: Callable[[Setup], Sequence[Any]]
    line: Callable[[Any, Setup], Line]
    read: Callable[[Values, Any, Setup], Any]
    said: Callable[[str, Any, Setup], str]
    saving: Callable[[Any, Any, UUID], Work]
    """(the record as it was read or None, the record wanted, the operation's id) -> what writes it."""
    compared: tuple[str, ...]
    """The record's fields that are compared when another desk was first, in this order."""
    values: Callable[[Any, Setup], dict[str, Any]] | None = None
    blank: Callable[[Setup], Any] | None = None
    is_single: bool = False
    new_text: str = ""
    extra_text: str = ""
    removing: Callable[[Any, UUID], Work] | None = None
    absence: Callable[[Any, UUID], SaveTimeOff | SaveClosure] | None = None
    """The command that saves a record, where it keeps patients who are booked from being seen."""
    key: Callable[[Any], object] = _by_id
    is_same: Callable[[Any, Any], bool] = _same
    """Whether a record read anew is the one that was read before."""
    fresh: Callable[[Any], Any] = _fresh
    """The record as one that the database does not have."""
    over: Callable[[Any, Any, frozenset[str]], Any] = _over
    """A record as it stands now (the second) with some fields as they are wanted (in the first)."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What fields are called that are no rows of the form."""
    rows_of: Mapping[str, str] = field(default_factory=dict)
    """The row in which a field of the record is typed, where it has another name."""

    def values_of(self, record: Any, setup: Setup) -> dict[str, Any]:
        """Return what stands in a form that shows the record."""
        if self.values is not None:
            return self.values(record, setup)
        return {row.name: getattr(record, row.name) for row in self.rows}

    def now(self, record: Any, setup: Setup) -> Any:
        """Return a record as it stands now, None if it is gone."""
        return next((each for each in self.records(setup) if self.is_same(record, each)), None)

    def label(self, name: str) -> str:
        """Return what a field is called."""
        labels = {row.name: row.label for row in self.rows} | dict(self.names)
        return labels.get(name, name).replace("&", "")


def plain_record(values: Values, base: Any, _setup: Setup) -> Any:
    """Return the record of a form whose fields are the record's own."""
    return replace(base, **values)


def removing_by(remove: Callable[[Database, Remove], None]) -> Callable[[Any, UUID], Work]:
    """Return an area's `removing`, where a service removes one record by its id."""

    def removing(record: Any, operation: UUID) -> Work:
        command = Remove(record.id, record.version, operation)
        return lambda db: remove(db, command)

    return removing
