"""Notices that nobody has touched key or mouse in any window of the program for a while."""

from __future__ import annotations

from time import monotonic, time
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow

PAUSE_S: Final = 60.0
"""When a session is over a pause so short locks: nobody is cut off in the middle of a call."""
GRACE_S: Final = 15 * 60.0
"""So long after a session's end the desk is locked whatever is being done."""
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


def is_too_long(unused_s: float, over_s: float, minutes: int) -> bool:
    """Whether a desk that nobody touched for so long is to be locked; `minutes` 0: never. `over_s`: for how long the
    session is over (negative: it is not).
    """
    if minutes <= 0:
        return False
    limit = min(minutes * 60.0, PAUSE_S) if over_s >= 0 else minutes * 60.0
    return unused_s >= limit or over_s >= GRACE_S


def minutes_of(clinic: int, *shorter: int) -> int:
    """Return after how many minutes the desk locks: the clinic's choice, or what is shorter (0: nothing is chosen)."""
    return min(clinic, *(each for each in shorter if each > 0), clinic)


class Idle(QObject):
    """From `begin`. It listens to the native windows, not to every event of every widget; a new one has the keyboard
    first, or is found within 5 s.
    """

    too_long = Signal()
    session_over = Signal()
    """Signed in for as long as the clinic lets anybody be: the next pause locks, or the end of `GRACE_S`."""
    pressed = Signal(object)
    """QKeyCombination: a key that no shortcut took. An open sheet lets none through, a modal dialog its own only."""

    def __init__(self, minutes: int, session_hours: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.minutes = minutes
        self.session_hours = session_hours
        self._touched_at = self._touched_wall = self._began_at = self._began_wall = 0.0
        self._is_told = False
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._listen)

    def begin(self) -> None:
        """Somebody typed her password just now, or came in by what took its place."""
        self._began_at, self._began_wall = monotonic(), time()
        self._is_told = False
        self.go_on()

    def go_on(self) -> None:
        """She is back without a password: the pause is over, the session is not new."""
        self._touch()
        self._listen()
        self._timer.start()

    def stop(self) -> None:
        """Locked: nothing to notice."""
        self._timer.stop()

    def unused_s(self) -> float:
        """Return for how many seconds nobody touched anything. A PC that slept has not been touched either."""
        return max(monotonic() - self._touched_at, time() - self._touched_wall)

    def over_s(self) -> float:
        """Return for how many seconds the session is over; negative: it is not."""
        return max(monotonic() - self._began_at, time() - self._began_wall) - self.session_hours * 3600.0

    def look(self) -> None:
        """Tell if it is too long."""
        self._listen()
        if self._is_too_long():
            self._timer.stop()
            self.too_long.emit()
        elif self.over_s() >= 0 and self.minutes > 0 and not self._is_told:
            self._is_told = True
            self.session_over.emit()

    def look_now(self) -> None:
        """Tell at once if it is too long; nothing while it is not noticed anyway."""
        if self._timer.isActive():
            self.look()

    def _is_too_long(self) -> bool:
        return is_too_long(self.unused_s(), self.over_s(), self.minutes)

    def _listen(self, _focused: QWindow | None = None) -> None:
        for window in QGuiApplication.topLevelWindows():
            window.installEventFilter(self)  # again does nothing

    def _touch(self) -> None:
        self._touched_at, self._touched_wall = monotonic(), time()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _TOUCHES and isinstance(watched, QWindow):
            if self._timer.isActive() and self._is_too_long():
                # What wakes a PC that slept is a touch too, and need not be of who left it.
                QTimer.singleShot(0, self, self.look_now)  # not within the event of a window that is put away
                return True
            self._touch()
            if isinstance(event, QKeyEvent):
                self.pressed.emit(event.keyCombination())
        return False
