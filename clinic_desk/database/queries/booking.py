"""The statements of a booking: one takes the locks and reads what the rules need, one writes the row and messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.clinic import (
    CLOSURE,
    HOURS,
    OVERRIDE,
    PRACTITIONER,
    ROOM,
    RULES,
    SITE,
    TYPE,
    booking_rights,
    closure_record,
    hours_record,
    is_manager,
    override_record,
    practitioner_record,
    room_record,
    rules_record,
    site_record,
    type_record,
)
from clinic_desk.database.queries.entries import BEFORE_LOCKS, LONGEST_FOOTPRINT, PATIENT_COLUMNS, patient_record
from clinic_desk.database.queries.messaging import MANNER, MannerRow, manner_row
from clinic_desk.database.queries.prepared import prepared, run
from clinic_desk.database.queries.told import TOLD_OF
from clinic_desk.domain.records import Appointment, AppointmentStatus, Block, Clinic, Patient, TimeOff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
Times = tuple[datetime | None, datetime | None, datetime | None]
"""When a patient arrived, was in the room, and was done."""
LONGEST_BUFFER: Final = timedelta(hours=4)
"""The schema's CHECK on buffers."""

# The keys are those of the schema's lock_days(): kind (1 practitioner, 2 room or device), number, UTC day; kind 3 is a
# patient.
# All are taken in ascending order, so desks queue up and never run into the deadlock detector.
_LOCK: Final = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT (1::bigint << 56) + (no::bigint << 24) + day AS key
    FROM practitioner, unnest(%(days)s::int[]) AS day WHERE id = ANY(%(practitioners)s::uuid[])
    UNION
    SELECT (2::bigint << 56) + (no::bigint << 24) + day
    FROM room, unnest(%(days)s::int[]) AS day
    WHERE id = ANY(%(rooms)s::uuid[])
       OR (site_id = %(rooms_of)s::uuid AND active
           AND (SELECT needs_room OR needs_device FROM appointment_type WHERE id = %(type)s::uuid))
    UNION
    SELECT (3::bigint << 56) + (hashtext(patient)::bigint & 4294967295) FROM unnest(%(patients)s::text[]) AS patient
    ORDER BY key) AS keys
"""
# Whatever the footprint that is wanted can meet: the visit with its own buffers, or those of its type.
_BUFFER: Final = (
    "make_interval(mins => coalesce(%({side})s,"
    " (SELECT buffer_{side}_minutes FROM appointment_type WHERE id = %(type)s::uuid), 0))"
)
_NEAR: Final = (
    f"a.starts_at > %(begin)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(end)s + interval '4 hours'"
    f" AND a.occupies AND a.footprint && tstzrange(%(starts_at)s - {_BUFFER.format(side='before')},"
    f" %(ends_at)s + {_BUFFER.format(side='after')})"
)
_TAKEN: Final = (
    "a.id, a.patient_id, a.practitioner_id, a.room_id, a.starts_at, a.ends_at,"
    " a.buffer_before_minutes, a.buffer_after_minutes, a.device_id"
)
_FACTS: Final = f"""
SELECT now(),
    (SELECT {SITE} FROM site x WHERE x.id = %(site)s::uuid),
    (SELECT {PRACTITIONER} FROM practitioner x WHERE x.id = %(practitioner)s::uuid),
    (SELECT {TYPE} FROM appointment_type x WHERE x.id = %(type)s::uuid),
    (SELECT json_agg({ROOM} ORDER BY x.position, x.name, x.id) FROM room x
     WHERE x.site_id = %(site)s::uuid OR x.id = ANY(%(rooms)s::uuid[])
       OR x.id IN (SELECT l.room_id FROM appointment_type_room l WHERE l.type_id = %(type)s::uuid)),
    (SELECT json_agg({HOURS}) FROM working_hours x
     WHERE x.practitioner_id = %(practitioner)s::uuid AND x.site_id = %(site)s::uuid
       AND x.valid_from <= %(end)s::date + 2
       AND (x.valid_to IS NULL OR x.valid_to >= %(begin)s::date - 2)),
    (SELECT json_agg({CLOSURE}) FROM closure x
     WHERE x.site_id = %(site)s::uuid AND x.first_day <= %(end)s::date + 2 AND x.last_day >= %(begin)s::date - 2),
    (SELECT json_agg(json_build_array(x.id, x.starts_at, x.ends_at, x.name)) FROM time_off x
     WHERE x.practitioner_id = %(practitioner)s::uuid AND x.starts_at < %(end)s AND x.ends_at > %(begin)s),
    (SELECT json_agg(json_build_array(x.id, x.starts_at, x.ends_at, x.name, x.practitioner_id, x.room_id,
                ARRAY(SELECT t.type_id FROM block_type t WHERE t.block_id = x.id))) FROM block x
     WHERE x.starts_at < %(end)s AND x.ends_at > %(begin)s
       AND (x.practitioner_id = %(practitioner)s::uuid OR x.room_id IS NOT NULL)),
    (SELECT json_agg(json_build_array({_TAKEN})) FROM (
        SELECT {_TAKEN} FROM appointment a WHERE a.practitioner_id = %(practitioner)s::uuid AND {_NEAR}
        UNION
        SELECT {_TAKEN} FROM appointment a WHERE a.patient_id = %(patient)s::uuid AND {_NEAR}
        UNION
        SELECT {_TAKEN} FROM appointment a WHERE (a.room_id IS NOT NULL OR a.device_id IS NOT NULL) AND {_NEAR}
          AND (cardinality(%(rooms)s::uuid[]) > 0
               OR (SELECT needs_room OR needs_device FROM appointment_type WHERE id = %(type)s::uuid))) AS a),
    (SELECT json_agg(json_build_array(n.patient_id, n.kind, {TOLD_OF}, n.dedupe_key, n.rule_id)
                     ORDER BY n.created_at, n.id)
     FROM notification n WHERE n.appointment_id = %(appointment)s::uuid AND {TOLD_OF} <> 'cancelled'),
    (SELECT a.version FROM appointment a WHERE a.id = %(appointment)s::uuid),
    coalesce((SELECT s.display_name FROM staff s WHERE s.login = session_user), session_user),
    coalesce((SELECT d.name FROM desk d WHERE d.id = %(desk)s::uuid), ''),
    (SELECT json_agg({OVERRIDE}) FROM date_override x
     WHERE x.practitioner_id = %(practitioner)s::uuid
       AND x.day BETWEEN %(begin)s::date - 2 AND %(end)s::date + 2),
    (SELECT {RULES} FROM booking_rules x),
    {MANNER},
    {PATIENT_COLUMNS}
