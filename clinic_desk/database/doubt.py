"""The end of a change: a COMMIT whose answer is certain, or the doubt whether it stands and how long to find out."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from clinic_desk.database.failures import CHANGED_UNDERFOOT, IN_FAILED_TRANSACTION, DatabaseFault, lost, sqlstate
from clinic_desk.errors import DurabilityUnknown, OutcomeUnknown

if TYPE_CHECKING:
    import psycopg2.extensions
    from sqlalchemy import Connection

_UNKNOWN: Final = "the answer to COMMIT was lost and the database cannot be asked"
_SWALLOWED: Final = "an error was swallowed inside the transaction"
_NOT_REPLICATED: Final = "the wait for the second server was ended early"
_HARMLESS: Final = ("NOTICE", "INFO", "LOG", "DEBUG")


class RolledBack(Exception):
    """The server rolled the transaction back for another's sake; it may be done again at once."""


class Unanswered(Exception):
    """The connection was lost at COMMIT: the transaction may stand or not."""


class Doubt:
    """Whether an earlier COMMIT went unanswered, and how long finding out may go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline: float | None = None
        self.begun = False
        """This transaction inserted the operation itself, so no earlier one can stand any more."""

    @property
    def exists(self) -> bool:
        """Whether it is not known if the operation stands."""
        return self._deadline is not None

    def begin(self) -> None:
        """A COMMIT went unanswered: the time for finding out runs from the first one."""
        self._deadline = self._deadline or time.monotonic() + self._seconds

    def pause(self, attempt: int) -> None:
        """Wait a little before the next attempt. Raises OutcomeUnknown once the time is up."""
        if self._deadline is None:
            time.sleep(random.uniform(0.001, 0.01) * (attempt + 1))  # noqa: S311
        elif time.monotonic() > self._deadline:
            raise OutcomeUnknown(_UNKNOWN)
        else:
            time.sleep(min(1.0, 0.02 * 2 ** min(attempt, 6)))


def commit(connection: Connection, driver: psycopg2.extensions.connection) -> None:
    """COMMIT, and be sure of the answer.

    Raises Unanswered, RolledBack, DurabilityUnknown (it stands, but perhaps on this server alone), DatabaseFault.
    """
    from psycopg2.extensions import TRANSACTION_STATUS_INERROR
    from sqlalchemy.exc import DBAPIError

    if driver.info.transaction_status == TRANSACTION_STATUS_INERROR:
        # COMMIT of a failed transaction is answered like any other, and stores nothing (F31).
        raise DatabaseFault(IN_FAILED_TRANSACTION, _SWALLOWED)
    driver.notices.clear()
    try:
        connection.commit()
    except DBAPIError as error:
        if lost(error):
            raise Unanswered from None
        if sqlstate(error) in CHANGED_UNDERFOOT:
            raise RolledBack from None
        raise
    if any(not notice.startswith(_HARMLESS) for notice in driver.notices):
        raise DurabilityUnknown(_NOT_REPLICATED)
