"""Rooms and devices for several at once: the largest number at once counts, whoever books, and in races."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Connection, Engine, insert, text, update
from sqlalchemy.exc import DBAPIError

from clinic_desk.database import tables
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, appointment, at, connected, refused_by, savepoint

HALL = UUID(int=0xA11)
LASER = UUID(int=0x1A5E)
DOCTORS = [UUID(int=900 + number) for number in range(12)]


@pytest.fixture
def desk(clinic: SmallClinic, owner_engine: Engine, database_url: URL) -> Iterator[Connection]:
    """A reception's connection; a hall for three, a laser for one, and a dozen doctors more."""
    with owner_engine.begin() as connection:
        rows = (
            {"id": HALL, "name": "Hall", "site_id": clinic.berlin, "capacity": 3, "kind": "room"},
            {"id": LASER, "name": "Laser", "site_id": clinic.berlin, "capacity": 1, "kind": "device"},
        )
        connection.execute(insert(tables.room), rows)
        connection.execute(insert(tables.practitioner), [{"id": doctor, "name": "Dr."} for doctor in DOCTORS])
    with connected(database_url) as connection:
        yield connection


def _change(identifier: UUID, **values: Any) -> Any:
    return update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values)


def _in_hall(start: float, end: float, doctor: int, **others: Any) -> Any:
    row = appointment(start, end, room_id=HALL, practitioner_id=DOCTORS[doctor]) | others
    return insert(tables.appointment).values(row)


def test_as_many_as_fit_are_accepted_and_one_more_is_refused_by_the_rooms_constraint(desk: Connection) -> None:
    for doctor in range(3):
        desk.execute(_in_hall(9, 10, doctor))
    assert refused_by(desk, _in_hall(9.5, 9.75, 3)) == "appointment_room_excl"
    assert refused_by(desk, _in_hall(10, 11, 3)) is None


def test_it_is_the_number_at_once_that_counts_and_not_all_that_overlap(desk: Connection) -> None:
    """Four touch the hour, never more than two of them at once."""
    for doctor, (start, end) in enumerate(((9, 9.25), (9.25, 9.5), (9.5, 9.75), (9.75, 10), (9, 10))):
        desk.execute(_in_hall(start, end, doctor))
    assert refused_by(desk, _in_hall(9, 10, 6)) is None
    desk.execute(_in_hall(9, 10, 6))
    assert refused_by(desk, _in_hall(9, 10, 7)) == "appointment_room_excl"


def test_buffers_take_a_place_as_the_visit_does(desk: Connection) -> None:
    for doctor in range(3):
        desk.execute(_in_hall(9, 10, doctor, buffer_after_minutes=30))
    assert refused_by(desk, _in_hall(10.25, 11, 3)) == "appointment_room_excl"
    assert refused_by(desk, _in_hall(10.5, 11, 3)) is None


def test_a_move_a_return_and_another_room_are_counted_too(desk: Connection, clinic: SmallClinic) -> None:
    for doctor in range(3):
        desk.execute(_in_hall(9, 10, doctor))
    elsewhere = add(desk, 9, 10, practitioner_id=DOCTORS[3], room_id=clinic.room_1)
    later = add(desk, 11, 12, practitioner_id=DOCTORS[4], room_id=HALL)
    gone = add(desk, 9, 10, practitioner_id=DOCTORS[5], room_id=HALL, status="cancelled")
    assert refused_by(desk, _change(elsewhere, room_id=HALL)) == "appointment_room_excl"
    assert refused_by(desk, _change(later, starts_at=at(9.5), ends_at=at(10.5))) == "appointment_room_excl"
    assert refused_by(desk, _change(gone, status="booked")) == "appointment_room_excl"
    assert refused_by(desk, _change(later, starts_at=at(11.5), ends_at=at(12.5))) is None


def test_a_squeeze_in_is_exempt_and_takes_a_place_from_all_others(desk: Connection) -> None:
    for doctor in range(3):
        desk.execute(_in_hall(9, 10, doctor))
    desk.execute(_in_hall(9, 10, 3, squeezed_in=True))
    standing = desk.execute(text("SELECT id FROM appointment WHERE NOT squeezed_in ORDER BY id")).scalars().all()
    desk.execute(_change(standing[0], status="cancelled"))
    assert refused_by(desk, _in_hall(9, 10, 4)) == "appointment_room_excl"
    desk.execute(_change(standing[1], status="cancelled"))
    assert refused_by(desk, _in_hall(9, 10, 4)) is None


def test_devices_are_guarded_as_rooms_are(desk: Connection, clinic: SmallClinic) -> None:
    standing = add(desk, 9, 10, practitioner_id=DOCTORS[0], device_id=LASER, room_id=clinic.room_1)
    beside = appointment(9.5, 10.5, practitioner_id=DOCTORS[1], device_id=LASER)
    assert refused_by(desk, insert(tables.appointment).values(beside)) == "appointment_device_excl"
    squeezed = add(desk, 9, 10, practitioner_id=DOCTORS[2], device_id=LASER, squeezed_in=True)
    desk.execute(_change(standing, status="cancelled"))
    assert refused_by(desk, insert(tables.appointment).values(beside)) == "appointment_device_excl"
    desk.execute(_change(squeezed, device_id=None))
    assert refused_by(desk, insert(tables.appointment).values(beside)) is None


