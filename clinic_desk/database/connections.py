"""A desk's pool of connections: limits and keepalives set, dead ones noticed, an old primary refused, movable."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from clinic_desk.database.revision import EXPECTED_REVISION
from clinic_desk.database.timelines import QUESTION, Timelines, timelines_of
from clinic_desk.errors import DatabaseDown

if TYPE_CHECKING:
    import psycopg2.extensions
    from sqlalchemy import URL, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from clinic_desk.database.watchdog import HasSocket, Watchdog

CONNECT_TIMEOUT_S: Final = 5
LOCK_TIMEOUT_MS: Final = 5_000
STATEMENT_TIMEOUT_MS: Final = 15_000
IDLE_IN_TRANSACTION_MS: Final = 15_000
PING_S: Final = 3.0
_FIRST_QUESTIONS: Final = "first questions"
OLD_PRIMARY: Final = "this server is an old primary: another one took over"
_NOBODY: Final = "nobody is signed in here"


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
        # The server's side of the link: what a desk held that lost its power is free within seconds, not hours.
        "tcp_keepalives_idle": 2,
        "tcp_keepalives_interval": 1,
        "tcp_keepalives_count": 2,
        "tcp_user_timeout": 10_000,  # where news wait for an answer that never comes there are no keepalives
        # What is prepared (queries.prepared) is planned once: its planning outweighs its work.
        "plan_cache_mode": "force_generic_plan",
        "clinic_desk.schema": EXPECTED_REVISION,  # a write of a program of another revision is refused
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


class Connections:
    """Thread-safe; connects when first used. `dispose` when done."""

    def __init__(self, url: URL | str, name: str, pool_size: int, watchdog: Watchdog) -> None:
        self._url = url
        self._name = name
        self._pool_size = pool_size
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._is_resting = False

    @property
    def url(self) -> URL:
        """The address, always for the psycopg2 driver. Its `str` and `repr` hide the password."""
        from sqlalchemy import make_url

        return make_url(self._url).set(drivername="postgresql+psycopg2")

    def engine(self) -> Engine:
        """Return the pool, made when first asked for."""
        engine = self._engine
        if engine is None:
            with self._lock:
                if self._is_resting:
                    raise DatabaseDown(_NOBODY)
                engine = self._engine = self._engine or self._make_engine()
        return engine

    def move_to(self, url: URL | str) -> None:
        """Connect to this address from now on; what is under way at the old one ends there."""
        from sqlalchemy import make_url

        if not self._is_resting and make_url(url).set(drivername="postgresql+psycopg2") != self.url:
            self._let_go(url)

    def wake(self, url: URL | str) -> None:
        """Connect to this address from now on."""
        self._let_go(url)

    def rest(self) -> None:
        """Close every connection that is not in use, forget the password, and connect no more until `wake`."""
        address = self.url
        self._let_go(address._replace(password=None), rests=True)

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self._let_go(self._url)

    def _let_go(self, url: URL | str, *, rests: bool = False) -> None:
        with self._lock:
            self._url = url
            self._is_resting = rests
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

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
        arguments = driver_arguments(self.url, self._name)
        timelines = timelines_of(self.url)
        event.listen(engine, "do_connect", lambda _dialect, record, *_: self._connect(record, arguments))
        event.listen(engine, "connect", partial(_look_at_timeline, timelines))
        event.listen(engine, "checkout", partial(_refuse_old_primary, timelines))
        ping = engine.dialect.do_ping

        def guarded_ping(driver: DBAPIConnection) -> bool:
            with self._watchdog.guard(cast("HasSocket", driver), PING_S):
                return ping(driver)

        engine.dialect.do_ping = guarded_ping  # type: ignore[assignment,method-assign]
        return engine

    def _connect(self, record: ConnectionPoolEntry, arguments: dict[str, Any]) -> psycopg2.extensions.connection:
        import psycopg2

        present = timelines_of(self.url).sorted_hosts(arguments)
        connection: psycopg2.extensions.connection = psycopg2.connect(**present)
        guard = record.info[_FIRST_QUESTIONS] = ExitStack()
        guard.enter_context(self._watchdog.guard(connection, CONNECT_TIMEOUT_S))
        return connection


def _look_at_timeline(timelines: Timelines, driver: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Refuse a server whose timeline is lower than one seen before: an old primary after a failover (F12)."""
    with record.info.pop(_FIRST_QUESTIONS), closing(driver.cursor()) as cursor:
        cursor.execute(QUESTION)
        timeline = cursor.fetchone()[0]  # type: ignore[index]
        driver.rollback()
    record.info["timeline"] = timeline
    if timelines.is_old(timeline):
        driver.close()
        raise DatabaseDown(OLD_PRIMARY)


def _refuse_old_primary(timelines: Timelines, _driver: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    from sqlalchemy.exc import DisconnectionError

    if timelines.is_old(record.info.get("timeline")):
        raise DisconnectionError  # the pool connects anew
