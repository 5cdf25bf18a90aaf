"""The slip a patient takes home: the next appointments, and nothing of why they were made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import Clinic, Entry, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import time_text
from clinic_desk.ui.paper.day_pages import one_line, person_name
from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text
from clinic_desk.ui.shell.day_words import long_day_text

translate = QCoreApplication.translate
MOST: Final = 6
"""So many find room on a slip; who has more gets the first."""


def card_document(entries: Sequence[Entry], clinic: Clinic, read_at: datetime) -> Document:
    """Return the card of the patient of these appointments, which are hers to come, the soonest first; at least one."""
    patient = entries[0].patient
    sites = {entry.appointment.site_id for entry in entries[:MOST]}
    one_site = clinic.site(next(iter(sites))) if len(sites) == 1 else None
    sheet = Sheet(
        title=translate("paper", "Your next appointments")
        if len(entries) > 1
        else translate("paper", "Your appointment"),
        below=one_line(patient.display_name),
        columns=(Column("", 48), Column("", 40, 1)),
        rows=tuple(_row(entry, clinic, one_site) for entry in entries[:MOST]) + _closing(clinic, one_site, read_at),
    )
    return Document(name=sheet.title, sheets=(sheet,), page_words="", slip=True)


def _row(entry: Entry, clinic: Clinic, one_site: Site | None) -> Row:
    row = entry.appointment
    site = clinic.site(row.site_id)
    wall = to_wall(row.starts_at, site.zone)
    with_whom = [Text(person_name(clinic, row.practitioner_id))]
    if one_site is None:
        with_whom += [Text(line, Style.SMALL) for line in _place(site)]
    return Row(((Text(long_day_text(wall.date())), Text(time_text(wall), Style.TITLE)), tuple(with_whom)))


def _place(site: Site) -> list[str]:
    return [one_line(text) for text in (site.name, site.address, site.phone) if text]


def _closing(clinic: Clinic, one_site: Site | None, read_at: datetime) -> tuple[Row, ...]:
    """Where it is, what to do who cannot come, and when this was so."""
    sites = [one_site] if one_site is not None else []
    texts = [Text(line) for site in sites for line in _place(site)]
    texts.append(Text(translate("paper", "If you cannot come, please tell us as soon as you know."), Style.SMALL))
    zone = (one_site or clinic.sites[0]).zone
    made = long_day_text(to_wall(read_at, zone).date())
    texts.append(Text(translate("paper", "Printed on {day}.").format(day=made), Style.SMALL))
    return (Row((tuple(texts),)),)
