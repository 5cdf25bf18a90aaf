"""What takes the time of practitioners and rooms, kept sorted and merged, and the starts that it leaves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from uuid import UUID

from clinic_desk.domain.records import Appointment, Block, TimeOff

_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Occupied:
    """A footprint [starts_at, ends_at), buffers included, that makes a practitioner and perhaps a room busy."""

    practitioner_id: UUID
    room_id: UUID | None
    starts_at: datetime
    ends_at: datetime


def occupied(appointments: Iterable[Appointment]) -> Iterator[Occupied]:
    """Return the footprints of the appointments that make their practitioner busy, squeezed in or not."""
    for row in appointments:
        if row.status.occupies_time:
            yield Occupied(row.practitioner_id, row.room_id, *row.footprint)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What takes the time of one practitioner or room: footprints (`busy`) and absences (`off`).

    Each is a pair of tuples, starts and ends in whole seconds since 1970, sorted and disjoint.
    """

    busy: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    off: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    def takes(self, visit: tuple[int, int], footprint: tuple[int, int]) -> bool:
        """Whether a visit with this footprint (seconds) collides: footprints with footprints, visits with absences."""
        return _meets(self.busy, footprint) or _meets(self.off, visit)

    def starts_left(self, length: int, buffers: tuple[int, int], bounds: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the [first, last] starts, both included, that it leaves within `bounds`; all in seconds, in order."""
        before, after = buffers
        return _intersection(
            _starts_left(self.busy, before, length + after, bounds), _starts_left(self.off, 0, length, bounds)
        )


def _meets(spans: tuple[tuple[int, ...], tuple[int, ...]], wanted: tuple[int, int]) -> bool:
    index = bisect_right(spans[1], wanted[0])
    return index < len(spans[0]) and spans[0][index] < wanted[1]


def agendas_of(taken: Iterable[Occupied], time_off: Iterable[TimeOff], blocks: Iterable[Block]) -> dict[UUID, Agenda]:
    """Return the agenda of every practitioner and room whose time something takes."""
    busy: dict[UUID, list[tuple[int, int]]] = {}
    off: dict[UUID, list[tuple[int, int]]] = {}
    for row in taken:
        span = (floor(row.starts_at.timestamp()), ceil(row.ends_at.timestamp()))
        busy.setdefault(row.practitioner_id, []).append(span)
        if row.room_id is not None:
            busy.setdefault(row.room_id, []).append(span)
    for absence in time_off:
        off.setdefault(absence.practitioner_id, []).append(_seconds(absence))
    for block in blocks:
        resource_id = block.practitioner_id or block.room_id
        if resource_id is not None:
            off.setdefault(resource_id, []).append(_seconds(block))
    return {key: Agenda(_columns(busy.get(key, ())), _columns(off.get(key, ()))) for key in busy | off}


def _seconds(row: TimeOff | Block) -> tuple[int, int]:
    return floor(row.starts_at.timestamp()), ceil(row.ends_at.timestamp())


def _columns(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
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


def _starts_left(
    taken: tuple[tuple[int, ...], tuple[int, ...]], before: int, onwards: int, bounds: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the [first, last] starts, both included, whose [start - before, start + onwards) meets nothing taken."""
    low = bisect_right(taken[1], bounds[0] - before)
    high = bisect_left(taken[0], bounds[1] + onwards)
    starts, ends = taken[0][low:high], taken[1][low:high]
    if not starts:
        return [(-_NEVER, _NEVER)]
    needed = before + onwards
    inner = [
        (end + before, start - onwards)
        for end, start in zip(ends[:-1], starts[1:], strict=True)
        if start - end >= needed
    ]
    return [(-_NEVER, starts[0] - onwards), *inner, (ends[-1] + before, _NEVER)]


def _intersection(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what two sorted lists of closed intervals have in common."""
    if len(right) == 1 and right[0] == (-_NEVER, _NEVER):
        return left
    out: list[tuple[int, int]] = []
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
