"""What is typed and what is looked at is answered before what is merely useful, by real keys at a whole desk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, calendar, patients
from clinic_desk.ui.lanes import Priority
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_program import go_to, keys, press, shown

__all__ = ["go_to"]  # a fixture


class Lane:
    """The query lane of a desk, which stands still while it is `shut`, and what it did since, in order."""

    def __init__(self, program: DeskProgram, monkeypatch: pytest.MonkeyPatch) -> None:
        self._program = program
        self._gate = threading.Event()
        self.did: list[str] = []
        self._note(monkeypatch, calendar, "load_day")
        self._note(monkeypatch, calendar, "load_entries")
        self._note(monkeypatch, calendar, "load_fullness")
        self._note(monkeypatch, patients, "search_patients")

    def _note(self, monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
        work: Callable[..., Any] = getattr(module, name)

        def noted(*given: Any) -> Any:
            self.did.append(f"{name} {given[1]}" if isinstance(given[1], date | str) else name)
            return work(*given)

        monkeypatch.setattr(module, name, noted)

    def shut(self) -> None:
        """Let it do nothing more."""
        busy = threading.Event()

        def wait() -> None:
            busy.set()
            self._gate.wait(20)

        self._program.tasks.query(self._program, wait, lambda _: None, lambda _: None)
        assert busy.wait(10)
        self.did.clear()

    def open(self) -> None:
        """Let it do what was asked meanwhile."""
        self._gate.set()


@pytest.fixture
def program(open_program: OpenProgram, go_to: Callable[..., None], clinic: SmallClinic, qtbot: QtBot) -> DeskProgram:
    """A desk on the clinic's Monday which has read what it reads by itself."""
    program = open_program()
    go_to(program, clinic.monday)
    qtbot.waitUntil(lambda: clinic.monday - timedelta(days=1) in space_of(program).store.boards)
    qtbot.waitUntil(lambda: not program.tasks._unfinished)
    return program


@pytest.fixture
def lane(program: DeskProgram, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    lane = Lane(program, monkeypatch)
    yield lane
    lane.open()


def test_the_answer_to_a_typed_letter_overtakes_the_month_and_the_days_read_ahead(
    program: DeskProgram, lane: Lane, clinic: SmallClinic, qtbot: QtBot
) -> None:
    tuesday = clinic.monday + timedelta(days=1)
    keys("0930")
    press(Qt.Key.Key_Return)
    line = space_of(program).booking.form.patient_line
    qtbot.waitUntil(line.isVisible)
    qtbot.waitUntil(lambda: not program.tasks._unfinished)
    lane.shut()
    space_of(program).store.show([tuesday])  # kept: only the days beside it are to be read, ahead
    ahead = tuesday + timedelta(days=1)
    qtbot.waitUntil(lambda: space_of(program).store._days.is_reading(ahead))
    space_of(program).fullness.want(clinic.monday, ahead)
    keys("n")
    keys("o")
    lane.open()
    qtbot.waitUntil(line.matches.isVisible)
    qtbot.waitUntil(lambda: len(lane.did) == 3)
    assert lane.did == ["search_patients no", f"load_day {ahead}", f"load_fullness {clinic.monday}"]


def test_a_day_that_is_being_read_ahead_is_hurried_when_it_is_looked_at(
    program: DeskProgram, lane: Lane, clinic: SmallClinic, qtbot: QtBot
) -> None:
    tuesday, wednesday = clinic.monday + timedelta(days=1), clinic.monday + timedelta(days=2)
    store = space_of(program).store
    lane.shut()
    space_of(program).fullness.want(clinic.monday, tuesday)
    store.show([tuesday])
    qtbot.waitUntil(lambda: store._days.is_reading(wednesday))
    store.show([wednesday])
    lane.open()
    qtbot.waitUntil(lambda: wednesday in store.boards)
    qtbot.waitUntil(lambda: len(lane.did) >= 2)
    assert lane.did[:2] == [f"load_day {wednesday}", f"load_fullness {clinic.monday}"]
    assert lane.did.count(f"load_day {wednesday}") == 1


def test_a_change_of_another_desk_overtakes_what_is_merely_useful(
    program: DeskProgram, lane: Lane, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    lane.shut()
    space_of(program).fullness.want(clinic.monday, clinic.monday + timedelta(days=27))
    start = minute_to_instant(clinic.monday, 540, "Europe/Berlin")
    with qtbot.waitSignal(space_of(program).store.tables_changed):
        booking.book(second_database, Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15))
    qtbot.waitUntil(lambda: bool(program.tasks._query_lane._waiting[Priority.URGENT]))
    lane.open()
    qtbot.waitUntil(lambda: len(shown(program, clinic.monday)) == 1)
    qtbot.waitUntil(lambda: len(lane.did) >= 2)
    assert lane.did[:2] == ["load_entries", f"load_fullness {clinic.monday}"]
