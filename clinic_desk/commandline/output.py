"""Records as JSON documents and as lines of text: the shapes other systems of the clinic rely on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import singledispatch
from typing import Any
from uuid import UUID

from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput


@singledispatch
def plain(value: Any) -> Any:
    """Return a record as JSON-ready values: instants in ISO 8601, ids and codes as text, sets sorted."""
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
    record, patient = entry.appointment, entry.patient
    where = clinic.site(record.site_id)
    return {
        "id": str(record.id),
        "version": record.version,
        "status": record.status.value,
        "patient": {
            "id": str(patient.id),
            "name": patient.display_name,
            "birth_date": plain(patient.birth_date),
        },
        "practitioner": _reference(clinic.practitioner(record.practitioner_id)),
        "type": _reference(clinic.type(record.type_id)),
        "site": _reference(where),
        "room": _reference(clinic.room(record.room_id)) if record.room_id else None,
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


def _reference(row: Any) -> dict[str, str]:
    return {"id": str(row.id), "name": row.name}


def appointment_line(entry: Entry, clinic: Clinic) -> str:
    """Return one line for a person: day, time, status, doctor, patient, visit, id."""
    document = appointment(entry, clinic)
    end = to_wall(entry.appointment.ends_at, document["zone"]).strftime("%H:%M")
    room = f" · {document['room']['name']}" if document["room"] else ""
    return (
        f"{document['wall_start'].replace('T', ' ')}–{end}  {document['status']:<10} "
        f"{document['practitioner']['name']} · {document['patient']['name']} · {document['type']['name']}{room}"
        f"  [{document['id']} v{document['version']}]"
    )


def error_document(error: ClinicDeskError) -> dict[str, Any]:
    """Return an error as JSON: its kind, a message, and what can be done about it."""
    document: dict[str, Any] = {"error": _kind(error), "message": str(error)}
    if isinstance(error, InvalidInput):
        document |= {"field": error.field, "expected": error.expected}
    elif isinstance(error, RuleViolation):
        document["violations"] = [plain(violation) for violation in error.violations]
        document["overrulable"] = error.overrulable
    elif isinstance(error, SlotTaken):
        document["taken_by"] = str(error.by.id) if error.by else None
    elif isinstance(error, Conflict):
        document["version"] = error.now.appointment.version
        document["status"] = error.now.appointment.status.value
    return document


def _kind(error: ClinicDeskError) -> str:
    name = type(error).__name__
    return "".join("-" + char.lower() if char.isupper() else char for char in name).lstrip("-")


def show(document: Any, text: str, *, as_json: bool) -> None:
    """Print the result on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text)


def show_error(error: ClinicDeskError, *, as_json: bool) -> None:
    """Print an error: JSON on standard output, or a sentence on standard error."""
    if as_json:
        print(json.dumps(error_document(error), ensure_ascii=False, indent=2))
    else:
        print(f"clinic-desk: {error}", file=sys.stderr)
