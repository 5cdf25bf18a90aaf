"""What the cells of a file mean: dates, times and words as several languages and programs write them; safe cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeVar

from clinic_desk.domain.exchange import DateOrder
from clinic_desk.domain.folding import tokens
from clinic_desk.domain.records import AdministrativeGender, AppointmentStatus, Channel
from clinic_desk.domain.typed_dates import parse_typed_time

Meaning = TypeVar("Meaning")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet begins a formula (OWASP ASVS 1.2.10); the last four are their full-width forms."""
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_DOTTED: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_EITHER: Final = re.compile(r"(\d{1,2})([/ -])(\d{1,2})\2(\d{4})")
_PACKED: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MIDNIGHT: Final = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?$")
_TIME_AT_END: Final = re.compile(r"[T ,]\s*(\d{1,2}[:.h]\d{2}(?::\d{2})?\s?(?:[ap]m)?)$", re.IGNORECASE)
_LONGEST_MOMENT: Final = 40


def _words(table: Mapping[Meaning, str]) -> Mapping[str, Meaning]:
    return MappingProxyType(
        {"".join(tokens(word)) or word: value for value, words in table.items() for word in words.split()}
    )


GENDERS: Final = _words(
    {
        AdministrativeGender.MALE: "m male man männlich herr mann masculino hombre varón h masculin homme",
        AdministrativeGender.FEMALE: "f w female woman weiblich frau femenino mujer féminin femme",
        AdministrativeGender.OTHER: "o d x other divers andere otro otra autre diverse nonbinary",
        AdministrativeGender.UNKNOWN: "u unknown unbekannt desconocido inconnu - ?",
    }
)
CHANNELS: Final = _words(
    {
        Channel.EMAIL: "email e-mail mail correo courriel",
        Channel.SMS: "sms text handy mobile",
        Channel.NONE: "none no nein keine kein ninguno aucun non nada",
    }
)
STATUSES: Final = _words(
    {
        AppointmentStatus.BOOKED: (
            "booked confirmed tentative scheduled pending gebucht bestätigt geplant offen reservado confirmado "
            "confirmada programado réservé confirmé prévu"
        ),
        AppointmentStatus.ARRIVED: "arrived angekommen llegado arrivé",
        AppointmentStatus.CHECKED_IN: "checked-in checkedin",
        AppointmentStatus.FULFILLED: (
            "fulfilled done completed finished erledigt erschienen abgeschlossen realizado completado honoré terminé"
        ),
        AppointmentStatus.CANCELLED: "cancelled canceled abgesagt storniert cancelado cancelada anulado annulé",
        AppointmentStatus.NOSHOW: "noshow no-show missed nichterschienen ausgeblieben ausente absent manqué",
        AppointmentStatus.ENTERED_IN_ERROR: "entered-in-error",
    }
)


def word(table: Mapping[str, Meaning], text: str) -> Meaning | None:
    """Return what a word of one of the tables above means, None if it is in none."""
    return table.get("".join(tokens(text)) or text.strip())


@dataclass(frozen=True, slots=True)
class DatesSeen:
    """How a column writes dates: `order` once it is certain; `is_ambiguous`: every date can be read both ways."""

    order: DateOrder | None
    is_ambiguous: bool = False


def dates_seen(texts: Iterable[str]) -> DatesSeen:
    """Look at all dates of a column: whether the day or the month comes first where only the numbers can tell."""
    day_first = month_first = any_either = False
    for text in texts:
        match = _EITHER.match(text.strip())
        if match is None:
            continue
        any_either = True
        day_first = day_first or int(match[1]) > 12
        month_first = month_first or int(match[3]) > 12
    if not any_either:
        return DatesSeen(None)
    if day_first == month_first:
        return DatesSeen(None, is_ambiguous=True)
    return DatesSeen(DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST)


def read_date(text: str, order: DateOrder | None) -> date | None:
    """Return the date of a cell, None when it is none. The year has four digits: two may mean two centuries."""
    text = _MIDNIGHT.sub("", text.strip())
    if match := _YEAR_FIRST.fullmatch(text) or _PACKED.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DOTTED.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
    elif order is not None and (match := _EITHER.fullmatch(text)):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_moment(text: str, order: DateOrder | None) -> datetime | None:
    """Return the date and time of one cell; naive means the site's wall time. None when it is none."""
    text = text.strip()
    if len(text) > _LONGEST_MOMENT:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and len(text) > 10:
        return moment
    match = _TIME_AT_END.search(text)
    day = read_date(text[: match.start()].rstrip(" ,"), order) if match else None
    return read_wall(day, match[1]) if match and day else None


def read_wall(day: date, text: str) -> datetime | None:
    """Return a day with a time of day beside it, naive; None when that is none (or the midnight after)."""
    minute = parse_typed_time(re.sub(r":00$", "", text.strip()) if text.count(":") == 2 else text)
    if minute is None or minute == 1440:
        return None
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60)  # noqa: DTZ001  # wall time of a site


def safe_cell(text: str) -> str:
    """Return a cell no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """Return a cell as it was before `safe_cell`, without blanks around it."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA and len(text) > 1 else text
