"""Where the names of a column's bands are written: not where an appointment would cover a part of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    if surface.metrics is None:
        return
    x, width = surface.column_span(column)
    line, place = surface.metrics.line + 6, None
    for band in content.frame.bands:
        for label in band.labels:
            y = surface.y(label) + 1
            if y > bottom or y + line < top:
                continue
            rect = QRect(x + 2, y, width - 4, min(line, surface.y(band.end) - 1 - y))
            below = label + -(-line * surface.step // surface.row_height)
            place = place or surface.placer(column)
            if not any(
                QRect(*place(item)).intersects(rect) for item in content.between(label - surface.overhang(), below)
            ):
                yield rect, band


def differing(surface: Surface, change: ColumnChange, around: Iterable[QRect]) -> list[QRect]:
    """Return the rectangles of names written before or after a change, but not both; only blocks `around` changed."""
    out = []
    for one in around:
        was = {
            rect.getRect(): rect for rect, _ in written(surface, change.column, change.before, one.top(), one.bottom())
        }
        now = {
            rect.getRect(): rect for rect, _ in written(surface, change.column, change.after, one.top(), one.bottom())
        }
        out += [was[key] for key in was.keys() - now.keys()] + [now[key] for key in now.keys() - was.keys()]
    return out
