"""Where the tests' desks are born: a process that has imported everything already, of which each desk is a copy.

Importing is nearly all that starting a desk costs. A copy is a process of its own all the same: with its own window,
threads, connections and standard streams, and it can be killed. Only Linux can copy a process that has loaded the
windowing libraries; elsewhere each desk is started as any program is.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any, Final, Protocol

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = "tests.live.desk_program"
LONGEST_ORDER: Final = 65_536


class Process(Protocol):
    """A desk's process, as far as a test deals with it (`subprocess.Popen` is one)."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    returncode: Any

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code. Raises subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """End it as a power cut would."""


def start(arguments: list[str], errors: IO[bytes]) -> Process:
    """Start a desk as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


# --- the test's side --------------------------------------------------------------------------------------------------


class Copy:
    """A desk's process that the nursery made. See `Process`."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes], changed: threading.Condition) -> None:
        self.stdin: IO[bytes] | None = stdin
        self.stdout: IO[bytes] | None = stdout
        self.returncode: int | None = None
        self._pid = pid
        self._changed = changed

    def ended(self, code: int) -> None:
        """The nursery says so; called under the condition."""
        self.returncode = code
        self._changed.notify_all()

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.returncode is not None, timeout):
                raise subprocess.TimeoutExpired(PROGRAM, timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.returncode is None:
            os.kill(self._pid, signal.SIGKILL)


class Nursery:
    """Its process begins with `start`, which is a way to start a desk like the function of that name."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen([sys.executable, "-m", __name__], cwd=ROOT, stdin=theirs.fileno())
        self._changed = threading.Condition()
        self._born: list[int] = []
        self._copies: dict[int, Copy] = {}
        self._ended_early: dict[int, int] = {}
        self._ear = threading.Thread(target=self._listen, name="ear of the nursery")
        self._ear.start()

    def start(self, arguments: list[str], errors: IO[bytes]) -> Process:
        """Have a desk made; its standard error goes to `errors`."""
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        socket.send_fds(self._control, [json.dumps(arguments).encode()], [their_in, their_out, errors.fileno()])
        os.close(their_in)
        os.close(their_out)
        with self._changed:
            assert self._changed.wait_for(lambda: self._born, 150), "the nursery made no desk"
            pid = self._born.pop(0)
            copy = Copy(pid, os.fdopen(our_out, "wb"), os.fdopen(our_in, "rb"), self._changed)
            self._copies[pid] = copy
            if pid in self._ended_early:
                copy.ended(self._ended_early.pop(pid))
        return copy

    def close(self) -> None:
        """End it; the desks end with their standard input."""
        self._control.shutdown(socket.SHUT_WR)
        self._process.wait(60)
        self._ear.join()
        self._control.close()

    def _listen(self) -> None:
        while told := self._control.recv(LONGEST_ORDER):
            pid, code = json.loads(told)
            with self._changed:
                if code is None:
                    self._born.append(pid)
                elif pid in self._copies:
                    self._copies.pop(pid).ended(code)
                else:
                    self._ended_early[pid] = code
                self._changed.notify_all()


def can_copy() -> bool:
    """Whether this system can."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


# --- the nursery itself -----------------------------------------------------------------------------------------------


def _serve(control: socket.socket) -> None:
    """Make desks until the test's process has gone, and tell how each ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    order, streams, _, _ = socket.recv_fds(control, LONGEST_ORDER, 3)
                    if not order:
                        return
                    pid = _copy(control, json.loads(order), streams)
                    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
                    control.send(json.dumps([pid, None]).encode())
                else:
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    _, status = os.waitpid(key.data, 0)
                    control.send(json.dumps([key.data, os.waitstatus_to_exitcode(status)]).encode())


def _copy(control: socket.socket, arguments: list[str], streams: list[int]) -> int:
    pid = os.fork()
    if pid == 0:
        control.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        code = 70
        try:
            code = _be_a_desk(arguments)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    for stream in streams:
        os.close(stream)
    return pid


def _be_a_desk(arguments: list[str]) -> int:
    from tests.live import desk_program

    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode) for fd, mode in ((0, "r"), (1, "w"), (2, "w")))
    return desk_program.main(*arguments)


def _import_all() -> None:
    """Import what a desk imports before it has opened its clinic."""
    import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401

    import clinic_desk.opening.connecting
    import clinic_desk.ui.theme
    import clinic_desk.ui.workspace
    import tests.live.desk_program  # noqa: F401

    clinic_desk.opening.connecting.import_heavy(lambda _stage: None)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as inherited:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _import_all()
        _serve(inherited)
