"""Whole desks on a test's database: the program itself, window and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.desk.program import DeskProgram
from clinic_desk.opening.connecting import connect
from clinic_desk.opening.opened import Opened
from clinic_desk.settings import ClaimedDesk, load_settings
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.theme import apply_style
from tests.support.small_clinic import SmallClinic

OpenProgram = Callable[..., DeskProgram]


@pytest.fixture
def open_program(clinic: SmallClinic, programs: OpenProgram) -> OpenProgram:
    """Open a desk's program on the small clinic; see `programs`."""
    assert clinic.monday.isoweekday() == 1
    return programs


@pytest.fixture
def programs(qapp: QApplication, qtbot: QtBot, tmp_path: Path, database_url: URL) -> Iterator[OpenProgram]:
    """Open a desk's program by name; shown and live when returned. All are ended, in order, with the test."""
    programs: list[DeskProgram] = []
    apply_style(qapp, dark=False)

    def open_it(name: str = "Desk 1", url: URL | None = None, *, wait: bool = True) -> DeskProgram:
        desk = ClaimedDesk(_desk_id(name), name)

        def open_clinic(tell: Callable[[str], None]) -> Opened:
            return connect(url or database_url, desk, load_settings(data=tmp_path, config=tmp_path / "config"))

        settings = QSettings(str(tmp_path / f"{name}.ini"), QSettings.Format.IniFormat)
        program = DeskProgram(open_clinic, settings)
        program.window.resize(1280, 800)
        programs.append(program)
        if not wait:
            program.show()
            return program
        listening: list[bool] = []
        program.ready.connect(lambda: _when_listening(program, lambda: listening.append(True)))
        with qtbot.waitSignal(program.ready, timeout=15_000):
            program.show()
        qtbot.waitUntil(lambda: bool(listening) and _is_live(program))
        return program

    yield open_it
    for program in programs:
        if not program.is_closing:
            with qtbot.waitSignal(program.closed, timeout=20_000):
                program.close()
        assert program.finish()
        program.deleteLater()


def _when_listening(program: DeskProgram, then: Callable[[], object]) -> None:
    """It is called live as soon as a day is read; what other desks announce is heard from here on."""
    assert program.workspace is not None
    program.workspace.live.connected.connect(then)


def _is_live(program: DeskProgram) -> bool:
    space = program.workspace
    return space is not None and space.store.freshness.connection is Connection.LIVE


def _desk_id(name: str) -> UUID:
    return UUID(int=0xDE5C_1000 + sum(name.encode())) if name else uuid4()
