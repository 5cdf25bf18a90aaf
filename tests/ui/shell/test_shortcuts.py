"""The sheet of keys, keys in menus and tool tips, and that nobody is caught anywhere by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QMenu, QTreeWidgetItem, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.services import booking
from clinic_desk.ui.actions import SPECS, Actions
from clinic_desk.ui.menus import entry_menu, main_menu, place_menu
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.search.commands import commands_of
from clinic_desk.ui.shell.key_groups import filtered, key_groups
from clinic_desk.ui.shell.shortcuts import ShortcutsSheet
from tests.support.bookings import checkup
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "x.ini"), QSettings.Format.IniFormat), "julia")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    return window


@pytest.fixture
def actions(window: QWidget, preferences: Preferences) -> Actions:
    return Actions(window, preferences)


@pytest.fixture
def sheet(window: QWidget, actions: Actions, qtbot: QtBot) -> ShortcutsSheet:
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    sheet = ShortcutsSheet(actions, main_menu(window, actions), window)
    sheet.open()
    return sheet


def menus_in(menu: QMenu) -> list[QMenu]:
    inside = [action.menu() for action in menu.actions()]
    return [menu, *(each for one in inside if isinstance(one, QMenu) for each in menus_in(one))]


def test_every_command_is_in_the_menu_and_its_keys_are_there_and_in_its_tool_tip(
    window: QWidget, actions: Actions
) -> None:
    menu = main_menu(window, actions)
    in_menu = {one.name: one.keys for one in commands_of(menu)}
    missing = {spec.name for spec in SPECS} - {name.removeprefix("action_") for name in in_menu}
    assert missing == {"menu"}  # the one that opens it
    for spec in SPECS:
        if not spec.keys:
            continue
        keys = QKeySequence(spec.keys).toString(QKeySequence.SequenceFormat.NativeText)
        action = actions[spec.name]
        assert f"({keys})" in action.toolTip(), spec.name
        assert keys in in_menu.get(action.objectName(), keys), spec.name
        assert action.isShortcutVisibleInContextMenu(), spec.name
    for each in (menu, entry_menu(window, actions), place_menu(window, actions)):
        assert all(one.toolTipsVisible() for one in menus_in(each))


def test_the_sheet_has_every_command_once_with_the_key_it_has_now(window: QWidget, actions: Actions) -> None:
    actions.set_keys("new", "Q")
    lines = [line for group in key_groups(actions, main_menu(window, actions)) for line in group.lines if line.command]
    assert sorted(line.command for line in lines) == sorted(spec.name for spec in SPECS)
    keys = {line.command: line.keys for line in lines}
    assert keys["new"] == "Q"
    assert keys["cancel"] == "C / Del"
    assert keys["menu"] == "F10"


def test_a_command_is_found_by_its_words_its_group_or_its_key(window: QWidget, actions: Actions) -> None:
    groups = key_groups(actions, main_menu(window, actions))
    for typed, found in (
        ("next fr", "Next free time…"),
        ("ctrl+k", "Find…"),
        ("del", "Cancel…"),
        ("view week", "Week"),
    ):
        assert found in [line.text for group in filtered(groups, typed) for line in group.lines], typed
    assert filtered(groups, "zzz") == ()
    assert filtered(groups, "") == groups


def choose(sheet: ShortcutsSheet, typed: str) -> None:
    """Find a command by typing and go to it with the keyboard, as one does."""
    sheet.search.setFocus()
    sheet.search.clear()
    QTest.keyClicks(sheet.search, typed)
    QTest.keyClick(sheet.search, Key.Key_Down)
    assert sheet.tree.hasFocus()


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, modifier)


def test_a_changed_key_is_kept_and_one_that_is_taken_or_the_calendars_is_refused(
    sheet: ShortcutsSheet, actions: Actions, window: QWidget, preferences: Preferences
) -> None:
    choose(sheet, "New app")
    press(Key.Key_Return)
    assert sheet.field.hasFocus()
    press(Key.Key_B)
    assert "One step back" in sheet.told.text()
    press(Key.Key_5)
    assert "its own meaning" in sheet.told.text()
    assert actions["new"].shortcut().toString() == "N"
    press(Key.Key_Q, Modifier.ControlModifier | Modifier.ShiftModifier)
    assert Actions(window, preferences)["new"].shortcut().toString() == "Ctrl+Shift+Q"
    assert sheet.tree.hasFocus()
    item = sheet.tree.currentItem()
    assert isinstance(item, QTreeWidgetItem)
    assert (item.text(0), item.text(1)) == ("New appointment", "Ctrl+Shift+Q")
    press(Key.Key_Return)
    press(Key.Key_Backspace)
    assert actions["new"].shortcut().isEmpty()
    sheet.reset()
    assert Actions(window, preferences)["new"].shortcut().toString() == "N"


def test_esc_and_tab_leave_the_new_key_first_and_then_the_sheet(
    sheet: ShortcutsSheet, actions: Actions, qtbot: QtBot
) -> None:
    for leave in (Key.Key_Escape, Key.Key_Tab):
        choose(sheet, "New app")
        press(Key.Key_Return)
        assert sheet.field.hasFocus()
        press(leave)
        assert not sheet.field.isVisible()
        assert sheet.isVisible()
    assert actions["new"].shortcut().toString() == "N"
    with qtbot.waitSignal(sheet.finished):
        press(Key.Key_Escape)


# --- nobody is caught -------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(open_program: OpenProgram, clinic: SmallClinic, database: Database, qtbot: QtBot) -> DeskProgram:
    """A desk on the clinic's Monday with an appointment chosen."""
    entry = booking.book(database, checkup(clinic))
    program = open_program()
    navigator = space_of(program).navigator
    navigator.go_to(clinic.monday, select=entry.id)
    qtbot.waitUntil(lambda: clinic.monday in space_of(program).store.boards and program.window.calendar.isVisible())
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    program.window.calendar.setFocus()
    qtbot.waitUntil(lambda: program.window.calendar.selected_entry() is not None)
    return program


