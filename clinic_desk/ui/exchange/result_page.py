"""The last step of an import: how many rows are what, and each that is a problem or may be there already."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from clinic_desk.services.importing.plan import Double, ImportReport
from clinic_desk.ui.booking.fields import let_wrap, plain_label, restyle
from clinic_desk.ui.exchange.words import expected_text, field_name, result_text

translate = QCoreApplication.translate


class ResultPage(QWidget):
    """A sentence and a list of rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.has_problems = False
        self.summary = plain_label("", "muted")
        self.summary.setObjectName("import_summary")
        let_wrap(self.summary)
        self.rows = QTreeWidget()
        self.rows.setObjectName("import_rows")
        self.rows.setAccessibleName(translate("exchange", "Rows to look at"))
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.rows.setHeaderLabels(
            [
                translate("exchange", "Row"),
                translate("exchange", "Column"),
                translate("exchange", "What is expected"),
                translate("exchange", "What stands there"),
            ]
        )
        header = self.rows.header()
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        for place, width in ((0, 70), (1, 160), (3, 200)):
            header.resizeSection(place, width)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(self.rows, 1)

    def show_report(self, report: ImportReport) -> None:
        """Show what came, or would come, of the rows."""
        self.has_problems = bool(report.problem_count)
        self.summary.setText(result_text(report))
        restyle(self.summary, "role", "danger" if self.has_problems else "ok" if report.stored else "muted")
        self.rows.clear()
        for problem in report.problems:
            self._add(problem.row, problem.column, expected_text(problem), problem.found)
        if not self.has_problems:
            self._show_others(report)
        self.rows.setVisible(self.rows.topLevelItemCount() > 0)

    def _show_others(self, report: ImportReport) -> None:
        for change in report.changes:
            for name, was, will in change.fields:
                text = translate("exchange", "{who}: becomes {new}").format(who=change.patient.display_name, new=will)
                self._add(change.row, field_name(name), text, was)
        for warning in report.warnings:
            self._add(warning.row, warning.column, expected_text(warning), warning.found)
        for double in report.doubles:
            self._add(double.row, "", _double_text(double), "")

    def _add(self, row: int, *cells: str) -> None:
        item = QTreeWidgetItem([str(row), *(" ".join(cell.split()) for cell in cells)])
        for place, cell in enumerate(cells):
            item.setData(place + 1, Qt.ItemDataRole.AccessibleTextRole, cell)
        self.rows.addTopLevelItem(item)


def _double_text(double: Double) -> str:
    if double.of_row:
        return translate("exchange", "is the same as row {row}").format(row=double.of_row)
    names = ", ".join(
        f"{one.display_name} {one.birth_date.isoformat() if one.birth_date else ''}".strip() for one in double.patients
    )
    return translate("exchange", "may be {names}, who is there already").format(names=names)
