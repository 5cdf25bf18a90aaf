"""Programs that work the message queue, each a process of its own: started plainly, or copied from one that is ready.

Importing is nearly all that starting costs. Where one is killed every second, each is a copy of a process that has
imported everything (Linux only); `python -m tests.support.worker_processes` is that process. In the copies the times of
the PC are shorter, as the database's clock runs ahead in that test: see `_HASTE`.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import URL

from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0
FROM: Final = "clinic@example.org"

HASTE_LIMIT_S: Final = 4.0
HASTE_LATEST_S: Final = 4.0
HASTE_SLEEP_S: Final = 9.0
"""A copy that was stopped for so long hands nothing over any more of what it had begun: more than both of the above."""


def environment(url: URL, name: str, folder: Path) -> dict[str, str]:
    """What a worker's program finds in its environment; `folder`: for settings, and for messages "to a folder"."""
    return {
        "CLINIC_DESK_WORKER_DATABASE_URL": url.render_as_string(hide_password=False),
        "CLINIC_DESK_DESK_ID": str(uuid4()),
        "CLINIC_DESK_DESK_NAME": name,
        "CLINIC_DESK_DATA": str(folder),
        "CLINIC_DESK_CONFIG": str(folder),
        "CLINIC_DESK_MESSAGE_FOLDER": str(folder / "messages"),
        "EMAIL_ADDRESS": FROM,
        "EMAIL_PASSWORD": "not-a-secret",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_PHONE_NUMBER": NUMBER,
    }


class Program:
    """`python -m clinic_desk worker`, or another module like it. A context manager: killed at its end."""

    def __init__(self, url: URL, name: str, folder: Path, *, module: str = "clinic_desk", **others: str) -> None:
        self.name = name
        self._said = folder / f"{name}.err"
        arguments = [sys.executable, "-m", module, "worker"]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                arguments, cwd=ROOT, stdout=said, stderr=said, env=os.environ | environment(url, name, folder) | others
            )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def terminate(self) -> int:
        """Ask it to end as a service manager does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)

    def stop_and_terminate(self, within_s: float) -> int:
        """Let it sleep, wake it, and ask it in the same moment to end; its exit code."""
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within_s)

    @property
    def said(self) -> str:
        """What it wrote."""
        return self._said.read_text("utf-8")

    def until_said(self, part: str) -> None:
        """Wait for a line of it."""
        deadline = time.monotonic() + PATIENCE_S
        while part not in self.said:
            assert self._process.poll() is None, f"{self.name} ended: {self.said}"
            assert time.monotonic() < deadline, f"{self.name} never said {part!r}: {self.said}"
            time.sleep(0.02)


# --- copies of a process that is ready --------------------------------------------------------------------------------


@dataclass
class Copy:
    """A running worker. `stopped`: it gets no time of the processor (SIGSTOP) since that moment of the steady clock."""

    name: str
    pid: int
    stopped: float | None = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def is_alive(self) -> bool:
        """Whether it runs, or is stopped."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Nursery:
    """Makes the copies. A context manager: with its end all of them end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == "ready"

    def start(self, url: URL) -> Copy:
        """Start another worker, under a name of its own."""
        self._number += 1
        name = f"Worker {self._number}"
        assert self._process.stdin is not None
        order = {"environment": environment(url, name, self._folder), "said": str(self.said(name))}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Copy(name, int(self._answer()))

    def said(self, name: str) -> Path:
        """Where a worker's words go."""
        return self._folder / f"{name}.err"

    def all_said(self) -> dict[str, str]:
        """What the workers wrote, by their names."""
        names = [f"Worker {number}" for number in range(1, self._number + 1)]
        return {name: self.said(name).read_text("utf-8") for name in names if self.said(name).exists()}

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _make_ready() -> None:
    """Import what a worker uses, and shorten the PC's times: the database's clock runs ahead many times as fast."""
    import gc

    import apscheduler.executors.pool  # type: ignore[import-untyped]
    import apscheduler.schedulers.background  # type: ignore[import-untyped]
    import apscheduler.triggers.interval  # type: ignore[import-untyped]  # noqa: F401
    import icalendar  # noqa: F401
    import idna  # noqa: F401
    import jinja2  # noqa: F401
    import keyring.backends.fail  # noqa: F401
    import psycopg2  # noqa: F401
    import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401
    import twilio.rest  # type: ignore[import-untyped]
    import twilio.rest.api.v2010.account.message  # type: ignore[import-untyped]  # noqa: F401

    import clinic_desk.cli
    import clinic_desk.commandline.run
    import clinic_desk.commandline.worker  # noqa: F401
    from clinic_desk.notifications import scheduler, worker
    from clinic_desk.notifications.senders import smtp
    from clinic_desk.notifications.senders import twilio as sms

    haste: Any = scheduler
    haste.CHECK_S, haste.SETTINGS_S = 1.0, 5.0
    haste = worker
    haste.LATEST_START_S = HASTE_LATEST_S
    for sender in (smtp.SmtpSender, sms.TwilioSender):
        defaults = sender.__init__.__kwdefaults__
        assert defaults is not None
        defaults["limit_s"] = HASTE_LIMIT_S
    gc.freeze()


def _be_born(order: dict[str, Any]) -> None:
    """In the copy: be a worker of this environment, and end with it."""
    code = 70
    try:
        ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG: none outlives the test
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (said, 1), (said, 2)):
            os.dup2(source, target)
        os.environ.update(order["environment"])
        faulthandler.register(signal.SIGUSR1, all_threads=True)
        from clinic_desk.cli import main

        code = main(["worker"]) or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run() -> None:
    _make_ready()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    _tell("ready")
    while line := os.read(0, 1 << 16):
        pid = os.fork()
        if pid == 0:
            _be_born(json.loads(line))
        _tell(str(pid))


if __name__ == "__main__":
    _run()
