"""What a desk did, read from the append-only history: the rows of an operation, what was taken back, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Entry,
    ParticipationStatus,
    Patient,
)
from clinic_desk.domain.undoing import AT_MOST, OF_RECORDS, TAKE_BACK, UNDOABLE, Deed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

_FIND: Final = """
SELECT operation_id FROM history WHERE row_id = %(row)s::uuid AND version = %(version)s ORDER BY id DESC LIMIT 1
"""
# What was done first stands at the end of the chain of what was taken back.
_OPERATION: Final = """
WITH RECURSIVE chain (id, depth) AS (
    SELECT %(id)s::uuid, 0 UNION ALL
    SELECT t.operation_id, c.depth + 1 FROM chain c JOIN taken_back t ON t.by_operation_id = c.id)
SELECT r.command, r.at, o.at FROM operation o, chain c JOIN operation r ON r.id = c.id
WHERE o.id = %(id)s::uuid AND o.desk_id = %(desk)s::uuid AND o.db_user = session_user
  AND NOT EXISTS (SELECT FROM taken_back t WHERE t.operation_id = o.id)
ORDER BY c.depth DESC LIMIT 1
"""
_ROWS: Final = """
SELECT table_name, row_id, version, before, after FROM history WHERE operation_id = %(id)s::uuid
  AND table_name IN ('appointment', 'patient', 'time_off', 'closure', 'block', 'block_type',
    'offer_round', 'two_people') ORDER BY id
"""
# The double leads to the record that stays, before a separation or after a merge; an absence has a name.
_NAMES: Final = """
SELECT h.operation_id, h.table_name = 'patient',
       CASE WHEN h.table_name = 'patient' THEN concat_ws(' ', k.given_name, k.family_name)
            ELSE coalesce(h.after, h.before) ->> 'name' END,
       concat_ws(' ', h.after ->> 'given_name', h.after ->> 'family_name')
FROM history h LEFT JOIN patient k
  ON h.table_name = 'patient' AND k.id = coalesce(h.after ->> 'merged_into_id', h.before ->> 'merged_into_id')::uuid
WHERE h.operation_id = ANY(%(ids)s::uuid[]) AND (
    h.table_name IN ('time_off', 'closure', 'block')
    OR (h.table_name = 'patient' AND (h.before ->> 'merged_into_id' IS NULL OR h.after ->> 'merged_into_id' IS NULL)
        AND (h.before ->> 'merged_into_id') IS DISTINCT FROM (h.after ->> 'merged_into_id')))
UNION ALL
SELECT h.operation_id, true, concat_ws(' ', a.given_name, a.family_name), concat_ws(' ', b.given_name, b.family_name)
FROM history h JOIN patient a ON a.id = (coalesce(h.after, h.before) ->> 'one_id')::uuid
JOIN patient b ON b.id = (coalesce(h.after, h.before) ->> 'other_id')::uuid
WHERE h.operation_id = ANY(%(ids)s::uuid[]) AND h.table_name = 'two_people'
"""
_BY_OTHERS: Final = """
SELECT EXISTS (SELECT FROM history_of(ARRAY[%(row)s::uuid]) WHERE table_name = 'appointment'
               AND version > %(version)s AND (desk_id IS DISTINCT FROM %(desk)s::uuid OR db_user <> session_user))
"""
_WRITE: Final = "INSERT INTO taken_back (operation_id, by_operation_id) VALUES (%(id)s::uuid, %(by)s::uuid)"
# Those who stood there when it was done, and whoever this desk put there since: they were agreed to.
_BESIDE: Final = """
SELECT id FROM appointment WHERE practitioner_id = %(practitioner)s::uuid AND occupies
  AND starts_at > %(begin)s - interval '28 hours' AND starts_at < %(end)s + interval '4 hours'
  AND footprint && tstzrange(%(begin)s, %(end)s) AND (changed_at <= %(at)s OR changed_desk_id = %(desk)s::uuid)
"""
_OF_SERIES: Final = """
SELECT id FROM appointment WHERE id = ANY(%(ids)s::uuid[]) OR series_id IN (
    SELECT series_id FROM appointment WHERE id = ANY(%(ids)s::uuid[]) AND series_id IS NOT NULL)
"""
_TELLS: Final = "n.kind IN ('confirmation', 'rescheduled', 'cancelled')"
_LEFT: Final = "n.status IN ('sending', 'unknown', 'sent', 'delivered')"
# A message that was queued, or called back, since: whoever is told of it is told of what undoes it.
_TOLD_SINCE: Final = f"""
SELECT EXISTS (SELECT FROM notification n WHERE n.appointment_id IN ({_OF_SERIES}) AND {_TELLS}
  AND (n.created_at >= %(at)s OR (n.error_code = 'superseded' AND n.changed_at >= %(at)s)))
