"""The list under the search box: groups of patients, appointments, dates and commands, painted in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QFrame, QLabel, QStyle, QStyleOptionViewItem, QVBoxLayout, QWidget

from clinic_desk.domain.finding import FoundAppointment
from clinic_desk.domain.records import PatientMatch
from clinic_desk.ui.booking.match_list import ROW_HEIGHT, MatchDelegate, MatchList, MatchModel
from clinic_desk.ui.search.rows import FindRow
from clinic_desk.ui.theme import Theme, bold, scaled, theme_of

translate = QCoreApplication.translate
WIDTH: Final = 760
_TITLE_HEIGHT: Final = 24
_EDGE: Final = 10
"""From the popup to the edges of the window, in pixels."""
_SHARES: Final = (23, 27, 14, 19, 17)
"""How the width of an appointment's row is shared, in percent: when, who, born, with whom, and what it is."""
_Index = QModelIndex | QPersistentModelIndex
_LEFT: Final = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


class FindDelegate(MatchDelegate):
    """Patients as in the booking form; appointments and commands in columns; titles small, notes muted."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """A title is lower than what it stands over."""
        row = index.data(MatchModel.RowRole)
        is_title = isinstance(row, FindRow) and row.kind == "title"
        return QSize(200, _TITLE_HEIGHT if is_title else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one row."""
        row = index.data(MatchModel.RowRole)
        if not isinstance(row, FindRow) or row.line is not None:
            super().paint(painter, option, index)
            return
        theme = theme_of(option.palette)
        area: QRect = option.rect
        font: QFont = option.font
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setClipRect(area)
        if state & QStyle.StateFlag.State_Selected and row.takes:
            painter.fillRect(area, theme.accent_soft)
        elif state & QStyle.StateFlag.State_MouseOver and row.takes:
            painter.fillRect(area, theme.line_weak)
        inner = area.adjusted(10, 0, -10, 0)
        if row.kind == "appointment":
            _paint_appointment(painter, row, inner, font, theme)
        elif row.kind == "command":
            _paint_command(painter, row, inner, font, theme)
        else:
            _paint_line(painter, row, inner, font, theme)
        painter.restore()


def _paint_line(painter: QPainter, row: FindRow, area: QRect, font: QFont, theme: Theme) -> None:
    is_title = row.kind == "title"
    shown = scaled(font, 0.82) if is_title else font
    painter.setFont(shown)
    painter.setPen(theme.accent if row.takes else theme.ink_muted)
    text = row.text.upper() if is_title else row.text
    _draw(painter, text, area, shown)


def _paint_appointment(painter: QPainter, row: FindRow, area: QRect, font: QFont, theme: Theme) -> None:
    *columns, state = row.parts
    small = scaled(font, 0.9)
    left = area.left()
    for number, (text, share) in enumerate(zip(columns, _SHARES, strict=True)):
        width = area.width() * share // 100
        last = number == len(columns) - 1
        fonted = bold(font) if number == 0 else font
        painter.setFont(fonted)
        painter.setPen(theme.ink_muted if state or number > 2 else theme.ink)
        shown = " · ".join(part for part in (state, text) if part) if last else text
        _draw(painter, shown, QRect(left, area.top(), width - 8, area.height()), small if last else fonted)
        left += width


def _paint_command(painter: QPainter, row: FindRow, area: QRect, font: QFont, theme: Theme) -> None:
    text, part, keys = row.parts
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.setPen(theme.ink if row.takes else theme.ink_muted)
    painter.drawText(area, _LEFT, text)
    left = area.left() + metrics.horizontalAdvance(text) + 12
    painter.setPen(theme.ink_muted)
    painter.drawText(area, _RIGHT, keys)
    painter.setFont(scaled(font, 0.9))
    painter.drawText(QRect(left, area.top(), area.right() - left, area.height()), _LEFT, part)


def _draw(painter: QPainter, text: str, area: QRect, font: QFont) -> None:
    painter.setFont(font)
    painter.drawText(area, _LEFT, QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width()))


class FindList(MatchList):
    """The list itself: never takes the keyboard; the search box steers it."""

    def __init__(self, wall_of: Callable[[datetime], datetime], parent: QWidget) -> None:
        super().__init__(wall_of, parent)
        self.setObjectName("find_matches")
        self.setAccessibleName(translate("find", "Found"))
        self.setUniformItemSizes(False)
        self.setStyleSheet("QListView { border: none; }")
        self.setItemDelegate(FindDelegate(self.matches, wall_of, self))

    def wanted_height(self) -> int:
        """Return the height that shows all rows."""
        return sum(self.sizeHintForRow(row) for row in range(self.matches.rowCount())) + 2

    @property
    def rows(self) -> tuple[FindRow, ...]:
        """What is shown."""
        return tuple(row for row in self.matches.rows if isinstance(row, FindRow))

    def chosen(self) -> FindRow | None:
        """Return the row that Enter takes."""
        row = self.highlighted()
        return row if isinstance(row, FindRow) and row.takes else None


class FindPopup(QFrame):
    """List and a line of keys, over everything in the window."""

    taken = Signal(object)
    """The FindRow that was clicked."""

    def __init__(self, wall_of: Callable[[datetime], datetime], window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("role", "dialog")
        self.setObjectName("find_popup")
        self.list = FindList(wall_of, self)
        self.keys = QLabel()
        self.keys.setObjectName("find_keys")
        self.keys.setProperty("role", "muted")
        self.keys.setTextFormat(Qt.TextFormat.PlainText)
        self.keys.setContentsMargins(10, 2, 10, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(2)
        column.addWidget(self.list)
        column.addWidget(self.keys)
        self.list.clicked.connect(self._clicked)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_keys())

    def show_rows(self, rows: Sequence[FindRow], today: object, box: QWidget) -> None:
        """Show rows right under the box, as large as they need and the window has."""
        from datetime import date

        self.list.show_rows(tuple(rows), today if isinstance(today, date) else date.min)
        self._show_keys()
        self._place(box)

    def _place(self, box: QWidget) -> None:
        window = self.window()
        width = min(max(WIDTH, box.width()), window.width() - 2 * _EDGE)
        corner = box.mapTo(window, QPoint(box.width() - width, box.height() + 4))
        self.list.show()
        keys = self.keys.sizeHint().height() + 2 if not self.keys.isHidden() else 0
        height = min(self.list.wanted_height() + keys + 10, window.height() - corner.y() - _EDGE)
        self.setGeometry(max(_EDGE, corner.x()), corner.y(), width, height)
        self.show()
        self.raise_()

    def _show_keys(self) -> None:
        row = self.list.chosen()
        text = keys_of(row) if row is not None else ""
        self.keys.setText(text)
        self.keys.setVisible(bool(text))

    def _clicked(self, index: QModelIndex) -> None:
        row = self.list.matches.rows[index.row()]
        if isinstance(row, FindRow) and row.takes:
            self.taken.emit(row)


def keys_of(row: FindRow) -> str:
    """Return what the keys do with a row, as one line."""
    if isinstance(row.target, PatientMatch):
        return translate("find", "⏎ open · Ctrl ⏎ book · of the next visit: Shift ⏎ next free time, Ctrl Del cancel")
    if isinstance(row.target, FoundAppointment):
        return translate("find", "⏎ show · Ctrl ⏎ book for this patient · Shift ⏎ next free time · Ctrl Del cancel")
    return ""
