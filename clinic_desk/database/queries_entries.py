"""Appointments read as the calendar shows them: with patient, message state and who changed them, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

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
    from datetime import datetime

    from sqlalchemy import Connection

LONGEST_FOOTPRINT: Final = "28 hours"
"""The schema's CHECKs: a visit of 24 hours at most, and a buffer of at most four on its side."""

PATIENT_COLUMNS: Final = (
    "p.id::text, p.family_name, p.given_name, p.birth_date, p.gender, p.phone, p.email, p.channel, p.language, p.note,"
    " p.merged_into_id, p.version"
)
_APPOINTMENT_COLUMNS: Final = (
    "a.id::text, a.practitioner_id::text, a.site_id::text, a.type_id::text, a.room_id::text, a.starts_at, a.ends_at,"
    " a.wall_start, a.zone, a.buffer_before_minutes, a.buffer_after_minutes, a.status, a.answer, a.squeezed_in,"
    " a.overruled, a.cancellation_reason, a.note, a.version, a.changed_at, coalesce(s.display_name, a.changed_by),"
    " coalesce(d.name, '')"
)
_RANK: Final = {"failed": 5, "unknown": 4, "delivered": 3, "sent": 2, "cancelled": 0, "expired": 0}
"""How much a message's status says about its appointment, in MessageState's order; all others: 1, on its way."""

_MESSAGE_STATE: Final = f"""
(SELECT max(CASE n.status {" ".join(f"WHEN '{status}' THEN {rank}" for status, rank in _RANK.items())} ELSE 1 END)
 FROM notification n WHERE n.appointment_id = a.id)"""  # noqa: S608  # constants of this module only
_ENTRY: Final = f"""
SELECT {_APPOINTMENT_COLUMNS}, {_MESSAGE_STATE}, {PATIENT_COLUMNS}
FROM appointment a JOIN patient p ON p.id = a.patient_id
LEFT JOIN staff s ON s.login = a.changed_by LEFT JOIN desk d ON d.id = a.changed_desk_id
"""  # noqa: S608  # constants of this module only
_BETWEEN: Final = f"""{_ENTRY}
WHERE a.starts_at > %(starts_at)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(ends_at)s + interval '4 hours'
  AND a.footprint && tstzrange(%(starts_at)s, %(ends_at)s) AND a.status <> 'entered-in-error'
"""
_BETWEEN_OF: Final = f"{_BETWEEN} AND a.practitioner_id = %(practitioner)s::uuid"
_ORDER: Final = " ORDER BY a.starts_at, a.id"
_BY_ID: Final = f"""{_ENTRY}
WHERE a.id = ANY(%(ids)s::uuid[]) AND (%(erroneous)s OR a.status <> 'entered-in-error')
ORDER BY a.starts_at, a.id
"""
_STANDING: Final = {
    resource: f"""{_ENTRY}
WHERE a.{resource}_id = %(resource)s::uuid AND a.id <> %(besides)s::uuid AND a.occupies
  AND a.starts_at > %(starts_at)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(ends_at)s + interval '4 hours'
  AND a.footprint && tstzrange(%(starts_at)s, %(ends_at)s)
ORDER BY a.starts_at, a.id LIMIT 1
"""
    for resource in ("practitioner", "room")
}
_STATES: Final = (
    MessageState.NONE,
    MessageState.PENDING,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNKNOWN,
    MessageState.FAILED,
)
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
        return entries(connection.exec_driver_sql(_BETWEEN + _ORDER, values))
    values["practitioner"] = str(practitioner_id)
    return entries(connection.exec_driver_sql(_BETWEEN_OF + _ORDER, values))


def entries_by_id(connection: Connection, ids: Iterable[UUID], *, erroneous: bool = False) -> tuple[Entry, ...]:
    """Return the appointments of these ids that are there; those entered in error only if asked for."""
    return entries(connection.exec_driver_sql(_BY_ID, {"ids": [str(row) for row in ids], "erroneous": erroneous}))


def standing(
    connection: Connection, resource: str, resource_id: UUID, footprint: tuple[datetime, datetime], besides: UUID
) -> Entry | None:
    """Return what makes a practitioner or room busy in a footprint, the appointment `besides` left out."""
    values = {
        "resource": str(resource_id),
        "besides": str(besides),
        "starts_at": footprint[0],
        "ends_at": footprint[1],
    }
    return next(iter(entries(connection.exec_driver_sql(_STANDING[resource], values))), None)


def entries(rows: Iterable[Sequence[Any]]) -> tuple[Entry, ...]:
    """Turn rows of the entry statements into records; ids that repeat in a day are made once."""
    known: dict[str | None, UUID | None] = {None: None}

    def same(text: str | None) -> Any:
        found = known.get(text)
        if found is None and text is not None:
            found = known[text] = UUID(text)
        return found

    return tuple(
        Entry(
            Appointment(
                id=UUID(row[0]),
                patient_id=(patient := patient_record(row[22:34])).id,
                practitioner_id=same(row[1]),
                site_id=same(row[2]),
                type_id=same(row[3]),
                starts_at=row[5],
                ends_at=row[6],
                wall_start=row[7],
                zone=row[8],
                room_id=same(row[4]),
                buffer_before_minutes=row[9],
                buffer_after_minutes=row[10],
                status=_STATUS[row[11]],
                answer=_ANSWER[row[12]],
                squeezed_in=row[13],
                overruled=frozenset(row[14]),
                cancellation_reason=None if row[15] is None else _REASON[row[15]],
                note=row[16],
                version=row[17],
            ),
            patient,
            _STATES[row[21] or 0],
            ChangeNote(row[19], row[20], row[18]),
        )
        for row in rows
    )


def message_state(statuses: Iterable[str]) -> MessageState:
    """Return what messages of these statuses together say about their appointment: the worst of them."""
    return _STATES[max((_RANK.get(status, 1) for status in statuses), default=0)]


def patient_record(row: Sequence[Any]) -> Patient:
    """Turn the columns of `PATIENT_COLUMNS` into a record."""
    return Patient(
        id=UUID(row[0]),
        family_name=row[1],
        given_name=row[2],
        birth_date=row[3],
        gender=_GENDER[row[4]],
        phone=row[5],
        email=row[6],
        channel=_CHANNEL[row[7]],
        language=row[8],
        note=row[9],
        merged_into=row[10],
        version=row[11],
    )
