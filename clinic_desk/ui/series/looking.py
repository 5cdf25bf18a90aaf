"""Looks at the dates of a series some at a time, on the query lane, so that it can be followed and stopped."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.series import PlannedDate
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.tasks import Tasks

AT_ONCE = 8
"""So many dates are read in one snapshot; whoever waits for the query lane meanwhile waits for no more."""
SETTLE_MS = 150
"""What is being typed is looked at when it rests."""


class DatesLooker(QObject):
    """One look at a time: a newer one, or `stop`, ends the one before."""

    progressed = Signal(int, int)
    """How many dates were looked at, of how many."""
    looked = Signal(object)
    """All dates (tuple of PlannedDate), judged."""
    failed = Signal(object)
    """A ClinicDeskError: the look ended with it."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QObject) -> None:
        super().__init__(parent)
        self.clinic = clinic
        self._database = database
        self._tasks = tasks
        self._dates: tuple[PlannedDate, ...] = ()
        self._done: tuple[PlannedDate, ...] = ()
        self._number = 0
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self._next)

    @property
    def is_looking(self) -> bool:
        """Whether there are dates that were not looked at yet."""
        return len(self._done) < len(self._dates)

    def look(self, dates: Sequence[PlannedDate]) -> None:
        """Look at these dates from the first on; nothing more is heard of an earlier look."""
        self.stop()
        self._dates = tuple(dates)
        self.progressed.emit(0, len(dates))
        self._soon.start()

    def stop(self) -> None:
        """End the look."""
        self._number += 1
        self._soon.stop()
        self._dates = self._done = ()

    def _next(self) -> None:
        done, number = self._done, self._number
        some, rest = self._dates[len(done) : len(done) + AT_ONCE], self._dates[len(done) :]
        database, clinic = self._database, self.clinic
        if not some:
            return

        def work() -> tuple[PlannedDate, ...]:
            from clinic_desk.services import series

            return series.preview(database, some, clinic, plan=(*done, *rest))

        self._tasks.query(
            self,
            work,
            lambda found: self._found(number, found),
            lambda error: self._missed(number, error),
            key="dates",
        )

    def _found(self, number: int, found: tuple[PlannedDate, ...]) -> None:
        if number != self._number:
            return
        self._done += found
        self.progressed.emit(len(self._done), len(self._dates))
        if self.is_looking:
            self._next()
        else:
            self.looked.emit(self._done)

    def _missed(self, number: int, error: ClinicDeskError) -> None:
        if number == self._number:
            self.stop()
            self.failed.emit(error)
