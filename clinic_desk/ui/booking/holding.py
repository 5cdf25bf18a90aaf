"""The hold an open booking form has on its time: placed, renewed, moved along, and let go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QObject, QTimer

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import PlaceHold
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import holds
from clinic_desk.ui.tasks import Tasks

RENEW_MS = 15_000
SETTLE_MS = 120
"""How long a time must stand still before its hold follows: stepping through a morning writes one hold, not twelve."""

Claim = tuple[UUID, datetime, datetime]


class Holding(QObject):
    """At most one hold at a time. A hold warns and never decides, so what goes wrong with it is nobody's business."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self.hold_id: UUID | None = None
        self._wanted: Claim | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._place)
        self._renew = QTimer(self, interval=RENEW_MS)
        self._renew.timeout.connect(self._place)

    def want(self, claim: Claim | None) -> None:
        """Hold (practitioner id, from, to) from now on; the first at once, later ones when they stand still."""
        if claim is None:
            self.release()
            return
        if claim == self._wanted:
            return
        first = self.hold_id is None
        self._wanted = claim
        if first:
            self.hold_id = new_id()
            self._place()
        else:
            self._settle.start()

    def release(self) -> None:
        """Let go at once; the lane keeps the order, so a hold still being placed goes too."""
        self._settle.stop()
        self._renew.stop()
        hold_id, self.hold_id, self._wanted = self.hold_id, None, None
        if hold_id is not None:
            database = self._database
            self._tasks.query(self._tasks, lambda: holds.release_hold(database, hold_id), _nothing, _nothing)

    def _place(self) -> None:
        if self.hold_id is None or self._wanted is None:
            return
        database, command = self._database, PlaceHold(self.hold_id, *self._wanted)
        self._tasks.query(self, lambda: holds.place_hold(database, command), _nothing, _nothing, key="hold")
        self._renew.start()


def _nothing(_: object | ClinicDeskError) -> None:
    """Take no note of it."""
