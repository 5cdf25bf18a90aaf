"""Draws a chart: a line for each category with its bars and their values, an axis below, what is what above.

Series differ by colour, by the pattern of their bars, and by their order; every value stands at its bar.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinic_desk.ui.figures.charts import Chart, ticks
from clinic_desk.ui.figures.words import number_text
from clinic_desk.ui.theme import SHAPE_CONTRAST, Theme, bold, mixed, readable, theme_of

_BAR: Final = 15.0
_STACK: Final = 20.0
_GAP: Final = 11.0
_MARGIN: Final = 10.0
_LEGEND: Final = 12.0
_NAMES_AT_MOST: Final = 0.3
"""Of the width."""
_INKS: Final = ("#1f5fbf", "#c0692a", "#0f8a7e", "#7a5cc2", "#b4549c", "#6a7a2f", "#56606f")
_PATTERNS: Final = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense4Pattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.VerPattern,
)
MOST_SERIES: Final = len(_INKS)


class ChartView(QWidget):
    """One chart. A screen reader is told its title and where the same stands as a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figures_chart")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._chart: Chart | None = None

    def show_chart(self, chart: Chart) -> None:
        """Draw this one from now on."""
        self._chart = chart
        self.setAccessibleName(chart.title)
        self.setAccessibleDescription(chart.about)
        self.setMinimumHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a height in which every bar has its room."""
        if self._chart is None:
            return QSize(400, 200)
        line = self.fontMetrics().height()
        bars = len(self._chart.categories) * (_band(self._chart) + _GAP)
        return QSize(400, int(2 * line + _LEGEND + bars + 2 * _MARGIN + 10))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._chart is None or self._chart.is_empty:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _Drawing(painter, self._chart, theme_of(self.palette()), QRectF(self.rect())).draw()
        painter.end()


def _band(chart: Chart) -> float:
    return _STACK if chart.stacked else _BAR * len(chart.series)


class _Drawing:
    """One picture of a chart, under way."""

    def __init__(self, painter: QPainter, chart: Chart, theme: Theme, room: QRectF) -> None:
        self._painter, self._chart, self._theme = painter, chart, theme
        self._metrics = QFontMetricsF(painter.font())
        self._room = room.adjusted(2, _MARGIN, -_MARGIN, -_MARGIN)
        self._ticks = ticks(chart.largest)
        names = max((self._metrics.horizontalAdvance(each) for each in chart.categories), default=0.0)
        self._left = self._room.left() + min(names * 1.06 + 12, self._room.width() * _NAMES_AT_MOST)
        values = max(map(self._metrics.horizontalAdvance, self._value_texts()), default=0.0)
        self._width = max(40.0, self._room.right() - self._left - values - 8)
        self._top = self._room.top() + self._metrics.height() + _LEGEND
        self._bottom = self._top + len(chart.categories) * (_band(chart) + _GAP)

    def _value_texts(self) -> list[str]:
        unit = self._chart.unit
        if self._chart.stacked:
            return [number_text(self._chart.total(place), unit) for place in range(len(self._chart.categories))]
        return [number_text(value, unit) for each in self._chart.series for value in each.values]

    def draw(self) -> None:
        """Draw it all."""
        self._draw_legend()
        self._draw_axis()
        for place in range(len(self._chart.categories)):
            self._draw_line(place)

    def _x(self, value: float) -> float:
        return self._left + self._width * value / self._ticks[-1]

    def _draw_legend(self) -> None:
        x, y = self._left, self._room.top()
        for number, each in enumerate(self._chart.series):
            self._fill(QRectF(x, y + 3, 18, self._metrics.height() - 6), number)
            self._painter.setPen(self._theme.ink)
            self._painter.drawText(QPointF(x + 24, y + self._metrics.ascent()), each.name)
            x += 24 + self._metrics.horizontalAdvance(each.name) + 22

    def _draw_axis(self) -> None:
        painter = self._painter
        for value in self._ticks:
            x = self._x(value)
            painter.setPen(QPen(self._theme.border if not value else self._theme.line_weak, 1))
            painter.drawLine(QPointF(x, self._top - 2), QPointF(x, self._bottom))
            text = number_text(value, self._chart.unit)
            painter.setPen(self._theme.ink_muted)
            half = self._metrics.horizontalAdvance(text) / 2
            painter.drawText(QPointF(x - half, self._bottom + self._metrics.ascent() + 4), text)

    def _draw_line(self, place: int) -> None:
        chart, painter = self._chart, self._painter
        top = self._top + place * (_band(chart) + _GAP) + _GAP / 2
        is_strong = chart.strong and not place
        usual = painter.font()
        painter.setFont(bold(usual) if is_strong else usual)
        metrics = QFontMetricsF(painter.font())
        name = metrics.elidedText(chart.categories[place], Qt.TextElideMode.ElideRight, self._left - self._room.left())
        middle = top + _band(chart) / 2 + (metrics.ascent() - metrics.descent()) / 2
        painter.setPen(self._theme.ink)
        painter.drawText(QPointF(self._left - 10 - metrics.horizontalAdvance(name), middle), name)
        painter.setFont(usual)
        if chart.stacked:
            self._draw_stack(place, top, middle)
            return
        for number, each in enumerate(chart.series):
            value, y = each.values[place], top + number * _BAR
            if value is not None:
                self._fill(QRectF(self._left, y + 1, max(1.0, self._x(value) - self._left), _BAR - 2), number)
            text = number_text(value, chart.unit)
            painter.setPen(self._theme.ink if not number else self._theme.ink_muted)
            base = y + _BAR / 2 + (self._metrics.ascent() - self._metrics.descent()) / 2
            painter.drawText(QPointF(self._x(value or 0.0) + 6, base), text)

    def _draw_stack(self, place: int, top: float, middle: float) -> None:
        reached = 0.0
        for number, each in enumerate(self._chart.series):
            value = each.values[place] or 0.0
            if value:
                begin, end = self._x(reached), self._x(reached + value)
                self._fill(QRectF(begin, top, max(1.0, end - begin - 1), _STACK), number)
                reached += value
        self._painter.setPen(self._theme.ink)
        self._painter.drawText(QPointF(self._x(reached) + 6, middle), number_text(reached, self._chart.unit))

    def _fill(self, box: QRectF, number: int) -> None:
        ink = series_ink(number, self._theme)
        soft = mixed(ink, self._theme.panel, 0.22)
        pattern = _PATTERNS[number % MOST_SERIES]
        self._painter.setPen(QPen(ink, 1))
        self._painter.fillRect(box, soft)
        self._painter.setBrush(QBrush(ink, pattern))
        self._painter.drawRect(box)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)


def series_ink(number: int, theme: Theme) -> QColor:
    """Return the colour of a series; it holds its contrast to the ground in light and dark."""
    return readable(QColor(_INKS[number % MOST_SERIES]), theme.panel, SHAPE_CONTRAST)
