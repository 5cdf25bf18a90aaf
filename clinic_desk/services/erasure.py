"""One person's data: all of it written to a file for her, or erased for good; both are noted."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.exchange import long_change
from clinic_desk.database.queries import erasure as queries
from clinic_desk.database.queries.patients import patient_with_change
from clinic_desk.domain.erasure import Erased, NotErasable
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.exporting.private_file import private_file
from clinic_desk.services.restricted import opening_by_right

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.database.exchange import LongChange
    from clinic_desk.domain.erasure import Erasable, ErasePatient

FORMAT: Final = "clinic-desk-person-1"
"""What a file with one person's data says it is."""
EXPORT: Final = "ExportPerson"


def write_person(db: Database, patient_id: UUID, path: Path, operation_id: UUID, *, overwrite: bool = False) -> int:
    """Write all that is kept of a patient, and of records merged into hers, as JSON; return how many entries.

    Times in it are UTC (RFC 3339). It is noted in the history who took it out before the file is in its place. Raises
    NotFound, InvalidInput(file, operation_id), NotAllowed (without the right to export, or to open a restricted
    record, which is written down as well), DatabaseDown, Busy.
    """
    access_id = opening_by_right(db, patient_id, EXPORT)
    with private_file(path, encoding="utf-8", overwrite=overwrite) as (file, put):
        with long_change(db, operation_id, EXPORT, export=True) as change:
            if change.stands:
                raise InvalidInput(field="operation_id", expected="an id of its own for each export")
            text, moment = change.run(queries.EVERYTHING, {"id": str(patient_id)})[0]
            document = {"format": FORMAT, "written_at": moment.astimezone(UTC).isoformat(), **json.loads(text)}
            if not document["patient"]:
                raise NotFound(what="patient")
            if access_id is not None:
                _fill(document, change, {"id": str(patient_id), "access": str(access_id)})
            count = sum(len(part) for part in document.values() if isinstance(part, list))
            json.dump(document, file, ensure_ascii=False, indent=2)
            file.write("\n")
            change.note_export(db, operation_id, EXPORT, {"rows": count, "patient": str(patient_id)})
            change.keep()
        put()
    return count


def _fill(document: dict[str, Any], change: LongChange, values: dict[str, Any]) -> None:
    """Put what is closed of a restricted record back into what was read of it."""
    closed = {(table, row_id): data for table, row_id, data in change.run(queries.CLOSED, values)}
    for part, table in (("patient", "patient"), ("messages", "notification"), ("replies", "inbound_message")):
        for row in document[part]:
            data = closed.get((table, row["id"]), {})
            row.update({name: value for name, value in data.items() if name in row and name != "received_at"})
    addresses = {row[name].lower() for row in document["patient"] for name in ("phone", "email") if row[name]}
    found = change.run(queries.ADDRESSES, {"addresses": sorted(addresses)})
    document["notes_about_addresses"] = json.loads(found[0][0])


def look_at_erasure(db: Database, patient_id: UUID) -> Erasable:
    """Return what erasing a patient would take away and what stands in the way. Raises NotFound."""
    with db.reading() as connection:
        found = queries.erasable(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    return found


def erase_patient(db: Database, command: ErasePatient) -> Erased:
    """Erase a patient's data: her record and those merged into it, notes, messages, replies, and what the history says.

    Appointments, who booked them and when stay, without her. Copies at the SMS provider are deleted by the message
    worker afterwards. Raises NotErasable, PatientConflict (changed since it was seen), NotFound, NotAllowed (not a
    manager), DatabaseDown, Busy.
    """

    def work(connection: Connection) -> Erased:
        queries.lock_patient(connection, command.patient_id)
        found = queries.erasable(connection, command.patient_id)
        if found is None:
            raise NotFound(what="patient")
        if found.version != command.version:
            now = patient_with_change(connection, command.patient_id)
            raise NotFound(what="patient") if now is None else PatientConflict(*now)
        if found.coming:
            raise NotErasable(why="coming", count=found.coming)
        if found.unsettled:
            raise NotErasable(why="unsettled", count=found.unsettled)
        return queries.erase(connection, command.patient_id)

    return db.changing(command.operation_id, "ErasePatient", work, _stands)


def _stands(_connection: Connection) -> Erased:
    """What an erasure came to that stands already: nobody can count any more what it took away."""
    return Erased(0, 0, 0, 0, 0)
