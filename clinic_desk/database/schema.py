"""Moves the schema to the revision this program was built for, and tells whether a database is there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import revision
from clinic_desk.database.failures import translated
from clinic_desk.errors import SchemaMismatch

EXPECTED_REVISION: Final = revision.EXPECTED_REVISION
MIGRATIONS: Final = Path(__file__).with_name("migrations")

TABLE: Final = "alembic_version"
"""What the announcement of an upgrade names as changed; its version is the new revision."""

_MIGRATION_LOCK: Final = 0x436C696E69634473  # one bigint for all programs of this kind: "ClinicDs"
_WAIT_FOR_OTHERS_S: Final = 600  # a backup is made in it
Note = Callable[[Connection], object]
Before = Callable[[str], Note | None]
"""Backs a database up before it is upgraded, told its revision; what it returns writes that down after the upgrade, in
the same transaction.
"""
_SAYS_WHO_READS: Final = "SELECT to_regprocedure('public.readable_from()') IS NOT NULL"
_WAIT_FOR_TABLES_S: Final = 10
_STATEMENT_LIMIT_S: Final = 600


def upgrade(owner_url: URL | str, before: Before | None = None) -> bool:
    """Move the schema to EXPECTED_REVISION, in one transaction, as the owner role; False if it was there already.

    Of several programs that do so at once one migrates and the others wait for it, then find nothing left to do.
    `before` (a backup) is called with the revision found, by the one that migrates and before it changes anything;
    what it raises comes out and nothing is done. Desks that hold a table longer than 10 s make it give up: nothing is
    half done. Raises Busy for that, and when the other one takes longer than 10 minutes; NotAllowed for a role that is
    not the owner, DatabaseDown, SchemaMismatch for a database made by a newer program.
    """
    import psycopg2

    from clinic_desk.database.connections import driver_arguments

    url = make_url(owner_url).set(drivername="postgresql+psycopg2")
    arguments = driver_arguments(url, "clinic-desk schema")
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, creator=lambda: psycopg2.connect(**arguments))
    with translated(), engine.begin() as connection:
        return upgrade_within(connection, before)


def upgrade_within(connection: Connection, before: Before | None = None) -> bool:
    """The same inside the caller's transaction, as the owner role."""
    _take_turn(connection)
    found = current_revision(connection)
    if found == EXPECTED_REVISION:
        return False
    if found is not None and found not in known_revisions():
        raise mismatch(connection, found)
    note = before(found) if before is not None and found is not None else None
    migrate(connection)
    _announce(connection)
    if note is not None:
        note(connection)
    return True


def _announce(connection: Connection) -> None:
    """Tell the desks that are open, at COMMIT: a change of the table that holds the revision."""
    from clinic_desk.database.listener import CHANNEL

    news = json.dumps({"t": TABLE, "i": str(UUID(int=0)), "v": int(EXPECTED_REVISION)})
    connection.execute(text("SELECT pg_notify(:channel, :news)"), {"channel": CHANNEL, "news": news})


def _take_turn(connection: Connection) -> None:
    connection.execute(text("SET LOCAL clinic_desk.schema = ''"))  # it may write whatever the schema is now
    connection.execute(text("SET LOCAL plan_cache_mode = auto"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS_S}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_TABLES_S}s'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{_STATEMENT_LIMIT_S}s'"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # while the backup is made
    connection.execute(text("SET LOCAL search_path = public"))


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the migrations up to the revision `to` inside the caller's transaction; upgrade() is what programs call."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


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
        raise mismatch(connection, found)


def mismatch(connection: Connection, found: str | None) -> SchemaMismatch:
    """Return what to raise for this revision; of a newer one the schema itself says who may still read it."""
    error = SchemaMismatch(found, EXPECTED_REVISION)
    if error.is_newer and connection.scalar(text(_SAYS_WHO_READS)):
        error.is_readable = str(connection.scalar(text("SELECT public.readable_from()"))) <= EXPECTED_REVISION
    return error


def may_upgrade(connection: Connection) -> bool:
    """Whether who is signed in may ask for an upgrade: a manager, on any schema there is. The owner carries it out."""
    return bool(connection.scalar(text("SELECT pg_has_role(session_user, 'clinic_manager', 'MEMBER')")))
