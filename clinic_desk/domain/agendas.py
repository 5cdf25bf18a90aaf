"""What takes the time of practitioners, rooms and devices, kept sorted and merged, and the starts that it leaves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil, floor
from typing import Final, NamedTuple
from uuid import UUID

from clinic_desk.domain.records import Appointment, Block, TimeOff

Spans = tuple[tuple[int, ...], tuple[int, ...]]
"""Starts and ends in whole seconds since 1970, sorted and disjoint."""
Starts = list[tuple[int, int]]
"""[first, last] starts in seconds, both included, sorted and disjoint."""

_NEVER: Final = 1 << 62
_NOTHING: Final[Spans] = ((), ())
ALL_STARTS: Final[Starts] = [(-_NEVER, _NEVER)]


class Occupied(NamedTuple):
    """A footprint [starts, ends) in seconds since 1970, buffers included, that makes one resource busy."""

    resource_id: UUID
    starts: int
    ends: int


def occupied(appointments: Iterable[Appointment]) -> Iterator[Occupied]:
    """Return what appointments make busy, squeezed in or not: their practitioners, rooms and devices."""
    for row in appointments:
        if row.status.occupies_time:
            begin, end = row.footprint
            span = (floor(begin.timestamp()), ceil(end.timestamp()))
            for resource_id in (row.practitioner_id, row.room_id, row.device_id):
                if resource_id is not None:
                    yield Occupied(resource_id, *span)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What takes the time of one practitioner, room or device: footprints (`busy`) and absences (`off`).

    `reserved`: blocks [starts, ends) that are open to appointments of some types and closed to all others.
    """

    busy: Spans = _NOTHING
    off: Spans = _NOTHING
    reserved: tuple[tuple[int, int, frozenset[UUID]], ...] = ()

    def for_type(self, type_id: UUID | None) -> Agenda:
        """Return the agenda as an appointment of this type finds it; None: one that nothing is reserved for."""
        closed = [(start, end) for start, end, types in self.reserved if type_id not in types]
        if not closed:
            return self
        return replace(self, off=_merged([*zip(*self.off, strict=True), *closed]), reserved=())

    def takes(self, visit: tuple[int, int], footprint: tuple[int, int]) -> bool:
        """Whether a visit with this footprint (seconds) collides: footprints with footprints, visits with absences."""
        return _meets(self.busy, footprint) or _meets(self.off, visit)

    def starts_left(self, length: int, buffers: tuple[int, int], bounds: tuple[int, int]) -> Starts:
        """Return the starts that it leaves within `bounds`; all in seconds."""
        before, after = buffers
        left = _starts_left(self.busy, before, length + after, bounds)
        return common(left, _starts_left(self.off, 0, length, bounds))


def _meets(spans: Spans, wanted: tuple[int, int]) -> bool:
    index = bisect_right(spans[1], wanted[0])
    return index < len(spans[0]) and spans[0][index] < wanted[1]


def agendas_of(
    taken: Iterable[Occupied],
    time_off: Iterable[TimeOff],
    blocks: Iterable[Block],
    capacities: Mapping[UUID, int] | None = None,
) -> dict[UUID, Agenda]:
    """Return the agenda of every practitioner, room and device whose time something takes.

    `capacities`: how many footprints at once make it busy, where that is not one.
    """
    busy: dict[UUID, list[tuple[int, int]]] = {}
    off: dict[UUID, list[tuple[int, int]]] = {}
    reserved: dict[UUID, list[tuple[int, int, frozenset[UUID]]]] = {}
    for resource_id, start, end in taken:
        busy.setdefault(resource_id, []).append((start, end))
    for absence in time_off:
        off.setdefault(absence.practitioner_id, []).append(_seconds(absence))
    for block in blocks:
        owner = block.practitioner_id or block.room_id
        if owner is not None and block.type_ids:
            reserved.setdefault(owner, []).append((*_seconds(block), block.type_ids))
        elif owner is not None:
            off.setdefault(owner, []).append(_seconds(block))
    at_once = capacities or {}
    return {
        key: Agenda(
            full(busy.get(key, ()), at_once.get(key, 1)), _merged(off.get(key, ())), tuple(reserved.get(key, ()))
        )
        for key in busy | off | reserved
    }


def _seconds(row: TimeOff | Block) -> tuple[int, int]:
    return floor(row.starts_at.timestamp()), ceil(row.ends_at.timestamp())


def full(spans: Iterable[tuple[int, int]], capacity: int) -> Spans:
    """Return when `capacity` or more of the spans are there at once: the largest number at once is what counts."""
    if capacity == 1:
        return _merged(spans)
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    counts = list(accumulate(change for _, change in edges))
    stretches = ((edges[no][0], edges[no + 1][0]) for no, count in enumerate(counts) if count >= capacity)
    return _merged((start, end) for start, end in stretches if start < end)


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return starts and ends of the spans, sorted, those that touch or overlap made one."""
    starts: list[int] = []
    ends: list[int] = []
    reached = -_NEVER
    for start, end in sorted(spans):
        if start > reached:
            starts.append(start)
            ends.append(end)
            reached = end
        elif end > reached:
            ends[-1] = reached = end
    return tuple(starts), tuple(ends)


def _starts_left(taken: Spans, before: int, onwards: int, bounds: tuple[int, int]) -> Starts:
    """Return the starts whose [start - before, start + onwards) meets nothing taken."""
    low = bisect_right(taken[1], bounds[0] - before)
    high = bisect_left(taken[0], bounds[1] + onwards)
    starts, ends = taken[0][low:high], taken[1][low:high]
    if not starts:
        return ALL_STARTS
    needed = before + onwards
    inner = [
        (end + before, start - onwards)
        for end, start in zip(ends[:-1], starts[1:], strict=True)
        if start - end >= needed
    ]
    return [(-_NEVER, starts[0] - onwards), *inner, (ends[-1] + before, _NEVER)]


def common(left: Starts, right: Starts) -> Starts:
    """Return the starts that are in both."""
    if right == ALL_STARTS:
        return left
    out: Starts = []
    i = j = 0
    while i < len(left) and j < len(right):
        first, last = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first <= last:
            out.append((first, last))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return out


def any_of(several: Iterable[Starts]) -> Starts:
    """Return the starts that are in at least one."""
    out: Starts = []
    for first, last in sorted(span for starts in several for span in starts):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out
