"""Where the names of a column's bands are written: not where an appointment would cover a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.bands import Band
    from clinic_desk.ui.calendar.content import ColumnContent
    from clinic_desk.ui.calendar.surface import Surface


def written(surface: Surface, column: int, content: ColumnContent) -> list[tuple[QRect, Band]]:
    """Return the rectangle on the viewport and the band of each name that is written in a column."""
    if surface.metrics is None:
        return []
    x, width = surface.column_span(column)
    place, line, overhang = surface.placer(column), surface.metrics.line + 6, surface.overhang()
    out = []
    for band in content.frame.bands:
        bottom = surface.y(band.end) - 1
        for label in band.labels:
            top = surface.y(label) + 1
            rect = QRect(x + 2, top, width - 4, min(line, bottom - top))
            below = label + -(-line * surface.step // surface.row_height)
            if not any(place(item).intersects(rect) for item in content.between(label - overhang, below)):
                out.append((rect, band))
    return out


def differing(surface: Surface, column: int, before: ColumnContent, after: ColumnContent) -> list[QRect]:
    """Return the rectangles of names that are written before or after a change, but not both."""
    was = {rect.getRect(): rect for rect, _ in written(surface, column, before)}
    now = {rect.getRect(): rect for rect, _ in written(surface, column, after)}
    return [*(was[key] for key in was.keys() - now.keys()), *(now[key] for key in now.keys() - was.keys())]
