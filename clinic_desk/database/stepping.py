"""Many small transactions one after the other on one connection: each call of `Steps.run` is one, sent as one message.

For the queue, which settles each message by itself: without BEGIN, COMMIT and a ping for each of them a step costs one
round trip. Steps may be lost with their connection; whoever takes them must be able to do them again.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from clinic_desk.database.engine import UNANSWERED_S
from clinic_desk.database.failures import translated
from clinic_desk.database.queries_prepared import Prepared, run
from clinic_desk.database.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.database.watchdog import HasSocket


class Steps:
    """One connection for one thread; after an error the next call takes another one."""

    def __init__(self, db: Database, watchdog: Watchdog) -> None:
        self._db = db
        self._watchdog = watchdog
        self._connection: Connection | None = None

    def run(self, *statements: Prepared | str, **values: Any) -> Sequence[Any]:
        """Run statements in one transaction; return the rows of the last. Raises DatabaseDown, Busy, NotAllowed."""
        try:
            with translated():
                connection = self._connected()
                driver = cast("HasSocket", connection.connection.dbapi_connection)
                with self._watchdog.guard(driver, UNANSWERED_S):
                    result = run(connection, statements, values)
                    return result.all() if result.returns_rows else ()
        except BaseException:
            self.close()  # whatever state it is in: the pool looks at it before it is used again
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # a dead one cannot be given back, only forgotten
                connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            # The level goes with this one connection, not with the pool: what others take from it has transactions.
            self._connection = self._db.engine().connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection


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
