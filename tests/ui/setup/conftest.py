"""The set-up in the whole program, signed in as a manager, as reception, or in an empty clinic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.ids import new_id
from clinic_desk.services.setup_overview import Setup, load_setup
from clinic_desk.ui.setup.opener import ClinicSetup
from clinic_desk.ui.setup.page import SetupPage
from clinic_desk.ui.setup.section import ListSection
from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["open_program", "programs"]

OpenSetup = Callable[[DeskProgram], SetupPage]
SAVED = "✓ Saved, and in force at every desk."
Shown = TypeVar("Shown", bound=QWidget)


@pytest.fixture
def manager(open_program: OpenProgram, url_as: Callable[..., URL]) -> DeskProgram:
    """A desk of a practice manager, with the calendar on screen."""
    return open_program(url=url_as("clinic_manager"))


@pytest.fixture
def reception(open_program: OpenProgram) -> DeskProgram:
    """A desk of the reception."""
    return open_program()


@pytest.fixture
def stored(database: Database) -> Callable[[], Setup]:
    """What the database holds."""
    return lambda: load_setup(database)


@pytest.fixture
def other(url_as: Callable[..., URL], owner_engine: Engine) -> Iterator[Database]:
    """Another desk of a manager."""
    identity = DeskIdentity(new_id(), "Back office")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
    desk = Database(url_as("clinic_manager"), identity)
    yield desk
    desk.dispose()


def opener_of(program: DeskProgram) -> ClinicSetup:
    """The set-up of a program: of its desk, or of an empty clinic."""
    found = [each for each in program.findChildren(ClinicSetup) if each.page is not None]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def open_setup(qtbot: QtBot) -> Iterator[OpenSetup]:
    """Open a desk's set-up with its keys and wait until it is read; closed at the test's end."""
    opened: list[ClinicSetup] = []

    def open_it(program: DeskProgram) -> SetupPage:
        program.window.activateWindow()
        qtbot.waitActive(program.window)
        program.window.actions_by_name["setup"].trigger()
        setup = opener_of(program)
        opened.append(setup)
        return wait_for_page(setup, qtbot)

    yield open_it
    for setup in opened:
        if setup.page is not None:
            qtbot.waitUntil(lambda setup=setup: not setup._submission.is_busy, timeout=10_000)  # type: ignore[misc]
            setup._close()


def wait_for_page(setup: ClinicSetup, qtbot: QtBot) -> SetupPage:
    """Wait until what is set up is read and shown."""
    page = setup.page
    assert page is not None
    qtbot.waitUntil(page.pages.isEnabled)
    return page


def section_of(page: SetupPage, name: str) -> ListSection:
    """Turn to an area, as its keys or the list do."""
    row = next(row for row, area in enumerate(page.known) if area.name == name)
    page.turn_to(row)
    return page.current


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers)


def type_keys(text: str) -> None:
    """Type a text where the keyboard is."""
    for letter in text:
        widget = QApplication.focusWidget()
        assert widget is not None
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = ord(letter.upper()) if letter.isascii() else 0
            QApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter))


def tab_to(name: str) -> None:
    """Press Tab until the widget of this name has the keyboard."""
    for _ in range(80):
        widget = QApplication.focusWidget()
        if widget is not None and widget.objectName() == name:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(name)


def save(page: SetupPage, qtbot: QtBot) -> None:
    """Save by the keyboard, and wait until it stands."""
    press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.told.text() == SAVED or page.told.property("role") == "danger", timeout=10_000)
    assert page.told.text() == SAVED


def sheet_over(page: SetupPage, kind: type[Shown], qtbot: QtBot) -> Shown:
    """Wait for a question over the page, until it may be answered."""

    def found() -> Shown | None:
        return next((each for each in page.window().findChildren(kind) if each.isVisible()), None)

    qtbot.waitUntil(lambda: found() is not None)
    shown = found()
    assert shown is not None
    guard: QObject | None = getattr(shown, "guard", None)
    if guard is not None:
        qtbot.waitUntil(lambda: guard.is_ready, timeout=20_000)  # type: ignore[attr-defined]
    return shown
