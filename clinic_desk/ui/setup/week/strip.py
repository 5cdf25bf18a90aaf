"""One day as a picture: its spans on a line of hours, to be drawn, moved, made longer and removed by the mouse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from clinic_desk.ui.setup.days import Windows, windows_text
from clinic_desk.ui.setup.week.dragging import Grip, dragged, grip_at, without
from clinic_desk.ui.theme import Theme, theme_of

translate = QCoreApplication.translate
_REACH_PX: Final = 5
_HEIGHT: Final = 30


class DayStrip(QWidget):
    """`windows` as they are drawn; `hours` is the part of the day that is shown. Keys type in the line beside it."""

    dragged = Signal(object)
    """The windows that a drag made, while it goes on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.windows: Windows = ()
        self.hours = (6, 22)
        self.is_locked = False
        self._before: Windows = ()
        self._grip: Grip | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def show_windows(self, windows: Windows, hours: tuple[int, int]) -> None:
        """Draw these, over these hours of the day."""
        self.windows, self.hours = windows, hours
        self.update()

    # --- geometry ---

    def x_of(self, minute: int) -> float:
        """Return where a minute of the day lies."""
        first, last = self.hours
        return (minute - first * 60) / ((last - first) * 60) * self.width()

    def minute_at(self, x: float) -> float:
        """Return the minute of the day that lies there."""
        first, last = self.hours
        return first * 60 + x / max(1, self.width()) * (last - first) * 60

    def _grip_at(self, x: float) -> Grip:
        return grip_at(self.windows, self.minute_at(x), self.minute_at(_REACH_PX) - self.minute_at(0))

    # --- mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.is_locked:
            self._before, self._grip = self.windows, self._grip_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._grip = None  # the button went up elsewhere: the lock came over it
        if self._grip is None:
            self._show_cursor(self._grip_at(x))
            return
        self.windows = dragged(self._before, self._grip, self.minute_at(x))
        self.update()
        self.dragged.emit(self.windows)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = None
            self.update()

    def _show_cursor(self, grip: Grip) -> None:
        if self.is_locked:
            self.unsetCursor()
        elif grip.index is None:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif grip.part == "whole":
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self._grip_at(event.pos().x()).index
        if index is not None and not self.is_locked:
            self._offer_removal(index, event.globalPos())

    def _offer_removal(self, index: int, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = translate("setup", "Remove {span}").format(span=windows_text((self.windows[index],)))
        menu.addAction(text).triggered.connect(lambda _checked: self._take_out(index))
        menu.popup(where)

    def _take_out(self, index: int) -> None:
        self.windows = without(self.windows, index)
        self.update()
        self.dragged.emit(self.windows)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), theme.closed)
        painter.setPen(theme.line)
        for hour in range(self.hours[0] + 1, self.hours[1]):
            x = round(self.x_of(hour * 60))
            painter.drawLine(x, 0, x, self.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for start, end in self.windows:
            self._paint_window(painter, theme, start, end)
        painter.end()

    def _paint_window(self, painter: QPainter, theme: Theme, start: int, end: int) -> None:
        left, right = self.x_of(start), self.x_of(end)
        box = QRectF(left, 3, right - left, self.height() - 6).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.accent, 1.2))
        painter.setBrush(theme.accent_soft)
        painter.drawRoundedRect(box, 4, 4)
        text = windows_text(((start, end),))
        if painter.fontMetrics().horizontalAdvance(text) + 10 <= box.width():
            painter.setPen(theme.ink)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


class HourRuler(QWidget):
    """The hours over the days."""

    def __init__(self, strip: DayStrip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strip = strip
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme_of(self.palette()).ink_muted)
        first, last = self._strip.hours
        step = 2 if (last - first) * 24 > self.width() else 1
        for hour in range(first + step, last, step):
            x = self._strip.x_of(hour * 60)
            painter.drawText(QRectF(x - 20, 0, 40, self.height()), int(Qt.AlignmentFlag.AlignCenter), str(hour))
        painter.end()
