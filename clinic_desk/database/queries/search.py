"""The statements of the search box that the patients' type-ahead does not have: appointments, and a caller's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.database.queries.patients import word_conditions
from clinic_desk.domain.finding import FoundAppointment
from clinic_desk.domain.records import AppointmentStatus, Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.folding import Query

_APPOINTMENT: Final = "a.id, a.practitioner_id, a.type_id, a.starts_at, a.wall_start, a.status, a.starts_at <= now()"
_OF_PATIENTS: Final = f"""
SELECT {_APPOINTMENT}, {PATIENT_COLUMNS}
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted(id, place)
JOIN patient p ON p.id = wanted.id
CROSS JOIN LATERAL (
    (SELECT n.* FROM appointment n WHERE n.patient_id = wanted.id AND n.starts_at > now()
       AND n.status <> 'entered-in-error' ORDER BY n.starts_at + interval '0' LIMIT %(next)s)
    UNION ALL
    (SELECT l.* FROM appointment l WHERE l.patient_id = wanted.id AND l.starts_at <= now()
       AND l.status <> 'entered-in-error' ORDER BY l.starts_at + interval '0' DESC LIMIT %(last)s)
) a
ORDER BY wanted.place, a.starts_at <= now(), abs(extract(epoch FROM a.starts_at - now()))
"""  # noqa: S608  # constants of this module only
"""`+ interval '0'`: a patient's few rows are sorted; everybody's, walked until hers come, can take a second."""
_ON_DAY: Final = f"""
SELECT {_APPOINTMENT}, {PATIENT_COLUMNS} FROM appointment a JOIN patient p ON p.id = a.patient_id
WHERE a.starts_at >= %(from_at)s AND a.starts_at < %(to_at)s
  AND a.wall_start >= %(day)s::date AND a.wall_start < %(day)s::date + 1
  AND a.status NOT IN ('entered-in-error', 'waitlist')
"""  # noqa: S608  # constants of this module only
_OF_PRACTITIONERS: Final = " AND a.practitioner_id = ANY(%(practitioners)s::uuid[])"
_STILL_TO_COME: Final = " AND a.ends_at > now()"
_IN_ORDER: Final = " ORDER BY a.starts_at, a.practitioner_no LIMIT %(limit)s"
_BY_PHONE: Final = f"""
SELECT {PATIENT_COLUMNS} FROM patient p WHERE p.phone = %(phone)s AND p.phone <> '' AND p.merged_into_id IS NULL
ORDER BY p.birth_date, p.family_name, p.given_name LIMIT %(limit)s
"""  # noqa: S608  # constants of this module only


def appointments_of(
    connection: Connection, patients: Sequence[Patient], *, coming: int, past: int
) -> tuple[FoundAppointment, ...]:
    """Return of each patient the next so many appointments and the last so many, nearest to now first."""
    values = {"ids": [str(patient.id) for patient in patients], "next": coming, "last": past}
    return _found(connection.exec_driver_sql(_OF_PATIENTS, values))


def appointments_on(
    connection: Connection, day: dict[str, Any], limit: int, *, still_to_come: bool
) -> tuple[FoundAppointment, ...]:
    """Return the first appointments of a day (see `day_values`), of today those that are not over."""
    statement = _ON_DAY + (_STILL_TO_COME if still_to_come else "") + _IN_ORDER
    return _found(connection.exec_driver_sql(statement, {**day, "limit": limit}))


def appointments_with(
    connection: Connection, day: dict[str, Any], practitioners: Iterable[UUID], limit: int
) -> tuple[FoundAppointment, ...]:
    """Return the appointments of practitioners on a day."""
    values = {**day, "practitioners": [str(one) for one in practitioners], "limit": limit}
    return _found(connection.exec_driver_sql(_ON_DAY + _OF_PRACTITIONERS + _IN_ORDER, values))


def appointments_for(
    connection: Connection, day: dict[str, Any], query: Query, limit: int
) -> tuple[FoundAppointment, ...]:
    """Return the appointments on a day of patients whom a query matches at the beginnings of words."""
    values: dict[str, Any] = {**day, "limit": limit}
    conditions = word_conditions(query, values)
    return _found(connection.exec_driver_sql(f"{_ON_DAY} AND {conditions} {_IN_ORDER}", values))


def day_values(day: object, from_at: datetime, to_at: datetime) -> dict[str, Any]:
    """The values of a day: its date, and instants between which it lies on the clocks of every site."""
    return {"day": day, "from_at": from_at, "to_at": to_at}


def patients_of_phone(connection: Connection, phone: str, limit: int) -> list[Patient]:
    """Return those with this number (E.164), the eldest first."""
    return [patient_record(row) for row in connection.exec_driver_sql(_BY_PHONE, {"phone": phone, "limit": limit})]


def _found(rows: Iterable[Sequence[Any]]) -> tuple[FoundAppointment, ...]:
    return tuple(
        FoundAppointment(
            id=row[0],
            practitioner_id=row[1],
            type_id=row[2],
            starts_at=row[3],
            wall_start=row[4],
            status=AppointmentStatus(row[5]),
            is_past=row[6],
            patient=patient_record(row[7:]),
        )
        for row in rows
    )
