"""How others see at once that the program which makes a backup is gone: by a lock at the server that ends with it.

The lease alone would have everybody wait for minutes after a crash, also who wants to restore just then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.failures import translated
from clinic_desk.database.queries import backups as queries

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.database.engine import Database


class Living:
    """A connection of its own, which says until `end`, or the end of this program, that a backup is being made."""

    def __init__(self, db: Database, run_id: UUID) -> None:
        """Raises DatabaseDown, Busy, NotAllowed."""
        import psycopg2

        with translated():
            self._driver = psycopg2.connect(**driver_arguments(db.url, "clinic-desk backup"))
            self._driver.autocommit = True
            queries.say_it_lives(self._driver, run_id)

    def end(self) -> None:
        """It is made, or failed. Again: nothing."""
        import psycopg2

        with suppress(psycopg2.Error):
            self._driver.close()
