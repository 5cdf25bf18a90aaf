"""The lists on a patient's page: appointments to come and past, messages, changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.words import date_text, day_text, one_line, short_person, span_text, time_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.messages.states import state_look
from clinic_desk.ui.messages.words import channel_text, due_text, what_text
from clinic_desk.ui.patients.words import change_text, visit_status_text

translate = QCoreApplication.translate
_COLOURS = {
    AppointmentStatus.NOSHOW: "danger",
    AppointmentStatus.CANCELLED: "muted",
    AppointmentStatus.WAITLIST: "warning",
}


class ListPage(QWidget):
    """One list, what is said when it is empty, and a button for more of it."""

    more_wanted = Signal()
    opened = Signal(object)
    left = Signal()

    def __init__(
        self, name: str, accessible: str, columns: tuple[Column, ...], empty: str, clock: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self.rows = RowsModel(columns, clock, self)
        self.list = MessageList(self.rows, f"patient_{name}", accessible)
        self.empty = plain_label(empty, "muted", wrap=True)
        self.more = button(
            translate("record", "Show earlier ones"), f"patient_{name}_more", self.more_wanted.emit, "link"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        column.addWidget(self.more)
        column.addStretch(0)
        self.list.opened.connect(self.opened)
        self.list.left.connect(self.left)
        self.setFocusProxy(self.list)
        self.show_records((), more=False)

    def show_records(self, records: tuple[object, ...], *, more: bool) -> None:
        """Show these; the chosen one stays chosen."""
        self.list.show_records(records)
        self.list.setVisible(bool(records))
        self.empty.setVisible(not records)
        self.more.setVisible(more)


def visit_columns(clinic: Callable[[], Clinic]) -> tuple[Column, ...]:
    """Return the columns of appointments (Entry)."""
    return (
        Column(translate("record", "When"), _visit_day, 16, is_bold=True),
        Column(translate("record", "Time"), _visit_time, 11),
        Column(translate("record", "Visit"), lambda row, _now: _visit(row, clinic()), 18),
        Column(translate("record", "Doctor"), lambda row, _now: _doctor(row, clinic()), 18),
        Column(
            translate("record", "Status"),
            lambda row, _now: visit_status_text(row.appointment),
            0,
            lambda row: _COLOURS.get(row.appointment.status, ""),
        ),
    )


def _visit_day(entry: Entry, now: datetime) -> str:
    row = entry.appointment
    return day_text(to_wall(row.starts_at, row.zone).date(), to_wall(now, row.zone).date())


def _visit_time(entry: Entry, _now: datetime) -> str:
    row = entry.appointment
    return span_text(to_wall(row.starts_at, row.zone), to_wall(row.ends_at, row.zone))


def _visit(entry: Entry, clinic: Clinic) -> str:
    known = {kind.id: kind.name for kind in clinic.types}
    return one_line(known.get(entry.appointment.type_id, ""))


def _doctor(entry: Entry, clinic: Clinic) -> str:
    known = {one.id: one.name for one in clinic.practitioners}
    return one_line(known.get(entry.appointment.practitioner_id, ""))


def message_columns() -> tuple[Column, ...]:
    """Return the columns of messages (MessageRow)."""
    return (
        Column(translate("record", "When"), due_text, 14),
        Column(translate("record", "By"), lambda row, _now: channel_text(row.channel), 9),
        Column(
            translate("record", "State"),
            lambda row, _now: state_look(row).text,
            13,
            lambda row: state_look(row).role,
        ),
        Column(translate("record", "What"), what_text, 0),
    )


def change_columns(clinic: Callable[[], Clinic], zone: Callable[[], str]) -> tuple[Column, ...]:
    """Return the columns of changes (PatientChange)."""
    return (
        Column(translate("record", "When"), lambda row, _now: _moment(row.at, zone()), 19),
        Column(
            translate("record", "Who"),
            lambda row, _now: " · ".join(
                part for part in (one_line(row.desk), short_person(one_line(row.person))) if part
            ),
            22,
            lambda _row: "muted",
        ),
        Column(translate("record", "What"), lambda row, _now: change_text(row, clinic()), 0),
    )


def _moment(at: datetime, zone: str) -> str:
    wall = to_wall(at, zone)
    return f"{date_text(wall.date())} {time_text(wall)}"
