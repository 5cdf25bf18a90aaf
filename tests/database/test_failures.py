"""What each error of the driver means, raised by real PostgreSQL, and that none of its words reach the user."""

import pytest
from sqlalchemy import Connection

from clinic_desk.database.engine import Database
from clinic_desk.database.failures import DatabaseFault
from clinic_desk.domain.refusals import NotFound, SlotTaken
from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, InvalidInput, NotAllowed, SchemaMismatch


def raised(database: Database, sqlstate: str, constraint: str = "") -> Exception:
    using = f"ERRCODE = '{sqlstate}', DETAIL = 'Key (phone)=(+49301) of Geheim'"
    if constraint:
        using += f", CONSTRAINT = '{constraint}'"
    with pytest.raises(Exception) as caught, database.reading() as connection:  # noqa: PT011  # which one is the question
        fail(connection, using)
    return caught.value


def fail(connection: Connection, using: str) -> None:
    connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING {using}; END $$")


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("23P01", SlotTaken),
        ("42501", NotAllowed),
        ("57014", Busy),
        ("55P03", Busy),
        ("40001", Busy),
        ("40P01", Busy),
        ("53100", Busy),
        ("53300", DatabaseDown),
        ("08006", DatabaseDown),
        ("57P03", DatabaseDown),
        ("25006", DatabaseDown),
        ("28P01", DatabaseDown),
        ("42P01", SchemaMismatch),
        ("42703", SchemaMismatch),
        ("23514", InvalidInput),
        ("22003", InvalidInput),
        ("23503", NotFound),
        ("23505", DatabaseFault),
        ("XX000", DatabaseFault),
    ],
)
def test_each_sqlstate_has_its_meaning_and_its_detail_stays_inside(
    database: Database, sqlstate: str, expected: type[Exception]
) -> None:
    error = raised(database, sqlstate)
    assert type(error) is expected
    assert "Geheim" not in str(error)
    assert error.__suppress_context__


def test_the_constraint_says_whether_the_room_or_the_time_was_taken(database: Database) -> None:
    taken = raised(database, "23P01", "appointment_room_excl")
    assert isinstance(taken, SlotTaken)
    assert taken.room
    taken = raised(database, "23P01", "appointment_practitioner_excl")
    assert isinstance(taken, SlotTaken)
    assert not taken.room


@pytest.mark.parametrize(
    ("constraint", "what"),
    [("appointment_patient_id_fkey", "patient"), ("appointment_practitioner_fkey", "practitioner")],
)
def test_a_broken_reference_names_what_is_not_there(database: Database, constraint: str, what: str) -> None:
    missing = raised(database, "23503", constraint)
    assert isinstance(missing, NotFound)
    assert missing.what == what


def test_a_broken_check_names_its_field(database: Database) -> None:
    invalid = raised(database, "23514", "patient_birth_date")
    assert isinstance(invalid, InvalidInput)
    assert invalid.field == "birth_date"


def test_an_error_of_our_own_passes_as_it_is(database: Database) -> None:
    with pytest.raises(ClinicDeskError) as caught, database.reading():
        raise NotFound(what="patient")
    assert isinstance(caught.value, NotFound)
