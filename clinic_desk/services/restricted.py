"""Restricts records, opens one for a while with the reason written down, and reads it while it is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.database.queries import restricted as queries
from clinic_desk.database.queries.patients import patient_with_change
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.domain.restricted import LONGEST_REASON, MINUTES, SHORTEST_REASON, OpenRecord
from clinic_desk.domain.rights import Right
from clinic_desk.errors import InvalidInput, NotAllowed

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Patient
    from clinic_desk.domain.restricted import Opening, RestrictPatient


def restrict_patient(db: Database, command: RestrictPatient) -> Patient:
    """Close a record, or open it to everybody again; records that were merged into it go along.

    Returns it as who has not opened it sees it. Raises PatientConflict, NotFound, NotAllowed (without the right).
    """

    def work(connection: Connection) -> Patient:
        if not queries.mark(connection, command):
            now = patient_with_change(connection, command.patient_id)
            raise NotFound(what="patient") if now is None else PatientConflict(*now)
        return _standing(command.patient_id, connection)

    name = "RestrictPatient" if command.on else "LiftRestriction"
    return db.changing(command.operation_id, name, work, partial(_standing, command.patient_id))


def _standing(patient_id: UUID, connection: Connection) -> Patient:
    found = patient_with_change(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    return found[0]


def open_record(db: Database, command: OpenRecord, minutes: int = MINUTES) -> Opening:
    """Open a restricted record for who is signed in; it is written down for good before this returns.

    What is closed is then read with the opening's id (`patients_record.record_of`). The same command again is the same
    opening. Raises InvalidInput(reason) for who lacks the right and gives none, NotFound if it is not restricted.
    """
    reason = " ".join(command.reason.replace("\0", "").split())
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(field="reason", expected=f"at most {LONGEST_REASON} characters")
    with db.writing() as connection:
        _check(connection, command.patient_id, reason)
        opening = queries.open_record(connection, command, db.desk.id, minutes)
    if opening is None:
        raise NotAllowed(Right.RESTRICTED.value)
    return opening


def _check(connection: Connection, patient_id: UUID, reason: str) -> None:
    """What the database would refuse as well, in words that a person can act on."""
    found = patient_with_change(connection, patient_id)
    if found is None or not found[0].restricted:
        raise NotFound(what="patient")
    if len(reason) < SHORTEST_REASON and not queries.may_without_reason(connection):
        raise InvalidInput(field="reason", expected=f"why, in at least {SHORTEST_REASON} characters")


def close_record(db: Database, access_id: UUID) -> bool:
    """End an opening before its time; False if it was over."""
    with db.writing() as connection:
        return queries.end_access(connection, access_id, db.desk.id)


def opening_by_right(db: Database, patient_id: UUID, reason: str = "") -> UUID | None:
    """Open a record for who has the right, and return the opening's id; None if the record is not restricted.

    Raises NotAllowed without the right.
    """
    with db.reading() as connection:
        found = patient_with_change(connection, patient_id)
        if found is None or not found[0].restricted:
            return None
        if not queries.may_without_reason(connection):
            raise NotAllowed(Right.RESTRICTED.value)
    return open_record(db, OpenRecord(patient_id, reason)).id


def opened_by_right(db: Database, patient: Patient) -> Patient:
    """Return a record as it is, however closed; see `opening_by_right`."""
    access_id = opening_by_right(db, patient.id)
    if access_id is None:
        return patient
    with db.reading() as connection:
        return queries.read_record(connection, access_id, patient.id).patient(_standing(patient.id, connection))
