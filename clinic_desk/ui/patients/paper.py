"""A patient's own list of what is booked for her: as a document, as a PDF, and on a printer.

As in a message, the reason for a visit is not named: the list is carried about.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QLocale, QMarginsF, QSizeF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.texts import language_of, spoken_date
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.patients.list_words import WORDS, ListWords

if TYPE_CHECKING:
    from PySide6.QtGui import QPagedPaintDevice

    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.domain.records import Clinic, Entry

_MARGIN_MM = 18
_POINTS = 10.5
_CELL = "<td style='padding: 5px 14px 5px 0'>{text}</td>"
_HEAD = "<td style='padding: 5px 14px 5px 0'><b>{text}</b></td>"


def list_html(record: PatientRecord, clinic: Clinic) -> str:
    """Return the list as (Qt's) HTML; every word of data is escaped."""
    language = language_of(record.patient.language)
    words, zone = WORDS[language], clinic.sites[0].zone if clinic.sites else "UTC"
    name = escape(one_line(record.patient.display_name))
    today = escape(spoken_date(to_wall(record.read_at, zone), language))
    parts = [
        f"<h1>{escape(words.title)}</h1>",
        f"<p><big>{escape(words.for_whom).format(name=name)}</big><br/>{escape(words.as_of).format(day=today)}</p>",
        _table(record, clinic, words, language) if record.coming else f"<p>{escape(words.nothing)}</p>",
        *(f"<p>{line}</p>" for line in _sites(record, clinic, words)),
    ]
    return "".join(parts)


def _table(record: PatientRecord, clinic: Clinic, words: ListWords, language: str) -> str:
    head = "".join(_HEAD.format(text=escape(each)) for each in (words.date, words.time, words.doctor, words.place))
    rows = (_row(entry, clinic, language) for entry in record.coming)
    return f"<table cellspacing='0' width='100%'><thead><tr>{head}</tr></thead>{''.join(rows)}</table>"


def _row(entry: Entry, clinic: Clinic, language: str) -> str:
    row = entry.appointment
    wall = to_wall(row.starts_at, row.zone)
    texts = (
        spoken_date(wall, language),
        f"{wall:%H:%M}",
        one_line(clinic.practitioner(row.practitioner_id).name),
        one_line(clinic.site(row.site_id).name),
    )
    return f"<tr>{''.join(_CELL.format(text=escape(text)) for text in texts)}</tr>"


def _sites(record: PatientRecord, clinic: Clinic, words: ListWords) -> list[str]:
    """Return name, address and telephone of every site that the list names, the first site for none."""
    named = {entry.appointment.site_id for entry in record.coming}
    sites = [site for site in clinic.sites if site.id in named] or list(clinic.sites[:1])
    phone = escape(words.phone)
    return [
        "<br/>".join(
            part
            for part in (
                f"<b>{escape(one_line(site.name))}</b>",
                escape(site.address).replace("\n", "<br/>"),
                phone.format(phone=escape(site.phone)) if site.phone else "",
            )
            if part
        )
        for site in sites
    ]


def document_of(record: PatientRecord, clinic: Clinic) -> QTextDocument:
    """Return the list ready to be laid out on pages."""
    document = QTextDocument()
    font = QFont(document.defaultFont())
    font.setPointSizeF(_POINTS)
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.setHtml(list_html(record, clinic))
    return document


def page_of_locale() -> QPageLayout:
    """Return the paper that is usual here: A4, or Letter where feet and inches are."""
    metric = QLocale.system().measurementSystem() == QLocale.MeasurementSystem.MetricSystem
    size = QPageSize(QPageSize.PageSizeId.A4 if metric else QPageSize.PageSizeId.Letter)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


def print_on(document: QTextDocument, device: QPagedPaintDevice) -> None:
    """Print the list on a device, page by page."""
    layout = document.documentLayout()
    layout.setPaintDevice(device)
    pixels = device.pageLayout().paintRectPixels(device.logicalDpiX())
    document.setPageSize(QSizeF(pixels.size()))
    document.print_(device)


def pdf_of(record: PatientRecord, clinic: Clinic) -> bytes:
    """Return the list as a PDF."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(WORDS[language_of(record.patient.language)].title)
    writer.setPageLayout(page_of_locale())
    print_on(document_of(record, clinic), writer)
    del writer  # it ends the document
    return bytes(buffer.data().data())


def write_file(path: Path, content: bytes) -> bool:
    """Write a file; False if that cannot be (no such folder, no right, no room). Not for the GUI thread."""
    try:
        path.write_bytes(content)
    except OSError:
        return False
    return True
