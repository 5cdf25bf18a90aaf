"""The commands about appointments: each reads its arguments, calls one service, and returns a document and lines."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic_desk.commandline import documents, lookup
from clinic_desk.commandline.usage import Usage
from clinic_desk.database.engine import Database
from clinic_desk.domain.candidates import Candidate
from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Book, Cancel, SetStatus, Update
from clinic_desk.domain.records import (
    AppointmentStatus,
    AppointmentType,
    CancellationReason,
    Clinic,
    Entry,
    Patient,
    Practitioner,
    RoomKind,
)
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import local_day, to_instant
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import booking, calendar, history, messages, operations, patients, slots

_LISTED: Final = 20
_AS_TYPED: Final = {"starts_at": "start", "note": "note"}
"""What the services check of what was typed, and the option it was typed for."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler works with: the database, the clinic's records, the database's clock.

    A change is done under `operation_id`; `again`: the caller chose it, so it may have been carried out already.
    """

    database: Database
    clinic: Clinic
    now: datetime
    operation_id: UUID
    again: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did, for machines and for people; `code`: the exit code, 1 if rows were refused."""

    document: Any
    lines: tuple[str, ...]
    code: int = 0


# --- looking ----------------------------------------------------------------------------------------------------------


def slots_(work: Work, arguments: argparse.Namespace) -> Answer:
    """Free times, or whether one start may be booked."""
    query = _slot_query(work, arguments)
    if arguments.start is not None:
        return _may_book(work, query, arguments)
    find = slots.next_free if arguments.first_of_day else slots.free_slots
    found = find(work.database, query, work.clinic)
    rows = [documents.slot(slot, work.clinic) for slot in found[: arguments.limit]]
    document = {
        "type": documents.reference(work.clinic.types, query.type_id),
        "slots": rows,
        "complete": len(rows) == len(found),
    }
    lines = [documents.slot_line(row) for row in rows] or ["no free time in this range"]
    if len(rows) < len(found):
        lines.append(f"and {len(found) - len(rows)} more")
    return Answer(document, tuple(lines))


def _may_book(work: Work, query: slots.SlotQuery, arguments: argparse.Namespace) -> Answer:
    clinic = work.clinic
    if len(arguments.practitioner or ()) != 1:
        raise Usage(field="practitioner", expected="the one practitioner whose start is asked about")
    who, visit = lookup.practitioner(clinic, arguments.practitioner[0]), clinic.type(query.type_id)
    where, starts_at = lookup.place(clinic, who, arguments.start, arguments.site)
    length = arguments.length or visit.length_minutes
    candidate = Candidate(visit.id, who.id, where.id, starts_at, length)
    answer = slots.may_book(work.database, candidate, clinic)
    document, lines = documents.answer(answer, candidate, clinic)
    return Answer(document, tuple(lines))


def _slot_query(work: Work, arguments: argparse.Namespace) -> slots.SlotQuery:
    clinic = work.clinic
    who = [lookup.practitioner(clinic, text) for text in arguments.practitioner or ()]
    if not who and not arguments.type:
        raise Usage(field="type", expected="a visit type, or a practitioner whose first type is meant")
    visit = lookup.visit_type(clinic, arguments.type) if arguments.type else _first_type(clinic, who[0])
    where = lookup.site(clinic, arguments.site) if arguments.site else None
    return slots.SlotQuery(
        type_id=visit.id,
        practitioner_ids=frozenset(person.id for person in who) or None,
        site_id=where.id if where else None,
        from_at=_from(work, arguments.from_, lookup.zone_of(clinic, where, who)),
        days=arguments.days,
        part_of_day=arguments.part_of_day,
        weekdays=arguments.weekdays,
        length_minutes=arguments.length,
    )


def _first_type(clinic: Clinic, who: Practitioner) -> AppointmentType:
    for visit in clinic.types:
        if visit.active and who.id in visit.practitioner_ids:
            return visit
    raise Usage(field="type", expected=f"a visit type: {who.name} does none")


def _from(work: Work, typed: str | datetime | None, zone: str) -> datetime:
    if typed is None:
        return work.now
    if isinstance(typed, str):
        day = lookup.day("from", typed, work.now, zone)
        typed = datetime.combine(day, datetime.min.time())
    return max(work.now, to_instant(typed, zone) if typed.tzinfo is None else typed)


