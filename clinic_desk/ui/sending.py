"""Has the message queue worked through in the background of the desktop, and tells the GUI thread how that goes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from clinic_desk.domain.records import Channel
from clinic_desk.errors import ClinicDeskError
from clinic_desk.reports import traceback_text

if TYPE_CHECKING:
    from clinic_desk.notifications.scheduler import Sending
    from clinic_desk.sending import SendingProgram

log = logging.getLogger(__name__)
translate = QCoreApplication.translate

Begin = Callable[[Callable[["Sending"], None]], "SendingProgram | None"]
"""Makes and starts what sends; waits, so it is called on a thread of its own."""

_RETRY_S = (5.0, 15.0, 60.0)


class BackgroundSending(QObject):
    """From `start` to `close`. Starting is tried again until it succeeds: a database can be away for a while."""

    told = Signal(object)
    """Sending: over which channels this desk sends, and what ails it."""
    absent = Signal()
    """This desk does not send: it has no login for that. Another desk or a worker may."""

    _told = Signal(object)
    _absent = Signal()

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._begin = begin
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._program: SendingProgram | None = None
        self._is_given_up = False
        self.is_absent = False
        """Who was signed in when it began has nothing to send by here."""
        # emitted on other threads, received here
        self._told.connect(self.told, Qt.ConnectionType.QueuedConnection)
        self.absent.connect(self._note_absent)
        self._absent.connect(self.absent, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._start, name="sending starts", daemon=True)

    def start(self) -> None:
        """Begin; once only. Returns at once."""
        self._thread.start()

    def close(self, timeout_s: float = 3.0) -> bool:
        """End; what was claimed and not begun is handed to other desks. False if something did not end in time."""
        self._stopping.set()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        with self._lock:
            program, self._program = self._program, None
            self._is_given_up = program is None
        ended = program is None or program.close(timeout_s)
        return ended and not self._thread.is_alive()

    def _note_absent(self) -> None:
        self.is_absent = True

    def _start(self) -> None:
        for attempt in range(1_000_000):
            if self._tried() or self._stopping.wait(_RETRY_S[min(attempt, len(_RETRY_S) - 1)]):
                return

    def _tried(self) -> bool:
        """Try to start; True if there is nothing more to try."""
        try:
            program = self._begin(self._told.emit)
        except ClinicDeskError as error:
            log.warning("messages are not sent from here yet: %s", error)
            return False
        except Exception as error:  # a bug there must not end the desk, and shall be known
            log.error("sending could not be started\n%s", traceback_text(error))
            self._absent.emit()
            return True
        if program is None:
            self._absent.emit()
            return True
        with self._lock:
            self._program = program
            late = self._is_given_up
        if late:  # close() has given this thread up
            program.close()
        return True


def sending_text(sending: Sending) -> str:
    """Return what the status bar says about this desk's sending."""
    names = {
        Channel.EMAIL: translate("Sending", "e-mail"),
        Channel.SMS: translate("Sending", "SMS"),
    }
    if sending.trouble in {"DatabaseDown", "Busy"}:
        return translate("Sending", "Messages wait for the database")
    if sending.trouble:
        return translate("Sending", "This desk cannot send messages: tell whoever looks after the program")
    if not sending.channels:
        return translate("Sending", "This desk sends no messages: no channel is set up")
    channels = translate("Sending", " and ").join(
        name for channel, name in names.items() if channel in sending.channels
    )
    return translate("Sending", "This desk sends {channels}").format(channels=channels)


def absent_text() -> str:
    """Return what the status bar says when this desk has no login for sending."""
    return translate("Sending", "This desk does not send; another one or a worker does")
