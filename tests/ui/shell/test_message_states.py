"""What the queue tells of an appointment's messages is on screen at once, and is not taken for somebody's change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.listener import CHANNEL
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Entry, MessageState
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, calendar
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_program import current, go_to

__all__ = ["go_to"]  # a fixture

QueueSays = Callable[..., None]


@pytest.fixture
def booked(clinic: SmallClinic, second_database: Database) -> Entry:
    """An appointment of another desk on the clinic's Monday, with a confirmation that waits."""
    start = minute_to_instant(clinic.monday, 540, "Europe/Berlin")
    return booking.book(
        second_database, Book(clinic.patients[0], clinic.checkup, clinic.weber, clinic.berlin, start, 15)
    )


@pytest.fixture
def watched(
    open_program: OpenProgram, go_to: Callable[[DeskProgram, date], None], clinic: SmallClinic, booked: Entry
) -> DeskProgram:
    """A desk that shows it, selected."""
    program = open_program()
    go_to(program, clinic.monday)
    space_of(program).navigator.select(booked.id)
    return program


@pytest.fixture
def queue_says(owner_engine: Engine, clinic: SmallClinic, booked: Entry) -> QueueSays:
    """Set the appointment's messages to a status and tell it, as the worker does: one NOTIFY, no version, no desk."""
    told = json.dumps({"t": "notification", "i": str(booked.id), "v": 0, "d": [clinic.monday.isoformat()]})

    def say(status: str, kind: str = "%") -> None:
        with owner_engine.begin() as connection:
            changed = connection.exec_driver_sql(
                "UPDATE notification SET status = %s, attempts = 1 WHERE appointment_id = %s AND kind LIKE %s",
                (status, booked.id, kind),
            )
            assert changed.rowcount
            connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, told))

    return say


def test_a_message_that_failed_is_marked_on_its_appointment_which_is_not_pointed_at_as_changed(
    watched: DeskProgram, queue_says: QueueSays, booked: Entry, qtbot: QtBot
) -> None:
    edited: list[object] = []
    space_of(watched).store.entries_edited.connect(lambda _day, ids: edited.append(ids))
    before = current(watched, booked)
    assert before.message_state is MessageState.PENDING
    with qtbot.waitSignal(space_of(watched).store.board_changed) as changed:
        queue_says("failed")
    after = current(watched, booked)
    assert changed.args is not None
    assert changed.args[1] == {booked.id}
    assert after.message_state is MessageState.FAILED
    assert after.appointment == before.appointment
    assert edited == []


def test_a_row_read_for_its_message_does_not_undo_what_this_desk_committed_meanwhile(
    watched: DeskProgram, queue_says: QueueSays, booked: Entry, qtbot: QtBot
) -> None:
    """The own result enters in the version that is read; another message state of the same version replaces it."""
    space_of(watched).store.apply_entry(current(watched, booked))
    queue_says("failed")
    qtbot.waitUntil(lambda: current(watched, booked).message_state is MessageState.FAILED)


def test_the_counts_and_the_open_panel_follow_the_queue(
    watched: DeskProgram, queue_says: QueueSays, qtbot: QtBot
) -> None:
    panel = space_of(watched).sides.panel
    qtbot.waitUntil(lambda: panel.has_details)
    read = space_of(watched).pulse.counts_read  # those of the start may come first
    with qtbot.waitSignal(read, timeout=20_000, check_params_cb=lambda counts: counts.need_attention == 1):
        queue_says("failed", "confirmation")
    qtbot.waitUntil(lambda: "status='failed'" in repr(panel._details))


def test_news_of_a_message_on_a_day_that_is_not_kept_reads_nothing(
    watched: DeskProgram, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def load(_database: Database, ids: object) -> tuple[()]:
        read.append(ids)
        return ()

    monkeypatch.setattr(calendar, "load_entries", load)
    far = date(clinic.monday.year + 1, 6, 1).isoformat()
    told = json.dumps({"t": "notification", "i": str(clinic.weber), "v": 0, "d": [far]})
    with qtbot.waitSignal(space_of(watched).store.tables_changed), owner_engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, told))
    qtbot.waitUntil(lambda: not watched.tasks._unfinished)
    assert read == []
