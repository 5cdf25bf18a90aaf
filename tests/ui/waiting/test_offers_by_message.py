"""A time that became free is offered by message, in the whole program: begun, watched, gone on with, ended, taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.asking import StartOffers
from clinic_desk.notifications import replies
from clinic_desk.services import asking
from clinic_desk.ui.calendar.words import hold_text
from clinic_desk.ui.waiting.offer_panel import OfferPanel
from clinic_desk.ui.waiting.sheet import WaitingSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.offers import Waiters, waiters
from tests.support.queued import run
from tests.support.replies import Listed
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_on
from tests.ui.setup.conftest import press

ESC, SHIFT = Qt.Key.Key_Escape, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def space(clinic: SmallClinic, reception: DeskProgram, qtbot: QtBot) -> Workspace:
    """A desk of the reception on the Monday."""
    return space_on(reception, clinic.monday, qtbot)


@pytest.fixture
def three(database: Database, owner_engine: Engine, clinic: SmallClinic) -> Waiters:
    """Three who wait for a gap of that day: O'Neill, Müller-Lüdenscheidt, بن علي."""
    return waiters(database, owner_engine, clinic)


@pytest.fixture
def work(url_as: Callable[[Any], URL]) -> Any:
    """Somebody who works the queue: reads what was answered and does what is to be done."""
    worker = Database(url_as("clinic_worker"), DeskIdentity(UUID(int=7), "Worker"))
    provider = Listed()

    def do(number: str = "", body: str = "") -> None:
        if number:
            provider.hear(number, body)
            replies.poll_replies(worker, provider)
        asking.work(worker)

    yield do
    worker.dispose()


def at_the_gap(space: Workspace, three: Waiters, qtbot: QtBot) -> OfferPanel:
    """Have the gap shown in the panel, with the keyboard in it."""
    qtbot.waitUntil(lambda: bool(space.store.boards))
    space.window.calendar.setFocus()
    space.gaps().look_at(three.gap)
    panel = space.gaps().panel
    qtbot.waitUntil(lambda: panel.isVisible() and panel.has_keyboard and panel.guard.is_ready)
    return panel


def told(panel: OfferPanel) -> str:
    return panel.asking.told.text()


def hint_of(panel: OfferPanel, number: int) -> str:
    return panel.rows[number].accessibleName()


def test_one_key_offers_it_and_all_desks_see_who_is_asked_until_when(
    space: Workspace, three: Waiters, work: Any, qtbot: QtBot
) -> None:
    panel = at_the_gap(space, three, qtbot)
    assert panel.asking.ask_button.isVisible()
    assert told(panel) == ""
    press(Qt.Key.Key_M)
    qtbot.waitUntil(lambda: told(panel).startswith("O'Neill, Siobhán is asked by SMS until "))
    assert told(panel).endswith("Then 2 more.")
    assert "asked until" in hint_of(panel, 0)
    assert panel.has_keyboard, "the hand stays where it was"
    board = space.store.boards[three.clinic.monday]
    qtbot.waitUntil(lambda: len(space.store.boards[board.day].holds) == 1)
    assert hold_text(space.store.boards[board.day].holds[0]).startswith("Offered until ")
    qtbot.waitUntil(lambda: panel.guard.is_ready)
    press(Qt.Key.Key_A)
    qtbot.waitUntil(lambda: told(panel).startswith("Müller-Lüdenscheidt, Käthe is asked"))
    # A yes books it: the gap is gone, and this desk is told of it.
    three.leaves()
    work("+493012345673", "Ja")
    qtbot.waitUntil(lambda: not panel.isVisible())
    qtbot.waitUntil(lambda: "takes Mon 3 Mar 2031" in space.window.toasts.latest_text())
    assert space.window.toasts.latest_text().startswith("Müller-Lüdenscheidt, Käthe takes")
    qtbot.waitUntil(lambda: any(e.patient.family_name == "Müller-Lüdenscheidt" for e in _entries(space, three)))


