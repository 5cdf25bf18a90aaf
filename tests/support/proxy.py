"""A TCP proxy on loopback that can be told to fail in the ways networks do: for the tests of faults F1-F9."""

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeVar

from sqlalchemy import URL

COMMIT: Final = b"COMMIT\0"
"""What psycopg2 sends for connection.commit(): the simple query message holds it in clear (no TLS on this way).

With its end, or else it is found in "BEGIN ISOLATION LEVEL READ COMMITTED" already."""

T = TypeVar("T")

_CHUNK: Final = 65_536
_MOST_HELD: Final = 16 * _CHUNK
_CONNECT_WITHIN_S: Final = 2.0
_RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Pipe:
    """One direction of a connection. Bytes wait in `held` until their moment has come and the target takes them."""

    source: socket.socket
    target: socket.socket
    from_client: bool
    held: deque[tuple[float, bytes]] = field(default_factory=deque)
    seen: bytes = b""  # the end of what was read before, for a pattern that arrives in two pieces
    ended: bool = False  # the source has closed its side; the target is told once nothing is held
    told: bool = False
    trap: "_Trap | None" = None  # sprung by what is read next here: the server's answer to the pattern


@dataclass(frozen=True)
class _Trap:
    pattern: bytes
    before_forward: bool
    stall: bool
    sprung: threading.Event = field(default_factory=threading.Event)


