"""The first step of an import: what the file holds, and which it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QWidget

from clinic_desk.domain.exchange import Kind
from clinic_desk.ui.booking.fields import ChoiceBox, button, field_label, let_wrap, plain_label
from clinic_desk.ui.exchange.words import kind_name

translate = QCoreApplication.translate


class FilePage(QWidget):
    """Kind and path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = ChoiceBox("import_kind")
        self.kind.fill([(kind_name(kind), kind) for kind in Kind], Kind.PATIENTS)
        self.path = QLineEdit()
        self.path.setObjectName("import_path")
        self.path.setMaxLength(4000)
        self.browse = button(translate("exchange", "Choose…"), "import_browse", self._browse)
        about = plain_label(
            translate(
                "exchange",
                "A CSV file with headings in its first row (save a spreadsheet as CSV), or an iCalendar file of "
                "appointments. Nothing is stored before you have seen what would come of it. Importing a file again "
                "makes no doubles. Doctors first, then patients, then appointments.",
            ),
            "muted",
        )
        let_wrap(about)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setVerticalSpacing(10)
        grid.addWidget(about, 0, 0, 1, 3)
        grid.addWidget(field_label(translate("exchange", "The file &holds"), self.kind), 1, 0)
        grid.addWidget(self.kind, 1, 1)
        grid.addWidget(field_label(translate("exchange", "&File"), self.path), 2, 0)
        grid.addWidget(self.path, 2, 1)
        grid.addWidget(self.browse, 2, 2)
        grid.setRowStretch(3, 1)
        grid.setColumnStretch(1, 1)

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), translate("exchange", "Import"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                translate("exchange", "Tables and calendars (*.csv *.txt *.tsv *.ics)"),
                translate("exchange", "All files (*)"),
            ]
        )
        dialog.fileSelected.connect(lambda chosen: self.path.setText(str(Path(chosen))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
