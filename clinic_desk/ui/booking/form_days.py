"""The days behind an open booking form, and what they say to its draft: rules that are broken, holds of other desks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Appointment, Clinic, DayBoard, Hold
from clinic_desk.domain.refusals import Violation
from clinic_desk.services import calendar
from clinic_desk.ui.booking.draft import Draft
from clinic_desk.ui.booking.judging import foreign_hold, judge_draft
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks


class FormDays(QObject):
    """Reads a day when the form comes to it, and takes newer ones from the calendar's store."""

    changed = Signal(object)
    """The date of a day that is known now, or known better."""

    def __init__(self, database: Database, tasks: Tasks, clock: Callable[[], datetime], parent: QObject) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self._clock = clock
        self._boards: dict[date, DayBoard] = {}

    def want(self, day: date | None, clinic: Clinic) -> None:
        """Read a day unless it is at hand."""
        if day is None or day in self._boards:
            return
        database = self._database
        self._tasks.query(
            self,
            lambda: calendar.load_day(database, day, clinic),
            self.show,
            # What is not known here is judged by the service when it is sent.
            lambda error: None,
            key="board",
            priority=Priority.URGENT,
        )

    def show(self, board: DayBoard) -> None:
        """Take a day as it stands now, read here or pushed by the calendar's store."""
        self._boards[board.day] = board
        self.changed.emit(board.day)

    def has(self, day: date | None) -> bool:
        """Whether the day was read, so that the rules can be judged on what is booked."""
        return day in self._boards

    def forget(self) -> None:
        """What was read may be old: read it anew when it is needed."""
        self._boards = {}

    def violations(
        self, draft: Draft, clinic: Clinic, was: Appointment | None = None, update: Update | None = None
    ) -> tuple[Violation, ...]:
        """Return the rules the draft breaks as far as is known here; the service and the database decide."""
        try:
            return judge_draft(draft, clinic, self._around(draft), self._clock(), was=was, update=update)
        except KeyError:
            # A room, site or doctor that was removed meanwhile: the service says so when it is sent.
            return ()

    def foreign_hold(self, draft: Draft, clinic: Clinic, own: UUID | None) -> Hold | None:
        """Return another desk's hold on the draft's time, if there is one."""
        return foreign_hold(draft, clinic, self._around(draft), own)

    def _around(self, draft: Draft) -> list[DayBoard]:
        board = self._boards.get(draft.day) if draft.day else None
        return [board] if board else []
