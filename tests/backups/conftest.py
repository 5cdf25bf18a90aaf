"""What the tests of backups share: the run's server to back up and to restore into, and one backup for all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from clinic_desk.backups import recording
from clinic_desk.backups.dumping import Source
from clinic_desk.backups.making import Backup, make_backup
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from tests.plugins.postgres import PostgresServer
from tests.plugins.postgres import _new_database as new_database

PHRASE = "correct horse battery"
COST = 4


@dataclass(frozen=True, slots=True)
class Server:
    """The run's server, in the place of a scratch one."""

    url: URL

    @contextmanager
    def scratch(self, _major: int) -> Iterator[URL]:
        """Restore here."""
        yield self.url

    @property
    def how(self) -> recording.How:
        """Check here, and cheaply."""
        return recording.How(self.scratch, COST)


@pytest.fixture
def server(postgres_server: PostgresServer) -> Server:
    return Server(postgres_server.superuser_url)


@pytest.fixture
def source(postgres_server: PostgresServer, fresh_database: str) -> Source:
    """The test's database, as the superuser."""
    return Source(postgres_server.superuser_url.set(database=fresh_database))


@pytest.fixture(scope="session")
def made(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """A backup of the small clinic: a test that changes the file takes a copy."""
    own = Server(postgres_server.superuser_url)
    folder = tmp_path_factory.mktemp("backups")
    with new_database(postgres_server, postgres_server.clinic_template) as name:  # nobody connects to a template
        source = Source(own.url.set(database=name))
        return make_backup(source, folder, PHRASE, datetime.now(UTC), scratch=own.scratch, cost=COST)


@pytest.fixture
def worker(url_as: Callable[[str], URL]) -> Iterator[Database]:
    """A program that works in the background."""
    database = Database(url_as("clinic_worker"), DeskIdentity(new_id(), "Desk 1"), pool_size=2)
    yield database
    database.dispose()


@pytest.fixture
def manager(url_as: Callable[[str], URL]) -> Iterator[Database]:
    """A practice manager's desk."""
    database = Database(url_as("clinic_manager"), DeskIdentity(new_id(), "Desk 2"), pool_size=2)
    yield database
    database.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "backups"
    path.mkdir()
    return path
