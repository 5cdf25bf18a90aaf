"""Time off: from when to when a practitioner does not work, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import TimeOff
from clinic_desk.domain.setup import SaveTimeOff
from clinic_desk.services.setup.absences import remove_time_off
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values
from clinic_desk.ui.setup.areas.keeping import keeping_area
from clinic_desk.ui.setup.areas.shared import chosen, first_person, name_of, person_choices
from clinic_desk.ui.setup.inputs import choice_input, text_input
from clinic_desk.ui.setup.spans import (
    ROWS_OF,
    is_over,
    moment_text,
    past_text,
    span_rows,
    span_text,
    span_values,
    those_to_come_first,
    titled,
    typed_span,
    zone_of,
)

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Absence:
    """Time off as it is edited: a new one has no span yet."""

    id: UUID
    practitioner_id: UUID | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    name: str = ""
    version: int = 0


def _absence(row: TimeOff) -> Absence:
    return Absence(row.id, row.practitioner_id, row.starts_at, row.ends_at, row.name, row.version)


def _zone(absence: Absence, setup: Setup) -> str:
    return zone_of(absence.practitioner_id, None, setup)


def _values(absence: Absence, setup: Setup) -> dict[str, Any]:
    span = span_values(absence.starts_at, absence.ends_at, _zone(absence, setup), setup)
    return {"practitioner_id": absence.practitioner_id, **span, "name": absence.name}


def _read(values: Values, base: Absence, setup: Setup) -> Absence:
    who = chosen(values, "practitioner_id")
    start, end = typed_span(values, zone_of(who, None, setup), setup)
    return replace(base, practitioner_id=who, starts_at=start, ends_at=end, name=values["name"].strip())


def _line(absence: Absence, setup: Setup) -> Line:
    person = next((row for row in setup.clinic.practitioners if row.id == absence.practitioner_id), None)
    if absence.starts_at is None or absence.ends_at is None or person is None:
        return Line(translate("setup", "New time off"))
    when = span_text(absence.starts_at, absence.ends_at, _zone(absence, setup))
    return Line(
        when, titled(person.name, absence.name), person.colour, not is_over(absence.ends_at, setup), past_text()
    )


def _said(name: str, absence: Absence, setup: Setup) -> str:
    value = getattr(absence, name)
    if name == "practitioner_id":
        return name_of(setup.clinic.practitioners, value)
    return moment_text(value, _zone(absence, setup)) if name.endswith("_at") else value or "—"


def _command(absence: Absence, operation: UUID) -> SaveTimeOff:
    who, start, end = absence.practitioner_id, absence.starts_at, absence.ends_at
    assert who is not None
    assert start is not None
    assert end is not None
    return SaveTimeOff(who, start, end, absence.name, absence.id, absence.version, operation)


def absence_area() -> Area:
    """Return the area of the time off."""
    return keeping_area(
        _command,
        remove_time_off,
        name="absences",
        title=translate("setup", "Time off"),
        about=translate("setup", "Holidays, congresses, illness. Whoever is booked then is listed when it is saved."),
        none_yet=translate("setup", "Nobody is away from now on."),
        new_text=translate("setup", "&New time off"),
        rows=(
            Row("practitioner_id", translate("setup", "Doctor"), choice_input(), offered=person_choices),
            *span_rows(),
            Row("name", translate("setup", "Why"), text_input(), translate("setup", "Every desk can read it.")),
        ),
        records=lambda setup: [_absence(row) for row in those_to_come_first(setup.time_off, setup)],
        line=_line,
        values=_values,
        read=_read,
        said=_said,
        blank=lambda setup: Absence(new_id(), first_person(setup)),
        compared=("practitioner_id", "starts_at", "ends_at", "name"),
        names={"starts_at": translate("setup", "From"), "ends_at": translate("setup", "Until")},
        rows_of=ROWS_OF,
    )
