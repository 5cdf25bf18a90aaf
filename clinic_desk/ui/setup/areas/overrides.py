"""Other hours on single dates: they replace the weekly ones of that date; without hours the doctor is not in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import DateOverride
from clinic_desk.domain.setup import SaveDateOverrides
from clinic_desk.services.setup import overrides as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work
from clinic_desk.ui.setup.areas.shared import (
    chosen,
    first_person,
    first_site,
    hours_person_choices,
    name_of,
    several_sites,
    site_choices,
)
from clinic_desk.ui.setup.days import Windows, typed_day, typed_windows, windows_text, written_day
from clinic_desk.ui.setup.inputs import choice_input, text_input
from clinic_desk.ui.setup.spans import titled

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class OtherHours:
    """One practitioner's hours on one date at one site. `windows` empty: she does not work. `rows`: as stored."""

    key: UUID
    practitioner_id: UUID | None
    site_id: UUID | None
    day: date | None = None
    windows: Windows = ()
    name: str = ""
    rows: tuple[DateOverride, ...] = ()


def other_hours(rows: Iterable[DateOverride]) -> list[OtherHours]:
    """Return what rows make up: those of one practitioner, date and site are one."""
    groups: dict[tuple[object, ...], list[DateOverride]] = {}
    for row in rows:
        groups.setdefault((row.day, row.practitioner_id, row.site_id), []).append(row)
    return [_one(found) for found in groups.values()]


def _one(rows: list[DateOverride]) -> OtherHours:
    first = min(rows, key=lambda row: row.id)
    windows = [
        (row.start_minute, row.end_minute)
        for row in rows
        if row.start_minute is not None and row.end_minute is not None
    ]
    name = next((row.name for row in rows if row.name), "")
    return OtherHours(
        first.id, first.practitioner_id, first.site_id, first.day, tuple(sorted(windows)), name, tuple(rows)
    )


def command_of(hours: OtherHours, operation: UUID) -> SaveDateOverrides:
    """Return what writes them over their rows."""
    assert hours.practitioner_id is not None
    assert hours.site_id is not None
    assert hours.day is not None
    wanted: list[tuple[int | None, int | None]] = [*hours.windows] or [(None, None)]
    left = list(hours.rows)
    rows = []
    for start, end in wanted:
        old = left.pop(0) if left else None
        row = DateOverride(
            new_id() if old is None else old.id,
            hours.practitioner_id,
            hours.site_id,
            hours.day,
            start,
            end,
            hours.name,
            version=0 if old is None else old.version,
        )
        if row != old:
            rows.append(row)
    return SaveDateOverrides(hours.practitioner_id, tuple(rows), tuple(left), operation)


def _values(hours: OtherHours, setup: Setup) -> dict[str, Any]:
    return {
        "practitioner_id": hours.practitioner_id,
        "day": written_day(hours.day or setup.today, setup.today),
        "site_id": hours.site_id,
        "windows": windows_text(hours.windows),
        "name": hours.name,
    }


def _read(values: Values, base: OtherHours, setup: Setup) -> OtherHours:
    return replace(
        base,
        practitioner_id=chosen(values, "practitioner_id"),
        site_id=chosen(values, "site_id"),
        day=typed_day("day", values["day"], setup.today),
        windows=typed_windows("windows", values["windows"]),
        name=values["name"].strip(),
    )


def _line(hours: OtherHours, setup: Setup) -> Line:
    person = next((row for row in setup.clinic.practitioners if row.id == hours.practitioner_id), None)
    if hours.day is None or person is None:
        return Line(translate("setup", "New other hours"))
    times = windows_text(hours.windows) or translate("setup", "not in")
    return Line(date_text(hours.day), titled(person.name, times, hours.name), person.colour, hours.day >= setup.today)


def _said(name: str, hours: OtherHours, setup: Setup) -> str:
    value = getattr(hours, name)
    if name == "practitioner_id":
        return name_of(setup.clinic.practitioners, value)
    if name == "site_id":
        return name_of(setup.clinic.sites, value)
    if name == "windows":
        return windows_text(value) or translate("setup", "not in")
    return date_text(value) if isinstance(value, date) else value or "—"


def _saving(_base: Any, hours: OtherHours, operation: UUID) -> Work:
    command = command_of(hours, operation)
    return lambda db: service.save_date_overrides(db, command)


def _removing(hours: OtherHours, operation: UUID) -> Work:
    assert hours.practitioner_id is not None
    command = SaveDateOverrides(hours.practitioner_id, (), hours.rows, operation)
    return lambda db: service.save_date_overrides(db, command)


def _records(setup: Setup) -> list[OtherHours]:
    rows = [row for row in setup.clinic.date_overrides if (setup.today - row.day).days < 31]
    found = other_hours(rows)
    return sorted(found, key=lambda each: (each.day is None or each.day < setup.today, each.day, each.key))


def _is_same(one: OtherHours, now: OtherHours) -> bool:
    ids = {row.id for row in one.rows}
    place = (one.practitioner_id, one.day, one.site_id)
    return any(row.id in ids for row in now.rows) or place == (now.practitioner_id, now.day, now.site_id)


def override_area() -> Area:
    """Return the area of the other hours."""
    return Area(
        name="overrides",
        title=translate("setup", "Other hours"),
        about=translate("setup", "Hours of a single date. They take the place of the doctor's weekly ones that day."),
        none_yet=translate("setup", "No date has other hours from now on."),
        new_text=translate("setup", "&New date"),
        rows=(
            Row("practitioner_id", translate("setup", "Doctor"), choice_input(), offered=hours_person_choices),
            Row("day", translate("setup", "Date"), text_input(40)),
            Row("site_id", translate("setup", "Site"), choice_input(), offered=site_choices, shown=several_sites),
            Row(
                "windows",
                translate("setup", "Hours"),
                text_input(120, translate("setup", "not in")),
                translate("setup", "Such as 8-12, 13-17. Leave it empty if the doctor does not work that day."),
            ),
            Row("name", translate("setup", "Why"), text_input()),
        ),
        records=_records,
        line=_line,
        values=_values,
        read=_read,
        said=_said,
        saving=_saving,
        blank=lambda setup: OtherHours(new_id(), first_person(setup), first_site(setup)),
        removing=_removing,
        key=lambda hours: hours.key,
        is_same=_is_same,
        fresh=lambda hours: replace(hours, key=new_id(), rows=()),
        compared=("practitioner_id", "day", "site_id", "windows", "name"),
        rows_of={"start_minute": "windows", "end_minute": "windows", "rows": "windows"},
    )
