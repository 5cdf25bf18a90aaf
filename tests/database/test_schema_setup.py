"""Preparing a server makes what is missing, mends what differs, and may be done again, also by two at once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import OperationalError

from clinic_desk.database import schema, setup
from clinic_desk.database.setup import Login, prepare_database
from clinic_desk.errors import NotAllowed
from tests.plugins.postgres import PASSWORD, PostgresServer
from tests.support.sql import connected, refused_by
from tests.support.structure import structure


@pytest.fixture
def name() -> str:
    """Of a database and of a login; needs quotes, holds what SQL and SQLAlchemy read as more."""
    return f'Clinic "{uuid4().hex[:8]}" :x %s'


@pytest.fixture
def anna(name: str) -> Login:
    return Login(name, "p:a'ss\"w%sörd\\", "clinic_reception", "Anna Meier")


@pytest.fixture
def server(postgres_server: PostgresServer, name: str) -> Iterator[PostgresServer]:
    """The run's server; what the test makes under `name` is dropped at its end."""
    yield postgres_server
    quoted = '"' + name.replace('"', '""') + '"'
    postgres_server.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
    postgres_server.execute(f"DROP ROLE IF EXISTS {quoted}")


def _prepare(server: PostgresServer, name: str, *logins: Login) -> None:
    prepare_database(server.superuser_url, database=name, owner_password=PASSWORD, logins=logins)


def _url(server: PostgresServer, login: Login) -> URL:
    return server.superuser_url.set(username=login.name, password=login.password, database=login.name)


def test_a_server_that_has_nothing_gets_everything_and_the_login_works(
    server: PostgresServer, name: str, anna: Login
) -> None:
    _prepare(server, name, anna)
    with connected(_url(server, anna)) as connection:
        schema.check(connection)
        staff = connection.execute(text("SELECT login, display_name FROM staff")).all()
        assert staff == [(anna.name, "Anna Meier")]
        assert connection.scalar(text("SELECT pg_has_role('clinic_reception', 'MEMBER')"))
        assert refused_by(connection, "DELETE FROM patient") == "42501"


def test_a_second_time_changes_nothing(server: PostgresServer, name: str, anna: Login) -> None:
    _prepare(server, name, anna)
    owner = server.url(name, setup.OWNER)
    with connected(owner) as connection:
        before = structure(connection)
        staff = connection.execute(text("SELECT * FROM staff")).all()
    _prepare(server, name, anna)
    with connected(owner) as connection:
        assert structure(connection) == before
        assert connection.execute(text("SELECT * FROM staff")).all() == staff


def test_another_password_group_and_name_replace_the_old_ones(server: PostgresServer, name: str, anna: Login) -> None:
    _prepare(server, name, anna)
    promoted = replace(anna, password="another", group="clinic_manager", display_name="Dr. Meier")
    _prepare(server, name, promoted)
    with pytest.raises(OperationalError, match="password authentication failed"), connected(_url(server, anna)):
        pass
    with connected(_url(server, promoted)) as connection:
        for group in setup.GROUPS:
            member = text("SELECT pg_has_role(:group, 'MEMBER')")
            assert connection.scalar(member, {"group": group}) is (group == "clinic_manager")
        row = connection.execute(text("SELECT display_name, version FROM staff")).one()
        assert row == ("Dr. Meier", 2)


def test_rights_that_were_widened_by_hand_are_taken_back(server: PostgresServer, name: str, anna: Login) -> None:
    _prepare(server, name, anna)
    with connected(server.superuser_url.set(database=name)) as connection:
        connection.execute(text("GRANT ALL ON SCHEMA public TO PUBLIC"))
        role = '"' + name.replace('"', '""').replace(":", "\\:") + '"'
        connection.execute(text(f"ALTER ROLE {role} CREATEROLE CREATEDB"))
    _prepare(server, name, anna)
    with connected(_url(server, anna)) as connection:
        assert refused_by(connection, "CREATE TABLE own (n integer)") == "42501"
        assert refused_by(connection, "CREATE ROLE own") == "42501"


def test_passwords_reach_the_server_as_scram_verifiers_only(
    server: PostgresServer, name: str, anna: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    original = Connection.execute

    def watched(self: Any, statement: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(f"{statement} {arguments}")
        return original(self, statement, *arguments, **options)

    monkeypatch.setattr(Connection, "execute", watched)
    login = replace(anna, password="easily-found-again")
    _prepare(server, name, login)
    assert any("SCRAM-SHA-256$" in each for each in sent)
    assert not any("easily-found-again" in each or PASSWORD in each for each in sent)
    assert "easily-found-again" not in repr(login)
    with connected(server.superuser_url.set(database=name)) as connection:
        verifier = connection.scalar(text("SELECT rolpassword FROM pg_authid WHERE rolname = :name"), {"name": name})
        assert str(verifier).startswith("SCRAM-SHA-256$")


def test_two_at_once_are_both_content(server: PostgresServer, name: str, anna: Login) -> None:
    failures: list[BaseException] = []

    def prepare() -> None:
        try:
            _prepare(server, name, anna)
        except BaseException as error:  # handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with connected(_url(server, anna)) as connection:
        schema.check(connection)


def test_a_desk_cannot_prepare_a_server(server: PostgresServer, database_url: URL, name: str, anna: Login) -> None:
    with pytest.raises(NotAllowed):
        prepare_database(database_url, database=name, owner_password=PASSWORD, logins=[anna])
    with connected(server.superuser_url) as connection:
        made = text("SELECT count(*) FROM pg_database WHERE datname = :name")
        assert connection.scalar(made, {"name": name}) == 0
