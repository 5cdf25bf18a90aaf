"""Where things are on the viewport: columns, blocks, what is under a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect

from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.ui.calendar.layout import WHOLE

if TYPE_CHECKING:
    from PySide6.QtWidgets import QHeaderView

    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.metrics import Metrics
    from clinic_desk.ui.calendar.model import CalendarModel

MARGIN = 3
"""Free pixels at both sides of a column's blocks, so that the column's own ground can always be clicked."""
EDGE = 4
"""How near to a block's top or bottom the pointer takes hold of its edge."""
MOVABLE = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})


class Edge(Enum):
    """The part of a block the pointer is on."""

    NONE = "none"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under a point: the column, the position on its axis, the block if any and which part of it."""

    column: int
    position: int
    item: Item | None = None
    edge: Edge = Edge.NONE


class Surface:
    """The viewport's geometry at this moment."""

    def __init__(self, model: CalendarModel, columns: QHeaderView, rows: QHeaderView) -> None:
        self._model, self._columns, self._rows = model, columns, rows
        self.metrics: Metrics | None = None

    @property
    def top(self) -> int:
        """How far the day is scrolled, in pixels."""
        return self._rows.offset()

    @property
    def step(self) -> int:
        """Minutes of a row."""
        return self._model.grid.step

    @property
    def row_height(self) -> int:
        """Pixels of a row."""
        return self._model.grid.row_height

    def y(self, position: int) -> int:
        """Return the viewport's pixel row of a position."""
        return self._model.grid.y(position) - self._rows.offset()

    def position(self, y: int) -> int:
        """Return the position under a pixel row of the viewport, within the day."""
        return self._model.grid.position(y + self._rows.offset())

    def column_at(self, x: int) -> int | None:
        """Return the column under a pixel column of the viewport."""
        found = self._columns.logicalIndexAt(x)
        return found if found >= 0 else None

    def nearest_column(self, x: int) -> int:
        """Return the column under or nearest to a pixel column; there must be one."""
        found = self._columns.logicalIndexAt(x)
        if found >= 0:
            return found
        before_first = (x < 0) != self._columns.isRightToLeft()
        return 0 if before_first else len(self._model.columns) - 1

    def columns_between(self, left: int, right: int) -> range:
        """Return the columns that meet pixels [left, right] of the viewport."""
        count = len(self._model.columns)
        if not count:
            return range(0)
        one, other = self._columns.logicalIndexAt(left), self._columns.logicalIndexAt(right)
        if self._columns.isRightToLeft():
            one, other = other, one
        return range(max(0, one), (other if other >= 0 else count - 1) + 1)

    def column_span(self, column: int) -> tuple[int, int]:
        """Return (x, width) of a column on the viewport; its last pixel is the line to the next."""
        return self._columns.sectionViewportPosition(column), self._columns.sectionSize(column)

    def rect(self, column: int, start: int, end: int) -> QRect:
        """Return the rectangle of positions [start, end) of a column, between its lines."""
        x, width = self.column_span(column)
        top = self.y(start)
        return QRect(x, top, width - 1, max(1, self.y(end) - top))

    def block(self, column: int, item: Item) -> QRect:
        """Return the rectangle a block is painted in."""
        return QRect(*self.placer(column)(item))

    def placer(self, column: int) -> Callable[[Item], tuple[int, int, int, int]]:
        """Return the function from a column's items to where they are painted (x, y, width, height), scrolled as now.

        A block too short to be read is drawn longer, as far as the next one lets it.
        """
        x, width = self.column_span(column)
        grid, offset = self._model.grid, self._rows.offset()
        left_edge, inner = x + MARGIN, width - 1 - 2 * MARGIN
        height, step, length = grid.row_height, grid.step, grid.length
        least = self.metrics.least_height if self.metrics else 0

        def place(item: Item) -> tuple[int, int, int, int]:
            slot = item.slot
            left = right = left_edge
            if slot is WHOLE:
                right += inner
            else:
                left += int(slot.left * inner)
                right += int(slot.right * inner) - (1 if slot.right < 1.0 else 0)
            top = item.start * height // step - offset + 1
            bottom = item.end * height // step - offset - 1
            if bottom - top < least:
                limit = min(length, item.limit)
                bottom = max(bottom, min(top + least, limit * height // step - offset - 1))
            return left, top, max(2, right - left), max(2, bottom - top)

        return place

    def overhang(self) -> int:
        """Return by how many positions a block may be drawn longer than it is."""
        least = self.metrics.least_height if self.metrics else 0
        return -(-least * self._model.grid.step // self._model.grid.row_height)

    def hit(self, point: QPoint) -> Hit | None:
        """Return what is under a point of the viewport; None beside the columns or below the day."""
        column = self.column_at(point.x())
        if column is None or not 0 <= point.y() + self.top < self._model.grid.height:
            return None
        position = self.position(point.y())
        place = self.placer(column)
        content = self._model.content(column)
        for item in reversed(list(content.between(position - self.overhang(), position + 1))):
            rect = QRect(*place(item))
            if item.entry is not None and rect.contains(point):
                return Hit(column, position, item, _edge(rect, point, item))
        return Hit(column, position)


def _edge(rect: QRect, point: QPoint, item: Item) -> Edge:
    if item.entry is None or item.entry.appointment.status not in MOVABLE or rect.height() < 4 * EDGE:
        return Edge.NONE
    if point.y() > rect.bottom() - EDGE:
        return Edge.BOTTOM
    return Edge.TOP if point.y() < rect.top() + EDGE else Edge.NONE
