"""Asks in which room a patient is: a menu by number key, with who is in each room just now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QTableView

from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.flow import is_in_the_house, room_of
from clinic_desk.domain.records import AppointmentStatus, Entry, RoomKind
from clinic_desk.ui.booking.words import one_line

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


def ask_room(space: Workspace, entry: Entry) -> None:
    """Offer the rooms of the appointment's site; the one that is chosen is where the patient is from now on."""
    row, clinic = entry.appointment, space.store.clinic
    rooms = [
        room for room in clinic.rooms if room.active and room.kind is RoomKind.ROOM and room.site_id == row.site_id
    ]
    if not rooms:
        space.commands.set_status(AppointmentStatus.CHECKED_IN, entry)
        return
    there = who_is_where(space, entry)
    menu = QMenu(space.window)
    menu.setObjectName("room_menu")
    menu.setAccessibleName(translate("house", "In which room is {name}?").format(name=entry.patient.display_name))
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for number, room in enumerate(rooms, start=1):
        text = one_line(room.name).replace("&", "&&")
        if room.id == row.room_id:
            text = translate("house", "{room} (as booked)").format(room=text)
        if room.id in there:
            text = translate("house", "{room} · {name} is there").format(
                room=text, name=there[room.id].replace("&", "&&")
            )
        action = menu.addAction(f"&{number}  {text}" if number <= 9 else text)
        action.triggered.connect(partial(_go_in, space, entry, room.id))
        if room.id == (room_of(entry) or rooms[0].id):
            menu.setActiveAction(action)
    menu.popup(_place())


def who_is_where(space: Workspace, besides: Entry) -> dict[UUID, str]:
    """Return the names of who is in each room just now, as far as the days here tell."""
    now = space.store.freshness.now()
    found: dict[UUID, str] = {}
    for board in space.store.boards.values():
        for entry in board.entries:
            room_id = room_of(entry)
            inside = entry.appointment.status is AppointmentStatus.CHECKED_IN and is_in_the_house(entry, now)
            if inside and room_id is not None and entry.id != besides.id:
                found[room_id] = one_line(entry.patient.display_name)
    return found


def _go_in(space: Workspace, entry: Entry, room_id: UUID, _checked: bool = False) -> None:
    row = entry.appointment
    space.own.send(SetStatus(entry.id, row.version, AppointmentStatus.CHECKED_IN, room_id), entry)


def _place() -> QPoint:
    """Below what has the keyboard: in a table below its current row."""
    focus = QApplication.focusWidget()
    if focus is None:
        return QPoint()
    if isinstance(focus, QTableView) and focus.currentIndex().isValid():
        return focus.viewport().mapToGlobal(focus.visualRect(focus.currentIndex()).bottomLeft())
    return focus.mapToGlobal(focus.rect().bottomLeft())
