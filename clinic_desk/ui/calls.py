"""Hands a caller's number, or the wish to see it, on to the desk that is running already: of one user only.

Telephone software starts the program with the number. Each desk listens on a place of its own, made from what it has
open and a number; who brings a number asks them all how long ago somebody used them, and gives it to the one used last.
A program that is started a second time has that desk come to the front, and ends.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from PySide6.QtCore import QLockFile, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from clinic_desk.domain.finding import caller_number
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.just_starting import own_folder

log = logging.getLogger(__name__)
_PLACES: Final = 16
"""So many desks of one user on one PC are told of calls."""
_WITHIN_MS: Final = 3_000
"""So long a running desk may take to answer; it may be busy drawing."""
_LONGEST: Final = 256
_ASK: Final = b"used?"
_SHOW: Final = b"show"
"""Followed by what the window system gave the second program so that a window may come to the front, if it did."""
_TAKEN: Final = b"taken"


class Calls(QObject):
    """Listens for numbers until it is closed. Nothing of a number is logged."""

    called = Signal(str)
    """A number, as it was given to the other program."""
    show_wanted = Signal(str)
    """The program was started a second time, with this token of the window system's, or none."""

    def __init__(self, opened: str, parent: QObject | None = None) -> None:
        """`opened`: what this desk has open, as `hand_on` is told it."""
        super().__init__(parent)
        self.opened = opened
        self._used_at = monotonic()
        self._lock: QLockFile | None = None
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)
        self._is_in_front = False
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            self._state_changed(app.applicationState())
            app.applicationStateChanged.connect(self._state_changed)
        self.is_listening = self._listen(opened)

    def close(self) -> None:
        """Listen no more, and leave the place to another desk."""
        self._server.close()
        self.is_listening = False
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _listen(self, opened: str) -> bool:
        try:
            names = _names(opened)
        except OSError:
            log.warning("calls cannot be heard: the folder for it is not this user's alone")
            return False
        for name in names:
            lock = QLockFile(f"{own_folder() / Path(name).name}.lock")
            if lock.tryLock(0):
                QLocalServer.removeServer(name)  # of a program that did not end orderly: the lock is ours
                self._lock = lock
                return self._server.listen(name)
        return False

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        self._used_at = monotonic()
        self._is_in_front = state == Qt.ApplicationState.ApplicationActive

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.setParent(self)
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)

    def _read(self, socket: QLocalSocket) -> None:
        while socket.canReadLine():
            line = bytes(socket.readLine(_LONGEST).data()).strip()
            if line == _ASK:
                unused = 0.0 if self._is_in_front else monotonic() - self._used_at
                socket.write(f"{int(unused * 1000)}\n".encode())
            elif line.split(b" ")[0] == _SHOW:
                socket.write(_TAKEN + b"\n")
                socket.flush()
                self.show_wanted.emit(line[len(_SHOW) :].strip().decode("ascii", "replace"))
            else:
                self._take(socket, line.decode("ascii", "replace"))
        if socket.bytesAvailable() > _LONGEST:
            socket.abort()

    def _take(self, socket: QLocalSocket, number: str) -> None:
        if caller_number(number) is None:
            socket.abort()
            return
        socket.write(_TAKEN + b"\n")
        socket.flush()
        self.called.emit(number)


def is_handed_on(opened: Callable[[], str], number: str) -> bool:
    """Whether a running desk took the number. What is wrong with the settings is told by the window that opens then."""
    try:
        return hand_on(opened(), number)
    except ClinicDeskError:
        return False


def hand_on(opened: str, number: str) -> bool:
    """Give a number to the running desk that was used last; False if none runs that has this open. May wait."""
    return _last_used_takes(opened, number.encode("ascii", "replace"))


def is_shown(opened: Callable[[], str], token: str) -> bool:
    """Whether a running desk with this open comes to the front; of several the one used last. May wait."""
    try:
        return _last_used_takes(opened(), _SHOW + b" " + token.encode("ascii", "replace")[: _LONGEST // 2])
    except ClinicDeskError:
        return False


def _last_used_takes(opened: str, line: bytes) -> bool:
    try:
        names = _names(opened)
    except OSError:
        return False
    desks: list[tuple[int, int, QLocalSocket]] = []
    for name in names:
        socket = QLocalSocket()
        socket.connectToServer(name)
        unused = _answer(socket, _ASK) if socket.waitForConnected(_WITHIN_MS) else b""
        if unused.isdigit():
            desks.append((int(unused), len(desks), socket))
    return any(_answer(socket, line) == _TAKEN for _, _, socket in sorted(desks))


def _answer(socket: QLocalSocket, line: bytes) -> bytes:
    socket.write(line + b"\n")
    while not socket.canReadLine():
        if not socket.waitForReadyRead(_WITHIN_MS):
            return b""
    return bytes(socket.readLine(_LONGEST).data()).strip()


def _names(opened: str) -> list[str]:
    """The names of all places of what is opened: sockets in a folder of the user's own; on Windows pipes."""
    key = hashlib.sha256(opened.encode()).hexdigest()[:16]
    names = [f"{key}-{number}" for number in range(1, _PLACES + 1)]
    folder = own_folder()
    if sys.platform == "win32":
        return [f"clinic-desk-{name}" for name in names]
    return [str(folder / name) for name in names]
