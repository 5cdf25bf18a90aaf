"""A desk that could not be opened looks again by itself: quietly, and only where nothing is to be done at this desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.desk.program import DeskProgram
from clinic_desk.opening.opened import Opened
from clinic_desk.ui.first_run.clinic import ClinicPage
from clinic_desk.ui.leaving import LeavingSheet
from clinic_desk.ui.setup.opener import ClinicSetup
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic, insert_small_clinic
from tests.ui.shell.conftest import OpenProgram

LOOKS = "This desk looks again by itself."


class Looks:
    """Counts how often a desk looked, and holds the next look up while `may` is cleared."""

    def __init__(self) -> None:
        self.number = 0
        self.may = Event()
        self.may.set()
        self.is_held = Event()

    def count(self, inner: Callable[..., Opened]) -> Callable[..., Opened]:
        def look(*given: object) -> Opened:
            self.number += 1
            if not self.may.is_set():
                self.is_held.set()
            self.may.wait(20)
            return inner(*given)

        return look


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Of every desk of the test."""
    looks = Looks()
    monkeypatch.setattr(Opened, "read_again", looks.count(Opened.read_again))
    return looks


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


class Stillness(QObject):
    """What could be seen, heard or felt of a cover meanwhile."""

    def __init__(self, program: DeskProgram) -> None:
        super().__init__()
        self.disturbed: list[str] = []
        cover = program.window.cover
        for part in (cover, cover.text, cover.button, cover.bar):
            part.installEventFilter(self)
        program.opening_failed.connect(self.disturbed.append)
        program.stage_told.connect(self.disturbed.append)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.Show, kinds.Hide, kinds.FocusIn, kinds.FocusOut, kinds.Paint, kinds.UpdateRequest):
            self.disturbed.append(f"{watched.objectName()}: {event.type().name}")
        return False


def wait_for_cover(program: DeskProgram, part: str, qtbot: QtBot) -> None:
    """Wait until the cover says so, with a button to press."""

    def is_there() -> bool:
        return hasattr(program.window, "cover") and part in program.window.cover.text.text()

    qtbot.waitUntil(lambda: is_there() and program.window.cover.button.isVisible(), timeout=15_000)
    program.opener.look_again.setInterval(10)
    if program.opener.look_again.isActive():
        program.opener.look_again.start()


def shown(program: DeskProgram, qtbot: QtBot) -> None:
    """Wait for the calendar."""
    qtbot.waitUntil(lambda: program.is_ready, timeout=15_000)
    assert program.window.calendar.isVisible()
    assert program.window.calendar.hasFocus()


@pytest.fixture
def lost(programs: OpenProgram, proxy: FaultyProxy, database_url: URL, qtbot: QtBot) -> DeskProgram:
    """A desk that began while nobody answered at the server's address."""
    proxy.refuse()
    program = programs("Desk 1", proxy.url(database_url), wait=False)
    wait_for_cover(program, "cannot be reached", qtbot)
    return program


def test_a_desk_goes_on_to_the_calendar_when_another_one_has_set_the_clinic_up(
    programs: OpenProgram, owner_engine: Engine, looks: Looks, qtbot: QtBot
) -> None:
    program = programs(wait=False)
    wait_for_cover(program, LOOKS, qtbot)
    qtbot.waitUntil(lambda: looks.number >= 2)
    with owner_engine.begin() as connection:
        insert_small_clinic(connection)
    shown(program, qtbot)
    seen = looks.number
    assert not program.opener.look_again.isActive()
    qtbot.wait(50)
    assert looks.number == seen


