"""The commands about appointments: each reads its arguments, calls one service, and returns a document and a text."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic_desk.commandline import lookup
from clinic_desk.commandline.output import appointment, appointment_line, plain
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Book, Cancel, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import (
    AppointmentStatus,
    AppointmentType,
    CancellationReason,
    Clinic,
    Entry,
    Patient,
    Practitioner,
)
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.services import booking, calendar, history, messages, patients, slots

_STATUS_ALONE: Final = "no other change together with a status"
_NOTHING: Final = "something to change"
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler works with: the database, the clinic's records, and the database's clock."""

    database: Database
    clinic: Clinic
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did, for machines and for people."""

    document: Any
    text: str


def slots_(work: Work, arguments: argparse.Namespace) -> Answer:
    """Free times."""
    query = _slot_query(work, arguments)
    find = slots.next_free if arguments.first_of_day else slots.free_slots
    found = find(work.database, query, work.clinic)[: arguments.limit]
    documents = [_slot_document(slot, work.clinic) for slot in found]
    lines = [
        f"{document['wall_start'].replace('T', ' ')}  {document['practitioner']['name']} · {document['site']['name']}"
        for document in documents
    ]
    return Answer({"slots": documents}, "\n".join(lines) or "no free time in this range")


def _slot_query(work: Work, arguments: argparse.Namespace) -> slots.SlotQuery:
    clinic = work.clinic
    who = [lookup.practitioner(clinic, text) for text in arguments.practitioner or ()]
    if not who and not arguments.type:
        raise InvalidInput(field="type", expected="a visit type, or a practitioner whose first type is meant")
    visit = lookup.visit_type(clinic, arguments.type) if arguments.type else _first_type(clinic, who[0])
    where = lookup.site(clinic, arguments.site) if arguments.site else None
    return slots.SlotQuery(
        type_id=visit.id,
        practitioner_ids=frozenset(person.id for person in who) or None,
        site_id=where.id if where else None,
        from_at=_from(work, arguments.from_, (where or clinic.sites[0]).zone),
        days=arguments.days,
        part_of_day=arguments.part_of_day,
        weekdays=arguments.weekdays,
        length_minutes=arguments.length,
    )


def _first_type(clinic: Clinic, who: Practitioner) -> AppointmentType:
    for visit in clinic.types:
        if visit.active and who.id in visit.practitioner_ids:
            return visit
    raise InvalidInput(field="type", expected=f"a visit type: {who.name} does none")


def _from(work: Work, text: str | None, zone: str) -> datetime:
    if text is None:
        return work.now
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        typed = None
    if typed is not None and len(text) > len("2026-11-24"):
        return to_instant(typed, zone) if typed.tzinfo is None else typed
    day = lookup.day(text, work.now, zone)
    return max(work.now, to_instant(datetime.combine(day, datetime.min.time()), zone))


def _slot_document(slot: slots.FreeSlot, clinic: Clinic) -> dict[str, Any]:
    where = clinic.site(slot.site_id)
    who = clinic.practitioner(slot.practitioner_id)
    return {
        "practitioner": {"id": str(who.id), "name": who.name},
        "site": {"id": str(where.id), "name": where.name},
        "room_id": plain(slot.room_id),
        "starts_at": plain(slot.starts_at),
        "ends_at": plain(slot.ends_at),
        "wall_start": to_wall(slot.starts_at, where.zone).isoformat(timespec="minutes"),
        "zone": where.zone,
    }


def book(work: Work, arguments: argparse.Namespace) -> Answer:
    """Book a patient."""
    clinic = work.clinic
    who = lookup.practitioner(clinic, arguments.practitioner)
    visit = lookup.visit_type(clinic, arguments.type)
    where, starts_at = lookup.place(clinic, who, arguments.start, arguments.site)
    command = Book(
        patient_id=_patient(work, arguments.patient).id,
        type_id=visit.id,
        practitioner_id=who.id,
        site_id=where.id,
        starts_at=starts_at,
        length_minutes=arguments.length or visit.length_minutes,
        room_id=lookup.room(clinic, arguments.room),
        note=arguments.note,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        appointment_id=arguments.appointment_id or _derived(arguments.operation_id),
        operation_id=arguments.operation_id or new_id(),
    )
    return _changed(work, "booked", booking.book(work.database, command))


def _derived(operation_id: UUID | None) -> UUID:
    """The new appointment's id: a repeated operation must mean the same appointment, so it takes the operation's id."""
    return operation_id or new_id()


def _patient(work: Work, text: str) -> Patient:
    try:
        wanted = UUID(text)
    except ValueError:
        found = patients.search_patients(work.database, text, limit=_LISTED)
        if len(found) == 1:
            return found[0].patient
        expected = "an id, or text that finds exactly one patient; this finds " + (
            "none" if not found else f"{len(found)}{' or more' if len(found) == _LISTED else ''}"
        )
        raise InvalidInput(field="patient", expected=expected) from None
    return patients.get_patient(work.database, wanted)


def show(work: Work, arguments: argparse.Namespace) -> Answer:
    """One appointment, its messages and its history."""
    entry = _entry(work, arguments.appointment)
    document = appointment(entry, work.clinic)
    document["messages"] = plain(messages.messages_of(work.database, entry.id))
    document["history"] = plain(history.history_of(work.database, entry.id))
    lines = [appointment_line(entry, work.clinic)]
    lines += [f"  {key}: {document[key]}" for key in ("note", "answer", "cancellation_reason") if document[key]]
    lines += [f"  message: {_one_line(line)}" for line in document["messages"]]
    lines += [f"  history: {_one_line(line)}" for line in document["history"]]
    return Answer(document, "\n".join(lines))


def _one_line(document: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in document.items() if isinstance(value, str | int) and value)


def list_(work: Work, arguments: argparse.Namespace) -> Answer:
    """The appointments of some days, by start."""
    clinic = work.clinic
    first = lookup.day(arguments.day, work.now, clinic.sites[0].zone)
    who = {lookup.practitioner(clinic, text).id for text in arguments.practitioner or ()}
    found: dict[UUID, Entry] = {}
    for offset in range(arguments.days):
        for entry in calendar.load_day(work.database, first + timedelta(days=offset), clinic).entries:
            record = entry.appointment
            on_day = record.wall_start.date() - first
            if 0 <= on_day.days < arguments.days and (not who or record.practitioner_id in who):
                found[entry.id] = entry
    entries = [
        entry for entry in found.values() if not arguments.status or entry.appointment.status in arguments.status
    ]
    entries.sort(key=lambda entry: (entry.appointment.starts_at, entry.appointment.practitioner_id))
    text = "\n".join(appointment_line(entry, clinic) for entry in entries) or "no appointments"
    return Answer({"appointments": [appointment(entry, clinic) for entry in entries]}, text)


def move(work: Work, arguments: argparse.Namespace) -> Answer:
    """Move to another time or practitioner."""
    if arguments.start is None and not arguments.practitioner and not arguments.site:
        raise InvalidInput(field="start", expected=f"{_NOTHING}: --start, --practitioner or --site")
    entry = _entry(work, arguments.appointment)
    record, clinic = entry.appointment, work.clinic
    who = (
        lookup.practitioner(clinic, arguments.practitioner)
        if arguments.practitioner
        else clinic.practitioner(record.practitioner_id)
    )
    typed = arguments.start or record.starts_at
    if arguments.site or who.id != record.practitioner_id:
        where, starts_at = lookup.place(clinic, who, typed, arguments.site)
    else:
        where = clinic.site(record.site_id)
        starts_at = lookup.instant(typed, where)
    command = Update(
        appointment_id=entry.id,
        version=arguments.version or record.version,
        starts_at=starts_at,
        practitioner_id=who.id,
        site_id=where.id,
        room_id=UNCHANGED if where.id == record.site_id else AUTOMATIC,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        operation_id=arguments.operation_id or new_id(),
    )
    return _changed(work, "moved", booking.update(work.database, command))


def update(work: Work, arguments: argparse.Namespace) -> Answer:
    """Change details, or the status."""
    entry = _entry(work, arguments.appointment)
    version = arguments.version or entry.appointment.version
    given = {name: getattr(arguments, name) for name in ("length", "type", "room", "patient", "note")}
    given = {name: value for name, value in given.items() if value is not None}
    operation_id = arguments.operation_id or new_id()
    if arguments.status is not None:
        if given:
            raise InvalidInput(field="status", expected=_STATUS_ALONE)
        if arguments.status is AppointmentStatus.CANCELLED:
            raise InvalidInput(field="status", expected="the command `cancel`, which asks for a reason")
        command = SetStatus(entry.id, version, arguments.status, operation_id)
        return _changed(work, arguments.status.value, booking.set_status(work.database, command))
    if not given:
        raise InvalidInput(
            field="update", expected=f"{_NOTHING}: --length, --type, --room, --patient, --note, --status"
        )
    changed = Update(
        appointment_id=entry.id,
        version=version,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        operation_id=operation_id,
        **_details(work, given),
    )
    return _changed(work, "updated", booking.update(work.database, changed))


def _details(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "length": ("length_minutes", int),
        "type": ("type_id", lambda text: lookup.visit_type(work.clinic, text).id),
        "room": ("room_id", lambda text: lookup.room(work.clinic, text)),
        "patient": ("patient_id", lambda text: _patient(work, text).id),
        "note": ("note", str),
    }
    return {read[name][0]: read[name][1](value) for name, value in given.items()}


def cancel(work: Work, arguments: argparse.Namespace) -> Answer:
    """Cancel with a reason."""
    entry = _entry(work, arguments.appointment)
    command = Cancel(
        appointment_id=entry.id,
        version=arguments.version or entry.appointment.version,
        reason=CancellationReason(arguments.reason),
        tell_patient=not arguments.no_message,
        operation_id=arguments.operation_id or new_id(),
    )
    return _changed(work, "cancelled", booking.cancel(work.database, command))


def _entry(work: Work, appointment_id: UUID) -> Entry:
    found = calendar.load_entries(work.database, (appointment_id,))
    if not found:
        raise NotFound(what="appointment")
    return found[0]


def _changed(work: Work, done: str, entry: Entry) -> Answer:
    return Answer(
        {"done": done, "appointment": appointment(entry, work.clinic)},
        f"{done}: {appointment_line(entry, work.clinic)}",
    )
