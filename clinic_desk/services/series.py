"""Previews, books and changes series: each date is seen with its conflicts before anything is stored; then all or none.

What the patient is told of a series: one confirmation that names its dates, and a reminder before each; of a change or
a cancellation of several dates one message that names them. Twenty messages at once would tell less than one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.series import (
    entries_of_series,
    insert_series,
    join_series,
    lock_places,
    series_of_appointment,
)
from clinic_desk.domain.commands import Book, Cancel, Park, SetStatus, Unchanged, Update
from clinic_desk.domain.recurrence import MOST_DATES
from clinic_desk.domain.refusals import Conflict, NotFound
from clinic_desk.domain.rules import Candidate, candidate_of_appointment, candidate_of_book, candidate_of_update, judge
from clinic_desk.domain.series import SeriesRefused, SeriesView, put_instead
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services import slots
from clinic_desk.services.booking_steps import book_in, cancel_in, park_in, rough_candidate, set_status_in, update_in
from clinic_desk.services.placing import checked_instant, checked_text, read_facts, wanted_place
from clinic_desk.services.slots import AlternativeKind
from clinic_desk.services.telling import tell_of_dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.database.queries.booking import Wanted
    from clinic_desk.domain.availability import FreeSlot
    from clinic_desk.domain.records import Appointment, Clinic, Entry
    from clinic_desk.domain.refusals import Violation
    from clinic_desk.domain.series import BookSeries, ChangeSeries, PlannedDate, SeriesDate, Step

_LIKED: Final = (AlternativeKind.SAME_DOCTOR, AlternativeKind.OTHER_DAY, AlternativeKind.OTHER_DOCTOR)
"""What is proposed for a date that cannot stand: her own doctor first, then the same time, then somebody else."""


# --- looking ----------------------------------------------------------------------------------------------------------


def series_of(db: Database, appointment_id: UUID) -> SeriesView:
    """Return the series an appointment is a date of, with all its appointments. NotFound if it is by itself."""
    with db.reading() as connection:
        series = series_of_appointment(connection, appointment_id)
        if series is None:
            raise NotFound(what="series")
        return SeriesView(series, entries_of_series(connection, series.id))


def preview(
    db: Database, dates: Sequence[PlannedDate], clinic: Clinic, *, plan: Sequence[PlannedDate] = ()
) -> tuple[PlannedDate, ...]:
    """Return these dates judged as booking or changing them now would be, with free times for those in trouble.

    One snapshot with one statement for each date; for each in trouble those of `slots.alternatives`, and one for each
    time that it finds. `plan`: all dates, as far as they are judged already: no free time is proposed that another of
    them takes, and those that are moved are not in each other's way. Nothing is locked or written. Raises NotFound,
    InvalidInput, DatabaseDown, Busy.
    """
    known = {one.step.appointment_id: one for one in (*plan, *dates)}
    moved = frozenset(key for key, one in known.items() if isinstance(one.step, Update))
    with db.reading() as connection:
        standing = {row.id: row.appointment for row in entries_by_id(connection, moved)} if moved else {}
        looked = [(one, *_looked_at(connection, db, one, standing, moved)) for one in dates]
    known |= {one.step.appointment_id: replace(one, violations=found) for one, _, found in looked}
    for one, candidate, found in looked:
        if found:
            key = one.step.appointment_id
            offered = _instead(db, candidate, clinic, known, moved)
            free = _free_for_all(db, one, offered, (standing, moved))
            known[key] = replace(known[key], replacements=free)
    return tuple(known[one.step.appointment_id] for one in dates)


def _looked_at(
    connection: Connection,
    db: Database,
    one: PlannedDate,
    standing: Mapping[UUID, Appointment],
    moved: frozenset[UUID],
) -> tuple[Candidate, tuple[Violation, ...]]:
    was = standing.get(one.step.appointment_id)
    if isinstance(one.step, Book):
        candidate = candidate_of_book(one.step)
    elif was is None:
        raise NotFound(what="appointment")
    else:
        candidate = rough_candidate(was, one.step)
    facts = read_facts(connection, db, wanted_place(candidate, leaving=was), lock=False)
    if was is not None and isinstance(one.step, Update):
        candidate = candidate_of_update(was, one.step, facts.clinic)
    verdict = judge(
        candidate,
        facts.clinic,
        others=(row for row in facts.others if row.id not in moved),
        time_off=facts.time_off,
        blocks=facts.blocks,
        now=facts.now,
        was=was,
    )
    return candidate, verdict.violations


def _free_for_all(
    db: Database,
    one: PlannedDate,
    offered: Sequence[FreeSlot],
    besides: tuple[Mapping[UUID, Appointment], frozenset[UUID]],
) -> tuple[FreeSlot, ...]:
    """Return the free times against which no rule speaks: the patient too, whom the search does not know, is free."""
    with db.reading() as connection:
        steps = [(slot, replace(one, step=put_instead(one, slot))) for slot in offered]
        return tuple(slot for slot, there in steps if not _looked_at(connection, db, there, *besides)[1])


def _instead(
    db: Database, candidate: Candidate, clinic: Clinic, plan: Mapping[UUID, PlannedDate], moved: frozenset[UUID]
) -> tuple[FreeSlot, ...]:
    """Return free times instead, the best first; none that another date of the plan is to have."""
    wanted = Book(
        patient_id=candidate.patient_id or candidate.type_id,
        type_id=candidate.type_id,
        practitioner_id=candidate.practitioner_id,
        site_id=candidate.site_id,
        starts_at=candidate.starts_at,
        length_minutes=candidate.length_minutes,
    )
    kind = clinic.type(candidate.type_id)
    apart = timedelta(minutes=kind.buffer_before_minutes + kind.buffer_after_minutes)
    promised = [one.proposed for key, one in plan.items() if key != candidate.appointment_id]
    found = slots.alternatives(db, wanted, clinic, besides=moved)
    return tuple(
        one.slot
        for one in sorted(found, key=lambda one: _LIKED.index(one.kind))
        if all(one.slot.ends_at + apart <= begin or end + apart <= one.slot.starts_at for begin, end in promised)
    )


# --- booking ----------------------------------------------------------------------------------------------------------


def book(db: Database, command: BookSeries) -> tuple[Entry, ...]:
    """Book all dates of a series in one transaction, or none; return them by start.

    The commands say which dates tell the patient (`told_once`). Raises SeriesRefused with the date and why, NotFound,
    InvalidInput, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    if not 1 <= len(command.dates) <= MOST_DATES:
        raise InvalidInput(field="dates", expected=f"1 to {MOST_DATES} dates")
    checked = tuple(replace(one, book=_checked(one.book)) for one in command.dates)
    ids = [one.book.appointment_id for one in checked]
    return db.changing(
        command.operation_id,
        type(command).__name__,
        partial(_book, db, replace(command, dates=checked)),
        partial(_standing, ids),
    )


