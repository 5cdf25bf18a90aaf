"""Prints a patient's own list, or saves it as a PDF; what Qt needs for a printer is loaded only then."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QStandardPaths, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu

from clinic_desk.services.patients_record import record_of
from clinic_desk.ui.patients.paper import document_of, page_of_locale, pdf_of, print_on, write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.domain.patients_record import PatientRecord
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
        """Ask for the printer, then print."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(page_of_locale())
        dialog = QPrintDialog(printer, self._page.sheet.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clinic = self._page.space.store.clinic
        dialog.accepted.connect(lambda: print_on(document_of(record, clinic), printer))
        QDialog.open(dialog)

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
        """Write the PDF."""
        content = pdf_of(record, self._page.space.store.clinic)
        self._page.space.desk.tasks.query(
            self,
            lambda: write_file(path, content),
            partial(self._saved, path),
            self._page.tell,
            key="patient-paper",
        )

    def _saved(self, path: Path, stands: bool) -> None:
        if stands:
            self._page.sheet.say(translate("paper", "✓ Saved as {name}").format(name=path.name), "ok")
        else:
            self._page.sheet.say(translate("paper", "It could not be saved there. Choose another folder."), "danger")


def paper_of(page: PatientPage) -> PatientPaper:
    """Return what prints for a page, made when it is wanted first."""
    made = page.findChild(PatientPaper)
    return made if isinstance(made, PatientPaper) else PatientPaper(page)


def file_name(record: PatientRecord) -> str:
    """Return a name for the file that every system takes."""
    name = re.sub(r"[^\w\- ]", "", record.patient.display_name)[:60].strip()
    return f"{name or 'list'}.pdf"
