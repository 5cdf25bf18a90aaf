"""Python's cyclic garbage collection on the GUI thread only: anywhere else it could destroy Qt objects there."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1_000
_OLD_EVERY = 60
_START_TURNS = 10
"""A start that is not over after so many turns does not hold up collecting any longer."""


class GarbageCollector(QObject):
    """Turns automatic collection off and collects by timer: the young each second, everything once a minute.

    It begins when the start is over (`settle`): what was made until then is there to stay, and looking through all of
    it would take longer than a frame.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._turn = 0
        self._settled = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_INTERVAL_MS)

    def settle(self) -> None:
        """Never look again at what there is now; collect from now on. Doing it again does nothing."""
        if not self._settled:
            self._settled = True
            gc.freeze()

    def stop(self) -> None:
        """Stop the timer and give collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        self._turn += 1
        if not self._settled:
            if self._turn < _START_TURNS:
                return
            self.settle()
        thresholds = gc.get_threshold()
        counts = gc.get_count()
        if self._turn % _OLD_EVERY == 0:
            gc.collect()
        elif counts[1] > thresholds[1]:
            gc.collect(1)
        elif counts[0] > thresholds[0]:
            gc.collect(0)
