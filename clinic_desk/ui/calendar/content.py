"""What one column holds, laid out: its appointments and holds with their lanes, its bands, what is visible where; pure.

`ColumnContent` is made anew when anything in its column changed, and never for another column's sake.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from clinic_desk.domain.records import AppointmentStatus, Clinic, DayBoard, Entry, Hold
from clinic_desk.ui.calendar.bands import Band, band_at, bands_of
from clinic_desk.ui.calendar.layout import NO_LIMIT, READABLE, WHOLE, Slot, limits_of, slots_of
from clinic_desk.ui.calendar.stops import Stop, stops_of

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.geometry import DayScale
    from clinic_desk.ui.calendar.opening import Opening
    from clinic_desk.ui.calendar.places import Column

_OCCUPYING = frozenset(status for status in AppointmentStatus if status.occupies_time)
_ORDER, _START = attrgetter("order"), attrgetter("start")
_HIDDEN = frozenset({AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST})


class Item(NamedTuple):
    """An appointment (`entry`) or another desk's hold (`hold`) at positions [start, end) of its column.

    `order`: of items that begin together, which takes the first lane. `limit`: how far down it may be drawn if it is
    too short to be read.
    """

    id: UUID
    start: int
    end: int
    active: bool
    order: tuple[int, int, bool, int]
    slot: Slot = WHOLE
    limit: int = NO_LIMIT
    entry: Entry | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a column changes with its day and the clinic's set-up only: scale, site and bands."""

    column: Column
    scale: DayScale
    site_id: UUID | None
    bands: tuple[Band, ...]

    def band_at(self, position: int) -> Band | None:
        """Return the band that covers a position; None in free working time."""
        return band_at(self.bands, position)


def frame_of(column: Column, board: DayBoard | None, clinic: Clinic, opening: Opening, scale: DayScale) -> Frame:
    """Return the frame of a column. `scale`: its day on the axis it shares with the others."""
    return Frame(column, scale, opening.site_id, bands_of(column, board, clinic, scale, opening))


class ColumnContent:
    """The items of one column in order of start, found by position through bisection."""

    __slots__ = ("_by_step", "_reach", "_starts", "entries", "frame", "items")

    def __init__(self, frame: Frame, items: Sequence[Item]) -> None:
        self.frame = frame
        self.items = tuple(items)
        self.entries = tuple(item for item in self.items if item.entry is not None)
        self._starts = [item.start for item in self.items]
        self._reach = list(accumulate([item.end for item in self.items], max))
        self._by_step: dict[int, list[Stop]] = {}

    def between(self, top: int, bottom: int) -> Iterator[Item]:
        """Yield the items that meet positions [top, bottom), in order of start."""
        first = bisect_right(self._reach, top)
        for item in self.items[first : bisect_left(self._starts, bottom)]:
            if item.end > top:
                yield item

    def first_reaching(self, position: int) -> int:
        """Return the index of the first item that overlaps, one after the other, with what begins at a position."""
        at = bisect_left(self._starts, position)
        while at > 0 and self._reach[at - 1] > position:
            at -= 1
            position = min(position, self._starts[at])
        return at

    def at(self, position: int) -> list[Item]:
        """Return the items that cover a position."""
        return list(self.between(position, position + 1))

    def index(self, entry_id: UUID) -> int | None:
        """Return the index in `entries` of an appointment; None if it is not here."""
        return next((at for at, item in enumerate(self.entries) if item.id == entry_id), None)

    def stops(self, step: int) -> list[Stop]:
        """Return the time cursor's stops on this column; their items are indices of `entries`."""
        found = self._by_step.get(step)
        if found is None:
            found = self._by_step[step] = stops_of(self.entries, self.frame.scale.axis.length, step)
        return found

    def is_free(self, start: int, end: int) -> bool:
        """Whether no active appointment and no hold meets positions [start, end)."""
        return not any(item.active for item in self.between(start, end))


def content_of(
    frame: Frame, entries: Mapping[int, Entry], holds: Iterable[Hold], before: ColumnContent | None = None
) -> ColumnContent:
    """Lay out a column's own entries (by the number of their id) and holds.

    `before`: the content it replaces, of the same frame. Items drawn as they were there are the same objects again.
    Of those that begin and end together the one booked first stands first, squeezed in ones last, at every desk alike.
    """
    held = {hold.id.int: hold for hold in holds}
    rows: Mapping[int, Entry | Hold] = {**entries, **held} if held else entries
    was = before.items if before is not None else ()
    kept = [item for item in was if rows.get(item.id.int) is (item.entry or item.hold)]
    known, scale = {item.id.int for item in kept}, frame.scale
    made = [item for key, entry in entries.items() if key not in known and (item := _of_entry(scale, entry))]
    made += [item for key, hold in held.items() if key not in known and (item := _of_hold(scale, hold))]
    found = sorted(made + kept, key=_ORDER)
    first, last = _to_lay_out(found, made, before) if before is not None else (0, len(found))
    slots = [item.slot for item in found]
    slots[first:last] = slots_of(found[first:last])
    if first < last:  # a short block above may be drawn down to one of these
        first = bisect_right(found, found[first].start - READABLE, 0, first, key=_START)
    limits = limits_of(found, slots, first, last)
    found[first:last] = map(_put, found[first:last], slots[first:last], limits)
    return ColumnContent(frame, found)


def _to_lay_out(found: list[Item], made: list[Item], before: ColumnContent) -> tuple[int, int]:
    """Return which items [first:last] overlap, one after the other, with what came or went; the others stay put."""
    staying = {id(item) for item in found}
    changed = [*made, *(item for item in before.items if id(item) not in staying)]
    if not changed:
        return 0, 0
    top, bottom = min(item.start for item in changed), max(item.end for item in changed)
    first = last = before.first_reaching(top)
    while last < len(found) and found[last].start < bottom:
        bottom = max(bottom, found[last].end)
        last += 1
    return first, last


def _put(item: Item, slot: Slot, limit: int) -> Item:
    if item.limit == limit and (item.slot is slot or item.slot == slot):
        return item
    return Item(item.id, item.start, item.end, item.active, item.order, slot, limit, item.entry, item.hold)


def _of_entry(scale: DayScale, entry: Entry) -> Item | None:
    appointment = entry.appointment
    status = appointment.status
    span = scale.span(appointment.starts_at, appointment.ends_at) if status not in _HIDDEN else None
    if span is None:
        return None
    start, end = span
    order = (start, -end, appointment.squeezed_in, appointment.id.int)
    return Item(appointment.id, start, end, status in _OCCUPYING, order, WHOLE, NO_LIMIT, entry)


def _of_hold(scale: DayScale, hold: Hold) -> Item | None:
    span = scale.span(hold.starts_at, hold.ends_at)
    if span is None:
        return None
    start, end = span
    return Item(hold.id, start, end, True, (start, -end, True, hold.id.int), hold=hold)
