"""Which blocks of a column are drawn differently after a change: the rectangles to paint anew, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QRect

from clinic_desk.ui.calendar import band_names

if TYPE_CHECKING:
    from PySide6.QtGui import QRegion

    from clinic_desk.ui.calendar.content import ColumnContent, Item
    from clinic_desk.ui.calendar.model import ColumnChange
    from clinic_desk.ui.calendar.surface import Surface

_SMALL_AREA = 8_000
"""Pixels that are painted in about the time it takes to begin another piece."""
MANY = 40
"""Up to so many rectangles are painted one by one; clipping to more costs more than painting all."""


def differing(before: ColumnContent, after: ColumnContent) -> list[Item]:
    """Return the items drawn before that are drawn elsewhere, otherwise or no more, and those that came instead."""
    was = {id(item): item for item in before.items}
    came = [item for item in after.items if was.pop(id(item), None) is None]
    return [*was.values(), *came]


def rects(surface: Surface, change: ColumnChange, items: list[Item]) -> list[QRect]:
    """Return the viewport's rectangles of differing items; the whole column if its bands differ."""
    if change.bands:
        axis = change.after.frame.scale.axis
        return [surface.rect(change.column, 0, axis.length).adjusted(0, 0, 1, 0)]
    place = surface.placer(change.column)
    out = [QRect(*place(item)) for item in items]
    return out + band_names.differing(surface, change, out)


def joined(rects: list[QRect], times: int = 1) -> list[QRect]:
    """Return the one rectangle around all if it is small or at most so many times as large as they, else themselves."""
    if len(rects) < 2:
        return rects
    around = QRect(rects[0])
    for rect in rects:
        around |= rect
    area = sum(rect.width() * rect.height() for rect in rects)
    small = around.width() * around.height() <= max(times * area, _SMALL_AREA)
    return [around] if small or len(rects) > MANY else rects


def pieces(region: QRegion) -> list[QRect]:
    """Return the rectangles in which to paint a region."""
    if region.rectCount() <= 1:
        return [region.boundingRect()]
    rects = list(cast("Iterable[QRect]", region))
    return joined(rects, times=2) if len(rects) <= 12 else [region.boundingRect()]
