"""Makes one record of two that are one person's, and two of them again, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries import patients_merge as queries
from clinic_desk.database.queries.patients import merged_target, patient_with_change, update_patient
from clinic_desk.database.queries.patients_apart import apart_among
from clinic_desk.domain.patients import LIKELY, likeness
from clinic_desk.domain.patients_merge import FIELDS, Merged, Separated, overlapping
from clinic_desk.domain.records import AdministrativeGender, Channel
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.patients import validate_patient
from clinic_desk.services.restricted import opened_by_right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.patients_merge import MergePatients, SeparatePatients
    from clinic_desk.domain.records import Entry, Patient


_CANDIDATES: Final = 2_000
LIKELY_PARTS: Final = len(queries.PARTS)


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two records that are likely one person's; `likeness`: as `domain.patients` measures it.

    `apart`: somebody looked, and they are two people's.
    """

    one: Patient
    other: Patient
    likeness: float
    apart: bool = False

    @property
    def key(self) -> frozenset[UUID]:
        """Which two they are."""
        return frozenset({self.one.id, self.other.id})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records side by side. `coming`: appointments to come of both; `overlaps`: those that are at one time."""

    one: Patient
    other: Patient
    coming: tuple[Entry, ...] = ()
    overlaps: tuple[tuple[Entry, Entry], ...] = ()


def look_at_pair(db: Database, one_id: UUID, other_id: UUID) -> Pair:
    """Return two records as they stand. Raises NotFound, InvalidInput (one and the same, or merged already).

    What is restricted is opened for it, which is written down; NotAllowed without the right.
    """
    with db.reading() as connection:
        one, other = (merged_target(connection, each)[0] for each in (one_id, other_id))
        if one.id == other.id:
            raise InvalidInput(field="patient", expected="two different records")
        coming = queries.to_come_of(connection, (one.id, other.id))
    return Pair(opened_by_right(db, one), opened_by_right(db, other), coming, overlapping(coming))


def likely_pairs(db: Database, number: int) -> tuple[LikelyPair, ...]:
    """Return what a part (its number, below `LIKELY_PARTS`) of looking through all patients finds, in no order."""
    with db.reading() as connection:
        pairs = queries.pairs_alike(connection, queries.PARTS[number], _CANDIDATES)
        apart = apart_among(connection, {each.id for pair in pairs for each in pair}) if pairs else frozenset()
    scored = (
        LikelyPair(one, other, likeness(one, other), frozenset((one.id, other.id)) in apart) for one, other in pairs
    )
    return tuple(pair for pair in scored if pair.likeness >= LIKELY)


def merge_patients(db: Database, command: MergePatients) -> Merged:
    """Make the double lead to the kept record, which gets all that was the double's.

    Raises PatientConflict (either was changed, or merged, since the user saw it), NotFound, InvalidInput.
    """
    kept = validate_patient(command.kept)
    if kept.id == command.double_id:
        raise InvalidInput(field="patient", expected="two different records")

    def work(connection: Connection) -> Merged:
        found = queries.lock_both(connection, kept.id, command.double_id)
        for patient_id, version in ((kept.id, kept.version), (command.double_id, command.double_version)):
            if found.get(patient_id) != (version, None):
                raise _conflict(connection, patient_id)
        now = _patient(connection, kept.id)
        if replace(kept, merged_into=None) != now:
            update_patient(connection, kept)
        moved = queries.merge(connection, kept.id, command.double_id)
        return Merged(
            command.operation_id, _patient(connection, kept.id), _patient(connection, command.double_id), moved
        )

    return db.changing(command.operation_id, "MergePatients", work, partial(_merged, command))


def _conflict(connection: Connection, patient_id: UUID) -> PatientConflict | NotFound:
    now = patient_with_change(connection, patient_id)
    return NotFound(what="patient") if now is None else PatientConflict(*now)


def _patient(connection: Connection, patient_id: UUID) -> Patient:
    found = patient_with_change(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    return found[0]


def _merged(command: MergePatients, connection: Connection) -> Merged:
    """What a merge came to that stands already."""
    moved = queries.moved_by(connection, command.operation_id)
    return Merged(
        command.operation_id, _patient(connection, command.kept.id), _patient(connection, command.double_id), moved
    )


def separate_patients(db: Database, command: SeparatePatients) -> Separated:
    """Take a merge back: what it moved goes back, what was booked since stays, fields changed since stay as they are.

    Derived from the history alone, so that it can be done days later and at another desk. Raises NotFound (no such
    merge), PatientConflict (the double does not lead there any more: taken back already, or the kept record was merged
    on, which has to be taken back first).
    """

    return db.changing(
        command.operation_id,
        "SeparatePatients",
        partial(separate_in, command.merge_id),
        partial(_separated, command),
    )


def separate_in(merge_id: UUID, connection: Connection) -> Separated:
    """Take a merge back within a transaction that is open; see `separate_patients`."""
    rows = queries.done_by(connection, merge_id)
    double_id, kept_id = _who(rows)
    leads = queries.lock_again(connection, merge_id, kept_id, double_id)
    if leads.get(double_id) != kept_id or leads.get(kept_id) is not None:
        raise _conflict(connection, double_id if leads.get(double_id) != kept_id else kept_id)
    moved = queries.separate(connection, merge_id, kept_id, double_id)
    stayed = _fields_back(connection, kept_id, rows)
    since = queries.booked_since(connection, kept_id, rows[0][0])
    return Separated(_patient(connection, kept_id), _patient(connection, double_id), moved, since, stayed)


def merge_again_in(separation_id: UUID, connection: Connection) -> None:
    """Make one record of two again that an operation separated: all that is the double's by now goes over.

    Fields go back to what the merge had made of them, but for those that somebody changed since. Raises PatientConflict
    if either was merged meanwhile, NotFound.
    """
    rows = queries.done_by(connection, separation_id)
    double_id, kept_id = _who(rows, merged=False)
    found = queries.lock_both(connection, kept_id, double_id)
    for patient_id in (kept_id, double_id):
        if patient_id not in found or found[patient_id][1] is not None:
            raise _conflict(connection, patient_id)
    _fields_back(connection, kept_id, rows)
    queries.merge(connection, kept_id, double_id)


def is_merge(connection: Connection, operation_id: UUID) -> bool:
    """Whether an operation made one record of two, rather than two of one."""
    rows = queries.done_by(connection, operation_id)
    return any(before.get("merged_into_id") is None and after.get("merged_into_id") for _, _, before, after in rows)


def _who(
    rows: list[tuple[int, UUID, Mapping[str, Any], Mapping[str, Any]]], *, merged: bool = True
) -> tuple[UUID, UUID]:
    """Return the double and the record that stayed, of a merge or of a separation. Raises NotFound."""
    for _, row_id, before, after in rows:
        alone, leading = (before, after) if merged else (after, before)
        if alone.get("merged_into_id") is None and leading.get("merged_into_id"):
            return row_id, UUID(leading["merged_into_id"])
    raise NotFound(what="merge")


def _fields_back(
    connection: Connection, kept_id: UUID, rows: list[tuple[int, UUID, Mapping[str, Any], Mapping[str, Any]]]
) -> tuple[str, ...]:
    """Write the kept record's fields as they were before; return those that somebody changed since, which stay."""
    images = [(before, after) for _, row_id, before, after in rows if row_id == kept_id]
    if not images:
        return ()
    before, after = images[0]
    changed = [name for name in FIELDS if before.get(name) != after.get(name)]
    now = _patient(connection, kept_id)
    back = {name: _value(name, before) for name in changed if getattr(now, name) == _value(name, after)}
    if back:
        update_patient(connection, replace(now, **back))
    return tuple(name for name in changed if name not in back)


def _value(name: str, image: Mapping[str, Any]) -> Any:
    """Return a field of a row in the history as the record has it."""
    value: Any = image.get(name)
    if name == "birth_date":
        return None if value is None else date.fromisoformat(value)
    if name == "gender":
        return AdministrativeGender(value)
    return Channel(value) if name == "channel" else value


def _separated(command: SeparatePatients, connection: Connection) -> Separated:
    """What taking a merge back came to that stands already."""
    rows = queries.done_by(connection, command.merge_id)
    double_id, kept_id = _who(rows)
    moved = queries.moved_by(connection, command.operation_id)
    since = queries.booked_since(connection, kept_id, rows[0][0])
    return Separated(_patient(connection, kept_id), _patient(connection, double_id), moved, since)
