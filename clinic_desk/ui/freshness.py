"""How old what is on screen may be, and what time it is by the database's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from time import monotonic
from typing import Final

UNNOTICED_S: Final = 4.5
"""A link on which nothing arrives any more is noticed after this many seconds at most (listener's heartbeat)."""


class Connection(Enum):
    """Whether what is on screen is live."""

    LIVE = "live"
    LOST = "lost"


class Freshness:
    """Moments of the last sign of life and the last change (monotonic seconds), and the desk's clock difference."""

    def __init__(self) -> None:
        self.connection = Connection.LIVE
        self._heard_at = monotonic()
        self._changed_at: float | None = None
        self._clock_ahead = timedelta()

    def heard(self) -> None:
        """The database gave a sign of life."""
        self._heard_at = monotonic()

    def set_live(self) -> None:
        """Changes are heard again."""
        self.connection = Connection.LIVE
        self.heard()

    def set_lost(self) -> None:
        """Changes are not heard; since when exactly is not known, so the picture counts as older rather than newer."""
        self.connection = Connection.LOST
        self._heard_at = max(self._heard_at, monotonic() - UNNOTICED_S)

    def change_heard(self) -> None:
        """A change was announced just now."""
        self._changed_at = self._heard_at = monotonic()

    def set_clock(self, database_now: datetime) -> None:
        """Take the database's time, read just now (UTC)."""
        self.heard()
        self._clock_ahead = database_now - datetime.now(UTC)

    def now(self) -> datetime:
        """Return the time by the database's clock, as well as it is known here (UTC)."""
        return datetime.now(UTC) + self._clock_ahead

    def age(self) -> float:
        """Return how many seconds ago what is on screen was last known to be true; 0 while live."""
        return 0.0 if self.connection is Connection.LIVE else monotonic() - self._heard_at

    def since_change(self) -> float | None:
        """Return how many seconds ago a change was last announced; None if there was none yet."""
        return None if self._changed_at is None else monotonic() - self._changed_at
