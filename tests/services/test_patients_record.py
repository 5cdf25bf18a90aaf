"""A patient's page as it is read: all of it in five statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Cancel, SetStatus, Update, UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.patients_merge import MergePatients
from clinic_desk.domain.records import AppointmentStatus, CancellationReason
from clinic_desk.domain.refusals import NotFound
from clinic_desk.services.booking import book, cancel, set_status, update
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.services.patients_merge import merge_patients
from clinic_desk.services.patients_record import record_of
from tests.support.bookings import at, checkup, statements_of
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic


def test_a_patient_without_anything_has_an_empty_page(clinic: SmallClinic, database: Database) -> None:
    with statements_of(database) as sent:
        page = record_of(database, clinic.patients[6])
    assert len(sent) <= 5
    assert (page.patient.family_name, page.coming, page.past, page.messages) == ("Nowak", (), (), ())
    assert page.doubles == ()
    assert not page.more_changes
    with pytest.raises(NotFound):
        record_of(database, new_id())


def test_what_is_to_come_what_was_and_how_often_she_failed_to_come(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = [book(database, checkup(clinic, at(clinic.monday, hour))) for hour in (9, 10, 11, 14, 15)]
    set_status(database, SetStatus(entries[0].id, 1, AppointmentStatus.NOSHOW))
    for entry, reason in ((entries[1], CancellationReason.PATIENT), (entries[2], CancellationReason.PROVIDER)):
        cancel(database, Cancel(entry.id, 1, reason))
    run(owner_engine, "UPDATE appointment SET starts_at = now() + interval '3 hours', ends_at = now() + interval"
        " '4 hours' WHERE status = 'cancelled'")  # fmt: skip
    with statements_of(database) as sent:
        page = record_of(database, clinic.patients[0])
    assert len(sent) <= 5
    assert [row.id for row in page.coming] == [entries[3].id, entries[4].id]
    assert {row.id for row in page.past} == {entry.id for entry in entries[:3]}
    counts = page.counts
    assert (counts.noshows, counts.late, counts.coming, counts.past) == (1, 1, 2, 3)
    assert {row.kind.value for row in page.messages} >= {"confirmation", "reminder"}


def test_changes_tell_who_did_what_and_a_merge_is_one_of_them(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    entry = book(database, checkup(clinic, patient_id=clinic.patients[1]))
    update(second_database, Update(entry.id, 1, starts_at=at(clinic.monday, 11)))
    kept, double = (get_patient(database, each) for each in clinic.patients[:2])
    kept = update_patient(database, UpdatePatient(replace(kept, note="hard of hearing")))
    merge_patients(database, MergePatients(kept, double.id, double.version))
    changes = record_of(database, clinic.patients[0]).changes
    told = [(each.command, each.is_record, each.desk) for each in changes]
    assert told[:4] == [
        ("MergePatients", True, "Desk 1"),
        ("UpdatePatient", True, "Desk 1"),
        ("Update", False, "Desk 2"),
        ("Book", False, "Desk 1"),
    ]
    moved = changes[2]
    assert moved.before is not None
    assert moved.after is not None
    assert moved.before["starts_at"] != moved.after["starts_at"]


def test_a_thousand_appointments_are_read_in_parts_and_counted_whole(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    first = book(database, checkup(clinic, at(clinic.monday, 9)))
    run(
        owner_engine,
        "INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at, status)"
        " SELECT gen_random_uuid(), patient_id, practitioner_id, site_id, type_id, starts_at - n * interval '6 days',"
        " ends_at - n * interval '6 days', 'fulfilled' FROM appointment, generate_series(1, 1000) AS n",
    )
    with statements_of(database) as sent:
        page = record_of(database, clinic.patients[0])
    assert len(sent) <= 5
    assert [row.id for row in page.coming] == [first.id]
    assert (len(page.past), page.counts.past, len(page.changes), page.more_changes) == (100, 1000, 100, True)
    assert page.past[0].appointment.starts_at == at(clinic.monday, 9) - timedelta(days=6)
    assert len(record_of(database, clinic.patients[0], 1200).past) == 1000


def test_whoever_may_only_read_sees_all_but_the_messages(
    clinic: SmallClinic, database: Database, url_as: Callable[[Any], URL]
) -> None:
    entry = book(database, checkup(clinic))
    reader = Database(url_as("clinic_readonly"), DeskIdentity(new_id(), "Corridor"))
    try:
        page = record_of(reader, clinic.patients[0], with_messages=False)
    finally:
        reader.dispose()
    assert ([row.id for row in page.coming], page.messages, page.may_read_messages) == ([entry.id], (), False)