FROM (SELECT) AS one LEFT JOIN patient p ON p.id = %(patient)s::uuid
"""  # noqa: S608  # constants of this module only
_MESSAGES: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          language, due_at, not_after, status, error_code, last_error, rule_id)
SELECT m.id, m.appointment_id, m.appointment_version, m.patient_id, m.kind, m.channel, m.dedupe_key, m.subject, m.body,
       m.language, m.due_at, m.not_after, m.status, m.error_code, m.last_error, m.rule_id
FROM written, json_to_recordset(%(messages)s::json) AS m (
    id uuid, appointment_id uuid, appointment_version int, patient_id uuid, kind text, channel text, dedupe_key text,
    subject text, body text, language text, due_at timestamptz, not_after timestamptz, status text, error_code text,
    last_error text, rule_id uuid)
ON CONFLICT (dedupe_key) DO NOTHING
"""
_INSERT: Final = f"""
WITH freed AS (DELETE FROM hold WHERE id = %(hold)s::uuid),
written AS (
    INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at, wall_start,
        zone, buffer_before_minutes, buffer_after_minutes, squeezed_in, overruled, note, device_id, series_id,
        series_day, status)
    VALUES (%(id)s::uuid, %(patient)s::uuid, %(practitioner)s::uuid, %(site)s::uuid, %(type)s::uuid, %(room)s::uuid,
        %(starts_at)s, %(ends_at)s, %(wall_start)s, %(zone)s, %(before)s, %(after)s, %(squeezed_in)s,
        %(overruled)s::text[], %(note)s, %(device)s::uuid, %(series)s::uuid, %(series_day)s::date, %(status)s)
    ON CONFLICT DO NOTHING RETURNING version, arrived_at, in_room_at, finished_at),
queued AS ({_MESSAGES})
SELECT arrived_at, in_room_at, finished_at FROM written
"""  # noqa: S608  # constants of this module only
_UPDATE: Final = f"""
WITH written AS (
    UPDATE appointment SET patient_id = %(patient)s::uuid, practitioner_id = %(practitioner)s::uuid,
        site_id = %(site)s::uuid, type_id = %(type)s::uuid, room_id = %(room)s::uuid, starts_at = %(starts_at)s,
        ends_at = %(ends_at)s, wall_start = %(wall_start)s, zone = %(zone)s, buffer_before_minutes = %(before)s,
        buffer_after_minutes = %(after)s, squeezed_in = %(squeezed_in)s, overruled = %(overruled)s::text[],
        note = %(note)s, status = %(status)s, answer = %(answer)s, cancellation_reason = %(reason)s,
        device_id = %(device)s::uuid, series_id = %(series)s::uuid, series_day = %(series_day)s::date,
        present_room_id = %(present_room)s::uuid
    WHERE id = %(id)s::uuid AND version = %(version)s RETURNING version, arrived_at, in_room_at, finished_at),
queued AS ({_MESSAGES})
SELECT arrived_at, in_room_at, finished_at FROM written
"""  # noqa: S608  # constants of this module only
# What has not left, claimed or not, is voided before the rest is read: a worker that was quicker is seen then, and told
# after.
_VOID: Final = """
UPDATE notification SET status = 'cancelled', error_code = 'superseded', last_error = 'the appointment was changed'
WHERE appointment_id = %(appointment)s::uuid AND status IN ('pending', 'leased')
  AND (SELECT version FROM appointment WHERE id = %(appointment)s::uuid) = %(void)s
"""
# Nothing is given back from here on. Of many in one transaction each savepoint would stand within the one before, and
# every row that is looked at be compared with all of them.
_KEEP_LOCKS: Final = f"RELEASE SAVEPOINT {BEFORE_LOCKS}"
_TYPES: Final = dict.fromkeys(("begin", "end", "starts_at", "ends_at"), "timestamptz") | {
    "wall_start": "timestamp",
    "zone": "text",
    "before": "int",
    "after": "int",
    "squeezed_in": "bool",
    "note": "text",
    "status": "text",
    "answer": "text",
    "reason": "text",
    "version": "int",
    "void": "int",
}
LOCK: Final = prepared("booking_lock", _LOCK, _TYPES)
FACTS: Final = prepared("booking_facts", _FACTS, _TYPES)
VOID: Final = prepared("booking_void", _VOID, _TYPES)
INSERT: Final = prepared("booking_insert", _INSERT, _TYPES)
UPDATE: Final = prepared("booking_update", _UPDATE, _TYPES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The place a booking would take: what to lock and what to read around it. `buffers` None: those of the type."""

    patient_id: UUID
    practitioner_id: UUID
    site_id: UUID
    type_id: UUID
    starts_at: datetime
    ends_at: datetime
    buffers: tuple[int, int] | None = None
    room_id: UUID | None = None
    device_id: UUID | None = None
    automatic_room: bool = False
    """Whether any room, or any device, of the site may come into play if the type needs one."""
    appointment_id: UUID | None = None
    leaving: Appointment | None = None
    """The place that is given up, to be locked too."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules and the messages need, as the database holds it behind the locks. `now`: its clock."""

    now: datetime
    clinic: Clinic
    patient: Patient | None
    others: tuple[Appointment, ...]
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    queued: tuple[tuple[UUID, str, str, str, UUID | None], ...]
    version: int | None
    person: str
    desk: str
    manner: MannerRow


def lock_and_read(
    connection: Connection, wanted: Wanted, desk_id: UUID, *, void: int | None = None, lock: bool = True
) -> Facts:
    """Take the locks of the place (practitioner, room, device, patient and UTC days), then read; one round trip.

    `void`: void the appointment's pending messages in between, if it still has this version. The locks are sorted and
    taken by a statement of their own, so what the next one reads cannot change before COMMIT by any desk that books.
    They are taken behind a savepoint: who finds the place taken gives them back at once. Without `lock` it is only
    read, to see beforehand what a booking would meet.
    """
    leaving = wanted.leaving
    rooms = {wanted.room_id, wanted.device_id} | ({leaving.room_id, leaving.device_id} if leaving else set())
    practitioners = {wanted.practitioner_id} | ({leaving.practitioner_id} if leaving else set())
    begin, end = wanted.starts_at - LONGEST_BUFFER, wanted.ends_at + LONGEST_BUFFER
    days = set(utc_days(begin, end)) | set(utc_days(*leaving.footprint) if leaving else ())
    values = {
        "days": sorted(days),
        "practitioners": [str(row) for row in practitioners],
        "practitioner": str(wanted.practitioner_id),
        "rooms": [str(row) for row in rooms - {None}],
        "rooms_of": str(wanted.site_id) if wanted.automatic_room else None,
        "type": str(wanted.type_id),
        "site": str(wanted.site_id),
        "patients": [str(row) for row in {wanted.patient_id} | ({leaving.patient_id} if leaving else set())],
        "patient": str(wanted.patient_id),
        "begin": begin,
        "end": end,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "before": wanted.buffers[0] if wanted.buffers else None,
        "after": wanted.buffers[1] if wanted.buffers else None,
        "appointment": None if wanted.appointment_id is None else str(wanted.appointment_id),
        "desk": str(desk_id),
        "void": void,
    }
    if not lock:
        return _facts(run(connection, (FACTS,), values).one())
    statements = (LOCK, FACTS) if void is None else (LOCK, VOID, FACTS)
    return _facts(run(connection, (f"SAVEPOINT {BEFORE_LOCKS}", *statements), values).one())


def utc_days(starts_at: datetime, ends_at: datetime) -> range:
    """Return the numbers (0 = 1970-01-01) of the UTC days that [starts_at, ends_at) touches."""
    last = ends_at - timedelta(microseconds=1)
    return range((starts_at - _EPOCH) // _DAY, (last - _EPOCH) // _DAY + 1)


def insert_appointment(
    connection: Connection, row: Appointment, messages: Iterable[dict[str, Any]], hold_id: UUID | None
) -> Times | None:
    """Insert an appointment with its messages and let its hold go; None if its time or room was taken.

    Returns when the patient came, was in the room and was done: `update_appointment` does the same.
    """
    values = {**_columns(row), "messages": json.dumps(list(messages)), "hold": _text(hold_id)}
    return _times(run(connection, (_KEEP_LOCKS, INSERT), values).first())


def update_appointment(connection: Connection, row: Appointment, messages: Iterable[dict[str, Any]]) -> Times | None:
    """Write an appointment over its version before (`row.version` - 1), with its messages; None if that is gone.

    Returns when the patient came, was in the room and was done, as the database has it from now on.
    """
    values = {
        **_columns(row),
        "version": row.version - 1,
        "answer": row.answer.value,
        "reason": None if row.cancellation_reason is None else row.cancellation_reason.value,
        "messages": json.dumps(list(messages)),
    }
    return _times(run(connection, (_KEEP_LOCKS, UPDATE), values).first())


def _times(row: Any) -> Times | None:
    return None if row is None else (row[0], row[1], row[2])


def _columns(row: Appointment) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "patient": str(row.patient_id),
        "practitioner": str(row.practitioner_id),
        "site": str(row.site_id),
        "type": str(row.type_id),
        "room": _text(row.room_id),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "wall_start": row.wall_start,
        "zone": row.zone,
        "before": row.buffer_before_minutes,
        "after": row.buffer_after_minutes,
        "squeezed_in": row.squeezed_in,
        "overruled": sorted(row.overruled),
        "note": row.note,
        "status": row.status.value,
        "device": _text(row.device_id),
        "series": _text(row.series_id),
        "series_day": row.series_day,
        "present_room": _text(row.present_room_id),
    }


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _facts(row: Any) -> Facts:
    clinic = Clinic(
        sites=() if row[1] is None else (site_record(row[1]),),
        practitioners=() if row[2] is None else (practitioner_record(row[2]),),
        types=() if row[3] is None else (type_record(row[3]),),
        rooms=tuple(map(room_record, row[4] or ())),
        working_hours=tuple(map(hours_record, row[5] or ())),
        closures=tuple(map(closure_record, row[6] or ())),
        date_overrides=tuple(map(override_record, row[14] or ())),
        rules=rules_record(row[15]),
        manager=is_manager(row[15]),
        rights=booking_rights(row[15]),
    )
    practitioner_id = clinic.practitioners[0].id if clinic.practitioners else UUID(int=0)
    return Facts(
        now=row[0],
        clinic=clinic,
        time_off=tuple(
            TimeOff(UUID(off[0]), practitioner_id, _instant(off[1]), _instant(off[2]), off[3]) for off in row[7] or ()
        ),
        blocks=tuple(map(_block, row[8] or ())),
        others=tuple(map(_other, row[9] or ())),
        queued=tuple((UUID(message[0]), *message[1:4], _uuid(message[4])) for message in row[10] or ()),
        version=row[11],
        person=row[12],
        desk=row[13],
        manner=manner_row(row[16:20]),
        patient=None if row[20] is None else patient_record(row[20:]),
    )


def _block(row: list[Any]) -> Block:
    row_id, starts_at, ends_at, name, practitioner_id, room_id, types = row
    place = _uuid(practitioner_id), _uuid(room_id)
    return Block(UUID(row_id), _instant(starts_at), _instant(ends_at), name, *place, frozenset(map(UUID, types)))


def _other(row: list[Any]) -> Appointment:
    """Make an appointment of what the rules look at; its site, type and wall time are not among it."""
    starts_at = _instant(row[4])
    return Appointment(
        id=UUID(row[0]),
        patient_id=UUID(row[1]),
        practitioner_id=UUID(row[2]),
        site_id=UUID(int=0),
        type_id=UUID(int=0),
        starts_at=starts_at,
        ends_at=_instant(row[5]),
        wall_start=starts_at.replace(tzinfo=None),
        zone="UTC",
        room_id=_uuid(row[3]),
        buffer_before_minutes=row[6],
        buffer_after_minutes=row[7],
        status=AppointmentStatus.BOOKED,
        device_id=_uuid(row[8]),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
