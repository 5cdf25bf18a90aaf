"""Reads whole days: those on screen before others, again after a failure or when something was missed, and ahead."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import date, timedelta
from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic, DayBoard
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import calendar
from clinic_desk.ui.freshness import Connection, Freshness
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks

_AHEAD_AFTER_MS = 120
_RETRY_AFTER_MS = 2_000
_RECHECK_EVERY_MS = 60_000
_GAP = timedelta(days=3)
"""Days further apart than over a weekend are read each for itself, not with all that lies between."""


class DayReader(QObject):
    """Told which days are on screen (`show`), it sees to it that they are read; nothing is kept here.

    `kept`: the days that are there already. `clinic` is to be set anew when it changed: a day's bounds are its zones'.
    """

    read = Signal(object)
    """Tuple of DayBoard, in order."""
    failed = Signal(object, object)
    """Days (list of date) and the ClinicDeskError that kept them from being read; shown ones are tried again."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QObject | None = None,
        *,
        freshness: Freshness,
        kept: Container[date],
    ) -> None:
        super().__init__(parent)
        self.clinic = clinic
        self.shown: tuple[date, ...] = ()
        self.followed: tuple[date, ...] = ()
        self._database = database
        self._tasks = tasks
        self._freshness = freshness
        self._kept = kept
        self._keys = (f"days {number}" for number in count())
        self._reading: dict[date, str] = {}
        self._changed: set[date] = set()
        self._turn = self._single_shot(0, self._read_changed)
        self._ahead = self._single_shot(_AHEAD_AFTER_MS, self._read_ahead)
        self._retry = self._single_shot(_RETRY_AFTER_MS, self._read_missing)
        self._recheck = QTimer(self, interval=_RECHECK_EVERY_MS)
        self._recheck.timeout.connect(self._read_again)
        self._recheck.start()

    def _single_shot(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval_ms)
        timer.timeout.connect(slot)
        return timer

    def show(self, days: Iterable[date]) -> None:
        """Say which days are on screen from now on; those not there are read before all else."""
        self.shown = tuple(days)
        self._read_missing()
        self._ahead.start()

    def follow(self, days: Iterable[date]) -> None:
        """Say which days are kept besides those on screen; those not there are read when nothing is waited for."""
        self.followed = tuple(days)
        self._read_missing()

    @property
    def _beside(self) -> list[date]:
        """The followed days that are not on screen."""
        return [day for day in self.followed if day not in self.shown]

    def read_anew(self, days: Iterable[date]) -> None:
        """Read these days, which are kept, at the end of this event-loop turn: something on them changed."""
        self._changed.update(days)
        if self._changed:
            self._turn.start()

    def read_shown(self) -> None:
        """Read all that is shown now, even if it is being read: what that reading finds may be older."""
        self._reading.clear()
        self._load(list(self.shown), Priority.URGENT)
        self._load(self._beside, Priority.NORMAL)
        self._ahead.start()

    def retry_soon(self) -> None:
        """Read after a while what is shown and not there."""
        self._retry.start()

    def is_reading(self, day: date) -> bool:
        """Whether a reading of this day is under way."""
        return day in self._reading

    # --- reading ---

    def _load(self, days: list[date], priority: Priority) -> None:
        """Read whole days: one as such, several near each other in one go from the first to the last."""
        if priority is Priority.URGENT:
            for key in {self._reading[day] for day in days if day in self._reading}:
                self._tasks.hurry(self, key)
        for run in _runs(day for day in days if day not in self._reading):
            self._load_run(run, priority)

    def _load_run(self, days: list[date], priority: Priority) -> None:
        key = next(self._keys)
        self._reading.update(dict.fromkeys(days, key))
        database, clinic, first, last = self._database, self.clinic, min(days), max(days)

        def work() -> tuple[DayBoard, ...]:
            if first == last:
                return (calendar.load_day(database, first, clinic),)
            return calendar.load_days(database, first, last, clinic, None)

        def done(found: tuple[DayBoard, ...]) -> None:
            self._end(key)
            self.read.emit(found)

        def failed(error: ClinicDeskError) -> None:
            self._end(key)
            self.retry_soon()
            self.failed.emit(days, error)

        self._tasks.query(self, work, done, failed, key=key, priority=priority)

    def _end(self, key: str) -> None:
        self._reading = {day: each for day, each in self._reading.items() if each != key}

    def _read_missing(self) -> None:
        self._load([day for day in self.shown if day not in self._kept], Priority.URGENT)
        self._load([day for day in self._beside if day not in self._kept], Priority.NORMAL)

    def _read_again(self) -> None:
        """Repair what an announcement may have missed."""
        if self._freshness.connection is Connection.LIVE:
            self._load(list(self.shown), Priority.NORMAL)
            self._load(self._beside, Priority.IDLE)

    def _read_changed(self) -> None:
        days, self._changed = self._changed, set()
        for day in sorted(days):
            self._reading.pop(day, None)
            self._load([day], Priority.URGENT if day in self.shown else Priority.IDLE)

    def _read_ahead(self) -> None:
        """Read the days beside the shown ones while nothing else is to do."""
        if not self.shown or self._freshness.connection is Connection.LOST:
            return
        if self._reading:
            self._ahead.start()
            return
        step = timedelta(days=1 if len(self.shown) == 1 else 7)
        for day in (self.shown[-1] + step, self.shown[0] - step):
            if day not in self._kept:
                self._load([day], Priority.IDLE)


def _runs(days: Iterable[date]) -> list[list[date]]:
    """Return the days in runs of such as are near each other, in order."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] <= _GAP:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
