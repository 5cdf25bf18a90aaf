"""The database goes and comes back: the keyboard is afterwards where it was before, unless the user went elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel
from clinic_desk.domain.records import CancellationReason
from clinic_desk.services import booking
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.setup.conftest import press
from tests.ui.shell.conftest import OpenProgram
from tests.ui.waiting.test_waiting_in_the_program import shown_offer, wishing

TAB = Qt.Key.Key_Tab


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture
def far(
    open_program: OpenProgram, proxy: FaultyProxy, database_url: URL, clinic: SmallClinic, qtbot: QtBot
) -> Workspace:
    """A desk whose way to the database leads through the proxy, on the clinic's Monday."""
    program = open_program("Desk 1", proxy.url(database_url))
    space = space_of(program)
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    space.navigator.go_to(clinic.monday, minute=540)
    qtbot.waitUntil(lambda: clinic.monday in space.store.boards)
    return space


@pytest.fixture
def outage(far: Workspace, proxy: FaultyProxy, qtbot: QtBot) -> Callable[..., None]:
    """Cut the way to the database; `meanwhile` something is done; then it is back."""

    def state(connection: Connection) -> None:
        qtbot.waitUntil(lambda: far.store.freshness.connection is connection, timeout=15_000)

    def outage(meanwhile: Callable[[], object] = lambda: None) -> None:
        proxy.refuse()
        proxy.cut_all()
        state(Connection.LOST)
        QApplication.processEvents()
        meanwhile()
        proxy.resume()
        far.live.check_now()
        state(Connection.LIVE)
        QApplication.processEvents()

    return outage


def focused() -> QWidget | None:
    return QApplication.focusWidget()


def test_who_is_asked_about_a_time_that_became_free_still_has_the_keyboard(
    far: Workspace, clinic: SmallClinic, database: Database, outage: Callable[..., None], qtbot: QtBot
) -> None:
    wishing(database, clinic, 2)
    wishing(database, clinic, 3)
    booked = booking.book(database, checkup(clinic, at(clinic.monday, 9)))
    qtbot.waitUntil(lambda: far.window.calendar.select_entry(booked.id))
    booking.cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))
    panel = shown_offer(far, qtbot, ["O'Neill", "Müller-Lüdenscheidt"])
    press(Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    press(Qt.Key.Key_Down)
    assert panel.rows[1].hasFocus()
    elsewhere: list[QWidget | None] = []
    outage(lambda: elsewhere.append(focused()))
    assert elsewhere != [panel.rows[1]], "what cannot be done has no keyboard"
    qtbot.waitUntil(panel.rows[1].hasFocus)
    outage(far.window.calendar.setFocus)
    assert far.window.calendar.hasFocus(), "the user went there"


def test_what_is_done_with_an_appointment_and_the_booking_form_still_have_the_keyboard(
    far: Workspace, clinic: SmallClinic, database: Database, outage: Callable[..., None], qtbot: QtBot
) -> None:
    booked = booking.book(database, checkup(clinic, at(clinic.monday, 9)))
    qtbot.waitUntil(lambda: far.window.calendar.select_entry(booked.id))
    move = far.sides.panel.move_button
    qtbot.waitUntil(move.isEnabled)
    move.setFocus()
    outage(lambda: qtbot.waitUntil(lambda: not move.isEnabled()))
    qtbot.waitUntil(move.hasFocus)
    far.window.calendar.setFocus()
    far.window.calendar.clearSelection()
    far.navigator.go_to(clinic.monday, minute=660)
    press(Qt.Key.Key_Return)
    form = far.booking.form
    qtbot.waitUntil(form.isVisible)
    press(TAB)
    had = focused()
    assert had is not None
    assert form.isAncestorOf(had)
    outage()
    assert focused() is had
