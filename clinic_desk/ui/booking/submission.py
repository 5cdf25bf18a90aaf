"""One command on its way: sent once however often it is asked for, and pursued under its ids until its end is known."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, OutcomeUnknown
from clinic_desk.ui.tasks import Tasks

ASK_AGAIN_MS = (500, 1_000, 2_000, 4_000)
"""Pauses before an unknown outcome is looked for again; the last one repeats."""


class Submission(QObject):
    """Sends at most one command at a time.

    While an outcome is unknown the very same command is done again under the same ids (it is then either replayed
    or done), and no other is accepted: `is_busy` stays True until it is known.
    """

    done = Signal(object)
    """What the work returned: the record as the database holds it now."""
    failed = Signal(object)
    """A ClinicDeskError: nothing was written, and the same may be sent again."""
    finding_out = Signal()
    """The outcome is not known yet: neither confirm nor free anything."""
    busy_changed = Signal(bool)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._work: Callable[[], object] | None = None
        self._tries = 0
        self.is_unknown = False
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._run)

    @property
    def is_busy(self) -> bool:
        """Whether a command was sent whose outcome is not known."""
        return self._work is not None

    def send(self, work: Callable[[], object]) -> bool:
        """Carry out `work` (it must carry its own ids, so that it can be done again); False while another runs."""
        if self.is_busy:
            return False
        self._work = work
        self._tries = 0
        self.busy_changed.emit(True)
        self._run()
        return True

    def _run(self) -> None:
        if self._work is not None:
            self._tasks.command(self, self._work, self._done, self._failed)

    def _done(self, result: object) -> None:
        self._settle()
        self.done.emit(result)

    def _failed(self, error: ClinicDeskError) -> None:
        # Once COMMIT was sent, "no connection" says nothing about what it did: keep asking.
        if isinstance(error, OutcomeUnknown) or (self.is_unknown and isinstance(error, DatabaseDown | Busy)):
            self._ask_again()
            return
        self._settle()
        self.failed.emit(error)

    def _ask_again(self) -> None:
        self.is_unknown = True
        self._again.start(ASK_AGAIN_MS[min(self._tries, len(ASK_AGAIN_MS) - 1)])
        self._tries += 1
        self.finding_out.emit()

    def _settle(self) -> None:
        self._work = None
        self.is_unknown = False
        self.busy_changed.emit(False)
