"""The table of the list of the day: what the keys and menus are about, sorting by its headings, and no accidents.

When the chosen row leaves (it was filtered out by what was just done to it, or cancelled at another desk) nothing is
chosen in its stead: the same key pressed once more must not be about the next patient. An arrow goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from clinic_desk.ui.daylist.rows import COLUMNS, DayModel
from clinic_desk.ui.messages.list_view import MessageList

_GIVE_WAY: Final = frozenset({"patient", "doctor", "visit", "flags", "room"})
_NOTE_AT_LEAST: Final = 120
_Index = QModelIndex | QPersistentModelIndex


class DayTable(MessageList):
    """Shows DayRows; see the module."""

    came = Signal()
    """It has the keyboard now."""
    menu_requested = Signal(QPoint)
    """Where on screen a menu for the chosen one is wanted."""
    sort_wanted = Signal(str)
    """The column whose heading was clicked, by name."""

    def __init__(self, clock: Callable[[], datetime], name: str, accessible: str, parent: QWidget) -> None:
        self._next = 0
        self._quiet = False
        self.day_rows = DayModel(clock)
        super().__init__(self.day_rows, name, accessible, parent)
        self.day_rows.setParent(self)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setStretchLastSection(False)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(False)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header.sectionClicked.connect(lambda section: self.sort_wanted.emit(COLUMNS[section]))

    def show_records(self, records: Sequence[Any]) -> None:
        """List these rows; the chosen one stays chosen, and none is in place of one that left."""
        before = self.day_rows.rowCount()
        self.day_rows.show_records(records)
        if not before:
            self._lay_out_columns()

    def lay_out(self) -> None:
        """Give the columns the widths that what is listed now asks for."""
        self._lay_out_columns()

    def _lay_out_columns(self) -> None:
        """Give each column what its rows need; where there is too little room names give way, the rest is scrolled to.

        A time or a phone number that is cut says something else.
        """
        wished = [self._wished(number) for number in range(len(COLUMNS))]
        room = self.viewport().width()
        note = min(wished[-1], _NOTE_AT_LEAST)
        names = [number for number, name in enumerate(COLUMNS) if name in _GIVE_WAY]
        lack = max(0, sum(wished[:-1]) + note - room)
        giving = sum(wished[number] for number in names)
        for number in names:
            wished[number] -= min(lack * wished[number] // giving, wished[number] // 3)
        wished[-1] = max(note, room - sum(wished[:-1]))
        for number, width in enumerate(wished):
            self.setColumnWidth(number, width)

    def show_order(self, column: str, *, backwards: bool) -> None:
        """Show in the heading by which column the rows stand."""
        order = Qt.SortOrder.DescendingOrder if backwards else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(COLUMNS.index(column), order)

    def cursor_rect(self) -> QRect:
        """Return where the chosen row is on the screen."""
        rect = self.visualRect(self.currentIndex())
        row = QRect(0, rect.top(), self.viewport().width() if rect.isValid() else 0, rect.height())
        return QRect(self.viewport().mapToGlobal(row.topLeft()), row.size())

    # --- what is chosen ---

    def rowsAboutToBeRemoved(self, parent: _Index, start: int, end: int) -> None:  # noqa: N802
        """Qt would choose the row beside the one that leaves."""
        leaves = start <= self.currentIndex().row() <= end
        self._quiet = leaves
        super().rowsAboutToBeRemoved(parent, start, end)
        self._quiet = False
        if leaves:
            self._next = start
            self._choose_nothing()

    def _choose_nothing(self) -> None:
        self._quiet = True
        self.selectionModel().clear()
        self._quiet = False
        self.chosen_changed.emit(None)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        if self._quiet:
            QAbstractItemView.currentChanged(self, current, previous)
        else:
            super().currentChanged(current, previous)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """From a row that left, go on to what is beside its place."""
        if self.currentIndex().isValid():
            return super().moveCursor(action, modifiers)
        up = action in {QAbstractItemView.CursorAction.MoveUp, QAbstractItemView.CursorAction.MovePageUp}
        row = min(self._next - (1 if up else 0), self.day_rows.rowCount() - 1)
        return self.day_rows.index(max(0, row), 0) if self.day_rows.rowCount() else QModelIndex()

    # --- Qt ---

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt would choose the first row, without showing that, where none is chosen."""
        nothing = not self.currentIndex().isValid()
        self._quiet = nothing
        super().focusInEvent(event)
        self._quiet = False
        if nothing and self.currentIndex().isValid():
            self._choose_nothing()
        self.came.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        if self.chosen is None or (by_mouse and not index.isValid()):
            return
        corner = self.visualRect(self.currentIndex()).bottomLeft()
        self.menu_requested.emit(event.globalPos() if by_mouse else self.viewport().mapToGlobal(corner))