def _entries(space: Workspace, three: Waiters) -> Any:
    return space.store.boards[three.clinic.monday].entries


def test_by_mouse_it_is_begun_and_withdrawn(space: Workspace, three: Waiters, qtbot: QtBot) -> None:
    panel = at_the_gap(space, three, qtbot)
    _click(panel, "asking_begin")
    qtbot.waitUntil(lambda: "is asked by SMS" in told(panel))
    _click(panel, "asking_end")
    qtbot.waitUntil(lambda: told(panel) == "The offer by message was withdrawn.")
    assert panel.asking.ask_button.isVisible()
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"]


def _click(panel: OfferPanel, name: str) -> None:
    button = panel.findChild(QPushButton, name)
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_undo_takes_it_back_before_the_message_leaves(space: Workspace, three: Waiters, qtbot: QtBot) -> None:
    panel = at_the_gap(space, three, qtbot)
    press(Qt.Key.Key_M)
    qtbot.waitUntil(lambda: "is asked by SMS" in told(panel))
    qtbot.waitUntil(lambda: "is offered by message" in space.window.toasts.latest_text())
    press(ESC)
    space.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"])
    assert three.now().state == "withdrawn"


def test_she_phoned_and_is_booked_with_the_key_that_books_anybody(
    space: Workspace, three: Waiters, qtbot: QtBot
) -> None:
    panel = at_the_gap(space, three, qtbot)
    press(Qt.Key.Key_M)
    qtbot.waitUntil(lambda: "is asked by SMS" in told(panel) and panel.guard.is_ready)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: three.now().state == "taken")
    assert three.states() == ["taken", "queued", "queued"]
    qtbot.waitUntil(lambda: not panel.isVisible())


def test_she_phoned_and_does_not_want_it_so_the_next_one_is_asked(
    space: Workspace, three: Waiters, qtbot: QtBot
) -> None:
    panel = at_the_gap(space, three, qtbot)
    press(Qt.Key.Key_M)
    qtbot.waitUntil(lambda: "O'Neill" in told(panel) and panel.guard.is_ready)
    press(Qt.Key.Key_N)
    qtbot.waitUntil(lambda: three.states() == ["declined", "asked", "queued"])


def test_that_nobody_can_be_asked_is_said_with_the_reasons(space: Workspace, three: Waiters, qtbot: QtBot) -> None:
    run(three.engine, "UPDATE patient SET channel = 'none'")
    panel = at_the_gap(space, three, qtbot)
    press(Qt.Key.Key_M)
    latest = space.window.toasts.latest_text
    qtbot.waitUntil(lambda: latest().startswith("Nobody can be asked by message. O'Neill, Siobhán (gets no messages)"))
    assert told(panel) == ""


def test_what_another_desk_began_is_seen_and_not_begun_twice(
    space: Workspace, three: Waiters, second_database: Database, qtbot: QtBot
) -> None:
    panel = at_the_gap(space, three, qtbot)
    asking.start_offers(second_database, StartOffers(three.gap, tuple(one.wish.id for one in three.wishes)))
    qtbot.waitUntil(lambda: "is asked by SMS" in told(panel))
    assert not panel.asking.ask_button.isVisible()


def test_the_waiting_list_shows_who_is_asked_and_leads_to_the_time(
    space: Workspace, three: Waiters, qtbot: QtBot
) -> None:
    three.begin()
    space.window.actions_by_name["waiting"].trigger()
    (sheet,) = [each for each in space.window.findChildren(WaitingSheet) if each.isVisible()]
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 3)
    notes = [row.note for row in sheet.rows.records]
    assert notes[0].startswith("asked until ")
    assert notes[1:] == ["", ""]
    sheet.list.setFocus()
    sheet.list.choose(sheet.rows.records[0].id)
    assert sheet.time_button.isVisible()
    press(Qt.Key.Key_G)
    panel = space.gaps().panel
    qtbot.waitUntil(lambda: panel.isVisible() and panel.has_keyboard)
    assert "is asked by SMS" in told(panel)
