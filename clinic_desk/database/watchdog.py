"""Ends the wait on a server that is alive but does not answer: shuts the connection's socket down after a while.

TCP's own timers see a dead link and `statement_timeout` a slow statement; neither helps against a server (or a COMMIT)
that never answers while the link is up (PROMISES.md, F4).
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class HasSocket(Protocol):
    """A driver connection, as far as it is needed here."""

    def fileno(self) -> int:
        """The number of the connection's socket."""


class Watchdog:
    """One sleeping thread for any number of guarded waits; it starts with the first and ends with `close`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._guarded: dict[object, tuple[float, socket.socket]] = {}
        self._wakes_at: float | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def guard(self, connection: HasSocket, seconds: float) -> Iterator[None]:
        """While the block runs, `connection` has `seconds` to answer; then its socket is shut down."""
        key = object()
        duplicate = _duplicate(connection)
        if duplicate is None:
            yield
            return
        self._add(key, time.monotonic() + seconds, duplicate)
        try:
            yield
        finally:
            with self._condition:
                self._guarded.pop(key, None)
            duplicate.close()

    def close(self) -> None:
        """End the thread; guarded waits go on unguarded."""
        with self._condition:
            self._closed = True
            self._condition.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _add(self, key: object, deadline: float, duplicate: socket.socket) -> None:
        with self._condition:
            self._guarded[key] = (deadline, duplicate)
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clinic-desk-watchdog", daemon=True)
                self._thread.start()
            elif self._wakes_at is None or deadline < self._wakes_at:
                self._condition.notify()

    def _run(self) -> None:
        with self._condition:
            while not self._closed:
                now = time.monotonic()
                for key, (deadline, duplicate) in list(self._guarded.items()):
                    if deadline <= now:
                        del self._guarded[key]
                        with suppress(OSError):
                            duplicate.shutdown(socket.SHUT_RDWR)
                self._wakes_at = min((deadline for deadline, _ in self._guarded.values()), default=None)
                self._condition.wait(None if self._wakes_at is None else max(0.0, self._wakes_at - now))


def _duplicate(connection: HasSocket) -> socket.socket | None:
    """A second handle of the socket: the driver may close its own at any moment, and the number be used again.

    Not by `socket.socket.dup`: that makes the shared socket a blocking one, on which the driver would wait for ever.
    """
    import psycopg2

    try:
        return socket.socket(fileno=socket.dup(connection.fileno()))
    except (OSError, ValueError, psycopg2.Error):
        return None  # the connection is closed already: its next use says so
