"""Changing, cancelling, reinstating and the statuses, with the version the user saw."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.database.queries.booking import update_appointment
from clinic_desk.domain.commands import AUTOMATIC, Cancel, Reinstate, Rule, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry, MessageState, RoomKind
from clinic_desk.domain.refusals import Conflict, NotFound, PatientConflict, RuleViolation, SlotTaken
from clinic_desk.errors import InvalidInput
from clinic_desk.services import booking_steps, calendar
from clinic_desk.services.booking import book, cancel, reinstate, set_status, update
from clinic_desk.services.booking_steps import FOLLOWING
from tests.plugins.postgres import PostgresServer
from tests.support.bookings import BERLIN, NEW_YORK, at, checkup, count, statements_of, stored
from tests.support.small_clinic import SmallClinic
from tests.support.waiting import until

STATUS = AppointmentStatus


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """A checkup with Dr. Weber on the Monday at nine."""
    return book(database, checkup(clinic))


def moved(entry: Entry, **to: Any) -> Update:
    return Update(entry.id, entry.appointment.version, **to)


def read(database: Database, entry: Entry) -> Entry:
    return calendar.load_entries(database, [entry.id])[0]


def cancelled(database: Database, entry: Entry, **other: Any) -> Entry:
    return cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT, **other))


# --- moving -----------------------------------------------------------------------------------------------------------


def test_a_move_changes_time_and_doctor_and_raises_the_version(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    there = at(clinic.monday, 14)
    result = update(database, moved(booked, starts_at=there, practitioner_id=clinic.okafor))
    assert result == read(database, booked)
    row = result.appointment
    assert (row.starts_at, row.practitioner_id, row.version) == (there, clinic.okafor, 2)
    assert (row.wall_start.hour, row.ends_at - row.starts_at) == (14, timedelta(minutes=15))
    book(database, checkup(clinic, patient_id=clinic.patients[1]))  # its old time is free


def test_a_move_takes_four_statements(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    with statements_of(database) as sent:
        update(database, moved(booked, starts_at=at(clinic.monday, 14)))
    assert len(sent) == 4


def test_a_move_to_another_site_brings_its_zone(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    there = at(clinic.monday, 10, zone=NEW_YORK)
    row = update(
        database, moved(booked, starts_at=there, practitioner_id=clinic.diaz, site_id=clinic.new_york)
    ).appointment
    assert (row.zone, row.wall_start.hour) == (NEW_YORK, 10)


def test_a_move_onto_a_taken_time_is_refused_with_who_stands_there(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    other = book(database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        update(database, moved(booked, starts_at=at(clinic.monday, 10, 10)))
    assert refused.value.by == other
    assert read(database, booked) == booked


def test_a_move_by_less_than_its_length_is_not_in_its_own_way(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    assert update(database, moved(booked, starts_at=at(clinic.monday, 9, 5))).appointment.version == 2


def test_what_was_squeezed_in_is_not_any_more_where_there_is_room(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    squeezed = book(database, checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN})))
    row = update(database, moved(squeezed, starts_at=at(clinic.monday, 10))).appointment
    assert not row.squeezed_in
    assert row.overruled == frozenset()


def test_a_longer_visit_is_checked_again(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    book(database, checkup(clinic, at(clinic.monday, 9, 15), patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken):
        update(database, moved(booked, length_minutes=20))
    with pytest.raises(RuleViolation):
        update(database, moved(booked, starts_at=at(clinic.monday, 11, 50)))


def test_another_type_brings_its_buffers_and_its_room(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    row = update(database, moved(booked, type_id=clinic.consultation, length_minutes=30)).appointment
    assert (row.buffer_before_minutes, row.buffer_after_minutes, row.room_id) == (5, 10, None)
    row = update(database, Update(booked.id, 2, type_id=clinic.procedure, length_minutes=60)).appointment
    assert (row.buffer_before_minutes, row.room_id) == (0, clinic.room_1)


def test_the_buffers_of_another_type_are_checked_too(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    neighbour = book(database, checkup(clinic, at(clinic.monday, 9, 30), patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        update(database, moved(booked, type_id=clinic.consultation, length_minutes=25))  # and ten minutes after it
    assert refused.value.by == neighbour


def test_a_room_that_is_taken_at_the_new_time_is_exchanged(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(
            insert(tables.appointment_type_practitioner),
            {"type_id": clinic.procedure, "practitioner_id": clinic.okafor},
        )
    procedure: dict[str, Any] = {"type_id": clinic.procedure, "length_minutes": 60}
    first = book(database, checkup(clinic, **procedure))
    book(
        database,
        checkup(
            clinic, at(clinic.monday, 14), practitioner_id=clinic.okafor, patient_id=clinic.patients[1], **procedure
        ),
    )
    assert first.appointment.room_id == clinic.room_1
    assert update(database, moved(first, starts_at=at(clinic.monday, 14))).appointment.room_id == clinic.room_2
    with pytest.raises(SlotTaken) as refused:
        update(database, Update(first.id, 2, room_id=clinic.room_1))
    assert refused.value.resource is RoomKind.ROOM
    assert update(database, Update(first.id, 2, room_id=AUTOMATIC)).appointment.room_id == clinic.room_2


def test_a_note_can_be_added_to_a_visit_of_the_past(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET starts_at = '2026-03-02 09:00+01', ends_at = '2026-03-02 09:15+01'"
        )
    assert update(database, Update(booked.id, 2, note="came late")).appointment.note == "came late"


def test_saving_what_is_so_already_changes_nothing(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    same = booked.appointment
    assert update(database, moved(booked, starts_at=same.starts_at, length_minutes=15, note="")) == booked
    assert stored(owner_engine, booked.id)["version"] == 1


def test_another_patient_takes_the_appointment_over(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    result = update(database, moved(booked, patient_id=clinic.patients[2]))
    assert result.patient.id == clinic.patients[2]
    assert result == read(database, booked)


def test_a_merged_patient_is_not_given_an_appointment(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET merged_into_id = %s WHERE id = %s", (clinic.patients[3], clinic.patients[2])
        )
    with pytest.raises(PatientConflict) as refused:
        update(database, moved(booked, patient_id=clinic.patients[2]))
    assert refused.value.now.id == clinic.patients[3]


# --- versions ---------------------------------------------------------------------------------------------------------

Change = Callable[[Database, Entry], Entry]
CHANGES: dict[str, Change] = {
    "update": lambda database, entry: update(database, moved(entry, note="mine")),
    "move": lambda database, entry: update(
        database, moved(entry, starts_at=entry.appointment.starts_at + timedelta(hours=1))
    ),
    "status": lambda database, entry: set_status(
        database, SetStatus(entry.id, entry.appointment.version, STATUS.ARRIVED)
    ),
    "cancel": cancelled,
}


@pytest.mark.parametrize("who_does_what", [f"{mine} after {theirs}" for mine in CHANGES for theirs in CHANGES])
def test_a_change_of_what_another_desk_changed_first_is_a_conflict_with_what_stands_now(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, who_does_what: str
) -> None:
    mine, _, theirs = who_does_what.split()
    first = CHANGES[theirs](second_database, booked)
    with pytest.raises(Conflict) as refused:
        CHANGES[mine](database, booked)
    assert refused.value.now == first
    assert refused.value.changed is not None
    assert refused.value.changed.desk == "Desk 2"
    assert read(database, booked) == first


def test_after_a_conflict_the_same_wish_against_the_new_version_is_carried_out(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry
) -> None:
    update(second_database, moved(booked, note="theirs"))
    with pytest.raises(Conflict) as refused:
        update(database, moved(booked, starts_at=at(clinic.monday, 10)))
    row = update(database, moved(refused.value.now, starts_at=at(clinic.monday, 10))).appointment
    assert (row.note, row.version) == ("theirs", 3)


def test_a_change_by_a_program_that_takes_no_locks_is_noticed_by_the_write_itself(
    database: Database, booked: Entry, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slips in after the desk has read the facts and before it writes."""

    def late(*given: Any) -> Any:
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE appointment SET note = 'by SQL'")
        return update_appointment(*given)

    monkeypatch.setattr(booking_steps, "update_appointment", late)
    with pytest.raises(Conflict) as refused:
        update(database, moved(booked, note="mine"))
    assert refused.value.now.appointment.note == "by SQL"


