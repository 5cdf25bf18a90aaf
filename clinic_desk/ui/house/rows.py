"""Who is in the house as rows: how long each waits, with whom or in which room; who waits too long has a sign too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt

from clinic_desk.domain.flow import minutes_since, waits_too_long
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import length_text, list_name, one_line, time_text
from clinic_desk.ui.messages.rows import Column, Index, RowsModel
from clinic_desk.ui.told import present_room_text

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class HouseRow:
    """One patient who is here. `minutes`: of waiting, or in the room; `limit`: after which waiting is too long."""

    id: UUID
    entry: Entry
    name: str
    minutes: int
    is_late: bool
    limit: int
    came: str
    booked: str
    doctor: str
    visit: str
    room: str

    @property
    def waits(self) -> bool:
        """Whether she waits; else she is in the room."""
        return self.entry.appointment.status is AppointmentStatus.ARRIVED


def house_row(entry: Entry, clinic: Clinic, now: datetime) -> HouseRow:
    """Return the row of one who is in the house."""
    row = entry.appointment
    kind = clinic.type(row.type_id)
    waits = row.status is AppointmentStatus.ARRIVED
    came = "" if entry.arrived_at is None else time_text(to_wall(entry.arrived_at, row.zone))
    return HouseRow(
        id=entry.id,
        entry=entry,
        name=list_name(entry.patient),
        minutes=minutes_since(entry.arrived_at if waits else entry.in_room_at, now),
        is_late=waits_too_long(entry, kind, now),
        limit=kind.waiting_limit_minutes,
        came=came,
        booked=time_text(to_wall(row.starts_at, row.zone)),
        doctor=one_line(clinic.practitioner(row.practitioner_id).name),
        visit=one_line(kind.name),
        room="" if waits else present_room_text(entry, clinic) or translate("house", "in room"),
    )


def since_text(row: HouseRow) -> str:
    """Return `⚠ 34 min`: the minutes, with a sign where they are too many."""
    minutes = length_text(row.minutes)
    return f"⚠ {minutes}" if row.is_late else minutes


def minutes_text(row: HouseRow) -> str:
    """Return `⚠ 34`: the same where there is little room, under a heading that says what is counted."""
    return f"⚠ {row.minutes}" if row.is_late else str(row.minutes)


def spoken(row: HouseRow) -> str:
    """Return a row as a screen reader says it."""
    if not row.waits:
        text = translate("house", "{name}, {room} for {minutes}, {doctor}")
    elif row.is_late:
        text = translate("house", "{name}, waiting for {minutes}, longer than {limit}, {doctor}")
    else:
        text = translate("house", "{name}, waiting for {minutes}, {doctor}")
    return text.format(
        name=row.name,
        room=row.room,
        minutes=length_text(row.minutes),
        limit=length_text(row.limit),
        doctor=row.doctor,
    )


class HouseModel(RowsModel):
    """Says of each row the whole to a screen reader, in its first cell."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.AccessibleTextRole and index.isValid() and index.column() == 0:
            return spoken(self.records[index.row()])
        return super().data(index, role)


def _colour(row: HouseRow) -> str:
    if row.is_late:
        return "danger"
    return "" if row.waits else "muted"


def _where(row: HouseRow) -> str:
    """Where there is little room a doctor's last name says who it is."""
    return row.doctor.rpartition(" ")[2] if row.waits else row.room


def narrow_columns() -> tuple[Column, ...]:
    """Return what stands beside the calendar, where there is little room."""
    return (
        Column(translate("house", "Min."), lambda row, _now: minutes_text(row), 4, _colour, is_whole=True),
        Column(translate("house", "Patient"), lambda row, _now: row.name, 13, is_bold=True),
        Column(translate("house", "For / in"), lambda row, _now: _where(row), 0, lambda _row: "muted", is_whole=True),
    )


def wide_columns() -> tuple[Column, ...]:
    """Return what stands in the window of its own."""
    return (
        Column(translate("house", "Since"), lambda row, _now: since_text(row), 10, _colour),
        Column(translate("house", "Patient"), lambda row, _now: row.name, 26, is_bold=True),
        Column(translate("house", "State"), lambda row, _now: _state(row), 18, _colour),
        Column(translate("house", "Came"), lambda row, _now: row.came, 7),
        Column(translate("house", "Booked"), lambda row, _now: row.booked, 7),
        Column(translate("house", "Doctor"), lambda row, _now: row.doctor, 22),
        Column(translate("house", "For"), lambda row, _now: row.visit, 0, lambda _row: "muted"),
    )


def _state(row: HouseRow) -> str:
    if not row.waits:
        return row.room
    return translate("house", "waits too long") if row.is_late else translate("house", "waits")
