"""A desk that counts as alive, as its listener makes it, without a listener."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg2
import pytest

from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.engine import Database
from clinic_desk.database.queries.calendar import DESK_LOCK
from clinic_desk.services import desks

_HELD = (  # in this database only: other tests' desks of the same number live on the same server
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %(key)s AND objid = %(no)s::oid"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_PATIENCE_S = 20.0


@contextmanager
def alive(database: Database) -> Iterator[None]:
    """What the desk's listener does while it lives: a connection that holds the session lock."""
    number = desks.register_desk(database)
    connection = psycopg2.connect(**driver_arguments(database.url, "test listener"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", (DESK_LOCK, number))
    try:
        yield
    finally:
        connection.close()
        _wait_until_dead(database, number)


def _wait_until_dead(database: Database, number: int) -> None:
    """The server notices the end of a connection a moment after it was closed."""
    deadline = monotonic() + _PATIENCE_S
    while True:
        with database.reading() as connection:
            if connection.exec_driver_sql(_HELD, {"key": DESK_LOCK, "no": number}).scalar_one() == 0:
                return
        if monotonic() > deadline:
            pytest.fail("the lock of a closed connection is still held")
