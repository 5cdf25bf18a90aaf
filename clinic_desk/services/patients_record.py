"""Reads all that a patient's page shows in one snapshot of five statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database import queries_message_changes
from clinic_desk.database import queries_patients_record as queries
from clinic_desk.domain.messaging import ContactNote
from clinic_desk.domain.patients_record import PatientRecord
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.refusals import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.message_list import MessageRow

AT_ONCE: Final = 100
"""So many of each list are read at first."""
_OPEN: Final = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})


def record_of(db: Database, patient_id: UUID, limit: int = AT_ONCE, *, with_messages: bool = True) -> PatientRecord:
    """Return a patient's page; of a record that was merged away, the one that stays. Raises NotFound.

    `limit`: of each list. `with_messages`: whoever may only read may read no messages.
    """
    with db.reading() as connection:
        found = _stays(connection, patient_id)
        stays = found.patient.id
        rows = queries.entries_of(connection, stays, limit)
        changes = queries.changes_of(connection, stays, limit + 1)
        messages, notes = _told(connection, stays, limit) if with_messages else ((), ())
    coming = tuple(row for row in rows if row.appointment.status in _OPEN and row.appointment.ends_at > found.read_at)
    known = {row.id for row in coming}
    return PatientRecord(
        asked=patient_id,
        patient=found.patient,
        changed=found.changed,
        counts=found.counts,
        read_at=found.read_at,
        coming=coming,
        past=tuple(row for row in reversed(rows) if row.id not in known),
        messages=messages,
        notes=notes,
        changes=changes[:limit],
        doubles=found.doubles,
        more_changes=len(changes) > limit,
        may_read_messages=with_messages,
    )


def _stays(connection: Connection, patient_id: UUID) -> queries.Records:
    """Follow merges to the record that counts now. One step is enough: a merge leads older doubles on as well."""
    found = queries.records_of(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    if found.patient.merged_into is not None:
        return _stays(connection, found.patient.merged_into)
    return found


def _told(
    connection: Connection, patient_id: UUID, limit: int
) -> tuple[tuple[MessageRow, ...], tuple[ContactNote, ...]]:
    from clinic_desk.services.messages import rows_of_page

    messages = rows_of_page(queries.messages_of(connection, patient_id, limit))
    rows = queries_message_changes.notes_of(connection, patient_id)
    return messages, tuple(ContactNote(row[0], Channel(row[1]), *row[2:]) for row in rows)
