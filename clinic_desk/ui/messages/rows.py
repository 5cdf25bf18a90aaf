"""Rows of frozen records as a table that is changed row by row, never reset: the selection and the place stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from clinic_desk.ui.tool_tips import plain_tip

Index = QModelIndex | QPersistentModelIndex
COLOUR_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The name of the theme's colour that a cell is written in; empty for the ordinary ink."""
RECORD_ROLE: Final = Qt.ItemDataRole.UserRole + 2


def _ordinary(_row: Any) -> str:
    return ""


def _nothing_shorter(_text: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what stands in it (record, now), and how. `width` 0: the rest; in average letters."""

    title: str
    text: Callable[[Any, datetime], str]
    width: int
    colour: Callable[[Any], str] = _ordinary
    is_bold: bool = False
    shorter: Callable[[str], tuple[str, ...]] = _nothing_shorter
    """What stands for a text that has not the room, the longest first."""
    is_whole: bool = False
    """Whether it keeps what its rows need however little room there is: a time cut in half is none."""


class RowsModel(QAbstractTableModel):
    """Records with an `id`. `clock` tells the time that texts are written for."""

    def __init__(self, columns: Sequence[Column], clock: Callable[[], datetime], parent: QObject | None = None) -> None:
        self.columns = tuple(columns)
        self.records: list[Any] = []
        self._clock = clock
        super().__init__(parent)

    # --- what is shown ---

    def show_records(self, wanted: Sequence[Any]) -> None:
        """Become these records: what went is removed, what came inserted, what changed written anew."""
        target = {record.id for record in wanted}
        self._remove_all_but(target)
        at = 0
        while at < len(wanted):
            if at < len(self.records) and self.records[at].id == wanted[at].id:
                self._renew(at, wanted[at])
                at += 1
            else:
                at = self._bring(at, wanted)

    def _remove_all_but(self, target: set[UUID]) -> None:
        last = len(self.records) - 1
        while last >= 0:
            if self.records[last].id in target:
                last -= 1
                continue
            first = last
            while first > 0 and self.records[first - 1].id not in target:
                first -= 1
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.records[first : last + 1]
            self.endRemoveRows()
            last = first - 1

    def _bring(self, at: int, wanted: Sequence[Any]) -> int:
        """Put the record that is wanted at a row there: moved if it is further down, else inserted with its company."""
        known = {record.id: row for row, record in enumerate(self.records[at:], start=at)}
        row = known.get(wanted[at].id)
        if row is not None:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), at)
            self.records.insert(at, self.records.pop(row))
            self.endMoveRows()
            self._renew(at, wanted[at])
            return at + 1
        end = at
        while end < len(wanted) and wanted[end].id not in known:
            end += 1
        self.beginInsertRows(QModelIndex(), at, end - 1)
        self.records[at:at] = wanted[at:end]
        self.endInsertRows()
        return end

    def _renew(self, row: int, record: Any) -> None:
        if self.records[row] != record:
            self.records[row] = record
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))

    def replace_record(self, record: Any) -> None:
        """Write one record anew, if it is listed."""
        row = self.row_of(record.id)
        if row is not None:
            self._renew(row, record)

    def row_of(self, record_id: UUID) -> int | None:
        """Return where a record stands, None if it is not listed."""
        return next((row for row, record in enumerate(self.records) if record.id == record_id), None)

    def retell(self, column: int, is_due: Callable[[Any], bool]) -> None:
        """Time has passed: the texts of these records in a column are others now."""
        for row, record in enumerate(self.records):
            if is_due(record):
                index = self.index(row, column)
                self.dataChanged.emit(index, index)

    # --- Qt ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.records)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.records):
            return None
        record, column = self.records[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(record, self._clock())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(column.text(record, self._clock()))
        if role == COLOUR_ROLE:
            return column.colour(record)
        if role == RECORD_ROLE:
            return record
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None
