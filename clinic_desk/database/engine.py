"""One desk's way to the database: read-only snapshots, and changes that are made once whatever happens to the link.

A change is one transaction whose first statement inserts its operation id. If the answer to COMMIT is lost, the same
transaction is done again under the same ids: the insert waits for a first COMMIT that is still under way, finds the
operation (the change stands; `replay` reads it) or does not (it never stood; the work is done now). PROMISES.md F1-F5.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from clinic_desk.database.failures import (
    CHANGED_UNDERFOOT,
    IN_FAILED_TRANSACTION,
    WRONG_SERVER,
    DatabaseFault,
    lost,
    sqlstate,
    translated,
)
from clinic_desk.database.watchdog import Watchdog
from clinic_desk.errors import Busy, DatabaseDown, DurabilityUnknown, NotAllowed, OutcomeUnknown, SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    import psycopg2.extensions
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import ConnectionPoolEntry

    from clinic_desk.database.watchdog import HasSocket

T = TypeVar("T")

CONNECT_TIMEOUT_S: Final = 5
LOCK_TIMEOUT_MS: Final = 5_000
STATEMENT_TIMEOUT_MS: Final = 15_000
IDLE_IN_TRANSACTION_MS: Final = 15_000
PING_S: Final = 3.0
UNANSWERED_S: Final = 25.0
"""A transaction that a live server has not ended by itself after this long is cut off by the desk."""
_REPEATS: Final = 4
_FIRST_QUESTIONS: Final = "first questions"
_CONTENDED: Final = "other desks changed the same rows again and again"
_OLD_PRIMARY: Final = "this server is an old primary: another one took over"
_UNKNOWN: Final = "the answer to COMMIT was lost and the database cannot be asked"
_SWALLOWED: Final = "an error was swallowed inside the transaction"
_NOT_REPLICATED: Final = "the wait for the second server was ended early"
_HARMLESS: Final = ("NOTICE", "INFO", "LOG", "DEBUG")

_BEGIN_OPERATION: Final = """
SELECT set_config('clinic_desk.operation_id', %(operation)s, true), set_config('clinic_desk.desk_id', %(desk)s, true);
INSERT INTO operation (id, command, desk_id) VALUES (%(operation)s::uuid, %(command)s, %(desk)s::uuid)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
# A transaction that only reads has no COMMIT record to wait for a standby with: an own transaction id gives it one, and
# so the answer "it stands" waits until the second server has what stands.
_WAIT_FOR_STANDBY: Final = "SELECT pg_current_xact_id()"
_TIMELINE: Final = """
SELECT CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
"""


@dataclass(frozen=True, slots=True)
class DeskIdentity:
    """Which desk this program is: a lasting id, and the name that others see."""

    id: UUID
    name: str


