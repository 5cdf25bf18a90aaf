"""Appointments read as the calendar shows them: with patient, message state and who changed them, in one statement."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.prepared import prepared, run
from clinic_desk.domain.records import (
    AdministrativeGender,
    Appointment,
    AppointmentStatus,
    CancellationReason,
    ChangeNote,
    Channel,
    Entry,
    MessageState,
    ParticipationStatus,
    Patient,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

LONGEST_FOOTPRINT: Final = "28 hours"
"""The schema's CHECKs: a visit of 24 hours at most, and a buffer of at most four on its side."""

PATIENT_COLUMNS: Final = (
    "p.id::text, p.family_name, p.given_name, p.birth_date, p.gender, p.phone, p.email, p.channel, p.language, p.note,"
    " p.merged_into_id, p.version, p.restricted"
)
APPOINTMENT_COLUMNS: Final = (
    "a.id::text, a.practitioner_id::text, a.site_id::text, a.type_id::text, a.room_id::text, a.starts_at, a.ends_at,"
    " a.wall_start, a.zone, a.buffer_before_minutes, a.buffer_after_minutes, a.status, a.answer, a.squeezed_in,"
    " a.overruled, a.cancellation_reason, a.note, a.device_id::text, a.series_id::text, a.series_day,"
    " a.present_room_id::text, a.version, a.arrived_at, a.in_room_at, a.finished_at,"
    " a.changed_at, coalesce(s.display_name, a.changed_by),"
    " coalesce(d.name, '')"
)
_RANK: Final = {"failed": 5, "unknown": 4, "delivered": 3, "sent": 2, "cancelled": 0, "expired": 0}
"""How much a message's status says about its appointment, in MessageState's order; all others: 1, on its way."""

_MESSAGE_STATE: Final = f"""
(SELECT max(CASE n.status {" ".join(f"WHEN '{status}' THEN {rank}" for status, rank in _RANK.items())} ELSE 1 END)
 FROM notification n WHERE n.appointment_id = a.id)"""  # noqa: S608  # constants of this module only
ENTRY: Final = f"""
SELECT {APPOINTMENT_COLUMNS}, {_MESSAGE_STATE}, {PATIENT_COLUMNS}
FROM appointment a JOIN patient p ON p.id = a.patient_id
LEFT JOIN staff s ON s.login = a.changed_by LEFT JOIN desk d ON d.id = a.changed_desk_id
"""  # noqa: S608  # constants of this module only
_BETWEEN: Final = f"""{ENTRY}
WHERE a.starts_at > %(starts_at)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(ends_at)s + interval '4 hours'
  AND a.footprint && tstzrange(%(starts_at)s, %(ends_at)s) AND a.status <> 'entered-in-error'
"""
_BETWEEN_OF: Final = f"{_BETWEEN} AND a.practitioner_id = %(practitioner)s::uuid"
_ORDER: Final = " ORDER BY a.starts_at, a.id"
_BY_ID: Final = prepared(
    "entries_by_id",
    f"""{ENTRY}
WHERE a.id = ANY(%(ids)s::uuid[]) AND (%(erroneous)s::bool OR a.status <> 'entered-in-error')
ORDER BY a.starts_at, a.id
""",
    {},
)
_STANDING: Final = {
    resource: prepared(
        f"standing_{resource}",
        f"""{ENTRY}
WHERE a.{resource}_id = %(resource)s::uuid AND a.id <> %(besides)s::uuid AND a.occupies
  AND a.starts_at > %(starts_at)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(ends_at)s + interval '4 hours'
  AND a.footprint && tstzrange(%(starts_at)s, %(ends_at)s)
ORDER BY a.starts_at, a.id LIMIT 1
""",
        {"starts_at": "timestamptz", "ends_at": "timestamptz"},
    )
    for resource in ("practitioner", "room", "device")
}
_STATES: Final = (
    MessageState.NONE,
    MessageState.PENDING,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNKNOWN,
    MessageState.FAILED,
)
BEFORE_LOCKS: Final = "before_locks"
_NOTHING: Final = frozenset[str]()
_known = lru_cache(maxsize=4096)(UUID)
_STATUS: Final = {status.value: status for status in AppointmentStatus}
_ANSWER: Final = {answer.value: answer for answer in ParticipationStatus}
_REASON: Final = {reason.value: reason for reason in CancellationReason}
_GENDER: Final = {gender.value: gender for gender in AdministrativeGender}
_CHANNEL: Final = {channel.value: channel for channel in Channel}


