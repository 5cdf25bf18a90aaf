"""Where the names of a column's bands are written: not where an appointment would cover a part of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.bands import Band
    from clinic_desk.ui.calendar.content import ColumnContent
    from clinic_desk.ui.calendar.model import ColumnChange
    from clinic_desk.ui.calendar.surface import Surface


def written(
    surface: Surface, column: int, content: ColumnContent, top: int, bottom: int
) -> Iterator[tuple[QRect, Band]]:
    """Yield the rectangle and the band of each name written between pixel rows `top` and `bottom` of the viewport."""
    for label, rect, band in _places(surface, column, content, top, bottom):
        if _is_free(surface, column, content, label, rect):
            yield rect, band


def differing(surface: Surface, change: ColumnChange, around: Sequence[QRect]) -> list[QRect]:
    """Return the rectangles of names written before or after a change, but not both; only blocks `around` changed.

    The bands themselves are the same.
    """
    if not around:
        return []
    top, bottom = min(one.top() for one in around), max(one.bottom() for one in around)
    return [
        rect
        for label, rect, _ in _places(surface, change.column, change.after, top, bottom)
        if _is_free(surface, change.column, change.before, label, rect)
        != _is_free(surface, change.column, change.after, label, rect)
    ]


def _places(
    surface: Surface, column: int, content: ColumnContent, top: int, bottom: int
) -> Iterator[tuple[int, QRect, Band]]:
    """Yield position, rectangle and band of each name there is between two pixel rows, covered or not."""
    if surface.metrics is None:
        return
    line = surface.metrics.line + 6
    first, last = surface.position(top - line - 1), surface.position(bottom)
    for band in content.frame.bands:
        if band.end < first or band.start > last:
            continue
        for label in band.labels:
            y = surface.y(label) + 1
            if y <= bottom and y + line >= top:
                x, width = surface.column_span(column)
                yield label, QRect(x + 2, y, width - 4, min(line, surface.y(band.end) - 1 - y)), band


def _is_free(surface: Surface, column: int, content: ColumnContent, label: int, rect: QRect) -> bool:
    below = label + -(-rect.height() * surface.step // surface.row_height)
    items = content.between(label - surface.overhang(), max(below, label) + 1)
    place = surface.placer(column)
    return not any(QRect(*place(item)).intersects(rect) for item in items)
