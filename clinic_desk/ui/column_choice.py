"""Which columns a person wants to see, and in what order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Resource:
    """What can be a column: a doctor or a room. `hint` is read out and shown as tool tip."""

    id: UUID
    name: str
    colour: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which columns are not wanted, and the order of those that were ever ordered (others follow in the clinic's)."""

    hidden: frozenset[UUID] = frozenset()
    order: tuple[UUID, ...] = ()

    def arranged(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return all of `ids` in the chosen order."""
        places = {each: place for place, each in enumerate(self.order)}
        return tuple(sorted(ids, key=lambda each: (places.get(each, len(places)), ids.index(each))))

    def visible(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return those of `ids` that are wanted, in the chosen order; all of them when none is left."""
        return tuple(each for each in self.arranged(ids) if each not in self.hidden) or self.arranged(ids)
