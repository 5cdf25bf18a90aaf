"""The statements about restricted records: marking one, opening it for a while, reading what is closed, ending that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.domain.restricted import ClosedData, Opening

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.domain.restricted import OpenRecord, RestrictPatient

_MARK: Final = """
UPDATE patient SET restricted = %(on)s
WHERE id = %(id)s::uuid AND version = %(version)s AND merged_into_id IS NULL AND erased_at IS NULL RETURNING version
"""
_OPEN: Final = """
SELECT at, until_at FROM open_record(%(access)s::uuid, %(patient)s::uuid, %(desk)s::uuid, %(reason)s, %(minutes)s)
"""
_READ: Final = "SELECT table_name, row_id, data FROM read_record(%(access)s::uuid, %(patient)s::uuid)"
_END: Final = "SELECT end_access(%(access)s::uuid, %(desk)s::uuid)"
_MAY: Final = "SELECT has_right('restricted')"
_OPENED: Final = "SELECT set_config('clinic_desk.opened', %(patient)s, true)"


def mark(connection: Connection, command: RestrictPatient) -> bool:
    """Close a record or open it to everybody; False if it has not the version that the user saw. Needs the right."""
    values = {"id": str(command.patient_id), "version": command.version, "on": command.on}
    return connection.exec_driver_sql(_MARK, values).first() is not None


def may_without_reason(connection: Connection) -> bool:
    """Whether who is signed in opens restricted records by right."""
    return bool(connection.exec_driver_sql(_MAY).scalar_one())


def open_record(connection: Connection, command: OpenRecord, desk_id: UUID, minutes: int) -> Opening | None:
    """Write down that a record is opened; None if this very act stands already and was another's."""
    values: dict[str, Any] = {"access": str(command.access_id), "patient": str(command.patient_id)}
    values |= {"desk": str(desk_id), "reason": command.reason, "minutes": minutes}
    row = connection.exec_driver_sql(_OPEN, values).first()
    return None if row is None else Opening(command.access_id, command.patient_id, *row)


def read_record(connection: Connection, access_id: UUID, patient_id: UUID) -> ClosedData:
    """Return what is closed of a record to who has it open. Raises (translated) NotAllowed once that is over."""
    rows = connection.exec_driver_sql(_READ, {"access": str(access_id), "patient": str(patient_id)})
    return ClosedData([(row[0], row[1], row[2]) for row in rows])


def end_access(connection: Connection, access_id: UUID, desk_id: UUID) -> bool:
    """Close a record before its time; False if it was closed."""
    values = {"access": str(access_id), "desk": str(desk_id)}
    return bool(connection.exec_driver_sql(_END, values).scalar_one())


def say_opened(connection: Connection, patient_id: UUID) -> None:
    """Say that what is written now to a restricted record was seen: without this the database takes no field of it."""
    connection.exec_driver_sql(_OPENED, {"patient": str(patient_id)})
