"""Reads appointments that were announced as changed: collected per event-loop turn, one reading at a time."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Entry
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import calendar
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks

_AGAIN_AFTER_MS = 2_000


class ChangedRows(QObject):
    """While an answer is awaited further ids are collected, so a burst of changes becomes few readings.

    Each id is read after its change was announced, hence never older than the change.
    """

    read = Signal(object, object)
    """The ids that were read (tuple of UUID) and the entries found (tuple of Entry); an id without entry is gone."""
    failed = Signal(object)
    """A ClinicDeskError; it is tried again after a while."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self._waiting: set[UUID] = set()
        self._reading: tuple[UUID, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._read)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_AFTER_MS)
        self._again.timeout.connect(self._start)

    def add(self, ids: Iterable[UUID]) -> None:
        """Have these appointments read at the end of this event-loop turn, or after the reading that is under way."""
        self._waiting.update(ids)
        self._start()

    def _start(self) -> None:
        if self._waiting and not self._reading:
            self._timer.start()

    def _read(self) -> None:
        ids, self._waiting = tuple(self._waiting), set()
        if not ids:
            return
        self._reading = ids
        database = self._database
        self._tasks.query(
            self,
            lambda: calendar.load_entries(database, ids),
            self._done,
            self._not_done,
            priority=Priority.URGENT,
        )

    def _done(self, entries: tuple[Entry, ...]) -> None:
        ids, self._reading = self._reading, ()
        self.read.emit(ids, entries)
        self._start()

    def _not_done(self, error: ClinicDeskError) -> None:
        self._waiting.update(self._reading)
        self._reading = ()
        self._again.start()
        self.failed.emit(error)
