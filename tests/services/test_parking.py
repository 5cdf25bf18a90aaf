"""Parked appointments on real PostgreSQL: off the calendar, holding no time, nobody reminded, and put back or ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.away import CarryOut
from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.refusals import Conflict, SlotTaken
from clinic_desk.domain.setup import SaveTimeOff
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.notifications.sweep import repair_plan
from clinic_desk.services import away, booking, calendar, parking, slots, undoing
from clinic_desk.services.slots import SlotQuery
from tests.support.bookings import at, checkup, count, overlaps, stored
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic

DAY = timedelta(days=1)


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """A check-up on the Monday at nine."""
    return booking.book(database, checkup(clinic))


@pytest.fixture
def parked(booked: Entry, database: Database) -> Entry:
    return booking.park(database, Park(booked.id, 1))


@pytest.fixture
def manager(url_as: Callable[..., URL], database: Database) -> Iterator[Database]:
    made = Database(url_as("clinic_manager"), database.desk)
    yield made
    made.dispose()


def test_a_parked_appointment_holds_no_time(
    clinic: SmallClinic, database: Database, parked: Entry, owner_engine: Engine
) -> None:
    assert parked.appointment.status is AppointmentStatus.WAITLIST
    assert parked == calendar.load_entries(database, [parked.id])[0]
    row = stored(owner_engine, parked.id)
    assert not row["occupies"]
    free = slots.free_slots(
        database, SlotQuery(clinic.checkup, at(clinic.monday, 9), frozenset({clinic.weber}), days=1)
    )
    assert free[0].starts_at == at(clinic.monday, 9)
    booking.book(database, checkup(clinic, patient_id=clinic.patients[1]))
    booking.book(database, checkup(clinic, practitioner_id=clinic.okafor))  # the patient herself is free too


def test_nobody_is_told_or_reminded_of_a_parked_appointment(
    database: Database, booked: Entry, owner_engine: Engine, url_as: Callable[..., URL]
) -> None:
    leaves(owner_engine, "confirmation")
    booking.park(database, Park(booked.id, 1))
    assert queue(owner_engine, where="status = 'pending'") == []
    worker = Database(url_as("clinic_worker"), database.desk)
    try:
        repair_plan(worker)
    finally:
        worker.dispose()
    assert queue(owner_engine, where="status = 'pending'") == []


def test_a_patient_is_told_that_it_is_cancelled_if_that_is_wanted_and_confirmed_when_it_is_put_back(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    booking.park(database, Park(booked.id, 1, tell_patient=True))
    assert queue(owner_engine, where="status = 'pending'") == [("cancelled", "pending")]
    leaves(owner_engine, "cancelled")
    booking.update(database, Update(booked.id, 2, starts_at=at(clinic.monday + DAY, 9), reinstate=True))
    assert {kind for kind, _ in queue(owner_engine, where="status = 'pending'")} == {"confirmation", "reminder"}


def test_put_back_elsewhere_it_is_an_ordinary_appointment_and_the_patient_is_told_once(
    clinic: SmallClinic, database: Database, parked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET status = 'sent', sent_at = now() WHERE kind = 'confirmation'"
        )
    back = booking.update(database, Update(parked.id, 2, starts_at=at(clinic.monday + DAY, 11), reinstate=True))
    assert back.appointment.status is AppointmentStatus.BOOKED
    assert back.appointment.starts_at == at(clinic.monday + DAY, 11)
    assert {kind for kind, _ in queue(owner_engine, where="status = 'pending'")} == {"rescheduled", "reminder"}
    with pytest.raises(SlotTaken):
        booking.book(database, checkup(clinic, at(clinic.monday + DAY, 11), patient_id=clinic.patients[1]))
    assert parking.parked(database) == ()


def test_put_back_where_it_was_nothing_is_told_but_the_reminder(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    booking.park(database, Park(booked.id, 1))
    back = booking.update(database, Update(booked.id, 2, reinstate=True))
    assert replace(back.appointment, version=1) == booked.appointment
    assert queue(owner_engine, where="status = 'pending'") == [("reminder", "pending")]


def test_it_is_not_put_back_where_somebody_else_is_by_now(
    clinic: SmallClinic, database: Database, parked: Entry, owner_engine: Engine
) -> None:
    other = booking.book(database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        booking.update(database, Update(parked.id, 2, reinstate=True))
    assert refused.value.by is not None
    assert refused.value.by.id == other.id
    assert overlaps(owner_engine) == 0


def test_a_plain_change_does_not_put_it_back(database: Database, clinic: SmallClinic, parked: Entry) -> None:
    with pytest.raises(InvalidInput):
        booking.update(database, Update(parked.id, 2, starts_at=at(clinic.monday, 10)))
    noted = booking.update(database, Update(parked.id, 2, note="call her"))
    assert noted.appointment.status is AppointmentStatus.WAITLIST


def test_the_list_says_who_parked_it_and_when_whatever_was_changed_since(
    database: Database, second_database: Database, booked: Entry, clinic: SmallClinic
) -> None:
    first = booking.park(database, Park(booked.id, 1))
    other = booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    booking.park(second_database, Park(other.id, 1))
    booking.update(second_database, Update(booked.id, 2, note="call her"))
    found = parking.parked(database)
    assert [one.entry.id for one in found] == [booked.id, other.id]
    assert found[0].entry.appointment.note == "call her"
    assert found[0].by == first.changed
    assert [one.by.desk for one in found] == ["Desk 1", "Desk 2"]


def test_it_is_put_back_once_of_two_desks_that_take_it_in_hand(
    clinic: SmallClinic, database: Database, second_database: Database, parked: Entry
) -> None:
    booking.update(second_database, Update(parked.id, 2, starts_at=at(clinic.monday, 14), reinstate=True))
    with pytest.raises(Conflict):
        booking.update(database, Update(parked.id, 2, starts_at=at(clinic.monday, 15), reinstate=True))


def test_it_can_be_cancelled_and_that_be_taken_back_to_where_it_was_parked(database: Database, parked: Entry) -> None:
    gone = booking.cancel(database, Cancel(parked.id, 2, CancellationReason.PATIENT))
    assert gone.appointment.status is AppointmentStatus.CANCELLED
    assert parking.parked(database) == ()
    (again,) = undoing.take_back(database, TakeBack((gone.id, 3))).entries
    assert again.appointment.status is AppointmentStatus.WAITLIST
    assert again.appointment.cancellation_reason is None


def test_parking_and_putting_back_are_undone(database: Database, booked: Entry, clinic: SmallClinic) -> None:
    gone = booking.park(database, Park(booked.id, 1))
    undone = undoing.take_back(database, TakeBack((gone.id, 2)))
    assert undone.entries[0].appointment.status is AppointmentStatus.BOOKED
    again = undoing.take_back(database, TakeBack(undone.operation_id))
    assert again.entries[0].appointment.status is AppointmentStatus.WAITLIST


def test_parking_again_is_the_same_and_who_is_here_is_not_parked(database: Database, booked: Entry) -> None:
    command = Park(booked.id, 1)
    assert booking.park(database, command) == booking.park(database, command)
    booking.update(database, Update(booked.id, 2, reinstate=True))
    booking.set_status(database, SetStatus(booked.id, 3, AppointmentStatus.ARRIVED))
    with pytest.raises(InvalidInput):
        booking.park(database, Park(booked.id, 4))


def test_what_was_changed_meanwhile_is_not_parked(database: Database, second_database: Database, booked: Entry) -> None:
    booking.update(second_database, Update(booked.id, 1, note="x"))
    with pytest.raises(Conflict):
        booking.park(database, Park(booked.id, 1))


def test_who_may_only_read_parks_nothing_but_sees_the_list(
    database: Database, parked: Entry, booked: Entry, url_as: Callable[..., URL]
) -> None:
    reader = Database(url_as("clinic_readonly"), database.desk)
    try:
        assert [one.entry.id for one in parking.parked(reader)] == [parked.id]
        with pytest.raises(NotAllowed):
            booking.park(reader, Park(booked.id, 2))
    finally:
        reader.dispose()


@pytest.mark.parametrize("tell", [False, True])
def test_those_whom_an_absence_hits_can_be_parked_with_the_moves_and_all_of_it_be_undone(
    clinic: SmallClinic, manager: Database, booked: Entry, owner_engine: Engine, tell: bool
) -> None:
    other = booking.book(manager, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[1]))
    leaves(owner_engine, "confirmation")
    save = SaveTimeOff(clinic.weber, at(clinic.monday, 0), at(clinic.monday, 0) + DAY)
    found = away.look(manager, save)
    moved = Update(other.id, 1, starts_at=at(clinic.monday + DAY, 10))
    done = away.carry_out(manager, CarryOut(found.away, save, (Park(booked.id, 1, tell_patient=tell), moved)))
    statuses = {entry.id: entry.appointment.status.value for entry in done.entries}
    assert statuses == {booked.id: "waitlist", other.id: "booked"}
    told = queue(owner_engine, "kind, appointment_id", "status = 'pending' AND kind <> 'reminder'")
    assert sorted(told) == ([("cancelled", booked.id)] if tell else []) + [("rescheduled", other.id)]
    assert [one.entry.id for one in parking.parked(manager)] == [booked.id]
    back = undoing.take_back(manager, TakeBack((booked.id, 2))).entries
    assert [(entry.id, entry.appointment.starts_at) for entry in back] == [
        (booked.id, booked.appointment.starts_at),
        (other.id, other.appointment.starts_at),
    ]
    assert parking.parked(manager) == ()
    assert count(owner_engine, "time_off") == 0
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == []
