"""What is shown beyond the boards: time cursor, selection, range, ghost of a drag, pending moves, flashes, now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.ui.calendar.stops import Stop

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import Item


@dataclass(frozen=True, slots=True)
class Ghost:
    """An appointment drawn where it would go: positions [start, end) of a column."""

    item: Item
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Range:
    """Positions [start, end) of a column, chosen with the mouse or the shift key."""

    column: int
    start: int
    end: int


@dataclass(slots=True)
class Scene:
    """The calendar's own state."""

    now: datetime | None = None
    column: int = 0
    stop: Stop = field(default_factory=lambda: Stop(8 * 60))
    selected: UUID | None = None
    chosen: Range | None = None
    ghost: Ghost | None = None
    pending: dict[int, Ghost] = field(default_factory=dict)
    flashing: frozenset[int] = frozenset()
    focused: bool = False
    read_only: bool = False
    """Nothing is booked or moved here."""
