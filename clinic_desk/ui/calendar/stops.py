"""The time cursor's stops in one column: each free piece of a row, each appointment as one, in their order; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Timed(Protocol):
    """What a stop can be on: an appointment with its positions on the axis, its end below its start."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def active(self) -> bool: ...


class Stop(NamedTuple):
    """A place of the cursor: free time from `position` on, or the item of index `item` that starts there."""

    position: int
    item: int | None = None


def stops_of(items: Sequence[Timed], length: int, step: int) -> list[Stop]:
    """Return every stop of a column, top to bottom.

    `items` are in order of start. Free time is cut at the rows' borders and where appointments begin and end, so each
    piece of it has its stop. A cancelled appointment leaves its time free: both the time and it are stops.
    """
    out: list[tuple[int, int, Stop]] = [(item.start, 1, Stop(item.start, index)) for index, item in enumerate(items)]
    at = 0
    for item in items:
        if item.active:
            out += [(position, 0, Stop(position)) for position in _pieces(at, item.start, step)]
            at = max(at, item.end)
    out += [(position, 0, Stop(position)) for position in _pieces(at, length, step)]
    out.sort(key=lambda one: one[:2])
    return [stop for _, _, stop in out]


def _pieces(start: int, end: int, step: int) -> list[int]:
    """Return where the pieces of free time [start, end) begin: at its start and at every row within it."""
    if start >= end:
        return []
    return [start, *range((start // step + 1) * step, end, step)]


def stop_at(stops: Sequence[Stop], items: Sequence[Timed], position: int) -> Stop:
    """Return the stop for a position: the active appointment that covers it, else the free piece that does.

    Where several appointments cover it, the one that started last.
    """
    covering = [index for index, item in enumerate(items) if item.active and item.start <= position < item.end]
    if covering:
        return Stop(items[covering[-1]].start, covering[-1])
    free = [stop for stop in stops if stop.item is None]
    at = bisect_right([stop.position for stop in free], position)
    return free[at - 1] if at else (stops[0] if stops else Stop(0))


def neighbour(stops: Sequence[Stop], current: Stop, distance: int) -> Stop:
    """Return the stop `distance` further (negative: up), no farther than the first or the last."""
    if not stops:
        return current
    try:
        at = stops.index(current)
    except ValueError:
        at = max(0, bisect_right([stop.position for stop in stops], current.position) - 1)
    return stops[max(0, min(len(stops) - 1, at + distance))]
