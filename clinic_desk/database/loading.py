"""Loads many rows into an empty clinic at once, by COPY in one transaction: the demo, and later imports.

The triggers check, number and place every row as always. Announcements are silent, and what came with its own past
keeps it: an appointment who changed it when at which desk, a message what happened to it. So that a look back finds
that past, the history of what stands on the calendar is written here, in the order of time, and not by the triggers,
which would have it that all was done just now. Only the schema's owner can do that, and only in an empty clinic.
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
_OWN_PAST: Final = (
    ("appointment", "appointment_10_stamp_insert"),
    ("appointment", "appointment_15_flow_insert"),
    ("appointment", "appointment_80_history"),
    ("patient", "patient_80_history_added"),
    ("time_off", "time_off_80_history"),
    ("block", "block_80_history"),
    ("block_type", "block_type_80_history"),
)
"""Triggers that are not asked while rows with a past of their own are loaded."""
_CANCELLED: Final = """
ALTER TABLE appointment DISABLE TRIGGER USER;
UPDATE appointment SET cancelled_at = changed_at WHERE cancelled_at IS NOT NULL;
ALTER TABLE appointment ENABLE TRIGGER USER
"""
STEP: Final = "row_id version at db_user desk_id status"
_STEPS: Final = """
CREATE TEMPORARY TABLE step (
    row_id uuid, version integer, at timestamptz, db_user text, desk_id uuid, status text) ON COMMIT DROP
"""
# What record_history() leaves out.
_DERIVED: Final = """ARRAY['practitioner_no', 'room_no', 'device_no', 'footprint', 'occupies', 'practitioner_busy',
    'room_busy', 'device_busy', 'search_key']"""
_RECORD: Final = f"""
WITH stands AS MATERIALIZED (SELECT id, version, to_jsonb(a) - {_DERIVED} AS image FROM appointment a),
steps AS (
    SELECT s.*, CASE WHEN s.version = a.version THEN a.image ELSE a.image || jsonb_build_object(
        'status', s.status, 'version', s.version, 'cancellation_reason', NULL, 'cancelled_at', NULL,
        'changed_at', s.at, 'changed_by', s.db_user, 'changed_desk_id', s.desk_id,
        'arrived_at', CASE WHEN s.status IN ('arrived', 'checked-in') THEN a.image -> 'arrived_at' END,
        'in_room_at', CASE WHEN s.status = 'checked-in' THEN a.image -> 'in_room_at' END,
        'finished_at', NULL) END AS image
    FROM step s JOIN stands a ON a.id = s.row_id)
INSERT INTO history (operation_id, table_name, row_id, action, version, before, after, at, db_user, desk_id)
SELECT %(operation)s::uuid, 'appointment', row_id, CASE version WHEN 1 THEN 'insert' ELSE 'update' END, version,
       lag(image) OVER (PARTITION BY row_id ORDER BY version), image, at, db_user, desk_id
FROM steps ORDER BY at, row_id, version
"""  # noqa: S608  # constants of this module only
_RECORD_SET_UP: Final = f"""
INSERT INTO history (operation_id, table_name, row_id, action, version, after, at)
SELECT %(operation)s::uuid, '{{table}}', id, 'insert', version, to_jsonb(t) - {_DERIVED}, %(since)s FROM {{table}} t
"""  # noqa: S608  # constants of this module only
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


@dataclass(frozen=True, slots=True)
class Story:
    """What happened before. `steps`: the columns of `STEP` of each change of an appointment, the status it gave.

    Patients and absences were there `since` then.
    """

    since: datetime
    steps: Sequence[Sequence[object]]


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


def load_rows(connection: Connection, tables: Iterable[Rows], staff: dict[str, str], story: Story) -> None:
    """Copy rows into tables that reference only earlier ones, as the operation DEMO_OPERATION, and their history.

    `staff`: names by login; the login "" is whoever loads. InvalidInput if the database has patients.
    """
    if connection.exec_driver_sql("SELECT EXISTS (SELECT FROM patient)").scalar_one():
        raise InvalidInput(field="database", expected="an empty one; this one has patients already")
    connection.exec_driver_sql(_BEGIN, {"operation": str(DEMO_OPERATION)})
    for login, name in staff.items():
        connection.exec_driver_sql(_NAME_STAFF, {"login": login, "name": name})
    for table, trigger in _OWN_PAST:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
    for rows in tables:
        _copy(driver, rows)
    for table, trigger in _OWN_PAST:
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    connection.exec_driver_sql(_CANCELLED)
    for table in ("patient", "time_off", "block", "block_type"):
        values = {"operation": str(DEMO_OPERATION), "since": story.since}
        connection.exec_driver_sql(_RECORD_SET_UP.format(table=table), values)
    connection.exec_driver_sql(_STEPS)
    _copy(driver, Rows("step", STEP, story.steps))
    connection.exec_driver_sql(_RECORD, {"operation": str(DEMO_OPERATION)})


def _copy(driver: psycopg2.extensions.connection, rows: Rows) -> None:
    text = "".join("\t".join(map(_copied, row)) + "\n" for row in rows.values)
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY {rows.table} ({', '.join(rows.columns.split())}) FROM STDIN", io.StringIO(text))


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
