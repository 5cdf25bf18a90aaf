"""Writes patients, practitioners or appointments to a CSV or iCalendar file, as a noted operation of who may export."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from clinic_desk.database.exchange import long_change
from clinic_desk.database.queries import exporting as queries
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.exchange_values import safe_cell
from clinic_desk.domain.wall import zone_rules
from clinic_desk.errors import InvalidInput
from clinic_desk.services.exporting.private_file import private_file
from clinic_desk.services.importing.plan import Cancelled

if TYPE_CHECKING:
    from typing import TextIO
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.database.exchange import LongChange

Format = Literal["csv", "ics"]

HEADINGS: Final = {
    Kind.PATIENTS: (
        "Patient ID", "Family name", "Given name", "Birth date", "Gender", "Phone", "E-mail", "Channel", "Language",
        "Note",
    ),
    Kind.PRACTITIONERS: ("Practitioner ID", "Name", "Speciality", "Colour"),
    Kind.APPOINTMENTS: (
        "Appointment ID", "Patient ID", "Patient", "Birth date", "E-mail", "Practitioner", "Type", "Site", "Room",
        "Device", "Start", "End", "Status", "Note",
    ),
}  # fmt: skip
"""What the import of this program understands, so that an export is a way from one clinic to another."""
_STATEMENTS: Final = {
    Kind.PATIENTS: queries.PATIENTS,
    Kind.PRACTITIONERS: queries.PRACTITIONERS,
    Kind.APPOINTMENTS: queries.APPOINTMENTS,
}
_MANY: Final = 1000
_PRODUCT: Final = "-//Clinic Desk//Export//EN"
_ZONE: Final = 12
"""The place of the site's zone in a row of appointments: it makes the times readable and is no column of its own."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What goes where. `first_day`, `last_day`: of appointments, at their sites; None: no bound."""

    kind: Kind
    path: Path
    format: Format = "csv"
    delimiter: str = ","
    first_day: date | None = None
    last_day: date | None = None
    overwrite: bool = False


def export(
    db: Database,
    plan: ExportPlan,
    operation_id: UUID,
    tell: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Write the file; return the number of rows. It is noted who exported what before the file is in its place.

    Raises InvalidInput(file, format, operation_id), NotAllowed (`export`), Cancelled, DatabaseDown, Busy.
    """
    if plan.format == "ics" and plan.kind is not Kind.APPOINTMENTS:
        raise InvalidInput(field="format", expected="csv: only appointments are calendar entries")
    encoding = "utf-8-sig" if plan.format == "csv" else "utf-8"
    with private_file(plan.path, encoding=encoding, overwrite=plan.overwrite) as (file, put):
        command = f"Export{plan.kind.value.capitalize()}"
        with long_change(db, operation_id, command, export=True) as change:
            if change.stands:
                raise InvalidInput(field="operation_id", expected="an id of its own for each export")
            count = _write(change, plan, file, tell, stop)
            days = [day and day.isoformat() for day in (plan.first_day, plan.last_day)]
            change.note_export(db, operation_id, command, {"rows": count, "format": plan.format, "days": days})
            change.keep()
        put()
    return count


def _write(
    change: LongChange,
    plan: ExportPlan,
    file: TextIO,
    tell: Callable[[int], None] | None,
    stop: Callable[[], bool] | None,
) -> int:
    days = {"first": plan.first_day, "last": plan.last_day} if plan.kind is Kind.APPOINTMENTS else None
    write = _calendar(file) if plan.format == "ics" else _table(file, plan)
    count = 0
    for found in change.read(_STATEMENTS[plan.kind], days, _MANY):
        if stop is not None and stop():
            raise Cancelled
        for row in found:
            write(row)
        count += len(found)
        if tell is not None:
            tell(count)
    if plan.format == "ics":
        file.write("END:VCALENDAR\r\n")
    return count


def _table(file: TextIO, plan: ExportPlan) -> Callable[[tuple[Any, ...]], object]:
    writer = csv.writer(file, delimiter=plan.delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS[plan.kind])
    zone = _ZONE if plan.kind is Kind.APPOINTMENTS else -1
    return lambda row: writer.writerow([_cell(value, row) for place, value in enumerate(row) if place != zone])


def _calendar(file: TextIO) -> Callable[[tuple[Any, ...]], object]:
    file.write(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{_PRODUCT}\r\n")
    return lambda row: file.write(_event(row))


def _cell(value: object, row: tuple[Any, ...]) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone_rules(row[_ZONE])).isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else safe_cell(str(value))


def _event(row: tuple[Any, ...]) -> str:
    from icalendar import Event, vCalAddress, vText

    key, patient_id, patient, _, email, doctor, visit, site, room, device, starts_at, ends_at, _, status, note = row
    event = Event()
    event.add("uid", key)
    event.add("dtstamp", starts_at)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", patient)
    event.add("categories", [visit])
    event.add("location", site)
    event.add("status", "CANCELLED" if status in {"cancelled", "noshow"} else "CONFIRMED")
    for name, text in (("resources", room), ("x-clinic-desk-device", device), ("description", note)):
        if text:
            event.add(name, text)
    for address, name, role in (
        ("urn:practitioner", doctor, "CHAIR"),
        (f"mailto:{email}" if email else f"urn:uuid:{patient_id}", patient, "REQ-PARTICIPANT"),
    ):
        attendee = vCalAddress(address)
        attendee.params["CN"] = vText(name.replace('"', "'"))
        attendee.params["ROLE"] = vText(role)
        event.add("attendee", attendee, encode=False)
    return bytes(event.to_ical()).decode()
