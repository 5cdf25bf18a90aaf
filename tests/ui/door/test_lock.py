"""A locked desk: nothing of any patient anywhere, everything goes on, and all is as it was afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from unittest.mock import Mock
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QToolTip, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import Group
from clinic_desk.domain.records import LockRules
from clinic_desk.domain.setup import SaveLockRules
from clinic_desk.services.setup.locking import save_lock_rules
from clinic_desk.ui.actions import SPECS
from clinic_desk.ui.door.idle import is_too_long, minutes_of
from clinic_desk.ui.door.locker import clear_own_clipboard
from clinic_desk.ui.workspace import Workspace
from tests.plugins.postgres import PostgresServer
from tests.support.small_clinic import SmallClinic
from tests.ui.door.conftest import Desk, accessible_texts

CANARY = "Kanarienvogel"
Key = Qt.Key


@pytest.fixture
def space(desk: Desk) -> Workspace:
    """What brings the reception's window to life."""
    found = desk.program.workspace
    assert found is not None
    return found


@pytest.fixture
def canary(clinic: SmallClinic, owner_engine: Engine) -> SmallClinic:
    """A patient whose name stands nowhere else."""
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET family_name = %s, given_name = %s, note = %s WHERE id = %s",
            (CANARY, f"Otto {CANARY}", f"note {CANARY}", clinic.patients[0]),
        )
    return clinic


def texts_of(widget: QWidget) -> list[str]:
    """What stands in a visible widget and all within it."""
    found = [widget.windowTitle(), widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
    for each in (widget, *widget.findChildren(QWidget)):
        if each.isVisible():
            text = (
                getattr(each, "text", None) or getattr(each, "toPlainText", None) or getattr(each, "currentText", None)
            )
            found += [text() if callable(text) else "", each.toolTip(), each.accessibleName(), each.windowTitle()]
    return found


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus and tool tips raise themselves
def test_while_it_is_locked_no_window_and_no_screen_reader_shows_anything_of_a_patient(
    canary: SmallClinic, desk: Desk, space: Workspace, qtbot: QtBot
) -> None:
    window = desk.program.window
    space.open_patient(canary.patients[0])
    space.house().show_window()
    window.toasts.show_text(f"Booked: {CANARY}")
    window.actions_by_name["undo"].setText(f"Undo: {CANARY}")
    window.menu.popup(window.mapToGlobal(window.rect().center()))
    assert window.menu.isVisible()
    window.menu.close()
    QToolTip.showText(window.mapToGlobal(window.rect().center()), CANARY, window)
    other = QLabel(CANARY, window, Qt.WindowType.Window)
    other.setWindowTitle(CANARY)
    other.show()
    qtbot.waitUntil(lambda: any(CANARY in text for each in QApplication.topLevelWidgets() for text in texts_of(each)))
    qtbot.waitUntil(lambda: any(CANARY in text for text in accessible_texts()))
    before = window.grab().toImage()
    desk.lock()
    shown = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
    assert shown == [desk.seats.door]
    assert not [text for each in shown for text in texts_of(each) if CANARY in text]
    assert not [text for text in accessible_texts() if CANARY in text]
    assert not [each.title() for each in QGuiApplication.topLevelWindows() if CANARY in each.title()]
    assert desk.seats.door.grab().toImage() != before
    desk.come_in()
    assert other.isVisible()
    assert other.windowTitle() == CANARY
    assert space.house().window is not None
    other.close()


@pytest.mark.parametrize("is_own", [True, False])
def test_what_was_copied_here_is_taken_from_the_clipboard_and_what_another_program_did_is_left(is_own: bool) -> None:
    clipboard = Mock(spec=QClipboard)  # that of the tests' platform does not tell whose it is
    clipboard.ownsClipboard.return_value = clipboard.ownsSelection.return_value = is_own
    clear_own_clipboard(clipboard)
    assert clipboard.clear.called is is_own


def test_all_is_as_it_was_when_the_same_person_comes_back(
    clinic: SmallClinic, desk: Desk, space: Workspace, qtbot: QtBot
) -> None:
    desk.to_front()
    space.booking.start_anywhere()
    form = space.booking.form
    qtbot.waitUntil(form.patient_line.hasFocus)
    focused, geometry = form.patient_line, desk.program.window.geometry()
    QTest.keyClicks(focused, "Mei")
    desk.lock()
    assert not form.isVisible()
    desk.come_in()
    assert form.isVisible()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is focused)
    assert isinstance(focused, QLineEdit)
    assert focused.text() == "Mei"
    assert desk.program.window.geometry() == geometry
    assert not desk.seats.door.isVisible()


