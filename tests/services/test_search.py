"""The search box's answers from real PostgreSQL: patients, their appointments, a day, a caller."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, SetStatus
from clinic_desk.domain.finding import Found
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Clinic, Entry
from clinic_desk.services import search
from clinic_desk.services.booking import book, cancel, set_status
from clinic_desk.services.calendar import load_clinic
from tests.support.bookings import at, checkup, statements_of
from tests.support.small_clinic import SmallClinic

SIOBHAN = 2


@pytest.fixture
def record(database: Database, clinic: SmallClinic) -> Clinic:
    assert clinic.patients
    return load_clinic(database)


def booked(database: Database, clinic: SmallClinic, days: int, hour: int, patient: int = SIOBHAN) -> Entry:
    start = at(clinic.monday + timedelta(days=days), hour)
    return book(database, checkup(clinic, start, patient_id=clinic.patients[patient]))


def names(found: Found) -> list[str]:
    return [match.patient.given_name for match in found.patients]


def test_a_found_patients_next_appointments_come_with_her_and_cancelled_ones_too(
    database: Database, clinic: SmallClinic, record: Clinic
) -> None:
    later, sooner = booked(database, clinic, 1, 10), booked(database, clinic, 0, 9)
    gone = booked(database, clinic, 2, 9)
    cancel(database, Cancel(gone.id, 1, CancellationReason.PATIENT))
    wrong = booked(database, clinic, 3, 9)
    set_status(database, SetStatus(wrong.id, 1, AppointmentStatus.ENTERED_IN_ERROR))
    found = search.find(database, record, "siobh", clinic.monday)
    assert names(found) == ["Siobhán"]
    assert [row.id for row in found.appointments] == [sooner.id, later.id, gone.id]
    assert found.appointments[2].status is AppointmentStatus.CANCELLED
    assert found.appointments[0].wall_start.hour == 9
    assert not found.appointments[0].is_past


def test_the_last_appointments_are_told_as_past_nearest_first(
    database: Database, clinic: SmallClinic, record: Clinic, owner_engine: Engine
) -> None:
    rows = [booked(database, clinic, days, 9) for days in range(3)]
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER USER")
        connection.exec_driver_sql(
            "UPDATE appointment SET starts_at = starts_at - interval '20 years', ends_at = ends_at - interval"
            " '20 years', wall_start = wall_start - interval '20 years', status = 'fulfilled' WHERE id <> %s",
            (rows[2].id,),
        )
    found = search.find(database, record, "siobh", clinic.monday).appointments
    assert [(row.id, row.is_past) for row in found] == [(rows[2].id, False), (rows[1].id, True), (rows[0].id, True)]


def test_of_many_patients_no_appointments_are_told_but_the_next_ones_day(
    database: Database, clinic: SmallClinic, record: Clinic
) -> None:
    booked(database, clinic, 0, 9)
    found = search.find(database, record, "0301234567", clinic.monday)
    assert len(found.patients) > 3
    assert found.appointments == ()
    assert sum(match.next_appointment_at is not None for match in found.patients) == 1


def test_a_day_alone_beside_a_patient_or_beside_a_doctor_finds_its_appointments(
    database: Database, clinic: SmallClinic, record: Clinic
) -> None:
    wanted = booked(database, clinic, 0, 9)
    booked(database, clinic, 1, 9)
    for typed in ("3.3.2031", "siobhan 3.3.2031", "weber 3.3.2031", "3.3.2031 weber", "o'neill mon"):
        found = search.find(database, record, typed, clinic.monday - timedelta(days=2)).appointments
        assert [row.id for row in found] == [wanted.id], typed


def test_beside_a_name_only_what_is_named_is_found(database: Database, clinic: SmallClinic, record: Clinic) -> None:
    booked(database, clinic, 0, 9)
    for typed in ("okafor 3.3.2031", "nowak 3.3.2031", "weber 4.3.2031"):
        assert search.find(database, record, typed, clinic.monday).appointments == ()


def test_what_is_nowhere_finds_nothing_and_breaks_nothing(
    database: Database, clinic: SmallClinic, record: Clinic
) -> None:
    booked(database, clinic, 0, 9)
    for typed in ("", "  ", "%", "zzzz", "zzzz fri", "1.1.9999", "31.12.9999", "1.1.0001", "' OR 1=1", "\0"):
        assert search.find(database, record, typed, clinic.monday) == Found(), typed
    for number in ("", "anonymous", "+4930999999999", "12", "+49 30 1234567' --"):
        assert search.patients_of_caller(database, number, "DE") == (), number


def test_a_callers_number_finds_the_patient_however_it_is_written(database: Database, clinic: SmallClinic) -> None:
    assert clinic.patients
    for number in ("+493012345672", "tel:+49-30-12345672", "030 12345672", "004930 12345672"):
        found = search.patients_of_caller(database, number, "DE")
        assert [match.patient.given_name for match in found] == ["Siobhán"], number


def test_a_family_with_one_number_comes_eldest_first(database: Database, clinic: SmallClinic) -> None:
    found = search.patients_of_caller(database, "+493012345671", "DE")
    assert [match.patient.given_name for match in found] == ["Anna", "Jonas"]
    assert all(match.shares_phone for match in found)


def test_a_keystroke_takes_six_statements_at_most(database: Database, clinic: SmallClinic, record: Clinic) -> None:
    for typed in ("s", "siobh", "siobh 1990", "3.3.2031", "weber 3.3.2031", "5672"):
        with statements_of(database) as sent:
            search.find(database, record, typed, clinic.monday)
        assert len(sent) <= 6, typed
