"""What the mouse does: choose, move, change the length, choose a range; a drag begins after 7 pixels, Esc ends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, Qt

from clinic_desk.ui.calendar.moves import stop_for
from clinic_desk.ui.calendar.places import MoveWish, Place
from clinic_desk.ui.calendar.scene import Ghost, Range
from clinic_desk.ui.calendar.surface import MOVABLE, Edge, Hit, Surface

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.model import CalendarModel

_MINUTE = timedelta(minutes=1)
THRESHOLD = 7
"""Pixels the pointer may tremble before a press becomes a drag."""
SHORTEST = 5
"""The least minutes an appointment can be dragged to."""


class PointerTarget(Protocol):
    """What the mouse acts on: the view."""

    def choose(self, hit: Hit) -> None:
        """Put the cursor on what is under the pointer."""

    def put_ghost(self, ghost: Ghost | None) -> None:
        """Show where an appointment would go."""

    def put_range(self, chosen: Range | None) -> None:
        """Show the chosen range."""

    def ask_to_book(self, place: Place) -> None:
        """Say that the user wants to book."""

    def ask_to_move(self, wish: MoveWish) -> None:
        """Say that the user wants to move."""


@dataclass(frozen=True, slots=True)
class _Press:
    """Where the button went down; `dragging` once the pointer has gone far enough."""

    hit: Hit
    at: QPoint
    dragging: bool = False


class Pointer:
    """Turns presses, moves and releases into choices and wishes."""

    def __init__(self, target: PointerTarget, model: CalendarModel, surface: Surface) -> None:
        self._target, self._model, self._surface = target, model, surface
        self._press: _Press | None = None
        self._ghost: Ghost | None = None
        self._range: Range | None = None
        self.read_only = False
        """Things can be chosen, and are not dragged."""

    @property
    def is_dragging(self) -> bool:
        """Whether a drag is under way."""
        return self._press is not None and self._press.dragging

    @property
    def dragged(self) -> Entry | None:
        """Return the appointment being moved (not one being resized)."""
        hit = self._press.hit if self._press is not None and self._press.dragging else None
        return hit.item.entry if hit is not None and hit.item is not None and hit.edge == Edge.NONE else None

    def press(self, at: QPoint) -> None:
        """The left button went down."""
        self.cancel()
        hit = self._surface.hit(at)
        if hit is not None:
            self._press = _Press(hit, at)
            self._target.choose(hit)

    def move(self, at: QPoint, *, fine: bool = False) -> None:
        """The pointer moved with the button down. `fine`: snap to 5 minutes whatever the rows stand for."""
        press = self._press
        if press is None:
            return
        if not press.dragging:
            if (at - press.at).manhattanLength() < THRESHOLD or not self._may_drag(press.hit):
                return
            press = self._press = replace(press, dragging=True)
        unit = SHORTEST if fine else self._model.grid.step
        if press.hit.item is None:
            self._drag_range(press.hit, at)
        elif press.hit.edge == Edge.NONE:
            self._drag_block(press.hit.item, press.hit, at, unit)
        else:
            self._drag_edge(press.hit.item, press.hit, at, unit)

    def release(self, *, inside: bool = True) -> None:
        """The button went up. `inside`: over the calendar; a move let go elsewhere is not a move on it."""
        press, ghost, chosen = self._press, self._ghost, self._range
        self.cancel()
        if press is None:
            return
        if not press.dragging:
            self._click(press.hit)
        elif chosen is not None:
            self._book_range(chosen)
        elif ghost is not None and inside:
            wish = wish_of(self._model, ghost, press.hit.column)
            if wish is not None:
                self._target.ask_to_move(wish)

    def cancel(self) -> None:
        """End whatever is under way; nothing comes of it."""
        self._press = None
        if self._ghost is not None:
            self._ghost = None
            self._target.put_ghost(None)
        if self._range is not None:
            self._range = None
            self._target.put_range(None)

    def shape(self, at: QPoint) -> Qt.CursorShape:
        """Return the pointer's shape over a point."""
        hit = self._surface.hit(at)
        if hit is None or hit.item is None or self.read_only:
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.ArrowCursor if hit.edge == Edge.NONE else Qt.CursorShape.SizeVerCursor

    def _may_drag(self, hit: Hit) -> bool:
        if self.read_only:
            return False
        return hit.item is None or (hit.item.entry is not None and hit.item.entry.appointment.status in MOVABLE)

    # -- dragging ----------------------------------------------------------------------------------------------------

    def _drag_block(self, item: Item, hit: Hit, at: QPoint, unit: int) -> None:
        column = self._surface.nearest_column(at.x())
        grid, length = self._model.grid, item.end - item.start
        start = grid.snapped(self._surface.position(at.y()) - (hit.position - item.start), unit)
        start = max(0, min(grid.length - length, start))
        self._put(Ghost(item, column, start, start + length))

    def _drag_edge(self, item: Item, hit: Hit, at: QPoint, unit: int) -> None:
        position = self._model.grid.snapped(self._surface.position(at.y() + 1), unit)
        if hit.edge == Edge.BOTTOM:
            self._put(Ghost(item, hit.column, item.start, max(item.start + SHORTEST, position)))
        else:
            self._put(Ghost(item, hit.column, min(item.end - SHORTEST, position), item.end))

    def _drag_range(self, hit: Hit, at: QPoint) -> None:
        grid = self._model.grid
        anchor, row = grid.row(hit.position), grid.row(self._surface.position(at.y()))
        first, last = min(anchor, row), max(anchor, row)
        chosen = Range(hit.column, first * grid.step, min(grid.length, (last + 1) * grid.step))
        if chosen != self._range:
            self._range = chosen
            self._target.put_range(chosen)

    def _put(self, ghost: Ghost) -> None:
        if ghost != self._ghost:
            self._ghost = ghost
            self._target.put_ghost(ghost)

    # -- what comes of it --------------------------------------------------------------------------------------------

    def _click(self, hit: Hit) -> None:
        if hit.item is None:
            stop = stop_for(self._model, hit.column, hit.position)
            place = place_at(self._model, hit.column, stop.position)
            if stop.item is None and place is not None:
                self._target.ask_to_book(place)

    def _book_range(self, chosen: Range) -> None:
        place = place_at(self._model, chosen.column, chosen.start, chosen.end)
        if place is not None:
            self._target.ask_to_book(place)


