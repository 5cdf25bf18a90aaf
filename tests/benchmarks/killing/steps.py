"""Counts the steps of an act, and waits before one of them to be killed.

A step is what changes something: a statement, a COMMIT, a file made, renamed or removed, a program begun. What only
reads is none.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg2
import psycopg2.extensions

_READS: Final = ("SELECT", "SHOW", "SET ", "BEGIN", "ROLLBACK", "WITH", "COPY (")
_WRITES: Final = os.O_WRONLY | os.O_RDWR
_FILES: Final = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"})


class Steps:
    """Counts what changes something; before step `stop_at` it says so and waits for its end."""

    def __init__(self, stop_at: int, tell: Callable[[str], None]) -> None:
        self.labels: list[str] = []
        self._stop_at = stop_at
        self._tell = tell
        self._busy = threading.local()

    def step(self, label: str) -> None:
        """Count one; several of a kind in a row (the files of a folder) are one."""
        if self.labels and self.labels[-1] == label:
            return
        self.labels.append(label)
        if len(self.labels) == self._stop_at:
            self._tell(f"before {label}\n")
            while True:
                time.sleep(60)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of Python."""
        if getattr(self._busy, "is_so", False):
            return
        if event in _FILES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES):
            self._busy.is_so = True
            try:
                inside = event in {"os.remove", "os.rmdir"} and arguments[-1] != -1
                self.step("removing a folder" if inside else f"{event} {_kind_of(arguments[0])}")
            finally:
                self._busy.is_so = False

    def said(self, statement: Any) -> None:
        """A statement."""
        words = " ".join(str(statement).split())[:70]
        if not words.upper().startswith(_READS):
            self.step(words)


def _kind_of(path: Any) -> str:
    """A file's name without what is made up anew each time."""
    name = Path(os.fsdecode(path)).name if isinstance(path, str | bytes | os.PathLike) else str(path)
    return "".join(sign if not sign.isdigit() else "#" for sign in name)[:24]


def watch(steps: Steps) -> None:
    """Have everything that this process does counted."""
    sys.addaudithook(steps.heard)

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - as the driver calls it
            steps.said(query)
            super().execute(query, vars)

    class Connection(psycopg2.extensions.connection):
        def cursor(self, *arguments: Any, **named: Any) -> Any:
            return super().cursor(*arguments, **{"cursor_factory": Cursor, **named})

        def commit(self) -> None:
            steps.step("COMMIT")
            super().commit()
            steps.step("after COMMIT")

    connect = psycopg2.connect
    psycopg2.connect = lambda *given, **named: connect(*given, **{"connection_factory": Connection, **named})