def _checked(command: Book) -> Book:
    checked_text("note", command.note)
    return replace(command, starts_at=checked_instant("starts_at", command.starts_at))


def _book(db: Database, command: BookSeries, connection: Connection) -> tuple[Entry, ...]:
    lock_places(connection, (wanted_place(candidate_of_book(one.book)) for one in command.dates))
    insert_series(connection, command.series)
    if command.joining is not None and not join_series(connection, command.joining, command.series):
        raise _not_joined(connection, command.joining[0], command.series.starts_on)
    booked = [_book_date(db, command.series.id, one, connection) for one in command.dates]
    told = {entry.id for entry in booked} | ({command.joining[0]} if command.joining else set())
    tell = any(one.book.tell_patient for one in command.dates)
    tell_of_dates(db, connection, command.series.id, told, tell=tell)
    booked = list(entries_by_id(connection, [entry.id for entry in booked]))
    return tuple(sorted(booked, key=lambda entry: (entry.appointment.starts_at, entry.id)))


def _not_joined(connection: Connection, appointment_id: UUID, day: date) -> Refused:
    standing = entries_by_id(connection, [appointment_id], erroneous=True)
    return SeriesRefused(day, Conflict(standing[0])) if standing else NotFound(what="appointment")


def _book_date(db: Database, series_id: UUID, one: SeriesDate, connection: Connection) -> Entry:
    try:
        return book_in(db, one.book, candidate_of_book(one.book), connection, of_series=(series_id, one.day))
    except Refused as cause:
        raise SeriesRefused(one.day, cause) from cause


