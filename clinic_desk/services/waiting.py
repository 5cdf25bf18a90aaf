"""The waiting list: who wishes to come sooner, whom a gap fits, and a patient who waits booked into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.database.queries import waiting as queries
from clinic_desk.database.queries.asking import lock_rounds_of, taken_at_desk
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.patients import merged_target
from clinic_desk.domain.commands import Update
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.domain.rules import candidate_of_book
from clinic_desk.domain.waiting import Closing, Offer, TakeGap, WishConflict, best_for, checked_wish
from clinic_desk.domain.waiting_gap import gap_around, starts_in
from clinic_desk.domain.wall import local_day
from clinic_desk.services.booking_steps import book_in, standing_entry, update_in
from clinic_desk.services.placing import checked_instant, checked_text
from clinic_desk.services.slots import day_as_it_is

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic, Entry
    from clinic_desk.domain.waiting import AddWish, ChangeWish, CloseWish, NotTaken, Waiting

CLOSED_DAYS = 30
"""For so long the list still shows who waits no longer, if that is asked for."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Time [starts_at, ends_at) of a practitioner at a site that an appointment had and has no more."""

    practitioner_id: UUID
    site_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A patient who waited has her time. `before`: the appointment as it stood if one was moved forward.

    It is None too when the answer to COMMIT was lost and the change was found to stand already.
    """

    before: Entry | None
    after: Entry


def waiting(db: Database) -> tuple[Waiting, ...]:
    """Return who waits, the longest first, and who does no longer since `CLOSED_DAYS`. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries.wishes(connection, CLOSED_DAYS)


def freed_by(db: Database, changes: Iterable[tuple[UUID, int]]) -> tuple[Freed, ...]:
    """Return the times that changes of appointments (id, version) left free; none if nobody waits. One statement."""
    with db.reading() as connection:
        return tuple(Freed(*row) for row in queries.freed_by(connection, changes))


def offer_for(db: Database, freed: Freed, clinic: Clinic) -> Offer | None:
    """Return the gap around a time that became free and whom it fits, the best first; None if it is no gap any more.

    Holds of other desks count as taken, not what is offered by message. Four statements, one snapshot. Raises
    DatabaseDown, Busy.
    """
    zone = clinic.site(freed.site_id).zone
    day = local_day(freed.starts_at, zone)
    with db.reading() as connection:
        prepared, now = day_as_it_is(connection, db.desk.id, clinic, freed.practitioner_id, (day, day), offered=True)
        gap = gap_around(prepared, freed.practitioner_id, freed.site_id, (freed.starts_at, freed.ends_at), now)
        if gap is None:
            return None
        who = queries.waiting_for(connection, gap.practitioner_id, gap.site_id, (gap.starts_at, gap.ends_at))
    kinds = {kind.id: kind for kind in clinic.types if kind.active and gap.practitioner_id in kind.practitioner_ids}
    return Offer(gap, best_for(gap, who, starts_in(prepared, gap, now), kinds), now)


def add_wish(db: Database, command: AddWish) -> Waiting:
    """Put a patient on the waiting list. Raises InvalidInput, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.

    PatientConflict if the record was merged into another one (`now`).
    """
    wish = checked_wish(command.wish)
    checked_text("note", wish.note)

    def work(connection: Connection) -> Waiting:
        queries.insert_wish(connection, wish)
        added = _standing(wish.id, connection)
        if added.patient.merged_into is not None:
            raise PatientConflict(*merged_target(connection, added.patient.id))
        return added

    return db.changing(command.operation_id, "AddWish", work, partial(_standing, wish.id))


def change_wish(db: Database, command: ChangeWish) -> Waiting:
    """Write what a patient wishes. Raises as `add_wish`, NotFound, and WishConflict: another desk was first."""
    wish = checked_wish(command.wish)
    checked_text("note", wish.note)

    def work(connection: Connection) -> Waiting:
        return _written(connection, wish.id, done=queries.update_wish(connection, wish))

    return db.changing(command.operation_id, "ChangeWish", work, partial(_standing, wish.id))


def close_wish(db: Database, command: CloseWish) -> Waiting:
    """Take a patient off the waiting list. Raises as `change_wish`."""

    def work(connection: Connection) -> Waiting:
        done = queries.close_wish(connection, (command.wish_id, command.version), command.reason)
        return _written(connection, command.wish_id, done=done)

    return db.changing(command.operation_id, "CloseWish", work, partial(_standing, command.wish_id))


def not_taken(db: Database, command: NotTaken) -> Waiting:
    """Note that a patient was offered a time and did not take it, or was not reached. Raises as `change_wish`."""

    def work(connection: Connection) -> Waiting:
        done = queries.note_asked(connection, (command.wish_id, command.version))
        return _written(connection, command.wish_id, done=done)

    return db.changing(command.operation_id, "NotTaken", work, partial(_standing, command.wish_id))


def take_gap(db: Database, command: TakeGap) -> Taken:
    """Book a patient who waits, or move her appointment forward, and close her wish, in one transaction.

    Raises as `booking.book` and `booking.update`, and WishConflict: then nothing is booked.
    """
    booking = command.booking
    starts_at = checked_instant("starts_at", booking.starts_at)  # type: ignore[arg-type]  # a gap has a start
    command = replace(command, booking=replace(booking, starts_at=starts_at))
    return db.changing(
        command.operation_id,
        "TakeGap",
        partial(_take, db, command),
        lambda connection: Taken(None, standing_entry(command.appointment_id, connection)),
    )


def _take(db: Database, command: TakeGap, connection: Connection) -> Taken:
    booking, before = command.booking, None
    rounds = lock_rounds_of(connection, command.wish_id)
    if isinstance(booking, Update):
        before = next(iter(entries_by_id(connection, [booking.appointment_id])), None)
        after = update_in(db, booking, connection)
    else:
        after = book_in(db, booking, candidate_of_book(booking), connection)
    closed = queries.close_wish(
        connection,
        (command.wish_id, command.version),
        Closing.BOOKED,
        booked=after.id,
        moved_from=None if before is None else before.appointment.starts_at,
    )
    if not closed:
        raise WishConflict(_standing(command.wish_id, connection))
    taken_at_desk(connection, command.wish_id, rounds, after.id)
    return Taken(before, after)


def _written(connection: Connection, wish_id: UUID, *, done: bool) -> Waiting:
    now = _standing(wish_id, connection)
    if not done:
        raise WishConflict(now)
    return now


def _standing(wish_id: UUID, connection: Connection) -> Waiting:
    found = queries.wish_by_id(connection, wish_id)
    if found is None:
        raise NotFound(what="wish")
    return found