def driver_arguments(url: URL, application_name: str) -> dict[str, Any]:
    """Return what `psycopg2.connect` needs for `url`: limits and keepalives set, several hosts joined for libpq.

    Anything given in the URL's query wins. The listener's own connection uses it too.
    """
    from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

    dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
    _, given = dialect.create_connect_args(url)  # type: ignore[no-untyped-call]
    settings = {
        "timezone": "UTC",
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
        # What is prepared (queries_prepared) is planned once: its planning outweighs its work.
        "plan_cache_mode": "force_generic_plan",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments: dict[str, Any] = {
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "keepalives": 1,
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        "tcp_user_timeout": 4_000,
        "client_encoding": "utf8",
    }
    if "," in str(given.get("host", "")):
        arguments["target_session_attrs"] = "primary"
    arguments.update(given)
    arguments["options"] = f"{options} {given.get('options', '')}".strip()
    return arguments


class Database:
    """A desk's connections to one database; thread-safe, connects when first used. `dispose` when done."""

    def __init__(
        self,
        url: URL | str,
        desk: DeskIdentity,
        *,
        pool_size: int = 4,
        message_wait_s: int = 20,
        commit_patience_s: float = 10.0,
        resolve_for_s: float = 30.0,
    ) -> None:
        self.desk = desk
        self.message_wait_s = message_wait_s
        """How long a message waits, visibly, before it may leave, so that an undo recalls it."""
        self._given_url = url
        self._pool_size = pool_size
        self._commit_patience_s = commit_patience_s
        self._resolve_for_s = resolve_for_s
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._timeline = 0
        self._watchdog = Watchdog()
        self._in_doubt: frozenset[UUID] = frozenset()

    def __repr__(self) -> str:
        return f"Database({self.url!r}, {self.desk.name!r})"  # URL's repr hides the password

    @property
    def url(self) -> URL:
        """The address, always for the psycopg2 driver. Its `str` and `repr` hide the password."""
        from sqlalchemy import make_url

        return make_url(self._given_url).set(drivername="postgresql+psycopg2")

    @property
    def in_doubt(self) -> frozenset[UUID]:
        """Operations whose COMMIT went unanswered and that are being found out about now (any thread may look)."""
        return self._in_doubt

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only snapshot (REPEATABLE READ) for the block. Raises DatabaseDown, Busy, NotAllowed."""
        with (
            translated(),
            self._connected().connect() as connection,
            self._watchdog.guard(_driver(connection), UNANSWERED_S),
            _snapshot(connection),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One short transaction for what is no record of care (desks, holds): it may be lost, and be done again.

        Raises DatabaseDown (also when the answer to COMMIT was lost), Busy, NotAllowed.
        """
        with (
            translated(),
            self._connected().begin() as connection,
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
        doubt = _Doubt(self._resolve_for_s)
        try:
            for attempt in itertools.count():
                try:
                    with translated():
                        return self._once(operation_id, command, work, replay, doubt)
                except _RolledBack:
                    if attempt >= _REPEATS and not doubt.exists:
                        raise Busy(_CONTENDED) from None
                except _Unanswered:
                    doubt.begin()
                    self._note(operation_id, in_doubt=True)
                except (DatabaseDown, Busy, NotAllowed, SchemaMismatch):
                    if doubt.begun or not doubt.exists:
                        raise  # certain: this very transaction was the one that stands or falls, and it fell
                doubt.pause(attempt)
            raise AssertionError
        finally:
            self._note(operation_id, in_doubt=False)

    def dispose(self) -> None:
        """Close every connection and end the watching thread. The object may not be used again."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()
        self._watchdog.close()

    def _once(
        self,
        operation_id: UUID,
        command: str,
        work: Callable[[Connection], T],
        replay: Callable[[Connection], T],
        doubt: _Doubt,
    ) -> T:
        from sqlalchemy.exc import DBAPIError

        doubt.begun = False
        with self._connected().connect() as connection:
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
                _commit(connection, driver)
        return result

    def _begin(self, connection: Connection, operation_id: UUID, command: str) -> bool:
        """Say who changes what; False if this operation stands already. Waits for a COMMIT of it under way."""
        values = {"operation": str(operation_id), "desk": str(self.desk.id), "command": command}
        return connection.exec_driver_sql(_BEGIN_OPERATION, values).first() is not None

    def _after_failure(self, error: DBAPIError) -> None:
        state = sqlstate(error)
        if state in CHANGED_UNDERFOOT:
            raise _RolledBack from None
        if state == WRONG_SERVER:
            self._connected().dispose()  # all connections lead to the old primary

    def _note(self, operation_id: UUID, *, in_doubt: bool) -> None:
        if in_doubt or operation_id in self._in_doubt:
            with self._lock:
                self._in_doubt = self._in_doubt | {operation_id} if in_doubt else self._in_doubt - {operation_id}

    def _connected(self) -> Engine:
        engine = self._engine
        if engine is None:
            with self._lock:
                engine = self._engine = self._engine or self._make_engine()
        return engine

    def _make_engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        engine = create_engine(
            self.url,
            pool_size=self._pool_size,
            max_overflow=2,
            pool_timeout=CONNECT_TIMEOUT_S,
            pool_pre_ping=True,
            pool_use_lifo=True,
            hide_parameters=True,
            use_native_hstore=False,
        )
        arguments = driver_arguments(self.url, f"clinic-desk {self.desk.name}"[:63])
        event.listen(engine, "do_connect", lambda _dialect, record, *_: self._connect(record, arguments))
        event.listen(engine, "connect", self._look_at_timeline)
        event.listen(engine, "checkout", self._refuse_old_primary)
        ping = engine.dialect.do_ping

        def guarded_ping(driver: DBAPIConnection) -> bool:
            with self._watchdog.guard(cast("HasSocket", driver), PING_S):
                return ping(driver)

        engine.dialect.do_ping = guarded_ping  # type: ignore[assignment,method-assign]
        return engine

    def _connect(self, record: ConnectionPoolEntry, arguments: dict[str, Any]) -> psycopg2.extensions.connection:
        import psycopg2

        connection: psycopg2.extensions.connection = psycopg2.connect(**arguments)
        guard = record.info[_FIRST_QUESTIONS] = ExitStack()
        guard.enter_context(self._watchdog.guard(connection, CONNECT_TIMEOUT_S))
        return connection

    def _look_at_timeline(self, driver: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        """Refuse a server whose timeline is lower than one seen before: an old primary after a failover (F12)."""
        with record.info.pop(_FIRST_QUESTIONS), closing(driver.cursor()) as cursor:
            cursor.execute(_TIMELINE)
            timeline = cursor.fetchone()[0]  # type: ignore[index]
            driver.rollback()
        record.info["timeline"] = timeline
        if timeline is not None and timeline < self._timeline:
            driver.close()
            raise DatabaseDown(_OLD_PRIMARY)
        self._timeline = max(self._timeline, timeline or 0)

    def _refuse_old_primary(self, _driver: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        from sqlalchemy.exc import DisconnectionError

        timeline = record.info.get("timeline")
        if timeline is not None and timeline < self._timeline:
            raise DisconnectionError  # the pool connects anew


class _RolledBack(Exception):
    """The server rolled the transaction back for another's sake; it may be done again at once."""


class _Unanswered(Exception):
    """The connection was lost at COMMIT: the transaction may stand or not."""


class _Doubt:
    """Whether an earlier COMMIT went unanswered, and how long finding out may go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline: float | None = None
        self.begun = False
        """This transaction inserted the operation itself, so no earlier one can stand any more."""

    @property
    def exists(self) -> bool:
        return self._deadline is not None

    def begin(self) -> None:
        self._deadline = self._deadline or time.monotonic() + self._seconds

    def pause(self, attempt: int) -> None:
        """Wait a little before the next attempt. Raises OutcomeUnknown once the time is up."""
        if self._deadline is None:
            time.sleep(random.uniform(0.001, 0.01) * (attempt + 1))  # noqa: S311
        elif time.monotonic() > self._deadline:
            raise OutcomeUnknown(_UNKNOWN)
        else:
            time.sleep(min(1.0, 0.02 * 2 ** min(attempt, 6)))


def _commit(connection: Connection, driver: psycopg2.extensions.connection) -> None:
    from psycopg2.extensions import TRANSACTION_STATUS_INERROR
    from sqlalchemy.exc import DBAPIError

    if driver.info.transaction_status == TRANSACTION_STATUS_INERROR:
        # COMMIT of a failed transaction is answered like any other, and stores nothing (F31).
        raise DatabaseFault(IN_FAILED_TRANSACTION, _SWALLOWED)
    driver.notices.clear()
    try:
        connection.commit()
    except DBAPIError as error:
        if lost(error):
            raise _Unanswered from None
        if sqlstate(error) in CHANGED_UNDERFOOT:
            raise _RolledBack from None
        raise
    if any(not notice.startswith(_HARMLESS) for notice in driver.notices):
        raise DurabilityUnknown(_NOT_REPLICATED)


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
