"""What may take long and is not the database's: asking a keyring, trying a provider out. Off the desk's two lanes."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from clinic_desk.errors import ClinicDeskError

T = TypeVar("T")
_LOOK_MS = 40


class Errand(QObject):
    """One at a time, on a thread of its own that touches no Qt object: the GUI thread looks for what it brought.

    So an errand that hangs holds up neither the database's lanes nor the end of the program.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: queue.SimpleQueue[tuple[Any, Exception | None]] | None = None
        self._done: Callable[[Any], None] = _nothing
        self._failed: Callable[[ClinicDeskError], None] = _nothing
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._deliver)

    @property
    def is_busy(self) -> bool:
        """Whether one is under way."""
        return self._answers is not None

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[ClinicDeskError], None]) -> bool:
        """Begin, and call `done` or `failed` on the GUI thread; False while another one is under way."""
        if self.is_busy:
            return False
        answers: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()
        self._answers, self._done, self._failed = answers, done, failed
        threading.Thread(target=_carry_out, args=(work, answers), name="settings errand", daemon=True).start()
        self._look.start()
        return True

    def _deliver(self) -> None:
        assert self._answers is not None
        try:
            result, error = self._answers.get_nowait()
        except queue.Empty:
            return
        done, failed = self._done, self._failed
        self._answers, self._done, self._failed = None, _nothing, _nothing
        self._look.stop()
        if error is None:
            done(result)
        elif isinstance(error, ClinicDeskError):
            failed(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)


def _carry_out(work: Callable[[], Any], answers: queue.SimpleQueue[tuple[Any, Exception | None]]) -> None:
    try:
        answers.put((work(), None))
    except Exception as error:  # handed over to the GUI thread
        answers.put((None, error))


def _nothing(*_: object) -> None:
    """Nobody waits."""