"""  # noqa: S608  # constants of this module only
_KNOWS: Final = f"""
SELECT EXISTS (SELECT FROM notification n WHERE n.appointment_id = %(id)s::uuid AND n.patient_id = %(patient)s::uuid
               AND {_TELLS} AND {_LEFT})
"""  # noqa: S608  # constants of this module only
_GONE: Final = f"""
SELECT EXISTS (SELECT FROM history h JOIN notification n ON n.appointment_id = h.row_id AND n.created_at = h.at
               WHERE h.operation_id = %(id)s::uuid AND h.table_name = 'appointment' AND {_TELLS} AND {_LEFT})
"""  # noqa: S608  # constants of this module only
_LAST: Final = f"""
WITH own AS (
    SELECT o.id, o.command, o.at, t.operation_id AS undoes FROM operation o
    LEFT JOIN taken_back t ON t.by_operation_id = o.id
    WHERE o.desk_id = %(desk)s::uuid AND o.db_user = session_user AND o.at > now() - interval '12 hours'
      AND o.command = ANY(%(commands)s) AND EXISTS (SELECT FROM history h WHERE h.operation_id = o.id)
    ORDER BY o.at DESC, o.id DESC LIMIT %(most)s)
SELECT own.id, own.command, own.undoes, c.number, c.before, c.after, {PATIENT_COLUMNS}
FROM own LEFT JOIN LATERAL (
    SELECT h.before, h.after, count(*) OVER () AS number FROM history h
    WHERE h.operation_id = own.id AND h.table_name = 'appointment' AND h.after IS NOT NULL
    ORDER BY h.after ->> 'starts_at', h.id LIMIT 1) AS c ON own.undoes IS NULL
