"""Practitioners: name, speciality, colour, place in the order, and which visits they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Practitioner
from clinic_desk.domain.setup import SavePractitioner
from clinic_desk.services.setup import practitioners as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, removing_by
from clinic_desk.ui.setup.areas.shared import active_row, in_use, named, names_of, next_position
from clinic_desk.ui.setup.inputs import colour_input, colour_text, next_colour, number_input, text_input, ticks_input
from clinic_desk.ui.setup.words import yes_no

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner with the kinds of visits she does, which the types hold."""

    id: UUID
    name: str
    speciality: str
    colour: str
    position: int
    active: bool
    type_ids: frozenset[UUID]
    version: int


def _people(setup: Setup) -> list[Person]:
    return [_person(row, setup) for row in setup.clinic.practitioners]


def _person(row: Practitioner, setup: Setup) -> Person:
    does = frozenset(kind.id for kind in setup.clinic.types if row.id in kind.practitioner_ids)
    return Person(row.id, row.name, row.speciality, row.colour, row.position, row.active, does, row.version)


def _blank(setup: Setup) -> Person:
    known = setup.clinic.practitioners
    colour = next_colour(person.colour for person in known)
    return Person(
        new_id(),
        "",
        "",
        colour,
        next_position(known),
        active=True,
        type_ids=frozenset(kind.id for kind in setup.clinic.types if kind.active),
        version=0,
    )


def _read(values: Values, base: Person, _setup: Setup) -> Person:
    return replace(base, **(dict(values) | {"name": named(values), "speciality": values["speciality"].strip()}))


def _said(name: str, person: Person, setup: Setup) -> str:
    if name == "active":
        return yes_no(person.active)
    if name == "colour":
        return colour_text(person.colour)
    if name == "type_ids":
        return names_of(setup.clinic.types, person.type_ids)
    return str(getattr(person, name)) or "—"


def _saving(base: Person | None, person: Person, operation: UUID) -> Work:
    same = base is not None and base.type_ids == person.type_ids
    command = SavePractitioner(
        person.name,
        person.speciality,
        person.colour,
        person.position,
        person.active,
        None if same else person.type_ids,
        person.id,
        person.version,
        operation,
    )
    return lambda db: service.save_practitioner(db, command)


def practitioner_area() -> Area:
    """Return the area of the practitioners."""
    return Area(
        name="practitioners",
        title=translate("setup", "Doctors and staff"),
        about=translate("setup", "Everybody with bookable time: doctors, nurses, therapists. Each has a column."),
        none_yet=translate("setup", "There is nobody yet. Add the first doctor, then the working hours."),
        new_text=translate("setup", "&New doctor"),
        rows=(
            Row("name", translate("setup", "Name"), text_input(), translate("setup", "As patients read it.")),
            Row("speciality", translate("setup", "Speciality"), text_input()),
            Row("colour", translate("setup", "Colour"), colour_input),
            Row(
                "position",
                translate("setup", "Place in the order"),
                number_input(0, 9999),
                translate("setup", "The columns of the calendar stand from the smallest number to the largest."),
            ),
            Row(
                "type_ids",
                translate("setup", "Does these visits"),
                ticks_input(),
                offered=lambda setup, person: in_use(setup.clinic.types, person.type_ids),
                shown=lambda _values, setup: bool(setup.clinic.types),
            ),
            active_row(translate("setup", "Whoever left is taken out of use: what is booked stays.")),
        ),
        records=_people,
        line=lambda person, _setup: Line(person.name, person.speciality, person.colour, person.active),
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=removing_by(service.remove_practitioner),
        compared=("name", "speciality", "colour", "position", "type_ids", "active"),
    )
