"""Deletes messages that are finished and old, a batch at a time, so that the queue stays small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import sweep as queries
from clinic_desk.database.queries.messaging import read_messaging

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database

BATCH: Final = 1000


def prune(db: Database, stop: Callable[[], bool] = lambda: False) -> int:
    """Delete what finished longer ago than the clinic keeps it, of appointments that are over; return how many rows.

    The same goes for patients' replies that were dealt with. Raises DatabaseDown, Busy, NotAllowed; each batch is a
    transaction of its own.
    """
    with db.reading() as connection:
        days = read_messaging(connection).retention_days
    pruned = 0
    for delete in (queries.prune_messages, queries.prune_replies):
        found = BATCH
        while found == BATCH and not stop():
            with db.writing() as connection:
                found = delete(connection, days, BATCH)
            pruned += found
    return pruned
