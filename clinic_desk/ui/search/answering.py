"""Puts the answer to what was typed together: what is known at once, what the database found, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.finding import FoundAppointment, day_meant
from clinic_desk.domain.folding import fold
from clinic_desk.services import search
from clinic_desk.ui.booking.match_list import MatchLine
from clinic_desk.ui.booking.matching import matched_ranges
from clinic_desk.ui.booking.patient_line import phone_text
from clinic_desk.ui.booking.words import list_name
from clinic_desk.ui.search.commands import SIGN, commands_of, matching
from clinic_desk.ui.search.rows import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from PySide6.QtWidgets import QMenu

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic, PatientMatch

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class FoundLines:
    """What the query lane found, ready to be shown."""

    lines: tuple[MatchLine, ...] = ()
    appointments: tuple[FoundAppointment, ...] = ()


def known_at_once(text: str, today: date, menu: QMenu) -> Answer:
    """Return the answer without the database: the day that is typed, and the commands."""
    commands = matching(tuple(commands_of(menu)), text)
    if text.startswith(SIGN):
        note = "" if commands else translate("find", "There is no such command.")
        return Answer(text, commands=commands, note=note)
    meant = day_meant(text, today)
    day = meant.day if meant is not None else None
    return Answer(text, commands=commands, day=day, beside_day=meant is not None and bool(meant.beside))


def found_in(database: Database, clinic: Clinic, text: str, today: date) -> FoundLines:
    """Search and make the lines; runs on the query lane. Raises ClinicDeskError."""
    found = search.find(database, clinic, text, today)
    return FoundLines(_lines(found.patients, text), found.appointments)


def answered(known: Answer, found: FoundLines) -> Answer:
    """Return the whole answer; if nothing at all is found, it says so and what could be typed."""
    answer = replace(known, lines=found.lines, appointments=found.appointments)
    nothing = not (answer.lines or answer.appointments or answer.commands or answer.day)
    return replace(answer, note=_nothing_text(), offers_new=True) if nothing else answer


def nothing_found(known: Answer, trouble: str) -> Answer:
    """Return what is known without the database, and why that is all."""
    return replace(known, note=trouble)


def caller_answer(database: Database, clinic: Clinic, number: str) -> Answer:
    """Search for a caller's number; runs on the query lane. A national one is of the first site's country."""
    region = next((site.country for site in clinic.sites if site.country), "") or "DE"
    found = search.patients_of_caller(database, number, region)
    note = "" if found else translate("find", "No patient has this number.")
    return Answer(number.strip(), _lines(found, ""), note=note, offers_new=not found)


def trouble_text(*, unreachable: bool) -> str:
    """Return what is said when the database did not answer."""
    if unreachable:
        return translate("find", "The database cannot be reached just now.")
    return translate("find", "The search did not work. Try other letters.")


def _nothing_text() -> str:
    return translate(
        "find", "Nothing is found by this. Type parts of a name, a birth date, a phone number, a date or a command."
    )


def _lines(matches: Iterable[PatientMatch], text: str) -> tuple[MatchLine, ...]:
    return tuple(
        MatchLine(match, phone_text(match.patient.phone), matched_ranges(list_name(match.patient), text, fold))
        for match in matches
    )
