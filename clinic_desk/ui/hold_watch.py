"""Keeps the holds of other desks true: a desk that died announces nothing, so they are looked at each second."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Hold
from clinic_desk.services import calendar
from clinic_desk.ui.tasks import Tasks

_EVERY_MS = 1_000


class HoldWatch(QObject):
    """Reads the live holds of other desks within the watched range: when told to, and every second while some stand."""

    read = Signal(object)
    """The holds (tuple of Hold) within the watched range."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self._range: tuple[datetime, datetime] | None = None
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def watch(self, starts_at: datetime, ends_at: datetime, holds: tuple[Hold, ...]) -> None:
        """Watch this range, in which `holds` are known now."""
        self._range = (starts_at, ends_at)
        self._keep_looking(holds)

    def stop(self) -> None:
        """Watch nothing."""
        self._range = None
        self._timer.stop()

    def look(self) -> None:
        """Read the holds now."""
        if self._range is None:
            return
        database = self._database
        starts_at, ends_at = self._range
        # A failed look is no news: whoever reads the days tells about the connection, and the next look comes.
        self._tasks.query(
            self,
            lambda: calendar.load_holds(database, starts_at, ends_at),
            self._done,
            lambda error: None,
            key="holds",
        )

    def _done(self, holds: tuple[Hold, ...]) -> None:
        self._keep_looking(holds)
        self.read.emit(holds)

    def _keep_looking(self, holds: tuple[Hold, ...]) -> None:
        if holds and not self._timer.isActive():
            self._timer.start()
        elif not holds:
            self._timer.stop()
