"""A patient's own list: on paper in her language, as a PDF, with nothing of it taken for markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.services.booking import book
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.services.patients_record import record_of
from clinic_desk.ui.paper.painter import paint, paper_of_locale, pdf_of
from clinic_desk.ui.patients.desk import PatientPage
from clinic_desk.ui.patients.paper import list_document
from clinic_desk.ui.patients.paper_desk import file_name, paper_of
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic


def text_of(database: Database, patient_id: UUID) -> str:
    document = list_document(record_of(database, patient_id), load_clinic(database))
    (sheet,) = document.sheets
    cells = [text.text for row in sheet.rows for cell in row.cells for text in cell]
    return "\n".join((sheet.title, sheet.below, *sheet.aside, *cells))


def test_it_names_day_time_doctor_and_place_in_her_language_and_not_the_reason(
    clinic: SmallClinic, database: Database, qtbot: QtBot
) -> None:
    anna = get_patient(database, clinic.patients[0])
    update_patient(database, UpdatePatient(replace(anna, language="de")))
    book(database, checkup(clinic))
    told = text_of(database, anna.id)
    for part in (
        "Ihre Termine",
        "für Anna Meier",
        "Mo 03.03.2031",
        "09:00",
        "Dr. Weber",
        "Mitte",
        "Tel. +49 30 1234567",
    ):
        assert part in told
    assert "Checkup" not in told
    assert "Es sind keine Termine" in text_of(database, _german(database, clinic.patients[2]))


def _german(database: Database, patient_id: UUID) -> UUID:
    update_patient(database, UpdatePatient(replace(get_patient(database, patient_id), language="de-AT")))
    return patient_id


def test_a_name_is_never_markup_and_a_long_list_takes_several_pages(
    clinic: SmallClinic, database: Database, qtbot: QtBot, tmp_path: Path
) -> None:
    assert "for Tag <b>Bold</b>" in text_of(database, clinic.patients[5])
    entry = book(database, checkup(clinic, at(clinic.monday, 9), patient_id=clinic.patients[5]))
    record = record_of(database, clinic.patients[5])
    full = replace(record, coming=(entry,) * 80)
    pdf = pdf_of(list_document(full, load_clinic(database)), paper_of_locale())
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 2
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    paint(list_document(record, load_clinic(database)), printer)
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF")
    assert file_name(record) == "Tag bBoldb.pdf"


def test_it_is_saved_from_the_page_and_a_folder_that_cannot_be_written_is_said(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    page = PatientPage(space, clinic.patients[0])
    qtbot.waitUntil(lambda: page.sheet.record is not None)
    assert page.sheet.record is not None
    paper_of(page).save(page.sheet.record, tmp_path / "list.pdf")
    qtbot.waitUntil(lambda: page.sheet.told.text() == "✓ Saved as list.pdf")
    assert (tmp_path / "list.pdf").read_bytes().startswith(b"%PDF")
    paper_of(page).save(page.sheet.record, tmp_path / "no" / "where" / "list.pdf")
    qtbot.waitUntil(lambda: "could not" in page.sheet.told.text())
    page.sheet.reject()
