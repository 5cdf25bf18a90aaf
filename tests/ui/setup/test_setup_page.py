"""The page of the set-up: areas that are made when they are shown, keys to each, and what is unsaved when it closes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.leaving import LeavingSheet
from clinic_desk.ui.setup.page import SetupPage
from tests.support.small_clinic import SMALL_CLINIC
from tests.ui.setup.conftest import OpenSetup, press, save, section_of, sheet_over, tab_to, type_keys
from tests.ui.setup.test_setup_saved import choose, line_of

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def made(page: SetupPage) -> list[str]:
    return [area.name for row, area in enumerate(page.known) if page.is_made(row)]


def marked(page: SetupPage) -> list[str]:
    return [area.name for row, area in enumerate(page.known) if page.areas.item(row).text().endswith("●")]


def test_an_area_is_made_when_it_is_first_shown(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    assert made(page) == ["sites"]
    section_of(page, "rooms")
    assert made(page) == ["sites", "rooms"]


def test_what_is_typed_in_one_area_is_marked_and_saved_from_any_other(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "practitioners")
    choose(section, "Dr. Diaz")
    line_of(section, "speciality").setText("Skin")
    assert marked(page) == ["practitioners"]
    section_of(page, "desks")
    save(page, qtbot)
    assert marked(page) == []
    assert stored().clinic.practitioner(SMALL_CLINIC.diaz).speciality == "Skin"


def test_every_area_is_reached_by_keys_from_wherever_one_is(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    page.turn_to(0)
    press(Key.Key_Return)
    seen = [page.current.area.name]
    for _ in page.known[1:]:
        press(Key.Key_PageDown, CTRL)
        seen.append(page.current.area.name)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert page.current.isAncestorOf(focused), seen[-1]
    assert seen == [area.name for area in page.known]
    press(Key.Key_PageUp, CTRL)
    assert page.current.area.name == seen[-2]
    press(Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert page.current.area.name == seen[1]


def test_an_area_is_found_in_the_list_by_its_first_letters(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    page.areas.setFocus()
    type_keys("des")
    assert page.current.area.name == "desks"
    assert page.areas.hasFocus()
    press(Key.Key_Return)
    assert page.current.list.hasFocus()


def test_each_area_tells_its_key(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    tips = [page.areas.item(row).toolTip() for row in range(page.areas.count())]
    assert tips[0].startswith("Alt+1\n")
    assert tips[8].startswith("Alt+9\n")
    assert all("Ctrl+PgDn" in tip for tip in tips)


def test_tab_leads_from_an_area_to_what_closes_the_page_and_back(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    for name in ("rooms", "types", "sites"):
        section = section_of(page, name)
        section.list.setFocus()
        tab_to(f"{name}_new")
        tab_to("name")
        seen = names_of_tab_stops("setup_close")
        assert "setup_areas" not in seen, name
        line_of(section, "name").setText(f"x{line_of(section, 'name').text()}")
        tab_to("setup_save")
        press(Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is page.areas, name


def names_of_tab_stops(until: str) -> list[str]:
    """Press Tab until the widget of this name has the keyboard; return the names of those before."""
    seen: list[str] = []
    while not seen or seen[-1] != until:
        press(Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert isinstance(focused, QWidget)
        seen.append(focused.objectName())
        assert len(seen) < 60
    return seen


@pytest.mark.parametrize("saves", [True, False])
def test_closing_the_window_asks_what_becomes_of_what_is_not_saved(
    *, manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot, saves: bool
) -> None:
    page = open_setup(manager)
    section = section_of(page, "practitioners")
    choose(section, "Dr. Diaz")
    line_of(section, "speciality").setText("Skin")
    manager.window.close()
    sheet = sheet_over(page, LeavingSheet, qtbot)
    assert not manager.is_closing
    press(Key.Key_Escape)
    assert page.isVisible()
    manager.window.close()
    sheet = sheet_over(page, LeavingSheet, qtbot)
    with qtbot.waitSignal(manager.closed, timeout=10_000):
        (sheet.save if saves else sheet.drop).click()
    assert (stored().clinic.practitioner(SMALL_CLINIC.diaz).speciality == "Skin") is saves


def test_a_set_up_in_which_all_is_saved_keeps_no_window_open(
    manager: DeskProgram, open_setup: OpenSetup, qtbot: QtBot
) -> None:
    open_setup(manager)
    with qtbot.waitSignal(manager.closed, timeout=10_000):
        manager.window.close()
