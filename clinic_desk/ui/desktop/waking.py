"""Notices that the PC slept, as the message queue does for itself (`notifications.wakeup`)."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.notifications.wakeup import Clocks

LOOK_MS: Final = 5_000


class Waking(QObject):
    """From its making to `stop`."""

    woke = Signal()
    """The PC slept and is awake by now, or its clock was set."""

    def __init__(self, parent: QObject | None = None, clocks: Clocks | None = None) -> None:
        super().__init__(parent)
        self._clocks = clocks or Clocks()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Tell if the PC slept since the last look."""
        if self._clocks.jumped():
            self.woke.emit()
