"""Lets each job of the scheduler run once at a time, and once more if it was asked for meanwhile."""

from __future__ import annotations

import threading


class Turns:
    """For any threads. Whoever begins a job asks after each turn whether it goes on, and ends it only by that."""

    def __init__(self) -> None:
        self._idle = threading.Condition()
        self._running: set[str] = set()
        self._asked_again: set[str] = set()
        self._is_closed = False

    def begins(self, name: str) -> bool:
        """Whether the caller is to do this job now; False: somebody does, and will once more."""
        with self._idle:
            if name in self._running or self._is_closed:
                self._asked_again.add(name)
                return False
            self._running.add(name)
            self._asked_again.discard(name)
            return True

    def ask(self, name: str) -> None:
        """Have a job that runs now done once more; one that does not run is to be begun by somebody."""
        with self._idle:
            if name in self._running:
                self._asked_again.add(name)

    def goes_on(self, name: str) -> bool:
        """Whether who did this job is to do it again. In one step with its end: what is asked for in between counts."""
        with self._idle:
            if name in self._asked_again and not self._is_closed:
                self._asked_again.discard(name)
                return True
            self._end(name)
            return False

    def fails(self, name: str) -> None:
        """End a job that cannot go on."""
        with self._idle:
            self._end(name)

    def close(self) -> None:
        """Let nothing begin any more, and nothing go on."""
        with self._idle:
            self._is_closed = True

    def wait(self, timeout_s: float) -> bool:
        """Wait until no job runs; False if one still does."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._running, timeout_s)

    def _end(self, name: str) -> None:
        self._running.discard(name)
        self._idle.notify_all()
