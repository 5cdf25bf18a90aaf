"""Records as JSON documents and as lines of text: the shapes other systems of the clinic rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import singledispatch
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.wall import to_wall

if TYPE_CHECKING:
    from clinic_desk.domain.answers import Answer as Given
    from clinic_desk.domain.candidates import Candidate
    from clinic_desk.domain.records import Clinic, Entry, Patient
    from clinic_desk.domain.refusals import Violation
    from clinic_desk.services.history import HistoryLine
    from clinic_desk.services.messages import MessageLine


@singledispatch
def plain(value: Any) -> Any:
    """Return a record as JSON-ready values: instants in ISO 8601 and UTC, ids and codes as text, sets sorted."""
    if is_dataclass(value):
        return {column.name: plain(getattr(value, column.name)) for column in fields(value)}
    return value


@plain.register(UUID)
def _(value: UUID) -> str:
    return str(value)


@plain.register(Enum)
def _(value: Enum) -> Any:
    return value.value


@plain.register(date)
def _(value: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.isoformat()


@plain.register(Mapping)
def _(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): plain(item) for key, item in value.items()}


@plain.register(Set)
def _(value: Set[Any]) -> list[Any]:
    return sorted(plain(item) for item in value)


@plain.register(tuple)
@plain.register(list)
def _(value: tuple[Any, ...] | list[Any]) -> list[Any]:
    return [plain(item) for item in value]


def appointment(entry: Entry, clinic: Clinic) -> dict[str, Any]:
    """Return an appointment with the names of what it refers to; `*_at` in UTC, `wall_start` at the site."""
    record = entry.appointment
    where = clinic.site(record.site_id)
    return {
        "id": str(record.id),
        "version": record.version,
        "status": record.status.value,
        "patient": patient(entry.patient),
        "practitioner": reference(clinic.practitioners, record.practitioner_id),
        "type": reference(clinic.types, record.type_id),
        "site": reference(clinic.sites, record.site_id),
        "room": reference(clinic.rooms, record.room_id) if record.room_id else None,
        "device": reference(clinic.rooms, record.device_id) if record.device_id else None,
        "starts_at": plain(record.starts_at),
        "ends_at": plain(record.ends_at),
        "wall_start": to_wall(record.starts_at, where.zone).isoformat(timespec="minutes"),
        "zone": where.zone,
        "length_minutes": int(record.length.total_seconds() // 60),
        "note": record.note,
        "answer": record.answer.value,
        "squeezed_in": record.squeezed_in,
        "overruled": sorted(record.overruled),
        "cancellation_reason": plain(record.cancellation_reason),
        "message_state": entry.message_state.value,
        "changed": plain(entry.changed),
    }


def patient(record: Patient) -> dict[str, Any]:
    """Return what tells one patient from another."""
    return {"id": str(record.id), "name": record.display_name, "birth_date": plain(record.birth_date)}


def reference(rows: Iterable[Any], row_id: UUID) -> dict[str, Any]:
    """Return id and name; the name is None for a row that was added after the clinic's records were read."""
    return {"id": str(row_id), "name": next((row.name for row in rows if row.id == row_id), None)}


def violation(broken: Violation) -> dict[str, Any]:
    """Return a broken rule, and whether it may be overruled."""
    rest = {name: value for name, value in plain(broken).items() if name != "barred"}
    return rest | {"overrulable": broken.overrulable}


def answer(given: Given, candidate: Candidate, clinic: Clinic) -> tuple[dict[str, Any], list[str]]:
    """Return whether a start may be booked, and if not why: as a document, and as lines of text."""
    visit, verdict = candidate.visit, given.verdict
    chosen = FreeSlot(
        candidate.practitioner_id, candidate.site_id, visit.starts_at, visit.ends_at, verdict.room_id, verdict.device_id
    )
    reasons = [reason.value for reason in given.not_offered]
    at = slot(chosen, clinic)
    document = {
        "slot": at,
        "offered": given.offered,
        "bookable": given.bookable,
        "overrulable": given.overrulable,
        "violations": [violation(broken) for broken in verdict.violations],
        "not_offered": reasons,
    }
    if given.offered:
        told = "offered"
    elif given.bookable:
        told = "not offered, and may be booked by hand"
    else:
        told = "may be booked with an overrule" if given.overrulable else "may not be booked"
    why = ", ".join([*(broken.rule.value for broken in verdict.violations), *reasons])
    return document, [slot_line(at), f"{told}: {why}" if why else told]


def slot(free: FreeSlot, clinic: Clinic) -> dict[str, Any]:
    """Return a free time."""
    zone = clinic.site(free.site_id).zone
    return {
        "practitioner": reference(clinic.practitioners, free.practitioner_id),
        "site": reference(clinic.sites, free.site_id),
        "room": reference(clinic.rooms, free.room_id) if free.room_id else None,
        "device": reference(clinic.rooms, free.device_id) if free.device_id else None,
        "starts_at": plain(free.starts_at),
        "ends_at": plain(free.ends_at),
        "wall_start": to_wall(free.starts_at, zone).isoformat(timespec="minutes"),
        "zone": zone,
    }


def slot_line(document: Mapping[str, Any]) -> str:
    """Return one line for a person."""
    wall = document["wall_start"].replace("T", " ")
    return f"{wall}  {document['practitioner']['name']} · {document['site']['name']}"


def appointment_line(entry: Entry, clinic: Clinic) -> str:
    """Return one line for a person: day, time, status, doctor, patient, visit, id and version."""
    document = appointment(entry, clinic)
    start = document["wall_start"].replace("T", " ")
    end = to_wall(entry.appointment.ends_at, document["zone"]).strftime("%H:%M")
    names = [document[key]["name"] for key in ("practitioner", "patient", "type", "room", "device") if document[key]]
    words = " · ".join(str(name) for name in names)
    return f"{start}–{end}  {document['status']:<10} {words}  [{document['id']} v{document['version']}]"


def message_text(line: MessageLine, zone: str) -> str:
    """Return one line about one message."""
    trouble = f", {line.last_error}" if line.last_error else ""
    when = f"sent {_wall(line.sent_at, zone)}" if line.sent_at else f"due {_wall(line.due_at, zone)}"
    return f"message: {line.kind} by {line.channel}, {line.status}, {when}{trouble}"


def history_text(line: HistoryLine, zone: str) -> str:
    """Return one line about one change."""
    changed = f": {', '.join(line.fields)}" if line.fields else ""
    desk = f" at {line.desk}" if line.desk else ""
    return f"v{line.version} {_wall(line.at, zone)}, {line.person}{desk}: {line.command or line.action}{changed}"


def _wall(instant: datetime, zone: str) -> str:
    return to_wall(instant, zone).isoformat(sep=" ", timespec="minutes")
