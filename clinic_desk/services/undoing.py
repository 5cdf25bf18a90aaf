"""Takes back what this desk did, and does it again: whole operations, read from the history, never over another desk.

What an operation wrote is taken back in the reverse of the order in which it was written, so that every step passes
through a state that stood before. The operation that does so names the one that it took back: that is all there is to
know for a redo, and after the program was started anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries import patients_apart as apart
from clinic_desk.database.queries import undo as queries
from clinic_desk.database.queries.away import lock_plan
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.recheck import keep_wall_times
from clinic_desk.database.queries.setup import set_links
from clinic_desk.domain.candidates import candidate_of_appointment
from clinic_desk.domain.commands import AUTOMATIC, Rule, Update
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.undoing import (
    TAKE_BACK,
    Hindrance,
    Ledger,
    NothingToTakeBack,
    NotTakenBack,
    TakenBack,
    changed_fields,
    ledger_of,
    moved_on,
    taken_back,
)
from clinic_desk.errors import Refused
from clinic_desk.services.asking import withdraw_in
from clinic_desk.services.booking_steps import rewrite_in, update_in
from clinic_desk.services.patients_merge import is_merge, merge_again_in, separate_in
from clinic_desk.services.placing import TAKEN, wanted_place
from clinic_desk.services.setup import saving
from clinic_desk.services.telling import tell_of_dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.patients_merge import Separated
    from clinic_desk.domain.records import Appointment
    from clinic_desk.domain.rules import Candidate
    from clinic_desk.domain.undoing import Mark, TakeBack

_STEP: Final = "taking_back"
_ABSENCES: Final = {
    "time_off": ("practitioner_id", "starts_at", "ends_at", "name"),
    "closure": ("site_id", "first_day", "last_day", "name"),
    "block": ("practitioner_id", "room_id", "starts_at", "ends_at", "name"),
}
_AS_IT_STOOD: Final = frozenset(Rule) - TAKEN - {Rule.TIME_OFF, Rule.CLOSURE, Rule.BLOCKED, Rule.PATIENT_BUSY}
"""What is not in the way of one that goes back to where it stood: only what may have come there since is."""
_CHOSEN: Final = frozenset({Rule.IN_THE_PAST})
"""What is not in the way of a time that was chosen instead."""


def ledger(db: Database) -> Ledger:
    """Return what this desk and person did last and can take back, or do again. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return ledger_of(queries.last_deeds(connection, db.desk.id))


def message_left(db: Database, mark: Mark) -> bool:
    """Whether a message of what an operation did has left, so that taking it back sends another. Raises as `ledger`."""
    with db.reading() as connection:
        found = queries.find(connection, db.desk.id, mark)
        return found is not None and queries.message_left(connection, found.id)


def take_back(db: Database, command: TakeBack) -> TakenBack:
    """Take an operation of this desk back in one transaction: all of it, but for what `leaving` names.

    A message that has not left is called back, one that has is followed by its correction. Raises NotTakenBack (what
    stood in the way, appointment by appointment: a Conflict where another desk changed it since), NothingToTakeBack,
    SetupConflict (an absence was changed since), PatientConflict (records were merged or separated on), NotAllowed,
    DatabaseDown, Busy, OutcomeUnknown: nothing was done then.
    """
    return db.changing(command.operation_id, TAKE_BACK, partial(_take_back, db, command), partial(_taken, command))


def _take_back(db: Database, command: TakeBack, connection: Connection) -> TakenBack:
    operation = queries.find(connection, db.desk.id, command.mark)
    if operation is None:
        raise NothingToTakeBack
    rows = queries.written(connection, operation.id)
    separated = None
    if any(row.table == "patient" for row in rows):
        separated = _put_records_back(connection, operation.id)
    else:
        _put_absences_back(connection, rows)
        _put_pairs_back(connection, rows)
        _withdraw_offers(connection, rows)
        work = _Work(db, connection, operation, command)
        work.do([row for row in rows if row.table == "appointment" and row.id not in command.leaving])
    queries.write(connection, operation.id, command.operation_id)
    return replace(_taken(command, connection), separated=separated)


def _put_records_back(connection: Connection, operation_id: UUID) -> Separated | None:
    """Make two records of what a merge made one of, or one of what a separation made two of."""
    if is_merge(connection, operation_id):
        return separate_in(operation_id, connection)
    merge_again_in(operation_id, connection)
    return None


def _taken(command: TakeBack, connection: Connection) -> TakenBack:
    rows = queries.written(connection, command.operation_id)
    ids = [row.id for row in rows if row.table == "appointment"]
    entries = entries_by_id(connection, ids, erroneous=True)
    return TakenBack(entries, command.operation_id)


def _put_pairs_back(connection: Connection, rows: Iterable[queries.Written]) -> None:
    """Forget a pair of records that was kept apart, or remember it again; what another desk did alike stays."""
    for row in rows:
        if row.table != "two_people":
            continue
        image = row.after or row.before or {}
        one_id, other_id = UUID(image["one_id"]), UUID(image["other_id"])
        if row.before is None:
            apart.remove(connection, one_id, other_id)
        else:
            apart.add(connection, row.id, one_id, other_id)


