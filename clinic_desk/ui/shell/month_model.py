"""The days of one month as a table of six weeks, with how full each is, for the mini calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from clinic_desk.ui.shell.day_words import long_day_text

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class Role(IntEnum):
    """What the delegate asks for: the day itself, how full it is (0-1 or None), and how it is marked."""

    DAY = Qt.ItemDataRole.UserRole + 1
    FULLNESS = Qt.ItemDataRole.UserRole + 2
    IS_TODAY = Qt.ItemDataRole.UserRole + 3
    IS_SHOWN = Qt.ItemDataRole.UserRole + 4
    IN_MONTH = Qt.ItemDataRole.UserRole + 5


def first_cell(month: date, first_weekday: int) -> date:
    """Return the day in the upper left cell; `first_weekday` 1 (Monday) to 7."""
    first = month.replace(day=1)
    return first - timedelta(days=(first.isoweekday() - first_weekday) % 7)


class MonthModel(QAbstractTableModel):
    """Six rows of seven days."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.month = date(2000, 1, 1)
        self._first_weekday = QLocale().firstDayOfWeek().value
        self._today: date | None = None
        self._shown: tuple[date, ...] = ()
        self._fullness: dict[date, float] = {}

    @property
    def first_day(self) -> date:
        """The first day in the table."""
        return first_cell(self.month, self._first_weekday)

    @property
    def last_day(self) -> date:
        """The last day in the table."""
        return self.first_day + timedelta(days=41)

    def set_month(self, month: date) -> None:
        """Show another month."""
        if month.replace(day=1) != self.month.replace(day=1):
            self.beginResetModel()
            self.month = month.replace(day=1)
            self.endResetModel()

    def set_marks(self, *, today: date, shown: tuple[date, ...]) -> None:
        """Say which day is today and which days the calendar shows."""
        if (today, shown) != (self._today, self._shown):
            self._today, self._shown = today, shown
            self._all_changed()

    def set_fullness(self, fullness: Mapping[date, float]) -> None:
        """Say how full days are, 0 to 1; a day without working hours is not in the mapping."""
        self._fullness.update(fullness)
        self._all_changed()

    def _all_changed(self) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(5, 6))

    def day_at(self, index: Index) -> date:
        """Return the day of a cell."""
        return self.first_day + timedelta(days=index.row() * 7 + index.column())

    def index_of(self, day: date) -> QModelIndex:
        """Return the cell of a day; invalid if it is not in the table."""
        number = (day - self.first_day).days
        return self.index(number // 7, number % 7) if 0 <= number < 42 else QModelIndex()

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """Six weeks."""
        return 0 if parent.isValid() else 6

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        """Seven days."""
        return 0 if parent.isValid() else 7

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name the weekdays: short to see, in full to read out."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        weekday = (self._first_weekday - 1 + section) % 7 + 1
        if role == Qt.ItemDataRole.DisplayRole:
            return QLocale().standaloneDayName(weekday, QLocale.FormatType.NarrowFormat)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return QLocale().standaloneDayName(weekday)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The day's number, its name in full with how full it is, or one of `Role`."""
        day = self.day_at(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return str(day.day)
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            return self._description(day)
        answers: dict[int, object] = {
            Role.DAY: day,
            Role.FULLNESS: self._fullness.get(day),
            Role.IS_TODAY: day == self._today,
            Role.IS_SHOWN: day in self._shown,
            Role.IN_MONTH: (day.year, day.month) == (self.month.year, self.month.month),
        }
        return answers.get(role)

    def _description(self, day: date) -> str:
        name = long_day_text(day)
        full = self._fullness.get(day)
        return (
            name if full is None else self.tr("{day}, {percent} % booked").format(day=name, percent=round(full * 100))
        )
