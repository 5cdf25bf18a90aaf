"""The schema moves by migrations only: in one transaction, one program at a time, and to the same end by any way."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema, setup, tables
from clinic_desk.database.failures import DatabaseFault
from clinic_desk.errors import Busy, NotAllowed, SchemaMismatch
from tests.plugins.postgres import PostgresServer
from tests.support.sql import connected
from tests.support.structure import structure


@pytest.fixture
def bare_url(postgres_server: PostgresServer, bare_database: str) -> URL:
    """A database without a schema, as clinic_owner."""
    return postgres_server.url(bare_database, setup.OWNER)


@pytest.fixture
def bare_engine(bare_url: URL) -> Iterator[Engine]:
    engine = create_engine(bare_url, poolclass=NullPool)
    yield engine
    engine.dispose()


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))


def test_the_program_expects_the_newest_revision_there_is() -> None:
    assert schema.known_revisions()[-1] == schema.EXPECTED_REVISION


def test_from_empty_and_by_steps_gives_the_same_schema(owner_engine: Engine, bare_engine: Engine) -> None:
    for revision in schema.known_revisions():
        with bare_engine.begin() as connection:
            schema.migrate(connection, revision)
        with bare_engine.connect() as connection:
            assert schema.current_revision(connection) == revision
    with owner_engine.connect() as whole, bare_engine.connect() as stepwise:
        assert structure(stepwise) == structure(whole)
        assert len(structure(whole)) > 300


@pytest.mark.filterwarnings("ignore:Computed default on appointment.occupies cannot be modified")
def test_the_tables_that_queries_are_written_with_are_those_of_the_database(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []
        columns = text(
            "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> 'alembic_version' GROUP BY table_name"
        )
        found = {row[0]: row[1] for row in connection.execute(columns)}
    assert found == {table.name: [column.name for column in table.c] for table in tables.metadata.sorted_tables}


def test_upgrading_again_changes_nothing(bare_url: URL, bare_engine: Engine) -> None:
    schema.upgrade(bare_url)
    with bare_engine.connect() as connection:
        before = structure(connection)
        oid = connection.scalar(text("SELECT 'appointment'::regclass::oid"))
    schema.upgrade(bare_url.render_as_string(hide_password=False))
    with bare_engine.connect() as connection:
        assert structure(connection) == before
        assert connection.scalar(text("SELECT 'appointment'::regclass::oid")) == oid


def test_of_several_programs_that_upgrade_at_once_one_migrates_and_the_others_wait(
    bare_url: URL, bare_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated = []
    migrate = schema.migrate

    def counted(*arguments: Any) -> None:
        migrated.append(threading.get_ident())
        migrate(*arguments)

    monkeypatch.setattr(schema, "migrate", counted)
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            schema.upgrade(bare_url)
        except BaseException as error:  # handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    with bare_engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": schema._MIGRATION_LOCK})
        for thread in threads:
            thread.start()
        waiting = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        deadline = time.monotonic() + 20
        while connection.scalar(waiting) != len(threads):
            assert time.monotonic() < deadline
        assert migrated == []
        connection.rollback()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(migrated) == 1
    assert "appointment" in _tables(bare_engine)


def test_a_migration_that_fails_leaves_nothing_behind(bare_url: URL, bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        connection.execute(text("CREATE TABLE hold (mine integer)"))  # the last table of 0001 by this name
    with pytest.raises(DatabaseFault, match="already exists"):
        schema.upgrade(bare_url)
    assert _tables(bare_engine) == {"hold"}
    with bare_engine.begin() as connection:
        assert schema.current_revision(connection) is None
        connection.execute(text("DROP TABLE hold"))
    schema.upgrade(bare_url)
    assert "hold" in _tables(bare_engine)


def test_a_table_that_a_desk_holds_ends_the_upgrade_instead_of_blocking_the_clinic(
    bare_url: URL, bare_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_WAIT_FOR_TABLES_S", 0.2)
    with bare_engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
    with bare_engine.begin() as desk:
        desk.execute(text("LOCK TABLE alembic_version"))
        with pytest.raises(Busy):
            schema.upgrade(bare_url)
    assert _tables(bare_engine) == {"alembic_version"}


def test_a_newer_schema_is_left_alone_and_named(owner_url: URL) -> None:
    with connected(owner_url) as connection:
        schema.check(connection)
        before = structure(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch) as refusal:
        schema.upgrade(owner_url)
    assert (refusal.value.found, refusal.value.expected) == ("9999", schema.EXPECTED_REVISION)
    with connected(owner_url) as connection:
        with pytest.raises(SchemaMismatch):
            schema.check(connection)
        assert structure(connection) == before


def test_a_database_without_our_schema_is_told_apart(bare_engine: Engine) -> None:
    with bare_engine.connect() as connection:
        assert schema.current_revision(connection) is None
        with pytest.raises(SchemaMismatch, match="absent") as refusal:
            schema.check(connection)
        assert refusal.value.found is None
        assert connection.scalar(text("SELECT 1")) == 1  # the transaction goes on


@pytest.mark.parametrize("group", setup.GROUPS)
def test_every_role_may_check_the_schema(group: setup.Group, url_as: Any) -> None:
    with connected(url_as(group)) as connection:
        schema.check(connection)


def test_a_desk_may_not_upgrade(database_url: URL, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(NotAllowed, match="permission denied"):
        schema.upgrade(database_url)


def test_checking_imports_no_alembic() -> None:
    program = "import sys, clinic_desk.database.schema; sys.exit('alembic' in sys.modules)"
    root = Path(schema.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def test_it_works_from_any_folder_and_from_a_path_with_blanks_and_percent_signs(
    tmp_path: Path, bare_url: URL, bare_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "Größe 100 %(x)s"
    moved.mkdir()
    for path in schema.MIGRATIONS.rglob("*"):
        if path.suffix in (".py", ".sql", ".mako"):
            target = moved / path.relative_to(schema.MIGRATIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    monkeypatch.setattr(schema, "MIGRATIONS", moved)
    monkeypatch.chdir(tmp_path)
    schema.upgrade(bare_url)
    assert "appointment" in _tables(bare_engine)
