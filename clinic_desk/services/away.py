"""Doctor away: reads whom an absence hits and free times for each, and carries the plan out in one transaction, or not.

The absence, every move and its message are one change: all of it stands, or none. What another desk did meanwhile is
told row by row, so that only those rows are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries.away import entries_hit, is_covered, lock_plan, visits_of
from clinic_desk.database.queries.calendar import absences_between, holds_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.setup import read_record
from clinic_desk.database.queries.slots import Asked, taken_between
from clinic_desk.domain.agendas import Occupied
from clinic_desk.domain.away import (
    Around,
    AwayRefused,
    CarriedOut,
    CarryOut,
    Proposal,
    Trouble,
    away_of,
    kept_away,
    proposals,
    singles_of,
)
from clinic_desk.domain.candidates import candidate_of_appointment
from clinic_desk.domain.commands import Park, Unchanged
from clinic_desk.domain.records import Closure, RoomKind, TimeOff
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import SaveTimeOff
from clinic_desk.domain.wall import day_bounds, local_day
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services.booking_steps import park_in, rough_candidate, update_in
from clinic_desk.services.placing import checked_instant, wanted_place
from clinic_desk.services.setup import absences, saving

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.database.queries.booking import Wanted
    from clinic_desk.domain.availability import FreeSlot
    from clinic_desk.domain.away import Absence, Away, Saving, Single, Step
    from clinic_desk.domain.records import Clinic, Entry

DAYS_LOOKED: Final = 42
"""So many days after an absence a new time is looked for."""
MOST: Final = 2000
"""So many patients are moved at once; a closure that hits more is entered in parts."""
_DAY: Final = timedelta(days=1)
_STEP: Final = "away_step"


@dataclass(frozen=True, slots=True)
class Looked:
    """Whom an absence hits, with what is proposed for each; `covered`: the practitioner is entered as away already."""

    away: Away
    clinic: Clinic
    proposals: tuple[Proposal, ...]
    covered: bool = False


def look(db: Database, save: Saving, kept: Mapping[UUID, FreeSlot] | None = None) -> Looked:
    """Return who is booked while `save` would keep a doctor or site, and free times for each; nothing is locked.

    `kept`: times that are chosen already, by appointment; none of them is proposed to anybody else. One snapshot, at
    most nine statements. Raises NotFound (the practitioner or site), InvalidInput (more than `MOST` are hit),
    DatabaseDown, Busy.
    """
    with db.reading() as connection:
        clinic = clinic_record(connection)
        try:
            away = away_of(save, clinic)
        except KeyError:
            raise NotFound(what="site") from None
        hit = entries_hit(connection, away)
        covered = is_covered(connection, away)
        if not hit:
            return Looked(away, clinic, (), covered)
        if len(hit) > MOST:
            raise InvalidInput(field="patients", expected=f"an absence that hits at most {MOST} of them")
        around = _around(connection, db, clinic, away, hit)
    return Looked(away, clinic, proposals(hit, around, kept), covered)


def _around(connection: Connection, db: Database, clinic: Clinic, away: Away, hit: tuple[Entry, ...]) -> Around:
    zones = sorted({clinic.site(entry.appointment.site_id).zone for entry in hit})
    rows = [entry.appointment for entry in hit]
    ends = [end for begin, end in away.spans if any(row.starts_at < end and begin < row.ends_at for row in rows)]
    last = max(local_day(max(ends), zone) for zone in zones) + _DAY * DAYS_LOOKED
    bounds = _bounds(zones, min(entry.appointment.wall_start.date() for entry in hit), last)
    ids = [entry.id for entry in hit]
    time_off, blocks = absences_between(connection, *bounds)
    now, holds = holds_between(connection, *bounds, db.desk.id)
    gap = min(_footprint_minutes(entry) for entry in hit)
    taken = taken_between(connection, bounds, _asked(clinic, hit), shortest_gap_minutes=gap, besides=ids)
    held = tuple(
        Occupied(hold.practitioner_id, int(hold.starts_at.timestamp()), int(hold.ends_at.timestamp())) for hold in holds
    )
    visits = visits_of(connection, {entry.patient.id for entry in hit}, bounds, ids)
    return Around(clinic, (*taken, *held), time_off, blocks, visits, now, last).without(away)


def _bounds(zones: Iterable[str], first: date, last: date) -> tuple[datetime, datetime]:
    """Return what to read for some days: one more on either side, for what stands there may reach in."""
    zones = tuple(zones)
    return (
        min(day_bounds(first - _DAY, zone)[0] for zone in zones),
        max(day_bounds(last + _DAY, zone)[1] for zone in zones),
    )


def _footprint_minutes(entry: Entry) -> int:
    begin, end = entry.appointment.footprint
    return int((end - begin).total_seconds()) // 60


def _asked(clinic: Clinic, hit: Iterable[Entry]) -> Asked:
    kinds = [clinic.type(key) for key in {entry.appointment.type_id for entry in hit}]
    people = {person for kind in kinds for person in kind.practitioner_ids}
    sites = {entry.appointment.site_id for entry in hit}
    rooms = [room for room in clinic.rooms if room.active and room.site_id in sites]
    return Asked(
        tuple(sorted(people)),
        tuple(room.id for room in rooms if room.kind is RoomKind.ROOM and room.capacity == 1),
        tuple(room.id for room in rooms if room.kind is RoomKind.DEVICE and room.capacity == 1),
        tuple(room.id for room in rooms if room.capacity > 1),
    )


# --- carrying out -----------------------------------------------------------------------------------------------------


def carry_out(db: Database, command: CarryOut) -> CarriedOut:
    """Save the absence and move everybody as planned, in one transaction; return what stands.

    Raises AwayRefused (who could not be moved and why, and who was booked then since it was looked), SetupConflict
    (the absence itself was changed), InvalidInput, NotFound, NotAllowed, DatabaseDown, Busy, OutcomeUnknown: nothing
    was done then.
    """
    steps = _checked(command.steps)
    ids = [step.appointment_id for step in steps]
    work = partial(_carry_out, db, replace(command, steps=steps))
    return db.changing(command.operation_id, type(command).__name__, work, partial(_carried, command.save, ids))


def _checked(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if len(steps) > MOST:
        raise InvalidInput(field="patients", expected=f"at most {MOST} of them at once")
    return tuple(_checked_step(step) for step in steps)


def _checked_step(step: Step) -> Step:
    if isinstance(step, Park) or isinstance(step.starts_at, Unchanged):
        return step
    return replace(step, starts_at=checked_instant("starts_at", step.starts_at))


def _carry_out(db: Database, command: CarryOut, connection: Connection) -> CarriedOut:
    away, save = command.away, command.save
    standing = _locked(connection, command.steps, away)
    _write(connection, singles_of(save))
    changed, troubles = _do(db, connection, command.steps, standing)
    known = {*(step.appointment_id for step in command.steps), *command.left}
    came = tuple(entry for entry in entries_hit(connection, away) if entry.id not in known)
    if troubles or came:
        raise AwayRefused(troubles, came)
    return CarriedOut(_by_start(changed), _absences(connection, save))


def _locked(connection: Connection, steps: Iterable[Step], away: Away) -> dict[UUID, Entry]:
    """Lock every place that is left and taken, and the absence, and return how the appointments stand."""
    steps = tuple(steps)
    ids = [step.appointment_id for step in steps]
    standing = {entry.id: entry for entry in entries_by_id(connection, ids, erroneous=True)}
    if any(row_id not in standing for row_id in ids):
        raise NotFound(what="appointment")
    who = {entry.appointment.practitioner_id for entry in standing.values()}
    who |= kept_away(away, clinic_record(connection))
    lock_plan(connection, away, who, (_place(step, standing[step.appointment_id]) for step in steps))
    return standing


def _place(step: Step, was: Entry) -> Wanted:
    row = was.appointment
    candidate = candidate_of_appointment(row) if isinstance(step, Park) else rough_candidate(row, step)
    return wanted_place(candidate, leaving=row)


def _do(
    db: Database, connection: Connection, steps: Iterable[Step], standing: Mapping[UUID, Entry]
) -> tuple[list[Entry], tuple[Trouble, ...]]:
    """Carry out each step by itself, so that one that is refused leaves the others to be looked at too."""
    changed: list[Entry] = []
    troubles: list[Trouble] = []
    for step in sorted(steps, key=lambda step: standing[step.appointment_id].appointment.starts_at):
        connection.exec_driver_sql(f"SAVEPOINT {_STEP}")
        try:
            changed.append(_change(db, step, connection))
        except Refused as cause:
            connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_STEP}")
            troubles.append(Trouble(step.appointment_id, cause))
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {_STEP}")
    return changed, tuple(troubles)


def _change(db: Database, step: Step, connection: Connection) -> Entry:
    return park_in(db, step, connection) if isinstance(step, Park) else update_in(db, step, connection)


def _carried(save: Saving | None, ids: Iterable[UUID], connection: Connection) -> CarriedOut:
    return CarriedOut(_entries(ids, connection), _absences(connection, save))


def _entries(ids: Iterable[UUID], connection: Connection) -> tuple[Entry, ...]:
    return _by_start(entries_by_id(connection, ids, erroneous=True))


def _write(connection: Connection, rows: Iterable[Single]) -> None:
    for row in rows:
        table, values = absences.row_of(row)
        saving.write(connection, table, row.id, row.version, values)


def _absences(connection: Connection, save: Saving | None) -> tuple[Absence, ...]:
    table = "time_off" if isinstance(save, SaveTimeOff) else "closure"
    found = [read_record(connection, table, row.id) for row in singles_of(save)]
    return tuple(row for row in found if isinstance(row, TimeOff | Closure))


def _by_start(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.appointment.starts_at, entry.id)))
