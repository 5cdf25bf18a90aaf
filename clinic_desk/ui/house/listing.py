"""The list of who is in the house: the same keys as on the calendar do what they do there to the chosen patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtWidgets import QWidget

from clinic_desk.ui.house.rows import HouseModel, HouseRow
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column


class HouseList(MessageList):
    """Nobody is chosen before the keyboard or the mouse comes here: what is chosen on the calendar stays chosen."""

    in_hand = Signal(object)
    """The HouseRow, or None, that keys and menus are about from now on."""
    menu_requested = Signal(QPoint)
    """Where on screen a menu for the chosen one is wanted."""

    def __init__(
        self, columns: Sequence[Column], clock: Callable[[], datetime], name: str, accessible: str, parent: QWidget
    ) -> None:
        self.house = HouseModel(columns, clock)
        super().__init__(self.house, name, accessible, parent)
        self.house.setParent(self)
        self.horizontalHeader().resizeSection(len(columns) - 1, 24)  # it is stretched, and never wider than the rest
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.chosen_changed.connect(lambda row: self.in_hand.emit(row) if self.hasFocus() else None)

    def show_rows(self, rows: Sequence[HouseRow]) -> None:
        """List these; the chosen one stays chosen, after one who left it is the next."""
        self.house.show_records(rows)
        self._lay_out_columns()
        if self.hasFocus() and not rows:
            self.in_hand.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.house.records and not self.selectionModel().hasSelection():
            self.selectRow(max(0, self.currentIndex().row()))  # Qt alone would choose the first without showing it
        self.in_hand.emit(self.chosen)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Mouse and not index.isValid():
            return
        place = event.globalPos()
        if event.reason() is not QContextMenuEvent.Reason.Mouse:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        if self.chosen is not None:
            self.in_hand.emit(self.chosen)
            self.menu_requested.emit(place)
