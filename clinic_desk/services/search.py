"""Answers the search box: patients, their appointments, the appointments of a day, and whose number is calling."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import patients as queries_patients
from clinic_desk.database.queries import search as queries_search
from clinic_desk.domain.finding import Found, caller_number, day_meant, practitioners_named
from clinic_desk.domain.folding import query_tokens
from clinic_desk.domain.phones import common_e164
from clinic_desk.domain.wall import day_bounds
from clinic_desk.services.patients import found_patients

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.finding import FoundAppointment, OnDay
    from clinic_desk.domain.folding import Query
    from clinic_desk.domain.records import Clinic, Patient, PatientMatch

MOST_PATIENTS: Final = 7
_MOST_APPOINTMENTS: Final = 6
_MOST_OF_A_DAY: Final = 4
_FEW: Final = 3
"""Of so few patients the next and last appointments are told; of more the next one, beside the name, must do."""


def find(db: Database, clinic: Clinic, text: str, today: date) -> Found:
    """Return what is found by what was typed: any part of names, birth date or phone digits, a day, a name and a day.

    `today`: in the first site's zone. Empty for nothing searchable.
    """
    query, on_day = query_tokens(text), day_meant(text, today)
    if not query and on_day is None:
        return Found()
    with db.reading() as connection:
        matches = _patients(connection, query)
        if on_day is not None:
            return Found(matches, _on_day(connection, clinic, on_day, today))
        return Found(matches, _next_and_last(connection, [match.patient for match in matches]))


def patients_of_caller(db: Database, number: str, region: str) -> tuple[PatientMatch, ...]:
    """Return the patients with the number of a caller (a family shares one), as telephone software writes it.

    A national number is read as one of `region` (ISO 3166). If nobody has it so, those are returned in whose number
    these digits are one of the ways to dial or read it.
    """
    asked = caller_number(number)
    if asked is None:
        return ()
    phone = f"+{asked[2:]}" if asked.startswith("00") else common_e164(asked, region) or asked
    with db.reading() as connection:
        found = queries_search.patients_of_phone(connection, phone, MOST_PATIENTS)
        if found:
            return queries_patients.with_extras(connection, found)
        return _patients(connection, ((asked.lstrip("+"),),))


def _patients(connection: Connection, query: Query) -> tuple[PatientMatch, ...]:
    found = found_patients(connection, query, MOST_PATIENTS) if query else []
    return queries_patients.with_extras(connection, found) if found else ()


def _next_and_last(connection: Connection, patients: list[Patient]) -> tuple[FoundAppointment, ...]:
    if not 0 < len(patients) <= _FEW:
        return ()
    alone = len(patients) == 1
    found = queries_search.appointments_of(connection, patients, coming=4 if alone else 1, past=2 if alone else 1)
    return tuple(row for row in found if not (row.is_past and row.patient.closed))


def _on_day(connection: Connection, clinic: Clinic, meant: OnDay, today: date) -> tuple[FoundAppointment, ...]:
    """Of a day alone the first few; beside a name the doctor's of this name, then those of patients of this name."""
    day = _values(clinic, meant.day)
    if not meant.beside:
        return queries_search.appointments_on(connection, day, _MOST_OF_A_DAY, still_to_come=meant.day == today)
    found: tuple[FoundAppointment, ...] = ()
    query = query_tokens(meant.beside)
    if query:
        found = queries_search.appointments_for(connection, day, query, _MOST_APPOINTMENTS)
    doctors = practitioners_named(meant.beside, clinic.practitioners)
    if doctors:
        ids = [doctor.id for doctor in doctors]
        found += queries_search.appointments_with(connection, day, ids, _MOST_APPOINTMENTS)
    return tuple({row.id: row for row in found}.values())


def _values(clinic: Clinic, day: date) -> dict[str, Any]:
    """A day on the clocks of every site that has one: the instants around it bound what is looked through."""
    try:
        bounds = [day_bounds(day, zone) for zone in {site.zone for site in clinic.sites}]
    except OverflowError:  # at the ends of the calendar
        bounds = []
    midnight = datetime.combine(day, time.min, UTC)
    starts = min((start for start, _ in bounds), default=midnight)
    ends = max((end for _, end in bounds), default=midnight)
    return queries_search.day_values(day, starts, ends)
