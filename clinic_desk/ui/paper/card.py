"""The slip a patient takes home, in her language: the next appointments, and nothing of why they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clinic_desk.domain.records import Clinic, Entry, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.texts import language_of, spoken_date
from clinic_desk.ui.paper.day_pages import one_line, person_name, phone_text
from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

MOST: Final = 6
"""So many find room on a slip; who has more gets the first."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Of one language. `made` holds a date."""

    one: str
    several: str
    absent: str
    made: str


_WORDS: Final = {
    "en": _Words(
        "Your appointment", "Your next appointments",
        "If you cannot come, please tell us as soon as you know.", "Printed on {day}",
    ),
    "de": _Words(
        "Ihr Termin", "Ihre nächsten Termine",
        "Wenn Sie nicht kommen können, sagen Sie uns bitte so bald wie möglich Bescheid.", "Gedruckt am {day}",
    ),
    "es": _Words(
        "Su cita", "Sus próximas citas", "Si no puede venir, avísenos lo antes posible.", "Impreso el {day}",
    ),
    "fr": _Words(
        "Votre rendez-vous", "Vos prochains rendez-vous",
        "Si vous ne pouvez pas venir, prévenez-nous dès que possible.", "Imprimé le {day}",
    ),
}  # fmt: skip
"""By the language of `notifications.texts`."""


def card_document(entries: Sequence[Entry], clinic: Clinic, read_at: datetime) -> Document:
    """Return the card of the patient of these appointments, which are hers to come, the soonest first; at least one."""
    patient = entries[0].patient
    language = language_of(patient.language)
    words, shown = _WORDS[language], entries[:MOST]
    sites = {entry.appointment.site_id for entry in shown}
    one_site = clinic.site(next(iter(sites))) if len(sites) == 1 else None
    texts = [Text(line) for line in (_place(one_site) if one_site else ())]
    today = spoken_date(to_wall(read_at, (one_site or clinic.sites[0]).zone), language)
    texts += [Text(words.absent, Style.SMALL), Text(words.made.format(day=today), Style.SMALL)]
    sheet = Sheet(
        title=words.several if len(shown) > 1 else words.one,
        below=one_line(patient.display_name),
        columns=(Column("", 44), Column("", 40, 1)),
        rows=(*(_row(entry, clinic, language, with_place=one_site is None) for entry in shown), Row((tuple(texts),))),
    )
    return Document(name=sheet.title, sheets=(sheet,), page_words="", slip=True, larger=1.15)


def _row(entry: Entry, clinic: Clinic, language: str, *, with_place: bool) -> Row:
    row = entry.appointment
    site = clinic.site(row.site_id)
    wall = to_wall(row.starts_at, site.zone)
    who = [Text(person_name(clinic, row.practitioner_id))]
    if with_place:
        who += [Text(line, Style.SMALL) for line in _place(site)]
    return Row(((Text(spoken_date(wall, language)), Text(f"{wall:%H:%M}", Style.TITLE)), tuple(who)))


def _place(site: Site) -> list[str]:
    lines = (site.name, *site.address.splitlines(), phone_text(site.phone))
    return [text for line in lines if (text := one_line(line))]
