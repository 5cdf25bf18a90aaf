"""Short ways to the database for tests that look at the schema itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg2
from sqlalchemy import URL, Connection, create_engine, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from clinic_desk.database import tables
from tests.support.small_clinic import SMALL_CLINIC

DAY = datetime(2031, 3, 3, tzinfo=UTC)
"""The small clinic's Monday, 00:00 UTC (in Berlin it is 01:00)."""


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection inside a transaction of its own that is committed at the end."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What happens inside is undone, whether it raises or not."""
    nested = connection.begin_nested()
    try:
        yield
    finally:
        nested.rollback()


def refusal(connection: Connection, statement: Any, parameters: Any = None) -> psycopg2.Error | None:
    """Run a statement and undo it: the driver's error if it was refused, None if it was carried out."""
    with savepoint(connection):
        try:
            connection.execute(text(statement) if isinstance(statement, str) else statement, parameters)
        except DBAPIError as error:
            return cast("psycopg2.Error", error.orig)
    return None


def refused_by(connection: Connection, statement: Any, parameters: Any = None) -> str | None:
    """The name of the constraint that refuses a statement; None if it is carried out."""
    error = refusal(connection, statement, parameters)
    return None if error is None else error.diag.constraint_name or error.pgcode


def at(hour: float) -> datetime:
    """So many hours after 00:00 UTC of the Monday."""
    return DAY + timedelta(hours=hour)


def appointment(start: float, end: float, **others: Any) -> dict[str, Any]:
    """The columns of an appointment with Dr. Weber, from `start` to `end` o'clock UTC; unless told otherwise."""
    return {
        "id": uuid4(),
        "patient_id": SMALL_CLINIC.patients[0],
        "practitioner_id": SMALL_CLINIC.weber,
        "site_id": SMALL_CLINIC.berlin,
        "type_id": SMALL_CLINIC.checkup,
        "starts_at": at(start),
        "ends_at": at(end),
    } | others


def add(connection: Connection, start: float, end: float, **others: Any) -> UUID:
    """Insert an appointment; its id."""
    row = appointment(start, end, **others)
    connection.execute(insert(tables.appointment).values(row))
    identifier: UUID = row["id"]
    return identifier
