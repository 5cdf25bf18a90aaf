"""The counts beside the calendar and the status bar: what they say, and where a click leads."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk.ui.shell.counts import MessageCountsPanel
from clinic_desk.ui.shell.status_bar import StatusBar


@pytest.fixture
def bar(qtbot: QtBot) -> StatusBar:
    bar = StatusBar()
    qtbot.addWidget(bar)
    return bar


def links(bar: StatusBar) -> list[str]:
    return [each.text() for each in bar.findChildren(QPushButton) if each.isVisibleTo(bar)]


def test_only_what_is_to_be_said_is_said(bar: StatusBar) -> None:
    assert links(bar) == []
    bar.set_messages(17, 0)
    assert links(bar) == ["Messages: 17 due"]
    bar.set_messages(17, 2, 3, stopped=["SMS"])
    assert links(bar) == ["Messages: 17 due", "2 need attention", "Replies: 3", "SMS stopped"]
    bar.set_parked(4)
    assert links(bar)[0] == "Parked: 4"
    shown = [each for each in bar.findChildren(QPushButton) if not each.isHidden()]
    assert [each.accessibleName() for each in shown] == links(bar)
    bar.set_parked(0)
    assert "Parked" not in links(bar)[0]


def test_a_click_or_a_key_on_a_number_leads_to_its_list(bar: StatusBar, qtbot: QtBot) -> None:
    bar.set_messages(17, 2, 3, stopped=["SMS"])
    opened: list[str] = []
    bar.messages_opened.connect(opened.append)
    for link in (bar.messages, bar.attention, bar.replies, bar.trouble):
        QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    QTest.keyClick(bar.attention, Qt.Key.Key_Space)
    assert opened == ["due", "attention", "replies", "", "attention"]


def test_that_nobody_sends_is_told_as_trouble(bar: StatusBar) -> None:
    bar.set_sending("nobody sends messages", trouble=True)
    assert (bar.sending.text(), bar.sending.property("role")) == ("nobody sends messages", "danger")
    bar.set_sending("this desk sends", trouble=False)
    assert bar.sending.property("role") == "muted"


def test_the_counts_are_buttons_with_names_and_alarm_only_when_there_is_something(qtbot: QtBot) -> None:
    panel = MessageCountsPanel()
    qtbot.addWidget(panel)
    panel.show_counts(17, 42, 0)
    panel.show_replies(0)
    buttons = panel.findChildren(QPushButton)
    assert [each.text() for each in buttons] == ["17", "42", "0", "0"]
    assert not any(each.property("role") for each in buttons)
    panel.show_counts(17, 42, 2)
    panel.show_replies(1)
    assert [each.accessibleName() for each in buttons] == [
        "Due today: 17",
        "Sent today: 42",
        "Need attention: 2",
        "Replies to read: 1",
    ]
    assert [each.property("role") for each in buttons[2:]] == ["danger", "warning"]
    opened: list[str] = []
    panel.opened.connect(opened.append)
    for each in buttons:
        QTest.mouseClick(each, Qt.MouseButton.LeftButton)
    assert opened == ["due", "sent-today", "attention", "replies"]
