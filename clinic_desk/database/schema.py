"""Moves the schema to the revision this program was built for, and tells whether a database is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database.failures import translated
from clinic_desk.errors import SchemaMismatch

EXPECTED_REVISION: Final = "0006"
"""The Alembic revision this program reads and writes; a test holds it against the head of `migrations/versions`."""

MIGRATIONS: Final = Path(__file__).with_name("migrations")

_MIGRATION_LOCK: Final = 0x436C696E69634473  # one bigint for all programs of this kind: "ClinicDs"
_WAIT_FOR_OTHERS_S: Final = 120
_WAIT_FOR_TABLES_S: Final = 10
_STATEMENT_LIMIT_S: Final = 600


def upgrade(owner_url: URL | str) -> None:
    """Move the schema to EXPECTED_REVISION, in one transaction, as the owner role.

    Of several programs that do so at once one migrates and the others wait for it (at most 120 s), then find nothing
    left to do. Desks that hold a table longer than 10 s make it give up: nothing is half done. Raises Busy for that,
    NotAllowed for a role that is not the owner, DatabaseDown, SchemaMismatch for a database made by a newer program.
    """
    engine = create_engine(
        owner_url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "clinic-desk schema"},
    )
    with translated(), engine.begin() as connection:
        _take_turn(connection)
        found = current_revision(connection)
        if found == EXPECTED_REVISION:
            return
        if found is not None and found not in known_revisions():
            raise SchemaMismatch(found, EXPECTED_REVISION)
        migrate(connection)


def _take_turn(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS_S}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_TABLES_S}s'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{_STATEMENT_LIMIT_S}s'"))
    connection.execute(text("SET LOCAL search_path = public"))


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` inside the caller's transaction; upgrade() is what programs call."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def known_revisions() -> tuple[str, ...]:
    """Return every revision that the migrations of this program know, oldest first."""
    from alembic.script import ScriptDirectory

    walk = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return tuple(reversed([script.revision for script in walk]))


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision; None for a database without our schema. Imports no Alembic."""
    # A role that may not even look into the schema is one of a server on which nothing was migrated yet.
    seen = "SELECT CASE WHEN has_schema_privilege('public', 'USAGE') THEN to_regclass('public.alembic_version') END"
    if connection.scalar(text(seen)) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM public.alembic_version"))
    return found


def check(connection: Connection) -> None:
    """Raise SchemaMismatch unless the database's schema is the one this program was built for."""
    found = current_revision(connection)
    if found != EXPECTED_REVISION:
        raise SchemaMismatch(found, EXPECTED_REVISION)
