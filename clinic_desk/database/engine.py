"""One desk's way to the database: read-only snapshots, and changes that are made once whatever happens to the link.

A change is one transaction whose first statement inserts its operation id. If the answer to COMMIT is lost, the same
transaction is done again under the same ids: the insert waits for a first COMMIT that is still under way, finds the
operation (the change stands; `replay` reads it) or does not (it never stood; the work is done now). PROMISES.md F1-F5.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

from clinic_desk.database.connections import Connections
from clinic_desk.database.doubt import Doubt, RolledBack, Unanswered, commit
from clinic_desk.database.failures import CHANGED_UNDERFOOT, WRONG_SERVER, sqlstate, translated
from clinic_desk.database.watchdog import Watchdog
from clinic_desk.errors import Busy, DatabaseDown, NotAllowed, SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    import psycopg2.extensions
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

UNANSWERED_S: Final = 25.0
"""A transaction that a live server has not ended by itself after this long is cut off by the desk."""
_REPEATS: Final = 4
_CONTENDED: Final = "other desks changed the same rows again and again"

_BEGIN_OPERATION: Final = """
SELECT set_config('clinic_desk.operation_id', %(operation)s, true), set_config('clinic_desk.desk_id', %(desk)s, true);
INSERT INTO operation (id, command, desk_id) VALUES (%(operation)s::uuid, %(command)s, %(desk)s::uuid)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
# A transaction that only reads has no COMMIT record to wait for a standby with: an own transaction id gives it one, and
# so the answer "it stands" waits until the second server has what stands.
_WAIT_FOR_STANDBY: Final = "SELECT pg_current_xact_id()"


@dataclass(frozen=True, slots=True)
class DeskIdentity:
    """Which desk this program is: a lasting id, and the name that others see."""

    id: UUID
    name: str