def entries_between(
    connection: Connection, starts_at: datetime, ends_at: datetime, practitioner_id: UUID | None = None
) -> tuple[Entry, ...]:
    """Return every appointment whose footprint touches [starts_at, ends_at), but no erroneous ones; by start."""
    values: dict[str, object] = {"starts_at": starts_at, "ends_at": ends_at}
    if practitioner_id is None:
        return entries(connection.exec_driver_sql(_BETWEEN + _ORDER, values).all())
    values["practitioner"] = str(practitioner_id)
    return entries(connection.exec_driver_sql(_BETWEEN_OF + _ORDER, values).all())


def entries_by_id(connection: Connection, ids: Iterable[UUID], *, erroneous: bool = False) -> tuple[Entry, ...]:
    """Return the appointments of these ids that are there; those entered in error only if asked for."""
    return entries(run(connection, (_BY_ID,), {"ids": [str(row) for row in ids], "erroneous": erroneous}).all())


def release_and_look(
    connection: Connection, resource: str, resource_id: UUID, footprint: tuple[datetime, datetime], besides: UUID
) -> Entry | None:
    """Give the locks of `lock_and_read` back; return what makes a practitioner, room or device busy in a footprint.

    The appointment `besides` is left out. What was voided or written behind the savepoint is undone.
    """
    values = {
        "resource": str(resource_id),
        "besides": str(besides),
        "starts_at": footprint[0],
        "ends_at": footprint[1],
    }
    return next(
        iter(entries(run(connection, (f"ROLLBACK TO SAVEPOINT {BEFORE_LOCKS}", _STANDING[resource]), values).all())),
        None,
    )


def entries(rows: Iterable[Sequence[Any]]) -> tuple[Entry, ...]:
    """Turn rows of the entry statements into records; the ids that repeat within a day are parsed once."""
    return tuple([_entry(*row) for row in rows])


def _entry(  # noqa: PLR0917  # one parameter for each column, in the statement's order: half the time of a row by index
    row_id: str,
    practitioner_id: str,
    site_id: str,
    type_id: str,
    room_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    wall_start: datetime,
    zone: str,
    before: int,
    after: int,
    status: str,
    answer: str,
    squeezed_in: bool,
    overruled: list[str],
    reason: str | None,
    note: str,
    device_id: str | None,
    series_id: str | None,
    series_day: date | None,
    present_room_id: str | None,
    version: int,
    arrived_at: datetime | None,
    in_room_at: datetime | None,
    finished_at: datetime | None,
    changed_at: datetime,
    person: str,
    desk: str,
    messages: int | None,
    patient_id: str,
    *patient: Any,
) -> Entry:
    who = patient_record((patient_id, *patient))
    return Entry(
        Appointment(
            UUID(row_id),
            who.id,
            _known(practitioner_id),
            _known(site_id),
            _known(type_id),
            starts_at,
            ends_at,
            wall_start,
            zone,
            None if room_id is None else _known(room_id),
            before,
            after,
            _STATUS[status],
            _ANSWER[answer],
            squeezed_in,
            frozenset(overruled) if overruled else _NOTHING,
            None if reason is None else _REASON[reason],
            note,
            None if device_id is None else _known(device_id),
            None if series_id is None else _known(series_id),
            series_day,
            None if present_room_id is None else _known(present_room_id),
            version,
        ),
        who,
        _STATES[messages or 0],
        ChangeNote(person, desk, changed_at),
        arrived_at,
        in_room_at,
        finished_at,
    )


def message_state(statuses: Iterable[str]) -> MessageState:
    """Return what messages of these statuses together say about their appointment: the worst of them."""
    return _STATES[max((_RANK.get(status, 1) for status in statuses), default=0)]


def patient_record(row: Sequence[Any]) -> Patient:
    """Turn the columns of `PATIENT_COLUMNS` into a record."""
    (
        row_id, family_name, given_name, birth_date, gender, phone, email, channel, language, note, merged_into,
        version, restricted,
    ) = row  # fmt: skip
    return Patient(
        UUID(row_id),
        family_name,
        given_name,
        birth_date,
        _GENDER[gender],
        phone,
        email,
        _CHANNEL[channel],
        language,
        note,
        merged_into,
        version,
        restricted,
    )
