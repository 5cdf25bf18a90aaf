"""The page by real keys and clicks, with rows as the picture has them: lists, card, filters, replies, empty states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.domain.message_list import Filter
from clinic_desk.domain.messaging import ChannelState, QueueStatus
from clinic_desk.domain.records import Channel
from clinic_desk.ui.messages.filters import REPLIES
from clinic_desk.ui.messages.page import MessagesPage
from clinic_desk.ui.theme import apply_style
from tests.ui.messages.sample import NOW, channels, listing, picture_rows, reply, row

Key = Qt.Key
S = QueueStatus
HTML = '<img src="x"><b>Bold</b>'
ARABIC = "فاطمة بن علي"


class Clock:
    """Stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> QWidget:
    """As large as the program's, without a layout: the offscreen platform complains about a least size that changes."""
    apply_style(qapp, dark=False)
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1440, 790)
    return window


@pytest.fixture
def page(window: QWidget, qtbot: QtBot, clock: Clock) -> MessagesPage:
    """The page with the picture's rows, as wide as in the picture; the list has the keyboard."""
    page = MessagesPage(clock, window)
    page.setGeometry(window.rect())
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    page.show_listing(listing(picture_rows()))
    page.take_keyboard()
    return page


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers)


def done(page: MessagesPage, name: str) -> list[str]:
    """Note each time an action is triggered."""
    noted: list[str] = []
    page.acts[name].triggered.connect(lambda _checked: noted.append(name))
    return noted


def shown_buttons(card: QWidget) -> list[str]:
    return [each.accessibleName() for each in card.findChildren(QPushButton) if each.isVisible()]


def test_the_first_message_is_chosen_and_its_story_told(page: MessagesPage) -> None:
    assert page.messages.hasFocus()
    assert page.card.name.text() == "Peter Novák"
    assert page.card.about.text() == "reminder for today 11:00, Dr. Okafor"
    assert page.card.story.texts()[-1] == ("09:36:02", "number is a landline (21614) · try e-mail, or call")
    assert page.card.size_line.text() == "100 characters · 1 segment"
    assert shown_buttons(page.card) == ["By e-mail", "Will call", "Done", "Allow again", "Show on calendar"]


def test_arrows_choose_and_letters_act(page: MessagesPage) -> None:
    sent_otherwise, called = done(page, "by_other"), done(page, "call")
    press(Key.Key_E)
    assert sent_otherwise == ["by_other"]
    press(Key.Key_Down)
    assert page.card.name.text() == "Arne Holm"
    press(Key.Key_E)
    assert sent_otherwise == ["by_other"]  # there is no other way to Arne
    press(Key.Key_W)
    assert called == ["call"]


