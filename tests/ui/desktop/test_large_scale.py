"""On a small screen with a large scale everything can be reached: 1280 x 720 at 150 % has 853 x 480 of our pixels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.domain.message_list import Filter
from clinic_desk.ui.messages.filters import FilterBar
from tests.ui.desktop.conftest import OpenProgram


@pytest.mark.usefixtures("clinic")
def test_the_window_fits_with_its_bar_and_says_the_day(open_program: OpenProgram, qtbot: QtBot) -> None:
    window = open_program().window
    window.resize(853, 440)
    qtbot.waitUntil(lambda: window.top_bar.width() == 853)
    bar = window.top_bar
    assert bar.menu_button.mapTo(window, QPoint(bar.menu_button.width(), 0)).x() <= 853
    assert window.status_bar.geometry().bottom() < 440
    buttons = bar.findChildren(QPushButton)
    qtbot.waitUntil(lambda: all(each.width() >= each.minimumSizeHint().width() for each in buttons))
    shown = bar.title.shown
    assert "…" not in shown
    assert shown != bar.title.text(), "the day without what goes without saying"
    window.resize(1440, 440)
    qtbot.waitUntil(lambda: bar.title.shown == bar.title.text())


def test_the_filters_of_messages_are_read_in_a_narrow_page(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    bar = FilterBar(page)
    page.show()
    first = bar.buttons[Filter.ALL]
    for width, is_below in ((900, False), (500, True), (900, False), (500, True)):
        bar.resize(width, 100)
        qtbot.waitUntil(lambda: all(each.width() >= each.minimumSizeHint().width() for each in bar.buttons.values()))
        qtbot.waitUntil(lambda: (first.mapTo(bar, QPoint()).y() > bar.search.geometry().bottom()) is is_below)  # noqa: B023
