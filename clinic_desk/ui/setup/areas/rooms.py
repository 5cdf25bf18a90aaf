"""Rooms and devices: where, what, and how many appointments each takes at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Room, RoomKind
from clinic_desk.domain.setup import SaveRoom
from clinic_desk.services.setup import rooms as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, removing_by
from clinic_desk.ui.setup.areas.shared import (
    active_row,
    chosen,
    first_site,
    name_of,
    named,
    next_position,
    several_sites,
    site_choices,
)
from clinic_desk.ui.setup.inputs import choice_input, number_input, text_input
from clinic_desk.ui.setup.words import yes_no

translate = QCoreApplication.translate


def _kinds() -> tuple[tuple[str, RoomKind], ...]:
    return (translate("setup", "a room"), RoomKind.ROOM), (translate("setup", "a device"), RoomKind.DEVICE)


def kind_text(kind: RoomKind) -> str:
    """Return `a room` or `a device`."""
    return next(text for text, value in _kinds() if value == kind)


def _read(values: Values, base: Room, _setup: Setup) -> Room:
    return replace(base, **(dict(values) | {"name": named(values), "site_id": chosen(values, "site_id")}))


def _said(name: str, room: Room, setup: Setup) -> str:
    if name == "active":
        return yes_no(room.active)
    if name == "kind":
        return kind_text(room.kind)
    if name == "site_id":
        return name_of(setup.clinic.sites, room.site_id)
    return str(getattr(room, name)) or "—"


def _saving(_base: Any, room: Room, operation: UUID) -> Work:
    command = SaveRoom(
        room.site_id, room.name, room.kind, room.capacity, room.position, room.active, room.id, room.version, operation
    )
    return lambda db: service.save_room(db, command)


def _blank(setup: Setup) -> Room:
    site = first_site(setup)
    position = next_position(setup.clinic.rooms)
    return Room(new_id(), 0, site, "", position, version=0)  # type: ignore[arg-type]  # None: it is to be chosen


def _line(room: Room, setup: Setup) -> Line:
    site = name_of(setup.clinic.sites, room.site_id) if len(setup.clinic.sites) > 1 else ""
    device = translate("setup", "device") if room.kind is RoomKind.DEVICE else ""
    return Line(room.name, " · ".join(part for part in (device, site) if part), "", room.active)


def room_area() -> Area:
    """Return the area of the rooms and devices."""
    return Area(
        name="rooms",
        title=translate("setup", "Rooms and devices"),
        about=translate("setup", "What visits need beside a doctor. A clinic that books no rooms leaves this empty."),
        none_yet=translate("setup", "There are no rooms or devices. Add them if visits are to be kept apart by them."),
        new_text=translate("setup", "&New room or device"),
        rows=(
            Row("name", translate("setup", "Name"), text_input()),
            Row("kind", translate("setup", "It is"), choice_input(), offered=lambda _setup, _room: _kinds()),
            Row("site_id", translate("setup", "Site"), choice_input(), offered=site_choices, shown=several_sites),
            Row(
                "capacity",
                translate("setup", "At once"),
                number_input(1, 100),
                translate("setup", "How many appointments it takes at the same time."),
            ),
            Row("position", translate("setup", "Place in the order"), number_input(0, 9999)),
            active_row(translate("setup", "What is out of use keeps what is booked; nothing new is.")),
        ),
        records=lambda setup: setup.clinic.rooms,
        line=_line,
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=removing_by(service.remove_room),
        compared=("name", "kind", "site_id", "capacity", "position", "active"),
    )