def test_a_change_made_while_the_locks_were_waited_for_is_the_conflict_and_not_what_it_led_to(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine, postgres_server: PostgresServer
) -> None:
    """Meanwhile the appointment got a note, and the time it was to be moved to was taken; its messages still wait."""
    other = book(database, checkup(clinic, at(clinic.monday, 15), patient_id=clinic.patients[1]))
    there = at(clinic.monday, 14)
    with ThreadPoolExecutor(1) as pool:
        with owner_engine.begin() as slow:
            slow.exec_driver_sql(
                "SELECT lock_days(1, no, tstzrange(%s, %s + interval '1 min')) FROM practitioner WHERE id = %s",
                (there, there, clinic.weber),
            )
            waiting = pool.submit(update, database, moved(booked, starts_at=there))
            until_somebody_waits_for_an_advisory_lock(postgres_server, owner_engine)
            slow.exec_driver_sql("UPDATE appointment SET note = 'theirs' WHERE id = %s", (booked.id,))
            slow.exec_driver_sql(
                "UPDATE appointment SET starts_at = %s, ends_at = %s WHERE id = %s",
                (there, there + timedelta(minutes=15), other.id),
            )
        with pytest.raises(Conflict) as refused:
            waiting.result(30)
    assert refused.value.now == read(database, booked)
    assert refused.value.now.message_state is MessageState.PENDING


