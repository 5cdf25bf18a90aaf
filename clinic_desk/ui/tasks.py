"""Work off the GUI thread: a command lane and a query lane of one worker each, whose results come back as callbacks."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from clinic_desk.errors import ClinicDeskError

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    """One piece of work and who wants its result. Lives in `Tasks._unfinished` so that the GUI thread frees it last."""

    owner: QObject
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[ClinicDeskError], None]
    is_command: bool
    key: tuple[int, str] | None = None
    superseded: bool = False

    @property
    def is_wanted(self) -> bool:
        return not self.superseded and shiboken6.isValid(self.owner)


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
        self._command_lane = ThreadPoolExecutor(1, thread_name_prefix="command-lane")
        self._query_lane = ThreadPoolExecutor(1, thread_name_prefix="query-lane")
        self._unfinished: dict[_Job, Future[None]] = {}
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
        self._submit(self._command_lane, _Job(owner, work, done, failed, is_command=True))

    def query(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ClinicDeskError], None],
        *,
        key: str | None = None,
    ) -> None:
        """Run `work` after all earlier queries. A newer query of the same owner and `key` replaces an unfinished one:

        if that one still waits it is not run, if it runs its result is dropped.
        """
        job = _Job(owner, work, done, failed, is_command=False, key=(id(owner), key) if key is not None else None)
        if job.key is not None:
            older = self._newest.get(job.key)
            if older is not None:
                older.superseded = True
            self._newest[job.key] = job
        self._submit(self._query_lane, job)

    def close(self, timeout_s: float = 3.0) -> bool:
        """Stop accepting, drop waiting queries, let commands end; return whether both lanes ended in time.

        Blocks for at most `timeout_s` seconds, so it is called when the event loop has ended.
        """
        self._accepting = False
        for job in self._unfinished:
            job.superseded = job.superseded or not job.is_command
        wait(self._unfinished.values(), timeout_s)
        ended = all(future.done() for future in self._unfinished.values())
        for lane in (self._query_lane, self._command_lane):
            lane.shutdown(wait=ended, cancel_futures=True)
        return ended

    def _submit(self, lane: ThreadPoolExecutor, job: _Job) -> None:
        if not self._accepting:
            log.info("work given while closing was not started")
            return
        self._unfinished[job] = lane.submit(self._run, job)
        if job.is_command:
            self.commands_changed.emit(self.unfinished_commands)

    def _run(self, job: _Job) -> None:
        """On the lane's thread: carry out and hand over; nothing made here may be the last holder of a Qt object."""
        self._outcomes.append(_attempt(job))
        self._ready.emit()

    def _deliver(self) -> None:
        while self._outcomes:
            outcome = self._outcomes.popleft()
            job = outcome.job
            self._unfinished.pop(job, None)
            if job.key is not None and self._newest.get(job.key) is job:
                del self._newest[job.key]
            if job.is_command:
                self.commands_changed.emit(self.unfinished_commands)
            if self._accepting:
                _hand_over(outcome)


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
