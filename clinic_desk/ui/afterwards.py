"""What waits until the first picture is on screen: done in steps, so that keys are answered in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

_AT_LATEST_MS: Final = 500
"""A window that is hidden or minimised is not painted; what waits is done all the same."""
_GAP_MS: Final = 5
"""In between the picture gets on screen, and what the user does is answered."""


class Afterwards(QObject):
    """Does each step once, in order, with a gap before each, when a widget has been painted."""

    _painted = Signal()

    def __init__(self, steps: Iterable[Callable[[], object]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps = deque(steps)
        self._turn = QTimer(self, singleShot=True, interval=_AT_LATEST_MS)
        self._turn.timeout.connect(self._step)
        # Queued: a timer started within the painting could be served before the picture is handed on.
        self._painted.connect(self._wait, Qt.ConnectionType.QueuedConnection)

    def start(self, widget: QWidget) -> None:
        """Wait for the next painting of a widget (of a scroll area: its viewport)."""
        widget.installEventFilter(self)
        self._turn.start()

    def stop(self) -> None:
        """Leave undone what is not done yet."""
        self._steps.clear()
        self._turn.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin as soon as this painting is over."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._painted.emit()
        return False

    def _wait(self) -> None:
        if self._steps:
            self._turn.start(_GAP_MS)

    def _step(self) -> None:
        if self._steps:
            step = self._steps.popleft()
            self._wait()  # first: one step's bug must not keep the others from being done
            step()
