"""What hands do on the calendar: the one place where keys and mouse become choices, and wishes of the view's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractItemView

from clinic_desk.ui.calendar.keys import Keyboard
from clinic_desk.ui.calendar.mouse import Mouse
from clinic_desk.ui.calendar.moves import moved, stop_for
from clinic_desk.ui.calendar.pointer import Pointer
from clinic_desk.ui.calendar.stops import Stop

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.cursor import TimeCursor
    from clinic_desk.ui.calendar.model import CalendarModel
    from clinic_desk.ui.calendar.places import MoveWish, Place
    from clinic_desk.ui.calendar.scene import Ghost, Range, Scene
    from clinic_desk.ui.calendar.surface import Hit
    from clinic_desk.ui.calendar.view import CalendarView


class Hands:
    """Keyboard, mouse and what both can do."""

    def __init__(self, view: CalendarView, model: CalendarModel, scene: Scene, cursor: TimeCursor) -> None:
        self._view, self._model, self._scene, self._cursor = view, model, scene, cursor
        self._stage = view.stage
        self.pointer = Pointer(self, model, view.stage.surface)
        self.mouse = Mouse(view, model, self.pointer)
        self.keyboard = Keyboard(view, self)

    def begin(self) -> None:
        """Stand at the next free row of today if a day shown first is today and open by now, else at its opening."""
        column, opening, model = 0, self._stage.go_to_opening(), self._model
        position = opening
        today = self._stage.columns_of_today()
        if today and self._scene.now is not None:
            column, now = today[0], model.scale(today[0]).position(self._scene.now)
            position = min((now // model.grid.step + 1) * model.grid.step, model.grid.length - 1)
            position = max(opening, position)  # who is early looks at the day that comes
        self._cursor.put(column, stop_for(model, column, position))
        self._stage.ensure_visible(column, position, position + model.grid.step)

    def move_cursor(self, action: QAbstractItemView.CursorAction, *, absolute: bool = False) -> None:
        """Move the time cursor as a key asks, and show it."""
        if not self._model.columns:
            return
        self._view.flush()
        column, stop = moved(self._model, self._cursor.spot, action, self.page(), absolute=absolute)
        self._cursor.put(column, stop)
        rect = self._model.content(column).entries[stop.item] if stop.item is not None else None
        self._stage.ensure_visible(column, stop.position, rect.end if rect else stop.position + self._view.step)

    def extend_range(self, rows: int) -> None:
        """Make the chosen range longer or shorter by rows."""
        self._view.flush()
        self._cursor.extend(rows)

    def activate(self) -> None:
        """Open the selected appointment, or book at the place under the cursor."""
        entry, place = self._view.selected_entry(), self._view.current_place()
        if entry is not None:
            self._view.open_requested.emit(entry)
        elif place is not None:
            self._view.book_requested.emit(place)

    @property
    def has_something_to_cancel(self) -> bool:
        """Whether Esc has a meaning here."""
        return self.pointer.is_dragging or self._scene.chosen is not None

    def cancel(self) -> bool:
        """End a drag, let go a range; return whether there was one."""
        had = self.has_something_to_cancel
        self.mouse.cancel()
        self._cursor.put_range(None)
        return had

    def ask_for_context_at_cursor(self) -> None:
        """Ask for the menu of what is under the time cursor, beside it."""
        about = self._view.selected_entry() or self._view.current_place()
        if about is not None:
            rect = self._stage.cursor_rect().intersected(self._view.viewport().rect())
            at = rect.center() if not rect.isEmpty() else self._view.viewport().rect().center()
            self._view.context_requested.emit(about, self._view.viewport().mapToGlobal(at))

    def choose(self, hit: Hit) -> None:
        """Put the cursor on what the pointer is on."""
        if hit.item is not None:
            index = self._model.content(hit.column).index(hit.item.id)
            self._cursor.put(hit.column, Stop(hit.item.start, index))
        else:
            self._cursor.put(hit.column, stop_for(self._model, hit.column, hit.position))

    def put_ghost(self, ghost: Ghost | None) -> None:
        """Show where a dragged appointment would go."""
        before, self._scene.ghost = self._scene.ghost, ghost
        self._stage.update_rects([*self._stage.ghost_rects(before), *self._stage.ghost_rects(ghost)])

    def put_range(self, chosen: Range | None) -> None:
        """Show the range being dragged over."""
        self._cursor.put_range(chosen)

    def ask_to_book(self, place: Place) -> None:
        """Say that the user wants to book."""
        self._view.book_requested.emit(place)

    def ask_to_move(self, wish: MoveWish) -> None:
        """Say that the user wants to move."""
        self._view.move_requested.emit(wish)

    def show_jump(self, typed: str, minute: int | None) -> None:
        """Show what was typed of a time."""
        self._stage.show_hint(typed, minute)

    def page(self) -> int:
        """Return the minutes of a page: what is visible, less a row."""
        rows = max(1, self._view.viewport().height() // self._model.grid.row_height - 1)
        return rows * self._view.step
