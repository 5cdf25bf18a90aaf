"""Work off the GUI thread: a command lane and a query lane of one thread each, whose results come back as callbacks."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.lanes import Lane, Priority

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    """One piece of work and who wants its result.

    The GUI thread empties it when it is over: the lane's thread may be the last to let go of the shell, never of a
    Qt object.
    """

    owner: QObject | None
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[ClinicDeskError], None]
    is_command: bool
    key: tuple[int, str] | None = None
    superseded: bool = False

    @property
    def is_wanted(self) -> bool:
        return not self.superseded and self.owner is not None and shiboken6.isValid(self.owner)

    def empty(self) -> None:
        """Let go of everything that was wanted."""
        self.owner, self.work, self.done, self.failed = None, _nothing, _nothing, _nothing


@dataclass(slots=True, frozen=True)
class _Outcome:
    job: _Job
    result: Any = None
    error: Exception | None = None


class Tasks(QObject):
    """Two single-thread lanes; callbacks run on the GUI thread, in the order the work of a lane ended.

    `work` runs on the lane's thread and may touch no Qt object: only frozen records, ids and a Database.
    A result whose owner was destroyed meanwhile is dropped; a command itself is carried out all the same.
    Any error but a ClinicDeskError is a bug and goes to `sys.excepthook`.
    """

    commands_changed = Signal(int)
    """How many commands are not finished: more than none for a while means the database keeps us waiting."""

    _ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command_lane = Lane("command-lane", self._run)
        self._query_lane = Lane("query-lane", self._run)
        self._unfinished: set[_Job] = set()
        self._newest: dict[tuple[int, str], _Job] = {}
        self._outcomes: deque[_Outcome] = deque()
        self._accepting = True
        self._ready.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def unfinished_commands(self) -> int:
        """How many commands wait or run."""
        return sum(job.is_command for job in self._unfinished)

    def command(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ClinicDeskError], None],
    ) -> None:
        """Run `work` after all earlier commands; then `done` or `failed` on the GUI thread unless `owner` is gone."""
        self._submit(_Job(owner, work, done, failed, is_command=True), Priority.NORMAL)

    def query(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ClinicDeskError], None],
        *,
        key: str | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> None:
        """Run `work` after all more urgent and all earlier queries; what is less urgent is not overtaken for ever.

        A newer query of the same owner and `key` replaces an unfinished one: if that one still waits it is not run, if
        it runs its result is dropped.
        """
        job = _Job(owner, work, done, failed, is_command=False, key=(id(owner), key) if key is not None else None)
        if job.key is not None:
            older = self._newest.get(job.key)
            if older is not None:
                self._drop(older)
            self._newest[job.key] = job
        self._submit(job, priority)

    def hurry(self, owner: QObject, key: str, priority: Priority = Priority.URGENT) -> None:
        """Somebody waits now for the query of this owner and key: if it has not begun it has this priority."""
        job = self._newest.get((id(owner), key))
        if job is not None:
            self._query_lane.hurry(job, priority)

    def close(self, timeout_s: float = 3.0) -> bool:
        """Stop accepting, drop waiting queries, let commands end; return whether both lanes ended in time.

        Blocks for at most `timeout_s` seconds, so it is called when the event loop has ended.
        """
        self._accepting = False
        deadline = monotonic() + timeout_s
        for job in [job for job in self._unfinished if not job.is_command]:
            self._drop(job)
        lanes = (self._query_lane, self._command_lane)
        for lane in lanes:
            lane.close()
        ended = [lane.ended(deadline - monotonic()) for lane in lanes]
        for job in list(self._unfinished):
            self._command_lane.take_back(job)  # behind one that hangs
        return all(ended)

    def _submit(self, job: _Job, priority: Priority) -> None:
        if not self._accepting:
            log.info("work given while closing was not started")
            return
        self._unfinished.add(job)
        (self._command_lane if job.is_command else self._query_lane).give(job, priority)
        if job.is_command:
            self.commands_changed.emit(self.unfinished_commands)

    def _drop(self, job: _Job) -> None:
        """Nobody wants this query any more."""
        job.superseded = True
        if self._query_lane.take_back(job):
            self._finish(job)

    def _finish(self, job: _Job) -> None:
        self._unfinished.discard(job)
        if job.key is not None and self._newest.get(job.key) is job:
            del self._newest[job.key]

    def _run(self, job: _Job) -> None:
        """On the lane's thread: carry out and hand over."""
        self._outcomes.append(_attempt(job))
        self._ready.emit()

    def _deliver(self) -> None:
        while self._outcomes:
            outcome = self._outcomes.popleft()
            job = outcome.job
            self._finish(job)
            if job.is_command:
                self.commands_changed.emit(self.unfinished_commands)
            if self._accepting:
                _hand_over(outcome)
            job.empty()


def _attempt(job: _Job) -> _Outcome:
    if not (job.is_command or job.is_wanted):
        return _Outcome(job)
    try:
        return _Outcome(job, result=job.work())
    except Exception as error:
        return _Outcome(job, error=error)


def _hand_over(outcome: _Outcome) -> None:
    job, error = outcome.job, outcome.error
    if error is not None and not isinstance(error, ClinicDeskError):
        sys.excepthook(type(error), error, error.__traceback__)
        return
    if not job.is_wanted:
        return
    try:
        if error is None:
            job.done(outcome.result)
        else:
            job.failed(error)
    except Exception as bug:
        # One callback's bug must not swallow the other outcomes of this turn.
        sys.excepthook(type(bug), bug, bug.__traceback__)


def _nothing(*_: object) -> None:
    """What an emptied job does."""
