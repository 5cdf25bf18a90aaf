"""The lock strikes while something is under way: nothing of it is seen, nothing is done by it, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPageSize, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.records import Entry
from clinic_desk.services import booking
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.paper.document import Document
from clinic_desk.ui.workspace import Workspace
from tests.plugins.postgres import LOGINS
from tests.support.bookings import at, checkup
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.door.conftest import Desk
from tests.ui.shell.conftest import OpenProgram

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton


def strike(desk: Desk, qtbot: QtBot) -> None:
    """Nobody has touched anything for ten minutes, as the idle watch sees it."""
    idle = desk.seats.idle
    idle._touched_at -= 601
    idle.look()
    qtbot.waitUntil(desk.seats.door.isActiveWindow)
    assert [each for each in QApplication.topLevelWidgets() if each.isVisible()] == [desk.seats.door]


@pytest.fixture
def on_monday(desk: Desk, clinic: SmallClinic, database: Database, qtbot: QtBot) -> tuple[Workspace, Entry]:
    """The desk on the clinic's Monday, with one appointment at nine."""
    entry = booking.book(database, checkup(clinic, at(clinic.monday, 9)))
    space = space_of(desk.program)
    desk.to_front()
    space.navigator.go_to(clinic.monday, minute=540)
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id))
    return space, entry


def is_dragging(space: Workspace) -> bool:
    return space.window.calendar.hands.pointer.is_dragging


def test_a_drag_that_the_lock_interrupts_moves_nothing(
    desk: Desk, on_monday: tuple[Workspace, Entry], qtbot: QtBot
) -> None:
    space, entry = on_monday
    calendar = space.window.calendar
    viewport, start = calendar.viewport(), calendar.stage.cursor_rect().center()
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 6):
        QTest.mouseMove(viewport, start + QPoint(0, 12 * step))
    assert is_dragging(space)
    strike(desk, qtbot)
    QTest.mouseRelease(desk.seats.door, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    desk.come_in()
    assert not is_dragging(space)
    assert QWidget.mouseGrabber() is None
    QTest.mouseMove(viewport, start + QPoint(0, 90))
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(0, 90))
    assert desk.program.tasks.unfinished_commands == 0
    now = space.store.entry(entry.id)
    assert now is not None
    assert now.appointment.starts_at == entry.appointment.starts_at


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus and dialogs raise themselves
def test_an_open_menu_is_shut_and_dialogs_a_preview_and_a_file_dialog_come_back(
    desk: Desk, on_monday: tuple[Workspace, Entry], qtbot: QtBot
) -> None:
    space, _ = on_monday
    window = space.window
    space.open_patient(on_monday[1].patient.id)
    space.paper().preview(Document("Monday", (), "{page}"), QPageSize.PageSizeId.A4)
    file = QFileDialog(window, "Save the list")
    file.setOption(QFileDialog.Option.DontUseNativeDialog)
    file.open()
    name = file.findChild(QLineEdit)
    assert name is not None
    name.setText("monday.csv")
    window.menu.popup(window.mapToGlobal(QPoint(40, 40)))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is window.menu)
    before = {each for each in QApplication.topLevelWidgets() if each.isVisible()} - {window.menu}
    assert len(before) >= 3
    strike(desk, qtbot)
    desk.key(Key.Key_Escape)
    desk.come_in()
    assert {each for each in QApplication.topLevelWidgets() if each.isVisible()} == before
    assert QApplication.activePopupWidget() is None
    assert name.text() == "monday.csv"
    assert QApplication.activeModalWidget() is not None
    file.close()


def test_a_shortcut_of_a_sheet_that_is_put_away_does_nothing(
    desk: Desk, on_monday: tuple[Workspace, Entry], qtbot: QtBot
) -> None:
    space, _ = on_monday
    other = QWidget(space.window, Qt.WindowType.Window)
    done: list[str] = []
    for context in (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut):
        shortcut = QShortcut(Qt.Key.Key_F9, other, context=context)
        shortcut.activated.connect(lambda: done.append("pressed"))
    other.show()
    strike(desk, qtbot)
    desk.key(Key.Key_F9)
    assert done == []
    desk.come_in()
    other.close()


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


def test_a_change_of_user_while_the_server_is_away_waits_for_it(
    open_program: OpenProgram,
    proxy: FaultyProxy,
    database_url: URL,
    url_as: Callable[[Group], URL],
    qtbot: QtBot,
) -> None:
    desk = Desk(open_program("Desk 1", proxy.url(database_url)), qtbot)
    first = space_of(desk.program)
    proxy.refuse()
    proxy.cut_all()
    qtbot.waitUntil(lambda: first.store.freshness.connection is Connection.LOST)
    desk.change_user()
    other = url_as("clinic_manager")
    desk.try_it(LOGINS["clinic_manager"])
    qtbot.waitUntil(lambda: "cannot be reached" in desk.remark())
    assert desk.seats.is_locked
    assert desk.page.login == other.username
    proxy.resume()
    desk.key(Key.Key_Return)
    qtbot.waitUntil(lambda: not desk.seats.is_locked and desk.program.window.isVisible())
    now = space_of(desk.program)
    assert now is not first
    assert desk.seats.seat.person.login == other.username
    qtbot.waitUntil(lambda: now.store.freshness.connection is Connection.LIVE)
    assert first.is_asleep
