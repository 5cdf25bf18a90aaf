"""A clinic at work is moved from the schema before to this one: nothing is lost, and all works on as it did."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema, setup
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.domain.records import BookingRules, RoomKind
from tests.plugins.postgres import PostgresServer
from tests.support.sql import at, refused_by
from tests.support.structure import structure

SITE, DOCTOR, ROOM, TYPE, PATIENT, DESK = (UUID(int=number) for number in range(1, 7))
_CLINIC = """
INSERT INTO site (id, name, zone) VALUES (:site, 'Mitte', 'Europe/Berlin');
INSERT INTO practitioner (id, name) VALUES (:doctor, 'Dr. Weber');
INSERT INTO room (id, site_id, name) VALUES (:room, :site, 'Room 1');
INSERT INTO appointment_type (id, name, length_minutes, needs_room) VALUES (:type, 'Procedure', 60, true);
INSERT INTO appointment_type_practitioner (type_id, practitioner_id) VALUES (:type, :doctor);
INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute, valid_from)
    VALUES (:hours, :doctor, :site, 1, 480, 720, '2026-01-01');
INSERT INTO block (id, name, practitioner_id, starts_at, ends_at) VALUES (:block, 'Team', :doctor, :starts, :ends);
INSERT INTO patient (id, family_name) VALUES (:patient, 'Meier');
INSERT INTO desk (id, name) VALUES (:desk, 'Desk 1');
"""
_BOOK = """
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at, squeezed_in)
VALUES (:id, :patient, :doctor, :site, :type, :room, :starts, :ends, :squeezed)
"""


@pytest.fixture
def engine(postgres_server: PostgresServer, bare_database: str) -> Iterator[Engine]:
    """A database without a schema, as clinic_owner."""
    engine = create_engine(postgres_server.url(bare_database, setup.OWNER), poolclass=NullPool)
    yield engine
    engine.dispose()


def _values(**other: Any) -> dict[str, Any]:
    ids = {"site": SITE, "doctor": DOCTOR, "room": ROOM, "type": TYPE, "patient": PATIENT, "desk": DESK}
    return {**ids, "hours": UUID(int=7), "block": UUID(int=8), "starts": at(9), "ends": at(10), **other}


def _fill(engine: Engine) -> tuple[UUID, UUID]:
    """A small clinic of 0002 with a visit in the room and a squeeze-in beside it; their ids."""
    with engine.begin() as connection:
        schema.migrate(connection, "0002")
        for statement in _CLINIC.strip().split(";\n"):
            known = {key: value for key, value in _values().items() if f":{key}" in statement}
            connection.execute(text(statement.rstrip(";")), known)
        booked, squeezed = uuid4(), uuid4()
        for row_id, is_squeezed in ((booked, False), (squeezed, True)):
            values = _values(id=row_id, squeezed=is_squeezed)
            known = {key: value for key, value in values.items() if f":{key}" in _BOOK}
            connection.execute(text(_BOOK), known)
    return booked, squeezed


def test_a_clinic_at_work_keeps_all_it_has(engine: Engine) -> None:
    _fill(engine)
    old = text("SELECT to_jsonb(a) FROM appointment a ORDER BY id")
    with engine.begin() as connection:
        before = connection.scalars(old).all()
        recorded = connection.scalar(text("SELECT count(*) FROM history"))
        schema.migrate(connection)
    with engine.connect() as connection:
        schema.check(connection)
        after = connection.scalars(old).all()
        assert [{key: row[key] for key in was} for was, row in zip(before, after, strict=True)] == before
        assert all(row["device_id"] is row["series_id"] is row["device_no"] is None for row in after)
        assert connection.scalar(text("SELECT count(*) FROM history WHERE table_name <> 'booking_rules'")) == recorded
        clinic = clinic_record(connection)
        assert clinic.rules == BookingRules()
        assert (clinic.room(ROOM).kind, clinic.room(ROOM).capacity) == (RoomKind.ROOM, 1)
        assert (clinic.type(TYPE).needs_device, clinic.type(TYPE).room_ids) == (False, frozenset())
        assert [row.every_weeks for row in clinic.working_hours] == [1]
        assert clinic.site(SITE).country == ""


def test_who_waits_while_it_is_installed_has_waited_since_she_came(engine: Engine) -> None:
    waiting, in_room = _fill(engine)
    with engine.begin() as connection:
        for row_id, status in ((waiting, "arrived"), (in_room, "checked-in")):
            connection.execute(text("UPDATE appointment SET status = :s WHERE id = :i"), {"s": status, "i": row_id})
        came = connection.scalar(text("SELECT now()"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE appointment SET note = 'later'"))
        schema.migrate(connection)
        rows = connection.execute(text("SELECT id, version, arrived_at, in_room_at >= arrived_at FROM appointment"))
        found = {row_id: tuple(row) for row_id, *row in rows}
    assert found[waiting] == (3, came, None)
    assert found[in_room][0] == 3
    assert found[in_room][2] is True


def test_what_was_booked_before_is_guarded_as_before(engine: Engine) -> None:
    booked, squeezed = _fill(engine)
    with engine.begin() as connection:
        schema.migrate(connection)
    with engine.begin() as connection:
        again = {key: value for key, value in _values(id=uuid4(), squeezed=False).items() if f":{key}" in _BOOK}
        assert refused_by(connection, _BOOK, again) == "appointment_practitioner_excl"
        connection.execute(text("UPDATE appointment SET status = 'cancelled' WHERE id = :id"), {"id": booked})
        assert refused_by(connection, _BOOK, again) == "appointment_practitioner_excl"  # the squeeze-in inherited
        connection.execute(text("UPDATE appointment SET note = 'x' WHERE id = :id"), {"id": squeezed})
        connection.execute(text("UPDATE appointment SET status = 'cancelled' WHERE id = :id"), {"id": squeezed})
        assert refused_by(connection, _BOOK, again) is None


def test_by_way_of_a_clinic_at_work_comes_the_same_schema(engine: Engine, owner_engine: Engine) -> None:
    _fill(engine)
    with engine.begin() as connection:
        schema.migrate(connection)
    with engine.connect() as moved, owner_engine.connect() as fresh:
        assert structure(moved) == structure(fresh)
