"""What differs between two readings of a day, found quickly when nearly all rows are the same objects; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, count, islice
from operator import attrgetter, is_not
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.records import DayBoard, Entry


_STRIDE = 128
"""Rows compared in one go; equal slices of the same objects are told so without a call of Python code."""


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...


_AnyRow = TypeVar("_AnyRow", bound=_Row)


def changed_rows(
    old: Sequence[_AnyRow], new: Sequence[_AnyRow], key: Callable[[_AnyRow], int] = attrgetter("id.int")
) -> list[tuple[_AnyRow | None, _AnyRow | None]]:
    """Return (before, after) of each row that was changed, added (None, row) or taken away (row, None).

    Rows at both ends that are the very same objects are passed over at the speed of C; only what is between is looked
    at. The order of rows is not compared. `key`: the quickest way to a row's id as a number.
    """
    if old is new:
        return []
    shorter = min(len(old), len(new))
    first = _alike_first(old, new, shorter)
    last = _alike_last(old, new, shorter - first)
    before = {key(row): row for row in old[first : len(old) - last]}
    after = {key(row): row for row in new[first : len(new) - last]}
    out: list[tuple[_AnyRow | None, _AnyRow | None]] = []
    for number, row in after.items():
        was = before.pop(number, None)
        if was is not row and was != row:
            out.append((was, row))
    out.extend((row, None) for row in before.values())
    return out


def _alike_first(old: Sequence[object], new: Sequence[object], most: int) -> int:
    """Return how many rows at the beginning are the same, `most` at most."""
    at = 0
    while at < most and old[at : at + _STRIDE] == new[at : at + _STRIDE]:
        at += _STRIDE
    differs = map(is_not, islice(old, at, most), islice(new, at, most))
    return min(most, next(compress(count(at), differs), most))


def _alike_last(old: Sequence[object], new: Sequence[object], most: int) -> int:
    """Return how many rows at the end are the same, `most` at most."""
    at, ends = 0, (len(old), len(new))
    while at < most:
        stride = min(_STRIDE, most - at)
        one, other = old[ends[0] - at - stride : ends[0] - at], new[ends[1] - at - stride : ends[1] - at]
        if one != other:
            return at + next(compress(count(), map(is_not, reversed(one), reversed(other))), stride)
        at += stride
    return at


@dataclass(frozen=True, slots=True)
class BoardDiff:
    """What differs: appointments one by one; practitioners or rooms (ids) whose absences or holds changed."""

    entries: list[tuple[Entry | None, Entry | None]]
    absent_ids: frozenset[int]
    holding_ids: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.entries or self.absent_ids or self.holding_ids)


def diff(old: DayBoard, new: DayBoard) -> BoardDiff:
    """Return what differs between two readings of the same day."""
    absences = [row for pair in changed_rows(old.time_off, new.time_off) for row in pair if row]
    blocks = [row for pair in changed_rows(old.blocks, new.blocks) for row in pair if row]
    holds = [row for pair in changed_rows(old.holds, new.holds) for row in pair if row]
    touched = [off.practitioner_id for off in absences]
    touched += [one for block in blocks for one in (block.practitioner_id, block.room_id) if one]
    return BoardDiff(
        changed_rows(old.entries, new.entries, attrgetter("appointment.id.int")),
        frozenset(one.int for one in touched),
        frozenset(hold.practitioner_id.int for hold in holds),
    )