def test_a_room_is_no_device_and_does_not_become_one(
    desk: Connection, owner_engine: Engine, clinic: SmallClinic
) -> None:
    wrong = appointment(9, 10, device_id=clinic.room_1)
    assert refused_by(desk, insert(tables.appointment).values(wrong)) == "appointment_device_id"
    wrong = appointment(9, 10, room_id=LASER)
    assert refused_by(desk, insert(tables.appointment).values(wrong)) == "appointment_room_id"
    with owner_engine.begin() as manager:
        statement = text("UPDATE room SET kind = 'device' WHERE id = :id")
        assert refused_by(manager, statement, {"id": clinic.room_1}) == "room_kind"


def test_a_room_in_which_fewer_fit_must_not_be_fuller_and_is_guarded_again(
    desk: Connection, owner_engine: Engine
) -> None:
    first = add(desk, 9, 10, practitioner_id=DOCTORS[0], room_id=HALL)
    add(desk, 9.5, 10.5, practitioner_id=DOCTORS[1], room_id=HALL)
    desk.commit()
    fewer = text("UPDATE room SET capacity = :capacity WHERE id = :id")
    with owner_engine.begin() as manager:
        assert refused_by(manager, fewer, {"capacity": 1, "id": HALL}) == "room_capacity"
        manager.execute(fewer, {"capacity": 2, "id": HALL})
        manager.execute(_change(first, starts_at=at(8), ends_at=at(9)))
        manager.execute(fewer, {"capacity": 1, "id": HALL})
        busy = text("SELECT bool_and(room_busy = tstzmultirange(footprint)) FROM appointment")
        assert manager.scalar(busy) is True
        with savepoint(manager):
            assert refused_by(manager, _in_hall(8.5, 9, 2)) == "appointment_room_excl"
        manager.execute(fewer, {"capacity": 2, "id": HALL})
        assert refused_by(manager, _in_hall(8.5, 9, 2)) is None


def test_who_would_not_see_those_that_were_quicker_cannot_book_where_several_fit(
    desk: Connection, owner_engine: Engine
) -> None:
    desk.commit()
    with owner_engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        assert refused_by(connection, _in_hall(9, 10, 0)) == "0A000"


_VISITS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=_VISITS)
def test_never_are_more_accepted_than_fit_and_never_is_one_refused_that_would(
    desk: Connection, visits: list[tuple[int, int]]
) -> None:
    """Against a count minute by minute (in quarters of an hour)."""
    with savepoint(desk):
        quarters = [0] * 40
        for doctor, (begin, length) in enumerate(visits):
            fits = all(taken < 3 for taken in quarters[begin : begin + length])
            row = _in_hall(8 + begin / 4, 8 + (begin + length) / 4, doctor)
            assert (refused_by(desk, row) is None) is fits
            if fits:
                desk.execute(row)
                for quarter in range(begin, begin + length):
                    quarters[quarter] += 1


def test_of_twelve_that_race_for_three_places_three_get_one(
    desk: Connection, owner_engine: Engine, database_url: URL
) -> None:
    """Plain SQL clients that take no locks beforehand; their visits overlap by turns."""
    desk.commit()
    start = threading.Barrier(len(DOCTORS))
    came: list[str] = []

    def book(doctor: int) -> None:
        start.wait(20)
        offset = timedelta(minutes=5 * (doctor % 3))
        row = {"starts_at": at(9) + offset, "ends_at": at(10) + offset, "id": uuid4()}
        try:
            with connected(database_url) as connection:
                connection.execute(_in_hall(9, 10, doctor, **row))
            came.append("booked")
        except DBAPIError as error:
            came.append(str(cast("psycopg2.Error", error.orig).diag.constraint_name))

    threads = [threading.Thread(target=book, args=(doctor,)) for doctor in range(len(DOCTORS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(came) == ["appointment_room_excl"] * (len(DOCTORS) - 3) + ["booked"] * 3
    with owner_engine.connect() as connection:
        steps = connection.execute(
            text("SELECT lower(footprint), 1 FROM appointment UNION ALL SELECT upper(footprint), -1 FROM appointment")
        ).all()
    at_once = 0
    for _, step in sorted(steps):
        at_once += step
        assert at_once <= 3


def test_a_room_that_grows_smaller_while_somebody_books_never_holds_too_many(
    desk: Connection, owner_engine: Engine, database_url: URL
) -> None:
    """Whoever is first, the other waits for the end and then sees it."""
    add(desk, 9, 10, practitioner_id=DOCTORS[0], room_id=HALL)
    desk.commit()
    outcome: list[str | None] = []
    with owner_engine.begin() as manager:
        manager.execute(text("UPDATE room SET capacity = 1 WHERE id = :id"), {"id": HALL})

        def book() -> None:
            with connected(database_url) as connection:
                outcome.append(refused_by(connection, _in_hall(9, 10, 1)))

        thread = threading.Thread(target=book)
        thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        with owner_engine.connect() as watcher:
            while not watcher.scalar(waiting) and thread.is_alive():
                watcher.rollback()
    thread.join(60)
    assert outcome == ["appointment_room_excl"]
