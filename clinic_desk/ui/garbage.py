"""Python's cyclic garbage collection on the GUI thread only: anywhere else it could destroy Qt objects there."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1_000
_OLD_EVERY = 60


class GarbageCollector(QObject):
    """Turns automatic collection off and collects by timer: the young each second, everything once a minute."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_INTERVAL_MS)

    def stop(self) -> None:
        """Stop the timer and give collection back to Python."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        self._turn += 1
        thresholds = gc.get_threshold()
        counts = gc.get_count()
        if self._turn % _OLD_EVERY == 0:
            gc.collect()
        elif counts[1] > thresholds[1]:
            gc.collect(1)
        elif counts[0] > thresholds[0]:
            gc.collect(0)
