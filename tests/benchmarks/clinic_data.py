"""Fills a database for the benchmarks quickly: a clinic, patients, and a given number of appointments around today."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg2
from sqlalchemy import URL

from clinic_desk.domain.folding import search_key
from clinic_desk.domain.records import Patient

SITE: Final = UUID(int=0xA1)
TYPE: Final = UUID(int=0xB1)
PRACTITIONERS: Final = tuple(UUID(int=0xC00 + number) for number in range(20))
TODAY: Final = date(2031, 3, 3)
PER_DAY: Final = 50
_SYLLABLES: Final = (
    "ma mi mu an en in schmi tt berg sen ler ner hof gol wei ro se li lo ka ki ko ra re ri ha he to ta son ov ski we ju"
)
# What the day's query does not look at is left out while loading, or a million rows take minutes.
_SLOW: Final = (
    "appointment_practitioner_excl",
    "appointment_room_excl",
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was put in: ids of patients, and how many appointments."""

    patients: tuple[UUID, ...]
    appointments: int


def connect(url: URL) -> psycopg2.extensions.connection:
    """An autocommit connection as the superuser."""
    connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    connection.autocommit = True
    return connection


def fill(url: URL, *, patients: int, appointments: int, for_booking: bool) -> Filled:
    """Fill a freshly migrated database as the superuser. `for_booking`: keep the constraints that guard bookings."""
    chance = random.Random(7)
    everybody = list(_patients(chance, patients))
    connection = connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        _clinic(cursor)
        _copy(
            cursor, "patient (id, family_name, given_name, birth_date, phone, search_key)", map(_patient_row, everybody)
        )
        if not for_booking:
            for name in _SLOW:
                cursor.execute(f"ALTER TABLE appointment DROP CONSTRAINT {name}")
        columns = (
            "appointment (id, patient_id, practitioner_id, practitioner_no, site_id, type_id, starts_at, ends_at,"
            " wall_start, zone, footprint, practitioner_busy, room_busy)"
        )
        _copy(cursor, columns, _appointments(chance, [patient.id for patient in everybody], appointments))
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    return Filled(tuple(patient.id for patient in everybody), appointments)


def _clinic(cursor: Any) -> None:
    cursor.execute("INSERT INTO site (id, name, zone) VALUES (%s, 'Mitte', 'UTC')", (str(SITE),))
    cursor.execute("INSERT INTO appointment_type (id, name, length_minutes) VALUES (%s, 'Visit', 10)", (str(TYPE),))
    for number, practitioner in enumerate(PRACTITIONERS):
        cursor.execute(
            "INSERT INTO practitioner (id, name, position) VALUES (%s, %s, %s)",
            (str(practitioner), f"Dr. {number}", number),
        )
        cursor.execute(
            "INSERT INTO appointment_type_practitioner (type_id, practitioner_id) VALUES (%s, %s)",
            (str(TYPE), str(practitioner)),
        )
        cursor.execute(
            "INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute, valid_from)"
            " SELECT gen_random_uuid(), %s, %s, day, 0, 1440, '2020-01-01' FROM generate_series(1, 7) AS day",
            (str(practitioner), str(SITE)),
        )


def name(chance: random.Random, longest: int) -> str:
    """A name of two to `longest` syllables."""
    syllables = _SYLLABLES.split()
    return "".join(chance.choice(syllables) for _ in range(chance.randint(2, longest))).capitalize()


def _patients(chance: random.Random, number: int) -> Iterator[Patient]:
    given = [name(chance, 3) for _ in range(2000)]
    family = [name(chance, 4) for _ in range(20_000)]
    for _ in range(number):
        yield Patient(
            _id(chance),
            chance.choice(family),
            chance.choice(given),
            date(1930, 1, 1) + timedelta(days=chance.randrange(33_000)),
            phone=f"+4930{chance.randrange(3_000_000, 9_999_999)}" if chance.random() < 0.9 else "",
        )


def _patient_row(patient: Patient) -> tuple[object, ...]:
    key = search_key(patient)
    return patient.id, patient.family_name, patient.given_name, patient.birth_date, patient.phone, key


def _appointments(chance: random.Random, patients: list[UUID], number: int) -> Iterator[tuple[object, ...]]:
    """Every ten minutes, for all practitioners, on as many days around today as it takes."""
    days = number // (len(PRACTITIONERS) * PER_DAY)
    first = datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC) - timedelta(days=days // 2)
    for day in range(days):
        for number_, practitioner in enumerate(PRACTITIONERS, start=1):
            for slot in range(PER_DAY):
                start = first + timedelta(days=day, minutes=10 * slot)
                end = start + timedelta(minutes=10)
                footprint = f'["{start}","{end}")'
                wall = start.replace(tzinfo=None)
                who = (_id(chance), chance.choice(patients), practitioner, number_, SITE, TYPE)
                yield (*who, start, end, wall, "UTC", footprint, f"{{{footprint}}}", "{}")


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _copy(cursor: Any, target: str, rows: Iterable[tuple[object, ...]]) -> None:
    buffer = io.StringIO()
    for number, row in enumerate(rows, start=1):
        buffer.write("\t".join(map(str, row)) + "\n")
        if number % 100_000 == 0:
            _send(cursor, target, buffer)
            buffer = io.StringIO()
    _send(cursor, target, buffer)


def _send(cursor: Any, target: str, buffer: io.StringIO) -> None:
    buffer.seek(0)
    cursor.copy_expert(f"COPY {target} FROM STDIN", buffer)
