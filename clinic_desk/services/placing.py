"""Judges a place on the calendar behind its locks, makes refusals of what speaks against it, and the new row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.booking import Facts, Wanted, lock_and_read
from clinic_desk.database.queries.entries import message_state, release_and_look
from clinic_desk.database.queries.patients import merged_target
from clinic_desk.domain.commands import AUTOMATIC, Rule
from clinic_desk.domain.records import Appointment, AppointmentStatus, ChangeNote, Entry, ParticipationStatus, RoomKind
from clinic_desk.domain.refusals import NotFound, PatientConflict, RuleViolation, SlotTaken
from clinic_desk.domain.rules import Candidate, Verdict
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.planning import Manner, Message, Occasion, Queued, manner_of, plan, plan_farewell

if TYPE_CHECKING:
    from collections.abc import Set
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Patient

TAKEN: Final = frozenset({Rule.SLOT_TAKEN, Rule.ROOM_TAKEN, Rule.DEVICE_TAKEN})
_LONGEST_VISIT: Final = timedelta(hours=24)
_LONGEST_NOTE: Final = 4000
_YEARS: Final = range(1970, 2200)


def checked_instant(field: str, value: datetime) -> datetime:
    """Return an instant in UTC; InvalidInput for one without a zone, with seconds, or centuries away."""
    if value.tzinfo is None or value.year not in _YEARS:
        raise InvalidInput(field=field, expected="a time with its zone, in the years 1970 to 2199")
    if value.second or value.microsecond:
        raise InvalidInput(field=field, expected="a time in whole minutes")
    return value.astimezone(UTC)


def checked_text(field: str, value: str, longest: int = _LONGEST_NOTE) -> str:
    """Return a text PostgreSQL can hold; InvalidInput for NUL, half a surrogate pair, or too much of it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field=field, expected="text without broken characters") from None
    if "\0" in value or len(value) > longest:
        raise InvalidInput(field=field, expected=f"at most {longest} characters, none of them NUL")
    return value


def wanted_place(candidate: Candidate, *, leaving: Appointment | None = None) -> Wanted:
    """Return what to lock and read for a candidate."""
    length = min(max(timedelta(), timedelta(minutes=candidate.length_minutes)), _LONGEST_VISIT)
    room_id = candidate.preferred_room_id if candidate.room_id == AUTOMATIC else candidate.room_id
    device_id = candidate.preferred_device_id if candidate.device_id == AUTOMATIC else candidate.device_id
    return Wanted(
        patient_id=_there(candidate.patient_id),
        practitioner_id=candidate.practitioner_id,
        site_id=candidate.site_id,
        type_id=candidate.type_id,
        starts_at=candidate.starts_at,
        ends_at=candidate.starts_at + length,
        buffers=candidate.buffers,
        room_id=room_id,
        device_id=device_id,
        automatic_room=AUTOMATIC in {candidate.room_id, candidate.device_id},
        appointment_id=candidate.appointment_id,
        leaving=leaving,
    )


def read_facts(
    connection: Connection, db: Database, wanted: Wanted, *, void: int | None = None, lock: bool = True
) -> Facts:
    """Lock and read (see `lock_and_read`); NotFound if the practitioner, site, type, or room named is not there."""
    facts = lock_and_read(connection, wanted, db.desk.id, void=void, lock=lock)
    for what, rows in (
        ("practitioner", facts.clinic.practitioners),
        ("site", facts.clinic.sites),
        ("appointment type", facts.clinic.types),
    ):
        if not rows:
            raise NotFound(what)
    there = {room.id for room in facts.clinic.rooms}
    for what, row_id in (("room", wanted.room_id), ("device", wanted.device_id)):
        if row_id is not None and row_id not in there:
            raise NotFound(what)
    return facts


def present_patient(connection: Connection, facts: Facts) -> Patient:
    """Return the patient to book; NotFound if there is none, PatientConflict with the target if merged."""
    if facts.patient is None:
        raise NotFound(what="patient")
    if facts.patient.merged_into is not None:
        raise PatientConflict(*merged_target(connection, facts.patient.id))
    return facts.patient


def refuse(connection: Connection, facts: Facts, candidate: Candidate, verdict: Verdict) -> None:
    """Raise what speaks against the candidate: SlotTaken if only its time, room or device does, else RuleViolation."""
    rules = {violation.rule for violation in verdict.refused}
    if not rules:
        return
    final = [row for row in verdict.refused if not row.overrulable and row.rule not in TAKEN]
    if not final:
        refuse_taken(connection, facts, candidate, rules)
    raise RuleViolation(verdict.refused)


