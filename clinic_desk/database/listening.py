"""An asynchronous connection to PostgreSQL that listens: its every wait can be ended at once by another thread.

Waiting is a select() on its socket and on a wake-up socket, so nothing waits for a server that no longer answers.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg2.extensions

_LARGEST_BATCH: Final = 5_000


class Stopped(Exception):
    """stop() was called: unwind the thread."""


class Silent(OSError):
    """The server did not answer in time."""


class OldPrimary(OSError):
    """The server was the primary of another time: what it tells is no news of this clinic any more."""


class WakeUp:
    """A pair of connected sockets: what is sent into one ends a wait on the other. Works with select() everywhere."""

    def __init__(self) -> None:
        self._receiving, self._sending = socket.socketpair()
        self._receiving.setblocking(False)
        self._sending.setblocking(False)

    def send(self) -> None:
        """Wake the waiting thread, or the next wait. Any thread; a full buffer means that it is woken already."""
        with suppress(OSError):  # closed: the thread has ended
            self._sending.send(b"\0")

    def fileno(self) -> int:
        """The socket to wait on."""
        return self._receiving.fileno()

    def drain(self) -> None:
        """Forget what was sent."""
        with suppress(BlockingIOError):
            while self._receiving.recv(1024):
                pass

    def wait(self, seconds: float) -> None:
        """Wait so long, or until woken."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._receiving, selectors.EVENT_READ)
            if selector.select(seconds):
                self.drain()

    def close(self) -> None:
        """Give both sockets back."""
        self._receiving.close()
        self._sending.close()


def ended(thread: threading.Thread, stopping: threading.Event, wake: WakeUp, timeout_s: float) -> bool:
    """Stop a thread that listens, started or not; False if it has not ended in time (or is the caller's own)."""
    stopping.set()
    wake.send()
    if thread.ident is None:
        wake.close()
        return True
    if thread is threading.current_thread():
        return False
    thread.join(timeout_s)
    return not thread.is_alive()


class Session:
    """One asynchronous connection, from connecting to its end. Every wait ends at once when the listener stops."""

    def __init__(self, channel: str, wake: WakeUp, stopping: threading.Event) -> None:
        self._channel = channel
        self._wake = wake
        self._stopping = stopping
        self._connection: psycopg2.extensions.connection | None = None

    def check_stopped(self) -> None:
        """Raise Stopped after stop()."""
        if self._stopping.is_set():
            raise Stopped

    def connect(self, arguments: dict[str, Any], deadline: float) -> None:
        """Connect by `deadline` (time.monotonic()), else Silent."""
        import psycopg2

        self.check_stopped()
        self._connection = psycopg2.connect(**arguments, async_=True)
        self._finish(deadline)

    def execute(self, statement: str, deadline: float) -> None:
        """Run a statement and wait for its result; notifications stay to be heard()."""
        cursor = self._open().cursor()
        cursor.execute(statement)
        self._finish(deadline)
        cursor.close()

    def scalar(self, statement: str, deadline: float) -> Any:
        """Run a statement and return the first value of its first row."""
        cursor = self._open().cursor()
        cursor.execute(statement)
        self._finish(deadline)
        row = cursor.fetchone()
        cursor.close()
        return row[0] if row else None

    def execute_while_hearing(self, statement: str, deadline: float) -> Iterator[list[str]]:
        """Run a statement and yield what is heard until it is done."""
        cursor = self._open().cursor()
        cursor.execute(statement)
        while not self._advance(deadline):
            yield self.heard()
        cursor.close()
        yield self.heard()

    def wait_for_news(self, until: float) -> bool:
        """Wait for a notification; True if none came until then, or if somebody asked for a sign of life."""
        connection = self._open()
        readable, _, woken = self._select(until, write=False)
        if woken or not readable:
            return True
        connection.poll()
        while len(connection.notifies) < _LARGEST_BATCH and self._select(0.0, write=False)[0]:
            connection.poll()  # what arrives together is handed over together
        return False

    def heard(self) -> list[str]:
        """Take all notifications received so far: their payloads, in order."""
        received = self._open().notifies
        payloads = [notify.payload for notify in received if notify.channel == self._channel]
        del received[:]
        return payloads

    def close(self) -> None:
        """Close the connection; does not wait for the server."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> psycopg2.extensions.connection:
        assert self._connection is not None
        return self._connection

    def _finish(self, deadline: float) -> None:
        while not self._advance(deadline):
            pass

    def _advance(self, deadline: float) -> bool:
        """One step of connecting or of a statement: True when it is done; Silent after the deadline."""
        from psycopg2 import extensions

        needs = self._open().poll()
        if needs == extensions.POLL_OK:
            return True
        readable, writable, _ = self._select(deadline, write=needs == extensions.POLL_WRITE)
        if not (readable or writable) and time.monotonic() >= deadline:
            raise Silent
        return False

    def _select(self, until: float, *, write: bool) -> tuple[bool, bool, bool]:
        """Wait for the socket or a wake-up: (readable, writable, woken). Raises Stopped after stop()."""
        wanted = selectors.EVENT_WRITE if write else selectors.EVENT_READ
        with selectors.DefaultSelector() as selector:
            waker = selector.register(self._wake.fileno(), selectors.EVENT_READ)
            selector.register(self._open().fileno(), wanted)
            events = selector.select(max(0.0, until - time.monotonic()))
        self.check_stopped()
        woken = any(key == waker for key, _ in events)
        if woken:
            self._wake.drain()
        ready = any(key != waker for key, _ in events)
        return ready and not write, ready and write, woken
