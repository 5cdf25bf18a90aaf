"""Saves when a desk locks by itself, for the whole clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.setup import SetupConflict
from clinic_desk.services.setup import checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import LockRules
    from clinic_desk.domain.setup import SaveLockRules

LONGEST_IDLE: Final = 240
LONGEST_SESSION: Final = 24


def save_lock_rules(db: Database, command: SaveLockRules) -> LockRules:
    """Write the rules of locking and return them as they now stand.

    Raises InvalidInput, SetupConflict, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    rules = command.rules
    values = {
        "idle_minutes": checks.number("idle_minutes", rules.idle_minutes, 1, LONGEST_IDLE, "1 minute to 4 hours"),
        "session_hours": checks.number("session_hours", rules.session_hours, 1, LONGEST_SESSION, "1 to 24 hours"),
    }

    def work(connection: Connection) -> LockRules:
        if not queries.write_row(connection, "lock_rules", queries.LOCK_ID, max(rules.version, 1), values):
            changed = queries.last_change(connection, "lock_rules", queries.LOCK_ID)
            raise SetupConflict(queries.read_lock_rules(connection), changed)
        return queries.read_lock_rules(connection)

    return db.changing(command.operation_id, "SaveLockRules", work, queries.read_lock_rules)
