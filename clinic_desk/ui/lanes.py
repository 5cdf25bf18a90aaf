"""A lane: one thread that carries out what it is given, what somebody waits for before what is merely useful."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final, Generic, TypeVar

T = TypeVar("T")

FAIR_AFTER: Final = 8
"""So many times in a row what is less urgent may be overtaken; then what has waited longest of it has its turn."""


class Priority(IntEnum):
    """How much somebody waits for it."""

    URGENT = 0
    """The user looks at where it will appear: letters typed, the day that is shown, a change of what is on screen."""
    NORMAL = 1
    IDLE = 2
    """Nobody waits: days read ahead, counts, how full a month is."""


class Lane(Generic[T]):
    """Thread-safe. What has the same priority is carried out in the order it came; `carry_out` may not raise.

    The thread begins with the first thing given and ends after `close`, when everything is done.
    """

    def __init__(self, name: str, carry_out: Callable[[T], None]) -> None:
        self._name = name
        self._carry_out = carry_out
        self._changed = threading.Condition()
        self._waiting: tuple[deque[tuple[int, T]], ...] = tuple(deque() for _ in Priority)
        self._given = 0
        self._overtaken = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def give(self, item: T, priority: Priority) -> None:
        """Have this carried out. Not after `close`."""
        with self._changed:
            self._given += 1
            self._waiting[priority].append((self._given, item))
            if self._thread is None:
                # A daemon: a statement that hangs in the driver must not keep a closed program alive.
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def take_back(self, item: T) -> bool:
        """Forget it if it still waits; False if it does not: it runs, or ran."""
        with self._changed:
            return self._taken_out(item) is not None

    def hurry(self, item: T, priority: Priority) -> None:
        """Give what still waits another priority: it comes behind what has that one already."""
        with self._changed:
            found = self._taken_out(item)
            if found is not None:
                self._waiting[priority].append(found)

    def close(self) -> None:
        """The thread ends when what was given is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def ended(self, timeout_s: float) -> bool:
        """Wait for the thread's end after `close`; False if it did not come in time."""
        if self._thread is None:
            return True
        self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def _taken_out(self, item: T) -> tuple[int, T] | None:
        for queue in self._waiting:
            for each in queue:
                if each[1] is item:
                    queue.remove(each)
                    return each
        return None

    # --- on the lane's thread ---

    def _run(self) -> None:
        while (found := self._next()) is not None:
            self._carry_out(found[1])
            del found  # nothing of it is kept while the lane waits

    def _next(self) -> tuple[int, T] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or any(self._waiting))
            if not any(self._waiting):
                return None
            most, *less = (queue for queue in self._waiting if queue)
            self._overtaken = self._overtaken + 1 if less else 0
            if self._overtaken > FAIR_AFTER:
                self._overtaken = 0
                most = min(less, key=lambda queue: queue[0][0])
            return most.popleft()
