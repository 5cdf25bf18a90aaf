"""An orderly end when the user logs off or the PC is switched off.

The desktop asks each program first (`commitDataRequest`): what is not saved is asked about where it lets a program ask,
and the log-off waits for the answer. The signals by which Unix ends programs leave no time for questions.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QSessionManager

log = logging.getLogger(__name__)
ENDINGS: Final = ("SIGTERM", "SIGHUP")
"""The PC goes off, the session or the terminal ends; Windows has the first only."""


class Asks(Protocol):
    """What of Qt's session manager is used."""

    def allowsInteraction(self) -> bool: ...  # noqa: N802
    def cancel(self) -> None: ...
    def release(self) -> None: ...


class LogOff(QObject):
    """`may_leave` asks about what is not saved: False if it is being asked. `end` lets go of everything, and waits."""

    def __init__(
        self,
        application: QGuiApplication,
        may_leave: Callable[[], bool],
        end: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._may_leave, self._end = may_leave, end
        self._is_ending = False
        application.commitDataRequest.connect(self._asked)
        application.aboutToQuit.connect(self._about_to_quit)

    def _asked(self, manager: QSessionManager) -> None:
        self.ask(manager)

    def ask(self, manager: Asks) -> None:
        """The session is about to end; another program may still keep it from that, so nothing is closed yet."""
        if manager.allowsInteraction():
            if not self._may_leave():
                log.info("the log-off waits: something is not saved")
                manager.cancel()
                return
            manager.release()
        self._is_ending = True

    def _about_to_quit(self) -> None:
        """Windows ends the program when this returns."""
        if self._is_ending:
            log.info("the session ends")
            self._end()


def close_on_signals(leave: Callable[[], None], close: Callable[[], None]) -> None:
    """Have Ctrl+C in a terminal leave as the window's button does, and what ends a session close without a question."""
    # Python looks at signals between its own steps; the collector's timer makes one every second.
    signal.signal(signal.SIGINT, lambda *_: leave())
    for name in ENDINGS:
        number = getattr(signal, name, None)
        if (
            number is not None and signal.getsignal(number) != signal.SIG_IGN
        ):  # nohup: whoever started it wants it to stay
            signal.signal(number, lambda *_: close())