# --- changing ---------------------------------------------------------------------------------------------------------


def change(db: Database, command: ChangeSeries) -> tuple[Entry, ...]:
    """Carry out changes of several dates in one transaction, or none; return the entries by start.

    Each carries the version the user saw. Raises SeriesRefused (its `cause` a Conflict if another desk was first),
    and as `book`.
    """
    if not 1 <= len(command.steps) <= MOST_DATES:
        raise InvalidInput(field="dates", expected=f"1 to {MOST_DATES} dates")
    ids = [step.appointment_id for step in command.steps]
    return db.changing(
        command.operation_id, type(command).__name__, partial(_change, db, command), partial(_standing, ids)
    )


def _change(db: Database, command: ChangeSeries, connection: Connection) -> tuple[Entry, ...]:
    ids = [step.appointment_id for step in command.steps]
    standing = {entry.id: entry for entry in entries_by_id(connection, ids, erroneous=True)}
    if any(row_id not in standing for row_id in ids):
        raise NotFound(what="appointment")
    lock_places(connection, (_place_of(step, standing[step.appointment_id].appointment) for step in command.steps))
    steps = sorted(command.steps, key=lambda step: _turn(step, standing[step.appointment_id].appointment))
    changed = [_change_date(db, step, standing[step.appointment_id], connection) for step in steps]
    tell = command.tell_patient or any(step.tell_patient for step in steps if not isinstance(step, SetStatus))
    for series_id, told in _to_tell_of(standing, changed).items():
        tell_of_dates(db, connection, series_id, told, tell=tell)
    return tuple(
        sorted(
            entries_by_id(connection, ids, erroneous=True), key=lambda entry: (entry.appointment.starts_at, entry.id)
        )
    )


def _place_of(step: Step, was: Appointment) -> Wanted:
    candidate = rough_candidate(was, step) if isinstance(step, Update) else candidate_of_appointment(was)
    return wanted_place(candidate, leaving=was)


def _turn(step: Step, was: Appointment) -> tuple[bool, timedelta]:
    """Return when a step has its turn: of those that move later the latest first, so that none is in another's way."""
    since = was.starts_at - datetime.fromtimestamp(0, UTC)
    if isinstance(step, Update) and not isinstance(step.starts_at, Unchanged) and step.starts_at > was.starts_at:
        return True, -since
    return False, since


def _to_tell_of(standing: Mapping[UUID, Entry], changed: Iterable[Entry]) -> dict[UUID, set[UUID]]:
    """Return the dates, by series, of which a patient is told something else by now: time, place, or whether."""
    found: dict[UUID, set[UUID]] = {}
    for entry in changed:
        was, now = standing[entry.id].appointment, entry.appointment
        is_news = (was.starts_at, was.site_id, was.status) != (now.starts_at, now.site_id, now.status)
        if is_news and now.series_id is not None:
            found.setdefault(now.series_id, set()).add(entry.id)
    return found


def _change_date(db: Database, step: Step, was: Entry, connection: Connection) -> Entry:
    day = was.appointment.series_day or was.appointment.wall_start.date()
    try:
        match step:
            case Update():
                starts_at = step.starts_at
                if not isinstance(starts_at, Unchanged):
                    step = replace(step, starts_at=checked_instant("starts_at", starts_at))
                return update_in(db, step, connection, together=True)
            case Cancel():
                return cancel_in(db, step, connection, together=True)
            case SetStatus():
                return set_status_in(db, step, connection, together=True)
            case Park():
                return park_in(db, step, connection, together=True)
    except Refused as cause:
        raise SeriesRefused(day, cause) from cause


def _standing(ids: Iterable[UUID], connection: Connection) -> tuple[Entry, ...]:
    return entries_by_id(connection, ids, erroneous=True)
