"""From a dump of each earlier revision, with a clinic's data, the schema reaches this one: rows, rights and history."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema, setup
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.history_verify import verify_history
from tests.plugins.postgres import LOGINS, PostgresServer
from tests.support.structure import structure

DUMPS: Final = Path(__file__).with_name("dumps")
EARLIER: Final = schema.known_revisions()[:-1]


@pytest.fixture
def engine(postgres_server: PostgresServer, bare_database: str) -> Iterator[Engine]:
    """An empty database, as clinic_owner."""
    engine = create_engine(postgres_server.url(bare_database, setup.OWNER), poolclass=NullPool)
    yield engine
    engine.dispose()


def restore(connection: Connection, revision: str) -> None:
    """Put a dump into an empty database."""
    dump = gzip.decompress((DUMPS / f"{revision}.sql.gz").read_bytes()).decode()
    connection.connection.cursor().execute(dump)


def _rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as the database writes it as JSON."""
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    return {
        name: list(connection.scalars(text(f"SELECT to_jsonb(t) FROM public.{name} AS t")))
        for name in names
        if name != "alembic_version"
    }


def test_there_is_a_dump_of_every_earlier_revision() -> None:
    assert {path.name.partition(".")[0] for path in DUMPS.glob("*.sql.gz")} == set(EARLIER)


@pytest.mark.parametrize("revision", EARLIER)
def test_a_clinic_of_each_revision_keeps_every_row_value_and_right(
    revision: str, engine: Engine, owner_engine: Engine, postgres_server: PostgresServer
) -> None:
    with engine.begin() as connection:
        restore(connection, revision)
    with engine.connect() as connection:
        assert schema.current_revision(connection) == revision
        before = _rows(connection)
    assert schema.upgrade(engine.url)
    with engine.connect() as connection, owner_engine.connect() as made_anew:
        after = _rows(connection)
        assert _plain(connection) == _plain(made_anew)  # functions, triggers, indexes, and who may do what
    assert len(before["appointment"]) > 150
    for table, rows in before.items():
        kept = {_text(row, rows[0]) for row in after[table]}
        assert [row for row in rows if _text(row, rows[0]) not in kept] == [], table
    address = postgres_server.url(engine.url.database or "", LOGINS["clinic_manager"])
    desk = Database(address, DeskIdentity(new_id(), "Desk 1"), pool_size=1)
    try:
        verified = verify_history(desk, ())
        assert verified.is_sound, verified.findings
        assert verified.rows > 100
        assert len(load_clinic(desk).practitioners) == 6
    finally:
        desk.dispose()


def _plain(connection: Connection) -> list[str]:
    """The structure without parentheses: a dump writes some more of them."""
    return sorted(line.replace("(", "").replace(")", "") for line in structure(connection))


def _text(row: dict[str, Any], columns: dict[str, Any]) -> str:
    """A row as one text, of those columns only that there were before."""
    return json.dumps({name: row.get(name) for name in columns}, sort_keys=True)
