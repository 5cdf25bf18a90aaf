"""What the database's constraints say of an appointment, whatever the program thinks of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import IntegrityError

from clinic_desk.database import tables


def accepted(connection: Connection, row: dict[str, Any], *, keep: bool = False) -> bool:
    """Whether the database takes an appointment; it is taken out again unless it is to be kept."""
    point = connection.begin_nested()
    try:
        connection.execute(insert(tables.appointment), row)
    except IntegrityError as error:
        point.rollback()
        if getattr(error.orig, "pgcode", "") != "23P01":  # anything but the exclusion of two in one place
            raise
        return False
    if keep:
        point.commit()
    else:
        point.rollback()
    return True


@contextmanager
def trying(engine: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()