def test_a_desk_goes_on_to_the_calendar_when_the_server_can_be_reached(
    lost: DeskProgram, proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    assert clinic.patients
    assert LOOKS in lost.window.cover.text.text()
    assert lost.window.cover.other.isHidden(), "nobody set this address up in the window"
    proxy.resume()
    shown(lost, qtbot)


def test_looking_again_is_neither_seen_nor_heard_and_leaves_the_keyboard_alone(
    programs: OpenProgram, looks: Looks, qtbot: QtBot
) -> None:
    program = programs(wait=False)
    wait_for_cover(program, LOOKS, qtbot)
    qtbot.waitUntil(lambda: looks.number >= 2)
    stillness, before = Stillness(program), looks.number
    qtbot.waitUntil(lambda: looks.number >= before + 3)
    assert stillness.disturbed == []


def test_looking_for_a_server_that_is_not_there_is_neither_seen_nor_heard(lost: DeskProgram, qtbot: QtBot) -> None:
    looks, open_clinic = Looks(), lost.opener._open

    def opening(tell: Callable[[str], None]) -> Opened:
        tell("connecting")
        return open_clinic(tell)

    lost.opener._open = looks.count(opening)
    qtbot.waitUntil(lambda: looks.number >= 2)
    stillness, before = Stillness(lost), looks.number
    qtbot.waitUntil(lambda: looks.number >= before + 3)
    assert stillness.disturbed == []


def test_what_is_lacking_is_said_anew_when_it_is_something_else(
    lost: DeskProgram, proxy: FaultyProxy, qtbot: QtBot
) -> None:
    proxy.resume()
    wait_for_cover(lost, "nothing to book", qtbot)
    proxy.refuse()
    proxy.cut_all()
    wait_for_cover(lost, "cannot be reached", qtbot)
    proxy.resume()
    wait_for_cover(lost, "nothing to book", qtbot)


@pytest.mark.parametrize("wrong", ["password", "name", "database"])
def test_a_desk_that_is_not_let_in_says_so_and_waits_for_a_person(
    programs: OpenProgram, database_url: URL, qtbot: QtBot, wrong: str
) -> None:
    url = {
        "password": database_url.set(password="of yesterday"),
        "name": database_url.set(username="nobody_here"),
        "database": database_url.set(database="no_such_clinic"),
    }[wrong]
    program = programs("Desk 1", url, wait=False)
    wait_for_cover(program, "does not let this user in", qtbot)
    assert LOOKS not in program.window.cover.text.text()
    assert not program.opener.look_again.isActive()


def test_trying_again_by_hand_works_while_the_desk_is_looking(
    programs: OpenProgram, owner_engine: Engine, looks: Looks, qtbot: QtBot
) -> None:
    program = programs(wait=False)
    looks.may.clear()
    wait_for_cover(program, LOOKS, qtbot)
    qtbot.waitUntil(looks.is_held.is_set)
    with owner_engine.begin() as connection:
        insert_small_clinic(connection)
    QTest.mouseClick(program.window.cover.button, Qt.MouseButton.LeftButton)
    assert program.window.cover.text.text() == "Connecting to the database…"
    looks.may.set()
    shown(program, qtbot)


def test_closing_while_the_desk_is_looking_ends_everything(programs: OpenProgram, looks: Looks, qtbot: QtBot) -> None:
    program = programs(wait=False)
    looks.may.clear()
    wait_for_cover(program, LOOKS, qtbot)
    qtbot.waitUntil(looks.is_held.is_set)
    with qtbot.waitSignal(program.closed):
        program.window.close()
    assert not program.opener.look_again.isActive()
    looks.may.set()
    assert program.finish()


def test_a_manager_is_not_disturbed_in_the_set_up_and_later_finds_what_others_entered(
    programs: OpenProgram, url_as: Callable[..., URL], owner_engine: Engine, looks: Looks, qtbot: QtBot
) -> None:
    program = programs(url=url_as("clinic_manager"), wait=False)
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ClinicPage)), timeout=15_000)
    program.window.findChildren(ClinicPage)[0].go_back.click()
    qtbot.waitUntil(lambda: bool(program.findChildren(ClinicSetup)), timeout=15_000)
    setup = program.findChildren(ClinicSetup)[0]
    qtbot.waitUntil(lambda: setup.page is not None and setup.page.pages.isEnabled())
    assert not program.opener.look_again.isActive()
    assert setup.page is not None
    setup.page.close_button.click()
    assert program.opener.look_again.isActive()
    wait_for_cover(program, LOOKS, qtbot)
    qtbot.waitUntil(lambda: looks.number >= 2)
    assert not program.findChildren(ClinicSetup)
    assert not program.window.findChildren(LeavingSheet)
    with owner_engine.begin() as connection:
        insert_small_clinic(connection)
    shown(program, qtbot)