def test_a_window_as_large_as_the_screen_is_so_again(desk: Desk, space: Workspace, qtbot: QtBot) -> None:
    window = desk.program.window
    window.showMaximized()
    qtbot.waitUntil(window.isMaximized)
    handle = window.windowHandle()
    desk.lock()
    desk.come_in()
    assert window.isMaximized()
    now = window.windowHandle()
    assert now is not handle
    assert now.windowStates() & Qt.WindowState.WindowMaximized


def test_no_key_does_anything_while_it_is_locked(desk: Desk, space: Workspace) -> None:
    desk.lock()
    done: list[str] = []
    for spec in SPECS:
        action = desk.program.window.actions_by_name[spec.name]
        action.setEnabled(True)
        action.triggered.connect(lambda _checked=False, name=spec.name: done.append(name))
        for sequence in action.shortcuts():
            keys = cast("Any", sequence)[0]
            desk.key(keys.key(), keys.keyboardModifiers())
    assert done == []
    assert desk.seats.is_locked


def test_what_opens_by_itself_while_it_is_locked_is_seen_afterwards(desk: Desk, qtbot: QtBot) -> None:
    desk.lock()
    paper = QLabel("paper", desk.program.window, Qt.WindowType.Window)
    paper.show()
    qtbot.waitUntil(lambda: not paper.isVisible())
    desk.come_in()
    assert paper.isVisible()
    paper.close()


def test_changes_of_other_desks_are_on_the_calendar_afterwards(
    clinic: SmallClinic, desk: Desk, space: Workspace, owner_engine: Engine, qtbot: QtBot
) -> None:
    desk.lock()
    with qtbot.waitSignal(space.store.clinic_changed), owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioner SET name = 'Dr. Neu' WHERE id = %s", (clinic.weber,))
    desk.come_in()
    assert "Dr. Neu" in {each.name for each in space.store.clinic.practitioners}


