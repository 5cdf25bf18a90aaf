"""The statements on patients: the type-ahead, one record, likely doubles, and the writing of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries_entries import PATIENT_COLUMNS, patient_record
from clinic_desk.domain.records import ChangeNote, Patient
from clinic_desk.domain.refusals import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

_CHANGE: Final = (
    "coalesce(s.display_name, p.changed_by), coalesce(d.name, ''), p.changed_at"
    " FROM patient p LEFT JOIN staff s ON s.login = p.changed_by LEFT JOIN desk d ON d.id = p.changed_desk_id"
)
_ONE: Final = f"SELECT {PATIENT_COLUMNS}, {_CHANGE} WHERE p.id = %(id)s::uuid"


def patient_with_change(connection: Connection, patient_id: UUID) -> tuple[Patient, ChangeNote] | None:
    """Return a patient and who changed her last; None if there is no such row."""
    row = connection.exec_driver_sql(_ONE, {"id": str(patient_id)}).first()
    return None if row is None else (patient_record(row[:12]), ChangeNote(*row[12:15]))


def merged_target(connection: Connection, patient_id: UUID) -> tuple[Patient, ChangeNote]:
    """Follow merges to the record that counts now; NotFound if the chain leads nowhere."""
    found = patient_with_change(connection, patient_id)
    for _ in range(20):
        if found is None:
            break
        if found[0].merged_into is None:
            return found
        found = patient_with_change(connection, found[0].merged_into)
    raise NotFound(what="patient")