def place_at(model: CalendarModel, column: int, start: int, end: int | None = None) -> Place | None:
    """Return the place of positions [start, end) in a column; None where that time does not exist there."""
    frame = model.frame(column)
    starts_at = frame.scale.instant(start)
    if starts_at is None or frame.site_id is None:
        return None
    minutes = None
    if end is not None:
        ends_at = frame.scale.end_instant(end)
        minutes = None if ends_at is None else max(SHORTEST, (ends_at - starts_at) // _MINUTE)
    is_room = frame.column.kind == "room"
    return Place(
        practitioner_id=None if is_room else frame.column.id,
        room_id=frame.column.id if is_room else None,
        site_id=model.site_at(column, starts_at) or frame.site_id,
        starts_at=starts_at,
        length_minutes=minutes,
    )


def wish_of(model: CalendarModel, ghost: Ghost, origin: int) -> MoveWish | None:
    """Return the wish of a ghost dragged from column `origin`; None when it changes nothing or has no such time."""
    entry = ghost.item.entry
    place = place_at(model, ghost.column, ghost.start, ghost.end)
    if entry is None or place is None:
        return None
    appointment, starts_at = entry.appointment, place.starts_at
    minutes = appointment.length // _MINUTE
    if ghost.end - ghost.start != ghost.item.end - ghost.item.start and place.length_minutes is not None:
        minutes = place.length_minutes
    elif ghost.item.start == 0:  # what began the day before is shown from midnight on: the part not shown moves along
        starts_at -= max(timedelta(0), model.scale(origin).starts_at - appointment.starts_at)
    if ghost.column == origin and ghost.start == ghost.item.start:
        starts_at = appointment.starts_at
    if ghost.column == origin and starts_at == appointment.starts_at and minutes == appointment.length // _MINUTE:
        return None
    return MoveWish(
        entry=entry,
        practitioner_id=place.practitioner_id or appointment.practitioner_id,
        site_id=place.site_id,
        starts_at=starts_at,
        length_minutes=minutes,
        room_id=place.room_id,
    )