class Database:
    """A desk's connections to one database; thread-safe, connects when first used. `dispose` when done."""

    def __init__(
        self,
        url: URL | str,
        desk: DeskIdentity,
        *,
        pool_size: int = 4,
        message_wait_s: int | None = None,
        commit_patience_s: float = 10.0,
        resolve_for_s: float = 30.0,
    ) -> None:
        self.desk = desk
        self.message_wait_s = message_wait_s
        """How long a message waits, visibly, before it may leave; None: as the clinic has set it."""
        self._commit_patience_s = commit_patience_s
        self._resolve_for_s = resolve_for_s
        self._watchdog = Watchdog()
        self._connections = Connections(url, f"clinic-desk {desk.name}"[:63], pool_size, self._watchdog)
        self._lock = threading.Lock()
        self._in_doubt: frozenset[UUID] = frozenset()
        self.other_version: SchemaMismatch | None = None
        """The schema is of another version than this program: nothing is written (any thread may look, or say so)."""

    def __repr__(self) -> str:
        return f"Database({self.url!r}, {self.desk.name!r})"  # URL's repr hides the password

    @property
    def url(self) -> URL:
        """The address, always for the psycopg2 driver. Its `str` and `repr` hide the password."""
        return self._connections.url

    @property
    def in_doubt(self) -> frozenset[UUID]:
        """Operations whose COMMIT went unanswered and that are being found out about now (any thread may look)."""
        return self._in_doubt

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only snapshot (REPEATABLE READ) for the block. Raises DatabaseDown, Busy, NotAllowed."""
        with (
            translated(),
            self.engine().connect() as connection,
            self._watchdog.guard(_driver(connection), UNANSWERED_S),
            _snapshot(connection),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One short transaction for what is no record of care (desks, holds): it may be lost, and be done again.

        Raises DatabaseDown (also when the answer to COMMIT was lost), Busy, NotAllowed, SchemaMismatch.
        """
        self._refuse_other_version()
        with (
            translated(),
            self.engine().begin() as connection,
            self._watchdog.guard(_driver(connection), UNANSWERED_S),
        ):
            yield connection

    def changing(
        self,
        operation_id: UUID,
        command: str,
        work: Callable[[Connection], T],
        replay: Callable[[Connection], T],
    ) -> T:
        """Do `work` in one transaction, exactly once for `operation_id`; return what it returns.

        `replay` is called instead if the operation stands already (an answer to COMMIT was lost): it reads the result.
        `work` may run several times, each in a fresh transaction. Errors of `work` come out, nothing is kept then.
        Raises DatabaseDown and Busy (nothing written), OutcomeUnknown (COMMIT unanswered, not found out in time).
        """
        self._refuse_other_version()
        doubt = Doubt(self._resolve_for_s)
        try:
            for attempt in itertools.count():
                try:
                    with translated():
                        return self._once(operation_id, command, work, replay, doubt)
                except RolledBack:
                    if attempt >= _REPEATS and not doubt.exists:
                        raise Busy(_CONTENDED) from None
                except Unanswered:
                    doubt.begin()
                    self._note(operation_id, in_doubt=True)
                except (DatabaseDown, Busy, NotAllowed, SchemaMismatch) as error:
                    if isinstance(error, SchemaMismatch) and error.is_newer:
                        self.other_version = error
                    if doubt.begun or not doubt.exists:
                        raise  # certain: this very transaction was the one that stands or falls, and it fell
                doubt.pause(attempt)
            raise AssertionError
        finally:
            self._note(operation_id, in_doubt=False)

    def _refuse_other_version(self) -> None:
        if self.other_version is not None:
            raise SchemaMismatch(self.other_version.found, self.other_version.expected)

    def move_to(self, url: URL | str) -> None:
        """Connect to this address from now on: the same database came back elsewhere. Any thread."""
        self._connections.move_to(url)

    def rest(self) -> None:
        """Forget the password and answer DatabaseDown until `wake`: who is signed in left the desk to another."""
        self._connections.rest()

    def wake(self, url: URL | str) -> None:
        """Go on, at this address. Any thread."""
        self._connections.wake(url)

    def engine(self) -> Engine:
        """Return the pool itself, made at the first call; for `database.stepping`."""
        return self._connections.engine()

    def dispose(self) -> None:
        """Close every connection and end the watching thread. The object may not be used again."""
        self._connections.dispose()
        self._watchdog.close()

    def _once(
        self,
        operation_id: UUID,
        command: str,
        work: Callable[[Connection], T],
        replay: Callable[[Connection], T],
        doubt: Doubt,
    ) -> T:
        from sqlalchemy.exc import DBAPIError

        doubt.begun = False
        with self.engine().connect() as connection:
            driver = _driver(connection)
            with self._watchdog.guard(driver, UNANSWERED_S):
                try:
                    if self._begin(connection, operation_id, command):
                        doubt.begun = True
                        result = work(connection)
                    else:
                        result = replay(connection)
                        connection.exec_driver_sql(_WAIT_FOR_STANDBY)
                except DBAPIError as error:
                    self._after_failure(error)
                    raise
            with self._watchdog.guard(driver, self._commit_patience_s):
                commit(connection, driver)
        return result

    def _begin(self, connection: Connection, operation_id: UUID, command: str) -> bool:
        """Say who changes what; False if this operation stands already. Waits for a COMMIT of it under way."""
        values = {"operation": str(operation_id), "desk": str(self.desk.id), "command": command}
        return connection.exec_driver_sql(_BEGIN_OPERATION, values).first() is not None

    def _after_failure(self, error: DBAPIError) -> None:
        state = sqlstate(error)
        if state in CHANGED_UNDERFOOT:
            raise RolledBack from None
        if state == WRONG_SERVER:
            self.engine().dispose()  # all connections lead to the old primary

    def _note(self, operation_id: UUID, *, in_doubt: bool) -> None:
        if in_doubt or operation_id in self._in_doubt:
            with self._lock:
                self._in_doubt = self._in_doubt | {operation_id} if in_doubt else self._in_doubt - {operation_id}


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """Begin one read-only REPEATABLE READ transaction, and leave the connection as it was.

    By the driver's attributes: they cost no round trip and go into BEGIN, where SQLAlchemy's options for an engine make
    the driver send two SETs with every ping.
    """
    from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

    driver = _driver(connection)
    driver.isolation_level = ISOLATION_LEVEL_REPEATABLE_READ
    driver.readonly = True
    try:
        yield
    finally:
        if not driver.closed:
            connection.rollback()
            driver.isolation_level = None
            driver.readonly = None


def _driver(connection: Connection) -> psycopg2.extensions.connection:
    return cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
