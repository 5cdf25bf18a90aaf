"""What is typed into the search box, taken apart: whose appointments on which day, whose number; and what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from clinic_desk.domain.folding import fold, tokens
from clinic_desk.domain.records import AppointmentStatus, Patient, PatientMatch, Practitioner
from clinic_desk.domain.typed_dates import parse_typed_date

_MOST_WORDS_OF_A_DATE: Final = 3
_BARE_DAY: Final = re.compile(r"\d{1,2}")
_NUMBER: Final = re.compile(r"\+?[\d\s()./-]{6,40}")
_SCHEME: Final = re.compile(r"^\s*(?:tel|sip|sips|callto):", re.IGNORECASE)
_FEWEST_DIGITS: Final = 6
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class FoundAppointment:
    """One appointment of an answer. `wall_start`: naive, as it was agreed. `is_past`: it began before now."""

    id: UUID
    patient: Patient
    practitioner_id: UUID
    type_id: UUID
    starts_at: datetime
    wall_start: datetime
    status: AppointmentStatus
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the database knows of what was typed: patients best first, appointments in the order they are shown."""

    patients: tuple[PatientMatch, ...] = ()
    appointments: tuple[FoundAppointment, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDay:
    """A day and what is typed beside it: a doctor's name, or a patient's. Nothing beside it: the day itself."""

    day: date
    beside: str = ""


def day_meant(text: str, today: date) -> OnDay | None:
    """Return the day that is typed, alone ("fri", "12.4.", "3d") or before or behind a name ("weber fri"), else None.

    Beside a name one or two bare digits are no day: a phone number, or the year of a birth date, may begin so.
    """
    day = parse_typed_date(text, today)
    if day is not None:
        return OnDay(day)
    for typed, beside in _parted(text.split()):
        day = None if _BARE_DAY.fullmatch(typed) else parse_typed_date(typed, today)
        if day is not None and any(char.isalpha() for char in beside):
            return OnDay(day, beside)
    return None


def _parted(words: list[str]) -> Iterator[tuple[str, str]]:
    """The words that may be a date and those beside them: the longest date first, behind the name before in front."""
    for count in range(min(_MOST_WORDS_OF_A_DATE, len(words) - 1), 0, -1):
        yield " ".join(words[-count:]), " ".join(words[:-count])
        yield " ".join(words[:count]), " ".join(words[count:])


def practitioners_named(typed: str, practitioners: Iterable[Practitioner]) -> tuple[Practitioner, ...]:
    """Return the active practitioners of whose name each typed word begins a word; a title alone names nobody."""
    wanted = [word for word in tokens(typed) if word not in {"dr", "prof"}]
    if not wanted:
        return ()
    return tuple(
        one
        for one in practitioners
        if one.active and all(any(word.startswith(part) for word in tokens(one.name)) for part in wanted)
    )


def caller_number(text: str) -> str | None:
    """Return what telephone software hands over, or what was pasted, as digits and a plus; None if it is no number.

    "tel:+49-30-1234567", "sip:+49301234567@pbx.example", "030 / 123 45 67".
    """
    typed = _SCHEME.sub("", text).partition("@")[0].partition(";")[0].strip()
    digits = re.sub(r"\D", "", typed)
    if not _NUMBER.fullmatch(typed) or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return None
    return f"+{digits}" if typed.startswith("+") else digits


def begins_words(text: str, typed: str) -> bool:
    """Whether each word of `typed` begins a word of `text`, whatever the accents and the order."""
    words = tokens(text)
    return all(any(word.startswith(part) for word in words) for part in fold(typed).split())
