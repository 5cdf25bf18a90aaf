"""The calendar's widget: a QTableView whose current cell is the time cursor and whose appointments are painted by it.

It shows what it is given and says what the user wishes; it never books, moves or asks for data itself. Every override
is total: it raises nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QWidget

from clinic_desk.ui.calendar import damage, words
from clinic_desk.ui.calendar.cursor import TimeCursor
from clinic_desk.ui.calendar.events import Events
from clinic_desk.ui.calendar.hands import Hands
from clinic_desk.ui.calendar.metrics import STEPS
from clinic_desk.ui.calendar.model import CalendarModel
from clinic_desk.ui.calendar.moves import moved, stop_for
from clinic_desk.ui.calendar.scene import Scene
from clinic_desk.ui.calendar.stage import Stage
from clinic_desk.ui.calendar.stops import Stop
from clinic_desk.ui.calendar.updates import Updates

if TYPE_CHECKING:
    from clinic_desk.domain.records import Clinic, DayBoard, Entry
    from clinic_desk.ui.calendar.places import Column, MoveWish, Place
    from clinic_desk.ui.calendar.surface import Surface

_Index = QModelIndex | QPersistentModelIndex


class CalendarView(QTableView):
    """The calendar; see the module. `Entry`, `Place` and `MoveWish` are what its signals carry."""

    book_requested = Signal(object)
    """Place: Enter or a click on free time, or a range (then with a length)."""
    open_requested = Signal(object)
    """Entry: Enter or a double click on an appointment."""
    move_requested = Signal(object)
    """MoveWish: an appointment was dropped elsewhere, or its edge was."""
    context_requested = Signal(object, QPoint)
    """Entry or Place, and where on the screen."""
    entry_selected = Signal(object)
    """Entry, or None when the cursor left for free time; again when the selected one changed."""
    place_changed = Signal(object)
    """Place of the time cursor."""
    step_changed = Signal(int)
    """Minutes a row stands for now."""
    dragged_outside = Signal(object, QPoint)
    """Entry being dragged over something else on the screen (the month, the pinboard)."""
    dropped_outside = Signal(object, QPoint)
    """Entry let go there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.scene = Scene()
        self._table = CalendarModel()
        self._ready = self._shown_before = False
        super().__init__(parent)
        self._table.setParent(self)
        self.setViewport(QWidget())  # one that Python knows: for Qt's own PySide6 would look through all its widgets
        self.stage = Stage(self, self._table, self.scene)
        self.time_cursor = TimeCursor(self, self._table, self.scene)
        self.hands = Hands(self, self._table, self.scene, self.time_cursor)
        self._updates = Updates(self, self._table, self.scene)
        self._ready = True
        self._events = Events(self)
        self._set_up()
        self.stage.dress()

    def _set_up(self) -> None:
        self.setObjectName("calendar")
        self.setAccessibleName(words.table_name())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalHeader(self.stage.columns)
        self.setVerticalHeader(self.stage.times)
        self.setModel(self._table)
        self.setCornerButtonEnabled(False)
        self.setShowGrid(False)
        self.setAutoScroll(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.stage.hint.setObjectName("calendar_jump")
        self.stage.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.stage.hint.hide()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_columns(
        self, columns: tuple[Column, ...], boards: Mapping[date, DayBoard], clinic: Clinic, now: datetime
    ) -> None:
        """Show other columns or another day in full; the time looked at and the cursor's time stay."""
        self.hands.mouse.cancel()
        self._updates.forget()
        self.scene.now = now
        self.time_cursor.put_range(None)
        self._table.show(columns, boards, clinic)
        self.stage.fit_columns()
        self.time_cursor.follow()
        self._updates.place_pending()
        self.stage.place_now()
        self.stage.update_day()
        if columns and not self._shown_before:
            self._shown_before = True
            self.hands.begin()

    def update_boards(self, boards: Mapping[date, DayBoard], changed_ids: frozenset[UUID] = frozenset()) -> None:
        """Take newer readings of shown days; what differs is painted after this turn of the event loop.

        What changed is found by comparing with the reading shown; `changed_ids` is for the caller's own convenience.
        """
        del changed_ids
        self._updates.take(boards)

    def retitle(self, columns: tuple[Column, ...]) -> None:
        """Write something else over the columns that are shown."""
        if len(columns) == len(self._table.columns):
            self._table.retitle(columns)

    def flush(self) -> None:
        """Take over readings that have arrived in this turn of the event loop, now."""
        self._updates.flush()

    def set_now(self, now: datetime) -> None:
        """Let time pass (once a minute is enough)."""
        self._updates.set_now(now)

    def set_read_only(self) -> None:
        """Offer no booking and drag nothing: what is shown cannot be changed."""
        self.scene.read_only = self.hands.pointer.read_only = True

    @property
    def step(self) -> int:
        """Minutes a row stands for."""
        return self._table.grid.step

    def set_step(self, minutes: int) -> None:
        """Let a row stand for 5, 10, 15, 20 or 30 minutes; the time at the top stays there."""
        step = min(STEPS, key=lambda one: abs(one - minutes))
        if step == self.step:
            return
        self.flush()
        self.hands.mouse.cancel()
        top = self.stage.surface.position(0)
        self.time_cursor.put_range(None)
        self._table.set_grid(step, self.stage.metrics.row_height(step))
        self.stage.times.setDefaultSectionSize(self._table.grid.row_height)
        self.updateGeometries()
        self.stage.fit_columns()
        self.time_cursor.follow()
        self.verticalScrollBar().setValue(self._table.grid.y(top))
        self.stage.update_all()
        self.step_changed.emit(step)

    def set_pending(self, entry_id: UUID, wish: MoveWish) -> None:
        """Draw an appointment at the place it was asked to go to, as not yet certain."""
        if wish.entry.id == entry_id:
            self.flush()
            self._updates.set_pending(wish)

    def clear_pending(self, entry_id: UUID) -> None:
        """Draw it where it is."""
        self.flush()
        self._updates.clear_pending(entry_id)

    def highlight(self, ids: Iterable[UUID]) -> None:
        """Point at appointments for a moment, saying who changed them."""
        self._updates.flash(ids)

    def select_entry(self, entry_id: UUID) -> bool:
        """Put the cursor on an appointment and show it; return whether it is among the columns shown."""
        self.flush()
        found = self._table.find(entry_id)
        if found is None:
            return False
        column, index = found
        item = self._table.content(column).entries[index]
        self.time_cursor.put(column, Stop(item.start, index))
        self.stage.ensure_visible(column, item.start, item.end)
        return True

    def selected_entry(self) -> Entry | None:
        """Return the selected appointment."""
        self.flush()
        return self.time_cursor.entry()

    def current_place(self) -> Place | None:
        """Return the place under the time cursor, with a length if a range is chosen."""
        self.flush()
        return self.time_cursor.place()

    def go_to_minute(self, minute: int) -> None:
        """Put the cursor on a wall minute (0-1440) of its column and show it with some of what is before."""
        if not self._table.columns:
            return
        self.flush()
        position = min(self._table.axis.position(max(0, minute)), self._table.grid.length - 1)
        self.time_cursor.put(self.scene.column, stop_for(self._table, self.scene.column, position))
        if not self.viewport().rect().contains(self.stage.cursor_rect().center()):
            self.verticalScrollBar().setValue(self._table.grid.y(position) - self.viewport().height() // 3)
        self.stage.ensure_visible(self.scene.column, position, position + self.step)

    def go_to_place(self, place: Place) -> bool:
        """Put the cursor on a place; return whether it is among the columns shown."""
        self.flush()
        found = self.stage.find_place(place)
        if found is not None:
            self.time_cursor.put(found[0], stop_for(self._table, *found))
        return found is not None

    def place_rect(self, place: Place) -> QRect:
        """Return where a place is on the screen (global coordinates), empty when it is not shown."""
        self.flush()
        rect = self.stage.place_rect(place)
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size()) if not rect.isEmpty() else QRect()

    def cursor_rect(self) -> QRect:
        """Return where the time cursor, or the chosen appointment, is on the screen."""
        rect = self.stage.cursor_rect()
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size())

    @property
    def surface(self) -> Surface:
        """Return where things are on the viewport."""
        return self.stage.surface

    # -- Qt ----------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text by its own first letter
        rects = damage.pieces(event.region())
        for rect in rects:
            if len(rects) > 1:
                painter.setClipRect(rect)
            self.stage.painter.paint(painter, rect, self.scene)
        painter.end()

    def dataChanged(
        self,
        top_left: _Index,
        bottom_right: _Index,
        roles: Sequence[int] = (),
    ) -> None:
        """What is to be painted anew was found more closely than by cells: only screen readers need to be told."""
        if QAccessible.isActive():
            super().dataChanged(top_left, bottom_right, roles)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            self.stage.fit_columns()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        if self._ready:
            self.stage.place_corner()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._ready and event.type() in {
            QEvent.Type.FontChange,
            QEvent.Type.PaletteChange,
            QEvent.Type.StyleChange,
            QEvent.Type.LanguageChange,
        }:
            self.stage.dress()
            self.stage.fit_columns()
            self.stage.update_all()

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        if not self._table.columns:
            return QModelIndex()
        absolute = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        column, stop = moved(self._table, self.time_cursor.spot, action, self.hands.page(), absolute=absolute)
        return self._table.index(self._table.grid.row(stop.position), column)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        if self._ready:
            self.time_cursor.current_changed(current)

    def scrollTo(
        self,
        index: _Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if index.isValid() and index.column() < len(self._table.columns):
            start = index.row() * self.step
            self.stage.ensure_visible(index.column(), start, start + self.step)
