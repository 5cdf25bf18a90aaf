"""Loads many rows into an empty clinic at once, by COPY in one transaction: the demo, and later imports.

The triggers check, number, place and record every row as always; only the announcements are silent, and an appointment
keeps the last change that came with it (who, when, at which desk), and a message what happened to it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

from clinic_desk.database.failures import translated
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    import psycopg2.extensions
    from sqlalchemy import URL, Connection

DEMO_OPERATION: Final = UUID("0193a1f0-0000-7000-8000-00000000de30")
"""The operation under which a demo clinic is loaded; a database that knows it is a demo."""

_BEGIN: Final = """
SELECT set_config('clinic_desk.operation_id', %(operation)s, true), set_config('clinic_desk.quiet', 'on', true);
INSERT INTO operation (id, command) VALUES (%(operation)s::uuid, 'demo')
"""
_IS_DEMO: Final = "SELECT EXISTS (SELECT FROM operation WHERE id = %(operation)s::uuid)"
_STAMP: Final = "ALTER TABLE appointment {} TRIGGER appointment_10_stamp_insert"
_NAME_STAFF: Final = """
INSERT INTO staff (login, display_name) VALUES (coalesce(nullif(%(login)s, ''), session_user), %(name)s)
ON CONFLICT (login) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table; each holds a value for each of `columns` (names parted by blanks)."""

    table: str
    columns: str
    values: Sequence[Sequence[object]]


@contextmanager
def opened(owner_url: URL | str) -> Iterator[Connection]:
    """One transaction as the schema's owner; when it is over, the planner's statistics are brought up to date."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        owner_url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "clinic-desk demo"},
    )
    with translated():
        with engine.begin() as connection:
            yield connection
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


def is_demo_there(connection: Connection) -> bool:
    """Whether this database holds the demo clinic."""
    return bool(connection.exec_driver_sql(_IS_DEMO, {"operation": str(DEMO_OPERATION)}).scalar_one())


def load_rows(connection: Connection, tables: Iterable[Rows], staff: dict[str, str]) -> None:
    """Copy rows into tables that reference only earlier ones, as the operation DEMO_OPERATION.

    `staff`: names by login; the login "" is whoever loads. InvalidInput if the database has patients.
    """
    if connection.exec_driver_sql("SELECT EXISTS (SELECT FROM patient)").scalar_one():
        raise InvalidInput(field="database", expected="an empty one; this one has patients already")
    connection.exec_driver_sql(_BEGIN, {"operation": str(DEMO_OPERATION)})
    for login, name in staff.items():
        connection.exec_driver_sql(_NAME_STAFF, {"login": login, "name": name})
    connection.exec_driver_sql(_STAMP.format("DISABLE"))
    driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
    with driver.cursor() as cursor:
        for rows in tables:
            text = "".join("\t".join(map(_copied, row)) + "\n" for row in rows.values)
            cursor.copy_expert(f"COPY {rows.table} ({', '.join(rows.columns.split())}) FROM STDIN", io.StringIO(text))
    connection.exec_driver_sql(_STAMP.format("ENABLE"))


def set_messaging(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set how the clinic tells its patients: values by column."""
    changes = ", ".join(f"{name} = %({name})s" for name in settings)
    connection.exec_driver_sql(f"UPDATE messaging SET {changes}", dict(settings))  # noqa: S608  # the demo's own names


def _copied(value: object) -> str:
    """Return a value as COPY's text format has it (PostgreSQL manual, COPY, File Formats)."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return _copied("{" + ",".join(f'"{item}"' for item in sorted(value)) + "}")
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
    return text
