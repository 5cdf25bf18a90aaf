"""The statements of an import: who and what is there already, and the writing of many rows at once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.domain.folding import search_key
from clinic_desk.domain.refusals import SlotTaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from clinic_desk.database.exchange import LongChange
    from clinic_desk.domain.records import Appointment, Patient, Practitioner

_KNOWN: Final = {
    table: f"SELECT id::text FROM {table} WHERE id = ANY(%(ids)s::uuid[])"  # noqa: S608  # three constants
    for table in ("patient", "practitioner", "appointment")
}
_PATIENTS: Final = f"SELECT {PATIENT_COLUMNS} FROM patient p WHERE p.id = ANY(%(ids)s::uuid[])"  # noqa: S608
_ALIKE: Final = f"""
SELECT {PATIENT_COLUMNS} FROM patient p WHERE p.merged_into_id IS NULL AND p.id IN (
    (SELECT id FROM patient WHERE birth_date = ANY(%(days)s::date[]) LIMIT %(limit)s)
    UNION (SELECT id FROM patient WHERE phone = ANY(%(phones)s) AND phone <> '' LIMIT %(limit)s))
"""  # noqa: S608  # constants of this program only
# What follows a name in a key follows a blank, and "!" is the sign after it.
_NAMED: Final = f"""
SELECT {PATIENT_COLUMNS} FROM unnest(%(names)s::text[]) AS wanted (name), LATERAL (
    SELECT * FROM patient o WHERE o.search_key ~>=~ wanted.name AND o.search_key ~<~ (wanted.name || '!')
        AND o.merged_into_id IS NULL LIMIT 20) AS p
"""  # noqa: S608  # constants of this program only
_BY_EMAIL: Final = f"""
SELECT {PATIENT_COLUMNS} FROM patient p WHERE p.merged_into_id IS NULL AND lower(p.email) = ANY(%(emails)s)
"""  # noqa: S608  # constants of this program only
_PATIENT_COPIED: Final = (
    "id", "family_name", "given_name", "birth_date", "gender", "phone", "email", "channel", "language", "note",
    "search_key",
)  # fmt: skip
_PATIENTS_CHANGED: Final = """
UPDATE patient p SET family_name = i.family_name, given_name = i.given_name, birth_date = i.birth_date,
    gender = i.gender, phone = i.phone, email = i.email, channel = i.channel, language = i.language, note = i.note,
    search_key = i.search_key
FROM json_to_recordset(%(rows)s::json) AS i (
    id uuid, family_name text, given_name text, birth_date date, gender text, phone text, email text, channel text,
    language text, note text, search_key text, version int)
WHERE p.id = i.id AND p.version = i.version AND p.merged_into_id IS NULL
RETURNING p.id::text
"""
_PATIENT_CHANGED: Final = (*_PATIENT_COPIED[:-1], "version")
_PRACTITIONERS: Final = """
INSERT INTO practitioner (id, name, speciality, colour, position)
SELECT i.id, i.name, i.speciality, i.colour, i.position
FROM json_to_recordset(%(rows)s::json) AS i (id uuid, name text, speciality text, colour text, position int)
"""
_OVERLAPS: Final = """
SELECT i.row, min(a.starts_at) FROM json_to_recordset(%(rows)s::json) AS i (
    row int, practitioner_id uuid, room_id uuid, device_id uuid, starts timestamptz, ends timestamptz)
JOIN appointment a ON a.occupies AND a.footprint && tstzrange(i.starts, i.ends)
    AND a.starts_at > i.starts - INTERVAL '28 hours' AND a.starts_at < i.ends + INTERVAL '4 hours'
    AND (a.practitioner_id = i.practitioner_id OR a.room_id = i.room_id OR a.device_id = i.device_id)
GROUP BY i.row
"""
_SHARING: Final = """
SELECT i.row, i.resource_id, floor(extract(epoch FROM lower(a.footprint)))::bigint,
       ceil(extract(epoch FROM upper(a.footprint)))::bigint
FROM json_to_recordset(%(rows)s::json) AS i (row int, resource_id uuid, starts timestamptz, ends timestamptz)
JOIN appointment a ON a.occupies AND a.footprint && tstzrange(i.starts, i.ends)
    AND a.starts_at > i.starts - INTERVAL '28 hours' AND a.starts_at < i.ends + INTERVAL '4 hours'
    AND (a.room_id = i.resource_id OR a.device_id = i.resource_id)
"""
_APPOINTMENTS: Final = """
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at, wall_start,
                         zone, buffer_before_minutes, buffer_after_minutes, status, note, device_id, overruled)
SELECT i.id, i.patient_id, i.practitioner_id, i.site_id, i.type_id, i.room_id, i.starts_at, i.ends_at, i.wall_start,
       i.zone, i.buffer_before_minutes, i.buffer_after_minutes, i.status, i.note, i.device_id, i.overruled
FROM json_to_recordset(%(rows)s::json) AS i (
    id uuid, patient_id uuid, practitioner_id uuid, site_id uuid, type_id uuid, room_id uuid, starts_at timestamptz,
    ends_at timestamptz, wall_start timestamp, zone text, buffer_before_minutes int, buffer_after_minutes int,
    status text, note text, device_id uuid, overruled text[])
ON CONFLICT DO NOTHING RETURNING id::text
"""
_COLUMNS: Final = (
    "id", "patient_id", "practitioner_id", "site_id", "type_id", "room_id", "starts_at", "ends_at", "wall_start",
    "zone", "buffer_before_minutes", "buffer_after_minutes", "status", "note", "device_id", "overruled",
)  # fmt: skip
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def known_ids(connection: Connection, table: str, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these ids are rows of `table` (patient, practitioner, appointment)."""
    found = connection.exec_driver_sql(_KNOWN[table], {"ids": [str(one) for one in ids]})
    return frozenset(UUID(row[0]) for row in found)


