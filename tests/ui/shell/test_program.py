"""The whole program on real PostgreSQL: what a receptionist does, by real keys and clicks, at one and at two desks."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.ui.shell.conftest import OpenProgram


def test_the_program_opens_and_shows_today(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program()
    assert program.window.calendar.isVisible()
    program.window.grab().save("/tmp/shell/p0.png")
