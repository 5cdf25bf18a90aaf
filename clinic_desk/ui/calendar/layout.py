"""Side by side: a sweep over the overlapping clusters of one column that gives each span its lane; pure.

What takes time (active) and what no longer does (cancelled, no-show) get lanes of their own, so that an old
cancellation never halves the appointment that took its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, Protocol

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


WHOLE = Slot(0, 1, 0.0, 1.0)
_ALONE = Slot(0, 1, 0.0, INACTIVE_ALONE)
_Numbered = tuple[int, int, int]  # start, end, index


class Spanned(Protocol):
    """What can be laid out: a span, or what has one."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def active(self) -> bool: ...


def lay_out(spans: Sequence[Span]) -> list[Slot]:
    """Return a slot for each span, in the order given.

    No two spans that share a minute share width; a cluster has no more lanes than spans at once, active and inactive
    counted apart. A span is widened over lanes to its right that are free for as long as it lasts.
    """
    order = sorted(range(len(spans)), key=lambda at: (spans[at].start, -max(spans[at].end, spans[at].start + 1), at))
    found = dict(zip(order, slots_of([spans[at] for at in order]), strict=True))
    return [found[at] for at in range(len(spans))]


def slots_of(ordered: Sequence[Spanned]) -> list[Slot]:
    """The same for spans in order of start, those that start together in the order in which they take their lanes."""
    slots = [WHOLE if span.active else _ALONE for span in ordered]
    begin, cluster_end = 0, -1
    for index, span in enumerate(ordered):
        start, end = span.start, span.end
        if start >= cluster_end:
            if index - begin > 1:
                _lay_out_cluster(begin, index, ordered, slots)
            begin, cluster_end = index, -1
        cluster_end = max(cluster_end, end, start + 1)
    if len(slots) - begin > 1:
        _lay_out_cluster(begin, len(slots), ordered, slots)
    return slots


def limits_of(ordered: Sequence[Spanned], slots: Sequence[Slot], first: int = 0, last: int | None = None) -> list[int]:
    """Return for each span [first:last] where the next one below it in its share of the width begins, else `NO_LIMIT`.

    A block may be drawn that far, longer than it lasts, and no farther. None needs more than the height of `READABLE`
    minutes, so what begins later is no limit.
    """
    starts = [span.start for span in ordered]
    return [_limit(at, ordered[at], starts, slots) for at in range(first, len(starts) if last is None else last)]


def _limit(at: int, span: Spanned, starts: list[int], slots: Sequence[Slot]) -> int:
    end, enough = max(span.end, span.start + 1), span.start + READABLE
    if end < enough:
        _, _, left, right = slots[at]
        for other in range(at + 1, bisect_left(starts, enough, at + 1)):
            if starts[other] >= end and slots[other].left < right and left < slots[other].right:
                return starts[other]
    return NO_LIMIT


def _lay_out_cluster(begin: int, end: int, spans: Sequence[Spanned], slots: list[Slot]) -> None:
    """Give the spans of indices [begin, end), which overlap one after the other, their slots."""
    cluster = [(spans[at].start, max(spans[at].end, spans[at].start + 1), at) for at in range(begin, end)]
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
