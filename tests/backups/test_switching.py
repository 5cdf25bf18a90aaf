"""A backup that takes the place of what is there: in one step, with its people, and no message goes out twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk import __version__
from clinic_desk.backups import recording, switching
from clinic_desk.backups.dumping import Source, dump
from clinic_desk.backups.making import Backup
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.backups.switching import Asker, clear_left, restore_into, restore_over
from clinic_desk.database import anchors, copies, schema, setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database
from clinic_desk.domain.history_chain import Problem as Alarm
from clinic_desk.errors import NotAllowed
from clinic_desk.services.history_verify import look_through
from tests.backups.conftest import COST, PHRASE
from tests.database.test_migrations_dumps import restore as put_dump
from tests.plugins.postgres import LOGINS, PASSWORD, SHARED_FOLDER, PostgresServer
from tests.support.small_clinic import SmallClinic
from tests.support.waiting import until

ASKER = Asker("julia", "Office")
UNSEALED = "SELECT EXISTS (SELECT FROM history WHERE id > coalesce((SELECT max(last_id) FROM history_seal), 0))"
STAFF = "INSERT INTO public.staff (login, display_name, group_name) VALUES (:login, 'A person', :group)"
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
    stands = restore_over(_server(source), source.url.database or "", dumped, PHRASE, asker=ASKER)
    assert (stands.may_have_gone, stands.wait, stands.findings) == (1, 1, 0)
    assert _names(database) == before
    assert _rows(database, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{stranger}'") == [(False,)]
    left = "SELECT FROM pg_database WHERE datname LIKE 'clinic_restoring_before_%%'"
    until(lambda: not _rows(database, left))  # other tests' on this server go, too
    states = "SELECT dedupe_key, status, error_code, check_at FROM notification ORDER BY dedupe_key"
    assert _rows(database, states) == [("late", "unknown", "restored", None), ("to come", "pending", "", None)]
    assert _rows(database, "SELECT DISTINCT state, code FROM message_channel") == [("stopped", "restored")]
    with pytest.raises(NotAllowed):
        recording.let_messages_go(database)
    assert recording.let_messages_go(manager) == 1
    assert _rows(database, "SELECT DISTINCT state FROM message_channel") == [("working",)]


def test_a_file_that_is_not_whole_or_of_a_newer_program_changes_nothing(
    dumped: Path, source: Source, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _names(database)
    bad = dumped.with_name("bad")
    bad.write_bytes(dumped.read_bytes()[:-100])
    with pytest.raises(NotUsable):
        restore_over(_server(source), source.url.database or "", bad, PHRASE, asker=ASKER)
    assert _names(database) == before
    monkeypatch.setattr(schema, "known_revisions", lambda: ("0001",))
    with pytest.raises(NotUsable) as refused:
        restore_over(_server(source), source.url.database or "", dumped, PHRASE, asker=ASKER)
    assert (refused.value.code, refused.value.program) == (Problem.NEWER, __version__)
    monkeypatch.undo()
    assert _names(database) == before
    with pytest.raises(BackupFailed, match="holds something already"):
        restore_into(dumped.parent, dumped, PHRASE, asker=ASKER)


def test_a_backup_of_an_older_schema_is_upgraded_before_it_takes_the_place(
    source: Source, bare_database: str, postgres_server: PostgresServer, manager: Database, folder: Path
) -> None:
    older = schema.known_revisions()[-2]
    owner = create_engine(postgres_server.url(bare_database, setup.OWNER), poolclass=NullPool)
    with owner.begin() as connection:
        put_dump(connection, older)
        for group, login in LOGINS.items():  # who is of the clinic and not in a backup would be shut out of the server
            values = {"login": login, "group": group.removeprefix("clinic_")}
            connection.execute(text(STAFF), values)
    made = dump(Source(_server(source).set(database=bare_database)), folder / "b", PHRASE, cost=COST)
    assert made.revision == older
    stands = restore_over(_server(source), source.url.database or "", folder / "b", PHRASE, asker=ASKER)
    assert stands.findings == 0
    with manager.reading() as connection:
        schema.check(connection)
    assert _rows(manager, "SELECT count(*) FROM appointment") == [(made.count("appointment"),)]
    assert _rows(manager, "SELECT login, desk FROM restore") == [("julia", "Office")]


def _refused(code: str) -> Callable[..., None]:
    def refuse(connection: Connection, *_: str) -> None:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")

    return refuse


def test_only_while_others_come_in_the_names_are_changed_again_and_nobody_is_shut_out_for_nothing(
    dumped: Path, stranger: str, source: Source, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    take_the_place = copies.take_the_place

    def takes(connection: Connection, *names: str) -> None:
        asked.append("")
        (take_the_place if len(asked) > 2 else _refused("55006"))(connection, *names)

    go = partial(restore_over, _server(source), source.url.database or "", dumped, PHRASE, asker=ASKER)
    monkeypatch.setattr(switching, "_PAUSE_S", 0.0)
    monkeypatch.setattr(copies, "rename", _refused("42501"))
    with pytest.raises(BackupFailed) as failed:
        go()
    assert failed.value.code is Problem.RESTORE
    monkeypatch.undo()
    assert _rows(database, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{stranger}'") == [(True,)]
    monkeypatch.setattr(switching, "_PAUSE_S", 0.0)
    monkeypatch.setattr(copies, "take_the_place", takes)
    go()
    assert len(asked) == 3
    assert _rows(database, f"SELECT rolcanlogin FROM pg_roles WHERE rolname = '{stranger}'") == [(False,)]


def test_a_restore_explains_to_other_pcs_why_seals_went_and_nothing_else_does(
    dumped: Path, source: Source, manager: Database, owner_engine: Engine, tmp_path: Path
) -> None:
    def change(name: str) -> None:
        with manager.writing() as connection:
            connection.execute(text("UPDATE patient SET family_name = :name"), {"name": name})
        for _ in range(200):
            anchors.seal(manager, tmp_path)
            if _rows(manager, UNSEALED) == [(False,)]:
                return
        pytest.fail("some transaction on this server never ends")

    change("One")
    before = anchors.known(manager, tmp_path)
    restore_over(_server(source), source.url.database or "", dumped, PHRASE, asker=ASKER)
    found = look_through(manager, tmp_path)
    assert found.is_sound
    assert found.explained >= 1
    assert [(one.login, one.desk) for one in found.restores] == [("julia", "Office")]
    change("Two")
    after = anchors.known(manager, tmp_path)
    assert after[-1] not in before
    with owner_engine.begin() as connection:  # what the owner can do: nobody restored anything this time
        for table in ("history", "history_seal"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    alarms = [one.seal for one in look_through(manager, tmp_path).findings if one.problem is Alarm.ANCHOR]
    assert alarms == [one.no for one in after]


def test_what_a_killed_restore_left_beside_a_folder_goes_unless_one_is_at_work_there(tmp_path: Path) -> None:
    beside, lock = tmp_path / ".server.restoring", tmp_path / ".server.restoring.lock"
    (beside / "pgdata").mkdir(parents=True)
    with FileLock(lock):
        clear_left(tmp_path / "server")
        assert beside.exists()
        with pytest.raises(BackupFailed, match="another restore"):
            restore_into(tmp_path / "server", tmp_path / "b", PHRASE, asker=ASKER)
        assert lock.exists(), "it is the other one's"
    clear_left(tmp_path / "server")
    assert list(tmp_path.iterdir()) == []


def test_killed_in_the_middle_a_restore_leaves_no_clinic_and_the_next_one_brings_all_with_its_people(
    made: Backup,
) -> None:
    place = Path(os.environ[SHARED_FOLDER]) / uuid4().hex  # where the account that runs PostgreSQL may go
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from clinic_desk.backups.switching import Asker, restore_into\n"
        "restore_into(Path(sys.argv[1]) / 'server', Path(sys.argv[2]), sys.argv[3], asker=Asker('', ''),\n"
        "             tell=lambda _done: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    command = [sys.executable, "-c", program, str(place), str(made.path), PHRASE]
    assert subprocess.run(command, timeout=100, check=False).returncode == -signal.SIGKILL
    assert not (place / "server").exists()
    restore_into(place / "server", made.path, PHRASE, asker=ASKER)
    assert [path.name for path in place.iterdir()] == ["server"]
    with join(place / "server") as server:
        engine = create_engine(server.url("test_reception", "clinic", password=PASSWORD), poolclass=NullPool)
        with engine.connect() as connection:  # her password of that day, and her rights
            assert connection.scalar(text("SELECT count(*) FROM patient")) == 10
            assert connection.scalar(text("SELECT has_table_privilege('patient', 'DELETE')")) is False
