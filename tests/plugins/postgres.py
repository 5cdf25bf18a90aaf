"""A real PostgreSQL for the tests: one server for the run, a fresh migrated database for each test that asks for one.

The server is the embedded one, in a folder that all pytest-xdist workers of the run share; or the one whose superuser
URL stands in CLINIC_DESK_TEST_DATABASE_URL. Databases are copies of a template that is migrated once per run, or of one
that has the small clinic in it already.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg2
import psycopg2.extensions
import pytest
from filelock import FileLock
from sqlalchemy import URL, Engine, Pool, create_engine, event, make_url
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic, insert_small_clinic

GIVEN_SERVER: Final = "CLINIC_DESK_TEST_DATABASE_URL"
SHARED_FOLDER: Final = "CLINIC_DESK_TEST_SHARED_FOLDER"
PASSWORD: Final = "not-a-secret"
IN_MEMORY: Final = Path("/dev/shm")
ROOM_FOR_A_RUN: Final = 3 * 2**30
"""Bytes: the journal may grow to a third of it, and some dozens of databases are there at once."""
LOGINS: Final[dict[setup.Group, str]] = {
    "clinic_reception": "test_reception",
    "clinic_manager": "test_manager",
    "clinic_readonly": "test_readonly",
    "clinic_worker": "test_worker",
}

# --- the server -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. `template` is the name of a migrated, empty database that nobody is connected to."""

    superuser_url: URL
    template: str
    clinic_template: str
    """The same with the small clinic."""
    admin: psycopg2.extensions.connection
    """An autocommit connection as the superuser to the maintenance database."""

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside any transaction."""
        with self.admin.cursor() as cursor:
            cursor.execute(statement)

    def url(self, database: str, user: str) -> URL:
        """A URL of one of the roles that the template's preparation made."""
        return self.superuser_url.set(database=database, username=user, password=PASSWORD)


def pytest_configure(config: pytest.Config) -> None:
    """Before any worker starts, name the folder that they share; when all have ended, remove it."""
    if hasattr(config, "workerinput"):
        return
    # below the temporary folder itself: the account that runs PostgreSQL for root must be able to enter
    folder = Path(tempfile.mkdtemp(prefix="cdpg-", dir=_place_in_memory()))
    folder.chmod(0o755)
    os.environ[SHARED_FOLDER] = str(folder)

    def remove() -> None:
        given = os.environ.get(GIVEN_SERVER)
        if given and (folder / "template").exists():
            with suppress(psycopg2.Error), _administrating(make_url(given)) as admin, admin.cursor() as cursor:
                for name in _templates_of(folder):
                    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        os.environ.pop(SHARED_FOLDER, None)
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(remove)


def _place_in_memory() -> Path | None:
    """A file system in memory with room for the run's server, where there is one: a copy of a database is made there
    in a fifth of the time; None: the temporary folder.
    """
    if not os.access(IN_MEMORY, os.W_OK | os.X_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free > ROOM_FOR_A_RUN else None


def _templates_of(folder: Path) -> tuple[str, str]:
    """The names of the empty template and of the one with the small clinic."""
    name = "clinic_" + folder.name.replace("-", "_").lower()
    return name, f"{name}_small"


@contextmanager
def _administrating(url: URL) -> Iterator[psycopg2.extensions.connection]:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(dsn, connect_timeout=10, application_name="clinic-desk tests")
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _server_of(folder: Path) -> Iterator[URL]:
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg2")
        return
    with join(folder / "server") as embedded:
        yield embedded.superuser_url()


def _make_quick(admin: psycopg2.extensions.connection) -> None:
    """What tests write need not survive a crash of the machine."""
    with admin.cursor() as cursor:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The run's server with its migrated template; every worker that asks joins it, the last one to leave stops it."""
    folder = Path(os.environ[SHARED_FOLDER])
    template, clinic_template = _templates_of(folder)
    lock = FileLock(folder / "lock")
    with _server_of(folder) as url, _administrating(url) as admin, _watched_notices():
        with lock:
            if not (folder / "template").exists():
                if not os.environ.get(GIVEN_SERVER):
                    _make_quick(admin)
                prepare(url, template)
                _prepare_clinic(url, admin, template, clinic_template)
                (folder / "template").touch()
        yield PostgresServer(url, template, clinic_template, admin)


def prepare(superuser_url: URL, database: str) -> None:
    """Prepare a database as every test expects it: this run's schema, one login per group."""
    logins = [setup.Login(name, PASSWORD, group, f"{name} person") for group, name in LOGINS.items()]
    setup.prepare_database(superuser_url, database=database, owner_password=PASSWORD, logins=logins)


def _prepare_clinic(url: URL, admin: psycopg2.extensions.connection, template: str, name: str) -> None:
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} OWNER {setup.OWNER} TEMPLATE {template}")
    engine = create_engine(url.set(database=name, username=setup.OWNER, password=PASSWORD), poolclass=NullPool)
    with engine.begin() as connection:
        insert_small_clinic(connection)


