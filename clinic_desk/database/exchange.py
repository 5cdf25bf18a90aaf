"""One long transaction that imports or exports many rows: quiet for other desks until its end.

Whether the signed-in role may do it is PostgreSQL's decision. An import, which is a manager's, begins with a lock on
the practitioners that only who may write them is given (and that is in nobody's way); an export needs the right by
name. Row triggers check, number and record as always.
"""

from __future__ import annotations

import io
import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from clinic_desk.database.doubt import RolledBack, Unanswered, commit
from clinic_desk.database.failures import translated
from clinic_desk.database.listener import CHANNEL
from clinic_desk.database.watchdog import Watchdog
from clinic_desk.domain.changes import IMPORTED
from clinic_desk.domain.rights import Right
from clinic_desk.errors import Busy, DatabaseDown, NotAllowed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    import psycopg2.extensions
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database

_PATIENCE_S: Final = 90.0
_SETTINGS: Final = """
SELECT set_config('statement_timeout', '60s', true), set_config('idle_in_transaction_session_timeout', '120s', true)
"""
_MANAGERS_ONLY: Final = "LOCK TABLE practitioner IN ROW EXCLUSIVE MODE"
_RIGHT: Final = "imports are a manager's"
_MAY_EXPORT: Final = "SELECT has_right('export'), EXISTS (SELECT FROM operation WHERE id = %(operation)s::uuid)"
_NOTE_EXPORT: Final = """
SELECT note_export(%(operation)s::uuid, %(command)s, %(desk)s::uuid, %(detail)s::jsonb)
"""
_ONE_AT_A_TIME: Final = "SELECT pg_try_advisory_xact_lock(20262, 4)"
_UNDER_WAY: Final = "another import is under way"
_BEGIN: Final = """
SELECT set_config('clinic_desk.operation_id', %(operation)s, true), set_config('clinic_desk.desk_id', %(desk)s, true),
       set_config('clinic_desk.quiet', 'on', true);
INSERT INTO operation (id, command, desk_id) VALUES (%(operation)s::uuid, %(command)s, %(desk)s::uuid)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_ANNOUNCE: Final = "SELECT pg_notify(%(channel)s, %(payload)s)"


class NotStored(Refused):
    """Nothing was found under the operation: it never stood. Only ever seen inside this module."""


class LongChange:
    """The transaction. `stands`: this very operation was carried out before, so nothing is to be done."""

    def __init__(self, connection: Connection, watchdog: Watchdog) -> None:
        self._connection = connection
        self._watchdog = watchdog
        self._driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
        connection.begin()  # what goes by the driver itself begins none, and COMMIT would be left out
        self.stands = False

    def run(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement; return its rows. Raises as `database.failures` translates."""
        with translated(), self._watchdog.guard(self._driver, _PATIENCE_S), closing(self._driver.cursor()) as cursor:
            cursor.execute(statement, values)
            return [] if cursor.description is None else cursor.fetchall()

    def copy(self, table: str, columns: Sequence[str], lines: str) -> None:
        """Copy rows, written in COPY's text format, into a table. The names are constants of the program.

        All of it in one piece: for each piece the driver waits until the thread that reads the file pauses.
        """
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with translated(), self._watchdog.guard(self._driver, _PATIENCE_S), closing(self._driver.cursor()) as cursor:
            cursor.copy_expert(statement, io.StringIO(lines), max(len(lines), 1))

    def read(self, statement: str, values: dict[str, Any] | None, many: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of one snapshot, so many at a time: never all of them are in memory."""
        with translated(), closing(self._driver.cursor(name="clinic_desk_export")) as cursor:
            with self._watchdog.guard(self._driver, _PATIENCE_S):
                cursor.execute(statement, values)
            while True:
                with self._watchdog.guard(self._driver, _PATIENCE_S):
                    found = cursor.fetchmany(many)
                if not found:
                    return
                yield found

    def announce(self, operation_id: UUID) -> None:
        """Tell all desks, once, when this is committed."""
        payload = {"t": IMPORTED, "i": str(operation_id), "v": 0, "d": [], "o": str(operation_id)}
        self.run(_ANNOUNCE, {"channel": CHANNEL, "payload": json.dumps(payload, separators=(",", ":"))})

    def note_export(self, db: Database, operation_id: UUID, command: str, detail: dict[str, Any]) -> None:
        """Write what was read and how much of it, for who looks after the clinic's data."""
        values = {"operation": str(operation_id), "command": command, "desk": str(db.desk.id)}
        self.run(_NOTE_EXPORT, values | {"detail": json.dumps(detail)})

    def keep(self) -> None:
        """COMMIT. Raises RolledBack, Unanswered; see `long_change`."""
        with translated(), self._watchdog.guard(self._driver, _PATIENCE_S):
            commit(self._connection, self._driver)


@contextmanager
def long_change(db: Database, operation_id: UUID, command: str, *, export: bool = False) -> Iterator[LongChange]:
    """One long transaction as the operation `command`; kept when the block says `keep()` at its end, else rolled back.

    `export`: it only reads, and says itself what it read (`note_export`). Raises NotAllowed (not a manager, without the
    right to export), Busy (another import is under way), DatabaseDown (nothing stands), OutcomeUnknown.
    """
    watchdog = Watchdog()
    try:
        with translated(), db.engine().connect() as connection:
            change = LongChange(connection, watchdog)
            if export:
                _begin_export(change, operation_id)
            else:
                _begin(db, change, operation_id, command)
            yield change
    except RolledBack:
        raise Busy(_UNDER_WAY) from None
    except Unanswered:
        _find_out(db, operation_id, command)
    finally:
        watchdog.close()


def _begin_export(change: LongChange, operation_id: UUID) -> None:
    change.run(_SETTINGS)
    may, change.stands = change.run(_MAY_EXPORT, {"operation": str(operation_id)})[0]
    if not may:
        raise NotAllowed(Right.EXPORT.value)


def _begin(db: Database, change: LongChange, operation_id: UUID, command: str) -> None:
    change.run(_SETTINGS)
    _as_manager(change)
    values = {"operation": str(operation_id), "desk": str(db.desk.id), "command": command}
    change.stands = not change.run(_BEGIN, values)
    if not change.stands and not change.run(_ONE_AT_A_TIME)[0][0]:
        raise Busy(_UNDER_WAY)


def _as_manager(change: LongChange) -> None:
    try:
        change.run(_MANAGERS_ONLY)
    except NotAllowed:
        raise NotAllowed(_RIGHT) from None


def check_manager(connection: Connection) -> None:
    """Ask the database whether an import would be allowed, in a transaction that reads. Raises NotAllowed."""
    try:
        with translated():
            connection.exec_driver_sql(_MANAGERS_ONLY)
    except NotAllowed:
        raise NotAllowed(_RIGHT) from None


def _find_out(db: Database, operation_id: UUID, command: str) -> None:
    """The answer to COMMIT was lost: what stands under the operation decides. Raises DatabaseDown, OutcomeUnknown."""

    def never_stood(_: Connection) -> None:
        raise NotStored

    try:
        db.changing(operation_id, command, never_stood, lambda _: None)
    except NotStored:
        message = "the connection was lost before everything was stored: nothing was"
        raise DatabaseDown(message) from None
