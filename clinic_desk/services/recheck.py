"""Checks appointments to come against the clinic as it is now, and puts those back whose clock time was shifted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries.calendar import absences_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.recheck import booked_after, clock, not_told_yet
from clinic_desk.database.queries.recheck import keep_wall_times as allow_kept_times
from clinic_desk.database.queries.series import lock_places
from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.recheck import MOST_AT_ONCE, Misfit, NotKept, in_turn, misfits
from clinic_desk.domain.refusals import NotFound
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services.booking_steps import rough_candidate, update_in
from clinic_desk.services.placing import TAKEN, checked_instant, wanted_place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.recheck import KeepWallTimes, KeptTime
    from clinic_desk.domain.records import Appointment, Clinic, Entry

SOME: Final = 2_000
"""So many are looked at in one snapshot: whoever waits for the query lane meanwhile waits for no more."""
_BEFORE_ALL: Final = UUID(int=0)
_FORGIVEN: Final = frozenset(Rule) - TAKEN
"""Where it was agreed to be, only those who stand there are in the way, and no rule."""


@dataclass(frozen=True, slots=True)
class Found:
    """One appointment that no longer fits, with its patient. `id` is the appointment's."""

    misfit: Misfit
    entry: Entry

    @property
    def id(self) -> UUID:
        """The appointment's id."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class Looked:
    """A part of the check: what no longer fits among `number` appointments. `clinic`: as it was read for it.

    `goes_on_after`: give it to `look` for the next part; None: that was the last.
    """

    found: tuple[Found, ...]
    number: int
    clinic: Clinic
    goes_on_after: tuple[datetime, UUID] | None


def look(
    db: Database, clinic: Clinic | None = None, *, after: tuple[datetime, UUID] | None = None, some: int = SOME
) -> Looked:
    """Look at the next `some` appointments that are booked and to come, all of them part by part.

    At most four statements and, without `clinic`, one to read it; one snapshot. Raises DatabaseDown, Busy.
    """
    with db.reading() as connection:
        clinic = clinic or clinic_record(connection)
        now = clock(connection)
        rows = booked_after(connection, after or (now, _BEFORE_ALL), some)
        if not rows:
            return Looked((), 0, clinic, None)
        time_off, blocks = absences_between(connection, rows[0].starts_at, max(row.ends_at for row in rows))
        unfit = misfits(rows, clinic, time_off=time_off, blocks=blocks, now=now)
        entries = {entry.id: entry for entry in entries_by_id(connection, [one.appointment.id for one in unfit])}
    last = rows[-1]
    return Looked(
        tuple(
            Found(replace(one, appointment=entries[one.appointment.id].appointment), entries[one.appointment.id])
            for one in unfit
            if one.appointment.id in entries
        ),
        len(rows),
        clinic,
        (last.starts_at, last.id) if len(rows) == some else None,
    )


def look_at_all(db: Database) -> Looked:
    """Look at all appointments to come, part by part; raises as `look`."""
    part = look(db)
    found, number = part.found, part.number
    while part.goes_on_after is not None:
        part = look(db, part.clinic, after=part.goes_on_after)
        found, number = found + part.found, number + part.number
    return Looked(found, number, part.clinic, None)


def keep_wall_times(db: Database, command: KeepWallTimes) -> tuple[Entry, ...]:
    """Put appointments at other instants in one transaction, or none of them; return the entries by start.

    Rooms and devices stay, and no rule is in the way: what breaks one there did so before. Nobody is told, for the
    clocks show what was agreed; but a confirmation that has not left is planned anew, as reminders are. Raises NotKept
    (its `cause` a Conflict if another desk was first, SlotTaken if the place is taken), NotFound, InvalidInput,
    NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    if not 1 <= len(command.steps) <= MOST_AT_ONCE:
        raise InvalidInput(field="appointments", expected=f"1 to {MOST_AT_ONCE} appointments")
    ids = [step.appointment_id for step in command.steps]
    return db.changing(
        command.operation_id, type(command).__name__, partial(_keep, db, command), partial(_standing, ids)
    )


def _keep(db: Database, command: KeepWallTimes, connection: Connection) -> tuple[Entry, ...]:
    ids = [step.appointment_id for step in command.steps]
    standing = {entry.id: entry for entry in _standing(ids, connection)}
    if any(row_id not in standing for row_id in ids):
        raise NotFound(what="appointment")
    telling = not_told_yet(connection, ids)
    rows = [entry.appointment for entry in standing.values()]
    # Who was squeezed in may be met on the way, or stand there first: they are beside each other again.
    beside = frozenset(ids) if any(row.squeezed_in for row in rows) else frozenset[UUID]()
    steps = {step.appointment_id: step for step in command.steps}
    updates = {row.id: _update(steps[row.id], row, beside, tell=row.id in telling) for row in rows}
    lock_places(connection, (wanted_place(rough_candidate(row, updates[row.id]), leaving=row) for row in rows))
    allow_kept_times(connection)
    order = in_turn(rows, frozenset(row.id for row in rows if steps[row.id].starts_at > row.starts_at))
    changed = [_keep_one(db, updates[key], standing[key], connection) for key in order]
    return tuple(sorted(changed, key=lambda entry: (entry.appointment.starts_at, entry.id)))


def _update(step: KeptTime, was: Appointment, beside: frozenset[UUID], *, tell: bool) -> Update:
    """Return the change; what was accepted when it was booked is accepted still."""
    accepted = frozenset(Rule(rule) for rule in was.overruled if rule in set(Rule)) - {Rule.SLOT_TAKEN}
    return Update(
        step.appointment_id,
        step.version,
        starts_at=checked_instant("starts_at", step.starts_at),
        room_id=was.room_id,
        device_id=was.device_id,
        overrule=accepted | {Rule.SLOT_TAKEN} if beside else accepted,
        beside=beside,
        tell_patient=tell,
    )


def _keep_one(db: Database, update: Update, was: Entry, connection: Connection) -> Entry:
    try:
        return update_in(db, update, connection, forgiven=_FORGIVEN)
    except Refused as cause:
        raise NotKept(was, cause) from cause


def _standing(ids: Iterable[UUID], connection: Connection) -> tuple[Entry, ...]:
    return entries_by_id(connection, ids, erroneous=True)
