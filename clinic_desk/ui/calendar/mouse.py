"""Hands the mouse's events to the pointer: drags that scroll at the edge or leave the calendar, tool tips, zoom."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.text import one_line

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.model import CalendarModel
    from clinic_desk.ui.calendar.pointer import Pointer
    from clinic_desk.ui.calendar.surface import Hit
    from clinic_desk.ui.calendar.view import CalendarView

_SCROLL_EVERY_MS: Final = 25
_MARGIN: Final = 24
"""How near to the calendar's edge a drag scrolls it."""


class Mouse(QObject):
    """The mouse on one calendar."""

    def __init__(self, view: CalendarView, model: CalendarModel, pointer: Pointer) -> None:
        self._view, self._model, self._pointer = view, model, pointer
        self._at = QPoint()
        self._fine = False
        super().__init__(view)
        self._scroll = QTimer(self)
        self._scroll.setInterval(_SCROLL_EVERY_MS)
        self._scroll.timeout.connect(self._scroll_on)

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pointer.press(event.position().toPoint())
        elif self._pointer.is_dragging:
            self.cancel()

    def move(self, event: QMouseEvent) -> None:
        """The pointer moved."""
        self._at = event.position().toPoint()
        self._fine = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._view.viewport().setCursor(self._pointer.shape(self._at))
            return
        self._pointer.move(self._at, fine=self._fine)
        if not self._pointer.is_dragging:
            return
        dragged = self._pointer.dragged
        if dragged is not None:
            self._view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            if not self._is_inside(event):
                self._view.dragged_outside.emit(dragged, event.globalPosition().toPoint())
        if self._speed() != QPoint() and not self._scroll.isActive():
            self._scroll.start()

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._scroll.stop()
        dragged, inside = self._pointer.dragged, self._is_inside(event)
        self._pointer.release(inside=inside)
        self._view.viewport().unsetCursor()
        if dragged is not None and not inside:
            self._view.dropped_outside.emit(dragged, event.globalPosition().toPoint())

    def cancel(self) -> None:
        """End a drag."""
        self._scroll.stop()
        self._pointer.cancel()
        self._view.viewport().unsetCursor()

    def show_tip(self, event: QHelpEvent) -> None:
        """Say in full what is under the pointer, as plain text (a name may hold what looks like HTML)."""
        hit = self._view.surface.hit(event.pos())
        text = self.tip(hit) if hit is not None and not self._pointer.is_dragging else ""
        if text:
            QToolTip.showText(event.globalPos(), text, self._view)
        else:
            QToolTip.hideText()

    def tip(self, hit: Hit) -> str:
        """Return the tool tip of what is under the pointer as HTML in which nothing of the data is HTML."""
        lines = self._tip_lines(hit)
        return "<p>" + "<br>".join(html.escape(line) for line in lines) + "</p>" if lines else ""

    def _tip_lines(self, hit: Hit) -> list[str]:
        axis = self._model.axis
        if hit.item is None:
            band = self._model.frame(hit.column).band_at(hit.position)
            return [one_line(band.name)] if band is not None and band.name else []
        entry = hit.item.entry
        if entry is None:
            return []
        lines = [
            one_line(entry.patient.display_name),
            f"{words.range_text(axis, hit.item.start, hit.item.end)} · {one_line(self._model.names.type_name(entry))}",
            ", ".join(
                part
                for part in (
                    words.status_text(entry.appointment.status),
                    words.answer_text(entry),
                    words.message_text(entry),
                )
                if part
            ),
            one_line(entry.appointment.note),
        ]
        return [line for line in lines if line]

    def _is_inside(self, event: QMouseEvent) -> bool:
        view = self._view
        return view.rect().contains(view.mapFromGlobal(event.globalPosition().toPoint()))

    def _speed(self) -> QPoint:
        """Return how far to scroll now: the nearer to the edge, or past it, the faster; nothing in the middle."""
        size, at = self._view.viewport().size(), self._at

        def along(value: int, length: int) -> int:
            if value < _MARGIN:
                return -min(24, (_MARGIN - value) // 2 + 1)
            return min(24, (value - length + _MARGIN) // 2 + 1) if value > length - _MARGIN else 0

        if not self._view.rect().adjusted(-60, -60, 60, 60).contains(at):
            return QPoint()
        return QPoint(along(at.x(), size.width()), along(at.y(), size.height()))

    def _scroll_on(self) -> None:
        speed = self._speed()
        if not self._pointer.is_dragging or speed == QPoint():
            self._scroll.stop()
            return
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        across.setValue(across.value() + speed.x())
        down.setValue(down.value() + speed.y())
        self._pointer.move(self._at, fine=self._fine)
