"""Whether the clinic's schema is still the one that this program was built for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database import schema
from clinic_desk.errors import SchemaMismatch

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database

TABLE: Final = schema.TABLE
"""What the announcement of an upgrade names as changed."""


def look(db: Database) -> SchemaMismatch | None:
    """Look, and let `db` write no more if a newer program upgraded the clinic. Raises DatabaseDown, Busy."""
    try:
        with db.reading() as connection:
            schema.check(connection)
    except SchemaMismatch as mismatch:
        if mismatch.is_newer:
            db.other_version = mismatch
            return mismatch
    return None
