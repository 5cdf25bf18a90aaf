"""One appointment as a row of the list of the day: what stands in its columns, what they are sorted and found by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCollator, QCoreApplication, QLocale, Qt

from clinic_desk.domain.flow import minutes_since, waits_too_long
from clinic_desk.domain.folding import fold
from clinic_desk.domain.phones import written
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry, MessageState, ParticipationStatus
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import closed_text, date_text, day_text, length_text, list_name, one_line, span_text
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.text import shorter_titles
from clinic_desk.ui.messages.rows import Column, Index, RowsModel
from clinic_desk.ui.told import present_room_text

translate = QCoreApplication.translate
COLUMNS: Final = (
    *("time", "patient", "born", "phone", "doctor", "room", "visit", "status", "waiting", "flags", "note"),
)
"""The columns by name, from the left; saved views name them so."""
_WIDTHS: Final = (20, 22, 12, 15, 16, 11, 16, 11, 9, 17, 0)
_STEPS: Final = tuple(AppointmentStatus)
_OVER: Final = frozenset({AppointmentStatus.FULFILLED, AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW})
_SIGNS: Final = {
    MessageState.FAILED: "⚠",
    MessageState.UNKNOWN: "?",
    ParticipationStatus.ACCEPTED: "✓",
    ParticipationStatus.DECLINED: "✗",
}


@dataclass(frozen=True, slots=True)
class DayRow:
    """`cells`, and `keys` that sort (a time by the clock of its site), by column. `found`: all of it, folded, to look
    through. `usual`: where it stands among rows that are alike. `minutes`: of waiting.
    """

    id: UUID
    entry: Entry
    cells: tuple[str, ...]
    keys: tuple[Any, ...]
    usual: tuple[datetime, int, int]
    found: str
    minutes: int
    is_late: bool

    @property
    def status(self) -> AppointmentStatus:
        """How the appointment stands."""
        return self.entry.appointment.status


class RowMaker:
    """Makes rows of a clinic's appointments; names sort as the user's language has them, numbers in them by value."""

    def __init__(self, clinic: Clinic, *, several_days: bool) -> None:
        self._clinic = clinic
        self._several_days = several_days
        self._doctors = {person.id: one_line(person.name) for person in clinic.practitioners}
        self._places = {person.id: place for place, person in enumerate(clinic.practitioners)}
        self._types = {kind.id: kind for kind in clinic.types}
        locale = QLocale()  # one that names no language would sort by the numbers of letters
        self._collator = QCollator(QLocale("en") if locale.language() is QLocale.Language.C else locale)
        self._collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._collator.setNumericMode(True)

    def row(self, entry: Entry, now: datetime) -> DayRow:
        """Return an appointment's row as it is now."""
        row, patient = entry.appointment, entry.patient
        kind = self._types.get(row.type_id)
        start, end = to_wall(row.starts_at, row.zone), to_wall(row.ends_at, row.zone)
        waits, minutes = row.status is AppointmentStatus.ARRIVED, minutes_waited(entry, now)
        is_late = kind is not None and waits_too_long(entry, kind, now)
        waiting = (f"⚠ {length_text(minutes)}" if is_late else length_text(minutes)) if waits else ""
        times = span_text(start, end)
        names = (
            list_name(patient) or words.nameless(),
            self._doctors.get(row.practitioner_id, "?"),
            present_room_text(entry, self._clinic),
            one_line(kind.name) if kind is not None else "",
        )
        born, phone = patient.birth_date, (written(patient.phone) or ("", patient.phone))[1]
        status, flags, note = words.status_text(row.status), flags_text(entry), one_line(row.note)
        shown = f"{day_text(start.date())} · {times}" if self._several_days else times
        cells = (
            *(shown, names[0], closed_text() if patient.closed else date_text(born) if born else "", phone, *names[1:]),
            *(status, waiting, flags, note),
        )
        sorted_names = tuple(map(self._collator.sortKey, (*names, flags, note)))
        keys = (
            *(start, sorted_names[0], born or date.max, phone, *sorted_names[1:4]),
            *(_STEPS.index(row.status), -1 if not waits else minutes, *sorted_names[4:]),
        )
        digits = f"{patient.phone} {patient.phone.removeprefix('+')}"
        found = fold(" ".join((*cells, patient.display_name, digits, born.isoformat() if born else "")))
        usual = (start, self._places.get(row.practitioner_id, len(self._places)), entry.id.int)
        return DayRow(entry.id, entry, cells, keys, usual, found, minutes, is_late)


