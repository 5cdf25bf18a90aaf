"""What arrives while the calendar is open: changed boards, pending moves, flashes, the passing of time.

Changes are collected for one turn of the event loop; then each touched column is laid out once and only the blocks that
differ are painted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QObject, QTimer

from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.ui.calendar import damage
from clinic_desk.ui.calendar.scene import Ghost

if TYPE_CHECKING:
    from clinic_desk.domain.records import DayBoard
    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.model import CalendarModel, ColumnChange
    from clinic_desk.ui.calendar.places import MoveWish
    from clinic_desk.ui.calendar.scene import Scene
    from clinic_desk.ui.calendar.view import CalendarView

FLASH_MS: Final = 2600
"""How long a change is pointed at."""


class Updates(QObject):
    """Takes changes in and has what they touch painted."""

    def __init__(self, view: CalendarView, model: CalendarModel, scene: Scene) -> None:
        self._view, self._model, self._scene = view, model, scene
        self._boards: dict[date, DayBoard] = {}
        self._wishes: dict[int, MoveWish] = {}
        super().__init__(view)
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self.flush)
        self._flash = QTimer(self)
        self._flash.setSingleShot(True)
        self._flash.setInterval(FLASH_MS)
        self._flash.timeout.connect(self._end_flash)

    def take(self, boards: Mapping[date, DayBoard]) -> None:
        """Keep newer readings for the end of this turn."""
        self._boards.update(boards)
        self._turn.start()

    def forget(self) -> None:
        """Drop what has not been taken over: another day is shown in full."""
        self._boards.clear()
        self._turn.stop()

    def flush(self) -> None:
        """Take over what has arrived."""
        if not self._boards:
            return
        boards, self._boards = self._boards, {}
        self._turn.stop()
        changes = self._model.change(boards)
        if not changes:
            return
        self._damage([(change, damage.differing(change.before, change.after)) for change in changes])
        if self._wishes:
            self.place_pending()
        stage = self._view.stage
        for change in changes:
            if change.column == self._scene.column:
                before = stage.cursor_rect(change.before)
                self._view.time_cursor.follow()
                after = stage.cursor_rect()
                if after != before:
                    stage.update_rects([before, after])
                break

    def _damage(self, changed: list[tuple[ColumnChange, list[Item]]]) -> None:
        """Have painted what differs, by blocks if they are few; tell screen readers which cells it concerns."""
        stage = self._view.stage
        if sum(len(items) for _, items in changed) > damage.MANY:
            self._view.viewport().update()
        else:
            stage.update_rects(rect for change, items in changed for rect in damage.rects(stage.surface, change, items))
        for change, items in changed:
            if change.bands:
                self._model.tell(change.column, 0, self._model.axis.length)
            elif items:
                self._model.tell(change.column, min(item.start for item in items), max(item.end for item in items))

    # -- pending moves -----------------------------------------------------------------------------------------------

    def set_pending(self, wish: MoveWish) -> None:
        """Draw an appointment where it was asked to go, until it is there or the wish is refused."""
        self._wishes[wish.entry.id.int] = wish
        self.place_pending()

    def clear_pending(self, entry_id: UUID) -> None:
        """Draw it where it is."""
        if self._wishes.pop(entry_id.int, None) is not None:
            self.place_pending()

    def place_pending(self) -> None:
        """Find the pending ones' places among the columns shown now."""
        before = self._scene.pending
        after = {key: ghost for key, wish in self._wishes.items() if (ghost := self._ghost(wish)) is not None}
        if before == after:
            return
        dirty = [
            rect for one in (before, after) for ghost in one.values() for rect in self._view.stage.ghost_rects(ghost)
        ]
        self._scene.pending = after
        self._view.stage.update_rects(dirty)

    def _ghost(self, wish: MoveWish) -> Ghost | None:
        found = self._model.find(wish.entry.id)
        for at, column in enumerate(self._model.columns):
            scale = self._model.scale(at)
            owner = wish.room_id if column.kind == "room" else wish.practitioner_id
            if column.id == owner and scale.starts_at <= wish.starts_at < scale.ends_at:
                item = self._model.content(found[0]).entries[found[1]] if found else None
                if item is None:
                    return None
                start = scale.position(wish.starts_at)
                return Ghost(item, at, start, min(self._model.grid.length, start + wish.length_minutes))
        return None

    # -- flashes and time --------------------------------------------------------------------------------------------

    def flash(self, ids: Iterable[UUID]) -> None:
        """Point at appointments for a moment and say who changed them."""
        self.flush()
        before = self._scene.flashing
        self._scene.flashing = before | {one.int for one in ids}
        self._update_items(self._scene.flashing)
        if self._scene.flashing:
            self._flash.start()

    def _end_flash(self) -> None:
        before, self._scene.flashing = self._scene.flashing, frozenset()
        self._update_items(before)

    def _update_items(self, ids: frozenset[int]) -> None:
        for column in self._view.stage.visible_columns():
            items = [item for item in self._model.content(column).entries if item.id.int in ids]
            self._view.stage.update_rects(self._view.stage.surface.block(column, item) for item in items)

    def set_now(self, now: datetime) -> None:
        """Let time pass: the line and the badge move, waiting patients have waited longer."""
        if self._scene.now == now:
            return
        stage = self._view.stage
        before = stage.now_rects()
        self._scene.now = now
        stage.update_rects([*before, *stage.now_rects()])
        stage.place_now()
        for column in stage.visible_columns():
            for item in self._model.content(column).entries:
                if item.entry is not None and item.entry.appointment.status == AppointmentStatus.ARRIVED:
                    stage.update_rects([stage.surface.block(column, item)])
