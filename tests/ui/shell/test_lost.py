"""The database goes and comes back while a desk is at work: what is said, what stays, what is off, what goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import CLOSE_WITHIN_S, DeskProgram
from clinic_desk.domain.commands import Book
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, calendar
from clinic_desk.ui.freshness import Connection
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_program import focused, keys, press, shown

ZONE = "Europe/Berlin"


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture
def far(
    open_program: OpenProgram, proxy: FaultyProxy, database_url: URL, clinic: SmallClinic, qtbot: QtBot
) -> DeskProgram:
    """A desk whose way to the database leads through the proxy, on the clinic's Monday."""
    program = open_program("Desk 1", proxy.url(database_url))
    space_of(program).navigator.go_to(clinic.monday, minute=540)
    qtbot.waitUntil(lambda: clinic.monday in space_of(program).store.boards)
    return program


@pytest.fixture
def cut(far: DeskProgram, proxy: FaultyProxy, qtbot: QtBot) -> Callable[[], None]:
    def cut() -> None:
        proxy.refuse()
        proxy.cut_all()
        qtbot.waitUntil(lambda: space_of(far).store.freshness.connection is Connection.LOST, timeout=10_000)

    return cut


def test_a_lost_database_is_told_with_the_age_writing_is_off_and_the_calendar_stays(
    far: DeskProgram, cut: Callable[[], None], qtbot: QtBot
) -> None:
    cut()
    window = far.window
    qtbot.waitUntil(window.banner.isVisible)
    assert "old" in window.banner.text.text()
    assert window.calendar.isVisible()
    assert not window.actions_by_name["new"].isEnabled()
    assert window.actions_by_name["today"].isEnabled()
    assert "No connection" in window.status_bar.connection.text()
    assert not space_of(far).sides.panel.move_button.isEnabled()


@pytest.fixture
def book_elsewhere(second_database: Database, clinic: SmallClinic) -> Callable[[], None]:
    """Book at another desk, whose way to the database is not cut."""
    start = minute_to_instant(clinic.monday, 600, ZONE)
    command = Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15)

    def book() -> None:
        booking.book(second_database, command)

    return book


def test_when_it_is_back_it_says_so_and_shows_what_was_missed(
    far: DeskProgram, cut: Callable[[], None], book_elsewhere: Callable[[], None], proxy: FaultyProxy, qtbot: QtBot
) -> None:
    clinic_day = space_of(far).navigator.view.day
    cut()
    book_elsewhere()
    assert shown(far, clinic_day) == []
    proxy.resume()
    qtbot.waitUntil(lambda: len(shown(far, clinic_day)) == 1, timeout=15_000)
    assert "back" in far.window.banner.text.text()
    assert far.window.actions_by_name["new"].isEnabled()


def test_an_open_form_keeps_what_was_typed_through_a_cut(
    far: DeskProgram, cut: Callable[[], None], proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    far.window.calendar.setFocus()
    press(Qt.Key.Key_Return)
    form = space_of(far).booking.form
    qtbot.waitUntil(form.isVisible)
    keys("nowak")
    cut()
    assert form.isVisible()
    assert form.patient_line.text() == "nowak"
    assert focused() is form.patient_line
    proxy.resume()
    qtbot.waitUntil(
        lambda: form.patient_line.matches.isVisible() and form.patient_line.matches.highlighted() is not None
    )


def test_a_day_that_was_not_read_is_covered_and_comes_when_the_database_is_back(
    far: DeskProgram, cut: Callable[[], None], proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    cut()
    other = clinic.monday.replace(month=6)
    space_of(far).navigator.go_to(other)
    qtbot.waitUntil(far.window.cover.isVisible)
    assert "not read" in far.window.cover.text.text()
    proxy.resume()
    qtbot.waitUntil(far.window.calendar.isVisible, timeout=15_000)
    assert space_of(far).navigator.view.day == other


def test_the_program_ends_in_time_though_the_database_does_not_answer(
    far: DeskProgram, proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    proxy.stall()
    space_of(far).store.reload()
    began = monotonic()
    with qtbot.waitSignal(far.closed, timeout=20_000):
        far.close()
    far.finish()
    assert monotonic() - began < CLOSE_WITHIN_S + 1.0
    proxy.resume()


def test_closing_while_a_command_runs_lets_it_finish(
    far: DeskProgram, proxy: FaultyProxy, clinic: SmallClinic, database: Database, qtbot: QtBot
) -> None:
    proxy.delay(30)
    start = minute_to_instant(clinic.monday, 600, ZONE)
    command = Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15)
    far_database = space_of(far).desk.database
    far.tasks.command(far, lambda: booking.book(far_database, command), lambda entry: None, lambda error: None)
    with qtbot.waitSignal(far.closed, timeout=20_000):
        far.close()
    proxy.delay(0)
    assert far.finish()
    assert [entry.id for entry in calendar.load_entries(database, [command.appointment_id])] == [command.appointment_id]