# --- databases --------------------------------------------------------------------------------------------------------


@contextmanager
def _new_database(server: PostgresServer, template: str | None) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    source = f"TEMPLATE {template}" if template else "TEMPLATE template0 ENCODING 'UTF8'"
    if server.admin.server_version >= 15_00_00:
        source += " STRATEGY file_copy"  # half the work of the other one where nothing is synced to the disk
    server.execute(f"CREATE DATABASE {name} OWNER {setup.OWNER} {source}")
    try:
        for statement in setup.database_settings(name):
            server.execute(statement)
        yield name
    finally:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def fresh_database(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a migrated database, dropped at the test's end.

    It has no rows but the logins' `staff`, or for a test that asks for `clinic` the small clinic.
    """
    small = "clinic" in request.fixturenames
    with _new_database(postgres_server, postgres_server.clinic_template if small else postgres_server.template) as name:
        yield name


@pytest.fixture
def bare_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database without our schema that clinic_owner may migrate, dropped at the test's end."""
    with _new_database(postgres_server, None) as name:
        setup.configure_database(postgres_server.superuser_url, name)
        yield name


@pytest.fixture
def owner_url(postgres_server: PostgresServer, fresh_database: str) -> URL:
    """The test's database as clinic_owner, the role that migrates."""
    return postgres_server.url(fresh_database, setup.OWNER)


@pytest.fixture
def url_as(postgres_server: PostgresServer, fresh_database: str) -> Callable[[setup.Group], URL]:
    """The test's database as a login of the group role asked for."""
    return lambda group: postgres_server.url(fresh_database, LOGINS[group])


@pytest.fixture
def database_url(url_as: Callable[[setup.Group], URL]) -> URL:
    """The test's database as a login of clinic_reception."""
    return url_as("clinic_reception")


@pytest.fixture
def owner_engine(owner_url: URL) -> Iterator[Engine]:
    """An engine as clinic_owner that keeps no connection."""
    engine = create_engine(owner_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def clinic(fresh_database: str) -> SmallClinic:
    """A small fixed clinic in the test's database."""
    assert fresh_database
    return SMALL_CLINIC


@pytest.fixture
def make_desk(database_url: URL, owner_engine: Engine) -> Iterator[Callable[[str], Database]]:
    """Make another desk of this name on the test's database: registered, with connections of its own."""
    made: list[Database] = []

    def make(name: str) -> Database:
        identity = DeskIdentity(UUID(int=0xDE5C_0000 + len(made) + 1), name)
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
        made.append(Database(database_url, identity))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


@pytest.fixture
def database(make_desk: Callable[[str], Database]) -> Database:
    """The first desk."""
    return make_desk("Desk 1")


@pytest.fixture
def second_database(database: Database, make_desk: Callable[[str], Database]) -> Database:
    """The second desk on the same database."""
    assert database.desk.name == "Desk 1"
    return make_desk("Desk 2")


# --- notices ----------------------------------------------------------------------------------------------------------

_notices: list[str] = []


@contextmanager
def _watched_notices() -> Iterator[None]:
    """Collect what the server remarks on any connection of SQLAlchemy, when it goes back to its pool or is closed."""

    def collect(dbapi_connection: Any, _record: Any) -> None:
        notices = getattr(dbapi_connection, "notices", None)
        if notices:
            _notices.extend(notice.strip() for notice in notices)
            del notices[:]

    for name in ("checkin", "close"):
        event.listen(Pool, name, collect)
    try:
        yield
    finally:
        for name in ("checkin", "close"):
            event.remove(Pool, name, collect)


@pytest.fixture
def expected_notices() -> list[str]:
    """Parts of notices that the test provokes on purpose; it appends them."""
    return []


@pytest.fixture(autouse=True)
def _no_unexpected_notices(expected_notices: list[str]) -> Iterator[None]:
    _notices.clear()
    yield
    unexpected = [notice for notice in _notices if not any(part in notice for part in expected_notices)]
    _notices.clear()
    if unexpected:
        pytest.fail("the database remarked: " + "; ".join(unexpected), pytrace=False)