def patients_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Patient]:
    """Return these patients, as far as they are there; merged ones say so themselves."""
    found = connection.exec_driver_sql(_PATIENTS, {"ids": [str(one) for one in ids]})
    return {patient.id: patient for patient in map(patient_record, found)}


def patients_like(connection: Connection, days: Sequence[date], phones: Sequence[str], limit: int) -> list[Patient]:
    """Return the patients born on one of these days or with one of these numbers, at most `limit` of either."""
    values = {"days": list(days), "phones": list(phones), "limit": limit}
    return [patient_record(row) for row in connection.exec_driver_sql(_ALIKE, values)]


def patients_named(connection: Connection, patients: Iterable[Patient]) -> list[Patient]:
    """Return the patients whose names are spelled like these, small letters and accents apart."""
    names = {search_key(replace(one, birth_date=None, phone="")) for one in patients}
    return [patient_record(row) for row in connection.exec_driver_sql(_NAMED, {"names": sorted(names)})]


def patients_by_email(connection: Connection, emails: Iterable[str]) -> list[Patient]:
    """Return the patients with one of these addresses (in small letters)."""
    return [patient_record(row) for row in connection.exec_driver_sql(_BY_EMAIL, {"emails": list(emails)})]


def copy_patients(change: LongChange, patients: Iterable[Patient]) -> None:
    """Write patients with the keys the type-ahead finds them by."""
    change.copy("patient", _PATIENT_COPIED, "".join(map(_patient_line, patients)))


def _patient_line(patient: Patient) -> str:
    return (
        f"{patient.id}\t{patient.family_name.translate(_ESCAPES)}\t{patient.given_name.translate(_ESCAPES)}\t"
        f"{patient.birth_date.isoformat() if patient.birth_date else _NULL}\t{patient.gender.value}\t{patient.phone}\t"
        f"{patient.email.translate(_ESCAPES)}\t{patient.channel.value}\t{patient.language}\t"
        f"{patient.note.translate(_ESCAPES)}\t{search_key(patient).translate(_ESCAPES)}\n"
    )


_NULL: Final = r"\N"


def update_patients(change: LongChange, patients: Iterable[Patient]) -> frozenset[UUID]:
    """Write patients over the versions they carry; return the ids of those who had them still."""
    rows = [
        {name: getattr(one, name) for name in _PATIENT_CHANGED} | {"search_key": search_key(one)} for one in patients
    ]
    found = change.run(_PATIENTS_CHANGED, {"rows": json.dumps(rows, default=_plain)})
    return frozenset(UUID(row[0]) for row in found)


def insert_practitioners(change: LongChange, practitioners: Iterable[Practitioner]) -> None:
    """Write practitioners; their numbers come from the database."""
    columns = ("id", "name", "speciality", "colour", "position")
    change.run(_PRACTITIONERS, {"rows": _json(practitioners, columns)})


def insert_appointments(change: LongChange, appointments: Iterable[Appointment]) -> frozenset[UUID]:
    """Write appointments; return the ids of those that found their time free.

    Of a room or device for several the trigger refuses the whole statement: then they are written one by one.
    """
    rows = tuple(appointments)
    change.run("SAVEPOINT appointments")
    try:
        found = change.run(_APPOINTMENTS, {"rows": _json(rows, _COLUMNS)})
    except SlotTaken:
        change.run("ROLLBACK TO SAVEPOINT appointments")
        return frozenset(key for one in rows for key in insert_appointments(change, [one])) if rows[1:] else frozenset()
    change.run("RELEASE SAVEPOINT appointments")
    return frozenset(UUID(row[0]) for row in found)


def overlapping(
    connection: Connection, wanted: Iterable[tuple[int, UUID, UUID | None, UUID | None, datetime, datetime]]
) -> dict[int, datetime]:
    """Return by row the start of what has its practitioner's, room's or device's time already.

    `wanted`: row, practitioner, room and device (None: none, or one of several at once), and the footprint's start and
    end.
    """
    names = ("row", "practitioner_id", "room_id", "device_id", "starts", "ends")
    rows = json.dumps([dict(zip(names, row, strict=True)) for row in wanted], default=_plain)
    return {row[0]: row[1] for row in connection.exec_driver_sql(_OVERLAPS, {"rows": rows})}


def sharing(
    connection: Connection, wanted: Iterable[tuple[int, UUID, datetime, datetime]]
) -> dict[tuple[int, UUID], list[tuple[int, int]]]:
    """Return by row, and room or device for several, the footprints [starts, ends) in seconds that it would meet there.

    `wanted`: row, room or device, and the footprint's start and end.
    """
    names = ("row", "resource_id", "starts", "ends")
    rows = json.dumps([dict(zip(names, row, strict=True)) for row in wanted], default=_plain)
    found: dict[tuple[int, UUID], list[tuple[int, int]]] = {}
    for row, resource_id, starts, ends in connection.exec_driver_sql(_SHARING, {"rows": rows}) if rows != "[]" else ():
        found.setdefault((row, resource_id), []).append((starts, ends))
    return found


def _json(records: Iterable[Any], columns: Sequence[str]) -> str:
    return json.dumps([{name: getattr(one, name) for name in columns} for one in records], default=_plain)


def _plain(value: Any) -> str | list[str]:
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, UUID) else str(value.isoformat())
