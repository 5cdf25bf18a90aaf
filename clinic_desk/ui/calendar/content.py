"""What one column holds, laid out: its appointments and holds with their lanes, its bands, what is visible where; pure.

`ColumnContent` is made anew when anything in its column changed, and never for another column's sake.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from clinic_desk.domain.records import AppointmentStatus, Clinic, DayBoard, Entry, Hold
from clinic_desk.ui.calendar.bands import Band, band_at, bands_of
from clinic_desk.ui.calendar.geometry import DayAxis, DayScale
from clinic_desk.ui.calendar.layout import NO_LIMIT, Slot, Span, lay_out_in_order
from clinic_desk.ui.calendar.stops import Stop, stops_of

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.opening import Opening
    from clinic_desk.ui.calendar.places import Column

_OCCUPYING = frozenset(status for status in AppointmentStatus if status.occupies_time)
_RANK = attrgetter("appointment.squeezed_in", "appointment.id.int")
_HIDDEN = frozenset({AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST})


class Item(NamedTuple):
    """An appointment (`entry`) or another desk's hold (`hold`) at positions [start, end) of its column.

    `limit`: how far down it may be drawn if it is too short to be read.
    """

    id: UUID
    start: int
    end: int
    active: bool
    slot: Slot
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


def frame_of(column: Column, board: DayBoard | None, clinic: Clinic, opening: Opening, axis: DayAxis) -> Frame:
    """Return the frame of a column on the axis it shares with the others."""
    scale = DayScale(column.day, opening.zone, axis)
    return Frame(column, scale, opening.site_id, bands_of(column, board, clinic, scale, opening))


class ColumnContent:
    """The items of one column in order of start, found by position through bisection."""

    __slots__ = ("_by_step", "_reach", "_starts", "entries", "frame", "items")

    def __init__(self, frame: Frame, items: Sequence[Item]) -> None:
        self.frame = frame
        self.items = tuple(items)
        self.entries = tuple(item for item in self.items if item.entry is not None)
        self._starts = [item.start for item in self.items]
        self._reach: list[int] = []
        reach = 0
        for item in self.items:
            reach = max(reach, item.end)
            self._reach.append(reach)
        self._by_step: dict[int, list[Stop]] = {}

    def between(self, top: int, bottom: int) -> Iterator[Item]:
        """Yield the items that meet positions [top, bottom), in order of start."""
        first = bisect_right(self._reach, top)
        for item in self.items[first : bisect_left(self._starts, bottom)]:
            if item.end > top:
                yield item

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
    frame: Frame, entries: Iterable[Entry], holds: Iterable[Hold], before: ColumnContent | None = None
) -> ColumnContent:
    """Lay out a column's own entries and holds (others of its day must not be among them).

    `before`: the content it replaces, of the same frame. Items drawn as they were there are the same objects again.
    Of those that begin and end together the one booked first stands first, squeezed in ones last, at every desk alike.
    """
    known = {id(item.entry or item.hold): item for item in before.items} if before is not None else {}
    scale = frame.scale
    spans: list[Span] = []
    what: list[tuple[UUID, Entry | None, Hold | None, Item | None]] = []
    for entry in sorted(entries, key=_RANK):
        appointment, was = entry.appointment, known.get(id(entry))
        if was is not None:
            spans.append(Span(was.start, was.end, was.active))
            what.append((was.id, entry, None, was))
        elif appointment.status not in _HIDDEN and _touches(scale, appointment.starts_at, appointment.ends_at):
            spans.append(_span(scale, appointment.starts_at, appointment.ends_at, appointment.status in _OCCUPYING))
            what.append((appointment.id, entry, None, None))
    for hold in holds:
        if _touches(scale, hold.starts_at, hold.ends_at):
            spans.append(_span(scale, hold.starts_at, hold.ends_at, True))
            what.append((hold.id, None, hold, known.get(id(hold))))
    items: list[Item] = []
    for index, slot, limit in lay_out_in_order(spans):
        key, one, hold_, was = what[index]
        if was is not None and was.slot == slot and was.limit == limit:
            items.append(was)
        else:
            items.append(Item(key, *spans[index], slot, limit, one, hold_))
    return ColumnContent(frame, items)


def _span(scale: DayScale, starts_at: datetime, ends_at: datetime, active: bool) -> Span:
    start = scale.position(starts_at)
    return Span(start, max(start + 1, scale.position(ends_at, as_end=True)), active)


def _touches(scale: DayScale, starts_at: datetime, ends_at: datetime) -> bool:
    return starts_at < scale.ends_at and max(ends_at, starts_at) >= scale.starts_at and ends_at != scale.starts_at
