"""Two records of one person made one, and two again, on real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.queries.patients_merge import FOLLOWING
from clinic_desk.domain.commands import AddPatient, Update, UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.patients_merge import Merged, MergePatients, SeparatePatients, proposed
from clinic_desk.domain.records import Channel, Entry
from clinic_desk.domain.refusals import Conflict, NotFound, PatientConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.booking import book, update
from clinic_desk.services.patients import add_patient, get_patient, search_patients, similar_patients, update_patient
from clinic_desk.services.patients_merge import (
    LIKELY_PARTS,
    likely_pairs,
    look_at_pair,
    merge_patients,
    separate_patients,
)
from clinic_desk.services.patients_record import record_of
from tests.support.bookings import at, checkup, stored
from tests.support.queued import leaves, queue, run
from tests.support.small_clinic import SmallClinic


def merge_command(database: Database, clinic: SmallClinic, **fields: Any) -> MergePatients:
    """Anna stays, Jonas is the double."""
    kept, double = (get_patient(database, each) for each in clinic.patients[:2])
    return MergePatients(replace(kept, **fields), double.id, double.version)


def merged(database: Database, clinic: SmallClinic, **fields: Any) -> Merged:
    return merge_patients(database, merge_command(database, clinic, **fields))


def of_the_double(database: Database, clinic: SmallClinic, hour: int = 10) -> Entry:
    return book(database, checkup(clinic, at(clinic.monday, hour), patient_id=clinic.patients[1]))


def rows_of(engine: Engine) -> list[Any]:
    """All that a merge touches, as it stands, without what each change stamps."""
    stamped = "'{version,changed_at,changed_by,changed_desk_id}'::text[]"
    statements = (
        f"SELECT id, to_jsonb(p) - {stamped} FROM patient p ORDER BY id",
        f"SELECT id, to_jsonb(a) - {stamped} FROM appointment a ORDER BY id",
        "SELECT id, patient_id, status, log FROM notification ORDER BY id",
        "SELECT id, patient_id FROM wish ORDER BY id",
    )
    with engine.connect() as connection:
        return [tuple(row) for each in statements for row in connection.exec_driver_sql(each)]


def test_what_was_the_doubles_goes_to_the_record_that_stays(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entry = of_the_double(database, clinic)
    leaves(owner_engine, "confirmation")
    done = merged(database, clinic, email="anna@example.org")
    assert (done.moved, done.kept.email, done.kept.version) == (1, "anna@example.org", 2)
    assert done.double.merged_into == done.kept.id
    assert stored(owner_engine, entry.id)["patient_id"] == clinic.patients[0]
    assert {row[0] for row in queue(owner_engine, "patient_id")} == {clinic.patients[0]}
    assert [match.patient.id for match in search_patients(database, "meier")] == [clinic.patients[0]]
    assert similar_patients(database, replace(done.double, id=new_id(), merged_into=None)) == ()
    assert record_of(database, clinic.patients[1]).patient == done.kept


def test_a_change_after_the_merge_is_told_as_one_of_what_she_knows(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entry = of_the_double(database, clinic)
    leaves(owner_engine, "confirmation")
    merged(database, clinic)
    update(database, Update(entry.id, 2, starts_at=at(clinic.monday, 14)))
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == [("rescheduled",)]


def test_taking_it_back_leaves_everything_as_it_was(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    of_the_double(database, clinic)
    book(database, checkup(clinic))
    leaves(owner_engine, "confirmation")
    for patient_id in clinic.patients[:2]:
        run(
            owner_engine,
            "INSERT INTO wish (id, patient_id, type_id) VALUES (gen_random_uuid(), %s, %s)",
            *(patient_id, clinic.checkup),
        )
    before = rows_of(owner_engine)
    done = merged(database, clinic, email="anna@example.org", note="two records", channel=Channel.EMAIL)
    assert rows_of(owner_engine) != before
    back = separate_patients(second_database, SeparatePatients(done.merge_id))
    assert (back.moved, back.since, back.kept_fields) == (1, 0, ())
    assert rows_of(owner_engine) == before


def test_what_was_booked_and_changed_since_stays_and_is_told(clinic: SmallClinic, database: Database) -> None:
    moved = of_the_double(database, clinic)
    done = merged(database, clinic, email="anna@example.org", note="of both")
    update_patient(database, UpdatePatient(replace(done.kept, note="of both, and more")))
    later = book(database, checkup(clinic, at(clinic.monday, 15)))
    update(database, Update(moved.id, 2, starts_at=at(clinic.monday, 11)))
    back = separate_patients(database, SeparatePatients(done.merge_id))
    assert (back.moved, back.since, back.kept_fields) == (1, 1, ("note",))
    assert (back.kept.email, back.kept.note) == ("", "of both, and more")
    mine = [entry.id for entry in record_of(database, clinic.patients[0]).coming]
    theirs = record_of(database, clinic.patients[1]).coming
    assert mine == [later.id]
    assert [(entry.id, entry.appointment.starts_at) for entry in theirs] == [(moved.id, at(clinic.monday, 11))]


def test_it_is_taken_back_once_and_only_what_is_a_merge(clinic: SmallClinic, database: Database) -> None:
    done = merged(database, clinic)
    separate_patients(database, SeparatePatients(done.merge_id))
    with pytest.raises(PatientConflict):
        separate_patients(database, SeparatePatients(done.merge_id))
    with pytest.raises(NotFound):
        separate_patients(database, SeparatePatients(new_id()))


@pytest.mark.parametrize("changed", [0, 1])
def test_either_record_changed_meanwhile_is_a_conflict_and_nothing_is_written(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine, changed: int
) -> None:
    of_the_double(database, clinic)
    command = merge_command(database, clinic)
    now = get_patient(database, clinic.patients[changed])
    update_patient(second_database, UpdatePatient(replace(now, note="seen today")))
    before = rows_of(owner_engine)
    with pytest.raises(PatientConflict) as refused:
        merge_patients(database, command)
    assert refused.value.now.note == "seen today"
    assert refused.value.changed is not None
    assert refused.value.changed.desk == second_database.desk.name
    assert rows_of(owner_engine) == before


def test_nobody_is_merged_with_herself_nor_with_whom_she_was_merged(clinic: SmallClinic, database: Database) -> None:
    anna = get_patient(database, clinic.patients[0])
    with pytest.raises(InvalidInput):
        merge_patients(database, MergePatients(anna, anna.id, anna.version))
    merged(database, clinic)
    with pytest.raises(InvalidInput):
        look_at_pair(database, *clinic.patients[:2])


def test_who_was_merged_before_is_led_on_and_comes_back_in_turn(clinic: SmallClinic, database: Database) -> None:
    entry = of_the_double(database, clinic)
    first = merged(database, clinic)
    third = get_patient(database, clinic.patients[2])
    second = merge_patients(database, MergePatients(third, first.kept.id, first.kept.version))
    assert get_patient(database, clinic.patients[1]).merged_into == third.id
    with pytest.raises(PatientConflict):
        separate_patients(database, SeparatePatients(first.merge_id))
    page = record_of(database, clinic.patients[1])
    assert [(each.patient.id, each.merge_id) for each in page.doubles] == [
        (clinic.patients[0], second.merge_id),
        (clinic.patients[1], None),
    ]
    separate_patients(database, SeparatePatients(second.merge_id))
    separate_patients(database, SeparatePatients(first.merge_id))
    assert [row.id for row in record_of(database, clinic.patients[1]).coming] == [entry.id]


def test_the_same_merge_sent_twice_is_done_once(clinic: SmallClinic, database: Database) -> None:
    of_the_double(database, clinic)
    command = merge_command(database, clinic)
    assert merge_patients(database, command) == merge_patients(database, command)
    back = SeparatePatients(command.operation_id)
    assert separate_patients(database, back) == separate_patients(database, back)


def test_appointments_of_both_at_one_time_are_told_before(clinic: SmallClinic, database: Database) -> None:
    mine = book(database, checkup(clinic, at(clinic.monday, 10)))
    theirs = book(
        database,
        checkup(
            clinic, at(clinic.monday, 10) + timedelta(minutes=5), patient_id=clinic.patients[1],
            practitioner_id=clinic.okafor, length_minutes=30,
        ),
    )  # fmt: skip
    pair = look_at_pair(database, *clinic.patients[:2])
    assert [(one.id, other.id) for one, other in pair.overlaps] == [(mine.id, theirs.id)]


def test_a_desk_that_books_for_the_double_at_that_moment_is_led_to_the_record_that_stays(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    """The booking has read the record and waits for the merge, which holds it; then it begins again, and is refused."""
    wanted = checkup(clinic, patient_id=clinic.patients[1])
    with ThreadPoolExecutor(1) as pool, owner_engine.connect() as merging:
        merging.exec_driver_sql("SELECT id FROM patient WHERE id = %s FOR UPDATE", (clinic.patients[1],))
        booking = pool.submit(book, second_database, wanted)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
            while not watching.exec_driver_sql(waits).scalar_one():
                assert not booking.done()
        merging.exec_driver_sql(
            "UPDATE patient SET merged_into_id = %s WHERE id = %s", (clinic.patients[0], clinic.patients[1])
        )
        merging.commit()
        with pytest.raises(PatientConflict) as refused:
            booking.result(20)
    assert refused.value.now.id == clinic.patients[0]
    assert record_of(database, clinic.patients[1]).coming == ()


def test_who_changes_an_appointment_that_went_along_meets_the_usual_conflict(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    entry = of_the_double(database, clinic)
    merged(database, clinic)
    with pytest.raises(Conflict) as refused:
        update(second_database, Update(entry.id, 1, starts_at=at(clinic.monday, 14)))
    assert refused.value.now.patient.id == clinic.patients[0]


def test_every_table_that_names_a_patient_is_thought_of(clinic: SmallClinic, owner_engine: Engine) -> None:
    """Messages go along with their appointments; replies and records that were merged lead on by themselves.

    An offer to the double is not taken any more: its wish is the other record's. Who was kept apart from a record says
    nothing of the one that it was merged into. What is closed of a record is read with the one it was merged into.
    """
    with owner_engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'patient'::regclass"
        ).scalars()
        assert set(tables) == {
            *FOLLOWING,
            "notification",
            "inbound_message",
            "offer",
            "patient",
            "two_people",
            "closed_data",
        }


def test_what_is_empty_is_taken_over_and_notes_are_joined(clinic: SmallClinic, database: Database) -> None:
    one, other = (get_patient(database, each) for each in clinic.patients[:2])
    kept = replace(one, birth_date=None, phone="", note="walks badly", channel=Channel.NONE)
    asked_for_none = replace(kept, phone=one.phone)
    assert proposed(asked_for_none, other).channel is Channel.NONE
    both = proposed(kept, replace(other, note="deaf", email="j@example.org"))
    assert (both.family_name, both.given_name, both.birth_date) == ("Meier", "Anna", other.birth_date)
    assert (both.phone, both.email, both.channel) == (other.phone, "j@example.org", other.channel)
    assert both.note == "walks badly\ndeaf"


def test_likely_doubles_are_found_part_by_part_in_the_whole_clinic(clinic: SmallClinic, database: Database) -> None:
    anna, _, siobhan, kaethe = (get_patient(database, each) for each in clinic.patients[:4])
    same = replace(anna, id=new_id(), given_name="Ana")
    crossed = replace(siobhan, id=new_id(), family_name="Siobhan", given_name="ONeill", phone="", channel=Channel.NONE)
    undated = replace(kaethe, id=new_id(), birth_date=None, phone="", channel=Channel.NONE)
    twin = replace(anna, id=new_id(), given_name="Alexandra")
    for each in (same, crossed, undated, twin):
        add_patient(database, AddPatient(each, even_if_similar=True))
    assert whole_clinic(database) == {
        frozenset({anna.id, same.id}),
        frozenset({siobhan.id, crossed.id}),
        frozenset({kaethe.id, undated.id}),
    }
    merge_patients(database, MergePatients(anna, same.id, 1))
    assert frozenset({anna.id, same.id}) not in whole_clinic(database)


def whole_clinic(database: Database) -> set[frozenset[UUID]]:
    return {pair.key for part in range(LIKELY_PARTS) for pair in likely_pairs(database, part)}
