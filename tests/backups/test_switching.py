"""A backup that takes the place of what is there: in one step, with its people, and no message goes out twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.backups import recording
from clinic_desk.backups.dumping import Source, dump
from clinic_desk.backups.making import Backup
from clinic_desk.backups.problems import BackupFailed, NotUsable
from clinic_desk.backups.switching import restore_into, restore_over
from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database
from clinic_desk.errors import NotAllowed
from tests.backups.conftest import COST, PHRASE
from tests.plugins.postgres import PASSWORD, SHARED_FOLDER, PostgresServer
from tests.support.small_clinic import SmallClinic

MESSAGES = """
INSERT INTO notification (id, patient_id, kind, channel, dedupe_key, due_at)
SELECT gen_random_uuid(), id, 'confirmation', 'sms', 'late', now() - INTERVAL '1 hour' FROM patient LIMIT 1;
INSERT INTO notification (id, patient_id, kind, channel, dedupe_key, due_at)
SELECT gen_random_uuid(), id, 'confirmation', 'sms', 'to come', now() + INTERVAL '1 hour' FROM patient LIMIT 1
"""


def _names(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(text("SELECT family_name FROM patient")).scalars())


@pytest.fixture
def dumped(source: Source, clinic: SmallClinic, owner_engine: Engine, folder: Path) -> Path:
    """A backup of the test's database, with a message that was due and one to come."""
    assert clinic.patients
    with owner_engine.begin() as connection:
        connection.execute(text(MESSAGES))
    dump(source, folder / "b", PHRASE, cost=COST)
    return folder / "b"


@pytest.fixture
def stranger(dumped: Path, source: Source, postgres_server: PostgresServer) -> Iterator[str]:
    """Who was given a login after the backup."""
    assert dumped.exists()
    name = f"later_{source.url.database}"
    login = setup.Login(name, PASSWORD, "clinic_reception", "Came later")
    database = source.url.database or ""
    setup.prepare_database(_server(source), database=database, owner_password=PASSWORD, logins=[login])
    yield name
    postgres_server.execute(f"DROP OWNED BY {name}")
    postgres_server.execute(f"DROP ROLE {name}")


def _server(source: Source) -> URL:
    return source.url.set(database="postgres")


def _rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def test_a_restore_takes_the_place_of_the_clinic_while_a_desk_works_and_holds_its_messages_back(
    dumped: Path, stranger: str, source: Source, database: Database, manager: Database
) -> None:
    before = _names(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE patient SET family_name = 'Changed since'"))
    stands = restore_over(_server(source), source.url.database or "", dumped, PHRASE)
    assert (stands.may_have_gone, stands.wait, stands.findings) == (1, 1, 0)
    assert _names(database) == before
    assert _rows(database, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{stranger}'") == [(False,)]
    assert _rows(database, "SELECT FROM pg_database WHERE datname LIKE 'clinic_restoring_before_%%'") == []
    states = "SELECT dedupe_key, status, error_code, check_at FROM notification ORDER BY dedupe_key"
    assert _rows(database, states) == [("late", "unknown", "restored", None), ("to come", "pending", "", None)]
    assert _rows(database, "SELECT DISTINCT state, code FROM message_channel") == [("stopped", "restored")]
    with pytest.raises(NotAllowed):
        recording.let_messages_go(database)
    assert recording.let_messages_go(manager) == 1
    assert _rows(database, "SELECT DISTINCT state FROM message_channel") == [("working",)]


def test_a_file_that_is_not_whole_changes_nothing(dumped: Path, source: Source, database: Database) -> None:
    before = _names(database)
    bad = dumped.with_name("bad")
    bad.write_bytes(dumped.read_bytes()[:-100])
    with pytest.raises(NotUsable):
        restore_over(_server(source), source.url.database or "", bad, PHRASE)
    assert _names(database) == before
    with pytest.raises(BackupFailed, match="holds something already"):
        restore_into(dumped.parent, dumped, PHRASE)


def test_killed_in_the_middle_a_restore_leaves_no_clinic_and_the_next_one_brings_all_with_its_people(
    made: Backup,
) -> None:
    place = Path(os.environ[SHARED_FOLDER]) / uuid4().hex  # where the account that runs PostgreSQL may go
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from clinic_desk.backups.switching import restore_into\n"
        "restore_into(Path(sys.argv[1]) / 'server', Path(sys.argv[2]), sys.argv[3],\n"
        "             tell=lambda _done: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    command = [sys.executable, "-c", program, str(place), str(made.path), PHRASE]
    assert subprocess.run(command, timeout=100, check=False).returncode == -signal.SIGKILL
    assert not (place / "server").exists()
    restore_into(place / "server", made.path, PHRASE)
    assert [path.name for path in place.iterdir()] == ["server"]
    with join(place / "server") as server:
        engine = create_engine(server.url("test_reception", "clinic", password=PASSWORD), poolclass=NullPool)
        with engine.connect() as connection:  # her password of that day, and her rights
            assert connection.scalar(text("SELECT count(*) FROM patient")) == 10
            assert connection.scalar(text("SELECT has_table_privilege('patient', 'DELETE')")) is False
