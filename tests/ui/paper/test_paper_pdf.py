"""Documents as PDF: written on another thread, by locale's paper, and stopped between pages."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QPageSize, QPdfWriter
from PySide6.QtWidgets import QApplication

from clinic_desk.domain.day_list import doctor_day, doctor_days
from clinic_desk.ui.paper.card import card_document
from clinic_desk.ui.paper.day_pages import day_document, week_document
from clinic_desk.ui.paper.document import Document, Ground, Style
from clinic_desk.ui.paper.painter import PrintCancelled, _Writing, page_layout, paper_of_locale, pdf_of
from tests.ui.calendar import sample

A4 = QPageSize.PageSizeId.A4


def day() -> Document:
    clinic = sample.clinic()
    return day_document(doctor_days(sample.hard_board(), clinic), clinic, "Desk 1")


def page_count(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def size(pdf: bytes) -> tuple[int, int]:
    found = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert found is not None
    return round(float(found[1])), round(float(found[2]))


def test_a_pdf_is_written_on_another_thread_and_counts_its_pages(qapp: QApplication) -> None:
    made: list[bytes] = []
    told: list[int] = []
    thread = threading.Thread(target=lambda: made.append(pdf_of(day(), A4, told.append)))
    thread.start()
    thread.join()
    (pdf,) = made
    assert pdf.startswith(b"%PDF-1.")
    assert page_count(pdf) == len(told) == told[-1] >= 5
    assert size(pdf) == (595, 842)


def test_paper_is_letter_where_that_is_usual(qapp: QApplication) -> None:
    before = QLocale()
    try:
        QLocale.setDefault(QLocale("en_US"))
        assert size(pdf_of(day(), paper_of_locale())) == (612, 792)
        QLocale.setDefault(QLocale("de_DE"))
        assert paper_of_locale() == A4
    finally:
        QLocale.setDefault(before)


def test_stopping_makes_nothing(qapp: QApplication) -> None:
    told: list[int] = []
    with pytest.raises(PrintCancelled):
        pdf_of(day(), A4, told.append, lambda: len(told) == 2)
    assert told == [1, 2]


def test_what_is_too_long_for_a_line_wraps_within_its_width(qapp: QApplication, tmp_path: Path) -> None:
    writer = QPdfWriter(str(tmp_path / "x.pdf"))
    writer.setResolution(1200)
    writing = _Writing(writer, 1200 / 25.4)
    line = writing.height("Nowak", Style.STRONG, 40)
    for text in ("x" * 300, "von und zu Hohenlohe " * 9, "محمد عبد الرحمن " * 9):
        wrapped = writing._laid_out(text, Style.STRONG, 40)
        assert wrapped is not None
        assert writing.height(text, Style.STRONG, 40) > 3 * line
        edges = [wrapped.lineAt(no).naturalTextRect().right() for no in range(wrapped.lineCount())]
        assert max(edges) <= 40 * 1200 / 25.4 + 1


def test_rows_say_what_a_clinic_needs_without_the_computer(qapp: QApplication) -> None:
    clinic = sample.clinic()
    okafor, *_, nurse = day_document(doctor_days(sample.picture_board(), clinic), clinic, "Desk 1").sheets
    assert okafor.title == "Dr. Amara Okafor"
    assert okafor.below.startswith("Main street · ")
    assert okafor.aside[0] == "10 appointments"
    assert okafor.aside[1].startswith("as of 09:37, ")
    assert okafor.aside[1].endswith("Desk 1")
    visits = [[text.text for cell in row.cells for text in cell] for row in okafor.rows if row.tick]
    assert visits[0] == ["08:00–08:15", "15 min", "Nowak, Marek", "17 May 1980", "Check-up", "done"]
    assert visits[5][-1] == "confirmed"
    away = [row for row in nurse.rows if row.ground is Ground.AWAY]
    assert [text.text for cell in away[0].cells for text in cell] == ["12:00–13:00", "break · 1 h"]


def test_signs_that_turn_the_line_are_left_out(qapp: QApplication) -> None:
    names = [text.text for sheet in day().sheets for row in sheet.rows for cell in row.cells for text in cell]
    assert not any(sign in name for name in names for sign in "\u202e\u2066\n\t")


def test_a_week_has_a_column_a_day_and_a_row_an_hour(qapp: QApplication) -> None:
    clinic, monday = sample.clinic(), sample.DAY - timedelta(days=1)
    boards = [
        sample.picture_board() if (each := monday + timedelta(days=no)) == sample.DAY else sample.board(day=each)
        for no in range(7)
    ]
    doctor = sample.uid(2, 0)
    days = [[doctor_day(board, clinic, sample.SITE, doctor)] for board in boards]
    document = week_document(days, doctor, clinic, "Desk 1")
    (sheet,) = document.sheets
    assert len(sheet.columns) == 6  # the hour, and Monday to Friday
    assert [row.cells[0][0].text for row in sheet.rows] == [f"{hour:02}:00" for hour in range(8, 15)]
    tuesday = [text.text for row in sheet.rows for text in row.cells[2]]
    assert tuesday[:2] == ["08:00 Nowak, Marek", "15 min · Check-up"]
    wide, high = size(pdf_of(document, A4))
    assert wide > high


def test_a_card_says_when_and_where_but_not_why(qapp: QApplication) -> None:
    clinic = sample.clinic()
    later = sample.entry(2, 1, 600, "Marek Nowak", "Stress test", day=sample.DAY + timedelta(days=21))
    document = card_document([sample.entry(1, 0, 480, "Marek Nowak"), later], clinic, sample.instant(0))
    (sheet,) = document.sheets
    texts = [text.text for row in sheet.rows for cell in row.cells for text in cell]
    assert sheet.below == "Marek Nowak"
    assert {"08:00", "10:00", "Dr. Amara Okafor", "Dr. Jonas Weber", "Main street"} <= set(texts)
    assert not any("Stress" in text or "Check-up" in text for text in texts)
    assert page_layout(document, A4).pageSize().id() == QPageSize.PageSizeId.A6
    assert page_count(pdf_of(document, A4)) == 1
    abroad = replace(later, patient=replace(later.patient, language="de"))
    (sheet,) = card_document([abroad], clinic, sample.instant(0)).sheets
    assert sheet.title == "Ihr Termin"
