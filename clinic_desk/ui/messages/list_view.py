"""The table of messages, or of replies: whole rows, states in colour beside their sign, thin lines between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import compress
from typing import Any
from uuid import UUID

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from clinic_desk.ui.messages.rows import COLOUR_ROLE, RowsModel
from clinic_desk.ui.theme import bold, theme_of

_INDENT = 10
_AROUND = 8
"""What Qt leaves free of a cell's width, left and right of its text."""
_STEP = 8
"""Columns are so many pixels, or a multiple of it, wide: they do not move with every letter."""
_LOOKED_AT = 60
"""So many rows say how wide a column has to be."""
_LAST_LETTERS = 40
_LONG = 18
"""Columns of so many letters can be cut and still be understood; a time cannot."""
_LAST_SHARE = 0.2
"""What the last column keeps of the width, at most, when there is too little for all."""
_HEADER = (
    "QHeaderView::section { background: transparent; color: palette(placeholder-text); border: none;"
    " border-bottom: 1px solid palette(mid); padding: 5px 4px; }"
    "QHeaderView::section:first { padding-left: 13px; }"
)
_COLOURS = {"danger": "danger", "warning": "warning", "ok": "ok", "accent": "accent", "muted": "ink_muted"}


class RowDelegate(QStyledItemDelegate):
    """Writes each cell in its colour; the chosen row has a soft ground and a bar at its left."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        model = index.model()
        if not isinstance(model, RowsModel):
            return
        theme = theme_of(option.palette)
        column = model.columns[index.column()]
        name = _COLOURS.get(model.data(index, COLOUR_ROLE) or "")
        ink = getattr(theme, name) if name else theme.ink
        palette = QPalette(option.palette)
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            palette.setColor(role, ink)
        palette.setColor(QPalette.ColorRole.Highlight, theme.accent_soft)
        option.palette = palette
        option.state &= ~QStyle.StateFlag.State_HasFocus
        if column.is_bold:
            option.font = bold(option.font)
        shorter = column.shorter(option.text)
        if shorter:
            metrics, room = QFontMetrics(option.font), option.rect.width() - _AROUND
            texts = (option.text, *shorter)
            option.text = next((text for text in texts if metrics.horizontalAdvance(text) <= room), texts[-1])

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = theme_of(option.palette)
        rect: QRect = option.rect
        is_first = index.column() == 0
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_first:
            option = QStyleOptionViewItem(option)
            option.rect = rect.adjusted(_INDENT, 0, 0, 0)
        super().paint(painter, option, index)
        painter.save()
        if is_first and is_chosen:
            painter.fillRect(QRect(rect.left(), rect.top(), _INDENT, rect.height()), theme.accent_soft)
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.accent)
        painter.setPen(theme.line_weak)
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()


class MessageList(QTableView):
    """Shows a RowsModel. `chosen_changed` tells of the record that is chosen now, or of its newer form."""

    chosen_changed = Signal(object)
    """A record, or None."""
    opened = Signal(object)
    """Enter or a double click on a record."""
    left = Signal()
    """Esc."""

    def __init__(self, rows: RowsModel, name: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = rows
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setModel(rows)
        self.setItemDelegate(RowDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(int(self.fontMetrics().height() * 2.2))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(24)
        header.setStyleSheet(_HEADER)
        rows.dataChanged.connect(self._renewed)
        self.doubleClicked.connect(lambda index: self.opened.emit(rows.records[index.row()]))
        self._lay_out_columns()

    @property
    def chosen(self) -> Any:
        """The chosen record, None if there is none."""
        row = self.currentIndex().row()
        return self.rows.records[row] if 0 <= row < len(self.rows.records) else None

    def show_records(self, records: Sequence[Any]) -> None:
        """List these records; the chosen one stays chosen and where it is. Nothing chosen: the first one is."""
        before = self.chosen
        self.rows.show_records(records)
        self._lay_out_columns()
        if self.chosen is None and self.rows.records:
            self.selectRow(0)
        if self.chosen is None and before is not None:
            self.chosen_changed.emit(None)

    def choose(self, record_id: UUID) -> bool:
        """Choose a record; False if it is not listed."""
        row = self.rows.row_of(record_id)
        if row is not None:
            self.selectRow(row)
            self.scrollTo(self.currentIndex())
        return row is not None

    def _renewed(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.currentIndex().row() <= last.row():
            self.chosen_changed.emit(self.chosen)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.chosen_changed.emit(self.rows.records[current.row()] if current.isValid() else None)

    def _lay_out_columns(self) -> None:
        """Give each column what its rows need, between bounds; the last has the rest.

        When there is too little room the last one gives way first, then those with long texts, then all alike but those
        that are kept whole.
        """
        wished = [self._wished(number) for number in range(len(self.rows.columns))]
        room = max(1, self.viewport().width())
        least = wished[-1] if self.rows.columns[-1].is_whole else min(wished[-1], int(room * _LAST_SHARE))
        rest = max(min(wished[-1], room - sum(wished[:-1])), least)
        lack = max(0, sum(wished[:-1]) + rest - room)
        long = [number for number, column in enumerate(self.rows.columns[:-1]) if column.width >= _LONG]
        giving = sum(wished[number] for number in long)
        for number in long:
            wished[number] -= min(lack * wished[number] // max(1, giving), wished[number] // 3)
        whole = [column.is_whole for column in self.rows.columns[:-1]]
        kept = sum(compress(wished, whole))
        factor = max(0.0, min(1.0, (room - rest - kept) / max(1, sum(wished[:-1]) - kept)))
        for number, width in enumerate(wished[:-1]):
            self.setColumnWidth(number, max(24, width if whole[number] else int(width * factor)))

    def _wished(self, number: int) -> int:
        """Return the width a column wishes for. In steps, so that not every new row moves what is read just now."""
        column = self.rows.columns[number]
        letter = self.fontMetrics().averageCharWidth()
        usual = (column.width or _LAST_LETTERS) * letter
        metrics = QFontMetrics(bold(self.font())) if column.is_bold else self.fontMetrics()
        texts = (self.rows.index(row, number).data() or "" for row in range(min(_LOOKED_AT, self.rows.rowCount())))
        longest = max(map(metrics.horizontalAdvance, texts), default=0)
        needed = min(max(longest, usual * 0.6), usual * 1.4)
        if column.is_whole:
            needed = max(longest, self.fontMetrics().horizontalAdvance(column.title))
        fitted = needed + 14 + (_INDENT if number == 0 else 0)
        return math.ceil(fitted / _STEP) * _STEP

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen is not None:
            self.opened.emit(self.chosen)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.text().isdigit():
            event.ignore()  # it chooses among what the page offers
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802
        """Letters are commands here, not a search."""
