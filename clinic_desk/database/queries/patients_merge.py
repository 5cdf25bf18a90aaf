"""The statements that make one record of two, and two of them again: what moved is read from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries.entries import ENTRY, PATIENT_COLUMNS, entries, patient_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Entry, Patient

FOLLOWING: Final = ("appointment", "wish")
"""The tables whose rows name a patient, have a history, and go to the record that stays."""

# Appointments first, then the records: who changes an appointment has its row before its messages name the patient.
_LOCK_ROWS: Final = "SELECT id FROM {table} WHERE patient_id = %(double)s::uuid ORDER BY id FOR UPDATE"
_LOCK: Final = "SELECT id, version, merged_into_id FROM patient WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR UPDATE"
_LEAD: Final = """
UPDATE patient SET merged_into_id = %(kept)s::uuid WHERE id = %(double)s::uuid OR merged_into_id = %(double)s::uuid
"""
_MOVE: Final = "UPDATE {table} SET patient_id = %(kept)s::uuid WHERE patient_id = %(double)s::uuid RETURNING id"
_MESSAGES: Final = "SELECT move_messages(%(from)s::uuid, %(to)s::uuid, %(ids)s::uuid[])"
_TO_COME: Final = f"""{ENTRY}
WHERE a.patient_id = ANY(%(ids)s::uuid[]) AND a.occupies AND a.ends_at > now() ORDER BY a.starts_at, a.id
"""
_DONE: Final = """
SELECT h.id, h.row_id, h.before, h.after FROM history_by(%(merge)s::uuid) h JOIN operation o ON o.id = h.operation_id
WHERE h.table_name = 'patient'
  AND o.command IN ('MergePatients', 'SeparatePatients', 'TakeBack') ORDER BY h.id
"""
_LOCK_MOVED: Final = """
SELECT id FROM {table} WHERE patient_id = %(kept)s::uuid AND id IN (
    SELECT row_id FROM history_by(%(merge)s::uuid) WHERE table_name = '{table}') ORDER BY id FOR UPDATE
"""
_BACK: Final = """
UPDATE {table} SET patient_id = %(double)s::uuid WHERE patient_id = %(kept)s::uuid AND id IN (
    SELECT row_id FROM history_by(%(merge)s::uuid) WHERE table_name = '{table}'
      AND before ->> 'patient_id' = %(double)s)
RETURNING id
"""
_LEAD_BACK: Final = """
UPDATE patient p SET merged_into_id = (h.before ->> 'merged_into_id')::uuid FROM history_by(%(merge)s::uuid) h
WHERE h.table_name = 'patient' AND h.row_id = p.id
  AND p.merged_into_id = %(kept)s::uuid AND (h.after ->> 'merged_into_id')::uuid = %(kept)s::uuid
"""
_SINCE: Final = """
SELECT count(*) FROM appointment a WHERE a.patient_id = %(kept)s::uuid AND a.status <> 'entered-in-error' AND EXISTS (
    SELECT FROM history_of(ARRAY[a.id]) h WHERE h.table_name = 'appointment' AND h.action = 'insert'
      AND h.id > %(after)s)
"""
# Looking for doubles goes in parts of some hundredths of a second each: those born in some years, those with some
# telephones or e-mail addresses, those whose birth date nobody knows. `likeness` decides.
_NAMED: Final = (
    "lower(left(family_name, 1)) AS f, lower(left(given_name, 1)) AS g FROM patient WHERE merged_into_id IS NULL"
)
_BORN: Final = f"""
WITH n AS MATERIALIZED (SELECT id, birth_date, {_NAMED}
    AND birth_date >= make_date(%(part)s, 1, 1) AND birth_date < make_date(%(part)s + %(years)s, 1, 1))
SELECT a.id AS one, b.id AS other FROM n a JOIN n b ON a.birth_date = b.birth_date AND a.id < b.id
    AND ((a.f = b.f AND a.g = b.g) OR (a.f = b.g AND a.g = b.f))
"""  # noqa: S608  # constants of this module only
_PHONE: Final = f"""
WITH n AS MATERIALIZED (SELECT id, phone, {_NAMED} AND phone <> '' AND right(phone, 1) = %(part)s::text)
SELECT a.id AS one, b.id AS other FROM n a JOIN n b USING (phone, f, g) WHERE a.id < b.id
"""  # noqa: S608  # constants of this module only
_EMAIL: Final = f"""
WITH n AS MATERIALIZED (SELECT id, lower(email) AS email, {_NAMED}
    AND email <> '' AND get_byte(decode(md5(lower(email)), 'hex'), 0) %% 10 = %(part)s)
SELECT a.id AS one, b.id AS other FROM n a JOIN n b USING (email, f, g) WHERE a.id < b.id
"""  # noqa: S608  # constants of this module only
_UNDATED: Final = """
SELECT a.id AS one, b.id AS other FROM patient a JOIN patient b ON lower(b.family_name) = lower(a.family_name)
    AND lower(b.given_name) = lower(a.given_name) AND b.id <> a.id
