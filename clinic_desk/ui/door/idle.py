"""Notices that nobody has touched key or mouse in any window of the program for a while."""

from __future__ import annotations

from time import monotonic, time
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow

DEFAULT_MINUTES: Final = 10
SESSION_HOURS: Final = 12
"""Signed in so long without a break, the next short pause locks: nobody works that long at a desk."""
PAUSE_S: Final = 60.0
_LOOK_MS: Final = 5_000
_TOUCHES = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletPress,
    }
)


def is_too_long(unused_s: float, signed_in_s: float, minutes: int) -> bool:
    """Whether a desk that nobody touched for so long is to be locked; `minutes` 0: never."""
    if minutes <= 0:
        return False
    limit = minutes * 60.0
    if signed_in_s >= SESSION_HOURS * 3600.0:
        limit = min(limit, PAUSE_S)
    return unused_s >= limit


def minutes_of(clinic: int, own: int) -> int:
    """Return after how many minutes the desk locks: the clinic's choice; a person's own (0: none) can be shorter."""
    return min(clinic, own) if clinic > 0 and own > 0 else clinic


class Idle(QObject):
    """From `begin`. It listens to the native windows, not to every event of every widget; a new one has the keyboard
    first, or is found within 5 s.
    """

    too_long = Signal()
    pressed = Signal(object)
    """QKeyCombination: a key that no shortcut took. An open sheet lets none through, a modal dialog its own only."""

    def __init__(self, minutes: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.minutes = minutes
        self._touched_at = self._touched_wall = self._began = 0.0
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._listen)

    def begin(self) -> None:
        """Somebody signed in just now."""
        self._began = monotonic()
        self._touch()
        self._listen()
        self._timer.start()

    def go_on(self) -> None:
        """She is back: the pause is over, the session is not new."""
        self._touch()
        self._listen()
        self._timer.start()

    def stop(self) -> None:
        """Locked: nothing to notice."""
        self._timer.stop()

    def unused_s(self) -> float:
        """Return for how many seconds nobody touched anything. A PC that slept has not been touched either."""
        return max(monotonic() - self._touched_at, time() - self._touched_wall)

    def look(self) -> None:
        """Tell if it is too long."""
        self._listen()
        if self._is_over():
            self._timer.stop()
            self.too_long.emit()

    def look_now(self) -> None:
        """Tell at once if it is too long; nothing while it is not noticed anyway."""
        if self._timer.isActive():
            self.look()

    def _is_over(self) -> bool:
        return is_too_long(self.unused_s(), monotonic() - self._began, self.minutes)

    def _listen(self, _focused: QWindow | None = None) -> None:
        for window in QGuiApplication.topLevelWindows():
            window.installEventFilter(self)  # again does nothing

    def _touch(self) -> None:
        self._touched_at, self._touched_wall = monotonic(), time()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _TOUCHES and isinstance(watched, QWindow):
            if self._timer.isActive() and self._is_over():
                # What wakes a PC that slept is a touch too, and need not be of who left it.
                QTimer.singleShot(0, self, self.look_now)  # not within the event of a window that is put away
                return True
            self._touch()
            if isinstance(event, QKeyEvent):
                self.pressed.emit(event.keyCombination())
        return False
