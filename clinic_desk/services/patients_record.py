"""Reads all that a patient's page shows in one snapshot of five statements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import message_changes as queries_message_changes
from clinic_desk.database.queries import patients_record as queries
from clinic_desk.database.queries import restricted as queries_restricted
from clinic_desk.database.queries.messages import CLOSED
from clinic_desk.database.queries.messaging import contact_notes
from clinic_desk.domain.messaging import ContactNote
from clinic_desk.domain.patients_record import Counts, PatientRecord
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.message_list import MessageRow
    from clinic_desk.domain.records import Entry, Patient
    from clinic_desk.domain.restricted import ClosedData

AT_ONCE: Final = 100
"""So many of each list are read at first."""
_OPEN: Final = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})


def record_of(
    db: Database,
    patient_id: UUID,
    limit: int = AT_ONCE,
    *,
    with_messages: bool = True,
    access_id: UUID | None = None,
) -> PatientRecord:
    """Return a patient's page; of a record that was merged away, the one that stays. Raises NotFound.

    `limit`: of each list. `with_messages`: whoever may only read may read no messages. Of a restricted record only who
    she is and what is to come is told, unless it was opened: `access_id` (restricted.open_record); NotAllowed once that
    is over.
    """
    with db.reading() as connection:
        found = _stays(connection, patient_id)
        stays = found.patient.id
        if found.patient.restricted and access_id is None:
            return _closed(connection, patient_id, found, limit)
        closed = None if access_id is None else queries_restricted.read_record(connection, access_id, stays)
        rows = queries.entries_of(connection, stays, limit)
        changes = queries.changes_of(connection, stays, limit + 1)
        if closed is not None:
            found = _opened(found, closed)
        messages, notes = _told(connection, found.patient, limit) if with_messages else ((), ())
    coming = _coming(found, rows)
    known = {row.id for row in coming}
    record = PatientRecord(
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
    return record if closed is None else _with(closed, record)


def _coming(found: queries.Records, rows: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(row for row in rows if row.appointment.status in _OPEN and row.appointment.ends_at > found.read_at)


def _closed(connection: Connection, asked: UUID, found: queries.Records, limit: int) -> PatientRecord:
    """What a desk needs of a restricted record to keep the calendar right."""
    coming = _coming(found, queries.entries_of(connection, found.patient.id, limit))
    counts = Counts(noshows=0, late=0, coming=found.counts.coming, past=0)
    return PatientRecord(
        asked, found.patient, found.changed, counts, found.read_at, coming=coming, may_read_messages=False
    )


def _opened(found: queries.Records, closed: ClosedData) -> queries.Records:
    doubles = tuple(replace(each, patient=closed.patient(each.patient)) for each in found.doubles)
    return replace(found, patient=closed.patient(found.patient), doubles=doubles)


def _with(closed: ClosedData, record: PatientRecord) -> PatientRecord:
    return replace(
        record,
        messages=tuple(_message(closed, record.patient, row) for row in record.messages),
        replies=closed.replies() if record.may_read_messages else (),
        changes=tuple(map(closed.change, record.changes)),
    )


def _message(closed: ClosedData, patient: Patient, row: MessageRow) -> MessageRow:
    """Return a message with the address that it went to, and with what was written back."""
    from clinic_desk.services.messages import shown_address

    address = closed.recipient(row.id)
    if address is None and row.address == CLOSED:
        address = patient.email if row.channel is Channel.EMAIL else patient.phone
    if address is not None:
        row = replace(row, address=address, shown_address=shown_address(row.channel, address))
    if row.answered is None:
        return row
    body = closed.reply(row.answered.at)
    return row if body is None else replace(row, answered=replace(row.answered, body=body))


def _stays(connection: Connection, patient_id: UUID) -> queries.Records:
    """Follow merges to the record that counts now. One step is enough: a merge leads older doubles on as well."""
    found = queries.records_of(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    if found.patient.merged_into is not None:
        return _stays(connection, found.patient.merged_into)
    return found


def _told(
    connection: Connection, patient: Patient, limit: int
) -> tuple[tuple[MessageRow, ...], tuple[ContactNote, ...]]:
    from clinic_desk.services.messages import rows_of_page

    messages = rows_of_page(queries.messages_of(connection, patient.id, limit))
    if patient.opened:
        return messages, tuple(contact_notes(connection, {each for each in (patient.phone, patient.email) if each}))
    rows = queries_message_changes.notes_of(connection, patient.id)
    return messages, tuple(ContactNote(row[0], Channel(row[1]), *row[2:]) for row in rows)
