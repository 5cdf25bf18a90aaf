"""What the tour books: free times of one day of the demo clinic, far enough apart, and patients who want e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import AppointmentType, Channel, Clinic, Patient, PatientMatch
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.patients import search_patients
from clinic_desk.services.slots import FreeSlot, SlotQuery, free_slots

_SLOTS: Final = 4
_PEOPLE: Final = 3
_APART: Final = timedelta(minutes=40)
_LETTERS: Final = ("an", "ma", "be", "so", "pe", "to", "cl", "ev", "ka", "mi", "ro", "sa", "he", "jo", "li", "ni")


@dataclass(frozen=True, slots=True)
class Plan:
    """One doctor's day: `slots` are free, by start; `people` are patients whose names can be typed."""

    day: date
    kind: AppointmentType
    slots: tuple[FreeSlot, ...]
    people: tuple[Patient, ...]


def make_plan(database: Database, clinic: Clinic, now: datetime) -> Plan | None:
    """Look for a day with enough room; None if there is none. For the query lane."""
    home = clinic.sites[0]
    matches = _matches(database)
    for kind in sorted(clinic.types, key=lambda kind: kind.length_minutes):
        if kind.needs_room or not kind.practitioner_ids:
            continue
        query = SlotQuery(kind.id, from_at=now + timedelta(days=1), site_id=home.id, days=30)
        slots = _one_day(free_slots(database, query, clinic), home.zone)
        people = _free_after(matches, slots[-1].ends_at) if slots else ()
        if len(people) >= _PEOPLE:
            return Plan(to_wall(slots[0].starts_at, home.zone).date(), kind, slots, people[:_PEOPLE])
    return None


def _one_day(found: tuple[FreeSlot, ...], zone: str) -> tuple[FreeSlot, ...]:
    """Return enough times of one doctor on one day, the earliest such day."""

    def day_and_doctor(slot: FreeSlot) -> tuple[date, str]:
        return to_wall(slot.starts_at, zone).date(), str(slot.practitioner_id)

    for _, group in groupby(sorted(found, key=lambda slot: (day_and_doctor(slot), slot.starts_at)), day_and_doctor):
        apart: list[FreeSlot] = []
        for slot in group:
            if not apart or slot.starts_at - apart[-1].starts_at >= _APART:
                apart.append(slot)
        if len(apart) >= _SLOTS:
            return tuple(apart[:_SLOTS])
    return ()


def _matches(database: Database) -> tuple[PatientMatch, ...]:
    """Return patients who are told by e-mail and whose names can be typed and are not anybody else's."""
    found: dict[str, PatientMatch] = {}
    for letters in _LETTERS:
        for match in search_patients(database, letters):
            patient = match.patient
            if patient.channel is Channel.EMAIL and _can_be_typed(patient):
                found.setdefault(patient.display_name, match)
    return tuple(found.values())


def _free_after(matches: tuple[PatientMatch, ...], at: datetime) -> tuple[Patient, ...]:
    """Return those who have no appointment before `at`: whoever has one then is asked about, and that is no part."""
    return tuple(
        match.patient for match in matches if match.next_appointment_at is None or match.next_appointment_at >= at
    )


def _can_be_typed(patient: Patient) -> bool:
    return all(part.isascii() and part.isalpha() for part in (patient.family_name, patient.given_name))
