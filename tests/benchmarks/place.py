"""A place to measure at: a server of its own with databases that hold the small clinic, gone afterwards.

The embedded server as the program runs it (with its durability), in a temporary folder; or the one whose superuser URL
stands in CLINIC_DESK_TEST_DATABASE_URL.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from tests.plugins.postgres import GIVEN_SERVER, LOGINS, PASSWORD, prepare
from tests.support.small_clinic import SmallClinic, insert_small_clinic


@dataclass(frozen=True, slots=True)
class Place:
    """A database of the small clinic. `url`: as reception; `owner`: an engine as the owner that keeps no connection."""

    name: str
    url: URL
    owner: Engine
    clinic: SmallClinic

    def desk(self, number: int, name: str = "") -> Database:
        """A registered desk without a window; the caller disposes of it."""
        identity = DeskIdentity(UUID(int=0xDE5C_3000_0000 + number), name or f"Desk {number}")
        with self.owner.begin() as connection:
            connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
        return Database(self.url, identity)


@contextmanager
def server() -> Iterator[URL]:
    """A running server's superuser URL."""
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield make_url(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
    try:
        with join(folder / "server") as embedded:
            yield embedded.superuser_url()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def place(superuser: URL) -> Iterator[Place]:
    """A fresh database of the small clinic on a server."""
    name = f"bench_{uuid4().hex[:12]}"
    prepare(superuser, name)

    def as_user(user: str) -> URL:
        return superuser.set(database=name, username=user, password=PASSWORD)

    owner = create_engine(as_user(setup.OWNER), poolclass=NullPool)
    try:
        with owner.begin() as connection:
            clinic = insert_small_clinic(connection)
        yield Place(name, as_user(LOGINS["clinic_reception"]), owner, clinic)
    finally:
        owner.dispose()
        admin = psycopg2.connect(superuser.set(drivername="postgresql").render_as_string(hide_password=False))
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.close()
