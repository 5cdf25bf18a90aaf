"""Side by side: a sweep over the overlapping clusters of one column that gives each span its lane; pure.

What takes time (active) and what no longer does (cancelled, no-show) get lanes of their own, so that an old
cancellation never halves the appointment that took its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ACTIVE_SHARE = 0.76
"""The share of the width that active spans keep where inactive ones lie beside them."""
INACTIVE_ALONE = 0.82
"""The share an inactive span takes where nothing else is: the rest stays free to book on."""
NO_LIMIT = 1 << 30
READABLE = 15
"""A block of so many minutes is high enough for a line of text, whatever a row stands for."""


class Span(NamedTuple):
    """[start, end) on the axis; one without length counts as a minute."""

    start: int
    end: int
    active: bool = True


class Slot(NamedTuple):
    """Where a span goes: `lane` of `lanes`, shares `left` to `right` (0-1) of the column's width."""

    lane: int
    lanes: int
    left: float
    right: float


_WHOLE = Slot(0, 1, 0.0, 1.0)
_ALONE = Slot(0, 1, 0.0, INACTIVE_ALONE)
_Numbered = tuple[int, int, int]  # start, end, index


def lay_out(spans: Sequence[Span]) -> list[Slot]:
    """Return a slot for each span, in the order given.

    No two spans that share a minute share width; a cluster has no more lanes than spans at once, active and inactive
    counted apart. A span is widened over lanes to its right that are free for as long as it lasts.
    """
    return _lay_out(spans, order_of(spans))


def lay_out_in_order(spans: Sequence[Span]) -> Iterator[tuple[int, Slot, int]]:
    """Yield (index, slot, limit) of each span in order of start, the longest of those that start together first."""
    numbered = order_of(spans)
    slots = _lay_out(spans, numbered)
    found = _limits(numbered, slots)
    for _, _, index in numbered:
        yield index, slots[index], found[index]


def limits(spans: Sequence[Span], slots: Sequence[Slot]) -> list[int]:
    """Return for each span where the next one below it in its share of the width begins, else `NO_LIMIT`.

    A block may be drawn that far, longer than it lasts, and no farther. Spans of `READABLE` minutes and more need no
    more than their own height, so they have no limit.
    """
    return _limits(order_of(spans), slots)


def order_of(spans: Sequence[Span]) -> list[_Numbered]:
    """Return (start, end, index) in order of start, the longest of those that start together first."""
    keys = sorted([(start, -end if end > start else -start - 1, index) for index, (start, end, _) in enumerate(spans)])
    return [(start, -end, index) for start, end, index in keys]


def _lay_out(spans: Sequence[Span], numbered: list[_Numbered]) -> list[Slot]:
    slots = [_WHOLE if span.active else _ALONE for span in spans]
    cluster: list[_Numbered] = []
    cluster_end = -1
    for one in numbered:
        if one[0] >= cluster_end:
            if len(cluster) > 1:
                _lay_out_cluster(cluster, spans, slots)
            cluster = [one]
            cluster_end = one[1]
        else:
            cluster.append(one)
            cluster_end = max(cluster_end, one[1])
    if len(cluster) > 1:
        _lay_out_cluster(cluster, spans, slots)
    return slots


def _limits(numbered: list[_Numbered], slots: Sequence[Slot]) -> list[int]:
    out = [NO_LIMIT] * len(numbered)
    for at, (begin, end, index) in enumerate(numbered):
        if end - begin >= READABLE:
            continue
        slot = slots[index]
        for start, _, other in itertools.islice(numbered, at + 1, None):
            if start >= end and slots[other].left < slot.right and slot.left < slots[other].right:
                out[index] = start
                break
    return out


def _lay_out_cluster(cluster: list[_Numbered], spans: Sequence[Span], slots: list[Slot]) -> None:
    active = [one for one in cluster if spans[one[2]].active]
    inactive = [one for one in cluster if not spans[one[2]].active]
    if active and inactive:
        _place(active, slots, 0.0, ACTIVE_SHARE, beside=inactive)
        _place(inactive, slots, ACTIVE_SHARE, 1.0)
    else:
        _place(cluster, slots, 0.0, 1.0 if active else INACTIVE_ALONE)


def _place(
    group: list[_Numbered], slots: list[Slot], left: float, right: float, beside: list[_Numbered] | None = None
) -> None:
    """Give the spans of a cluster lanes within [left, right]; `beside`: what fills the width right of them."""
    lanes: list[list[_Numbered]] = []
    taken: list[int] = []
    for one in group:
        lane = next((at for at, members in enumerate(lanes) if members[-1][1] <= one[0]), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(one)
        taken.append(lane)
    width = (right - left) / len(lanes)
    for one, lane in zip(group, taken, strict=True):
        reach = lane + 1
        while reach < len(lanes) and not _meets(one, lanes[reach]):
            reach += 1
        edge = left + reach * width if reach < len(lanes) else right
        if reach == len(lanes) and beside is not None and not _meets(one, beside):
            edge = 1.0
        slots[one[2]] = Slot(lane, len(lanes), left + lane * width, edge)


def _meets(one: _Numbered, others: list[_Numbered]) -> bool:
    return any(other[0] < one[1] and one[0] < other[1] for other in others)
