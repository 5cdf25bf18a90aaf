"""When patients came, were in the room and were done: the database's times, each step's own, kept by what is undone."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Rule, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus as S
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import RuleViolation, SlotTaken
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.errors import InvalidInput
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, set_status, update
from clinic_desk.services.undoing import take_back
from tests.support.bookings import NEW_YORK, at, checkup, count, statements_of
from tests.support.small_clinic import SmallClinic


def on_the_day(clinic: SmallClinic, database: Database) -> Entry:
    (entry,) = calendar.load_day(database, clinic.monday, calendar.load_clinic(database)).entries
    return entry


def times(entry: Entry) -> tuple[datetime | None, datetime | None, datetime | None]:
    return entry.arrived_at, entry.in_room_at, entry.finished_at


def changed_at(entry: Entry) -> datetime:
    assert entry.changed is not None
    return entry.changed.at


def test_a_note_written_while_the_patient_waits_leaves_the_time_of_arrival(
    clinic: SmallClinic, database: Database
) -> None:
    booked = book(database, checkup(clinic))
    assert booked.arrived_at is None
    arrived = set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    assert arrived.changed is not None
    assert arrived.arrived_at == arrived.changed.at
    noted = update(database, Update(booked.id, 2, note="brought a letter"))
    assert noted.changed is not None
    assert noted.changed.at > arrived.changed.at
    assert noted.arrived_at == arrived.arrived_at
    assert on_the_day(clinic, database) == noted  # what the desk shows at once is what reading it back gives


def test_who_came_twice_waits_since_the_second_time(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic))
    first = set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    back = set_status(database, SetStatus(booked.id, 2, S.BOOKED))
    assert back.arrived_at is None
    second = set_status(database, SetStatus(booked.id, 3, S.ARRIVED))
    assert first.arrived_at is not None
    assert second.arrived_at is not None
    assert second.arrived_at > first.arrived_at
    assert on_the_day(clinic, database).arrived_at == second.arrived_at


def test_every_step_has_its_time_and_one_taken_back_loses_it(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic))
    arrived = set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    in_room = set_status(database, SetStatus(booked.id, 2, S.CHECKED_IN))
    done = set_status(database, SetStatus(booked.id, 3, S.FULFILLED))
    assert times(arrived) == (changed_at(arrived), None, None)
    assert times(in_room) == (arrived.arrived_at, changed_at(in_room), None)
    assert times(done) == (arrived.arrived_at, in_room.in_room_at, changed_at(done))
    assert on_the_day(clinic, database) == done
    back = set_status(database, SetStatus(booked.id, 4, S.CHECKED_IN))
    assert times(back) == times(in_room)
    further = set_status(database, SetStatus(booked.id, 5, S.ARRIVED))
    assert times(further) == times(arrived)
    assert times(set_status(database, SetStatus(booked.id, 6, S.NOSHOW))) == (None, None, None)
    assert on_the_day(clinic, database).appointment.status is S.NOSHOW


def test_a_step_that_was_left_out_has_no_time_of_its_own(clinic: SmallClinic, database: Database) -> None:
    first, second = (book(database, checkup(clinic, at(clinic.monday, hour))) for hour in (9, 10))
    in_room = set_status(database, SetStatus(first.id, 1, S.CHECKED_IN))
    assert times(in_room) == (changed_at(in_room), changed_at(in_room), None)  # she came then at the latest
    done = set_status(database, SetStatus(second.id, 1, S.FULFILLED))
    assert times(done) == (None, None, changed_at(done))


@pytest.mark.parametrize("left", [S.BOOKED, S.NOSHOW])
def test_undone_the_patient_waits_since_she_really_came(clinic: SmallClinic, database: Database, left: S) -> None:
    booked = book(database, checkup(clinic))
    arrived = set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    left_behind = set_status(database, SetStatus(booked.id, 2, left))
    (back,) = take_back(database, TakeBack((booked.id, left_behind.appointment.version))).entries
    assert times(back) == times(arrived)
    assert on_the_day(clinic, database).arrived_at == arrived.arrived_at


def test_the_room_where_a_patient_is_may_be_another_than_was_booked(clinic: SmallClinic, database: Database) -> None:
    wanted = checkup(clinic, type_id=clinic.procedure, length_minutes=60, room_id=clinic.room_1)
    booked = book(database, wanted)
    there = set_status(database, SetStatus(booked.id, 1, S.CHECKED_IN, clinic.room_2))
    assert (there.appointment.room_id, there.appointment.present_room_id) == (clinic.room_1, clinic.room_2)
    noted = update(database, Update(booked.id, 2, note="in a hurry"))
    assert noted.appointment.present_room_id == clinic.room_2
    as_booked = set_status(database, SetStatus(booked.id, 3, S.CHECKED_IN, clinic.room_1))
    assert as_booked.appointment.present_room_id is None
    assert times(as_booked) == times(there)  # a change of rooms is no second coming
    (again,) = take_back(database, TakeBack((booked.id, 4))).entries
    assert again.appointment.present_room_id == clinic.room_2
    assert times(again) == times(there)
    assert on_the_day(clinic, database).appointment.present_room_id == clinic.room_2
    waits = set_status(database, SetStatus(booked.id, 5, S.ARRIVED))
    assert waits.appointment.present_room_id is None


def test_nobody_is_in_a_room_of_another_site_or_in_one_while_waiting(clinic: SmallClinic, database: Database) -> None:
    elsewhere = {"practitioner_id": clinic.diaz, "site_id": clinic.new_york}
    booked = book(database, checkup(clinic, at(clinic.monday, 9, zone=NEW_YORK), **elsewhere))
    with pytest.raises(InvalidInput):
        set_status(database, SetStatus(booked.id, 1, S.CHECKED_IN, clinic.room_1))
    assert set_status(database, SetStatus(booked.id, 1, S.ARRIVED, clinic.room_1)).appointment.present_room_id is None


def test_the_times_are_the_databases_whatever_a_client_sends(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    booked = book(database, checkup(clinic))
    arrived = set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE appointment SET arrived_at = '2020-01-01', in_room_at = '2020-01-02'")
    assert times(on_the_day(clinic, database)) == times(arrived)
    with owner_engine.begin() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql(
            "INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at,"
            " arrived_at) SELECT gen_random_uuid(), patient_id, practitioner_id, site_id, type_id, ends_at,"
            " ends_at + '1 hour', now() FROM appointment"
        )


def test_the_arrivals_cost_no_statement_of_their_own(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic))
    set_status(database, SetStatus(booked.id, 1, S.ARRIVED))
    loaded = calendar.load_clinic(database)
    with statements_of(database) as sent:
        calendar.load_day(database, clinic.monday, loaded)
    assert len(sent) <= 4


def standing_here(clinic: SmallClinic, engine: Engine, **other: Any) -> Book:
    """A booking of somebody who stands at the desk, whatever the hours say now."""
    with engine.connect() as connection:
        now = connection.exec_driver_sql("SELECT date_trunc('minute', now())").scalar_one()
    any_hour = frozenset({Rule.OUTSIDE_HOURS, Rule.OVER_BREAK})
    return checkup(clinic, now, arrived=True, overrule=any_hour, **other)


def test_nobody_has_arrived_for_another_day_and_minutes_may_pass_at_the_desk(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with pytest.raises(InvalidInput):
        book(database, checkup(clinic, arrived=True))
    command = standing_here(clinic, owner_engine)
    late = replace(command, starts_at=command.starts_at - timedelta(minutes=10))
    with pytest.raises(RuleViolation):
        book(database, replace(late, arrived=False))
    assert book(database, late).appointment.status is S.ARRIVED


def test_a_walk_in_is_booked_and_has_arrived_in_one_change_that_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    command = standing_here(clinic, owner_engine)
    came = book(database, command)
    assert (came.appointment.status, came.appointment.version) == (S.ARRIVED, 1)
    assert times(came) == (changed_at(came), None, None)
    assert calendar.load_entries(database, [came.id]) == (came,)
    assert book(database, command) == came  # sent again after a lost answer: still one
    assert count(owner_engine, "notification") == 0
    assert count(owner_engine, "history WHERE table_name = 'appointment'") == 1
    assert count(owner_engine, f"operation WHERE id = '{command.operation_id}'") == 1


def test_a_walk_in_takes_nobodys_time_and_is_squeezed_in_only_on_purpose(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    book(database, standing_here(clinic, owner_engine))
    second = standing_here(clinic, owner_engine, patient_id=clinic.patients[1])
    with pytest.raises(SlotTaken):
        book(database, second)
    squeezed = book(database, replace(second, overrule=second.overrule | {Rule.SLOT_TAKEN}))
    assert squeezed.appointment.squeezed_in
    assert squeezed.arrived_at is not None
