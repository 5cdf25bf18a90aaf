"""Notices, when the connection is lost, that the server does not let in any more who is at the desk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.errors import ClinicDeskError, Unavailable
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from clinic_desk.desk.seat import Seat
    from clinic_desk.ui.tasks import Tasks

LOOK_MS: Final = 5_000
"""So often it is asked, while the connection is lost, whether this login may sign in at all."""


class LetIn(QObject):
    """Of whoever is at the desk, until `stop`."""

    refused = Signal()
    """Her login may not sign in any more, or its password was changed elsewhere."""

    def __init__(self, seat: Seat, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seat = seat
        self._tasks = tasks
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._ask)

    def serve(self, seat: Seat) -> None:
        """Listen to this window's connection; she is the one at the desk from now on."""
        self.sit(seat)
        seat.workspace.store.connection_changed.connect(partial(self._connection_changed, seat))

    def sit(self, seat: Seat) -> None:
        """She is at the desk."""
        self._seat = seat

    def stop(self) -> None:
        """Ask no more, until the connection is lost again."""
        self._look.stop()

    def _connection_changed(self, seat: Seat, connection: Connection) -> None:
        if seat is not self._seat:
            return
        if connection is Connection.LOST:
            self._ask()
            self._look.start()
        else:
            self._look.stop()

    def _ask(self) -> None:
        seat = self._seat

        def failed(error: ClinicDeskError) -> None:
            if seat is self._seat and not isinstance(error, Unavailable):
                self.refused.emit()

        self._tasks.query(self, seat.opened.knock_again, _ignore, failed, key="let in", priority=Priority.IDLE)


def _ignore(_: object) -> None:
    """She may."""
