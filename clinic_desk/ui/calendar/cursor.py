"""The time cursor: where it stands, what it has selected, the range it spans; keeps Qt's current cell in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QAccessible, QAccessibleEvent

from clinic_desk.ui.calendar.moves import Spot, stop_for
from clinic_desk.ui.calendar.pointer import place_at
from clinic_desk.ui.calendar.scene import Range
from clinic_desk.ui.calendar.stops import Stop

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.ui.calendar.model import CalendarModel
    from clinic_desk.ui.calendar.places import Place
    from clinic_desk.ui.calendar.scene import Scene
    from clinic_desk.ui.calendar.view import CalendarView


class TimeCursor:
    """Moves the cursor and says so; the only writer of the scene's column, stop, selection and range."""

    def __init__(self, view: CalendarView, model: CalendarModel, scene: Scene) -> None:
        self._view, self._model, self._scene = view, model, scene
        self._anchor: int | None = None
        self._setting = False
        self._told_entry: Entry | None = None
        self._told_place: Place | None = None

    @property
    def spot(self) -> Spot:
        """Return the column and the stop."""
        return self._scene.column, self._scene.stop

    def entry(self) -> Entry | None:
        """Return the selected appointment."""
        column, stop = self.spot
        if stop.item is None or column >= len(self._model.columns):
            return None
        entries = self._model.content(column).entries
        return entries[stop.item].entry if stop.item < len(entries) else None

    def place(self) -> Place | None:
        """Return the place under the cursor, or the range it spans; None without columns or where no such time is."""
        column, stop = self.spot
        if column >= len(self._model.columns):
            return None
        chosen = self._scene.chosen
        if chosen is not None:
            return place_at(self._model, chosen.column, chosen.start, chosen.end)
        return place_at(self._model, column, stop.position)

    def put(self, column: int, stop: Stop) -> None:
        """Stand there; select the appointment if it is one; say what is new."""
        scene, before = self._scene, self._view.stage.cursor_rect()
        self.put_range(None)
        scene.column, scene.stop = column, stop
        entry = self.entry()
        scene.selected = entry.id if entry is not None else None
        self._view.stage.update_rects([before, self._view.stage.cursor_rect()])
        self._set_current(column, stop)
        self._tell(entry)

    def put_range(self, chosen: Range | None) -> None:
        """Span a range, or none."""
        scene = self._scene
        if chosen == scene.chosen:
            return
        dirty = [self._view.stage.cursor_rect(), self._view.stage.range_rect()]
        scene.chosen = chosen
        if chosen is None:
            self._anchor = None
        else:
            scene.column, scene.stop, scene.selected = chosen.column, Stop(chosen.start), None
            self._select(chosen)
        self._view.stage.update_rects([*dirty, self._view.stage.cursor_rect(), self._view.stage.range_rect()])

    def extend(self, rows: int) -> None:
        """Make the range longer or shorter by rows, from where the cursor stood when it was begun."""
        grid, (column, stop) = self._model.grid, self.spot
        if stop.item is not None or column >= len(self._model.columns):
            return
        chosen = self._scene.chosen
        if self._anchor is None or chosen is None:
            anchor, head = grid.row(stop.position), grid.row(stop.position)
        else:
            anchor = self._anchor
            first, last = grid.row(chosen.start), grid.row(chosen.end - 1)
            head = last if first == anchor else first
        head = max(0, min(grid.rows - 1, head + rows))
        first, last = min(anchor, head), max(anchor, head)
        self.put_range(Range(column, first * grid.step, min(grid.length, (last + 1) * grid.step)))
        self._anchor = anchor
        self._view.stage.ensure_visible(column, head * grid.step, (head + 1) * grid.step)

    def follow(self) -> None:
        """Stand right again after a change: with the selected appointment wherever it is now, else at the same time."""
        scene = self._scene
        if not self._model.columns:
            scene.column, scene.selected = 0, None
            self._tell(None)
            return
        scene.column = min(scene.column, len(self._model.columns) - 1)
        found = self._find_selected()
        if found is not None:
            scene.column, index = found
            scene.stop = Stop(self._model.content(scene.column).entries[index].start, index)
        else:
            scene.stop = stop_for(self._model, scene.column, min(scene.stop.position, self._model.grid.length - 1))
        entry = self.entry()
        scene.selected = entry.id if entry is not None else None
        self._set_current(*self.spot)
        self._tell(entry)

    def current_changed(self, current: QModelIndex | QPersistentModelIndex) -> None:
        """Qt's current cell was changed by somebody else (a screen reader): go there."""
        if self._setting or not current.isValid() or current.column() >= len(self._model.columns):
            return
        column, start = current.column(), current.row() * self._model.grid.step
        stop = stop_for(self._model, column, start)
        if self._model.grid.row(self._scene.stop.position) != current.row() or self._scene.column != column:
            self.put(column, stop)

    def _find_selected(self) -> tuple[int, int] | None:
        scene = self._scene
        if scene.selected is None:
            return None
        index = self._model.content(scene.column).index(scene.selected)
        return (scene.column, index) if index is not None else self._model.find(scene.selected)

    def _set_current(self, column: int, stop: Stop) -> None:
        index = self._model.index(self._model.grid.row(stop.position), column)
        selection = self._view.selectionModel()
        if index == selection.currentIndex():
            if stop.item is not None and QAccessible.isActive():  # another appointment in the same cell
                QAccessible.updateAccessibility(QAccessibleEvent(self._view, QAccessible.Event.NameChanged))
            return
        self._setting = True
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._setting = False

    def _select(self, chosen: Range) -> None:
        model, grid = self._model, self._model.grid
        first, last = grid.row(chosen.start), grid.row(chosen.end - 1)
        cells = QItemSelection(model.index(first, chosen.column), model.index(last, chosen.column))
        self._view.selectionModel().select(cells, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _tell(self, entry: Entry | None) -> None:
        """Say what is selected, when it is another appointment or the same one changed; and where the cursor is."""
        if entry is not self._told_entry:
            self._told_entry = entry
            self._view.entry_selected.emit(entry)
        place = self.place()
        if place is not None and place != self._told_place:
            self._told_place = place
            self._view.place_changed.emit(place)
