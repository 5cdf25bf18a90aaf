"""What the tests of the queue share: a worker's own database, an appointment, and channels that are open and quick."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database import setup
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.stepping import Steps, stepping
from clinic_desk.domain.records import Channel, Entry
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book
from tests.support.bookings import checkup
from tests.support.queue_rows import Provider, make_time, with_time
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add

OPEN = """
UPDATE messaging SET quiet_from_minute = 0, quiet_until_minute = 0, email_per_minute = 60000, sms_per_minute = 60000,
    email_by = 'folder', sms_by = 'folder'
"""


@pytest.fixture
def make_worker_db(url_as: Callable[[setup.Group], URL], owner_engine: Engine) -> Iterator[Callable[[], Database]]:
    """Make a database object as the queue has one: of the worker's role; the tests can let time pass for it."""
    made: list[Database] = []
    with owner_engine.begin() as connection:
        make_time(connection)
        connection.exec_driver_sql(OPEN)

    def make() -> Database:
        identity = DeskIdentity(UUID(int=0xDE5C_0100 + len(made)), f"Worker {len(made)}")
        made.append(Database(with_time(url_as("clinic_worker")), identity, pool_size=2))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


@pytest.fixture
def worker_db(make_worker_db: Callable[[], Database]) -> Database:
    """The first worker's."""
    return make_worker_db()


@pytest.fixture
def steps(worker_db: Database) -> Iterator[Steps]:
    """Single steps of the first worker."""
    with stepping(worker_db) as given:
        yield given


@pytest.fixture
def appointment(clinic: SmallClinic, owner_engine: Engine) -> UUID:
    """A booked appointment of the first patient, who is reached by SMS, on the Monday of 2031 at nine UTC."""
    with owner_engine.begin() as connection:
        return add(connection, 9, 9.25)


@pytest.fixture
def sms() -> Provider:
    return Provider(Channel.SMS)


@pytest.fixture
def mail() -> Provider:
    return Provider(Channel.EMAIL)


@pytest.fixture
def one(worker_db: Database, sms: Provider, mail: Provider) -> Worker:
    """The first worker, with both providers."""
    return Worker(worker_db, {Channel.SMS: sms, Channel.EMAIL: mail}, "one")


@pytest.fixture
def other(make_worker_db: Callable[[], Database], sms: Provider, mail: Provider) -> Worker:
    """Another one, on the same providers."""
    return Worker(make_worker_db(), {Channel.SMS: sms, Channel.EMAIL: mail}, "other")


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """The first patient's checkup, booked at a desk: a confirmation in 20 seconds, a reminder the day before."""
    return book(database, checkup(clinic))
