"""Programs at their first start, on a PC on which nothing is set up."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.desk.opener import Open
from clinic_desk.desk.program import DeskProgram
from clinic_desk.opening.first_start import open_or_ask
from clinic_desk.settings import Settings, load_settings
from clinic_desk.ui.first_run.door import FirstRun
from clinic_desk.ui.first_run.one_pc import NewClinicPage
from clinic_desk.ui.theme import apply_style
from tests.ui.setup.conftest import press, tab_to, type_keys
from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs"]

PASSWORD = "four kettles on monday"
Start = Callable[..., DeskProgram]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Settings]:
    """A PC on which nothing is set up; its folders are gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="cd-first-"))
    folder.chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
    yield load_settings(data=folder, config=tmp_path / "config")
    shutil.rmtree(folder)


@pytest.fixture
def start(qapp: QApplication, qtbot: QtBot, here: Settings, tmp_path: Path) -> Iterator[Start]:
    """Start the program on that PC, as often as is wanted; what still runs is closed with the test.

    It may be given how it opens what is set up there.
    """
    programs: list[DeskProgram] = []
    apply_style(qapp, dark=False)

    def start(open_clinic: Open | None = None) -> DeskProgram:
        settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
        program = DeskProgram(open_clinic or partial(open_or_ask, here), settings)
        programs.append(program)
        program.window.resize(1280, 720)
        program.show()
        return program

    yield start
    for program in programs:
        end(program, qtbot)


def end(program: DeskProgram, qtbot: QtBot) -> None:
    """Close the window and let go of everything, as the end of the program does; once is enough."""
    if program.is_closing:
        return
    with qtbot.waitSignal(program.closed, timeout=30_000):
        program.window.close()
    assert program.finish()
    program.deleteLater()


def asked(program: DeskProgram, qtbot: QtBot) -> FirstRun:
    """Wait until the program asks what this PC is to work with, with the keyboard on the page."""
    qtbot.waitUntil(lambda: program.opener.first_run is not None)
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    first_run = program.opener.first_run
    assert first_run is not None
    qtbot.waitUntil(lambda: first_run.page.isAncestorOf(QApplication.focusWidget() or program.window))
    return first_run


def one_pc(program: DeskProgram, qtbot: QtBot) -> NewClinicPage:
    """Choose by its number to use this PC only."""
    first_run = asked(program, qtbot)
    press(Qt.Key.Key_2)
    qtbot.waitUntil(lambda: first_run.page.objectName() == "one_pc")
    page = first_run.page
    assert isinstance(page, NewClinicPage)
    qtbot.waitUntil(page.manager.display_name.hasFocus)
    return page


def type_manager(name: str = "Anna Weber", password: str = PASSWORD, *, page: str = "one_pc") -> None:
    """On the page of a new clinic, by the keyboard: the name, and the password twice."""
    type_keys(name)
    for field in (f"{page}_new", f"{page}_again"):
        tab_to(field)
        press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        type_keys(password)
