"""The calendar as a table: rows are the grid's steps, columns are doctors, rooms or days; what each cell says aloud.

It holds the boards it was given and the content of each column, laid out when first looked at. A change of some rows
replaces the content of their columns and says `dataChanged` for the cells it touched, never a reset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from clinic_desk.domain.records import Clinic, DayBoard, Entry
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.board_diff import BoardDiff, diff
from clinic_desk.ui.calendar.content import ColumnContent, Frame, content_of, frame_of
from clinic_desk.ui.calendar.geometry import REGULAR_AXIS, DayAxis, DayScale, Grid, axis_of
from clinic_desk.ui.calendar.names import Names
from clinic_desk.ui.calendar.opening import Opening, Openings
from clinic_desk.ui.calendar.places import Column
from clinic_desk.ui.calendar.spoken import sentence

_EMPTY_CLINIC = Clinic((), (), (), (), (), ())
_Index = QModelIndex | QPersistentModelIndex
_Groups = dict[int, dict[int, Entry]]


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column's content before and after a change; `bands`: its bands changed too. `ids`: the appointments."""

    column: int
    before: ColumnContent
    after: ColumnContent
    bands: bool


class CalendarModel(QAbstractTableModel):
    """The calendar's table model; see the module."""

    def __init__(self, parent: Any = None) -> None:
        self.columns: tuple[Column, ...] = ()
        self.clinic = _EMPTY_CLINIC
        self.axis: DayAxis = REGULAR_AXIS
        self.grid = Grid(15, 22)
        self.is_week = False
        """Whether all columns are one practitioner's (or room's) days."""
        self._boards: dict[date, DayBoard] = {}
        self.names = Names(_EMPTY_CLINIC, by_type=False)
        self._openings = Openings(_EMPTY_CLINIC)
        self._opened: list[Opening | None] = []
        self._zone = ""
        """The zone of all sites; "" where they differ: then a column's opening tells which clock rules it."""
        self._scales: dict[tuple[date, str], DayScale] = {}
        self._frames: list[Frame | None] = []
        self._contents: list[ColumnContent | None] = []
        self._groups: dict[date, _Groups] = {}
        super().__init__(parent)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show(self, columns: tuple[Column, ...], boards: Mapping[date, DayBoard], clinic: Clinic) -> None:
        """Show other columns. The table is reset only when it gets another number of rows or columns."""
        if clinic is not self.clinic:
            self._openings = Openings(clinic)
        self._opened = [None] * len(columns)
        zones = {site.zone for site in clinic.sites}
        self._zone = zones.pop() if len(zones) == 1 else ""
        axis = axis_of((column.day, self._zone or self._opening(at, column).zone) for at, column in enumerate(columns))
        reset = len(columns) != len(self.columns) or axis.length != self.axis.length
        if reset:
            self.beginResetModel()
        retitled = [_titles(column) for column in columns] != [_titles(column) for column in self.columns]
        self.columns, self.clinic, self.axis = columns, clinic, axis
        self._boards = dict(boards)
        self._groups = {}
        self._frames = [None] * len(columns)
        self._contents = [None] * len(columns)
        self.is_week = len(columns) > 1 and len({column.id for column in columns}) == 1
        self._scales = {}
        if self.names.clinic is not clinic or self.names.by_type != self.is_week:
            self.names = Names(clinic, by_type=self.is_week)
        self.grid = Grid(self.grid.step, self.grid.row_height, axis.length)
        if reset:
            self.endResetModel()
            return
        if retitled:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(columns) - 1)
        if columns:
            self.dataChanged.emit(self.index(0, 0), self.index(self.grid.rows - 1, len(columns) - 1))

    def retitle(self, columns: tuple[Column, ...]) -> None:
        """Give the columns that are shown other titles; whose days they are stays."""
        before, self.columns = self.columns, columns
        for at, (old, new) in enumerate(zip(before, columns, strict=True)):
            if _titles(old) != _titles(new):
                self.headerDataChanged.emit(Qt.Orientation.Horizontal, at, at)

    def set_grid(self, step: int, row_height: int) -> None:
        """Let a row stand for `step` minutes and be `row_height` pixels high."""
        if step == self.grid.step:
            self.grid = Grid(step, row_height, self.axis.length)
            return
        self.beginResetModel()
        self.grid = Grid(step, row_height, self.axis.length)
        self.endResetModel()

    def change(self, boards: Mapping[date, DayBoard]) -> list[ColumnChange]:
        """Take newer readings of days that are shown; return what changed, column by column, once each.

        Columns that were never looked at are left out.
        """
        changed: dict[int, bool] = {}
        for day, board in boards.items():
            old = self._boards.get(day)
            if old is board or not any(column.day == day for column in self.columns):
                continue
            self._boards[day] = board
            if old is None:
                self._groups.pop(day, None)
                changed.update({at: True for at, column in enumerate(self.columns) if column.day == day})
            else:
                self._take(day, diff(old, board), changed)
        renewed = (self._renewed(at, bands) for at, bands in sorted(changed.items()))
        return [change for change in renewed if change is not None]

    def _take(self, day: date, what: BoardDiff, changed: dict[int, bool]) -> None:
        if not what:
            return
        touched: set[int] = set(what.holding_ids)
        groups = self._groups.get(day)
        for before, after in what.entries:
            for entry in (before, after):
                if entry is not None:
                    touched.update(_owners(entry))
            if groups is not None:
                _regroup(groups, before, after)
        for at, column in enumerate(self.columns):
            if column.day == day and column.id.int in what.absent_ids:
                changed[at] = True
            elif column.day == day and column.id.int in touched:
                changed.setdefault(at, False)

    def _renewed(self, at: int, bands: bool) -> ColumnChange | None:
        """Lay a column out again; one nobody has looked at yet has nothing to be renewed."""
        before = self._contents[at]
        if bands:
            self._frames[at] = None
        self._contents[at] = None
        if before is None:
            return None
        if not bands:
            self._contents[at] = self._laid_out(at, before)
        return ColumnChange(at, before, self.content(at), bands)

    def tell(self, column: int, first: int, last: int) -> None:
        """Announce that the cells of positions [first, last) in a column say something else now."""
        top, bottom = self.grid.row(first), self.grid.row(max(first, last - 1))
        self.dataChanged.emit(self.createIndex(top, column), self.createIndex(bottom, column))

    # -- the content of columns --------------------------------------------------------------------------------------

    def _opening(self, at: int, column: Column) -> Opening:
        found = self._opened[at]
        if found is None:
            found = self._opened[at] = self._openings.of(column)
        return found

    def scale(self, column: int) -> DayScale:
        """Return a column's local day; columns of one day and zone share it."""
        what = self.columns[column]
        key = (what.day, self._zone or self._opening(column, what).zone)
        found = self._scales.get(key)
        if found is None:
            found = self._scales[key] = DayScale(*key, self.axis)
        return found

    def frame(self, column: int) -> Frame:
        """Return a column's scale, site and bands."""
        found = self._frames[column]
        if found is None:
            what = self.columns[column]
            opening, board = self._opening(column, what), self._boards.get(what.day)
            found = self._frames[column] = frame_of(what, board, self.clinic, opening, self.scale(column))
        return found

    def content(self, column: int) -> ColumnContent:
        """Return a column's content, laid out now if it was not yet."""
        found = self._contents[column]
        if found is None:
            found = self._contents[column] = self._laid_out(column)
        return found

    def _laid_out(self, column: int, before: ColumnContent | None = None) -> ColumnContent:
        what = self.columns[column]
        board = self._boards.get(what.day)
        entries = self._grouped(what.day).get(what.id.int, {})
        holds = [hold for hold in board.holds if hold.practitioner_id == what.id] if board else []
        return content_of(self.frame(column), entries, holds, before)

    def _grouped(self, day: date) -> _Groups:
        found = self._groups.get(day)
        if found is None:
            board, rooms = self._boards.get(day), any(column.kind == "room" for column in self.columns)
            grouped: defaultdict[int, dict[int, Entry]] = defaultdict(dict)
            for entry in board.entries if board else ():
                appointment = entry.appointment
                grouped[appointment.practitioner_id.int][appointment.id.int] = entry
                if rooms and appointment.room_id is not None:
                    grouped[appointment.room_id.int][appointment.id.int] = entry
            found = self._groups[day] = dict(grouped)
        return found

    def site_at(self, column: int, instant: datetime) -> UUID | None:
        """Return the site where a column's doctor works at an instant; outside working hours the column's own."""
        opening = self._opening(column, self.columns[column])
        for window in opening.windows:
            if window.interval.starts_at <= instant < window.interval.ends_at:
                return window.site_id
        return opening.site_id

    def find(self, entry_id: UUID) -> tuple[int, int] | None:
        """Return (column, index in its content's `entries`) of an appointment; None when it is not shown."""
        for at, column in enumerate(self.columns):
            if entry_id.int in self._grouped(column.day).get(column.id.int, ()):
                index = self.content(at).index(entry_id)
                if index is not None:
                    return at, index
        return None

    def entries(self) -> Iterable[Entry]:
        """Yield every appointment that is shown, column by column."""
        for column in range(len(self.columns)):
            for item in self.content(column).entries:
                if item.entry is not None:
                    yield item.entry

    # -- QAbstractTableModel -----------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() or not self.columns else self.grid.rows

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole) or not index.isValid():
            return None
        if index.column() >= len(self.columns) or index.row() >= self.grid.rows:
            return None
        return sentence(self, index.row(), index.column())

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
            return None
        if orientation == Qt.Orientation.Vertical:
            return words.time_text(self.axis, section * self.grid.step) if section < self.grid.rows else None
        if section >= len(self.columns):
            return None
        column = self.columns[section]
        spoken = role == Qt.ItemDataRole.AccessibleTextRole and column.subtitle
        return f"{column.title}, {column.subtitle}" if spoken else column.title


def _titles(column: Column) -> tuple[str, str, str]:
    """Return what a column's header shows of it."""
    return column.title, column.subtitle, column.colour


def _owners(entry: Entry) -> list[int]:
    appointment = entry.appointment
    if appointment.room_id is None:
        return [appointment.practitioner_id.int]
    return [appointment.practitioner_id.int, appointment.room_id.int]


def _regroup(groups: _Groups, before: Entry | None, after: Entry | None) -> None:
    """Move one appointment in the groups; those of rooms nobody shows stay away by their own accord."""
    if before is not None:
        for owner in _owners(before):
            groups.get(owner, {}).pop(before.id.int, None)
    if after is not None:
        for owner in _owners(after):
            groups.setdefault(owner, {})[after.id.int] = after
