"""The people of the clinic and their rights by name; what changes a role is a function of the database (0005)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import Group, Person
from clinic_desk.domain.rights import Right

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg2.extensions
    from sqlalchemy import Connection

_PEOPLE: Final = """
SELECT s.id, s.login, s.display_name, s.group_name, s.version, s.disabled OR NOT r.rolcanlogin, s.code_until,
       (SELECT max(d.last_seen_at) FROM desk d WHERE d.db_user = s.login),
       (SELECT json_object_agg(x.name, x.granted) FROM staff_right x WHERE x.login = s.login)
FROM staff s JOIN pg_roles r ON r.rolname = s.login
WHERE s.group_name IN ('reception', 'manager', 'readonly') AND (%(login)s::text IS NULL OR s.login = %(login)s)
ORDER BY s.disabled, lower(s.display_name), s.login
"""
_LOGIN_TAKEN: Final = """
SELECT EXISTS (SELECT FROM pg_roles WHERE lower(rolname) = lower(%(login)s))
    OR EXISTS (SELECT FROM staff WHERE lower(login) = lower(%(login)s))
"""
_GIVE_RIGHT: Final = """
INSERT INTO staff_right (id, login, name, granted) VALUES (%(id)s::uuid, %(login)s, %(right)s, %(granted)s)
ON CONFLICT (login, name) DO UPDATE SET granted = excluded.granted WHERE staff_right.granted <> excluded.granted
"""
_RIGHT_AS_GROUP: Final = "DELETE FROM staff_right WHERE login = %(login)s AND name = %(right)s"
_BY_CODE: Final = """
SELECT session_user::text, EXISTS (
    SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE g.rolname = 'clinic_password' AND m.member = (SELECT oid FROM pg_roles WHERE rolname = session_user))
"""


def people(connection: Connection, login: str | None = None) -> tuple[Person, ...]:
    """Return who can sign in or could: those who are shut out last, each by name; `login`: this one alone."""
    return tuple(_person(row) for row in connection.exec_driver_sql(_PEOPLE, {"login": login}))


def is_login_taken(connection: Connection, login: str) -> bool:
    """Whether the server has a role of this name, or the clinic had such a person, whatever the letters' case."""
    return bool(connection.exec_driver_sql(_LOGIN_TAKEN, {"login": login}).scalar_one())


def create_person(connection: Connection, login: str, display_name: str, group: Group, code: str) -> datetime:
    """Make the role, which signs in with `code` once; return until when."""
    verifier = scram_verifier(connection, login, code)
    values = (login, display_name, group.value, verifier)
    until: datetime = connection.exec_driver_sql("SELECT create_person(%s, %s, %s, %s)", values).scalar_one()
    return until


def reset_password(connection: Connection, login: str, code: str) -> datetime:
    """Put a code in the place of the password; return until when it signs in."""
    values = (login, scram_verifier(connection, login, code))
    until: datetime = connection.exec_driver_sql("SELECT reset_password(%s, %s)", values).scalar_one()
    return until


def rename_person(connection: Connection, login: str, display_name: str) -> int:
    """Write the name others see; return the version of the row before."""
    return _version(connection, "SELECT rename_person(%s, %s)", (login, display_name))


def set_group(connection: Connection, login: str, group: Group) -> int:
    """Put a person into another group; return the version of the row before."""
    return _version(connection, "SELECT set_person_group(%s, %s)", (login, group.value))


def set_disabled(connection: Connection, login: str, *, disabled: bool) -> int:
    """Shut a person out or let her in; return the version of the row before."""
    return _version(connection, "SELECT set_disabled(%s, %s)", (login, disabled))


def end_sessions(connection: Connection, login: str) -> int:
    """End what somebody has open who was shut out; return how many sessions could not be ended."""
    return _version(connection, "SELECT end_sessions(%s)", (login,))


def set_right(connection: Connection, login: str, right: Right, granted: bool | None) -> None:
    """Give or refuse a right by name, or (None) leave it to the group."""
    values = {"id": str(new_id()), "login": login, "right": right.value, "granted": granted}
    connection.exec_driver_sql(_RIGHT_AS_GROUP if granted is None else _GIVE_RIGHT, values)


def set_own_password(connection: Connection, login: str, password: str) -> None:
    """Set the password of who is signed in; a one-time code is used up by it."""
    connection.exec_driver_sql("SELECT set_own_password(%s)", (scram_verifier(connection, login, password),))


def by_code(connection: Connection) -> tuple[str, bool]:
    """Return the login, and whether it was let in with a one-time code: then it may set a password and nothing else."""
    login, with_code = connection.exec_driver_sql(_BY_CODE).one()
    return login, with_code


def _version(connection: Connection, statement: str, values: tuple[Any, ...]) -> int:
    return int(connection.exec_driver_sql(statement, values).scalar_one())


def scram_verifier(connection: Connection, login: str, password: str) -> str:
    """The password as the server keeps it: it never sees, and never logs, the password itself."""
    from psycopg2.extensions import encrypt_password

    driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
    return encrypt_password(password, login, scope=driver, algorithm="scram-sha-256")


def _person(row: Any) -> Person:
    rights = {Right(name): granted for name, granted in (row[8] or {}).items()}
    return Person(UUID(str(row[0])), row[1], row[2], Group(row[3]), row[4], row[5], row[6], row[7], rights)
