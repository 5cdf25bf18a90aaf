"""Desks that are programs of their own, on one database; each test has a Monday of its own.

Starting a program is what takes time here, so the desks that nobody kills are shared by all tests, as desks are by a
working day: two with a good link to the database, and one whose link can fail. Each test finds them with nothing open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from tests.live import nursery
from tests.live.desks import Desk, Start
from tests.plugins.postgres import LOGINS, PostgresServer, _new_database
from tests.support.bookings import BERLIN, checkup
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic, insert_small_clinic

StartDesks = Callable[..., list[Desk]]
BookAt = Callable[..., Entry]
ShutGate = Callable[[], "AbstractContextManager[Gate]"]

BEFORE_LOCK_TIMEOUT_S: Final = 4.5
STARTED_WITHIN_S: Final = 100.0
"""On a machine that does other things besides."""

# --- the database -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def fresh_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a migrated database for all these tests."""
    with _new_database(postgres_server, postgres_server.template) as name:
        yield name


@pytest.fixture(scope="package")
def database_url(postgres_server: PostgresServer, fresh_database: str) -> URL:
    """It as a login of clinic_reception."""
    return postgres_server.url(fresh_database, LOGINS["clinic_reception"])


@pytest.fixture(scope="package")
def owner_engine(postgres_server: PostgresServer, fresh_database: str) -> Iterator[Engine]:
    """An engine as clinic_owner that keeps no connection."""
    engine = create_engine(postgres_server.url(fresh_database, setup.OWNER), poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(scope="package")
def clinics(owner_engine: Engine) -> Iterator[SmallClinic]:
    """The small clinic again and again, each time with the next Monday."""
    with owner_engine.begin() as connection:
        clinic = insert_small_clinic(connection)
    return (replace(clinic, monday=clinic.monday + timedelta(weeks=week)) for week in count())


@pytest.fixture
def clinic(clinics: Iterator[SmallClinic]) -> SmallClinic:
    """The small clinic with a Monday on which no other test books."""
    return next(clinics)


@pytest.fixture(scope="package")
def back_office(database_url: URL, owner_engine: Engine) -> Iterator[Database]:
    """A further desk without a window, in the test's own process."""
    identity = DeskIdentity(UUID(int=0xDE5C_0001), "Back office")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
    database = Database(database_url, identity)
    with database.reading() as connection:  # what it begins with its first use outlives the test
        connection.exec_driver_sql("SELECT 1")
    yield database
    database.dispose()


@pytest.fixture
def book_at(clinic: SmallClinic, back_office: Database) -> BookAt:
    """Book at a wall minute of the Monday with Dr. Weber, by the back office."""

    def book(minute: int, patient: int = 0, **other: object) -> Entry:
        at = minute_to_instant(clinic.monday, minute, BERLIN)
        return booking.book(back_office, checkup(clinic, at, patient_id=clinic.patients[patient], **other))

    return book


# --- desks ------------------------------------------------------------------------------------------------------------


def _closed(desks: list[Desk]) -> None:
    """Close desks: orderly and without complaint, all of them even if one is not."""
    try:
        for desk in desks:
            desk.close()
    finally:
        for desk in desks:
            desk.end()


def _until_shown(desk: Desk, clinic: SmallClinic) -> None:
    started = "the calendar, of a program that was just started perhaps"
    desk.until(lambda seen: seen.ready and seen.day and seen.connection == "live", started, within_s=STARTED_WITHIN_S)
    desk.go_to(clinic.monday)


@pytest.fixture(scope="package")
def start() -> Iterator[Start]:
    """Start a desk's program the quickest way there is."""
    if not nursery.can_copy():
        yield nursery.start
        return
    quick = nursery.Nursery()
    yield quick.start
    quick.close()


@pytest.fixture
def start_desks(clinic: SmallClinic, database_url: URL, tmp_path: Path, start: Start) -> Iterator[StartDesks]:
    """Start desks by name, all at once; return when each shows the Monday. A name may come with a URL.

    At the test's end every one that was not killed closes orderly, with nothing on its standard error.
    """
    started: list[Desk] = []

    def begin(*names: str | tuple[str, URL]) -> list[Desk]:
        pairs = [(each, database_url) if isinstance(each, str) else each for each in names]
        begun = [Desk(url, name, tmp_path, start=start) for name, url in pairs]
        started.extend(begun)
        for desk in begun:
            _until_shown(desk, clinic)
        return begun

    yield begin
    _closed(started)


@pytest.fixture(scope="package")
def shared_desks(
    database_url: URL, clinics: Iterator[SmallClinic], tmp_path_factory: pytest.TempPathFactory, start: Start
) -> Iterator[tuple[Desk, Desk]]:
    """Desk 1 and Desk 2, in the clinic: begun before it is stored, they would find none."""
    del clinics
    folder = tmp_path_factory.mktemp("desks")
    one, two = (Desk(database_url, name, folder, start=start) for name in ("Desk 1", "Desk 2"))
    yield one, two
    _closed([one, two])


@pytest.fixture
def two_desks(shared_desks: tuple[Desk, Desk], clinic: SmallClinic) -> tuple[Desk, Desk]:
    """Two desks that show the Monday and have nothing open."""
    for desk in shared_desks:
        desk.tidy()
        _until_shown(desk, clinic)
    return shared_desks


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    """A way to the database that can fail."""
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def faulty_way(database_url: URL) -> Iterator[FaultyProxy]:
    """Desk 5's way to the database, which can fail."""
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def shared_far_desk(
    faulty_way: FaultyProxy,
    database_url: URL,
    clinics: Iterator[SmallClinic],
    tmp_path_factory: pytest.TempPathFactory,
    start: Start,
) -> Iterator[Desk]:
    """Desk 5, which reaches the database by the faulty way only, in the clinic as the others."""
    del clinics
    desk = Desk(faulty_way.url(database_url), "Desk 5", tmp_path_factory.mktemp("far"), start=start)
    yield desk
    faulty_way.resume()
    _closed([desk])


@pytest.fixture
def far_desk(shared_far_desk: Desk, faulty_way: FaultyProxy, clinic: SmallClinic) -> Desk:
    """It with a good link: it shows the Monday, has nothing open and no news of the link."""
    faulty_way.resume()
    shared_far_desk.until(
        lambda seen: seen.ready and seen.connection == "live", "that it is back", within_s=STARTED_WITHIN_S
    )
    shared_far_desk.tidy()
    shared_far_desk.do("hide_banner")
    _until_shown(shared_far_desk, clinic)
    return shared_far_desk


class Gate:
    """While it is shut no appointment can be written; who tries waits in the order they came."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait_for(self, wanted: int) -> None:
        """Wait until so many changes stand before the gate."""
        deadline = monotonic() + BEFORE_LOCK_TIMEOUT_S
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while self._waiting(connection) < wanted:
                assert monotonic() < deadline, f"{wanted} changes never came to the gate"
                sleep(0.01)

    @staticmethod
    def _waiting(connection: Connection) -> int:
        rows = connection.exec_driver_sql(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE datname = current_database() AND NOT granted"
        )
        return int(rows.scalar_one())


@pytest.fixture
def shut_gate(owner_engine: Engine) -> ShutGate:
    """A context in which the gate is shut; at its end it opens."""

    @contextmanager
    def shut() -> Iterator[Gate]:
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE appointment IN SHARE ROW EXCLUSIVE MODE")
            yield Gate(owner_engine)

    return shut
