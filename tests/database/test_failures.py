"""What each error of the driver means, raised by real PostgreSQL, and that none of its words reach the user."""

from uuid import uuid4

import pytest
from sqlalchemy import URL, Connection

from clinic_desk.database.engine import Database
from clinic_desk.database.failures import DatabaseFault, is_shut_out, refused_sign_in
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.domain.records import RoomKind
from clinic_desk.domain.refusals import NotFound, SlotTaken
from clinic_desk.errors import (
    Busy,
    ClinicDeskError,
    DatabaseDown,
    DiskFull,
    InvalidInput,
    LoginClosed,
    NotAllowed,
    SchemaMismatch,
    WrongPassword,
)
from tests.plugins.postgres import PASSWORD, PostgresServer


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
        ("53100", DiskFull),
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


WRONG = {
    "en": 'password authentication failed for user "anna"',
    "fr": "authentification par mot de passe échouée pour l'utilisateur « anna »",
    "ru": 'пользователь "anna" не прошёл проверку подлинности (по паролю)',
    "ja": 'ユーザー"anna"のパスワード認証に失敗しました',
}
CLOSED = {
    "en": 'role "anna" is not permitted to log in',
    "fr": "le rôle « anna » n'est pas autorisé à se connecter",
    "ru": 'для роли "anna" вход запрещён',
    "ja": 'ロール"anna"はログインが許可されていません',
}


@pytest.mark.parametrize("language", WRONG)
@pytest.mark.parametrize(("texts", "meaning"), [(WRONG, WrongPassword), (CLOSED, LoginClosed)])
def test_a_wrong_password_is_what_anybody_is_told_in_whatever_language(
    language: str, texts: dict[str, str], meaning: type[NotAllowed]
) -> None:
    url = URL.create("postgresql", "anna", host="clinic-server", database="clinic")

    def said(text: str, address: str = "10.0.0.1") -> str:
        return f'connection to server at "{address}", port 5432 failed: FATAL:  {text}'

    anybody = said(WRONG[language], "10.0.0.2")
    refused = refused_sign_in(DatabaseDown(said(texts[language])), url, said_to_anybody=lambda: anybody)
    assert type(refused) is meaning


def test_why_a_login_is_not_let_in_is_heard_from_the_server(
    postgres_server: PostgresServer, fresh_database: str
) -> None:
    login = f"anna_{uuid4().hex[:8]}"
    url = postgres_server.url(fresh_database, login)

    def refused(password: str = PASSWORD) -> type[Exception]:
        with pytest.raises(NotAllowed) as caught, signed_in_as(url.set(password=password)):
            pass
        return caught.type

    postgres_server.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
    try:
        assert refused() is NotAllowed, "the right password, and no place in this database"
        postgres_server.execute(f"GRANT clinic_reception TO {login}")
        assert refused("wrong") is WrongPassword
        postgres_server.execute(f"ALTER ROLE {login} NOLOGIN")
        assert refused() is LoginClosed
        assert refused("wrong") is WrongPassword, "who does not know it learns nothing"
    finally:
        postgres_server.execute(f"DROP ROLE {login}")