def _put_absences_back(connection: Connection, rows: Iterable[queries.Written]) -> None:
    for row in rows:
        columns = _ABSENCES.get(row.table)
        if columns is None:
            continue
        version = _version_of_absence(connection, row, columns)
        if row.before is None:
            saving.erase(connection, row.table, row.id, version)
        else:
            values: dict[str, Any] = {name: row.before[name] for name in columns}
            saving.write(connection, row.table, row.id, version, values)
    for block_id, type_ids in _types_of_blocks(connection, rows).items():
        set_links(connection, "block_type", ("block_id", block_id), "type_id", type_ids)


def _version_of_absence(connection: Connection, row: queries.Written, columns: Iterable[str]) -> int:
    """Return the version over which it is put back: it stands as the operation left it. 0: it is gone since then."""
    if row.after is None:
        return 0
    now = queries.image_of(connection, row.table, row.id)
    if now is None or any(_instant(now[name]) != _instant(row.after[name]) for name in columns):
        raise saving.conflict(connection, row.table, row.id)
    return int(now["version"])


def _instant(value: Any) -> Any:
    """Two spellings of one instant are the same."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) and "T" in value else value
    except ValueError:
        return value


def _types_of_blocks(connection: Connection, rows: Iterable[queries.Written]) -> dict[UUID, frozenset[UUID]]:
    """Return for each block that is there again for which types it was kept, if that was changed."""
    links = [row for row in rows if row.table == "block_type"]
    blocks = {row.id: row for row in rows if row.table == "block"}
    changed = {UUID(str((row.before or row.after or {})["block_id"])) for row in links}
    found: dict[UUID, frozenset[UUID]] = {}
    for block_id in changed:
        if block_id in blocks and blocks[block_id].before is None:
            continue  # it was added, and is gone with what belonged to it
        now = queries.types_of_block(connection, block_id)
        added = {UUID(str(row.after["type_id"])) for row in links if row.before is None and row.after is not None}
        removed = {UUID(str(row.before["type_id"])) for row in links if row.after is None and row.before is not None}
        found[block_id] = frozenset(now - added | removed)
    return found


def _withdraw_offers(connection: Connection, rows: Iterable[queries.Written]) -> None:
    """End the rounds of offers that were begun; what has been withdrawn is begun anew by hand, if at all."""
    for row in rows:
        if row.table == "offer_round" and (row.before is not None or not withdraw_in(connection, row.id)):
            raise NothingToTakeBack


class _Work:
    """One operation being taken back, within a transaction that is open."""

    def __init__(self, db: Database, connection: Connection, operation: queries.Operation, command: TakeBack) -> None:
        self._db = db
        self._connection = connection
        self._operation = operation
        self._command = command
        self._tell = False
        self._together: frozenset[UUID] = frozenset()

    def do(self, rows: list[queries.Written]) -> None:
        """Write each appointment as it was, or raise NotTakenBack with all that stood in the way."""
        ids = [row.id for row in rows]
        standing = {entry.id: entry for entry in entries_by_id(self._connection, ids, erroneous=True)}
        self._together = frozenset(ids)
        self._tell = queries.told_since(self._connection, ids, self._operation.began_at)
        targets = {row.id: self._target(row, standing[row.id]) for row in rows}
        self._lock(standing, targets)
        keep_wall_times(self._connection)
        hindrances = [found for row in rows if (found := self._step(row, standing[row.id], targets[row.id]))]
        if hindrances:
            raise NotTakenBack(tuple(hindrances), len(rows))
        self._tell_of_series(standing)

    def _target(self, row: queries.Written, seen: Entry) -> Appointment:
        if self._command.instead is not None and self._command.instead.id == row.id:
            return self._command.instead
        before, after = _images(row)
        # Of a date of a series she is told with the others, whatever its status.
        known = before is None and seen.appointment.series_id is None and queries.knows(self._connection, after)
        return taken_back(before, after, seen.appointment, knows=known)

    def _lock(self, standing: Mapping[UUID, Entry], targets: Mapping[UUID, Appointment]) -> None:
        places = [
            wanted_place(self._candidate(target), leaving=standing[row_id].appointment)
            for row_id, target in targets.items()
        ]
        lock_plan(self._connection, None, (), places)

    def _step(self, row: queries.Written, seen: Entry, target: Appointment) -> Hindrance | None:
        """Write one; what refuses it leaves the others to be looked at too."""
        before, after = _images(row)
        self._connection.exec_driver_sql(f"SAVEPOINT {_STEP}")
        cause: Refused | None = None
        try:
            if self._is_crossed(row, before, after, seen):
                raise Conflict(seen)  # told as one that is met while it is written
            changes_status = target.status is not seen.appointment.status
            queries.restore_times(self._connection, row.first if changes_status else None)
            self._write(seen, target)
        except Refused as found:
            self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_STEP}")
            cause = found
        self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {_STEP}")
        if cause is None:
            return None
        if isinstance(cause, RuleViolation):
            cause = self._taken_by(cause)
        target = replace(target, version=seen.appointment.version)
        return Hindrance(Entry(after, seen.patient), taken_back(before, after, after), target, cause)

    def _taken_by(self, found: RuleViolation) -> Refused:
        """Return that the time is somebody else's by now, where nothing but that is in the way."""
        who = {row.by for row in found.violations if row.rule is Rule.SLOT_TAKEN}
        if not who or any(row.rule is not Rule.SLOT_TAKEN for row in found.violations):
            return found
        entries = entries_by_id(self._connection, [row_id for row_id in who if row_id is not None])
        return SlotTaken(entries[0]) if entries else found

    def _is_crossed(self, row: queries.Written, before: Appointment | None, after: Appointment, seen: Entry) -> bool:
        now, decided = seen.appointment, self._command.instead
        if decided is not None and decided.id == row.id:
            return now.version != decided.version
        if now.version == after.version:
            return False
        others = queries.changed_by_others(self._connection, self._db.desk.id, row.id, after.version)
        return moved_on(before, after, now, by_others=others)

    def _write(self, seen: Entry, target: Appointment) -> None:
        """Make an appointment what it is to be: first its place, behind all locks and against all who stand there."""
        was = seen.appointment
        elsewhere = bool(changed_fields(was, target) - {"status", "present"})
        if target.status.occupies_time and (elsewhere or not was.status.occupies_time):
            seen = self._put(was, target)
            was = seen.appointment
            if self._command.elsewhere:
                target = replace(target, answer=was.answer)
        row = _besides(was, target)
        if row != was:
            says = {AppointmentStatus.BOOKED, AppointmentStatus.ENTERED_IN_ERROR}
            relevant = was.status is not row.status and bool(says & {was.status, row.status})
            tell = (self._tell or self._command.elsewhere) and row.status is not AppointmentStatus.ENTERED_IN_ERROR
            rewrite_in(self._db, self._connection, seen, row, relevant=relevant, tell=tell, together=True)

    def _candidate(self, target: Appointment) -> Candidate:
        found = candidate_of_appointment(target)
        return replace(found, room_id=AUTOMATIC, device_id=AUTOMATIC) if self._command.elsewhere else found

    def _put(self, was: Appointment, target: Appointment) -> Entry:
        """Give it its place: the one that it had, or one that was chosen because that is taken."""
        beside = queries.stood_beside(self._connection, self._db.desk.id, target, self._operation.at)
        update = _update(was, target, beside | self._together | self._command.beside, tell=self._tell)
        agreed, forgiven = (target.wall_start, target.zone), _AS_IT_STOOD
        if self._command.elsewhere:
            update = replace(update, room_id=AUTOMATIC, device_id=AUTOMATIC, beside=frozenset(), tell_patient=True)
            return update_in(self._db, update, self._connection, together=True, forgiven=_CHOSEN)
        return update_in(self._db, update, self._connection, agreed=agreed, together=True, forgiven=forgiven)

    def _tell_of_series(self, standing: Mapping[UUID, Entry]) -> None:
        """Tell of all dates of a series in one message."""
        series: dict[UUID, set[UUID]] = {}
        for now in entries_by_id(self._connection, standing, erroneous=True):
            was, row = standing[now.id].appointment, now.appointment
            is_news = (was.starts_at, was.site_id, was.status) != (row.starts_at, row.site_id, row.status)
            if is_news and row.series_id is not None:
                series.setdefault(row.series_id, set()).add(now.id)
        for series_id, changed in series.items():
            tell = self._tell or self._command.elsewhere
            tell_of_dates(self._db, self._connection, series_id, changed, tell=tell)


