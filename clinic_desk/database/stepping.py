"""Many small transactions one after the other on one connection: each call of `Steps.run` is one, sent as one message.

For the queue, which settles each message by itself: without BEGIN, COMMIT and a ping for each of them a step costs one
round trip. Steps may be lost with their connection; whoever takes them must be able to do them again.
"""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from clinic_desk.database.engine import UNANSWERED_S
from clinic_desk.database.failures import translated
from clinic_desk.database.queries.prepared import Prepared
from clinic_desk.database.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg2.extensions
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database


class Steps:
    """One connection for one thread; after an error the next call takes another one."""

    def __init__(self, db: Database, watchdog: Watchdog) -> None:
        self._db = db
        self._watchdog = watchdog
        self._connection: Connection | None = None

    def run(self, *statements: Prepared | str, **values: Any) -> Sequence[tuple[Any, ...]]:
        """Run statements in one transaction; return the rows of the last. Raises DatabaseDown, Busy, NotAllowed."""
        try:
            with translated():
                return self._run(self._connected(), statements, values)
        except BaseException:
            self._give_up()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # a dead one cannot be given back, only forgotten
                connection.close()

    def _run(
        self, connection: Connection, statements: Sequence[Prepared | str], values: dict[str, Any]
    ) -> Sequence[tuple[Any, ...]]:
        """Send one message by the driver itself: SQLAlchemy's results take longer than the server does."""
        driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
        known: set[str] = connection.info.setdefault("prepared", set())
        new = [one for one in statements if isinstance(one, Prepared) and one.name not in known]
        parts = [one.definition for one in new] + [one if isinstance(one, str) else one.call for one in statements]
        with self._watchdog.guard(driver, UNANSWERED_S), closing(driver.cursor()) as cursor:
            cursor.execute(";\n".join(parts), values)
            known.update(one.name for one in new)
            return [] if cursor.description is None else cursor.fetchall()

    def _connected(self) -> Connection:
        if self._connection is None:
            # The level goes with this one connection, not with the pool: what others take from it has transactions.
            self._connection = self._db.engine().connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _give_up(self) -> None:
        """Nobody knows how far a message that failed came: what it prepared outlives its transaction."""
        with suppress(Exception):
            if self._connection is not None:
                self._connection.invalidate()
        self.close()


@contextmanager
def stepping(db: Database) -> Iterator[Steps]:
    """Give steps for the block; connects when first used."""
    watchdog = Watchdog()
    steps = Steps(db, watchdog)
    try:
        yield steps
    finally:
        steps.close()
        watchdog.close()
