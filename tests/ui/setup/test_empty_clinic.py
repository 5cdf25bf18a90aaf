"""A manager sets an empty clinic up from nothing, by the keyboard alone, and the calendar comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.services.setup_overview import load_setup
from clinic_desk.services.slots import SlotQuery, next_free
from clinic_desk.ui.first_run.clinic import ClinicPage
from clinic_desk.ui.setup.opener import ClinicSetup
from clinic_desk.ui.setup.page import SetupPage
from tests.ui.setup.conftest import opener_of, press, save, tab_to, type_keys, wait_for_page
from tests.ui.shell.conftest import OpenProgram

Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier


def begin(program: DeskProgram, qtbot: QtBot) -> SetupPage:
    """Have the set-up area rather than the short page with the least that there is to enter."""
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ClinicPage)), timeout=15_000)
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(program.findChildren(ClinicSetup)))
    return wait_for_page(opener_of(program), qtbot)


def new_record(area: Key) -> None:
    """Alt and the area's number, then Enter on what adds the first record."""
    press(area, ALT)
    press(Key.Key_Return)


@pytest.fixture
def empty(programs: OpenProgram, url_as: Callable[..., URL]) -> DeskProgram:
    """A manager's desk of a clinic without anything."""
    return programs(url=url_as("clinic_manager"), wait=False)


@pytest.mark.qt_log_ignore("This plugin does not support")  # the list of time zones pops up: offscreen says so
def test_an_empty_clinic_is_set_up_by_the_keyboard_alone(empty: DeskProgram, qtbot: QtBot, database: Database) -> None:
    page = begin(empty, qtbot)
    assert "a site, a doctor" in page.lacking.text()

    new_record(Key.Key_1)
    type_keys("Lindenhof")
    tab_to("zone")
    press(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_keys("Europe/Berlin")
    save(page, qtbot)

    new_record(Key.Key_2)
    type_keys("Dr. Okafor")
    save(page, qtbot)

    new_record(Key.Key_3)
    tab_to("week_1")
    type_keys("8-12, 13-17")
    tab_to("week_alike")
    press(Key.Key_Space)
    save(page, qtbot)

    press(Key.Key_4, ALT)
    press(Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    type_keys("Check-up")
    save(page, qtbot)

    assert not page.lacking.isVisible()
    with qtbot.waitSignal(empty.ready, timeout=15_000):
        press(Key.Key_Escape)
    assert empty.workspace is not None
    assert [person.name for person in empty.workspace.store.clinic.practitioners] == ["Dr. Okafor"]

    setup = load_setup(database)
    assert len(setup.clinic.working_hours) == 10
    assert next_free(database, SlotQuery(setup.clinic.types[0].id, from_at=setup.now))


def test_an_empty_clinic_can_be_left_and_come_back_to(empty: DeskProgram, qtbot: QtBot) -> None:
    begin(empty, qtbot)
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: not empty.findChildren(ClinicSetup))
    assert empty.workspace is None
    assert empty.window.cover.button.text() == "Set up the clinic"
    empty.window.cover.button.setFocus()
    press(Key.Key_Space)
    assert begin(empty, qtbot).isVisible()
    assert QApplication.focusWidget() is not None


def test_the_reception_is_told_to_have_it_set_up(programs: OpenProgram, qtbot: QtBot) -> None:
    program = programs(wait=False)
    qtbot.waitUntil(
        lambda: hasattr(program.window, "cover") and program.window.cover.button.isVisible(), timeout=15_000
    )
    assert program.window.cover.button.text() == "Try again"
    assert not program.findChildren(ClinicSetup)
