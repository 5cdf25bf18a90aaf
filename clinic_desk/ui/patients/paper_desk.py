"""Prints a patient's own list, or saves it as a PDF; what Qt needs for a printer is loaded only then."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QStandardPaths, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu

from clinic_desk.services.day_list import put_file
from clinic_desk.services.patients_record import record_of
from clinic_desk.ui.paper.painter import page_layout, paper_of_locale, pdf_of
from clinic_desk.ui.patients.paper import list_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.patients.desk import PatientPage

translate = QCoreApplication.translate
_MOST = 1_000
"""Appointments on one list."""


class PatientPaper(QObject):
    """Of one open page, with which it ends."""

    def __init__(self, page: PatientPage) -> None:
        super().__init__(page)
        self._page = page

    def offer(self) -> None:
        """Ask whether it goes on paper or into a file."""
        button = self._page.sheet.paper
        menu = QMenu(button)
        menu.setObjectName("paper_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(translate("paper", "&Print…"), lambda: self._read(self.print))
        menu.addAction(translate("paper", "Save as P&DF…"), lambda: self._read(self.ask_file))
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def _read(self, then: Callable[[PatientRecord], None]) -> None:
        """Read all that is to come, as it stands now."""
        database, patient_id = self._page.space.desk.database, self._page.stays
        self._page.space.desk.tasks.query(
            self,
            lambda: record_of(database, patient_id, _MOST, with_messages=False),
            then,
            self._page.tell,
            key="patient-paper",
        )

    def print(self, record: PatientRecord) -> None:
        """Show the pages, from where they are printed."""
        from clinic_desk.ui.paper.preview import Preview

        document = list_document(record, self._page.space.store.clinic)
        layout = page_layout(document, paper_of_locale())
        QDialog.open(Preview(document, layout, self._page.sheet.window()))

    def ask_file(self, record: PatientRecord) -> None:
        """Ask where the PDF goes, then write it."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(self._page.sheet.window(), translate("paper", "Save the list"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(translate("paper", "PDF (*.pdf)"))
        dialog.setDefaultSuffix("pdf")
        dialog.setDirectory(folder)
        dialog.selectFile(file_name(record))
        dialog.fileSelected.connect(lambda path: self.save(record, Path(path)))
        dialog.open()

    def save(self, record: PatientRecord, path: Path) -> None:
        """Write the PDF, which is there whole or not at all."""
        clinic, paper = self._page.space.store.clinic, paper_of_locale()
        self._page.space.desk.tasks.query(
            self,
            lambda: put_file(path.parent, path.name, pdf_of(list_document(record, clinic), paper)),
            self._saved,
            self._not_saved,
            key="patient-paper",
        )

    def _saved(self, path: Path) -> None:
        self._page.sheet.say(translate("paper", "✓ Saved as {name}").format(name=path.name), "ok")

    def _not_saved(self, _error: ClinicDeskError) -> None:
        self._page.sheet.say(translate("paper", "It could not be saved there. Choose another folder."), "danger")


def paper_of(page: PatientPage) -> PatientPaper:
    """Return what prints for a page, made when it is wanted first."""
    made = page.findChild(PatientPaper)
    return made if isinstance(made, PatientPaper) else PatientPaper(page)


def file_name(record: PatientRecord) -> str:
    """Return a name for the file that every system takes."""
    name = re.sub(r"[^\w\- ]", "", record.patient.display_name)[:60].strip()
    return f"{name or 'list'}.pdf"
