"""A patient's own list of what is booked for her, as a document for paper.

As in a message, the reason for a visit is not named: the list is carried about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.texts import language_of, spoken_date
from clinic_desk.ui.paper.day_pages import one_line, person_name, phone_text
from clinic_desk.ui.paper.document import Cell, Column, Document, Row, Sheet, Style, Text
from clinic_desk.ui.patients.list_words import WORDS, ListWords

if TYPE_CHECKING:
    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.domain.records import Clinic, Entry


def list_document(record: PatientRecord, clinic: Clinic) -> Document:
    """Return the list in the patient's language."""
    language = language_of(record.patient.language)
    words, zone = WORDS[language], clinic.sites[0].zone if clinic.sites else "UTC"
    today = spoken_date(to_wall(record.read_at, zone), language)
    rows = [_row(entry, clinic, language) for entry in record.coming] or [Row(((Text(words.nothing),),))]
    titles = (words.date, words.time, words.doctor, words.place) if record.coming else ("",) * 4
    sheet = Sheet(
        title=words.title,
        below=words.for_whom.format(name=one_line(record.patient.display_name)),
        columns=tuple(
            Column(title, width, grows)
            for title, (width, grows) in zip(titles, ((40, 0), (20, 0), (40, 1), (40, 1)), strict=True)
        ),
        rows=(*rows, Row((_sites(record, clinic, words),))),
        aside=(words.as_of.format(day=today),),
    )
    return Document(name=words.title, sheets=(sheet,), page_words="{page} / {pages}", larger=1.3)


def _row(entry: Entry, clinic: Clinic, language: str) -> Row:
    row = entry.appointment
    wall = to_wall(row.starts_at, row.zone)
    site = one_line(clinic.site(row.site_id).name)
    who = person_name(clinic, row.practitioner_id)
    return Row(
        ((Text(spoken_date(wall, language)),), (Text(f"{wall:%H:%M}", Style.STRONG),), (Text(who),), (Text(site),))
    )


def _sites(record: PatientRecord, clinic: Clinic, words: ListWords) -> Cell:
    """Return name, address and telephone of every site that the list names, the first site for none."""
    named = {entry.appointment.site_id for entry in record.coming}
    texts: list[Text] = []
    for site in [site for site in clinic.sites if site.id in named] or list(clinic.sites[:1]):
        texts.append(Text(one_line(site.name), Style.STRONG))
        texts += [Text(one_line(line)) for line in site.address.splitlines() if line.strip()]
        texts += [Text(words.phone.format(phone=phone_text(site.phone)))] if site.phone else []
    return tuple(texts)