def test_a_number_that_calls_meanwhile_waits(desk: Desk, space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    monkeypatch.setattr(space.finder, "find_phone", found.append)
    desk.lock()
    desk.program.callers.find("+493012345671")
    assert found == []
    desk.come_in()
    assert found == ["+493012345671"]


def test_wrong_passwords_cost_time_from_the_fourth_on(desk: Desk, qtbot: QtBot) -> None:
    desk.lock()
    for _ in range(3):
        desk.try_it(password="wrong")
        qtbot.waitUntil(lambda: "not right" in desk.remark())
        assert desk.page.enter.isEnabled()
        desk.page.say("")
    desk.try_it(password="wrong")
    qtbot.waitUntil(lambda: "Too many" in desk.remark())
    assert not desk.page.enter.isEnabled()
    desk.key(Key.Key_Return)
    assert desk.seats.is_locked
    qtbot.waitUntil(desk.page.enter.isEnabled)
    desk.come_in()


def test_without_a_server_it_says_so_and_stays_locked_and_what_was_typed_stays(
    desk: Desk, postgres_server: PostgresServer, fresh_database: str, qtbot: QtBot
) -> None:
    desk.lock()
    postgres_server.execute(f"ALTER DATABASE {fresh_database} WITH ALLOW_CONNECTIONS false")
    desk.try_it()
    qtbot.waitUntil(lambda: desk.remark() != "")
    assert desk.seats.is_locked
    assert desk.page.password.line.text() != ""
    postgres_server.execute(f"ALTER DATABASE {fresh_database} WITH ALLOW_CONNECTIONS true")
    desk.key(Key.Key_Return)
    qtbot.waitUntil(lambda: not desk.seats.is_locked)


def test_a_desk_that_nobody_touches_locks_by_itself(desk: Desk, qtbot: QtBot) -> None:
    desk.to_front()
    idle = desk.seats.idle
    idle._touched_at -= 300
    idle._touched_wall -= 300
    idle.look()
    assert not desk.seats.is_locked
    desk.to_front()
    desk.key(Key.Key_Down)
    assert idle.unused_s() < 60
    idle._touched_at -= 600
    idle.look()
    assert desk.seats.is_locked


def test_a_desk_that_signs_in_by_itself_is_shown_again_by_enter(desk: Desk, qtbot: QtBot) -> None:
    seats = desk.seats
    seats.seat.opened = replace(seats.seat.opened, is_automatic=True)
    desk.lock()
    desk.key(Key.Key_Return)
    qtbot.waitUntil(lambda: not desk.seats.is_locked)


def test_a_person_can_have_it_locked_sooner_and_never_later(desk: Desk) -> None:
    desk.program.window.actions_by_name["lock_5"].trigger()
    assert desk.seats.idle.minutes == 5
    desk.program.window.actions_by_name["lock_0"].trigger()
    assert desk.seats.idle.minutes == 10
    assert [minutes_of(10, *own) for own in ((5, 0), (0, 0), (0, 20), (7, 5), (0, 2))] == [5, 10, 10, 5, 2]


def test_the_clinics_time_is_a_managers_holds_at_once_and_this_pc_can_only_have_it_shorter(
    desk: Desk, url_as: Callable[[Group], URL], qtbot: QtBot
) -> None:
    idle = desk.seats.idle
    manager = Database(url_as("clinic_manager"), DeskIdentity(UUID(int=0xDE5C_7001), "Desk 7"))
    stands = save_lock_rules(manager, SaveLockRules(LockRules(idle_minutes=7, session_hours=8)))
    qtbot.waitUntil(lambda: (idle.minutes, idle.session_hours) == (7, 8))
    settings = desk.seats.seat.opened.settings
    assert settings is not None
    for own, minutes in ((3, 3), (30, 7), (0, 7)):
        desk.seats.seat.opened = replace(
            desk.seats.seat.opened, settings=settings.model_copy(update={"lock_after_min": own})
        )
        desk.program.window.actions_by_name["lock_0"].trigger()
        assert idle.minutes == minutes
    save_lock_rules(manager, SaveLockRules(replace(stands, idle_minutes=9)))
    qtbot.waitUntil(lambda: idle.minutes == 9)
    manager.dispose()


def test_a_session_that_is_over_ends_at_the_next_pause_of_a_minute_and_soon_in_any_case() -> None:
    assert not is_too_long(59, 0, 10)
    assert is_too_long(60, 0, 10)
    assert is_too_long(0, 15 * 60, 10)
    assert not is_too_long(60, -1, 10)
    assert not is_too_long(86_400, 86_400, 0), "who signs in by itself is not asked"


def test_after_twelve_hours_it_is_told_and_the_password_begins_a_session_anew(desk: Desk, qtbot: QtBot) -> None:
    desk.to_front()
    idle = desk.seats.idle
    idle._began_at -= 12 * 3600
    idle.look()
    assert not desk.seats.is_locked
    assert "12 hours" in desk.program.window.toasts.latest_text()
    idle._began_at -= 15 * 60
    desk.key(Key.Key_Down)
    idle.look()
    qtbot.waitUntil(desk.seats.door.isActiveWindow)
    desk.come_in()
    assert idle.over_s() < 0, "another twelve hours"


def test_the_password_is_seen_only_while_its_button_is_held_and_caps_lock_is_told(desk: Desk) -> None:
    desk.lock()
    field = desk.page.password
    QTest.keyClicks(field.line, "a")
    assert not field.caps.isVisible()
    QTest.keyClick(field.line, Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    QTest.sendKeyEvent(QTest.KeyAction.Click, field.line, Key.Key_C, "C", Qt.KeyboardModifier.NoModifier)
    assert field.caps.isVisible()
    QTest.mousePress(field.look, Qt.MouseButton.LeftButton)
    assert field.line.echoMode() is QLineEdit.EchoMode.Normal
    QTest.mouseRelease(field.look, Qt.MouseButton.LeftButton)
    assert field.line.echoMode() is QLineEdit.EchoMode.Password


def test_closing_a_locked_program_says_first_that_something_is_open(desk: Desk, space: Workspace, qtbot: QtBot) -> None:
    desk.to_front()
    space.booking.start_anywhere()
    qtbot.waitUntil(space.booking.form.isVisible)
    desk.lock()
    desk.seats.door.close()
    assert "not saved" in desk.remark()
    assert not desk.program.is_closing
    with qtbot.waitSignal(desk.program.closed):
        desk.seats.door.close()