class FaultyProxy:
    """Forwards connections to its `port` of 127.0.0.1 to `target` (host, port) until told otherwise.

    Methods may be called from any thread but its own; what they do has happened when they return. A context manager:
    close() ends the thread and every connection.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._pipes: list[_Pipe] = []
        self._stalled = False
        self._delay_s = 0.0
        self._trap: _Trap | None = None
        self._accepted = 0
        self._closing = False
        self._listening: socket.socket | None = _listen(0)
        self.port: int = self._listening.getsockname()[1]
        self._asked: deque[Callable[[], None]] = deque()
        self._waking, self._wake = socket.socketpair()
        self._waking.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="faulty-proxy", daemon=True)
        self._thread.start()

    @classmethod
    def before(cls, url: URL) -> Self:
        """A proxy before the server of a URL that names one host."""
        assert url.host
        return cls((url.host, url.port or 5432))

    def url(self, url: URL) -> URL:
        """The same URL by way of this proxy."""
        return url.set(host="127.0.0.1", port=self.port)

    # --- faults -------------------------------------------------------------------------------------------------------

    def cut_all(self) -> int:
        """Reset every connection, on both sides; return how many there were. New ones are accepted."""
        return self._ask(self._reset_all)

    def stall(self) -> None:
        """Let packets vanish: nothing goes either way, nothing is closed, and new connections hang too."""

        def act() -> None:
            self._stalled = True

        self._ask(act)

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, like a computer on which no server runs."""

        def act() -> None:
            if self._listening is not None:
                self._listening.close()
                self._listening = None
            self._reset_all()

        self._ask(act)

    def delay(self, milliseconds: float) -> None:
        """Hold back what is read from now on for so long, in each direction; 0 ends it."""

        def act() -> None:
            self._delay_s = milliseconds / 1000

        self._ask(act)

    def cut_when(self, client_bytes: bytes, before_forward: bool, *, stall: bool = False) -> threading.Event:
        """Once, reset the connection on which a client sends `client_bytes`; the event that is returned is set then.

        `before_forward`: the server never sees them (F2, F5). Otherwise they are forwarded, the server's answer is
        awaited and swallowed (F1). `stall`: instead of the reset this and all connections fall silent, as by stall();
        resume() lets through what was held back, in either direction (F4, F8).
        """
        trap = _Trap(client_bytes, before_forward, stall)

        def act() -> None:
            self._trap = trap

        self._ask(act)
        return trap.sprung

    def resume(self) -> None:
        """Be well again: end stall(), refuse(), delay() and what cut_when() waits for. What is held goes on its way."""

        def act() -> None:
            self._stalled = False
            self._delay_s = 0.0
            self._trap = None
            if self._listening is None:
                self._listening = _listen(self.port)

        self._ask(act)

    # --- state --------------------------------------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._ask(lambda: len(self._pipes) // 2)

    @property
    def accepted(self) -> int:
        """How many connections were taken since the start."""
        return self._ask(lambda: self._accepted)

    def close(self) -> None:
        """End everything; may be called again."""
        self._closing = True
        self._rouse()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the thread, which alone touches the sockets ------------------------------------------------------------------

    def _ask(self, act: Callable[[], T]) -> T:
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(act())
            except OSError as error:
                answer.set_exception(error)

        self._asked.append(run)
        self._rouse()
        return answer.result(5)

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        finally:
            self._reset_all()
            for each in (self._listening, self._waking, self._wake):
                if each is not None:
                    each.close()

    def _turn(self) -> None:
        while self._asked:
            self._asked.popleft()()
        ready = self._wait()
        with contextlib.suppress(BlockingIOError):
            self._waking.recv(_CHUNK)
        if self._asked or self._closing or self._stalled:
            return  # what was asked meanwhile comes first
        if self._listening in ready:
            self._accept(self._listening)
        for pipe in list(self._pipes):
            if pipe.source in ready and pipe in self._pipes and not self._stalled:
                self._read(pipe)
        for pipe in list(self._pipes):
            if pipe in self._pipes and not self._stalled:
                self._write(pipe)

    def _wait(self) -> set[socket.socket]:
        """Wait until something can be done; return the sockets that can be read."""
        wanted = {self._waking: selectors.EVENT_READ}
        moments = []
        now = time.monotonic()
        if not self._stalled:
            if self._listening is not None:
                wanted[self._listening] = selectors.EVENT_READ
            for pipe in self._pipes:
                if not pipe.ended and sum(len(data) for _, data in pipe.held) < _MOST_HELD:
                    wanted[pipe.source] = wanted.get(pipe.source, 0) | selectors.EVENT_READ
                if pipe.held and pipe.held[0][0] <= now:
                    wanted[pipe.target] = wanted.get(pipe.target, 0) | selectors.EVENT_WRITE
                elif pipe.held:
                    moments.append(pipe.held[0][0])
        with selectors.DefaultSelector() as selector:
            for each, events in wanted.items():
                selector.register(each, events)
            happened = selector.select(max(0.0, min(moments) - now) if moments else None)
        return {key.fileobj for key, events in happened if events & selectors.EVENT_READ}  # type: ignore[misc]

    def _accept(self, listening: socket.socket) -> None:
        try:
            client, _ = listening.accept()
        except OSError:  # gone again
            return
        self._accepted += 1
        try:
            server = socket.create_connection(self._target, _CONNECT_WITHIN_S)
        except OSError:
            _reset(client)
            return
        for each in (client, server):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pipes += [_Pipe(client, server, from_client=True), _Pipe(server, client, from_client=False)]

    def _read(self, pipe: _Pipe) -> None:
        try:
            data = pipe.source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._reset_pair(pipe)
            return
        if not data:
            pipe.ended = True
            return
        if pipe.trap is not None:
            self._spring(pipe, data, pipe.trap)
            return
        trap = self._trap
        if trap is not None and pipe.from_client:
            window = pipe.seen + data
            pipe.seen = window[-len(trap.pattern) :]
            if trap.pattern in window:
                self._trap = None
                if trap.before_forward:
                    self._spring(pipe, data, trap)
                    return
                self._back_of(pipe).trap = trap
        pipe.held.append((time.monotonic() + self._delay_s, data))

    def _spring(self, pipe: _Pipe, data: bytes, trap: _Trap) -> None:
        pipe.trap = None
        trap.sprung.set()  # first: who sees the connection break knows why
        if trap.stall:
            pipe.held.append((0.0, data))
            self._stalled = True
        else:
            self._reset_pair(pipe)

    def _write(self, pipe: _Pipe) -> None:
        try:
            while pipe.held and pipe.held[0][0] <= time.monotonic():
                moment, data = pipe.held[0]
                sent = pipe.target.send(data)
                pipe.held.popleft()
                if sent < len(data):
                    pipe.held.appendleft((moment, data[sent:]))
        except BlockingIOError:
            return
        except OSError:
            self._reset_pair(pipe)
            return
        if pipe.ended and not pipe.held and not pipe.told:
            pipe.told = True
            with contextlib.suppress(OSError):
                pipe.target.shutdown(socket.SHUT_WR)
            if self._back_of(pipe).told:
                self._close_pair(pipe)

    # --- connections --------------------------------------------------------------------------------------------------

    def _back_of(self, pipe: _Pipe) -> _Pipe:
        return next(each for each in self._pipes if each.source is pipe.target)

    def _close_pair(self, pipe: _Pipe) -> None:
        self._pipes = [each for each in self._pipes if each.source not in (pipe.source, pipe.target)]
        pipe.source.close()
        pipe.target.close()

    def _reset_pair(self, pipe: _Pipe) -> None:
        self._pipes = [each for each in self._pipes if each.source not in (pipe.source, pipe.target)]
        _reset(pipe.source)
        _reset(pipe.target)

    def _reset_all(self) -> int:
        count = 0
        while self._pipes:
            self._reset_pair(self._pipes[0])
            count += 1
        return count


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(64)
    listening.setblocking(False)
    return listening


def _reset(connection: socket.socket) -> None:
    """Close with RST: the other side gets "connection reset", not an orderly end."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
    connection.close()