LEFT JOIN patient p ON p.id = (c.after ->> 'patient_id')::uuid
ORDER BY own.at, own.id
"""  # noqa: S608  # constants of this module only


_BY_APPOINTMENT: Final = frozenset(name for name in UNDOABLE if not name.startswith(("Save", "Remove"))) - OF_RECORDS


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of this desk and person that was not taken back. `command`, `began_at`: of what was done first."""

    id: UUID
    command: str
    began_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What an operation made of one row: as it was (None: it was added) and as it left it (None: deleted).

    `version`: as it left it; `first`: as it first made it, of several writes.
    """

    table: str
    id: UUID
    version: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    first: int


def find(connection: Connection, desk_id: UUID, mark: UUID | tuple[UUID, int]) -> Operation | None:
    """Return an operation of this desk and the person signed in; None if there is none, or it was taken back."""
    if isinstance(mark, tuple):
        found = connection.exec_driver_sql(_FIND, {"row": str(mark[0]), "version": mark[1]}).scalar()
        if found is None:
            return None
        mark = UUID(str(found))
    row = connection.exec_driver_sql(_OPERATION, {"id": str(mark), "desk": str(desk_id)}).first()
    return None if row is None else Operation(mark, *row)


def written(connection: Connection, operation_id: UUID) -> tuple[Written, ...]:
    """Return what an operation made of each row, the row that it wrote last first: so it is taken back step by step."""
    found: dict[UUID, Written] = {}
    for table, row_id, version, before, after in connection.exec_driver_sql(_ROWS, {"id": str(operation_id)}):
        first = found.pop(row_id, None)
        began = (before, version) if first is None else (first.before, first.first)
        found[row_id] = Written(table, row_id, version, began[0], after, began[1])
    return tuple(reversed(found.values()))


def image_of(connection: Connection, table: str, row_id: UUID) -> Mapping[str, Any] | None:
    """Return a row as it stands, held until the end, as the history would hold it; None if it is gone."""
    statement = f"SELECT to_jsonb(x) FROM (SELECT * FROM {table} WHERE id = %(id)s::uuid FOR UPDATE) AS x"  # noqa: S608
    found: Mapping[str, Any] | None = connection.exec_driver_sql(statement, {"id": str(row_id)}).scalar()
    return found


def types_of_block(connection: Connection, block_id: UUID) -> frozenset[UUID]:
    """Return for which types a block is kept now."""
    rows = connection.exec_driver_sql(
        "SELECT type_id FROM block_type WHERE block_id = %(id)s::uuid", {"id": str(block_id)}
    )
    return frozenset(row[0] for row in rows)


def changed_by_others(connection: Connection, desk_id: UUID, row_id: UUID, version: int) -> bool:
    """Whether another desk or person changed an appointment after this version of it."""
    values = {"row": str(row_id), "version": version, "desk": str(desk_id)}
    return bool(connection.exec_driver_sql(_BY_OTHERS, values).scalar_one())


def stood_beside(connection: Connection, desk_id: UUID, row: Appointment, at: datetime) -> frozenset[UUID]:
    """Return who stands in a place and was there at an instant already, or was put there by this desk since."""
    begin, end = row.footprint
    values = {"practitioner": str(row.practitioner_id), "begin": begin, "end": end, "at": at, "desk": str(desk_id)}
    return frozenset(found[0] for found in connection.exec_driver_sql(_BESIDE, values)) - {row.id}


def told_since(connection: Connection, ids: Iterable[UUID], at: datetime) -> bool:
    """Whether a message about these appointments, or other dates of their series, was queued or called back since."""
    values = {"ids": [str(row_id) for row_id in ids], "at": at}
    return bool(connection.exec_driver_sql(_TOLD_SINCE, values).scalar_one())


def knows(connection: Connection, row: Appointment) -> bool:
    """Whether the patient was told of an appointment, or may have been."""
    values = {"id": str(row.id), "patient": str(row.patient_id)}
    return bool(connection.exec_driver_sql(_KNOWS, values).scalar_one())


def message_left(connection: Connection, operation_id: UUID) -> bool:
    """Whether a message of what an operation did has left, or may have."""
    return bool(connection.exec_driver_sql(_GONE, {"id": str(operation_id)}).scalar_one())


def restore_times(connection: Connection, before_version: int | None) -> None:
    """Have a status that is written from here on get the times of before this version of its row; None: its own."""
    value = "" if before_version is None else str(before_version)
    connection.exec_driver_sql("SELECT set_config('clinic_desk.times', %(value)s, true)", {"value": value})


def write(connection: Connection, operation_id: UUID, by: UUID) -> None:
    """Write down which operation took which back."""
    connection.exec_driver_sql(_WRITE, {"id": str(operation_id), "by": str(by)})


def last_deeds(connection: Connection, desk_id: UUID) -> tuple[tuple[Deed, UUID | None], ...]:
    """Return what this desk and person did last in the order it was done, and with each what it took back."""
    values = {"desk": str(desk_id), "commands": [*sorted(UNDOABLE), TAKE_BACK], "most": 2 * AT_MOST}
    rows = connection.exec_driver_sql(_LAST, values).all()
    names = _names(connection, [row[0] for row in rows if row[1] not in _BY_APPOINTMENT])
    return tuple((_deed(names.get(row[0], ()), *row), row[2]) for row in rows)


def _names(connection: Connection, ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    if not ids:
        return {}
    found = connection.exec_driver_sql(_NAMES, {"ids": [str(each) for each in ids]})
    return {row[0]: (row[2], row[3]) if row[1] else (row[2],) for row in found}


def _deed(
    names: tuple[str, ...], row_id: UUID, command: str, _undoes: UUID | None, number: int | None, *images: Any
) -> Deed:
    before, after, *patient = images
    if after is None or command in OF_RECORDS:
        return Deed(row_id, number=0, command=command, names=names)
    who = patient_record(patient)
    return Deed(row_id, _entry(before, who), _entry(after, who), number or 0, command=command)


def _entry(image: Mapping[str, Any] | None, patient: Patient) -> Entry | None:
    return None if image is None else Entry(appointment_of(image), patient)


def appointment_of(image: Mapping[str, Any]) -> Appointment:
    """Return an appointment as the history holds it."""

    def optional(name: str) -> UUID | None:
        value = image.get(name)
        return None if value is None else UUID(value)

    day, reason = image.get("series_day"), image["cancellation_reason"]
    return Appointment(
        UUID(image["id"]),
        UUID(image["patient_id"]),
        UUID(image["practitioner_id"]),
        UUID(image["site_id"]),
        UUID(image["type_id"]),
        datetime.fromisoformat(image["starts_at"]).astimezone(UTC),
        datetime.fromisoformat(image["ends_at"]).astimezone(UTC),
        datetime.fromisoformat(image["wall_start"]),
        image["zone"],
        optional("room_id"),
        image["buffer_before_minutes"],
        image["buffer_after_minutes"],
        AppointmentStatus(image["status"]),
        ParticipationStatus(image["answer"]),
        image["squeezed_in"],
        frozenset(image["overruled"]),
        None if reason is None else CancellationReason(reason),
        image["note"],
        optional("device_id"),
        optional("series_id"),
        None if day is None else date.fromisoformat(day),
        optional("present_room_id"),
        image["version"],
    )
