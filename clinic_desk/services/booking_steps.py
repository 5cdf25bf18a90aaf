"""The steps of a booking within a transaction that is open: what books one and what changes many go by the same."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.booking import Facts, Times, insert_appointment, update_appointment
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Rule, Unchanged
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.domain.refusals import Conflict, NotFound, RuleViolation, SlotTaken
from clinic_desk.domain.rules import (
    Candidate,
    Verdict,
    candidate_of_appointment,
    candidate_of_update,
    judge,
)
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.planning import Message
from clinic_desk.services.placing import (
    entry_of,
    messages_for,
    placed,
    present_patient,
    read_facts,
    refuse,
    refuse_taken,
    wanted_place,
)
from clinic_desk.services.telling import tell_of_dates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.commands import Book, Cancel, Park, Reinstate, SetStatus, Update
    from clinic_desk.domain.records import Appointment, Patient

    Write = Callable[[Appointment, list[dict[str, Any]]], Times | None]
    """Writes an appointment and its messages; None if its place is taken, or its version gone."""
_TRIES: Final = 3
_STANDS_HERE: Final = timedelta(hours=24)
"""Nobody has arrived for what is so much later."""
_COLUMNS: Final = tuple(column.name for column in fields(Message))
_BOOKED, _ARRIVED, _CHECKED_IN, _FULFILLED, _CANCELLED, _NOSHOW, _ERROR, _PARKED = (
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
    AppointmentStatus.CANCELLED,
    AppointmentStatus.NOSHOW,
    AppointmentStatus.ENTERED_IN_ERROR,
    AppointmentStatus.WAITLIST,
)
_VISIT: Final = frozenset({_BOOKED, _ARRIVED, _CHECKED_IN, _FULFILLED})
FOLLOWING: Final = {
    _BOOKED: (_VISIT - {_BOOKED}) | {_NOSHOW, _ERROR},
    _ARRIVED: (_VISIT - {_ARRIVED}) | {_NOSHOW, _ERROR},
    _CHECKED_IN: (_VISIT - {_CHECKED_IN}) | {_ERROR},
    _FULFILLED: (_VISIT - {_FULFILLED}) | {_ERROR},
    _NOSHOW: frozenset({_BOOKED, _ARRIVED, _ERROR}),
    _CANCELLED: frozenset({_ERROR}),
    _PARKED: frozenset({_ERROR}),
    _ERROR: frozenset[AppointmentStatus](),
}
"""The statuses SetStatus may give each status. Steps may be left out and taken back; cancelling has its own command."""
CANCELLABLE: Final = frozenset({_BOOKED, _ARRIVED, _CHECKED_IN, _PARKED, _CANCELLED})
PARKABLE: Final = frozenset({_BOOKED, _CANCELLED, _PARKED})
"""The statuses from which one step leads there, and the one that it leads to."""


def standing_entry(appointment_id: UUID, connection: Connection) -> Entry:
    """Return the appointment as it stands, entered in error or not; NotFound."""
    for entry in entries_by_id(connection, [appointment_id], erroneous=True):
        return entry
    raise NotFound(what="appointment")


def _seen(connection: Connection, appointment_id: UUID, version: int) -> Entry:
    """Return the appointment as the user saw it; Conflict with what stands now if it was changed since."""
    entry = standing_entry(appointment_id, connection)
    if entry.appointment.version != version:
        raise Conflict(entry)
    return entry


def book_in(
    db: Database,
    command: Book,
    candidate: Candidate,
    connection: Connection,
    *,
    of_series: tuple[UUID, date] | None = None,
    write: Write | None = None,
) -> Entry:
    """Book within a transaction that is open; `of_series`: the series it is a date of, and which (RECURRENCE-ID).

    `write`: writes the row and its messages for a role that may not do it by itself. The patient is told of a date of a
    series by who books its dates: see `tell_of_dates`.
    """
    series_id, series_day = of_series or (None, None)
    for _ in range(_TRIES):
        facts = read_facts(connection, db, wanted_place(candidate))
        patient = present_patient(connection, facts)
        verdict = _judged(facts, candidate, command.overrule)
        refuse(connection, facts, candidate, verdict)
        _refuse_strangers(verdict, command.beside)
        row = replace(placed(candidate, facts, verdict, None, command.note), series_id=series_id, series_day=series_day)
        if command.arrived:
            if row.starts_at - facts.now > _STANDS_HERE:
                raise InvalidInput(field="starts_at", expected="a time of today for who has arrived")
            row = replace(row, status=_ARRIVED)
        messages = () if command.arrived else messages_for(db, facts, row, tell=command.tell_patient)
        queued = _queued(messages)
        times = insert_appointment(connection, row, queued, command.hold_id) if write is None else write(row, queued)
        if times is not None:
            return _at_times(entry_of(facts, row, patient, messages), times)
        # Somebody who takes no locks (another program) was quicker: look again.
    raise SlotTaken(None)


def _judged(facts: Facts, candidate: Candidate, overrule: frozenset[Rule], was: Appointment | None = None) -> Verdict:
    return judge(
        candidate,
        facts.clinic,
        others=facts.others,
        time_off=facts.time_off,
        blocks=facts.blocks,
        now=facts.now,
        was=was,
        overrule=overrule,
    )


def _refuse_strangers(verdict: Verdict, beside: frozenset[UUID] | None) -> None:
    """Raise RuleViolation for those a squeeze-in would be beside though nobody agreed to it: they came in between."""
    if beside is None:
        return
    found = (violation for violation in verdict.violations if violation.rule is Rule.SLOT_TAKEN)
    strangers = tuple(violation for violation in found if violation.by not in beside)
    if strangers:
        raise RuleViolation(strangers)


def update_in(
    db: Database,
    command: Update,
    connection: Connection,
    *,
    agreed: tuple[datetime, str] | None = None,
    together: bool = False,
    forgiven: frozenset[Rule] = frozenset(),
    write: Write | None = None,
) -> Entry:
    """Change an appointment within a transaction that is open; the start in UTC. `write`: see `book_in`.

    `forgiven`: it is put where it was agreed to be, so that these rules are not in the way, and one that is not on the
    calendar, for whatever reason, may be booked again. `agreed`: the wall time and zone it was agreed in, where these
    are not what its site's clocks show then. `together`: who changes other dates of its series with it tells the
    patient of them.
    """
    seen = _seen(connection, command.appointment_id, command.version)
    was = seen.appointment
    if _is_back(was, command) or (forgiven and command.reinstate and not was.status.occupies_time):
        return _move(db, connection, seen, command, agreed=agreed, together=together, forgiven=forgiven)
    if not _changes(was, command):
        return seen
    only_note = not _changes(was, replace(command, note=UNCHANGED))
    if not was.status.occupies_time and not only_note:
        raise InvalidInput(field="status", expected="an appointment that is not cancelled; reinstate it first")
    if only_note:
        return rewrite_in(db, connection, seen, replace(was, note=str(command.note)), relevant=False)
    return _move(db, connection, seen, command, agreed=agreed, together=together, forgiven=forgiven, write=write)


def _is_back(was: Appointment, command: Update) -> bool:
    return command.reinstate and was.status in {_CANCELLED, _PARKED}


def _move(
    db: Database,
    connection: Connection,
    seen: Entry,
    command: Update,
    *,
    agreed: tuple[datetime, str] | None = None,
    together: bool = False,
    forgiven: frozenset[Rule] = frozenset(),
    write: Write | None = None,
) -> Entry:
    was = seen.appointment
    rough, is_back = rough_candidate(was, command), command.reinstate and not was.status.occupies_time
    told = (rough.starts_at, rough.site_id, rough.patient_id)
    relevant = is_back or told != (was.starts_at, was.site_id, was.patient_id)
    facts = read_facts(connection, db, wanted_place(rough, leaving=was), void=was.version if relevant else None)
    _still(connection, facts, seen)
    new_patient = rough.patient_id != was.patient_id
    patient = present_patient(connection, facts) if new_patient else seen.patient
    candidate = candidate_of_update(was, command, facts.clinic)
    verdict = (_judged_back if is_back else _judged)(facts, candidate, command.overrule, was)
    if forgiven:
        verdict = replace(verdict, refused=tuple(row for row in verdict.refused if row.rule not in forgiven))
    refuse(connection, facts, candidate, verdict)
    _refuse_strangers(verdict, command.beside)
    note = was.note if isinstance(command.note, Unchanged) else command.note
    row = placed(candidate, facts, verdict, was, note)
    if agreed is not None:
        row = replace(row, wall_start=agreed[0], zone=agreed[1], answer=was.answer)
    if is_back:
        row = replace(row, status=_BOOKED)
    elif _place(was) == _place(row):
        row = replace(row, squeezed_in=was.squeezed_in, overruled=was.overruled | row.overruled)
    farewell_to = seen.patient if new_patient else None
    telling = partial(messages_for, db, facts, row, tell=command.tell_patient, farewell_to=farewell_to)
    entry = _write(connection, facts, seen, row, telling() if relevant else (), patient=patient, write=write)
    if together or not relevant:
        return entry
    return _told_with_others(db, connection, entry, tell=command.tell_patient, farewell_to=farewell_to)


def rough_candidate(was: Appointment, command: Update) -> Candidate:
    """What to lock and read for an update, before its type is known: any room or device of the site may come in."""
    given = {
        name: value
        for name in ("starts_at", "length_minutes", "practitioner_id", "site_id", "type_id", "patient_id")
        if not isinstance(value := getattr(command, name), Unchanged)
    }
    rough = replace(candidate_of_appointment(was), **given)
    if rough.type_id != was.type_id:
        rough = replace(rough, buffers=None)
    if isinstance(command.room_id, Unchanged):
        rough = replace(rough, room_id=AUTOMATIC, preferred_room_id=was.room_id)
    else:
        rough = replace(rough, room_id=command.room_id)
    if isinstance(command.device_id, Unchanged):
        return replace(rough, device_id=AUTOMATIC, preferred_device_id=was.device_id)
    return replace(rough, device_id=command.device_id)


def _changes(was: Appointment, command: Update) -> bool:
    """Whether an update says anything that is not so already."""
    now = {
        "starts_at": was.starts_at,
        "length_minutes": int(was.length.total_seconds() // 60),
        "practitioner_id": was.practitioner_id,
        "site_id": was.site_id,
        "room_id": was.room_id,
        "device_id": was.device_id,
        "type_id": was.type_id,
        "patient_id": was.patient_id,
        "note": was.note,
    }
    return any(getattr(command, name) not in (UNCHANGED, value) for name, value in now.items())


def _place(row: Appointment) -> tuple[UUID, UUID, datetime, datetime]:
    return row.practitioner_id, row.site_id, row.footprint[0], row.footprint[1]


def set_status_in(db: Database, command: SetStatus, connection: Connection, *, together: bool = False) -> Entry:
    """Set the status within a transaction that is open; `together`: see `update_in`."""
    seen = _seen(connection, command.appointment_id, command.version)
    was = seen.appointment
    row = replace(was, status=command.status, present_room_id=_present_room(was, command), cancellation_reason=None)
    if (row.status, row.present_room_id) == (was.status, was.present_room_id):
        return seen
    if row.status is not was.status and row.status not in FOLLOWING[was.status]:
        allowed = ", ".join(sorted(FOLLOWING[was.status])) or "nothing: it was entered in error"
        raise InvalidInput(field="status", expected=f"after {was.status}: {allowed}")
    # Of an entry that should never have been, nothing that still waits may leave, its cancellation included.
    relevant = _BOOKED in {was.status, command.status} or command.status is _ERROR
    tell = command.status is not _ERROR
    return rewrite_in(db, connection, seen, row, relevant=relevant, tell=tell, together=together)


def _present_room(was: Appointment, command: SetStatus) -> UUID | None:
    """Return where the patient is from now on, if not in the room that was booked."""
    room_id = was.present_room_id if isinstance(command.present_room_id, Unchanged) else command.present_room_id
    return room_id if command.status in {_CHECKED_IN, _FULFILLED} and room_id != was.room_id else None


def cancel_in(db: Database, command: Cancel, connection: Connection, *, together: bool = False) -> Entry:
    """Cancel within a transaction that is open; `together`: see `update_in`."""
    seen = _seen(connection, command.appointment_id, command.version)
    was = seen.appointment
    if was.status is _CANCELLED:
        return seen
    if was.status not in CANCELLABLE:
        raise InvalidInput(field="status", expected="an appointment that is booked, arrived or checked in")
    row = replace(was, status=_CANCELLED, cancellation_reason=command.reason)
    return rewrite_in(db, connection, seen, row, relevant=True, tell=command.tell_patient, together=together)


def park_in(db: Database, command: Park, connection: Connection, *, together: bool = False) -> Entry:
    """Park within a transaction that is open; `together`: see `update_in`."""
    seen = _seen(connection, command.appointment_id, command.version)
    was = seen.appointment
    if was.status is _PARKED:
        return seen
    if was.status not in PARKABLE:
        raise InvalidInput(field="status", expected="an appointment that is booked")
    row = replace(was, status=_PARKED, cancellation_reason=None)
    return rewrite_in(db, connection, seen, row, relevant=True, tell=command.tell_patient, together=together)


def reinstate_in(db: Database, command: Reinstate, connection: Connection) -> Entry:
    """Take a cancellation back within a transaction that is open."""
    seen = _seen(connection, command.appointment_id, command.version)
    was = seen.appointment
    if was.status is not _CANCELLED:
        raise InvalidInput(field="status", expected="a cancelled appointment")
    candidate = candidate_of_appointment(was)
    facts = read_facts(connection, db, wanted_place(candidate, leaving=was), void=was.version)
    _still(connection, facts, seen)
    verdict = _judged_back(facts, candidate, command.overrule, was)
    refuse(connection, facts, candidate, verdict)
    row = replace(
        was,
        status=_BOOKED,
        cancellation_reason=None,
        squeezed_in=verdict.squeezed_in,
        overruled=was.overruled | {rule.value for rule in verdict.overruled},
        version=was.version + 1,
    )
    entry = _write(connection, facts, seen, row, messages_for(db, facts, row, tell=command.tell_patient))
    return _told_with_others(db, connection, entry, tell=command.tell_patient)


def _judged_back(facts: Facts, candidate: Candidate, overrule: frozenset[Rule], was: Appointment) -> Verdict:
    """Judge a cancelled or parked appointment that is booked again: at its old place it may stand as it stood."""
    now, then = candidate, candidate_of_appointment(was)
    if (now.practitioner_id, now.site_id, now.visit) != (then.practitioner_id, then.site_id, then.visit):
        return _judged(facts, candidate, overrule)
    verdict = _judged(facts, candidate, overrule | frozenset(Rule(rule) for rule in was.overruled))
    # An undo a minute after the start is still an undo, and so is one by somebody who might not have overruled.
    forgiven = {*was.overruled, Rule.IN_THE_PAST}
    again = frozenset(row.rule for row in verdict.violations if row.rule in was.overruled)
    refused = tuple(row for row in verdict.refused if row.rule not in forgiven)
    return replace(verdict, refused=refused, overruled=verdict.overruled | again)


def rewrite_in(
    db: Database,
    connection: Connection,
    seen: Entry,
    row: Appointment,
    *,
    relevant: bool,
    tell: bool = True,
    together: bool = False,
) -> Entry:
    """Write a change that leaves the place as it is, or gives it up; `relevant`: its messages are planned anew.

    One that holds no time may be written with another place: that from which it is put back.
    """
    was = seen.appointment
    row = replace(row, version=was.version + 1)
    candidate = candidate_of_appointment(row)
    facts = read_facts(connection, db, wanted_place(candidate, leaving=was), void=was.version if relevant else None)
    _still(connection, facts, seen)
    if row.status.occupies_time and not was.status.occupies_time:
        rules = {violation.rule for violation in _judged(facts, candidate, frozenset()).violations}
        refuse_taken(connection, facts, candidate, rules)
    messages = messages_for(db, facts, row, tell=tell) if relevant else ()
    entry = _write(connection, facts, seen, row, messages)
    return entry if together or not relevant else _told_with_others(db, connection, entry, tell=tell)


def _still(connection: Connection, facts: Facts, seen: Entry) -> None:
    """Raise Conflict if the appointment was changed while its locks were waited for."""
    if facts.version != seen.appointment.version:
        raise Conflict(standing_entry(seen.id, connection))


def _write(
    connection: Connection,
    facts: Facts,
    seen: Entry,
    row: Appointment,
    messages: tuple[Message, ...],
    *,
    patient: Any = None,
    write: Write | None = None,
) -> Entry:
    queued = _queued(messages)
    times = update_appointment(connection, row, queued) if write is None else write(row, queued)
    if times is None:
        raise Conflict(standing_entry(seen.id, connection))
    return _at_times(entry_of(facts, row, patient or seen.patient, messages), times)


def _at_times(entry: Entry, times: Times) -> Entry:
    return replace(entry, arrived_at=times[0], in_room_at=times[1], finished_at=times[2])


def _told_with_others(
    db: Database, connection: Connection, entry: Entry, *, tell: bool, farewell_to: Patient | None = None
) -> Entry:
    """Tell of a date of a series, and of others anew that a message named which has not left; return it as it is."""
    series_id = entry.appointment.series_id
    if series_id is None:
        return entry
    tell_of_dates(db, connection, series_id, {entry.id}, tell=tell, farewell_to=farewell_to)
    return standing_entry(entry.id, connection)


def _queued(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [
        {name: value if isinstance(value := getattr(message, name), int | None) else str(value) for name in _COLUMNS}
        for message in messages
    ]
