"""What ui/tasks.py promises: lanes in order, callbacks on the GUI thread, nothing for the dead, bugs told."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from clinic_desk.errors import Busy, ClinicDeskError
from clinic_desk.ui.lanes import FAIR_AFTER, Priority
from clinic_desk.ui.tasks import Tasks


class Told:
    """Collects what came back, with the thread it came on."""

    def __init__(self) -> None:
        self.results: list[object] = []
        self.errors: list[ClinicDeskError] = []
        self.threads: set[threading.Thread] = set()

    def done(self, result: object) -> None:
        self.threads.add(threading.current_thread())
        self.results.append(result)

    def failed(self, error: ClinicDeskError) -> None:
        self.threads.add(threading.current_thread())
        self.errors.append(error)


@pytest.fixture
def tasks(qapp: object) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    assert tasks.close()


@pytest.fixture
def told() -> Told:
    return Told()


def refuse() -> None:
    raise Busy


def break_down() -> None:
    raise ZeroDivisionError


def test_the_result_of_work_on_a_lane_arrives_on_the_gui_thread(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    worked_on: list[str] = []

    def work() -> int:
        worked_on.append(threading.current_thread().name)
        return 42

    tasks.command(tasks, work, told.done, told.failed)
    tasks.query(tasks, work, told.done, told.failed)
    qtbot.waitUntil(lambda: told.results == [42, 42])
    assert told.threads == {threading.main_thread()}
    assert sorted(worked_on) == ["command-lane", "query-lane"]


def test_an_error_of_ours_goes_to_failed_and_not_to_the_crash_dialog(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    tasks.command(tasks, refuse, told.done, told.failed)
    qtbot.waitUntil(lambda: bool(told.errors))
    assert isinstance(told.errors[0], Busy)
    assert told.threads == {threading.main_thread()}


def test_any_other_error_goes_to_the_excepthook(
    qtbot: QtBot, tasks: Tasks, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[type[BaseException]] = []

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        seen.append(kind)

    monkeypatch.setattr(sys, "excepthook", hook)
    tasks.query(tasks, break_down, told.done, told.failed)
    qtbot.waitUntil(lambda: seen == [ZeroDivisionError])
    assert not told.errors


def test_a_bug_in_one_callback_does_not_swallow_the_next_result(
    qtbot: QtBot, tasks: Tasks, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    tasks.query(tasks, lambda: 1, lambda _: break_down(), told.failed)
    tasks.query(tasks, lambda: 2, told.done, told.failed)
    qtbot.waitUntil(lambda: told.results == [2])


def test_commands_run_one_after_the_other_in_the_order_given(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    for number in range(20):
        tasks.command(tasks, lambda number=number: number, told.done, told.failed)  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(told.results) == 20)
    assert told.results == list(range(20))


def test_a_waiting_query_is_not_run_when_a_newer_one_of_its_key_came(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    gate = threading.Event()
    ran: list[str] = []
    tasks.query(tasks, gate.wait, told.done, told.failed)
    for text in ("a", "an", "ann"):
        tasks.query(tasks, lambda text=text: ran.append(text), told.done, told.failed, key="patients")  # type: ignore[misc]
    gate.set()
    qtbot.waitUntil(lambda: len(told.results) == 2)
    assert ran == ["ann"]


def test_the_result_of_a_running_query_is_dropped_when_a_newer_one_of_its_key_came(
    qtbot: QtBot, tasks: Tasks, told: Told
) -> None:
    started, gate = threading.Event(), threading.Event()

    def old() -> str:
        started.set()
        gate.wait(10)
        return "old"

    tasks.query(tasks, old, told.done, told.failed, key="day")
    assert started.wait(10)
    tasks.query(tasks, lambda: "new", told.done, told.failed, key="day")
    gate.set()
    qtbot.waitUntil(lambda: "new" in told.results)
    assert told.results == ["new"]


def test_keys_of_different_owners_do_not_meet(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    one, two = QObject(tasks), QObject(tasks)
    tasks.query(one, lambda: 1, told.done, told.failed, key="same")
    tasks.query(two, lambda: 2, told.done, told.failed, key="same")
    qtbot.waitUntil(lambda: told.results == [1, 2])


def test_a_result_for_a_destroyed_owner_is_dropped_and_its_command_still_done(
    qtbot: QtBot, tasks: Tasks, told: Told
) -> None:
    owner = QObject(tasks)
    gate, did = threading.Event(), threading.Event()

    def work() -> None:
        gate.wait(10)
        did.set()

    tasks.command(owner, work, told.done, told.failed)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    gate.set()
    tasks.command(tasks, lambda: "after", told.done, told.failed)
    qtbot.waitUntil(lambda: told.results == ["after"])
    assert did.is_set()


def test_the_number_of_unfinished_commands_is_announced(qtbot: QtBot, tasks: Tasks, told: Told) -> None:
    counts: list[int] = []
    tasks.commands_changed.connect(counts.append)
    gate = threading.Event()
    tasks.command(tasks, gate.wait, told.done, told.failed)
    tasks.command(tasks, lambda: None, told.done, told.failed)
    gate.set()
    qtbot.waitUntil(lambda: counts == [1, 2, 1, 0])


def test_closing_finishes_commands_and_drops_waiting_queries(qapp: object, told: Told) -> None:
    tasks = Tasks()
    query_runs, gate = threading.Event(), threading.Event()
    ran: list[str] = []

    def first_query() -> None:
        query_runs.set()
        gate.wait(10)

    tasks.query(tasks, first_query, told.done, told.failed)
    tasks.query(tasks, lambda: ran.append("query"), told.done, told.failed)
    tasks.command(tasks, lambda: ran.append("command"), told.done, told.failed)
    assert query_runs.wait(10)
    gate.set()
    assert tasks.close()
    assert ran == ["command"]


def test_closing_gives_up_on_a_stuck_statement_in_time(qapp: object, told: Told) -> None:
    tasks = Tasks()
    gate = threading.Event()
    tasks.command(tasks, gate.wait, told.done, told.failed)
    assert not tasks.close(timeout_s=0.05)
    gate.set()
    assert tasks.close()


# --- who waits and who does not ---------------------------------------------------------------------------------------

Ask = Callable[..., None]


@pytest.fixture
def gate(tasks: Tasks, told: Told) -> Iterator[threading.Event]:
    """The query lane is busy until it is set."""
    gate, busy = threading.Event(), threading.Event()

    def wait() -> str:
        busy.set()
        gate.wait(10)
        return "first"

    tasks.query(tasks, wait, told.done, told.failed)
    assert busy.wait(10)
    yield gate
    gate.set()


@pytest.fixture
def ask(tasks: Tasks, told: Told) -> Ask:
    """Ask for a result by its name."""

    def ask(name: str, priority: Priority = Priority.NORMAL, key: str | None = None) -> None:
        tasks.query(tasks, lambda: name, told.done, told.failed, key=key, priority=priority)

    return ask


def test_what_somebody_waits_for_overtakes_what_is_merely_useful(
    gate: threading.Event, ask: Ask, told: Told, qtbot: QtBot
) -> None:
    ask("month", Priority.IDLE)
    ask("details")
    ask("day ahead", Priority.IDLE)
    ask("letter", Priority.URGENT)
    ask("more details")
    ask("day", Priority.URGENT)
    gate.set()
    qtbot.waitUntil(lambda: len(told.results) == 7)
    assert told.results == ["first", "letter", "day", "details", "more details", "month", "day ahead"]


def test_what_nobody_waits_for_has_its_turn_however_much_is_urgent(
    gate: threading.Event, ask: Ask, told: Told, qtbot: QtBot
) -> None:
    ask("idle", Priority.IDLE)
    ask("normal")
    for number in range(30):
        ask(f"urgent {number}", Priority.URGENT)
    gate.set()
    qtbot.waitUntil(lambda: len(told.results) == 33)
    assert told.results.index("idle") == 1 + FAIR_AFTER
    assert told.results.index("normal") == 2 * (1 + FAIR_AFTER)


def test_a_newer_query_of_a_key_replaces_a_waiting_one_of_another_priority(
    gate: threading.Event, ask: Ask, told: Told, qtbot: QtBot
) -> None:
    ask("old", Priority.IDLE, "month")
    ask("normal")
    ask("new", Priority.URGENT, "month")
    gate.set()
    qtbot.waitUntil(lambda: len(told.results) == 3)
    assert told.results == ["first", "new", "normal"]


def test_a_query_that_waits_can_be_hurried(
    gate: threading.Event, ask: Ask, told: Told, tasks: Tasks, qtbot: QtBot
) -> None:
    ask("normal")
    ask("day", Priority.IDLE, "day")
    ask("letter", Priority.URGENT)
    tasks.hurry(tasks, "day")
    tasks.hurry(tasks, "a key nobody asked for")
    gate.set()
    qtbot.waitUntil(lambda: len(told.results) == 4)
    assert told.results == ["first", "letter", "day", "normal"]


def test_hurrying_one_that_runs_or_is_over_does_nothing(tasks: Tasks, told: Told, qtbot: QtBot) -> None:
    started, gate = threading.Event(), threading.Event()

    def work() -> str:
        started.set()
        gate.wait(10)
        return "once"

    tasks.query(tasks, work, told.done, told.failed, key="day")
    assert started.wait(10)
    tasks.hurry(tasks, "day")
    gate.set()
    qtbot.waitUntil(lambda: told.results == ["once"])
    tasks.hurry(tasks, "day")


def test_closing_drops_waiting_queries_of_every_priority(qapp: object, told: Told) -> None:
    tasks = Tasks()
    started, gate = threading.Event(), threading.Event()
    ran: list[Priority] = []

    def busy() -> None:
        started.set()
        gate.wait(10)

    tasks.query(tasks, busy, told.done, told.failed)
    assert started.wait(10)
    for each in Priority:
        tasks.query(tasks, lambda each=each: ran.append(each), told.done, told.failed, priority=each)  # type: ignore[misc]
    assert not tasks.close(timeout_s=0.01)
    gate.set()
    assert tasks.close()
    assert ran == []


def test_nothing_of_a_query_that_is_over_is_kept(tasks: Tasks, told: Told, qtbot: QtBot) -> None:
    class Kept:
        """Something that is wanted by the work only."""

    kept = Kept()
    seen = weakref.ref(kept)
    tasks.query(tasks, lambda kept=kept: str(kept), told.done, told.failed, key="one")  # type: ignore[misc]
    del kept
    qtbot.waitUntil(lambda: len(told.results) == 1)
    gc.collect()
    assert seen() is None
