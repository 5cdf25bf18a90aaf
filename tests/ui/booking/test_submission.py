"""One command at a time: sent once, pursued under its ids while its outcome is unknown, free again when it is known."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, NotAllowed, OutcomeUnknown
from clinic_desk.ui.booking import submission
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.tasks import Tasks


class Work:
    """Fails with each of `errors` in turn, then returns "done"; counts how often it was carried out."""

    def __init__(self, *errors: ClinicDeskError) -> None:
        self.errors = list(errors)
        self.runs = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> str:
        self.runs += 1
        self.gate.wait(10)
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def sending(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> Submission:
    monkeypatch.setattr(submission, "ASK_AGAIN_MS", (1,))
    return Submission(tasks, tasks)


def collect(signal: object) -> list[object]:
    told: list[object] = []
    signal.connect(told.append)  # type: ignore[attr-defined]
    return told


def test_what_is_sent_while_another_runs_is_refused(qtbot: QtBot, sending: Submission) -> None:
    first, second = Work(), Work()
    first.gate.clear()
    assert sending.send(first)
    assert not sending.send(first)
    assert not sending.send(second)
    with qtbot.waitSignal(sending.done):
        first.gate.set()
    assert (first.runs, second.runs) == (1, 0)
    with qtbot.waitSignal(sending.done):
        assert sending.send(second)


def test_an_unknown_outcome_is_pursued_through_outages_until_it_is_known(qtbot: QtBot, sending: Submission) -> None:
    failed, work = collect(sending.failed), Work(OutcomeUnknown(), DatabaseDown(), Busy(), OutcomeUnknown())
    with qtbot.waitSignal(sending.done):
        sending.send(work)
    assert work.runs == 5
    assert failed == []
    assert not sending.is_busy
    assert not sending.is_unknown


def test_an_unknown_outcome_that_turns_out_refused_is_told_as_such(qtbot: QtBot, sending: Submission) -> None:
    with qtbot.waitSignal(sending.failed) as told:
        sending.send(Work(OutcomeUnknown(), NotAllowed("book")))
    assert told.args is not None
    assert isinstance(told.args[0], NotAllowed)
    assert not sending.is_busy


@pytest.mark.parametrize("error", [DatabaseDown, Busy])
def test_a_write_that_did_not_reach_the_database_is_never_repeated_by_itself(
    qtbot: QtBot, sending: Submission, error: Callable[[], ClinicDeskError]
) -> None:
    work = Work(error())
    with qtbot.waitSignal(sending.failed):
        sending.send(work)
    assert work.runs == 1
    assert not sending.is_busy


def test_busy_is_told_once_from_sending_to_knowing(qtbot: QtBot, sending: Submission) -> None:
    told = collect(sending.busy_changed)
    with qtbot.waitSignal(sending.done):
        sending.send(Work(OutcomeUnknown(), OutcomeUnknown()))
    assert told == [True, False]
