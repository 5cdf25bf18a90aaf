"""Appointment types: name, length, buffers, colour, who does them, and what room or device they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentType
from clinic_desk.domain.setup import SaveAppointmentType
from clinic_desk.services.setup import types as service
from clinic_desk.services.setup.types import LONGEST_WAIT
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import length_text
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, removing_by
from clinic_desk.ui.setup.areas.shared import active_row, in_use, named, names_of, next_position
from clinic_desk.ui.setup.inputs import (
    choice_input,
    colour_input,
    colour_text,
    next_colour,
    number_input,
    text_input,
    tick_input,
    ticks_input,
)
from clinic_desk.ui.setup.words import days_text, minutes_text, yes_no

translate = QCoreApplication.translate
NOTICES: Final = (0, 30, 60, 120, 240, 480, 1440, 2880, 4320, 10080)
HORIZONS: Final = (14, 30, 60, 90, 120, 180, 365, 730)
_BUFFERS: Final = (0, 5, 10, 15, 20, 30, 45, 60)


def _as_clinic() -> str:
    return translate("setup", "as the clinic's rules say")


def _notice_text(minutes: int | None) -> str:
    return _as_clinic() if minutes is None else minutes_text(minutes)


def _horizon_text(days: int | None) -> str:
    return _as_clinic() if days is None else days_text(days)


def _limit_text(minutes: int) -> str:
    return minutes_text(minutes) if minutes else translate("setup", "never")


def _read(values: Values, base: AppointmentType, _setup: Setup) -> AppointmentType:
    rooms = values["room_ids"] if values["needs_room"] or values["needs_device"] else frozenset()
    return replace(base, **(dict(values) | {"name": named(values), "room_ids": rooms}))


def _said(name: str, kind: AppointmentType, setup: Setup) -> str:
    value = getattr(kind, name)
    words: dict[str, Callable[[Any], str]] = {
        "active": yes_no,
        "needs_room": yes_no,
        "needs_device": yes_no,
        "colour": colour_text,
        "practitioner_ids": lambda ids: names_of(setup.clinic.practitioners, ids),
        "room_ids": lambda ids: names_of(setup.clinic.rooms, ids),
        "notice_minutes": _notice_text,
        "horizon_days": _horizon_text,
        "waiting_limit_minutes": _limit_text,
        "length_minutes": minutes_text,
        "buffer_before_minutes": minutes_text,
        "buffer_after_minutes": minutes_text,
    }
    return words.get(name, str)(value)


def _saving(_base: Any, kind: AppointmentType, operation: UUID) -> Work:
    command = SaveAppointmentType(
        name=kind.name,
        length_minutes=kind.length_minutes,
        buffer_before_minutes=kind.buffer_before_minutes,
        buffer_after_minutes=kind.buffer_after_minutes,
        colour=kind.colour,
        needs_room=kind.needs_room,
        needs_device=kind.needs_device,
        practitioner_ids=kind.practitioner_ids,
        room_ids=kind.room_ids,
        notice_minutes=kind.notice_minutes,
        horizon_days=kind.horizon_days,
        waiting_limit_minutes=kind.waiting_limit_minutes,
        position=kind.position,
        active=kind.active,
        id=kind.id,
        version=kind.version,
        operation_id=operation,
    )
    return lambda db: service.save_type(db, command)


def _blank(setup: Setup) -> AppointmentType:
    known = setup.clinic.types
    everybody = frozenset(person.id for person in setup.clinic.practitioners if person.active)
    return AppointmentType(
        new_id(),
        "",
        15,
        colour=next_colour(kind.colour for kind in known),
        practitioner_ids=everybody,
        position=next_position(known),
        version=0,
    )


def _needs_any(values: Values, setup: Setup) -> bool:
    return bool(setup.clinic.rooms) and (values["needs_room"] or values["needs_device"])


def type_area() -> Area:
    """Return the area of the appointment types."""
    return Area(
        name="types",
        title=translate("setup", "Kinds of visits"),
        about=translate("setup", "What is booked: how long it takes, who does it, and what it needs."),
        none_yet=translate("setup", "There is no kind of visit yet. Add the most frequent one first."),
        new_text=translate("setup", "&New kind of visit"),
        rows=(*_time_rows(), *_need_rows()),
        records=lambda setup: setup.clinic.types,
        line=lambda kind, _setup: Line(kind.name, length_text(kind.length_minutes), kind.colour, kind.active),
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=removing_by(service.remove_type),
        compared=(
            *("name", "length_minutes", "buffer_before_minutes", "buffer_after_minutes", "colour"),
            *("practitioner_ids", "needs_room", "needs_device", "room_ids", "notice_minutes", "horizon_days"),
            *("waiting_limit_minutes", "position", "active"),
        ),
    )


def _time_rows() -> tuple[Row, ...]:
    minutes = translate("setup", " min")
    return (
        Row("name", translate("setup", "Name"), text_input()),
        Row("length_minutes", translate("setup", "Takes"), number_input(1, 1440, minutes, 5)),
        Row(
            "buffer_before_minutes",
            translate("setup", "Kept free before"),
            choice_input(minutes_text),
            offered=lambda _setup, _kind: [(minutes_text(each), each) for each in _BUFFERS],
        ),
        Row(
            "buffer_after_minutes",
            translate("setup", "Kept free after"),
            choice_input(minutes_text),
            offered=lambda _setup, _kind: [(minutes_text(each), each) for each in _BUFFERS],
        ),
        Row("colour", translate("setup", "Colour"), colour_input),
        Row(
            "practitioner_ids",
            translate("setup", "Done by"),
            ticks_input(),
            offered=lambda setup, kind: in_use(setup.clinic.practitioners, kind.practitioner_ids),
            shown=lambda _values, setup: bool(setup.clinic.practitioners),
        ),
    )


def _need_rows() -> tuple[Row, ...]:
    return (
        Row("needs_room", translate("setup", "Room"), tick_input(translate("setup", "needs a room"))),
        Row("needs_device", translate("setup", "Device"), tick_input(translate("setup", "needs a device"))),
        Row(
            "room_ids",
            translate("setup", "Only in, or with"),
            ticks_input(),
            translate("setup", "Where none is ticked, any will do."),
            offered=lambda setup, kind: in_use(setup.clinic.rooms, kind.room_ids),
            shown=_needs_any,
        ),
        Row(
            "notice_minutes",
            translate("setup", "Offered no sooner than"),
            choice_input(_notice_text),
            offered=lambda _setup, _kind: [(_notice_text(each), each) for each in (None, *NOTICES)],
        ),
        Row(
            "horizon_days",
            translate("setup", "Offered no later than"),
            choice_input(_horizon_text),
            translate("setup", "From now on. Staff may book sooner and later by hand."),
            offered=lambda _setup, _kind: [(_horizon_text(each), each) for each in (None, *HORIZONS)],
        ),
        Row(
            "waiting_limit_minutes",
            translate("setup", "Alert after waiting"),
            number_input(0, LONGEST_WAIT, translate("setup", " min"), 5),
            translate("setup", "Who has arrived and waits longer is marked. 0: never."),
        ),
        Row("position", translate("setup", "Place in the order"), number_input(0, 9999)),
        active_row(translate("setup", "What is out of use keeps what is booked; nothing new is.")),
    )
