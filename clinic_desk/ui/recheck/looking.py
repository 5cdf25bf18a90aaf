"""Looks at all appointments to come part by part, on the query lane, so that nobody waits long behind it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import recheck
from clinic_desk.services.recheck import Found, Looked
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks


class Looking(QObject):
    """One look at a time: a newer one, or `stop`, ends the one before."""

    progressed = Signal(object, int, object, bool)
    """All found so far (tuple of Found), how many were looked at, the Clinic by which, and whether that is all."""
    failed = Signal(object)
    """A ClinicDeskError: the look ended with it."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        parent: QObject,
        *,
        priority: Priority = Priority.NORMAL,
        some: int = recheck.SOME,
    ) -> None:
        """`some`: how many appointments are looked at in one part, behind which others wait."""
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self._priority = priority
        self._some = some
        self._turn = 0
        self._found: tuple[Found, ...] = ()
        self._number = 0

    def start(self) -> None:
        """Look from the present on, by the clinic as it is set up now."""
        self.stop()
        self._next(self._turn, None)

    def stop(self) -> None:
        """Hear no more of the look that is under way."""
        self._turn += 1
        self._found, self._number = (), 0

    def _next(self, turn: int, part: Looked | None) -> None:
        database, some = self._database, self._some
        clinic: Clinic | None = part.clinic if part is not None else None
        after = part.goes_on_after if part is not None else None
        self._tasks.query(
            self,
            lambda: recheck.look(database, clinic, after=after, some=some),
            lambda found: self._looked(turn, found),
            lambda error: self._missed(turn, error),
            key="recheck",
            priority=self._priority,
        )

    def _looked(self, turn: int, part: Looked) -> None:
        if turn != self._turn:
            return
        self._found += part.found
        self._number += part.number
        self.progressed.emit(self._found, self._number, part.clinic, part.goes_on_after is None)
        if part.goes_on_after is not None and turn == self._turn:
            self._next(turn, part)

    def _missed(self, turn: int, error: ClinicDeskError) -> None:
        if turn == self._turn:
            self.stop()
            self.failed.emit(error)
