"""Which blocks of a column are drawn differently after a change: the rectangles to paint anew, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

from clinic_desk.ui.calendar import band_names

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import ColumnContent, Item
    from clinic_desk.ui.calendar.model import ColumnChange
    from clinic_desk.ui.calendar.surface import Surface


def differing(before: ColumnContent, after: ColumnContent) -> list[Item]:
    """Return the items drawn before that are drawn elsewhere, otherwise or no more, and those that came instead."""
    was = {id(item): item for item in before.items}
    came = [item for item in after.items if was.pop(id(item), None) is None]
    return [*was.values(), *came]


def rects(surface: Surface, change: ColumnChange, items: list[Item]) -> list[QRect]:
    """Return the viewport's rectangles of differing items, outlines included; the whole column if its bands differ."""
    if change.bands:
        axis = change.after.frame.scale.axis
        return [surface.rect(change.column, 0, axis.length).adjusted(0, 0, 1, 0)]
    place = surface.placer(change.column)
    out = [QRect(*place(item)).adjusted(-2, -2, 2, 2) for item in items]
    return out + band_names.differing(surface, change, out)
