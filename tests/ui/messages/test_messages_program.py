"""The whole program on real PostgreSQL: from the calendar to the messages and back, and what is done there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel
from clinic_desk.domain.message_list import Filter
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.services import booking, messages
from clinic_desk.ui.booking.tell_sheet import TellSheet
from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.messages.desk import MessageDesk
from clinic_desk.ui.messages.page import MessagesPage
from tests.support.bookings import at, checkup, count
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic
from tests.ui.messages.conftest import Becomes
from tests.ui.shell.conftest import OpenProgram

Key = Qt.Key
Turn = Callable[..., UUID]


def type_in(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers)


def desk_of(program: DeskProgram) -> MessageDesk:
    assert program.workspace is not None
    return program.workspace.messages


def page_of(program: DeskProgram) -> MessagesPage:
    return desk_of(program).page


def child(program: DeskProgram, name: str) -> QWidget:
    found = program.window.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def listed(program: DeskProgram) -> list[tuple[str, str]]:
    return [(str(row.kind), str(row.status)) for row in page_of(program).messages.rows.records]


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    return booking.book(database, checkup(clinic))


@pytest.fixture
def turn(database: Database, booked: Entry, becomes: Becomes) -> Turn:
    """Let the booking's confirmation come to a state, if one is given; return its id."""
    rows = messages.messages_about(database, booked.id)
    confirmation = next(row.id for row in rows if row.kind is Kind.CONFIRMATION)

    def turn_it(status: str = "", **others: Any) -> UUID:
        if status:
            becomes(confirmation, status, **others)
        return confirmation

    return turn_it


@pytest.fixture
def program(open_program: OpenProgram, qtbot: QtBot) -> DeskProgram:
    """A desk with the calendar on screen, which has the keyboard."""
    program = open_program()
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    qtbot.waitUntil(program.window.calendar.hasFocus)
    return program


@pytest.fixture
def on_page(program: DeskProgram, qtbot: QtBot) -> Callable[[int], None]:
    """Open the page by its key, and wait for so many rows."""

    def open_page(rows: int) -> None:
        press(Key.Key_F6)
        qtbot.waitUntil(lambda: len(page_of(program).messages.rows.records) == rows, timeout=15_000)

    return open_page


# --- there and back ---------------------------------------------------------------------------------------------------


