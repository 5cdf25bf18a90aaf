"""The database is cut off at the worst moments: the form keeps what was typed, tells the truth, and books once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.tasks import Tasks
from tests.support.proxy import COMMIT, FaultyProxy
from tests.ui.booking.conftest import Asking, Clock, at, press, search, type_in

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as between:
        yield between


@pytest.fixture
def shaky(proxy: FaultyProxy, database_url: URL) -> Iterator[Database]:
    """A desk whose link goes through the proxy, with little patience so that the test is quick."""
    desk = DeskIdentity(new_id(), "Desk 3")
    database = Database(proxy.url(database_url), desk, commit_patience_s=0.3, resolve_for_s=0.6)
    yield database
    database.dispose()


@pytest.fixture
def ready(
    *,
    qtbot: QtBot,
    shaky: Database,
    tasks: Tasks,
    known: Clinic,
    window: QWidget,
    clock: Clock,
    place: Callable[..., Place],
) -> BookingForm:
    """The form of the shaky desk, filled and one Enter from being booked."""
    form = BookingForm(shaky, tasks, known, window, clock=clock)
    form.start_new(place(9, 45))
    qtbot.waitUntil(lambda: form.content.has_board)
    search(qtbot, form, "meier")
    press(ENTER)
    type_in(form.fields.note, "walks with a cane")
    return form


def test_a_server_that_is_gone_is_told_in_the_form_and_the_same_enter_books_later(
    qtbot: QtBot, ready: BookingForm, proxy: FaultyProxy, other_desk: Asking
) -> None:
    proxy.refuse()
    press(ENTER)
    qtbot.waitUntil(lambda: "cannot be reached" in ready.problem.text(), timeout=15_000)
    assert ready.isVisible()
    assert ready.fields.note.text() == "walks with a cane"
    assert ready.content.draft.patient is not None
    assert other_desk.entries() == ()
    first = ready.content.command(frozenset(), frozenset(), ready.holding.hold_id)
    assert first == ready.content.command(frozenset(), frozenset(), ready.holding.hold_id), (
        "the same wish keeps its ids"
    )
    proxy.resume()
    with qtbot.waitSignal(ready.booked, timeout=15_000) as told:
        press(ENTER)
    (entry,) = other_desk.entries()
    assert told.args is not None
    assert told.args[0].id == entry.id == first.appointment_id  # type: ignore[union-attr]


@pytest.mark.parametrize("stands", [True, False], ids=["the answer is lost", "the COMMIT is lost"])
def test_a_lost_commit_is_found_out_and_neither_confirmed_nor_freed_meanwhile(
    qtbot: QtBot, ready: BookingForm, proxy: FaultyProxy, other_desk: Asking, stands: bool
) -> None:
    told: list[object] = []
    ready.booked.connect(told.append)
    sprung = proxy.cut_when(COMMIT, before_forward=not stands, stall=True)
    press(ENTER)
    qtbot.waitUntil(lambda: ready.carry_out.is_unknown, timeout=20_000)
    assert sprung.is_set()
    assert told == []
    assert "finding out" in ready.problem.text()
    assert ready.book_button.text() == "Finding out…"
    press(ESC)
    ready.submit()
    assert ready.isVisible(), "what is not known cannot be thrown away"
    proxy.resume()
    qtbot.waitUntil(lambda: len(told) == 1, timeout=20_000)
    assert len(other_desk.entries()) == 1
    assert other_desk.entries()[0].appointment.starts_at == at(9, 45)


def test_the_search_goes_on_by_itself_when_the_database_is_back(
    *,
    qtbot: QtBot,
    shaky: Database,
    tasks: Tasks,
    known: Clinic,
    window: QWidget,
    clock: Clock,
    place: Callable[..., Place],
    proxy: FaultyProxy,
) -> None:
    form = BookingForm(shaky, tasks, known, window, clock=clock)
    form.start_new(place(9, 45))
    qtbot.waitUntil(lambda: form.content.has_board)
    proxy.refuse()
    type_in(form.patient_line, "meier")
    rows = form.patient_line.matches.matches
    qtbot.waitUntil(lambda: any("goes on by itself" in row.text for row in rows.rows), timeout=15_000)
    proxy.resume()
    qtbot.waitUntil(lambda: form.patient_line.found_for == "meier", timeout=15_000)
    assert rows.rows[0].line is not None
