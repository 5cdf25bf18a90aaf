"""Booking on real PostgreSQL: what is stored, each rule, what may be overruled, and rooms."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, PlaceHold, Rule, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, RoomKind
from clinic_desk.domain.refusals import NotFound, PatientConflict, RuleViolation, SlotTaken
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import booking, calendar, holds
from clinic_desk.services.booking import book, update
from tests.support.bookings import BERLIN, NEW_YORK, at, checkup, count, statements_of, stored
from tests.support.small_clinic import SmallClinic


def rules_of(refused: pytest.ExceptionInfo[RuleViolation]) -> set[Rule]:
    return {violation.rule for violation in refused.value.violations}


def put(engine: Engine, table: str, **row: object) -> None:
    with engine.begin() as connection:
        connection.execute(insert(tables.metadata.tables[table]), {"id": new_id()} | row)


def test_a_booking_comes_back_as_reading_it_shows_it(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic, note="fasting"))
    assert booked == calendar.load_entries(database, [booked.id])[0]
    appointment = booked.appointment
    assert appointment.wall_start == datetime(2031, 3, 3, 9, 0)  # noqa: DTZ001  # a wall time
    assert (appointment.zone, appointment.version, appointment.status) == (BERLIN, 1, AppointmentStatus.BOOKED)
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=15)
    assert booked.changed is not None
    assert (booked.changed.person, booked.changed.desk) == ("test_reception person", "Desk 1")


def test_a_booking_takes_three_statements(clinic: SmallClinic, database: Database) -> None:
    with statements_of(database) as sent:
        book(database, checkup(clinic))
    assert len(sent) == 3  # the operation; locks and facts; the row with its messages. BEGIN and COMMIT come beside


def test_the_same_booking_again_is_the_same_appointment(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    command = checkup(clinic)
    assert book(database, command) == book(database, command)
    assert count(owner_engine, "appointment") == 1
    assert count(owner_engine, "notification WHERE kind = 'confirmation'") == 1


def test_the_buffers_of_the_type_are_part_of_the_time_taken(clinic: SmallClinic, database: Database) -> None:
    book(database, checkup(clinic, type_id=clinic.consultation, length_minutes=30))  # 09:00-09:30, 5 before, 10 after
    with pytest.raises(SlotTaken):
        book(database, checkup(clinic, at(clinic.monday, 9, 35), patient_id=clinic.patients[1]))
    book(database, checkup(clinic, at(clinic.monday, 9, 40), patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken):
        book(database, checkup(clinic, at(clinic.monday, 8, 45), patient_id=clinic.patients[1]))
    book(database, checkup(clinic, at(clinic.monday, 8, 40), patient_id=clinic.patients[1]))


def test_a_taken_time_names_who_stands_there(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    first = book(database, checkup(clinic))
    with pytest.raises(SlotTaken) as refused:
        book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    assert refused.value.by == first
    assert refused.value.resource is None


def test_squeezing_in_is_a_flag_a_record_and_beside_what_stands(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    book(database, checkup(clinic))
    squeezed = book(
        database, checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN}))
    ).appointment
    assert squeezed.squeezed_in
    assert squeezed.overruled == {"slot-taken"}
    assert stored(owner_engine, squeezed.id)["overruled"] == ["slot-taken"]


def test_a_squeeze_in_makes_the_doctor_busy_also_when_what_it_was_beside_is_gone(
    clinic: SmallClinic, database: Database
) -> None:
    first = book(database, checkup(clinic))
    second = book(database, checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN})))
    booking.cancel(database, Cancel(first.id, 1, CancellationReason.PATIENT))
    with pytest.raises(SlotTaken) as refused:
        book(database, checkup(clinic, patient_id=clinic.patients[2]))
    assert refused.value.by is not None
    assert refused.value.by.id == second.id


def test_an_overrule_that_was_not_needed_is_not_recorded(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic, overrule=frozenset({Rule.SLOT_TAKEN, Rule.OUTSIDE_HOURS}))).appointment
    assert not booked.squeezed_in
    assert booked.overruled == frozenset()


# --- each rule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "minute", "rule"),
    [(7, 50, Rule.OUTSIDE_HOURS), (16, 50, Rule.OUTSIDE_HOURS), (12, 15, Rule.OVER_BREAK), (11, 50, Rule.OVER_BREAK)],
)
def test_outside_hours_and_over_a_break_ask_once_and_are_recorded(
    clinic: SmallClinic, database: Database, hour: int, minute: int, rule: Rule
) -> None:
    command = checkup(clinic, at(clinic.monday, hour, minute))
    with pytest.raises(RuleViolation) as refused:
        book(database, command)
    assert rules_of(refused) == {rule}
    assert refused.value.overrulable
    again = checkup(clinic, at(clinic.monday, hour, minute), overrule=frozenset({rule}))
    assert book(database, again).appointment.overruled == {rule.value}


def test_hours_that_another_desk_changed_meanwhile_count(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE working_hours SET valid_to = '2031-03-02'")
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic))
    assert rules_of(refused) == {Rule.OUTSIDE_HOURS}


def test_time_off_is_named_and_may_be_overruled(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    day = clinic.monday
    put(
        owner_engine,
        "time_off",
        practitioner_id=clinic.weber,
        starts_at=at(day, 9, 10),
        ends_at=at(day, 12),
        name="Course",
    )
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic))
    assert [(row.rule, row.name) for row in refused.value.violations] == [(Rule.TIME_OFF, "Course")]
    book(database, checkup(clinic, overrule=frozenset({Rule.TIME_OFF})))


def test_a_block_of_the_doctor_refuses_and_another_doctors_does_not(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    day = clinic.monday
    put(owner_engine, "block", practitioner_id=clinic.okafor, starts_at=at(day, 9), ends_at=at(day, 10), name="Team")
    book(database, checkup(clinic))
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1]))
    assert rules_of(refused) == {Rule.BLOCKED}


def test_a_closure_of_the_site_cannot_be_overruled_and_leaves_other_sites_alone(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    put(owner_engine, "closure", site_id=clinic.berlin, first_day=clinic.monday, last_day=clinic.monday, name="Moving")
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, overrule=frozenset({Rule.CLOSURE})))
    assert rules_of(refused) == {Rule.CLOSURE}
    assert not refused.value.overrulable
    start = at(clinic.monday, 9, zone=NEW_YORK)
    book(database, checkup(clinic, start, practitioner_id=clinic.diaz, site_id=clinic.new_york))


def test_the_past_is_refused_by_the_databases_clock(clinic: SmallClinic, database: Database) -> None:
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, at(date(2026, 3, 2), 9), overrule=frozenset({Rule.IN_THE_PAST})))
    assert rules_of(refused) == {Rule.IN_THE_PAST}


@pytest.mark.parametrize(
    ("minutes", "rule"),
    [(4, Rule.TOO_SHORT), (0, Rule.TOO_SHORT), (-30, Rule.TOO_SHORT), (721, Rule.TOO_LONG), (10**9, Rule.TOO_LONG)],
)
def test_a_visit_has_a_shortest_and_a_longest_length(
    clinic: SmallClinic, database: Database, minutes: int, rule: Rule
) -> None:
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, length_minutes=minutes))
    assert rule in rules_of(refused)


def test_a_doctor_who_does_not_do_the_type_is_refused(clinic: SmallClinic, database: Database) -> None:
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, practitioner_id=clinic.okafor, type_id=clinic.procedure, length_minutes=60))
    assert Rule.WRONG_TYPE in rules_of(refused)


@pytest.mark.parametrize("table", ["practitioner", "site", "appointment_type"])
def test_what_is_not_active_any_more_cannot_be_booked(
    clinic: SmallClinic, database: Database, owner_engine: Engine, table: str
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET active = false")
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic))
    assert rules_of(refused) == {Rule.INACTIVE}


def test_a_patient_who_is_booked_elsewhere_at_that_time_is_asked_about(clinic: SmallClinic, database: Database) -> None:
    book(database, checkup(clinic))
    other_doctor = checkup(clinic, practitioner_id=clinic.okafor)
    with pytest.raises(RuleViolation) as refused:
        book(database, other_doctor)
    assert rules_of(refused) == {Rule.PATIENT_BUSY}
    overruled = checkup(clinic, practitioner_id=clinic.okafor, overrule=frozenset({Rule.PATIENT_BUSY}))
    assert book(database, overruled).appointment.overruled == {"patient-busy"}


def test_when_more_than_the_time_speaks_against_it_all_of_it_is_told(clinic: SmallClinic, database: Database) -> None:
    early = at(clinic.monday, 7)
    book(database, checkup(clinic, early, overrule=frozenset({Rule.OUTSIDE_HOURS})))
    second = checkup(clinic, early, patient_id=clinic.patients[1])
    with pytest.raises(SlotTaken):
        book(database, second)
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic, early, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN})))
    assert rules_of(refused) == {Rule.OUTSIDE_HOURS}


# --- rooms ------------------------------------------------------------------------------------------------------------


def procedure(clinic: SmallClinic, hour: int, **other: object) -> Book:
    return checkup(clinic, at(clinic.monday, hour), type_id=clinic.procedure, length_minutes=60, **other)


def test_a_type_that_needs_a_room_gets_the_first_free_one(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    assert book(database, procedure(clinic, 9)).appointment.room_id == clinic.room_1
    put(owner_engine, "appointment_type_practitioner", type_id=clinic.procedure, practitioner_id=clinic.okafor)
    second = procedure(clinic, 9, practitioner_id=clinic.okafor, patient_id=clinic.patients[1])
    assert book(database, second).appointment.room_id == clinic.room_2
    assert book(database, checkup(clinic, at(clinic.monday, 10))).appointment.room_id is None


def test_without_a_free_room_there_is_no_booking(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    day = clinic.monday
    for room in (clinic.room_1, clinic.room_2):
        put(owner_engine, "block", room_id=room, starts_at=at(day, 8), ends_at=at(day, 17), name="Painting")
    with pytest.raises(RuleViolation) as refused:
        book(database, procedure(clinic, 9))
    assert rules_of(refused) == {Rule.NO_ROOM}


def test_a_room_asked_for_by_name_that_is_taken_says_by_whom(clinic: SmallClinic, database: Database) -> None:
    first = book(database, procedure(clinic, 9))
    other = checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1], room_id=clinic.room_1)
    with pytest.raises(SlotTaken) as refused:
        book(database, other)
    assert refused.value.resource is RoomKind.ROOM
    assert refused.value.by == first
    without = replace(other, room_id=None, appointment_id=new_id(), operation_id=new_id())
    assert book(database, without).appointment.room_id is None


def test_a_room_of_another_site_is_refused(clinic: SmallClinic, database: Database) -> None:
    start = at(clinic.monday, 9, zone=NEW_YORK)
    with pytest.raises(RuleViolation) as refused:
        book(
            database,
            checkup(clinic, start, practitioner_id=clinic.diaz, site_id=clinic.new_york, room_id=clinic.room_1),
        )
    assert rules_of(refused) == {Rule.NO_ROOM}


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("patient_id", "patient"),
        ("type_id", "appointment type"),
        ("practitioner_id", "practitioner"),
        ("site_id", "site"),
        ("room_id", "room"),
    ],
)
def test_an_id_that_is_not_there_is_named(clinic: SmallClinic, database: Database, field: str, what: str) -> None:
    with pytest.raises(NotFound) as refused:
        book(database, replace(checkup(clinic), **{field: UUID(int=99)}))  # type: ignore[arg-type]
    assert refused.value.what == what


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_at", datetime(2031, 3, 3, 9, 0)),  # noqa: DTZ001  # that is the mistake
        ("starts_at", datetime(2031, 3, 3, 9, 0, 30, tzinfo=UTC)),
        ("starts_at", datetime(9999, 12, 31, 23, 59, tzinfo=UTC)),
        ("note", "a\0b"),
        ("note", "half \ud83d"),
        ("note", "x" * 4001),
    ],
)
def test_a_field_that_cannot_be_stored_is_named_and_nothing_happens(
    clinic: SmallClinic, database: Database, owner_engine: Engine, field: str, value: object
) -> None:
    with pytest.raises(InvalidInput) as refused:
        book(database, replace(checkup(clinic), **{field: value}))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert count(owner_engine, "appointment") == 0


@pytest.mark.parametrize(
    "note", ["'; DROP TABLE appointment; --", "100 % \\ %s %(id)s", "👩‍⚕️ \u202e<img src=//h/x>\n\t", "$1 {0}"]
)
def test_a_note_of_any_characters_is_stored_as_typed(
    clinic: SmallClinic, database: Database, owner_engine: Engine, note: str
) -> None:
    booked = book(database, checkup(clinic, note=note))
    assert stored(owner_engine, booked.id)["note"] == note


def test_a_merged_patient_leads_to_the_record_that_counts_now(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        for double, target in ((0, 1), (1, 2)):
            connection.exec_driver_sql(
                "UPDATE patient SET merged_into_id = %s WHERE id = %s",
                (clinic.patients[target], clinic.patients[double]),
            )
    with pytest.raises(PatientConflict) as refused:
        book(database, checkup(clinic))
    assert refused.value.now.id == clinic.patients[2]


def test_who_may_only_read_cannot_book(clinic: SmallClinic, database: Database, url_as: Callable[[str], URL]) -> None:
    reader = Database(url_as("clinic_readonly"), database.desk)
    try:
        with pytest.raises(NotAllowed):
            book(reader, checkup(clinic))
    finally:
        reader.dispose()


# --- beside the row ---------------------------------------------------------------------------------------------------


def test_the_hold_of_the_form_goes_with_its_booking(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    start = at(clinic.monday, 9)
    hold = PlaceHold(new_id(), clinic.weber, start, start + timedelta(minutes=15))
    holds.place_hold(database, hold)
    book(database, checkup(clinic, hold_id=hold.hold_id))
    assert count(owner_engine, "hold") == 0


def test_a_refused_booking_keeps_its_hold_and_leaves_no_trace(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    book(database, checkup(clinic))
    start = at(clinic.monday, 9)
    hold = PlaceHold(new_id(), clinic.weber, start, start + timedelta(minutes=15))
    holds.place_hold(database, hold)
    with pytest.raises(SlotTaken):
        book(database, checkup(clinic, hold_id=hold.hold_id, patient_id=clinic.patients[1]))
    assert count(owner_engine, "hold") == 1
    assert count(owner_engine, "operation WHERE command = 'Book'") == 1
    assert count(owner_engine, "appointment") == 1


def test_a_booking_stands_in_the_history_under_its_operation(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    command = checkup(clinic)
    book(database, command)
    with owner_engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT operation_id, action, version, db_user, desk_id FROM history WHERE row_id = %s",
            (command.appointment_id,),
        ).one()
    assert tuple(row) == (command.operation_id, "insert", 1, "test_reception", database.desk.id)


def test_a_squeeze_in_is_beside_those_only_that_were_agreed_to(clinic: SmallClinic, database: Database) -> None:
    first = book(database, checkup(clinic))
    second = book(database, checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN})))
    wish = checkup(clinic, patient_id=clinic.patients[2], overrule=frozenset({Rule.SLOT_TAKEN}))
    with pytest.raises(RuleViolation) as refused:
        book(database, replace(wish, beside=frozenset({first.id})))
    assert [violation.by for violation in refused.value.violations] == [second.id]
    assert refused.value.overrulable
    third = book(database, replace(wish, beside=frozenset({first.id, second.id})))
    assert third.appointment.squeezed_in
    later = book(database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[3]))
    move = Update(later.id, 1, starts_at=first.appointment.starts_at, overrule=frozenset({Rule.SLOT_TAKEN}))
    with pytest.raises(RuleViolation):
        update(database, replace(move, beside=frozenset({first.id, second.id})))
