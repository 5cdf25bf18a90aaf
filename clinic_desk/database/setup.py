"""Prepares a server for the clinic: roles, database, schema, logins. Needs a superuser once, and may be run again."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema
from clinic_desk.database.failures import translated
from clinic_desk.errors import NotAllowed

OWNER: Final = "clinic_owner"
Group = Literal["clinic_reception", "clinic_manager", "clinic_readonly", "clinic_worker"]
GROUPS: Final[tuple[Group, ...]] = ("clinic_reception", "clinic_manager", "clinic_readonly", "clinic_worker")
PASSWORD_ONLY: Final = "clinic_password"  # noqa: S105  # a role's name
"""The group of whoever signed in with a one-time code: may set a password, and nothing else."""

BUILT_IN: Final = "reception"
"""The login by which the embedded clinic of one PC opens by itself, until it has a manager with a password."""

_OF_PEOPLE: Final = ("clinic_reception", "clinic_manager", "clinic_readonly", PASSWORD_ONLY)
_PEOPLE: Final = """
SELECT DISTINCT r.rolname::text FROM pg_roles r
JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
WHERE g.rolname = ANY(:groups) AND NOT r.rolsuper AND r.rolname <> 'clinic_owner'
"""
_NAME_STAFF: Final = """
INSERT INTO public.staff (login, display_name, group_name) VALUES (:login, :display_name, :group)
ON CONFLICT (login) DO UPDATE SET display_name = excluded.display_name, group_name = excluded.group_name,
    disabled = false, code_until = NULL
WHERE (staff.display_name, staff.group_name, staff.disabled, staff.code_until)
    IS DISTINCT FROM (excluded.display_name, excluded.group_name, false, NULL)
"""
_HAS_MANAGER: Final = """
SELECT EXISTS (
    SELECT FROM public.staff s JOIN pg_authid r ON r.rolname = s.login AND r.rolcanlogin AND r.rolpassword IS NOT NULL
        JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
    WHERE g.rolname = 'clinic_manager' AND NOT s.disabled AND s.code_until IS NULL)
"""
_ONE_ALREADY: Final = "first-manager"
_VERIFIER: Final = re.compile(
    r"SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]{20,200}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}="
)
_SETUP_LOCK: Final = 0x436C696E69635375  # "ClinicSu"


@dataclass(frozen=True, slots=True)
class Login:
    """A person's role at the server. `group` decides the rights, `display_name` is what the others see."""

    name: str
    password: str = field(repr=False)
    group: Group
    display_name: str


@dataclass(frozen=True, slots=True)
class KeptRole:
    """The role of a person, or of the worker, as a backup keeps it. `groups`: those of the clinic.

    `verifier`: SCRAM-SHA-256; empty: it could not be read. `valid_until`: UTC, ISO 8601; empty: for ever.
    """

    name: str
    groups: tuple[str, ...]
    can_login: bool = True
    connection_limit: int = -1
    valid_until: str = ""
    verifier: str = field(default="", repr=False)


def prepare_database(
    superuser_url: URL | str,
    *,
    database: str = "clinic",
    owner_password: str,
    logins: Sequence[Login] = (),
    before_upgrade: schema.Before | None = None,
) -> None:
    """Create what is missing: owner and group roles, `database`, its schema, and the logins; mend what differs.

    Passwords and groups of existing roles are set to those given. Passwords leave this program as SCRAM-SHA-256
    verifiers only. `before_upgrade`: as `schema.upgrade`. Raises NotAllowed, DatabaseDown, Busy, and
    SchemaMismatch for a database that a newer program made.
    """
    superuser_url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
    with translated(), superuser(superuser_url) as connection, _turn(connection):
        _create_roles(connection, owner_password)
        if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": database}):
            name = _quoted(connection, database)
            connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'"))
        configure_database(superuser_url, database)
        schema.upgrade(superuser_url.set(username=OWNER, password=owner_password, database=database), before_upgrade)
        with superuser(superuser_url.set(database=database)) as inside:
            for login in logins:
                _create_login(inside, login)
            _hand_over_people(inside)


def opens_by_itself(superuser_url: URL | str, built_in: Login, *, database: str) -> bool:
    """Make or mend the login by which a prepared clinic of one PC opens by itself, and return True; if the clinic has a
    manager who can sign in, close it and return False.

    Raises NotAllowed, DatabaseDown, Busy.
    """
    with _clinic_turn(superuser_url, database) as connection:
        if not connection.scalar(text(_HAS_MANAGER)):
            _create_login(connection, built_in)
            _hand_over_people(connection)
            return True
        _close_built_in(connection, built_in)
    _end_sessions(superuser_url, built_in.name)
    return False


