"""People of a test: logins that no other test has (roles belong to the whole server), dropped at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection

from tests.plugins.postgres import PostgresServer


@contextmanager
def unique_logins(server: PostgresServer) -> Iterator[str]:
    """The end that every login of the test has; roles that have it are dropped behind it."""
    end = f"_{uuid4().hex[:10]}"
    try:
        yield end
    finally:
        with server.admin.cursor() as cursor:
            cursor.execute("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname LIKE %s", (f"%\\{end}%",))
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP ROLE {name}")


def verifier(connection: Connection, login: str, password: str) -> str:
    """A password as a desk sends it."""
    driver: Any = connection.connection.dbapi_connection
    return encrypt_password(password, login, scope=driver, algorithm="scram-sha-256")
