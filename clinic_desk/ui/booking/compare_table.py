"""A small table of texts to compare side by side: a header row, then one row per field with a thin line under it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import let_wrap, plain_label
from clinic_desk.ui.theme import bold, theme_of

Cell = QWidget | str


class CompareTable(QWidget):
    """First column: names of fields. Cells are plain text, or a widget (a choice)."""

    def __init__(self, header: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = len(header)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 6, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(12)
        self._cells: list[QWidget] = []
        self._rows = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        for column, text in enumerate(header):
            label = plain_label(text, "muted")
            label.setFont(bold(label.font()))
            self._grid.addWidget(label, 0, column)
            self._grid.setColumnStretch(column, 2 if column == 0 else 3)

    def show_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Replace all rows."""
        for old in self._cells:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cells = []
        self._rows = len(rows)
        for row, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                widget = _label(cell, named=column == 0) if isinstance(cell, str) else cell
                self._grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignVCenter)
                widget.show()
                self._cells.append(widget)

    def text_of(self, row: int) -> tuple[str, ...]:
        """Return the texts of a row, for a reader or a test."""
        items = (self._grid.itemAtPosition(row + 1, column) for column in range(self._columns))
        widgets = (item.widget() if item is not None else None for item in items)
        return tuple(widget.text() if isinstance(widget, QLabel) else "" for widget in widgets)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme_of(self.palette()).line)
        for row in range(1, self._rows + 1):
            y = self._grid.cellRect(row, 0).top() - self._grid.verticalSpacing() // 2
            painter.drawLine(0, y, self.width(), y)
        painter.end()


def _label(text: str, *, named: bool) -> QLabel:
    label = plain_label(text, "muted" if named else "", wrap=True)
    let_wrap(label)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return label