def show(work: Work, arguments: argparse.Namespace) -> Answer:
    """One appointment, its messages and its history (None where the signed-in role may not see them)."""
    entry = _entry(work, arguments.appointment)
    zone = work.clinic.site(entry.appointment.site_id).zone
    sent = _if_allowed(lambda: messages.messages_of(work.database, entry.id))
    changes = _if_allowed(lambda: history.history_of(work.database, entry.id))
    document = documents.appointment(entry, work.clinic)
    lines = [documents.appointment_line(entry, work.clinic)]
    lines += [f"  {key.replace('_', ' ')}: {document[key]}" for key in ("note", "cancellation_reason") if document[key]]
    lines += [f"  {documents.message_text(line, zone)}" for line in sent or ()]
    lines += [f"  {documents.history_text(line, zone)}" for line in changes or ()]
    return Answer(document | {"messages": documents.plain(sent), "history": documents.plain(changes)}, tuple(lines))


def _if_allowed(read: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...] | None:
    try:
        return read()
    except NotAllowed:
        return None


def list_(work: Work, arguments: argparse.Namespace) -> Answer:
    """The appointments that begin on some local days of their sites, by start."""
    clinic = work.clinic
    people = [lookup.practitioner(clinic, text) for text in arguments.practitioner or ()]
    first = lookup.day("day", arguments.day, work.now, lookup.zone_of(clinic, None, people))
    last = first + timedelta(days=arguments.days - 1)
    who = {person.id for person in people}
    found: dict[UUID, Entry] = {}
    for board in calendar.load_days(work.database, first, last, clinic, None):
        for entry in board.entries:
            record = entry.appointment
            on = local_day(record.starts_at, clinic.site(record.site_id).zone)
            if first <= on <= last and (not who or record.practitioner_id in who):
                found[entry.id] = entry
    wanted = [row for row in found.values() if not arguments.status or row.appointment.status in arguments.status]
    wanted.sort(key=lambda row: (row.appointment.starts_at, row.appointment.practitioner_id, row.id))
    document = {
        "first_day": documents.plain(first),
        "last_day": documents.plain(last),
        "appointments": [documents.appointment(row, clinic) for row in wanted],
    }
    lines = tuple(documents.appointment_line(row, clinic) for row in wanted) or ("no appointments",)
    return Answer(document, lines)


# --- changing ---------------------------------------------------------------------------------------------------------


def book(work: Work, arguments: argparse.Namespace) -> Answer:
    """Book a patient."""
    earlier = _earlier(work, "Book", arguments.appointment_id)
    if earlier is not None:
        return _changed(work, "booked", earlier, repeated=True)
    clinic = work.clinic
    who = lookup.practitioner(clinic, arguments.practitioner)
    visit = lookup.visit_type(clinic, arguments.type)
    where, starts_at = lookup.place(clinic, who, arguments.start, arguments.site)
    command = Book(
        patient_id=patient_of(work, arguments.patient).id,
        type_id=visit.id,
        practitioner_id=who.id,
        site_id=where.id,
        starts_at=starts_at,
        length_minutes=arguments.length or visit.length_minutes,
        room_id=lookup.room(clinic, arguments.room),
        device_id=lookup.room(clinic, arguments.device, RoomKind.DEVICE),
        note=arguments.note,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        # Done again, it must mean the same appointment: its id goes with the operation's.
        appointment_id=arguments.appointment_id or work.operation_id,
        operation_id=work.operation_id,
    )
    return _carry_out(work, "booked", booking.book, command)


def patient_of(work: Work, text: str) -> Patient:
    wanted = lookup.as_id(text)
    if wanted is not None:
        return patients.get_patient(work.database, wanted)
    found = patients.search_patients(work.database, text, limit=_LISTED)
    if len(found) == 1:
        return found[0].patient
    count = f"{len(found)}{' or more' if len(found) == _LISTED else ''}" if found else "none"
    candidates = [documents.patient(match.patient) for match in found]
    raise Usage(
        field="patient",
        expected=f"an id, or text that finds exactly one patient; this finds {count}",
        candidates=candidates,
    )


def move(work: Work, arguments: argparse.Namespace) -> Answer:
    """Move to another time or practitioner."""
    if arguments.start is None and not arguments.practitioner and not arguments.site:
        raise Usage(field="start", expected="something to change: --start, --practitioner or --site")
    earlier = _earlier(work, "Update", arguments.appointment)
    if earlier is not None:
        return _changed(work, "moved", earlier, repeated=True)
    entry = _entry(work, arguments.appointment)
    record, clinic = entry.appointment, work.clinic
    who = clinic.practitioner(record.practitioner_id)
    if arguments.practitioner:
        who = lookup.practitioner(clinic, arguments.practitioner)
    where, starts_at = clinic.site(record.site_id), record.starts_at
    if arguments.site or who.id != record.practitioner_id:
        where, starts_at = lookup.place(clinic, who, arguments.start or record.starts_at, arguments.site)
    elif arguments.start is not None:
        starts_at = lookup.instant(arguments.start, where)
    command = Update(
        appointment_id=entry.id,
        version=arguments.version or record.version,
        starts_at=starts_at,
        practitioner_id=who.id,
        site_id=where.id,
        room_id=UNCHANGED if where.id == record.site_id else AUTOMATIC,
        device_id=UNCHANGED if where.id == record.site_id else AUTOMATIC,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        operation_id=work.operation_id,
    )
    return _carry_out(work, "moved", booking.update, command)