def refuse_taken(connection: Connection, facts: Facts, candidate: Candidate, rules: Set[Rule]) -> None:
    """Raise SlotTaken, with who stands there, if the time, the room or the device is among the broken rules.

    The locks are given back first: of many desks that race for one time, each holds the others up no longer than it
    takes to see that it is taken.
    """
    if not rules & TAKEN:
        return
    footprint = candidate.footprint(facts.clinic.type(candidate.type_id))
    bounds = (footprint.starts_at, footprint.ends_at)
    besides = _there(candidate.appointment_id)
    if Rule.SLOT_TAKEN in rules:
        raise SlotTaken(release_and_look(connection, "practitioner", candidate.practitioner_id, bounds, besides))
    resource = RoomKind.ROOM if Rule.ROOM_TAKEN in rules else RoomKind.DEVICE
    row_id = candidate.room_id if resource is RoomKind.ROOM else candidate.device_id
    if row_id is None or row_id == AUTOMATIC:
        raise SlotTaken(None, resource=resource)
    raise SlotTaken(release_and_look(connection, resource.value, row_id, bounds, besides), resource=resource)


def placed(candidate: Candidate, facts: Facts, verdict: Verdict, was: Appointment | None, note: str) -> Appointment:
    """Return the row that puts a candidate in its place: version 1, or the one after `was`."""
    kind = facts.clinic.type(candidate.type_id)
    before, after = candidate.buffers or (kind.buffer_before_minutes, kind.buffer_after_minutes)
    visit = candidate.visit
    zone = facts.clinic.site(candidate.site_id).zone
    wall_start, answer = to_wall(visit.starts_at, zone), ParticipationStatus.NEEDS_ACTION
    if was is not None and was.site_id == candidate.site_id:
        if was.starts_at == visit.starts_at:
            wall_start, zone = was.wall_start, was.zone  # what was agreed stays what was agreed
        if (was.wall_start, was.patient_id) == (wall_start, candidate.patient_id):
            answer = was.answer
    return Appointment(
        id=_there(candidate.appointment_id),
        patient_id=_there(candidate.patient_id),
        practitioner_id=candidate.practitioner_id,
        site_id=candidate.site_id,
        type_id=candidate.type_id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        wall_start=wall_start,
        zone=zone,
        room_id=verdict.room_id,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        status=AppointmentStatus.BOOKED if was is None else was.status,
        answer=answer,
        squeezed_in=verdict.squeezed_in,
        overruled=frozenset(rule.value for rule in verdict.overruled),
        note=note,
        device_id=verdict.device_id,
        series_id=None if was is None else was.series_id,
        series_day=None if was is None else was.series_day,
        present_room_id=was.present_room_id if was is not None and was.site_id == candidate.site_id else None,
        version=1 if was is None else was.version + 1,
    )


def messages_for(
    db: Database,
    facts: Facts,
    row: Appointment,
    *,
    tell: bool,
    farewell_to: Patient | None = None,
) -> tuple[Message, ...]:
    """Return the messages a written row causes; `farewell_to`: the patient it was taken from.

    Of a date of a series its reminders only: what is told of it may be told with others, see `tell_of_dates`.
    """
    if facts.patient is None:
        return ()
    occasion = Occasion(row, facts.patient, facts.clinic.site(row.site_id), facts.now, _manner(db, facts))
    queued = tuple(Queued(*message) for message in facts.queued)
    is_alone = row.series_id is None
    planned = plan(occasion, queued, tell=tell and is_alone)
    if farewell_to is None or not is_alone:
        return planned
    return (*planned, *plan_farewell(replace(occasion, patient=farewell_to), queued, tell=tell))


def _manner(db: Database, facts: Facts) -> Manner:
    wait_s = db.message_wait_s
    row = (
        facts.manner
        if wait_s is None
        else replace(facts.manner, settings=replace(facts.manner.settings, wait_s=wait_s))
    )
    return manner_of(row.settings, row.rules, row.texts, row.notes)


def entry_of(facts: Facts, row: Appointment, patient: Patient, messages: tuple[Message, ...]) -> Entry:
    """Return the entry as reading it back would: the row as written in this transaction."""
    statuses = [status for _, _, status, *_ in facts.queued] + [message.status for message in messages]
    return Entry(row, patient, message_state(statuses), ChangeNote(facts.person, facts.desk, facts.now))


def _there(row_id: UUID | None) -> UUID:
    if row_id is None:
        message = "a booking has an appointment id and a patient"
        raise ValueError(message)
    return row_id
