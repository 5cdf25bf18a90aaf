"""What each error of the driver means, raised by real PostgreSQL, and that none of its words reach the user."""

import pytest
from sqlalchemy import URL, Connection

from clinic_desk.database.engine import Database
from clinic_desk.database.failures import DatabaseFault, is_shut_out
from clinic_desk.domain.records import RoomKind
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
    assert taken.resource is RoomKind.ROOM
    taken = raised(database, "23P01", "appointment_practitioner_excl")
    assert isinstance(taken, SlotTaken)
    assert taken.resource is None


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


@pytest.mark.parametrize(
    ("words", "shut_out"),
    [
        ('failed: FATAL:  password authentication failed for user "anna"', True),
        ("failed: FATAL:  Passwort-Authentifizierung für Benutzer »anna« fehlgeschlagen", True),
        ("failed: FATAL:  authentification par mot de passe échouée pour l'utilisateur « anna »", True),
        ('failed: FATAL:  database "clinic" does not exist', True),
        ("failed: fe_sendauth: no password supplied", True),
        ('failed: FATAL:  too many connections for role "anna"', False),
        ("failed: FATAL:  the database system is starting up", False),
        ("failed: FATAL:  sorry, too many clients already", False),
        ("failed: Connection refused", False),
        ('could not translate host name "clinic" to address: Name or service not known', False),
    ],
)
def test_a_login_that_is_not_let_in_is_told_from_a_server_that_cannot_be_reached(words: str, shut_out: bool) -> None:
    url = URL.create("postgresql", "anna", host="clinic-server", database="clinic")
    error = DatabaseDown(f'connection to server at "clinic-server", port 5432 {words}')
    assert is_shut_out(error, url) is shut_out
