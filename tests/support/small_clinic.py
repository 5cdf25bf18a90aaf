"""A small fixed clinic for tests: two sites in two zones, three practitioners, two rooms, three types, ten patients."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, insert

from clinic_desk.database import tables
from clinic_desk.domain.folding import search_key
from clinic_desk.domain.records import AdministrativeGender, Channel, Patient


def _id(kind: int, number: int) -> UUID:
    return UUID(f"{kind:08x}-0000-7000-8000-{number:012x}")


@dataclass(frozen=True, slots=True)
class SmallClinic:
    """The ids of what stands in the database, and a Monday on which everybody works, far enough in the future.

    Hours: Monday to Friday 08:00-12:00 and 13:00-17:00 wall time of the practitioner's site. A start is offered every
    quarter of an hour, ten years ahead.
    """

    berlin: UUID
    new_york: UUID
    weber: UUID
    """Works in Berlin, does every type."""
    okafor: UUID
    """Works in Berlin, does checkup and consultation."""
    diaz: UUID
    """Works in New York, does checkup and procedure."""
    room_1: UUID
    room_2: UUID
    """Both rooms are in Berlin."""
    checkup: UUID
    """15 minutes, no buffers, no room."""
    consultation: UUID
    """30 minutes with 5 before and 10 after, no room."""
    procedure: UUID
    """60 minutes, no buffers, needs a room."""
    patients: tuple[UUID, ...]
    monday: date


SMALL_CLINIC: Final = SmallClinic(
    berlin=_id(1, 1),
    new_york=_id(1, 2),
    weber=_id(2, 1),
    okafor=_id(2, 2),
    diaz=_id(2, 3),
    room_1=_id(3, 1),
    room_2=_id(3, 2),
    checkup=_id(4, 1),
    consultation=_id(4, 2),
    procedure=_id(4, 3),
    patients=tuple(_id(5, number) for number in range(1, 11)),
    monday=date(2031, 3, 3),
)

_NAMES: Final = (
    ("Meier", "Anna", date(1987, 3, 14), "+493012345671"),
    ("Meier", "Jonas", date(2015, 9, 2), "+493012345671"),  # shares his mother's phone
    ("O'Neill", "Siobhán", date(1990, 1, 1), "+493012345672"),
    ("Müller-Lüdenscheidt", "Käthe", date(1952, 11, 30), "+493012345673"),
    ("بن علي", "فاطمة", date(1979, 6, 6), "+493012345674"),
    ("<b>Bold</b>", "Tag", date(2000, 2, 29), "+493012345675"),
    ("Nowak", "Zofia", None, ""),
    ("山田", "太郎", date(1968, 8, 8), "+12125550107"),
    ("García Márquez", "José", date(1999, 12, 31), "+12125550108"),
    ("Smith", "", date(1940, 4, 4), "+12125550109"),
)


# By providers that are not there: what is planned is planned for both channels, and answers to an SMS reach nobody.
_MESSAGING = """
UPDATE messaging SET email_by = 'smtp', smtp_host = 'mail.invalid', from_address = 'clinic@example.org',
    sms_by = 'twilio', twilio_service_sid = 'MG00000000000000000000000000000000'
"""


def insert_small_clinic(connection: Connection) -> SmallClinic:
    """Insert it as the owner or a manager; the caller commits."""
    clinic = SMALL_CLINIC
    for table, rows in (
        (tables.site, _sites(clinic)),
        (tables.practitioner, _practitioners(clinic)),
        (tables.room, _rooms(clinic)),
        (tables.appointment_type, _types(clinic)),
        (tables.appointment_type_practitioner, _who_does_what(clinic)),
        (tables.working_hours, _hours(clinic)),
        (tables.patient, _patients(clinic)),
    ):
        connection.execute(insert(table), rows)
    connection.exec_driver_sql(_MESSAGING)
    connection.exec_driver_sql("UPDATE booking_rules SET step_minutes = 15, horizon_days = 3660")
    return clinic


def _sites(clinic: SmallClinic) -> list[dict[str, Any]]:
    return [
        {"id": clinic.berlin, "name": "Mitte", "zone": "Europe/Berlin", "phone": "+49301234567"},
        {"id": clinic.new_york, "name": "Harlem", "zone": "America/New_York", "phone": "+12125550100"},
    ]


def _practitioners(clinic: SmallClinic) -> list[dict[str, Any]]:
    rows = ((clinic.weber, "Dr. Weber"), (clinic.okafor, "Dr. Okafor"), (clinic.diaz, "Dr. Diaz"))
    return [{"id": key, "name": name, "position": position} for position, (key, name) in enumerate(rows)]


def _rooms(clinic: SmallClinic) -> list[dict[str, Any]]:
    rows = ((clinic.room_1, "Room 1"), (clinic.room_2, "Room 2"))
    return [
        {"id": key, "name": name, "site_id": clinic.berlin, "position": position}
        for position, (key, name) in enumerate(rows)
    ]


def _types(clinic: SmallClinic) -> list[dict[str, Any]]:
    rows = (
        (clinic.checkup, "Checkup", 15, 0, 0, False),
        (clinic.consultation, "Consultation", 30, 5, 10, False),
        (clinic.procedure, "Procedure", 60, 0, 0, True),
    )
    return [
        {
            "id": key,
            "name": name,
            "length_minutes": length,
            "buffer_before_minutes": before,
            "buffer_after_minutes": after,
            "needs_room": needs_room,
            "position": position,
        }
        for position, (key, name, length, before, after, needs_room) in enumerate(rows)
    ]


def _who_does_what(clinic: SmallClinic) -> list[dict[str, Any]]:
    does = {
        clinic.weber: (clinic.checkup, clinic.consultation, clinic.procedure),
        clinic.okafor: (clinic.checkup, clinic.consultation),
        clinic.diaz: (clinic.checkup, clinic.procedure),
    }
    return [{"practitioner_id": who, "type_id": what} for who, types in does.items() for what in types]


def _hours(clinic: SmallClinic) -> list[dict[str, Any]]:
    works_at = ((clinic.weber, clinic.berlin), (clinic.okafor, clinic.berlin), (clinic.diaz, clinic.new_york))
    places = [
        (who, where, weekday, start, end)
        for who, where in works_at
        for weekday in range(1, 6)
        for start, end in ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
    ]
    return [
        {
            "id": _id(6, number),
            "practitioner_id": who,
            "site_id": where,
            "weekday": weekday,
            "start_minute": start,
            "end_minute": end,
            "valid_from": date(2026, 1, 1),
        }
        for number, (who, where, weekday, start, end) in enumerate(places, start=1)
    ]


def _patients(clinic: SmallClinic) -> list[dict[str, Any]]:
    rows = []
    for key, (family_name, given_name, birth_date, phone) in zip(clinic.patients, _NAMES, strict=True):
        patient = Patient(
            id=key,
            family_name=family_name,
            given_name=given_name,
            birth_date=birth_date,
            gender=AdministrativeGender.UNKNOWN,
            phone=phone,
            channel=Channel.SMS if phone else Channel.NONE,
        )
        row = {name: getattr(patient, name) for name in ("id", "family_name", "given_name", "birth_date", "phone")}
        rows.append(row | {"channel": patient.channel.value, "search_key": search_key(patient)})
    return rows
