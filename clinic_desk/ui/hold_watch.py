"""Keeps the holds of other desks true: a desk that died announces nothing, so they are looked at again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import DayBoard, Hold
from clinic_desk.services import calendar
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks

_EVERY_MS = 700


class HoldWatch(QObject):
    """Reads the live holds of other desks within the watched range: when told to, and every 0.7 s while some stand."""

    read = Signal(object)
    """The holds (tuple of Hold) within the watched range."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self._range: tuple[datetime, datetime] | None = None
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(lambda: self._look(Priority.NORMAL))

    def watch(self, boards: Sequence[DayBoard]) -> None:
        """Watch the days of these boards from now on; none: nothing is watched."""
        if not boards:
            self._range = None
            self._timer.stop()
            return
        self._range = (min(board.starts_at for board in boards), max(board.ends_at for board in boards))
        self._keep_looking(any(_may_die(board.holds) for board in boards))

    def look_now(self) -> None:
        """Read the holds: one was placed, moved or let go."""
        self._look(Priority.URGENT)

    def _look(self, priority: Priority) -> None:
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
            priority=priority,
        )

    def _done(self, holds: tuple[Hold, ...]) -> None:
        self._keep_looking(_may_die(holds))
        self.read.emit(holds)

    def _keep_looking(self, some_stand: bool) -> None:
        if not some_stand:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()


def _may_die(holds: Iterable[Hold]) -> bool:
    """Whether one of these may go unannounced: that of a desk; what is offered by message is ended by a row."""
    return any(not hold.offered_to for hold in holds)
