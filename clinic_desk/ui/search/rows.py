"""The rows under the search box: grouped, the likeliest group first, each with what it leads to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import AppointmentStatus, Clinic, PatientMatch
from clinic_desk.ui.booking.match_list import MatchLine, Row
from clinic_desk.ui.booking.match_list import spoken as spoken_match
from clinic_desk.ui.booking.merge_text import status_text
from clinic_desk.ui.booking.words import (
    before_figures,
    closed_text,
    date_text,
    day_text,
    list_name,
    one_line,
    time_text,
)
from clinic_desk.ui.search.commands import Command
from clinic_desk.ui.shell.day_words import long_day_text

if TYPE_CHECKING:
    from clinic_desk.domain.finding import FoundAppointment

translate = QCoreApplication.translate
Kind = Literal["title", "note", "patient", "appointment", "day", "command", "new"]
_LIKELY_DAYS: Final = timedelta(days=3 * 365)
"""A date further off than this is rather somebody's birth date."""


@dataclass(frozen=True, slots=True)
class NewPatient:
    """Nobody is found: book for somebody new, of whom this is known."""

    typed: str


@dataclass(frozen=True, slots=True)
class FindRow(Row):
    """A row of the list. `text`: as it is read out. `parts`: its columns. `target`: what it leads to, None: nowhere."""

    kind: Kind = "note"
    parts: tuple[str, ...] = ()
    target: PatientMatch | FoundAppointment | Command | NewPatient | date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found by the letters `text`: `lines` are patients, `note` says why there is nothing."""

    text: str = ""
    lines: tuple[MatchLine, ...] = ()
    appointments: tuple[FoundAppointment, ...] = ()
    commands: tuple[Command, ...] = ()
    day: date | None = None
    beside_day: bool = False
    """A name was typed beside the day."""
    note: str = ""
    offers_new: bool = False
    """These letters may be a new patient's."""


def rows_of(
    answer: Answer, clinic: Clinic, today: date, wall_of: Callable[[datetime], datetime]
) -> tuple[FindRow, ...]:
    """Return all rows in their order; a single note when there is nothing to choose."""
    patients = _group(translate("find", "Patients"), [_patient_row(line, today, wall_of) for line in answer.lines])
    visits = _group(
        translate("find", "Appointments"), [_appointment_row(row, clinic, today) for row in answer.appointments]
    )
    days = _group(translate("find", "Date"), [_day_row(answer.day)] if answer.day else [])
    commands = _group(translate("find", "Commands"), [_command_row(one) for one in answer.commands])
    if answer.beside_day:
        order = (visits, patients, days, commands)
    elif answer.day is not None and is_likely(answer, today):
        order = (days, patients, visits, commands)
    else:
        order = (patients, visits, days, commands)
    rows = tuple(row for group in order for row in group)
    note = (_note_row(answer.note),) if answer.note else ()
    new = (_new_row(answer.text),) if answer.offers_new else ()
    return rows + note + new


def is_likely(answer: Answer, today: date) -> bool:
    """Whether the typed date is rather a day to go to than a birth date or the beginning of a number."""
    return (
        answer.day is not None
        and not answer.beside_day
        and abs(answer.day - today) <= _LIKELY_DAYS
        and not (answer.text.isdigit() and len(answer.text) > 2)
    )


def _group(title: str, rows: Sequence[FindRow]) -> tuple[FindRow, ...]:
    return (FindRow(None, title, takes=False, kind="title"), *rows) if rows else ()


def _note_row(text: str) -> FindRow:
    return FindRow(None, text, takes=False, kind="note")


def _new_row(typed: str) -> FindRow:
    text = translate("find", "+ New patient “{letters}”, and book").format(letters=one_line(typed))
    return FindRow(None, text, kind="new", target=NewPatient(typed))


def _patient_row(line: MatchLine, today: date, wall_of: Callable[[datetime], datetime]) -> FindRow:
    return FindRow(line, spoken_match(line.match, today, wall_of), kind="patient", target=line.match)


def _day_row(day: date) -> FindRow:
    return FindRow(None, translate("find", "Go to {day}").format(day=long_day_text(day)), kind="day", target=day)


def _command_row(command: Command) -> FindRow:
    told = command.keys if command.is_on else translate("find", "not possible now")
    spoken = _joined(command.text, command.part, told)
    parts = (command.text, command.part, told)
    return FindRow(None, spoken, takes=command.is_on, kind="command", parts=parts, target=command)


def _appointment_row(row: FoundAppointment, clinic: Clinic, today: date) -> FindRow:
    born = row.patient.birth_date
    parts = (
        f"{day_text(row.wall_start.date(), today)}, {time_text(row.wall_start)}",
        before_figures(list_name(row.patient)),
        closed_text() if row.patient.closed else date_text(born) if born else "",
        _name_of((one.id, one.name) for one in clinic.practitioners if one.id == row.practitioner_id),
        _name_of((one.id, one.name) for one in clinic.types if one.id == row.type_id),
        _state(row),
    )
    return FindRow(None, _joined(*parts), kind="appointment", parts=parts, target=row)


def _name_of(found: Iterable[tuple[object, str]]) -> str:
    return next((one_line(name) for _, name in found), "")


def _state(row: FoundAppointment) -> str:
    """What is to be known beside the time: that it was, or will not be."""
    if row.status is AppointmentStatus.WAITLIST:
        return translate("find", "parked")
    if row.status is AppointmentStatus.BOOKED:
        return translate("find", "past") if row.is_past else ""
    return status_text(row.status)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
