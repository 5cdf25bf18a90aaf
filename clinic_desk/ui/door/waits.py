"""For how long nobody can try again at this door; the service says when, after wrong passwords."""

from __future__ import annotations

from time import monotonic


class Waits:
    """Of one door."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Nobody can try for so long."""
        self._until = monotonic() + seconds

    def left_s(self) -> float:
        """Return for how many seconds nobody can try again; 0: now."""
        return max(0.0, self._until - monotonic())