def test_a_letter_typed_in_the_search_is_a_letter(page: MessagesPage, qtbot: QtBot) -> None:
    noted = done(page, "done")
    press(Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.filters.search.hasFocus()
    with qtbot.waitSignal(page.filters.changed):
        QTest.keyClicks(page.filters.search, "dew")
    assert page.filters.search.text() == "dew"
    assert noted == []
    press(Key.Key_Down)
    assert page.messages.hasFocus()


def test_esc_empties_the_search_then_leaves_it_then_leaves_the_page(page: MessagesPage, qtbot: QtBot) -> None:
    press(Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(page.filters.search, "x")
    press(Key.Key_Escape)
    assert page.filters.search.text() == ""
    press(Key.Key_Escape)
    assert page.messages.hasFocus()
    with qtbot.waitSignal(page.left):
        press(Key.Key_Escape)


def test_enter_wants_the_appointment(page: MessagesPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.messages.opened, check_params_cb=lambda chosen: chosen.id == UUID(int=1)):
        press(Key.Key_Return)


def test_names_texts_and_errors_are_plain_text_whatever_is_in_them(page: MessagesPage) -> None:
    odd = row(1, HTML, S.FAILED, body=HTML, subject=HTML, error=HTML, code="999", doctor=HTML)
    page.show_listing(listing((odd, row(2, ARABIC), row(3, "Z" * 300))))
    for label in page.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText
    assert page.card.name.text().replace("\u200b", "") == HTML
    assert page.messages.rows.index(0, 1).data() == HTML
    assert "&lt;b&gt;" in page.messages.rows.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    page.messages.choose(UUID(int=2))
    assert page.card.name.text().replace("\u200b", "") == ARABIC
    page.messages.choose(UUID(int=3))
    assert page.card.width() < 500


def test_a_change_of_the_chosen_message_is_shown_at_once(page: MessagesPage) -> None:
    page.messages.choose(UUID(int=4))
    page.show_listing(
        listing(tuple(row(4, "Clara Jensen", S.SENT) if each.id == UUID(int=4) else each for each in picture_rows()))
    )
    assert page.card.state.text() == "✓ sent"
    assert shown_buttons(page.card) == ["Show on calendar"]


def test_each_second_only_the_time_that_is_left_is_told_anew(page: MessagesPage, clock: Clock, qtbot: QtBot) -> None:
    page.messages.choose(UUID(int=4))
    clock.now = NOW.replace(second=10)
    changed: list[int] = []
    page.messages.rows.dataChanged.connect(lambda first, last: changed.append(first.row()))
    page.tell_time()
    assert changed == [3]
    assert page.messages.rows.index(3, 6).data() == "in 4 s – undo still recalls it"
    assert page.card.state.text() == "○ due · in 4 s – undo still recalls it"


def test_a_key_meant_for_a_message_that_just_went_waits(page: MessagesPage, qtbot: QtBot) -> None:
    def is_ready() -> bool:
        return page.guard.is_ready

    assert is_ready()
    page.show_listing(listing(picture_rows()[1:]))
    assert page.card.name.text() != "Peter Novák"
    assert not is_ready()
    qtbot.waitUntil(is_ready)
    page.show_listing(listing(tuple(reversed(picture_rows()[1:]))))
    assert is_ready()


def test_the_filters_tell_their_counts_and_one_is_chosen(page: MessagesPage, qtbot: QtBot) -> None:
    buttons = page.filters.buttons
    assert [each.text() for each in buttons.values()] == [
        "Need attention 2",
        "Due 17",
        "Sent today 42",
        "All",
        "Replies 1",
    ]
    with qtbot.waitSignal(page.filters.changed):
        QTest.mouseClick(buttons[Filter.DUE], Qt.MouseButton.LeftButton)
    assert page.filters.chosen == Filter.DUE
    assert [each.isChecked() for each in buttons.values()] == [False, True, False, False, False]
    with qtbot.waitSignal(page.filters.changed):
        page.filters.states.setFocus()
        QTest.keyClick(page.filters.states, Key.Key_End)
        page.filters.states.activated.emit(page.filters.states.currentIndex())
    assert page.filters.chosen == Filter.CANCELLED
    assert not any(each.isChecked() for each in buttons.values())


def test_what_was_not_read_yet_is_not_called_empty(window: QWidget, clock: Clock) -> None:
    page = MessagesPage(clock, window)
    page.show_kind()
    assert page.empty.text() == "Reading…"
    page.show_listing(listing(()))
    assert "There are no messages yet" in page.empty.text()
    page.filters.choose(REPLIES)
    page.show_kind()
    assert page.empty.text() == "Reading…"
    page.show_replies(())
    assert page.empty.text().startswith("No replies")


def test_the_warning_that_messages_reach_nobody_is_never_cut(window: QWidget, clock: Clock) -> None:
    page = MessagesPage(clock, window)
    page.setGeometry(0, 0, 1020, 600)
    window.show()
    page.show()
    page.show_listing(listing(picture_rows()))
    page.channels.set_sending("This desk sends e-mail and SMS, and has done so for quite a while now", trouble=False)
    QApplication.processEvents()
    assert page.channels.sending.width() < page.channels.sending.sizeHint().width()
    for label in (*page.channels.channels.values(), page.channels.quiet):
        assert label.width() >= label.sizeHint().width()


@pytest.mark.parametrize("chosen", [*Filter, REPLIES])
def test_an_empty_list_says_so_in_a_sentence(page: MessagesPage, chosen: str) -> None:
    page.filters.choose(chosen)
    page.show_kind()
    page.show_listing(listing(()))
    page.show_replies(())
    assert page.empty.isVisible()
    assert page.empty.text().endswith(".")
    page.take_keyboard()
    assert page.hasFocus()


def test_a_search_without_a_result_names_what_was_searched(page: MessagesPage) -> None:
    page.filters.search.setText(HTML)
    page.show_listing(listing(()))
    assert HTML in page.empty.text()


def test_the_channels_and_the_quiet_hours_are_told_above_the_list(page: MessagesPage) -> None:
    line = page.channels
    assert [label.text() for label in line.channels.values()] == ["● e-mail working", "● SMS working · 1/s"]
    assert line.quiet.text() == "quiet hours 20:00–09:00"
    assert not line.trouble.isVisible()
    stopped = channels(ChannelState(Channel.SMS, "stopped", "20003", "no", NOW))
    page.show_listing(listing(picture_rows(), channels=stopped, quiet=None))
    assert line.channels["sms"].text() == "■ SMS stopped"
    assert line.trouble.isVisible()
    assert line.quiet.text() == ""
    line.set_sending("nobody sends messages", trouble=True)
    assert line.sending.property("role") == "danger"


def test_the_settings_and_more_rows_are_asked_for(page: MessagesPage, qtbot: QtBot) -> None:
    page.show_listing(listing(picture_rows(), has_more=True))
    with qtbot.waitSignal(page.more_requested):
        QTest.mouseClick(page.more, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.channels.settings_requested):
        QTest.mouseClick(page.channels.settings, Qt.MouseButton.LeftButton)


def test_who_may_not_write_now_is_offered_only_to_look(page: MessagesPage) -> None:
    page.set_writing(False)
    assert shown_buttons(page.card) == ["Show on calendar"]
    page.set_writing(True)
    assert "By e-mail" in shown_buttons(page.card)


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(page: MessagesPage) -> MessagesPage:
    """The page with two replies; the list has the keyboard."""
    page.filters.choose(REPLIES)
    page.show_kind()
    page.show_replies((reply(1, HTML), reply(2, ARABIC, candidates=reply().candidates[:1])))
    page.take_keyboard()
    return page


def test_a_number_key_says_whom_a_reply_is_from(inbox: MessagesPage, qtbot: QtBot) -> None:
    assert inbox.reply_card.name.text() == "one of 2: Anna Meier, Jonas Meier"
    assert inbox.reply_card.body.text().replace("\u200b", "") == HTML
    with qtbot.waitSignal(
        inbox.reply_card.owner_chosen, check_params_cb=lambda chosen: chosen.patient_name == "Jonas Meier"
    ):
        press(Key.Key_2)


def test_d_is_done_of_the_reply_and_not_of_the_message(inbox: MessagesPage) -> None:
    filed, dealt_with = done(inbox, "filed"), done(inbox, "done")
    press(Key.Key_D)
    assert (filed, dealt_with) == (["filed"], [])
    inbox.filters.choose(Filter.ALL)
    inbox.show_kind()
    inbox.take_keyboard()
    press(Key.Key_D)
    assert (filed, dealt_with) == (["filed"], ["done"])


def test_a_reply_that_is_clear_can_be_taken_as_a_yes(inbox: MessagesPage) -> None:
    yes = done(inbox, "yes")
    press(Key.Key_Y)
    assert yes == []
    press(Key.Key_Down)
    press(Key.Key_Y)
    assert yes == ["yes"]


# --- accessible -------------------------------------------------------------------------------------------------------


def test_everything_that_can_be_used_has_a_name(page: MessagesPage) -> None:
    wanted: list[Callable[[], str]] = []
    for kind in (QPushButton, QWidget):
        for each in page.findChildren(kind):
            if each.isVisible() and each.focusPolicy() & Qt.FocusPolicy.TabFocus:
                wanted.append(each.accessibleName)
                interface = QAccessible.queryAccessibleInterface(each)
                assert interface.text(QAccessible.Text.Name), each.objectName()
    assert len(wanted) > 8


def test_a_cell_tells_state_and_reason_in_words(page: MessagesPage) -> None:
    interface = QAccessible.queryAccessibleInterface(page.messages)
    assert interface.role() == QAccessible.Role.Table
    names = [interface.child(number).text(QAccessible.Text.Name) for number in range(15)]
    assert names[1:8] == ["Due", "Patient", "What", "By", "To", "State", "Why"]
    assert names[10] == "Peter Novák"
    assert names[14] == "⚠ failed"


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_painted_light_and_dark(page: MessagesPage, qapp: QApplication, dark: bool) -> None:
    apply_style(qapp, dark=dark)
    assert not page.grab().isNull()
    apply_style(qapp, dark=False)