def test_f6_shows_the_messages_and_esc_the_calendar_as_it_was(
    booked: Entry, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    window = program.window
    place = window.calendar.current_place()
    on_page(2)
    assert page_of(program).isVisible()
    qtbot.waitUntil(page_of(program).messages.hasFocus)
    assert not window.calendar.isVisible()
    assert not window.sidebar.isVisible()
    assert not window.side_panel.isVisible()
    assert window.top_bar.isVisible()
    press(Key.Key_Escape)
    qtbot.waitUntil(window.calendar.hasFocus)
    assert window.sidebar.isVisible()
    assert window.side_panel.isVisible()
    assert window.calendar.current_place() == place
    press(Key.Key_F6)
    qtbot.waitUntil(page_of(program).messages.hasFocus)
    press(Key.Key_F6)
    qtbot.waitUntil(window.calendar.isVisible)


def test_the_counts_and_the_status_bar_lead_to_their_lists(turn: Turn, program: DeskProgram, qtbot: QtBot) -> None:
    turn("failed", error_code="21614")
    qtbot.waitUntil(lambda: program.window.findChild(QWidget, "messages_need_attention") is not None)
    number = child(program, "messages_need_attention")
    assert isinstance(number, QPushButton)
    qtbot.waitUntil(lambda: number.text() == "1 — open")
    assert number.accessibleName() == "Need attention: 1"
    QTest.mouseClick(number, Qt.MouseButton.LeftButton)
    page = page_of(program)
    assert page.filters.chosen == Filter.ATTENTION
    qtbot.waitUntil(lambda: listed(program) == [("confirmation", "failed")])
    press(Key.Key_Escape)
    page.filters.choose(Filter.ALL)
    QTest.mouseClick(child(program, "messages_attention"), Qt.MouseButton.LeftButton)
    assert page.isVisible()
    assert page.filters.chosen == Filter.ATTENTION


def test_the_messages_of_the_chosen_visits_patient_stand_beside_it_and_follow_what_becomes_of_them(
    booked: Entry, turn: Turn, program: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    beside = desk_of(program).beside.of_patient

    def told() -> str:
        return " / ".join(label.text() for label in beside.rows.findChildren(QLabel))

    assert not beside.isVisible()
    assert program.workspace is not None
    program.workspace.navigator.go_to(SMALL_CLINIC.monday)
    qtbot.waitUntil(lambda: program.window.calendar.select_entry(booked.id))
    qtbot.waitUntil(lambda: beside.isVisible() and "confirmation" in told().lower())
    turn("failed", error_code="21614")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("SELECT announce_messages(ARRAY[%s]::uuid[])", (booked.id,))
    qtbot.waitUntil(lambda: "failed" in told())
    beside.all_requested.emit(booked.patient.id)
    assert page_of(program).isVisible()
    assert page_of(program).filters.search.text() == booked.patient.display_name


def test_what_is_chosen_in_the_top_bar_is_seen_on_the_calendar(
    booked: Entry, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    QTest.mouseClick(child(program, "button_today"), Qt.MouseButton.LeftButton)
    assert program.window.calendar.isVisible()
    press(Key.Key_F6)
    press(Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    type_in(booked.appointment.starts_at.date().isoformat())
    press(Key.Key_Return)
    qtbot.waitUntil(program.window.calendar.isVisible)


def test_the_calendar_may_be_covered_and_uncovered_below_the_page(
    booked: Entry, program: DeskProgram, on_page: Callable[[int], None]
) -> None:
    on_page(2)
    program.window.cover_with("Reading…")
    assert page_of(program).isVisible()
    program.window.uncover()
    assert page_of(program).isVisible()
    press(Key.Key_Escape)
    assert program.window.calendar.isVisible()


def test_enter_goes_to_the_appointment(
    booked: Entry, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    press(Key.Key_Return)
    assert program.workspace is not None
    panel = program.workspace.sides.panel
    qtbot.waitUntil(lambda: panel.entry is not None and panel.entry.id == booked.id)
    assert program.window.calendar.isVisible()


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_what_a_worker_does_is_seen_without_a_click_and_the_choice_stays(
    turn: Turn, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    page = page_of(program)
    page.messages.choose(turn())
    turn("sent", error_code="")
    qtbot.waitUntil(lambda: page.card.state.text() == "✓ sent")
    assert page.messages.chosen.id == turn()


def test_the_search_finds_a_patient_s_messages(
    database: Database, booked: Entry, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    assert booked.patient.display_name == "Anna Meier"
    other = SMALL_CLINIC.patients[2]
    booking.book(database, checkup(SMALL_CLINIC, at(SMALL_CLINIC.monday, 10), patient_id=other))
    on_page(4)
    press(Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    type_in("neill")
    qtbot.waitUntil(lambda: {row.patient_name for row in page_of(program).messages.rows.records} == {"Siobhán O'Neill"})


def test_with_the_connection_gone_nothing_is_offered(
    booked: Entry, program: DeskProgram, on_page: Callable[[int], None]
) -> None:
    on_page(2)
    assert program.workspace is not None
    assert page_of(program).acts["cancel"].isEnabled()
    program.workspace.store.set_lost()
    assert not page_of(program).acts["cancel"].isEnabled()


# --- what is done -----------------------------------------------------------------------------------------------------


def test_c_takes_a_message_back_and_says_so(
    turn: Turn, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    page_of(program).messages.choose(turn())
    press(Key.Key_C)
    qtbot.waitUntil(lambda: ("confirmation", "cancelled") in listed(program))
    assert program.window.toasts.latest_text() == "Taken back: Anna Meier is not told."


def test_a_message_that_just_left_is_news_and_no_error(
    turn: Turn, owner_engine: Engine, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    page_of(program).messages.choose(turn())
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notification SET status = 'sent', sent_at = now() WHERE id = %s", (turn(),))
    press(Key.Key_C)
    toasts = program.window.toasts
    qtbot.waitUntil(lambda: toasts.latest_text() == "It was quicker than you: sent.")
    assert toasts.findChildren(QLabel, "toast_text")[-1].property("role") == ""
    qtbot.waitUntil(lambda: ("confirmation", "sent") in listed(program))


def test_a_failure_is_taken_care_of_by_its_letters(
    turn: Turn, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    turn("failed", error_code="21614")
    on_page(2)
    page = page_of(program)
    assert page.messages.chosen.id == turn()
    press(Key.Key_W)
    qtbot.waitUntil(lambda: page.card.state.text() == "☑ will call · test_reception person will call")
    press(Key.Key_R)
    qtbot.waitUntil(lambda: listed(program)[0] == ("confirmation", "pending"))


def test_what_may_have_gone_is_sent_again_only_after_a_question(
    turn: Turn, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    turn("unknown", lease_owner="w", lease_until="2026-01-01")
    on_page(2)
    press(Key.Key_R)
    qtbot.waitUntil(lambda: program.window.findChild(QWidget, "ask_sheet") is not None)
    press(Key.Key_Escape)
    assert ("confirmation", "unknown") in listed(program)


def test_e_sends_by_e_mail_what_a_landline_could_not_take(
    turn: Turn, owner_engine: Engine, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET email = 'a@example.org' WHERE id = %s", (SMALL_CLINIC.patients[0],)
        )
    turn("failed", error_code="21614")
    on_page(2)
    press(Key.Key_E)
    page = page_of(program)
    qtbot.waitUntil(lambda: any(row.channel is Channel.EMAIL for row in page.messages.rows.records))
    qtbot.waitUntil(lambda: "⚠ failed" not in [page.messages.rows.index(row, 5).data() for row in range(3)])


def test_a_reply_becomes_a_yes_by_two_keys(
    booked: Entry, owner_engine: Engine, program: DeskProgram, qtbot: QtBot
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO inbound_message (id, provider_id, sender, body, received_at)"
            " VALUES (%s, 'SM1', '+493012345671', 'ok see you', now())",
            (uuid4(),),
        )
    unread = child(program, "messages_unread")
    qtbot.waitUntil(unread.isVisible, timeout=20_000)
    QTest.mouseClick(unread, Qt.MouseButton.LeftButton)
    page = page_of(program)
    qtbot.waitUntil(lambda: len(page.replies.rows.records) == 1)
    qtbot.waitUntil(page.replies.hasFocus)
    press(Key.Key_1)
    qtbot.waitUntil(lambda: page.reply_card.name.text() == "Anna Meier")
    press(Key.Key_Y)
    qtbot.waitUntil(lambda: count(owner_engine, "appointment WHERE answer = 'accepted'") == 1)
    qtbot.waitUntil(lambda: page.replies.rows.records[0].status == "done")


def test_who_sends_is_said_in_the_status_bar_and_on_the_page(program: DeskProgram) -> None:
    desk_of(program).set_sending("nobody sends messages", trouble=True)
    assert program.window.status_bar.sending.text() == "nobody sends messages"
    assert page_of(program).channels.sending.text() == "nobody sends messages"


def test_a_stopped_channel_is_told_in_the_status_bar(
    booked: Entry, owner_engine: Engine, program: DeskProgram, qtbot: QtBot
) -> None:
    assert program.workspace is not None
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE message_channel SET state = 'stopped', code = '20003' WHERE channel = 'sms'")
    trouble = child(program, "messages_trouble")
    qtbot.waitUntil(trouble.isVisible, timeout=20_000)
    assert isinstance(trouble, QPushButton)
    assert trouble.text() == "SMS stopped"


# --- telling of moves -------------------------------------------------------------------------------------------------


@pytest.fixture
def move(program: DeskProgram, booked: Entry, turn: Turn) -> Callable[[], None]:
    """Move the booked appointment, whose patient was told of it, to eleven."""
    turn("sent")

    def move_it() -> None:
        assert program.workspace is not None
        row = booked.appointment
        wish = MoveWish(booked, row.practitioner_id, row.site_id, at(SMALL_CLINIC.monday, 11), 15)
        program.workspace.moving.move(wish)

    return move_it


@pytest.fixture
def waiting(database: Database, booked: Entry) -> Callable[[], list[str]]:
    """What the patient will be told."""
    return lambda: sorted(
        row.kind for row in messages.messages_about(database, booked.id) if row.status is QueueStatus.PENDING
    )


@pytest.fixture
def answer(program: DeskProgram, move: Callable[[], None], qtbot: QtBot) -> Callable[[Qt.Key], None]:
    """Move, and answer for good whether the patient is told."""

    def answer_it(key: Qt.Key) -> None:
        program.window.actions_by_name["tell_ask"].trigger()
        move()
        sheet = child(program, "tell_sheet")
        assert isinstance(sheet, TellSheet)
        qtbot.waitUntil(sheet.isVisible)
        QTest.keyClick(sheet.remember, Key.Key_Space)
        qtbot.waitUntil(lambda: sheet.guard.is_ready)
        press(key)
        qtbot.waitUntil(lambda: "Moved" in program.window.toasts.latest_text())

    return answer_it


def test_a_move_counts_down_to_its_message_and_dont_tell_calls_it_back(
    program: DeskProgram, move: Callable[[], None], waiting: Callable[[], list[str]], qtbot: QtBot
) -> None:
    move()
    toasts = program.window.toasts
    qtbot.waitUntil(lambda: toasts.findChild(QPushButton, "toast_not_tell") is not None)
    assert waiting() == ["reminder", "rescheduled"]
    told = toasts.findChild(QLabel, "toast_waiting")
    assert isinstance(told, QLabel)
    assert told.text().startswith("· SMS in ")
    QTest.mouseClick(child(program, "toast_not_tell"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: toasts.latest_text() == "The patient is not told.")
    assert waiting() == ["reminder"]


def test_a_change_that_is_taken_back_counts_down_to_nothing_any_more(
    program: DeskProgram, move: Callable[[], None], waiting: Callable[[], list[str]], qtbot: QtBot
) -> None:
    move()
    toasts = program.window.toasts
    qtbot.waitUntil(lambda: toasts.findChild(QPushButton, "toast_not_tell") is not None)
    assert program.workspace is not None
    program.workspace.own.undo_last()
    qtbot.waitUntil(lambda: toasts.latest_text().startswith("Undone"))
    qtbot.waitUntil(lambda: toasts.findChild(QPushButton, "toast_not_tell") is None)
    assert waiting() == ["reminder"]


def test_who_never_tells_of_moves_sends_nothing(
    program: DeskProgram, move: Callable[[], None], waiting: Callable[[], list[str]], qtbot: QtBot
) -> None:
    program.window.actions_by_name["tell_never"].trigger()
    move()
    qtbot.waitUntil(lambda: "Moved" in program.window.toasts.latest_text())
    assert waiting() == ["reminder"]


def test_who_wants_to_be_asked_can_tell_for_good(
    program: DeskProgram, answer: Callable[[Qt.Key], None], waiting: Callable[[], list[str]]
) -> None:
    answer(Key.Key_Return)
    assert waiting() == ["reminder", "rescheduled"]
    assert program.window.preferences.tell_moves() == "always"
    assert program.window.actions_by_name["tell_always"].isChecked()


def test_who_wants_to_be_asked_can_be_silent_for_good(
    program: DeskProgram, answer: Callable[[Qt.Key], None], waiting: Callable[[], list[str]]
) -> None:
    answer(Key.Key_N)
    assert waiting() == ["reminder"]
    assert program.window.preferences.tell_moves() == "never"


def test_esc_at_the_question_leaves_the_appointment_where_it_was(
    program: DeskProgram, move: Callable[[], None], waiting: Callable[[], list[str]], qtbot: QtBot
) -> None:
    program.window.actions_by_name["tell_ask"].trigger()
    move()
    qtbot.waitUntil(child(program, "tell_sheet").isVisible)
    press(Key.Key_Escape)
    assert program.workspace is not None
    assert not program.workspace.moving._under_way
    assert waiting() == ["reminder"]


def test_a_cancellation_of_another_desk_voids_what_waits(
    database: Database, booked: Entry, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    on_page(2)
    booking.cancel(database, Cancel(booked.id, booked.appointment.version, CancellationReason.PATIENT))
    qtbot.waitUntil(lambda: all(status == "cancelled" for _, status in listed(program)[-2:]))


# --- one patient ------------------------------------------------------------------------------------------------------


def test_beside_a_message_the_patient_s_others_are_told_and_why_she_gets_none(
    turn: Turn, owner_engine: Engine, program: DeskProgram, on_page: Callable[[int], None], qtbot: QtBot
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO contact_note (id, channel, address, state, source)"
            " VALUES (gen_random_uuid(), 'sms', '+493012345671', 'opted-out', 'reply')"
        )
    turn("delivered")
    on_page(2)
    beside = desk_of(program).of_patient
    qtbot.waitUntil(lambda: len(beside.rows.texts()) == 2 and beside.isVisible())
    told = [text for _, text in beside.rows.texts()]
    assert [text.replace("\u00a0", " ") for text in told] == ["reminder · SMS ○ due", "confirmation · SMS ✓✓ delivered"]
    assert beside.note.text().startswith("Wants no SMS since ")
    QTest.mouseClick(beside.allow, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not beside.note.isVisible())
    assert count(owner_engine, "contact_note") == 0