def _images(row: queries.Written) -> tuple[Appointment | None, Appointment]:
    """Return an appointment before an operation and after it; appointments are never deleted."""
    assert row.after is not None
    before = None if row.before is None else queries.appointment_of(row.before)
    return before, queries.appointment_of(row.after)


def _update(was: Appointment, target: Appointment, beside: frozenset[UUID], *, tell: bool) -> Update:
    """Return the change to the place that is meant; what was accepted there is accepted still."""
    known = {rule.value for rule in Rule}
    accepted = frozenset(Rule(rule) for rule in target.overruled if rule in known) | {Rule.SLOT_TAKEN}
    return Update(
        was.id,
        was.version,
        starts_at=target.starts_at,
        length_minutes=int(target.length.total_seconds() // 60),
        practitioner_id=target.practitioner_id,
        site_id=target.site_id,
        room_id=target.room_id,
        type_id=target.type_id,
        patient_id=target.patient_id,
        note=target.note,
        device_id=target.device_id,
        reinstate=not was.status.occupies_time,
        overrule=accepted,
        beside=beside,
        tell_patient=tell,
    )


def _besides(was: Appointment, target: Appointment) -> Appointment:
    """Return the row as it is to be, in the place that it has: one that holds time keeps what was judged there."""
    row = replace(
        was,
        status=target.status,
        cancellation_reason=target.cancellation_reason,
        answer=target.answer,
        series_id=target.series_id,
        series_day=target.series_day,
        present_room_id=target.present_room_id,
    )
    if target.status.occupies_time:
        return row
    return replace(target, version=was.version)
