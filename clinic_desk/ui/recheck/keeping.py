"""Carries corrections of many appointments out part by part, so that others get their turn and it can be stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.recheck import KeepWallTimes
from clinic_desk.domain.records import Entry
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: the parts that stand with their entries, those that were not begun, and why, if one was refused.

    A part that was refused is the first of those that were not carried out.
    """

    stands: tuple[tuple[Entry, ...], ...]
    left: tuple[KeepWallTimes, ...]
    error: ClinicDeskError | None

    @property
    def number(self) -> int:
        """How many appointments were corrected."""
        return sum(len(part) for part in self.stands)


class Keeping(QObject):
    """One run at a time; each part is one transaction, which is pursued until its end is known."""

    part_stands = Signal(object)
    """The entries (tuple) that a part left, while others may follow."""
    ended = Signal(object)
    """Ended."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._database = database
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._part_done)
        self._submission.failed.connect(self._end)
        self._left: list[KeepWallTimes] = []
        self._stands: list[tuple[Entry, ...]] = []
        self._is_stopping = False

    @property
    def is_running(self) -> bool:
        """Whether a part is under way."""
        return self._submission.is_busy

    def start(self, parts: Iterable[KeepWallTimes]) -> None:
        """Carry these out in their order; nothing happens while others are."""
        if self.is_running:
            return
        self._left, self._stands, self._is_stopping = list(parts), [], False
        self._next()

    def stop(self) -> None:
        """Begin no other part."""
        self._is_stopping = True

    def _next(self) -> None:
        if not self._left or self._is_stopping:
            self._end(None)
            return
        database, command = self._database, self._left[0]

        def work() -> object:
            from clinic_desk.services import recheck

            return recheck.keep_wall_times(database, command)

        self._submission.send(work)

    def _part_done(self, entries: tuple[Entry, ...]) -> None:
        del self._left[0]
        self._stands.append(entries)
        self.part_stands.emit(entries)
        self._next()

    def _end(self, error: ClinicDeskError | None) -> None:
        self.ended.emit(Ended(tuple(self._stands), tuple(self._left), error))
