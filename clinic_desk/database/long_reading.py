"""One read-only snapshot that may take minutes: rows come in portions, so that never all of them are in memory."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from clinic_desk.database.failures import translated
from clinic_desk.database.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg2.extensions

    from clinic_desk.database.engine import Database

_PATIENCE_S: Final = 300.0
_BEGIN: Final = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = '300s';
SET LOCAL idle_in_transaction_session_timeout = '300s'
"""


class LongReading:
    """The snapshot, for one thread."""

    def __init__(self, driver: psycopg2.extensions.connection, watchdog: Watchdog) -> None:
        self._driver = driver
        self._watchdog = watchdog
        self._cursors = 0

    def rows(self, statement: str, values: dict[str, Any] | None = None, many: int = 2000) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, read so many at a time. Several may be read side by side. Raises DatabaseDown, Busy."""
        self._cursors += 1
        with translated(), closing(self._driver.cursor(name=f"clinic_desk_{self._cursors}")) as cursor:
            with self._watchdog.guard(self._driver, _PATIENCE_S):
                cursor.execute(statement, values)
            while True:
                with self._watchdog.guard(self._driver, _PATIENCE_S):
                    found = cursor.fetchmany(many)
                if not found:
                    return
                yield from found


@contextmanager
def long_reading(db: Database) -> Iterator[LongReading]:
    """Read for as long as it takes, all of it as it stood at one moment. Raises DatabaseDown, Busy, NotAllowed."""
    watchdog = Watchdog()
    try:
        with translated(), db.engine().connect() as connection, connection.begin():
            connection.exec_driver_sql(_BEGIN)
            driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
            yield LongReading(driver, watchdog)
    finally:
        watchdog.close()
