"""The page that has the clinic of this PC taken over to a newer PostgreSQL; the work itself has tests of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desk.database.embedded import EmbeddedServerError, Problem
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import ServerUpgradeNeeded, Stopped
from clinic_desk.ui.door.server_upgrade import ServerUpgradePage
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram


class Server:
    """Stands in for the PC's server: of another version until it was taken over."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self.is_new = False
        self.why = ""
        self.has_programs = True
        self.troubles: list[Exception] = []
        self.waits_for_stop = False
        self._connect = connect

    def open(self, *arguments: Any) -> Any:
        """Open the clinic, if it can be."""
        if self.is_new:
            return self._connect(*arguments)
        raise ServerUpgradeNeeded(self.why, 16, 18, self.take_over if self.has_programs else None, "apt-get it")

    def take_over(self, tell: Callable[[str], None], stop: Callable[[], bool]) -> None:
        """Take it over, or meet the next trouble."""
        tell("server-reading 7")
        if self.troubles:
            raise self.troubles.pop()
        while self.waits_for_stop:
            if stop():
                raise Stopped
        self.is_new = True


@pytest.fixture
def server(clinic: SmallClinic, programs: Any, monkeypatch: pytest.MonkeyPatch) -> Server:
    assert clinic.monday.isoweekday() == 1
    made = Server(programs.__globals__["connect"])
    monkeypatch.setitem(programs.__globals__, "connect", made.open)
    return made


def page_of(program: DeskProgram, qtbot: QtBot) -> ServerUpgradePage:
    qtbot.waitUntil(lambda: program.window.findChild(ServerUpgradePage) is not None, timeout=15_000)
    page = program.window.findChild(ServerUpgradePage)
    assert isinstance(page, ServerUpgradePage)
    return page


def press(page: ServerUpgradePage) -> None:
    QTest.keyClick(page.act, Qt.Key.Key_Return)


def test_one_key_takes_the_clinic_over_and_an_error_is_said_where_it_was_pressed(
    programs: OpenProgram, server: Server, qtbot: QtBot
) -> None:
    server.troubles = [EmbeddedServerError(Problem.DISK_FULL, "75 MB are needed")]
    program = programs(wait=False)
    page = page_of(program, qtbot)
    qtbot.waitUntil(page.act.hasFocus)
    for part in ("PostgreSQL 16", "18", "backup", "before-postgresql-18", "about a minute", "same names and passwords"):
        assert part in page.text.text()
    press(page)
    qtbot.waitUntil(lambda: "75 MB are needed" in page.remark.text())
    assert "disk is full" in page.remark.text()
    assert page.act.isEnabled()
    with qtbot.waitSignal(program.ready, timeout=15_000):
        press(page)
    assert program.window.findChild(ServerUpgradePage) is None or page.isHidden()


def test_it_can_be_stopped_and_is_asked_for_again(programs: OpenProgram, server: Server, qtbot: QtBot) -> None:
    server.waits_for_stop = True
    program = programs(wait=False)
    page = page_of(program, qtbot)
    press(page)
    qtbot.waitUntil(lambda: "7 MB" in page.step.text())
    QTest.keyClick(page.end, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "stopped" in page.remark.text())
    server.waits_for_stop = False
    with qtbot.waitSignal(program.ready, timeout=15_000):
        press(page)


def test_where_nothing_can_read_the_old_database_three_ways_are_said_and_it_is_looked_again(
    programs: OpenProgram, server: Server, qtbot: QtBot
) -> None:
    server.has_programs = False
    program = programs(wait=False)
    page = page_of(program, qtbot)
    assert page.accessibleName() == "PostgreSQL 16 is needed once more"
    for part in ("Nothing was changed", "Install PostgreSQL 16", "apt-get it", "earlier version", "last backup"):
        assert part in page.text.text()
    press(page)
    qtbot.waitUntil(lambda: "still no programs of PostgreSQL 16" in page.remark.text())
    server.has_programs = True
    program.opener.look_again.setInterval(50)
    program.opener.look_again.start()
    qtbot.waitUntil(lambda: page.act.text().startswith("Take"), timeout=15_000)
    server.is_new = True  # another program took it over
    program.opener.look_again.setInterval(50)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        program.opener.look_again.start()
