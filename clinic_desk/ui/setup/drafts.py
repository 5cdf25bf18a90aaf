"""What was typed in one area and is not saved, kept by record: turning to another record loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Values


@dataclass(frozen=True, slots=True)
class Draft:
    """`base`: the record as it was read, or a blank one; `values`: what stands in its form. `is_new`: not stored."""

    base: Any
    values: Values
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One record to write: `base` as it was read (None: a new one), `mine` as it is wanted."""

    area: Area
    base: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be saved: the record it is about, of which area, and the field."""

    area: Area
    key: object
    problem: InvalidInput


class Drafts:
    """Of one area. Only records in which something was changed, and new ones, have a draft."""

    def __init__(self, area: Area) -> None:
        self.area = area
        self._drafts: dict[object, Draft] = {}
        self._written: dict[object, Step] = {}
        """What is saved and not read anew yet, by the drafts' keys: it is shown as it was typed."""
        self._written_values: dict[object, Values] = {}

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return any(self.is_unsaved(key) for key in self._drafts)

    def is_unsaved(self, key: object) -> bool:
        """Whether something was typed about a record that is not saved."""
        draft = self._drafts.get(key)
        return draft is not None and not (key in self._written and self._written_values[key] == draft.values)

    def draft(self, key: object) -> Draft | None:
        """Return the draft of a record, None if it is as it was read."""
        return self._drafts.get(key)

    def records(self, setup: Setup) -> list[Any]:
        """Return the stored records as they are listed, then the new ones; those another desk removed stay."""
        stored = list(self.area.records(setup))
        extra = [draft.base for key, draft in self._drafts.items() if not any(self.area.key(r) == key for r in stored)]
        return [*stored, *extra]

    def line(self, record: Any, setup: Setup) -> Line:
        """Return how a list shows a record: as it is wanted, as far as that can be read."""
        draft = self._drafts.get(self.area.key(record))
        if draft is None:
            return self.area.line(record, setup)
        try:
            return self.area.line(self.area.read(draft.values, draft.base, setup), setup)
        except InvalidInput:
            return self.area.line(draft.base, setup)

    def begin(self, setup: Setup) -> Any:
        """Begin a new record and return it."""
        assert self.area.blank is not None
        record = self.area.blank(setup)
        self._drafts[self.area.key(record)] = Draft(record, self.area.values_of(record, setup), is_new=True)
        return record

    def write(self, record: Any, values: Values, setup: Setup) -> None:
        """Keep what stands in a record's form; what is as it was read is no draft."""
        key = self.area.key(record)
        draft = self._drafts.get(key) or Draft(record, {})
        draft = replace(draft, values=values)
        if draft.is_new or dict(values) != self.area.values_of(draft.base, setup):
            self._drafts[key] = draft
        else:
            self._drafts.pop(key, None)

    def values(self, record: Any, setup: Setup) -> Values:
        """Return what is to stand in a record's form."""
        draft = self._drafts.get(self.area.key(record))
        return self.area.values_of(record, setup) if draft is None else draft.values

    def forget(self, key: object) -> None:
        """What was typed about a record is not wanted."""
        self._drafts.pop(key, None)
        self._written.pop(key, None)
        self._written_values.pop(key, None)

    def written(self, step: Step) -> None:
        """A step is saved, but what stands now is not read yet."""
        key = self.area.key(step.mine)
        if key in self._drafts:
            self._written[key], self._written_values[key] = step, self._drafts[key].values

    def settle(self, setup: Setup) -> None:
        """What stands is read: what was saved is no draft any more, what was typed on is one over what was saved."""
        for key, step in list(self._written.items()):
            draft, again = self._drafts[key], self.is_unsaved(key)
            self.forget(key)
            now = self.area.now(step.mine, setup)
            if again:
                base = draft.base if now is None else now
                self._drafts[self.area.key(base)] = Draft(base, draft.values, is_new=now is None and draft.is_new)

    def put(self, base: Any, mine: Any, setup: Setup, *, is_new: bool = False) -> None:
        """Take over a record as wanted over another as it stands."""
        self._drafts[self.area.key(mine)] = Draft(base, self.area.values_of(mine, setup), is_new=is_new)

    def steps(self, setup: Setup) -> list[Step]:
        """Return what is to be written, the first draft first. Raises InvalidInput of the first that cannot be read."""
        return [
            Step(self.area, None if draft.is_new else draft.base, self.area.read(draft.values, draft.base, setup))
            for key, draft in self._drafts.items()
            if self.is_unsaved(key)
        ]

    def fault(self, setup: Setup) -> Fault | None:
        """Return the first draft that cannot be read, None if all can."""
        for key, draft in self._drafts.items():
            try:
                self.area.read(draft.values, draft.base, setup)
            except InvalidInput as problem:
                return Fault(self.area, key, problem)
        return None


class AllDrafts:
    """Of all areas, whether they are on screen or not."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._of = {area.name: Drafts(area) for area in areas}

    def settle(self, setup: Setup) -> None:
        """What stands is read."""
        for drafts in self._of.values():
            drafts.settle(setup)

    def of(self, area: Area) -> Drafts:
        """Return those of one area."""
        return self._of[area.name]

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return any(drafts.is_changed for drafts in self._of.values())

    def steps(self, setup: Setup) -> list[Step]:
        """Return what is to be written, area by area. Raises InvalidInput of the first that cannot be read."""
        return [step for drafts in self._of.values() for step in drafts.steps(setup)]

    def fault(self, setup: Setup) -> Fault | None:
        """Return the first draft that cannot be read, None if all can."""
        return next((fault for fault in (each.fault(setup) for each in self._of.values()) if fault is not None), None)
