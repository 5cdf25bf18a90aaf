"""The mini calendar of the sidebar: a month with marks that show how full each day is; choosing a day goes there."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.shell.day_words import month_text
from clinic_desk.ui.shell.month_model import MonthModel, Role
from clinic_desk.ui.theme import Theme, bold, theme_of

_ROW_HEIGHT = 24
_MARK_WIDTH = 16


class DayDelegate(QStyledItemDelegate):
    """Paints a day: its number, a disc or ring for shown and today, and a bar as long as the day is full."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one day."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = self.parent()
        has_cursor = isinstance(view, QTableView) and view.hasFocus() and index == view.currentIndex()
        theme = theme_of(QApplication.palette())  # the view's own ground is transparent
        cell = QRectF(option.rect)
        self._paint_ground(painter, cell, index, theme, has_cursor=has_cursor)
        shown, today = bool(index.data(Role.IS_SHOWN)), bool(index.data(Role.IS_TODAY))
        colour = theme.on_fill if shown else theme.ink if index.data(Role.IN_MONTH) else theme.ink_disabled
        painter.setPen(colour)
        painter.setFont(bold(painter.font()) if shown or today else painter.font())
        painter.drawText(cell.adjusted(0, 0, 0, -2), Qt.AlignmentFlag.AlignCenter, str(index.data()))
        fullness = index.data(Role.FULLNESS)
        if isinstance(fullness, float) and index.data(Role.IN_MONTH):
            self._paint_mark(painter, cell, fullness, theme)
        painter.restore()

    @staticmethod
    def _paint_ground(
        painter: QPainter,
        cell: QRectF,
        index: QModelIndex | QPersistentModelIndex,
        theme: Theme,
        *,
        has_cursor: bool,
    ) -> None:
        disc = QRectF(0, 0, _ROW_HEIGHT - 2, _ROW_HEIGHT - 2)
        disc.moveCenter(cell.center() - QPoint(0, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        if index.data(Role.IS_SHOWN):
            painter.setBrush(theme.accent_fill)
            painter.drawEllipse(disc)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if index.data(Role.IS_TODAY):
            painter.setPen(QPen(theme.accent, 1.5))
            painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if has_cursor:
            painter.setPen(QPen(theme.accent, 2))
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 4, 4)

    @staticmethod
    def _paint_mark(painter: QPainter, cell: QRectF, fullness: float, theme: Theme) -> None:
        """Length and colour say the same: green has room, amber is filling, red is nearly full."""
        colour = theme.ok if fullness < 0.7 else theme.warning_fill if fullness < 0.9 else theme.danger
        left, y = cell.center().x() - _MARK_WIDTH / 2, cell.bottom() - 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.line)
        painter.drawRect(QRectF(left, y, _MARK_WIDTH, 2))
        painter.setBrush(colour)
        painter.drawRect(QRectF(left, y, _MARK_WIDTH * min(1.0, fullness), 2))


class MonthView(QTableView):
    """The table of days. Arrows go from day to day and on into the next month, Enter or a click chooses."""

    day_chosen = Signal(object)
    """`date`."""
    month_wanted = Signal(int)
    """So many months forward."""

    def __init__(self, model: MonthModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._days = model
        self.setModel(model)
        self.setItemDelegate(DayDelegate(self))
        self.setObjectName("month")
        self.setAccessibleName(self.tr("Month"))
        self.setShowGrid(False)
        self.setStyleSheet("QTableView { background: transparent; }")
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setFixedHeight(_ROW_HEIGHT - 2)
        header.setStyleSheet("QHeaderView::section { border: none; background: transparent; }")
        self.setFixedHeight(7 * _ROW_HEIGHT)
        self.clicked.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        self.day_chosen.emit(self._days.day_at(index))

    def day_at(self, position: QPoint) -> date | None:
        """Return the day under a point of the viewport."""
        index = self.indexAt(position)
        return self._days.day_at(index) if index.isValid() else None

    def set_cursor_day(self, day: date) -> None:
        """Put the keyboard cursor on a day."""
        self.selectionModel().setCurrentIndex(self._days.index_of(day), QItemSelectionModel.SelectionFlag.NoUpdate)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses; PgUp and PgDn turn months; arrows leave the month at its edge."""
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self.currentIndex().isValid():
            self._choose(self.currentIndex())
            return
        if key in {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
            self.month_wanted.emit(1 if key == Qt.Key.Key_PageDown else -1)
            return
        days = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -7, Qt.Key.Key_Down: 7}.get(Qt.Key(key))
        if days is not None and self.currentIndex().isValid():
            self._step(days)
            return
        super().keyPressEvent(event)

    def _step(self, days: int) -> None:
        day = self._days.day_at(self.currentIndex()) + timedelta(days=days)
        if not self._days.first_day <= day <= self._days.last_day:
            self.month_wanted.emit(1 if days > 0 else -1)
        self.set_cursor_day(day)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel turns months."""
        if event.angleDelta().y():
            self.month_wanted.emit(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()


class MonthPanel(QWidget):
    """The month's name with arrows, and the days."""

    day_chosen = Signal(object)
    """`date`: the calendar should go there."""
    month_shown = Signal(object, object)
    """First and last day (`date`) that are visible: how full they are is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = MonthModel(self)
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setFont(bold(self._title.font()))
        self.view = MonthView(self.model)
        self.view.day_chosen.connect(self.day_chosen)
        self.view.month_wanted.connect(self._turn)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._title, 1)
        row.addWidget(self._arrow("‹", self.tr("Previous month"), -1))
        row.addWidget(self._arrow("›", self.tr("Next month"), 1))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.view)

    def _arrow(self, text: str, name: str, months: int) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setObjectName("month_next" if months > 0 else "month_previous")
        button.setStyleSheet("QToolButton { border: none; background: transparent; padding: 1px 7px; }")
        button.clicked.connect(lambda: self._turn(months))
        return button

    def show_days(self, days: tuple[date, ...], today: date) -> None:
        """Mark the days the calendar shows (none yet: empty), and turn to their month."""
        self.model.set_marks(today=today, shown=days)
        first = days[0] if days else today
        self._show_month(first)
        self.view.set_cursor_day(first)

    def _turn(self, months: int) -> None:
        month = self.model.month
        number = month.year * 12 + month.month - 1 + months
        self._show_month(date(number // 12, number % 12 + 1, 1))

    def _show_month(self, day: date) -> None:
        if not date(1900, 1, 1) <= day <= date(9990, 1, 1):
            return
        self.model.set_month(day)
        self._title.setText(month_text(self.model.month))
        self.month_shown.emit(self.model.first_day, self.model.last_day)
