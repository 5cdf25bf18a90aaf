"""Asks now and then what is not announced: which desks are online, how much is due, needs somebody or is parked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.services import desks
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from clinic_desk.services.messages import MessageCounts

T = TypeVar("T")

_EVERY_MS = 15_000
_SOON_MS = 400
_STARTING_S = 60.0
"""So long nobody is told that no PC sends: this one, or another, may have been switched on just now."""


class Pulse(QObject):
    """Every 15 seconds, and soon after anybody changed appointments or desks, or the queue a message."""

    desks_read = Signal(object)
    """Tuple of Desk."""
    counts_read = Signal(object)
    """MessageCounts."""

    def __init__(self, desk: Connected, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = desk.database
        self._tasks = desk.tasks
        self._store = desk.store
        self._began = monotonic()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.ask)
        self._timer.start()
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.ask)
        desk.store.tables_changed.connect(self._changed)
        desk.store.connection_changed.connect(lambda _: self._soon.start())

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()
        self._soon.stop()

    def ask(self) -> None:
        """Ask now, unless the connection is gone."""
        if self._store.freshness.connection is Connection.LOST:
            return
        from clinic_desk.services import messages  # not before the calendar is there

        database = self._database
        self._query("desks", lambda: desks.desks_online(database), self.desks_read.emit)
        self._query("counts", lambda: messages.message_counts(database), self._tell_counts)

    def _tell_counts(self, counts: MessageCounts) -> None:
        is_starting = monotonic() - self._began < _STARTING_S
        self.counts_read.emit(replace(counts, unsent=()) if is_starting else counts)

    def _query(self, key: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        # What fails here is asked again soon; whoever reads the days tells about the connection.
        self._tasks.query(self, work, done, lambda error: None, key=key, priority=Priority.IDLE)

    def _changed(self, tables: frozenset[str]) -> None:
        # Not started anew while it runs: changes that come one after the other must not put it off for ever.
        if tables & {"appointment", "desk", "notification"} and not self._soon.isActive():
            self._soon.start()