WHERE a.birth_date IS NULL AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
    AND (b.birth_date IS NOT NULL OR a.id < b.id)
"""
_PAIRS: Final = {"born": _BORN, "phone": _PHONE, "email": _EMAIL, "undated": _UNDATED}
YEARS: Final = 5
PARTS: Final = (
    *(("born", year) for year in range(1850, 2100, YEARS)),
    *((what, digit) for what in ("phone", "email") for digit in range(10)),
    ("undated", 0),
)
"""What `pairs_alike` looks through, part by part; between them other work has its turn."""


def lock_both(connection: Connection, kept_id: UUID, double_id: UUID) -> dict[UUID, tuple[int, UUID | None]]:
    """Hold what is the double's and both records; return (version, merged into) of those that are there."""
    for table in FOLLOWING:
        connection.exec_driver_sql(_LOCK_ROWS.format(table=table), {"double": str(double_id)})
    rows = connection.exec_driver_sql(_LOCK, {"ids": [str(kept_id), str(double_id)]})
    return {row[0]: (row[1], row[2]) for row in rows}


def merge(connection: Connection, kept_id: UUID, double_id: UUID) -> int:
    """Lead the double, and all that led to it, to `kept`, and give that what was the double's; how many appointments.

    Both are held (`lock_both`).
    """
    values = {"kept": str(kept_id), "double": str(double_id)}
    connection.exec_driver_sql(_LEAD, values)
    moved = {table: _ids(connection, _MOVE.format(table=table), values) for table in FOLLOWING}
    _move_messages(connection, double_id, kept_id, moved["appointment"])
    return len(moved["appointment"])


def to_come_of(connection: Connection, patient_ids: Iterable[UUID]) -> tuple[Entry, ...]:
    """Return the appointments to come of several patients, by start."""
    values = {"ids": [str(each) for each in patient_ids]}
    return entries(connection.exec_driver_sql(_TO_COME, values).all())


def done_by(connection: Connection, merge_id: UUID) -> list[tuple[int, UUID, Mapping[str, Any], Mapping[str, Any]]]:
    """Return (id in the history, patient, before, after) of the records that a merge, or a separation, changed."""
    rows = connection.exec_driver_sql(_DONE, {"merge": str(merge_id)})
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def lock_again(connection: Connection, merge_id: UUID, kept_id: UUID, double_id: UUID) -> dict[UUID, UUID | None]:
    """Hold what a merge moved and both records; return where each leads."""
    for table in FOLLOWING:
        connection.exec_driver_sql(_LOCK_MOVED.format(table=table), {"kept": str(kept_id), "merge": str(merge_id)})
    rows = connection.exec_driver_sql(_LOCK, {"ids": [str(kept_id), str(double_id)]})
    return {row[0]: row[2] for row in rows}


def separate(connection: Connection, merge_id: UUID, kept_id: UUID, double_id: UUID) -> int:
    """Give back what a merge moved and is still the kept record's; return how many appointments. Both are held."""
    values = {"merge": str(merge_id), "kept": str(kept_id), "double": str(double_id)}
    connection.exec_driver_sql(_LEAD_BACK, values)
    moved = {table: _ids(connection, _BACK.format(table=table), values) for table in FOLLOWING}
    _move_messages(connection, kept_id, double_id, moved["appointment"])
    return len(moved["appointment"])


def booked_since(connection: Connection, kept_id: UUID, history_id: int) -> int:
    """Return how many appointments of a patient were booked after a change in the history."""
    values = {"kept": str(kept_id), "after": history_id}
    return int(connection.exec_driver_sql(_SINCE, values).scalar_one())


def moved_by(connection: Connection, operation_id: UUID) -> int:
    """Return how many appointments a merge, or taking it back, gave to another record."""
    statement = "SELECT count(*) FROM history_by(%(id)s::uuid) WHERE table_name = 'appointment'"
    return int(connection.exec_driver_sql(statement, {"id": str(operation_id)}).scalar_one())


def _ids(connection: Connection, statement: str, values: dict[str, str]) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql(statement, values)]


def _move_messages(connection: Connection, from_id: UUID, to_id: UUID, appointment_ids: list[str]) -> None:
    if appointment_ids:
        connection.exec_driver_sql(_MESSAGES, {"from": str(from_id), "to": str(to_id), "ids": appointment_ids})


def pairs_alike(connection: Connection, part: tuple[str, int], limit: int) -> list[tuple[Patient, Patient]]:
    """Return pairs of records in a part (`PARTS`) that may be one person's, in no order; which `limit` is not said."""
    what, number = part
    columns = f"{PATIENT_COLUMNS}, {PATIENT_COLUMNS.replace('p.', 'q.')}"
    statement = (
        f"SELECT {columns} FROM ({_PAIRS[what]} LIMIT %(limit)s) AS x"  # noqa: S608  # constants of this module only
        " JOIN patient p ON p.id = x.one JOIN patient q ON q.id = x.other"
    )
    rows = connection.exec_driver_sql(statement, {"part": number, "years": YEARS, "limit": limit})
    return [(patient_record(row[:13]), patient_record(row[13:26])) for row in rows]
