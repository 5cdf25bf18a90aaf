"""A tick of 5 ms on the GUI thread: how long it waited at worst, and how much of that was the program's own doing."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 5


class Tick(QObject):
    """`blocked` leaves out what no program can help: while a thread of this program could have run and the machine ran

    another program instead (Linux tells that per thread; elsewhere nothing is left out). Both in seconds.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.worst = self.blocked = 0.0
        self.count = 0
        self._last = self._kept_waiting = 0.0
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to measure."""
        self.worst = self.blocked = 0.0
        self.count = 0
        self._last, self._kept_waiting = monotonic(), kept_waiting()
        self._timer.start()

    def stop(self) -> None:
        """Stop; the figures stay."""
        self._timer.stop()

    def _beat(self) -> None:
        now, waiting = monotonic(), kept_waiting()
        gap = now - self._last - TICK_MS / 1000
        self.count += 1
        self.worst = max(self.worst, gap)
        self.blocked = max(self.blocked, gap - (waiting - self._kept_waiting))
        self._last, self._kept_waiting = now, waiting


def kept_waiting() -> float:
    """Seconds that threads of this program were ready to run and the machine ran something else."""
    total = 0
    for path in Path("/proc/self/task").glob("*/schedstat"):
        try:
            total += int(path.read_bytes().split()[1])
        except (OSError, IndexError, ValueError):  # ended meanwhile, or not told here
            continue
    return total / 1e9
