"""Frees a thread that waits for a provider: cuts its socket once the time for one message is up.

A socket's own timeout counts anew with every byte that arrives, so it alone never ends a talk that drips.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self


class TimeLimit:
    """A context manager: sockets given to `watch` inside the block are shut down `seconds` after it began."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.name = "time limit of a sender"
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._expired = False
        self._seconds = seconds
        self._began = (time.monotonic(), time.time())

    def __enter__(self) -> Self:
        self._began = (time.monotonic(), time.time())
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def watch(self, link: socket.socket | None) -> None:
        """Cut this socket when the time is up; at once if it is up already."""
        with self._lock:
            self._socket = link
            if self._expired:
                _shut(link)

    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left_s() < 0

    def left_s(self) -> float:
        """Return the seconds left, by the clock that says less: after a sleep the timer may not have noticed yet."""
        steady, wall = self._began
        return self._seconds - max(time.monotonic() - steady, time.time() - wall)

    def _cut(self) -> None:
        with self._lock:
            self._expired = True
            _shut(self._socket)


def _shut(link: socket.socket | None) -> None:
    if link is not None:
        with contextlib.suppress(OSError):
            # Not the TLS socket's own shutdown(): it takes the session away under the thread that reads from it.
            socket.socket.shutdown(link, socket.SHUT_RDWR)
