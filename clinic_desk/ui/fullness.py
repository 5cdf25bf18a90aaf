"""How full each day of the visible month is: read when it is shown, and again soon after something changed."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.services import calendar
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.store import CLINIC_TABLES

_SOON_MS = 1_500
_TABLES = CLINIC_TABLES | {"appointment", "time_off"}


class Fullness(QObject):
    """Keeps one range of days read."""

    read = Signal(object)
    """Mapping of date to 0-1."""

    def __init__(self, desk: Connected, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = desk.database
        self._tasks = desk.tasks
        self._store = desk.store
        self._days: tuple[date, date] | None = None
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._ask)
        desk.store.tables_changed.connect(self._changed)
        desk.store.connection_changed.connect(lambda _: self._soon.start())

    def want(self, first: date, last: date) -> None:
        """Read these days (local, both included), now and whenever they change."""
        self._days = (first, last)
        self._ask()

    def _ask(self) -> None:
        if self._days is None or self._store.freshness.connection is Connection.LOST:
            return
        database, clinic = self._database, self._store.clinic
        first, last = self._days
        self._tasks.query(
            self,
            lambda: calendar.load_fullness(database, first, last, clinic, None),
            self.read.emit,
            lambda error: None,
            key="fullness",
            priority=Priority.IDLE,
        )

    def _changed(self, tables: frozenset[str]) -> None:
        if tables & _TABLES and not self._soon.isActive():
            self._soon.start()
