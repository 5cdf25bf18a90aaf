"""The calendar's headers: whose column it is, in its colour, above; the hours and the badge of now at the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from clinic_desk.ui.calendar.lettering import Typesetter
from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.text import is_right_to_left, one_line, shorter_titles
from clinic_desk.ui.theme import Theme, shades

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.model import CalendarModel

_STRIPE = 3
_PAD = 10


class ColumnHeader(QHeaderView):
    """Name and speciality of each column under a stripe of its colour; stays while the day is scrolled."""

    def __init__(self, model: CalendarModel, metrics: Metrics, theme: Theme, parent: QWidget) -> None:
        self._table, self._metrics, self._theme = model, metrics, theme
        self._typesetter = Typesetter(metrics)
        self.today: frozenset[int] = frozenset()
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setViewport(QWidget())  # as the calendar's own
        self.setObjectName("calendar_columns")
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def dress(self, metrics: Metrics, theme: Theme) -> None:
        """Use another font or theme."""
        self._metrics, self._theme, self._typesetter = metrics, theme, Typesetter(metrics)
        self.setFixedHeight(metrics.header_height)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(4 * self._metrics.minimum_column, self._metrics.header_height)  # Qt's own asks every section

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        rect, theme = event.rect(), self._theme
        painter.fillRect(rect, theme.window)
        height = self.height()
        for section in range(self.count()):
            x, width = self.sectionViewportPosition(section), self.sectionSize(section)
            if x <= rect.right() and x + width > rect.left() and section < len(self._table.columns):
                self._paint_column(painter, QRect(x, 0, width, height), section)
        painter.fillRect(rect.left(), height - 1, rect.width(), 1, theme.line)
        painter.end()

    def _paint_column(self, painter: QPainter, rect: QRect, section: int) -> None:
        column, theme, metrics = self._table.columns[section], self._theme, self._metrics
        today = section in self.today
        if today:
            painter.fillRect(rect, theme.accent_soft)
        painter.fillRect(rect.x(), 0, rect.width() - 1, _STRIPE, shades(column.colour, theme).bar)
        painter.fillRect(rect.right(), 0, 1, rect.height(), theme.line)
        baseline = _STRIPE + metrics.ascent + metrics.line // 2
        shorter = shorter_titles(column.title) if column.kind == "practitioner" else ()
        fits = (*map(one_line, (column.title, *shorter)),)
        title = self._typesetter.fit_first(Face.NAME, fits, rect.width() - 2 * _PAD)[0]
        self._write(painter, rect, baseline, Face.NAME, title, accent=today)
        self._write(painter, rect, baseline + metrics.line + 2, Face.SMALL, column.subtitle, muted=True)

    def _write(
        self, painter: QPainter, rect: QRect, baseline: int, face: Face, text: str, *,
        accent: bool = False, muted: bool = False,
    ) -> None:  # fmt: skip
        theme, pad = self._theme, _PAD
        text = one_line(text)
        fitted = self._typesetter.fit(face, text, rect.width() - 2 * pad)
        if not fitted:
            return
        x = float(rect.x() + pad)
        if is_right_to_left(text):
            x = rect.right() - pad - self._metrics.faces[face].horizontalAdvance(fitted)
        painter.setFont(self._metrics.fonts[face])
        painter.setPen(theme.accent if accent else theme.ink_muted if muted else theme.ink)
        painter.drawText(QPointF(x, baseline), fitted)


class TimeHeader(QHeaderView):
    """The hours at the left: full hours strong, the steps between weaker; a red badge at the present minute."""

    def __init__(self, model: CalendarModel, metrics: Metrics, theme: Theme, parent: QWidget) -> None:
        self._table, self._metrics, self._theme = model, metrics, theme
        self.now_position: int | None = None
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setViewport(QWidget())
        self.setObjectName("calendar_times")
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def dress(self, metrics: Metrics, theme: Theme) -> None:
        """Use another font or theme."""
        self._metrics, self._theme = metrics, theme
        self.setFixedWidth(metrics.hour_width)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(self._metrics.hour_width, 10 * self._metrics.line)

    def set_now(self, position: int | None) -> None:
        """Put the badge at a position of the axis; None: the day shown is not today."""
        if position != self.now_position:
            before, self.now_position = self.now_position, position
            for one in (before, position):
                if one is not None:
                    # the labels the badge hides are drawn or left out with it
                    self.viewport().update(self._badge(one).toAlignedRect().adjusted(-2, -20, 2, 20))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        rect, theme, grid = event.rect(), self._theme, self._table.grid
        painter.fillRect(rect, theme.window)
        painter.fillRect(self.width() - 1, rect.top(), 1, rect.height(), theme.line)
        badge = self._badge(self.now_position) if self.now_position is not None else QRectF()
        every = max(30, grid.step)
        for start, end, minute in self._table.axis.segments():
            for at in range(start + (-minute) % every, end, every):
                y = grid.y(at) - self.offset()
                if rect.top() - 2 * self._metrics.line <= y <= rect.bottom():
                    self._paint_label(painter, y, at, badge)
        if self.now_position is not None and badge.intersects(QRectF(rect)):
            self._paint_badge(painter, badge)
        painter.end()

    def _paint_label(self, painter: QPainter, y: int, position: int, badge: QRectF) -> None:
        theme, metrics = self._theme, self._metrics
        label = self._table.axis.label(position)
        hour = label.minute % 60 == 0
        if hour:
            painter.fillRect(0, y, self.width(), 1, theme.line)
        room = metrics.line + 4
        if badge.isValid() and badge.top() < y + room and badge.bottom() > y + 1:
            return
        painter.setFont(metrics.fonts[Face.TEXT if hour else Face.SMALL])
        painter.setPen(theme.ink if hour else theme.ink_muted)
        text = f"{label}²" if label.second else str(label)
        advance = metrics.faces[Face.TEXT if hour else Face.SMALL].horizontalAdvance(text)
        painter.drawText(QPointF(self.width() - 9 - advance, y + metrics.ascent + 3), text)

    def _badge(self, position: int) -> QRectF:
        """Return where the badge of a position is, in the header's viewport."""
        metrics = self._metrics
        width = metrics.faces[Face.SMALL].horizontalAdvance("00:00") + 12
        height = metrics.small_line + 3
        y = self._table.grid.y(position) - self.offset()
        return QRectF(self.width() - width - 5, y - height / 2, width, height)

    def _paint_badge(self, painter: QPainter, badge: QRectF) -> None:
        theme, metrics = self._theme, self._metrics
        assert self.now_position is not None
        y = round(badge.center().y())
        painter.fillRect(round(badge.right()), y - 1, self.width() - round(badge.right()), 2, theme.now)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.now)
        painter.drawRoundedRect(badge, 3, 3)
        painter.setFont(metrics.fonts[Face.SMALL])
        painter.setPen(theme.on_fill)
        text = str(self._table.axis.label(self.now_position))
        painter.drawText(QPointF(badge.x() + 6, badge.y() + 1.5 + metrics.small_ascent), text)