QTS_OWN = frozenset({"action_in_room_choose", "action_card", "action_change_user"})
"""A menu and a print preview: how they are left is Qt's. The door is left with a password."""


def stops(window: QWidget) -> int:
    """How many widgets Tab can come by: of the page that lies over the window, or of the window."""
    page = next((one for one in window.findChildren(QDialog) if one.isVisible()), window)
    return sum(
        one.isVisible() and one.isEnabled() and bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        for one in page.findChildren(QWidget)
    )


def round_trip(window: QWidget) -> None:
    """Press Tab until the keyboard is where it was."""
    press(Key.Key_Tab)
    first = before = QApplication.focusWidget()
    for _ in range(150):
        press(Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None
        if now is first:
            return
        assert now is not before, now.objectName()
        before = now
    pytest.fail("Tab never came back")


def test_from_every_page_tab_comes_round_and_esc_leads_back_to_the_calendar(desk: DeskProgram, qtbot: QtBot) -> None:
    window = desk.window
    opening = [
        one.name.removeprefix("action_")
        for one in commands_of(window.menu)
        if one.is_on and (one.text.endswith("…") or one.text == "Messages") and one.name not in QTS_OWN
    ]
    assert len(opening) > 8
    for name in (*opening, "new", "open"):
        entry = window.calendar.selected_entry()
        assert entry is not None, name
        window.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda: not window.calendar.hasFocus())
        if name == "away":  # it has one button until the clinic was read
            qtbot.waitUntil(lambda: stops(window) > 1)
        if stops(window) > 1:
            round_trip(window)
        for _ in range(2):
            if not window.calendar.hasFocus():
                press(Key.Key_Escape)
        qtbot.waitUntil(window.calendar.hasFocus)
        window.calendar.select_entry(entry.id)
    round_trip(window)
    while not isinstance(QApplication.focusWidget(), QAbstractButton):
        press(Key.Key_Tab)
    press(Key.Key_Escape)  # from a button of the bar or of a side
    assert window.calendar.hasFocus()
