"""Closures: whole days on which a site is closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Closure
from clinic_desk.domain.setup import SaveClosure
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup.absences import remove_closure
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.setup.area import Area, Line, Row, Values
from clinic_desk.ui.setup.areas.keeping import keeping_area
from clinic_desk.ui.setup.areas.shared import chosen, first_site, name_of, several_sites, site_choices
from clinic_desk.ui.setup.days import typed_day, written_day
from clinic_desk.ui.setup.inputs import choice_input, text_input
from clinic_desk.ui.setup.spans import days_text, past_text, titled

translate = QCoreApplication.translate
CLOSURES = "closures"


@dataclass(frozen=True, slots=True)
class Closing:
    """A closure as it is edited: a new one has no days yet."""

    id: UUID
    site_id: UUID | None
    first_day: date | None = None
    last_day: date | None = None
    name: str = ""
    version: int = 0


def _closing(row: Closure) -> Closing:
    return Closing(row.id, row.site_id, row.first_day, row.last_day, row.name, row.version)


def _closings(setup: Setup) -> list[Closing]:
    """Those to come first; those of before the last year are not shown any more."""
    rows = [row for row in setup.clinic.closures if (setup.today - row.last_day).days < 366]
    return [_closing(row) for row in sorted(rows, key=lambda row: (row.last_day < setup.today, row.first_day, row.id))]


def _values(closing: Closing, setup: Setup) -> dict[str, Any]:
    first = closing.first_day or setup.today
    last = closing.last_day or first
    return {
        "site_id": closing.site_id,
        "first_day": written_day(first, setup.today),
        "last_day": "" if last == first else written_day(last, setup.today),
        "name": closing.name,
    }


def _read(values: Values, base: Closing, setup: Setup) -> Closing:
    first = typed_day("first_day", values["first_day"], setup.today)
    last = typed_day("last_day", values["last_day"], setup.today) if values["last_day"].strip() else first
    if last < first:
        raise InvalidInput(field="last_day", expected="a day that is not before the first")
    site = chosen(values, "site_id")
    return replace(base, site_id=site, first_day=first, last_day=last, name=values["name"].strip())


def _line(closing: Closing, setup: Setup) -> Line:
    if closing.first_day is None or closing.last_day is None:
        return Line(translate("setup", "New closure"))
    site = name_of(setup.clinic.sites, closing.site_id) if len(setup.clinic.sites) > 1 else ""
    when = days_text(closing.first_day, closing.last_day)
    return Line(when, titled(closing.name, site), "", closing.last_day >= setup.today, past_text())


def _said(name: str, closing: Closing, setup: Setup) -> str:
    value = getattr(closing, name)
    if name == "site_id":
        return name_of(setup.clinic.sites, value)
    return date_text(value) if isinstance(value, date) else value or "—"


def _command(closing: Closing, operation: UUID) -> SaveClosure:
    site, first, last = closing.site_id, closing.first_day, closing.last_day
    assert site is not None
    assert first is not None
    assert last is not None
    return SaveClosure(site, first, last, closing.name, closing.id, closing.version, operation)


def closure_area() -> Area:
    """Return the area of the closures."""
    return keeping_area(
        _command,
        remove_closure,
        name=CLOSURES,
        title=translate("setup", "Closures"),
        about=translate(
            "setup", "Whole days on which a site is closed. Whoever is booked then is listed when it is saved."
        ),
        none_yet=translate("setup", "No closure is entered. Public holidays can be added all at once."),
        new_text=translate("setup", "&New closure"),
        extra_text=translate("setup", "&Holidays…"),
        rows=(
            Row("site_id", translate("setup", "Site"), choice_input(), offered=site_choices, shown=several_sites),
            Row("first_day", translate("setup", "First day"), text_input(40)),
            Row("last_day", translate("setup", "Last day"), text_input(40, translate("setup", "the same day"))),
            Row("name", translate("setup", "Why"), text_input()),
        ),
        records=_closings,
        line=_line,
        values=_values,
        read=_read,
        said=_said,
        blank=lambda setup: Closing(new_id(), first_site(setup)),
        compared=("site_id", "first_day", "last_day", "name"),
    )
