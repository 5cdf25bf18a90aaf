"""Sends messages from this desk, whoever is at it, and says in its window how that goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from clinic_desk.ui.sending import BackgroundSending, Begin
    from clinic_desk.ui.workspace import Workspace

SENDING_AFTER_MS: Final = 1_500
"""So long the calendar has the computer to itself before what sends messages is imported."""


class DeskSending:
    """From the first one at the desk whose login may send, by the worker's login, until `close`."""

    def __init__(self, space: Callable[[], Workspace | None], parent: QObject) -> None:
        """`space` returns what the desk shows now; None: the door, or nothing yet."""
        self._parent = parent
        self._space = space
        self._said = ("", False)
        self._is_closed = False
        self.background: BackgroundSending | None = None

    def begin_soon(self, begin: Begin) -> None:
        """Some time after the calendar, or the door, is there: what sends is heavy to import, and nobody waits."""
        QTimer.singleShot(SENDING_AFTER_MS, self._parent, lambda: self._begin(begin))

    def _begin(self, begin: Begin) -> None:
        if self._is_closed:
            return
        from clinic_desk.ui.sending import BackgroundSending, absent_text, sending_text

        if self.background is not None and not self.background.is_absent:
            self._say(*self._said)
            return
        self.background = BackgroundSending(begin, self._parent)
        self.background.told.connect(lambda sending: self._say(sending_text(sending), bool(sending.trouble)))
        self.background.absent.connect(lambda: self._say(absent_text(), False))
        self.background.start()

    def _say(self, text: str, is_trouble: bool) -> None:
        self._said = (text, is_trouble)
        space = self._space()
        if space is not None and text:
            space.messages.set_sending(text, trouble=is_trouble)

    def close(self) -> None:
        """Begin nothing more."""
        self._is_closed = True

    def finish(self, timeout_s: float) -> bool:
        """End; False if something did not end in time. Waits."""
        return self.background is None or self.background.close(timeout_s)
