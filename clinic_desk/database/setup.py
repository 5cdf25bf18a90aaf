"""Prepares a server for the clinic: roles, database, schema, logins. Needs a superuser once, and may be run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema
from clinic_desk.database.failures import translated

OWNER: Final = "clinic_owner"
Group = Literal["clinic_reception", "clinic_manager", "clinic_readonly", "clinic_worker"]
GROUPS: Final[tuple[Group, ...]] = ("clinic_reception", "clinic_manager", "clinic_readonly", "clinic_worker")

_SETUP_LOCK: Final = 0x436C696E69635375  # "ClinicSu"


@dataclass(frozen=True, slots=True)
class Login:
    """A person's role at the server. `group` decides the rights, `display_name` is what the others see."""

    name: str
    password: str = field(repr=False)
    group: Group
    display_name: str


def prepare_database(
    superuser_url: URL | str, *, database: str = "clinic", owner_password: str, logins: Sequence[Login] = ()
) -> None:
    """Create what is missing: owner and group roles, `database`, its schema, and the logins; mend what differs.

    Passwords and groups of existing roles are set to those given. Passwords leave this program as SCRAM-SHA-256
    verifiers only. Raises NotAllowed, DatabaseDown, Busy, and SchemaMismatch for a database that a newer program made.
    """
    superuser_url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
    with translated(), _superuser(superuser_url) as connection, _turn(connection):
        _create_roles(connection, owner_password)
        if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": database}):
            name = _quoted(connection, database)
            connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'"))
        configure_database(superuser_url, database)
        schema.upgrade(superuser_url.set(username=OWNER, password=owner_password, database=database))
        with _superuser(superuser_url.set(database=database)) as inside:
            for login in logins:
                _create_login(inside, login)


def configure_database(superuser_url: URL | str, database: str) -> None:
    """Set what belongs to the database itself and not to its schema: who may connect, settings, the schema's owner.

    Idempotent.
    """
    with _superuser(make_url(superuser_url).set(database=database)) as connection:
        for statement in (
            *database_settings(_quoted(connection, database)),
            f"ALTER SCHEMA public OWNER TO {OWNER}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        ):
            connection.execute(text(statement))


def database_settings(name: str) -> tuple[str, ...]:
    """Statements for a database of this (quoted) name; a copy made by CREATE DATABASE … TEMPLATE lacks their effect."""
    return (
        f"ALTER DATABASE {name} OWNER TO {OWNER}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {', '.join(GROUPS)}",
        f"ALTER DATABASE {name} SET timezone = 'UTC'",
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'read committed'",
        # a desk that froze inside a transaction must not hold up the others, nor vacuum
        f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '60s'",
    )


@contextmanager
def _superuser(url: URL) -> Iterator[Connection]:
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 10, "application_name": "clinic-desk setup"},
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    """One set-up at a time (of those that name the same maintenance database): roles belong to the whole server.

    The lock ends with the connection at the latest.
    """
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _SETUP_LOCK})
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _SETUP_LOCK})


def _create_roles(connection: Connection, owner_password: str) -> None:
    for group in GROUPS:
        _create_role(connection, group, "NOLOGIN")
    _create_role(connection, OWNER, "LOGIN")
    verifier = _verifier(connection, OWNER, owner_password)
    connection.execute(text(f"ALTER ROLE {OWNER} WITH LOGIN CREATEROLE NOSUPERUSER NOCREATEDB PASSWORD {verifier}"))
    connection.execute(text(f"GRANT {', '.join(GROUPS)} TO {OWNER} WITH ADMIN OPTION"))


def _create_role(connection: Connection, name: str, options: str) -> None:
    if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": name}):
        connection.execute(text(f"CREATE ROLE {_quoted(connection, name)} {options}"))


def _create_login(connection: Connection, login: Login) -> None:
    name = _quoted(connection, login.name)
    _create_role(connection, login.name, "LOGIN")
    verifier = _verifier(connection, login.name, login.password)
    connection.execute(text(f"ALTER ROLE {name} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {verifier}"))
    for group in _groups_of(connection, login.name) - {login.group}:
        connection.execute(text(f"REVOKE {group} FROM {name}"))
    connection.execute(text(f"GRANT {login.group} TO {name}"))
    connection.execute(
        text(
            "INSERT INTO public.staff (login, display_name) VALUES (:login, :display_name) ON CONFLICT (login)"
            " DO UPDATE SET display_name = excluded.display_name WHERE staff.display_name <> excluded.display_name"
        ),
        {"login": login.name, "display_name": login.display_name},
    )


def _groups_of(connection: Connection, login: str) -> set[str]:
    groups = connection.scalars(
        text(
            "SELECT roleid::regrole::text FROM pg_auth_members"
            " WHERE member = (SELECT oid FROM pg_roles WHERE rolname = :login) AND roleid::regrole::text = ANY(:groups)"
        ),
        {"login": login, "groups": list(GROUPS)},
    )
    return set(groups)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _quoted(connection: Connection, name: str) -> str:
    from psycopg2.extensions import quote_ident

    # a colon would be taken for a bound parameter by text()
    return quote_ident(name, _driver(connection)).replace(":", "\\:")


def _verifier(connection: Connection, role: str, password: str) -> str:
    """The password as a quoted SCRAM verifier, so that the statement log of the server never holds it."""
    from psycopg2.extensions import encrypt_password

    verifier = encrypt_password(password, role, scope=_driver(connection), algorithm="scram-sha-256")
    return "'" + verifier.replace(":", "\\:") + "'"
