"""One figure on screen: its chart, or the table that says the same, and above it what is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import let_wrap, plain_label
from clinic_desk.ui.figures.charts import Chart
from clinic_desk.ui.figures.charts import Row as Cells
from clinic_desk.ui.figures.painting import ChartView
from clinic_desk.ui.figures.words import cell_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.pages_sheet import scrolled

translate = QCoreApplication.translate
_FIRST_COLUMN = 26
_COLUMN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table. Its id is its place: rows have no other."""

    id: UUID
    cells: Cells


class FigurePage(QWidget):
    """Empty until it is given a chart."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(f"figures_{name}")
        self.chart: Chart | None = None
        self.about = plain_label("", "muted")
        let_wrap(self.about)
        self.drawing = ChartView()
        self.nothing = plain_label("", "muted")
        self.nothing.setText(translate("figures", "There is nothing to show for these days."))
        self._host = QWidget()
        self._table_place = QVBoxLayout(self._host)
        self._table_place.setContentsMargins(0, 0, 0, 0)
        self.table: MessageList | None = None
        self.stack = QStackedWidget()
        self.stack.addWidget(scrolled(self.drawing))
        self.stack.addWidget(self._host)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.about)
        column.addWidget(self.nothing)
        column.addWidget(self.stack, 1)

    def show_chart(self, chart: Chart) -> None:
        """Show a figure; a table with the same columns keeps its place."""
        if self.chart is None or self.chart.headings != chart.headings or self.table is None:
            self._make_table(chart)
        self.chart = chart
        self.about.setText(chart.about)
        self.drawing.show_chart(chart)
        assert self.table is not None
        self.table.show_records([Line(UUID(int=place), row) for place, row in enumerate(chart.rows)])
        self.nothing.setVisible(chart.is_empty)
        self.stack.setVisible(not chart.is_empty)

    def _make_table(self, chart: Chart) -> None:
        columns = [
            Column(
                heading,
                partial(_text, place),
                max(_COLUMN, 2 * len(heading)) if place else _FIRST_COLUMN,
                is_bold=not place,
            )
            for place, heading in enumerate(chart.headings)
        ]
        table = MessageList(RowsModel(columns, _no_clock, self), "figures_table", chart.title)
        if self.table is not None:
            had_keyboard = self.table.hasFocus()
            self._table_place.removeWidget(self.table)
            self.table.deleteLater()
            if had_keyboard:
                table.setFocus()
        self._table_place.addWidget(table)
        self.table = table
        self._give_keyboard()

    def show_table(self, *, on: bool) -> None:
        """Show the table instead of the chart."""
        self.stack.setCurrentIndex(int(on))
        self._give_keyboard()

    def _give_keyboard(self) -> None:
        is_table = self.stack.currentIndex() == 1
        self.setFocusProxy(self.table if is_table else None)  # type: ignore[arg-type]

    def copy_table(self) -> None:
        """Put the table on the clipboard, as spreadsheets and letters take it: parted by tabs."""
        if self.chart is not None:
            rows = [self.chart.headings, *(tuple(map(cell_text, row)) for row in self.chart.rows)]
            QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows))


def _width(heading: str) -> int:
    """In average letters; a column is made narrower where its cells are short, and its heading is to be read."""
    return max(_COLUMN, 2 * len(heading))


def _text(place: int, line: Line, _now: datetime) -> str:
    return cell_text(line.cells[place])


def _no_clock() -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC)
