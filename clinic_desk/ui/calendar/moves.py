"""Where the time cursor goes by key: through a column's stops, lanes before columns, home and end of the hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractItemView

from clinic_desk.ui.calendar.stops import Stop, neighbour, stop_at

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import ColumnContent
    from clinic_desk.ui.calendar.model import CalendarModel

Action = QAbstractItemView.CursorAction
Spot = tuple[int, Stop]
"""A column and a stop in it."""
_VERTICAL = {Action.MoveDown: 1, Action.MoveNext: 1, Action.MoveUp: -1, Action.MovePrevious: -1}


def stop_for(model: CalendarModel, column: int, position: int) -> Stop:
    """Return the stop for a position of a column."""
    content = model.content(column)
    return stop_at(content.stops(model.grid.step), content.entries, position)


def moved(model: CalendarModel, spot: Spot, action: Action, page: int, *, absolute: bool = False) -> Spot:
    """Return where a cursor key leads from `spot`. `page`: minutes of a page; `absolute`: the day, not its opening."""
    column, stop = spot
    content = model.content(column)
    stops = content.stops(model.grid.step)
    if action in _VERTICAL:
        return column, neighbour(stops, stop, _VERTICAL[action])
    if action in {Action.MovePageDown, Action.MovePageUp}:
        target = stop.position + (page if action == Action.MovePageDown else -page)
        return column, stop_for(model, column, max(0, min(content.frame.scale.axis.length - 1, target)))
    if action in {Action.MoveHome, Action.MoveEnd}:
        go = _home if action == Action.MoveHome else _end
        return column, go(stops, stop, content, absolute)
    return _sideways(model, spot, 1 if action == Action.MoveRight else -1)


def _sideways(model: CalendarModel, spot: Spot, step: int) -> Spot:
    """Go to the next appointment beside this one, or to the same time in the next column."""
    column, stop = spot
    entries = model.content(column).entries
    if stop.item is not None and stop.item < len(entries):
        here = entries[stop.item]
        beside = [
            (other.slot.left, index)
            for index, other in enumerate(entries)
            if other.start < here.end and here.start < other.end and (other.slot.left - here.slot.left) * step > 0
        ]
        if beside:
            index = min(beside)[1] if step > 0 else max(beside)[1]
            return column, Stop(entries[index].start, index)
    target = max(0, min(len(model.columns) - 1, column + step))
    return (target, stop_for(model, target, stop.position)) if target != column else spot


def _open_span(content: ColumnContent) -> tuple[int, int]:
    """Return the first position that is open and the one after the last; the whole day if none is."""
    at, first, last = 0, None, 0
    for start, end in [
        *((band.start, band.end) for band in content.frame.bands),
        (content.frame.scale.axis.length,) * 2,
    ]:
        if at < start:
            first, last = (at if first is None else first), start
        at = end
    return (first, last) if first is not None else (0, content.frame.scale.axis.length)


def _home(stops: list[Stop], stop: Stop, content: ColumnContent, absolute: bool) -> Stop:
    target = stop_at(stops, content.entries, _open_span(content)[0])
    return stops[0] if absolute or (stop == target and stops) else target


def _end(stops: list[Stop], stop: Stop, content: ColumnContent, absolute: bool) -> Stop:
    target = stop_at(stops, content.entries, _open_span(content)[1] - 1)
    return stops[-1] if absolute or (stop == target and stops) else target
