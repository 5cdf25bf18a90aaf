"""Outlines, plain and dashed, that look the same whichever part of them is painted."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

DASH, GAP = 4, 3
"""Logical pixels of a dash and of the gap after it."""


def plain(painter: QPainter, rect: QRect, colour: QColor, width: int) -> None:
    """Draw an outline of whole pixels along the inside of a rectangle."""
    x, y, w, h = rect.x(), rect.y(), rect.width(), rect.height()
    painter.fillRect(x, y, w, width, colour)
    painter.fillRect(x, y + h - width, w, width, colour)
    painter.fillRect(x, y, width, h, colour)
    painter.fillRect(x + w - width, y, width, h, colour)


def padlock(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Draw a closed lock that fills a box: as shapes, since not every font has the sign."""
    body = QRectF(box.x(), box.y() + 0.45 * box.height(), box.width(), 0.55 * box.height())
    thick = max(1.2, box.width() / 6)
    bow = box.adjusted(0.18 * box.width(), thick / 2, -0.18 * box.width(), -thick / 2)
    shape = QPainterPath(QPointF(bow.left(), body.top()))
    shape.arcTo(QRectF(bow.left(), bow.top(), bow.width(), 2 * (body.top() - bow.top()) * 0.75), 180, -180)
    shape.lineTo(bow.right(), body.top())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, thick))
    painter.drawPath(shape)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(body, 1.5, 1.5)
    painter.restore()


class Dashes:
    """Dashed outlines. Qt's own dashes begin where the clip does, so that they crawl while scrolling; these do not."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._tiles: dict[tuple[int, int], tuple[QPixmap, QPixmap]] = {}

    def outline(self, painter: QPainter, rect: QRect, colour: QColor, width: int = 1) -> None:
        """Draw a dashed outline along the inside of a rectangle."""
        across, down = self._tiles_of(colour, width)
        x, y, w, h = rect.x(), rect.y(), rect.width(), rect.height()
        painter.drawTiledPixmap(x, y, w, width, across)
        painter.drawTiledPixmap(x, y + h - width, w, width, across)
        painter.drawTiledPixmap(x, y, width, h, down)
        painter.drawTiledPixmap(x + w - width, y, width, h, down)

    def _tiles_of(self, colour: QColor, width: int) -> tuple[QPixmap, QPixmap]:
        key = (colour.rgba(), width)
        found = self._tiles.get(key)
        if found is None:
            found = self._tiles[key] = (self._tile(colour, width, down=False), self._tile(colour, width, down=True))
        return found

    def _tile(self, colour: QColor, width: int, *, down: bool) -> QPixmap:
        period, dash = round((DASH + GAP) * self._ratio), round(DASH * self._ratio)
        thick = max(1, round(width * self._ratio))
        tile = QPixmap(thick, period) if down else QPixmap(period, thick)
        tile.fill(Qt.GlobalColor.transparent)
        painter = QPainter(tile)
        painter.fillRect(0, 0, thick if down else dash, dash if down else thick, colour)
        painter.end()
        tile.setDevicePixelRatio(self._ratio)
        return tile