def update(work: Work, arguments: argparse.Namespace) -> Answer:
    """Change details, or the status."""
    given = {name: getattr(arguments, name) for name in ("length", "type", "room", "device", "patient", "note")}
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.status is not None:
        return _set_status(work, arguments, given)
    if not given:
        options = "--length, --type, --room, --device, --patient, --note or --status"
        raise Usage(field="update", expected=f"something to change: {options}")
    earlier = _earlier(work, "Update", arguments.appointment)
    if earlier is not None:
        return _changed(work, "updated", earlier, repeated=True)
    entry = _entry(work, arguments.appointment)
    command = Update(
        appointment_id=entry.id,
        version=arguments.version or entry.appointment.version,
        overrule=arguments.overrule,
        tell_patient=not arguments.no_message,
        operation_id=work.operation_id,
        **_details(work, given),
    )
    return _carry_out(work, "updated", booking.update, command)


def _details(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "length": ("length_minutes", int),
        "type": ("type_id", lambda text: lookup.visit_type(work.clinic, text).id),
        "room": ("room_id", lambda text: lookup.room(work.clinic, text)),
        "device": ("device_id", lambda text: lookup.room(work.clinic, text, RoomKind.DEVICE)),
        "patient": ("patient_id", lambda text: patient_of(work, text).id),
        "note": ("note", str),
    }
    return {read[name][0]: read[name][1](value) for name, value in given.items()}


def _set_status(work: Work, arguments: argparse.Namespace, given: dict[str, Any]) -> Answer:
    if given or arguments.overrule or arguments.no_message:
        raise Usage(field="status", expected="no other option of a change together with a status")
    if arguments.status is AppointmentStatus.CANCELLED:
        raise Usage(field="status", expected="the command `cancel`, which asks for a reason")
    done = arguments.status.value
    earlier = _earlier(work, "SetStatus", arguments.appointment)
    if earlier is not None:
        return _changed(work, done, earlier, repeated=True)
    entry = _entry(work, arguments.appointment)
    command = SetStatus(
        entry.id, arguments.version or entry.appointment.version, arguments.status, operation_id=work.operation_id
    )
    return _carry_out(work, done, booking.set_status, command)


def cancel(work: Work, arguments: argparse.Namespace) -> Answer:
    """Cancel with a reason."""
    earlier = _earlier(work, "Cancel", arguments.appointment)
    if earlier is not None:
        return _changed(work, "cancelled", earlier, repeated=True)
    entry = _entry(work, arguments.appointment)
    command = Cancel(
        appointment_id=entry.id,
        version=arguments.version or entry.appointment.version,
        reason=CancellationReason(arguments.reason),
        tell_patient=not arguments.no_message,
        operation_id=work.operation_id,
    )
    return _carry_out(work, "cancelled", booking.cancel, command)


def _entry(work: Work, appointment_id: UUID) -> Entry:
    found = calendar.load_entries(work.database, (appointment_id,))
    if not found:
        raise NotFound(what="appointment")
    return found[0]


def _earlier(work: Work, command: str, appointment_id: UUID | None) -> Entry | None:
    """Return the appointment if this very operation was carried out already: then nothing else is looked at again.

    Raises Usage if its id stands for something else.
    """
    found = operations.earlier_operation(work.database, work.operation_id) if work.again else None
    if found is None:
        return None
    other = found.entry is not None and appointment_id not in {None, found.entry.id}
    if found.command != command or other:
        raise Usage(
            field="operation-id", expected=f"an id of its own for each change: this one was used for a {found.command}"
        )
    return found.entry


def _carry_out(work: Work, done: str, act: Callable[[Database, Any], Entry], command: Any) -> Answer:
    try:
        entry = act(work.database, command)
    except InvalidInput as error:
        if error.field in _AS_TYPED:
            raise Usage(field=_AS_TYPED[error.field], expected=error.expected) from None
        raise
    return _changed(work, done, entry)


def _changed(work: Work, done: str, entry: Entry, *, repeated: bool = False) -> Answer:
    document = {
        "done": done,
        "repeated": repeated,
        "operation_id": str(work.operation_id),
        "appointment": documents.appointment(entry, work.clinic),
    }
    again = " (already, by the same operation)" if repeated else ""
    return Answer(document, (f"{done}{again}: {documents.appointment_line(entry, work.clinic)}",))