def until_somebody_waits_for_an_advisory_lock(server: PostgresServer, engine: Engine) -> None:
    def somebody_waits() -> bool:
        with server.admin.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event = 'advisory'",
                (engine.url.database,),
            )
            return cursor.fetchone() != (0,)

    until(somebody_waits, "somebody who waits")


def test_a_deleted_appointment_is_a_conflict_that_says_so(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry
) -> None:
    set_status(second_database, SetStatus(booked.id, 1, STATUS.ENTERED_IN_ERROR))
    with pytest.raises(Conflict) as refused:
        update(database, moved(booked, note="mine"))
    assert refused.value.now.appointment.status is STATUS.ENTERED_IN_ERROR
    assert calendar.load_entries(database, [booked.id]) == ()


def test_an_appointment_that_never_was_is_not_found(clinic: SmallClinic, database: Database) -> None:
    with pytest.raises(NotFound):
        update(database, Update(UUID(int=1), 1, note="x"))


def test_a_change_is_carried_out_once_however_often_it_is_sent(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    command = moved(booked, note="once")
    assert update(database, command) == update(database, command)
    assert stored(owner_engine, booked.id)["version"] == 2
    assert count(owner_engine, f"history WHERE row_id = '{booked.id}'") == 2


# --- statuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [status for status in STATUS if status is not STATUS.WAITLIST])
def test_the_statuses_follow_each_other_as_documented_and_in_no_other_way(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine, before: AppointmentStatus
) -> None:
    version = 1
    for after in STATUS:
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE appointment SET status = %s", (before.value,))
        version = stored(owner_engine, booked.id)["version"]
        command = SetStatus(booked.id, version, after)
        if after in FOLLOWING[before] or after is before:
            assert set_status(database, command).appointment.status is after
        else:
            with pytest.raises(InvalidInput, match="status"):
                set_status(database, command)
        expected = after if after in FOLLOWING[before] else before
        assert stored(owner_engine, booked.id)["status"] == expected.value


def test_a_no_show_comes_back_only_while_the_time_is_free(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    set_status(database, SetStatus(booked.id, 1, STATUS.NOSHOW))
    other = book(database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        set_status(database, SetStatus(booked.id, 2, STATUS.ARRIVED))
    assert refused.value.by == other
    cancelled(database, other)
    assert set_status(database, SetStatus(booked.id, 2, STATUS.ARRIVED)).appointment.version == 3


# --- cancelling and taking it back ------------------------------------------------------------------------------------


def test_cancelling_frees_the_time_and_keeps_the_reason(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    result = cancelled(database, booked)
    assert result == read(database, booked)
    assert result.appointment.cancellation_reason is CancellationReason.PATIENT
    assert stored(owner_engine, booked.id)["cancelled_at"] is not None
    book(database, checkup(clinic, patient_id=clinic.patients[1]))


@pytest.mark.parametrize("status", [STATUS.FULFILLED, STATUS.NOSHOW, STATUS.ENTERED_IN_ERROR])
def test_what_is_over_cannot_be_cancelled(
    clinic: SmallClinic, database: Database, booked: Entry, status: AppointmentStatus
) -> None:
    result = set_status(database, SetStatus(booked.id, 1, status))
    with pytest.raises(InvalidInput):
        cancelled(database, result)


def test_a_cancelled_appointment_is_not_moved_but_may_get_a_note(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    result = cancelled(database, booked)
    with pytest.raises(InvalidInput, match="reinstate"):
        update(database, moved(result, starts_at=at(clinic.monday, 10)))
    assert update(database, moved(result, note="called")).appointment.status is STATUS.CANCELLED


def test_taking_a_cancellation_back_books_it_at_its_old_place(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    result = cancelled(database, booked)
    back = reinstate(database, Reinstate(booked.id, result.appointment.version))
    assert back == read(database, booked)
    assert back.appointment == replace(booked.appointment, version=3)


def test_a_place_taken_meanwhile_is_not_given_back(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    result = cancelled(database, booked)
    other = book(database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        reinstate(database, Reinstate(booked.id, result.appointment.version))
    assert refused.value.by == other
    squeezed = Reinstate(booked.id, result.appointment.version, overrule=frozenset({Rule.SLOT_TAKEN}))
    assert reinstate(database, squeezed).appointment.squeezed_in


def test_what_was_overruled_when_it_was_booked_is_not_asked_again(clinic: SmallClinic, database: Database) -> None:
    early = book(database, checkup(clinic, at(clinic.monday, 7), overrule=frozenset({Rule.OUTSIDE_HOURS})))
    result = cancelled(database, early)
    assert reinstate(database, Reinstate(early.id, result.appointment.version)).appointment.overruled == {
        "outside-hours"
    }


def test_only_a_cancellation_can_be_taken_back(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    with pytest.raises(InvalidInput):
        reinstate(database, Reinstate(booked.id, 1))


def test_an_undo_just_after_the_start_is_still_an_undo(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET starts_at = date_trunc('minute', now()) - interval '5 min',"
            " ends_at = date_trunc('minute', now()) + interval '10 min', overruled = '{outside-hours}'"
        )
    result = cancel(database, Cancel(booked.id, 2, CancellationReason.PATIENT))
    rules = frozenset({Rule.OUTSIDE_HOURS, Rule.OVER_BREAK})
    back = reinstate(database, Reinstate(booked.id, result.appointment.version, overrule=rules))
    assert back.appointment.status is STATUS.BOOKED


# --- days on which the clocks change ----------------------------------------------------------------------------------

SPRING, AUTUMN = date(2031, 3, 30), date(2031, 10, 26)
ANY_TIME = frozenset({Rule.OUTSIDE_HOURS, Rule.OVER_BREAK})


@pytest.mark.parametrize(
    ("wall", "zone", "hours"),  # hours: of the instant in UTC, and on the wall
    [
        ((SPRING, 2, 30), BERLIN, (1, 3)),  # does not exist: later by the gap
        ((AUTUMN, 2, 30), BERLIN, (0, 2)),  # comes twice: the first
        ((date(2031, 3, 9), 2, 30), NEW_YORK, (7, 3)),
        ((date(2031, 11, 2), 1, 30), NEW_YORK, (5, 1)),
    ],
)
def test_on_a_day_the_clocks_change_wall_time_and_instant_stay_together(
    clinic: SmallClinic, database: Database, wall: tuple[date, int, int], zone: str, hours: tuple[int, int]
) -> None:
    site, who = (clinic.berlin, clinic.weber) if zone == BERLIN else (clinic.new_york, clinic.diaz)
    command = checkup(clinic, at(*wall, zone), site_id=site, practitioner_id=who, overrule=ANY_TIME, length_minutes=60)
    row = book(database, command).appointment
    assert ((row.starts_at.hour, row.wall_start.hour), row.wall_start.minute) == (hours, 30)
    assert row.ends_at - row.starts_at == timedelta(hours=1)
    board = calendar.load_day(database, wall[0], calendar.load_clinic(database))
    assert [entry.id for entry in board.entries] == [row.id]


def test_the_hour_that_comes_twice_holds_two_visits(clinic: SmallClinic, database: Database) -> None:
    first = at(AUTUMN, 2)
    book(database, checkup(clinic, first, length_minutes=60, overrule=ANY_TIME))
    second = checkup(
        clinic, first + timedelta(hours=1), length_minutes=60, overrule=ANY_TIME, patient_id=clinic.patients[1]
    )
    assert book(database, second).appointment.wall_start.hour == 2


def test_a_booking_across_midnight_is_seen_on_both_days_and_guarded_on_both(
    clinic: SmallClinic, database: Database
) -> None:
    day = clinic.monday
    night = checkup(clinic, at(day, 23, 30), length_minutes=60, overrule=ANY_TIME)
    row = book(database, night).appointment
    loaded = calendar.load_clinic(database)
    for seen_on in (day, day + timedelta(days=1)):
        assert row.id in {entry.id for entry in calendar.load_day(database, seen_on, loaded).entries}
    after = checkup(clinic, at(day + timedelta(days=1), 0, 15), patient_id=clinic.patients[1], overrule=ANY_TIME)
    with pytest.raises(SlotTaken):
        book(database, after)


def test_a_buffer_that_reaches_over_midnight_keeps_the_next_days_first_minutes(
    clinic: SmallClinic, database: Database
) -> None:
    day = clinic.monday
    late = checkup(clinic, at(day, 23, 30), type_id=clinic.consultation, length_minutes=30, overrule=ANY_TIME)
    row = book(database, late).appointment
    tomorrow = day + timedelta(days=1)
    with pytest.raises(SlotTaken):
        book(database, checkup(clinic, at(tomorrow, 0), patient_id=clinic.patients[1], overrule=ANY_TIME))
    board = calendar.load_day(database, tomorrow, calendar.load_clinic(database))
    assert row.id in {entry.id for entry in board.entries}


def test_an_id_made_by_the_desk_is_the_appointments_id(clinic: SmallClinic, database: Database) -> None:
    mine = new_id()
    assert book(database, checkup(clinic, appointment_id=mine)).id == mine