def make_first_manager(superuser_url: URL | str, manager: Login, built_in: Login, *, database: str) -> None:
    """Let a manager sign in to a prepared clinic that has none, and close the login by which it opened by itself until
    now: both or neither. Whoever is in by that is signed out.

    Raises NotAllowed (`first-manager`: there is one already), DatabaseDown, Busy.
    """
    with _clinic_turn(superuser_url, database) as connection:
        if connection.scalar(text(_HAS_MANAGER)):
            raise NotAllowed(_ONE_ALREADY)
        _create_login(connection, manager)
        _hand_over_people(connection)
        _close_built_in(connection, built_in)
    _end_sessions(superuser_url, built_in.name)


@contextmanager
def _clinic_turn(superuser_url: URL | str, database: str) -> Iterator[Connection]:
    """One transaction as the superuser in the clinic's database, when no other set-up is under way."""
    superuser_url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
    engine = create_engine(superuser_url.set(database=database), poolclass=NullPool, hide_parameters=True)
    with translated(), superuser(superuser_url) as server, _turn(server), engine.begin() as connection:
        yield connection


def _close_built_in(connection: Connection, login: Login) -> None:
    """Its name stays taken. A login that a manager gave another password, so that a person has it, is left alone."""
    _create_role(connection, login.name, "NOLOGIN")
    known = connection.scalar(
        text("SELECT rolpassword FROM pg_authid WHERE rolname = :name AND rolcanlogin"), {"name": login.name}
    )
    if known is None or not _is_password(login.password, known):
        return
    name = _quoted(connection, login.name)
    connection.execute(text(f"ALTER ROLE {name} NOLOGIN PASSWORD NULL"))
    for group, grantor in _groups_of(connection, login.name):
        _revoke(connection, group, name, grantor)
    connection.execute(text(f"GRANT {PASSWORD_ONLY} TO {name}"))
    connection.execute(
        text("UPDATE public.staff SET disabled = true WHERE login = :login AND NOT disabled"), {"login": login.name}
    )
    _hand_over_people(connection)


def _end_sessions(superuser_url: URL | str, login: str) -> None:
    """What is open of a closed login is powerless already; it shall not look as if it were not."""
    superuser_url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
    with translated(), superuser(superuser_url) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid"
                " WHERE r.rolname = :login AND NOT r.rolcanlogin"
            ),
            {"login": login},
        )


def _is_password(password: str, verifier: str) -> bool:
    """Whether this (ASCII) password fits a SCRAM-SHA-256 verifier (RFC 5803)."""
    _, rounds_and_salt, keys = verifier.split("$", 2)
    rounds, salt = rounds_and_salt.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(rounds))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return hmac.compare_digest(stored, b64decode(keys.split(":")[0]))


def has_manager(connection: Connection) -> bool:
    """Whether somebody can sign in to this clinic who manages it. As a superuser."""
    return bool(connection.scalar(text(_HAS_MANAGER)))


def prepare_roles(superuser_url: URL | str, owner_password: str) -> None:
    """Create the clinic's owner and groups on a server that has none yet. Raises NotAllowed, DatabaseDown, Busy."""
    url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
    with translated(), superuser(url) as connection, _turn(connection):
        _create_roles(connection, owner_password)


def restore_role(connection: Connection, role: KeptRole, *, anew: bool = False) -> None:
    """Give somebody of a backup her role with her groups, and no other of the clinic's.

    Whoever is there keeps the password of today; who is not, or is wanted `anew`, gets that of the backup.
    """
    name = _quoted(connection, role.name)
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": role.name})
    _create_role(connection, role.name, "LOGIN")
    if anew or not known:
        connection.execute(text(f"ALTER ROLE {name} {_kept_options(role)}"))
    connection.execute(text(f"ALTER ROLE {name} {'LOGIN' if role.can_login else 'NOLOGIN'}"))
    for group, grantor in _groups_of(connection, role.name):
        if group not in role.groups:
            _revoke(connection, group, name, grantor)
    for group in role.groups:
        if group in (*GROUPS, PASSWORD_ONLY):
            connection.execute(text(f"GRANT {group} TO {name}"))
    _hand_over_people(connection)


def _kept_options(role: KeptRole) -> str:
    secret = f"PASSWORD '{role.verifier}'" if _VERIFIER.fullmatch(role.verifier) else ""
    until = datetime.fromisoformat(role.valid_until).isoformat() if role.valid_until else "infinity"
    options = f"CONNECTION LIMIT {int(role.connection_limit)} {secret} VALID UNTIL '{until}'"
    return options.replace(":", "\\:")  # a colon would be taken for a bound parameter by text()