def minutes_waited(entry: Entry, now: datetime) -> int:
    """Return for how many minutes a patient has been waiting; 0 for one who is not."""
    return minutes_since(entry.arrived_at, now) if entry.appointment.status is AppointmentStatus.ARRIVED else 0


def flags_text(entry: Entry) -> str:
    """Return what is to be seen about an appointment besides its status: answer, messages, how it was booked."""
    row = entry.appointment
    signed = (
        (_SIGNS.get(row.answer, ""), words.answer_text(entry)),
        (_SIGNS.get(entry.message_state, ""), words.message_text(entry)),
        ("↻", translate("daylist", "series") if row.series_id is not None else ""),
        ("‖", translate("daylist", "squeezed in") if row.squeezed_in else ""),
        ("!", translate("daylist", "overruled") if row.overruled else ""),
    )
    return " · ".join(f"{sign} {text}".strip() for sign, text in signed if text)


def stands_on(entry: Entry, days: frozenset[date]) -> bool:
    """Whether an appointment is seen on one of these local days of its own site."""
    row = entry.appointment
    last = to_wall(row.ends_at - timedelta(microseconds=1), row.zone).date()
    return to_wall(row.starts_at, row.zone).date() in days or last in days


def _colour(name: str) -> Callable[[DayRow], str]:
    def colour(row: DayRow) -> str:
        if name == "waiting":
            return "danger" if row.is_late else "warning"
        if name == "flags" and _is_trouble(row.entry):
            return "danger"
        if name == "status" and row.status is AppointmentStatus.ARRIVED:
            return "warning"
        if name == "status" and row.status is AppointmentStatus.CHECKED_IN:
            return "accent"
        return "muted" if row.status in _OVER or name in {"born", "note"} else ""

    return colour


def _is_trouble(entry: Entry) -> bool:
    return entry.message_state is MessageState.FAILED or entry.appointment.answer is ParticipationStatus.DECLINED


def titles() -> Mapping[str, str]:
    """Return the headings of the columns by name."""
    return {
        "time": translate("daylist", "Time"),
        "patient": translate("daylist", "Patient"),
        "born": translate("daylist", "Born"),
        "phone": translate("daylist", "Phone"),
        "doctor": translate("daylist", "Doctor"),
        "room": translate("daylist", "Room"),
        "visit": translate("daylist", "Visit"),
        "status": translate("daylist", "Status"),
        "waiting": translate("daylist", "Waits"),
        "flags": translate("daylist", "Marks"),
        "note": translate("daylist", "Note"),
    }


def count_text(count: int) -> str:
    """Return `12 appointments`."""
    if count == 1:
        return translate("daylist", "1 appointment")
    return translate("daylist", "{count} appointments").format(count=count)


def list_columns() -> tuple[Column, ...]:
    """Return the table's columns."""
    named = titles()
    return tuple(
        replace(column, shorter=shorter_titles) if name == "doctor" else column
        for number, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True))
        for column in (Column(named[name], _text(number), width, _colour(name), is_bold=name == "patient"),)
    )


class DayModel(RowsModel):
    """The rows as a table; a screen reader is told the whole of a row in its first cell."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(list_columns(), clock)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.AccessibleTextRole and index.isValid() and index.column() == 0:
            return ", ".join(cell for cell in self.records[index.row()].cells if cell)
        return super().data(index, role)


def _text(number: int) -> Callable[[DayRow, datetime], str]:
    return lambda row, _now: row.cells[number]
