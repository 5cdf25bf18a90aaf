"""Reads or writes a file off the GUI thread and off the desk's lanes; tells how far it is, and stops when asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.messages.settings.errands import Errand

T = TypeVar("T")
Work = Callable[[Callable[[Any], None], Callable[[], bool]], T]
"""What is to be done, given what it tells its progress to and what it asks whether to stop."""
_LOOK_MS = 100


class Job(QObject):
    """One at a time. The thread of the work touches no Qt object: progress is left for the GUI thread to look at."""

    progressed = Signal(object)
    """The newest progress (`Progress`, or a number of rows)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._errand = Errand(self)
        self._stopping = threading.Event()
        self._newest: deque[Any] = deque(maxlen=1)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._show)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._errand.is_busy

    def run(self, work: Work[T], done: Callable[[T], None], failed: Callable[[ClinicDeskError], None]) -> None:
        """Begin; nothing happens while another one is under way."""
        if self.is_busy:
            return
        stopping = self._stopping = threading.Event()
        newest: deque[Any] = deque(maxlen=1)
        self._newest = newest
        self._look.start()

        def ended(result: T) -> None:
            self._look.stop()
            self._show()
            done(result)

        def refused(error: ClinicDeskError) -> None:
            self._look.stop()
            failed(error)

        self._errand.run(lambda: work(newest.append, stopping.is_set), ended, refused)

    def stop(self) -> None:
        """Ask what is under way to end; it says so itself when it has."""
        self._stopping.set()

    def _show(self) -> None:
        if self._newest:
            self.progressed.emit(self._newest[0])