def upgrade_restored(superuser_url: URL | str, database: str) -> None:
    """Bring a restored database, which nobody works with yet, to this program's schema: as its owner, in one
    transaction. Raises what `schema.upgrade` raises.
    """
    engine = create_engine(make_url(superuser_url).set(database=database), poolclass=NullPool, hide_parameters=True)
    with translated(), engine.begin() as connection:
        connection.execute(text(f"SET SESSION AUTHORIZATION {OWNER}"))
        schema.upgrade_within(connection)


def configure_database(superuser_url: URL | str, database: str) -> None:
    """Set what belongs to the database itself and not to its schema: who may connect, settings, the schema's owner.

    Idempotent.
    """
    with superuser(make_url(superuser_url).set(database=database)) as connection:
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
        f"GRANT CONNECT ON DATABASE {name} TO {', '.join((*GROUPS, PASSWORD_ONLY))}",
        f"ALTER DATABASE {name} SET timezone = 'UTC'",
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'read committed'",
        # a desk that froze inside a transaction must not hold up the others, nor vacuum
        f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '60s'",
    )


@contextmanager
def superuser(url: URL) -> Iterator[Connection]:
    """An autocommit connection of its own, for what needs a superuser."""
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
    for group in (*GROUPS, PASSWORD_ONLY):
        _create_role(connection, group, "NOLOGIN")
    _create_role(connection, OWNER, "LOGIN")
    verifier = _verifier(connection, OWNER, owner_password)
    connection.execute(text(f"ALTER ROLE {OWNER} WITH LOGIN CREATEROLE NOSUPERUSER NOCREATEDB PASSWORD {verifier}"))
    connection.execute(text(f"GRANT {', '.join((*GROUPS, PASSWORD_ONLY))} TO {OWNER} WITH ADMIN OPTION"))
    # to end the sessions of somebody who is disabled or reset (0005/20_people.sql)
    connection.execute(text(f"GRANT pg_signal_backend TO {OWNER}"))


def _create_role(connection: Connection, name: str, options: str) -> None:
    if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": name}):
        connection.execute(text(f"CREATE ROLE {_quoted(connection, name)} {options}"))


def _create_login(connection: Connection, login: Login) -> None:
    name = _quoted(connection, login.name)
    _create_role(connection, login.name, "LOGIN")
    verifier = _verifier(connection, login.name, login.password)
    connection.execute(
        text(
            f"ALTER ROLE {name} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT -1"
            f" PASSWORD {verifier} VALID UNTIL 'infinity'"
        )
    )
    for group, grantor in _groups_of(connection, login.name):
        if group != login.group:
            _revoke(connection, group, name, grantor)
    connection.execute(text(f"GRANT {login.group} TO {name}"))
    connection.execute(
        text(_NAME_STAFF),
        {
            "login": login.name,
            "display_name": login.display_name,
            "group": login.group.removeprefix("clinic_"),
        },
    )


def _hand_over_people(connection: Connection) -> None:
    """Give every person's role into clinic_owner's hands.

    From PostgreSQL 16 on, CREATEROLE alone is not enough to change a role that somebody else made, nor to end a
    membership that somebody else gave.
    """
    if not _grants_have_owners(connection):
        return
    for login in connection.scalars(text(_PEOPLE), {"groups": list(_OF_PEOPLE)}).all():
        name = _quoted(connection, login)
        connection.execute(text(f"GRANT {name} TO {OWNER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"))
        for group, grantor in _groups_of(connection, login):
            if grantor != OWNER:
                connection.execute(text(f"GRANT {group} TO {name} GRANTED BY {OWNER}"))
                _revoke(connection, group, name, grantor)


def _revoke(connection: Connection, group: str, name: str, grantor: str) -> None:
    of = f" GRANTED BY {_quoted(connection, grantor)}" if _grants_have_owners(connection) else ""
    connection.execute(text(f"REVOKE {group} FROM {name}{of}"))


def _grants_have_owners(connection: Connection) -> bool:
    """Whether a membership stands once for each role that gave it (PostgreSQL 16 and later)."""
    return bool(_driver(connection).server_version >= 16_00_00)


def _groups_of(connection: Connection, login: str) -> list[tuple[str, str]]:
    """The clinic's groups that a login is in, each with the role that put it there."""
    groups = connection.execute(
        text(
            "SELECT g.rolname::text, coalesce(b.rolname::text, '') FROM pg_auth_members m"
            " JOIN pg_roles g ON g.oid = m.roleid LEFT JOIN pg_roles b ON b.oid = m.grantor"
            " WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = :login) AND g.rolname = ANY(:groups)"
        ),
        {"login": login, "groups": [*GROUPS, PASSWORD_ONLY]},
    )
    return [(group, grantor) for group, grantor in groups]


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
