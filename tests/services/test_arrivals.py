"""When a patient who waits came: told by the change that said so, not by the last one."""

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, set_status, update
from tests.support.bookings import checkup, statements_of
from tests.support.small_clinic import SmallClinic


def on_the_day(clinic: SmallClinic, database: Database) -> Entry:
    (entry,) = calendar.load_day(database, clinic.monday, calendar.load_clinic(database)).entries
    return entry


def test_a_note_written_while_the_patient_waits_leaves_the_time_of_arrival(
    clinic: SmallClinic, database: Database
) -> None:
    booked = book(database, checkup(clinic))
    assert booked.arrived_at is None
    arrived = set_status(database, SetStatus(booked.id, 1, AppointmentStatus.ARRIVED))
    assert arrived.changed is not None
    assert arrived.arrived_at == arrived.changed.at
    noted = update(database, Update(booked.id, 2, note="brought a letter"))
    assert noted.changed is not None
    assert noted.changed.at > arrived.changed.at
    assert noted.arrived_at == arrived.arrived_at
    assert on_the_day(clinic, database) == noted  # what the desk shows at once is what reading it back gives


def test_who_came_twice_waits_since_the_second_time(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic))
    first = set_status(database, SetStatus(booked.id, 1, AppointmentStatus.ARRIVED))
    back = set_status(database, SetStatus(booked.id, 2, AppointmentStatus.BOOKED))
    assert back.arrived_at is None
    second = set_status(database, SetStatus(booked.id, 3, AppointmentStatus.ARRIVED))
    assert first.arrived_at is not None
    assert second.arrived_at is not None
    assert second.arrived_at > first.arrived_at
    assert on_the_day(clinic, database).arrived_at == second.arrived_at
    in_room = set_status(database, SetStatus(booked.id, 4, AppointmentStatus.CHECKED_IN))
    assert in_room.arrived_at is None
    assert on_the_day(clinic, database).arrived_at is None


def test_the_arrivals_cost_no_statement_of_their_own(clinic: SmallClinic, database: Database) -> None:
    booked = book(database, checkup(clinic))
    set_status(database, SetStatus(booked.id, 1, AppointmentStatus.ARRIVED))
    loaded = calendar.load_clinic(database)
    with statements_of(database) as sent:
        calendar.load_day(database, clinic.monday, loaded)
    assert len(sent) <= 4
