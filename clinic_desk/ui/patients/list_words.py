"""What stands on a patient's own list, in the language she is written to in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ListWords:
    """The words of one language. `for_whom` and `as_of` hold a name and a date."""

    title: str
    for_whom: str
    as_of: str
    date: str
    time: str
    doctor: str
    place: str
    nothing: str
    phone: str


WORDS: Final = {
    "en": ListWords(
        "Your appointments", "for {name}", "As of {day}", "Date", "Time", "With", "Where",
        "No appointments are booked.", "Tel {phone}",
    ),
    "de": ListWords(
        "Ihre Termine", "für {name}", "Stand {day}", "Datum", "Uhrzeit", "Bei", "Ort",
        "Es sind keine Termine vereinbart.", "Tel. {phone}",
    ),
    "es": ListWords(
        "Sus citas", "para {name}", "A fecha de {day}", "Fecha", "Hora", "Con", "Lugar",
        "No hay citas reservadas.", "Tel. {phone}",
    ),
    "fr": ListWords(
        "Vos rendez-vous", "pour {name}", "À la date du {day}", "Date", "Heure", "Avec", "Lieu",
        "Aucun rendez-vous n'est prévu.", "Tél. {phone}",
    ),
}  # fmt: skip
"""By the language of `notifications.texts`."""
