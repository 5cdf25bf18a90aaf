"""Deletes at the provider what it still has of messages to and from patients who were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import erasure as queries
from clinic_desk.domain.messaging import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.database.engine import Database
    from clinic_desk.notifications.providers import Sender

BATCH: Final = 20


def delete_copies(db: Database, sender: Sender, stop: Callable[[], bool] = lambda: False) -> int:
    """Have the provider delete what is due; return how many are gone. What fails is due again later, for ever.

    Each is taken before it is tried, so that two programs never try the same, and a crash in between only delays it.
    Raises DatabaseDown, Busy, NotAllowed.
    """
    gone = 0
    found: tuple[str, ...] = ("",)
    while found and not stop():
        with db.writing() as connection:
            found = queries.copies_due(connection, sender.channel.value, BATCH)
        for provider_id in found:
            if stop():
                break
            outcome = sender.forget(provider_id)
            with db.writing() as connection:
                if outcome.answer is Answer.SENT:
                    queries.copy_deleted(connection, provider_id)
                    gone += 1
                else:
                    queries.copy_kept(connection, provider_id, outcome.code)
            if outcome.answer is Answer.CONFIGURATION:
                return gone  # all others would fail for the same reason
    return gone
