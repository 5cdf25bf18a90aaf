"""What waits until the calendar is on screen: done after it, step by step, or at once when it is wanted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.ui.afterwards import Afterwards
from tests.ui.shell.conftest import OpenProgram


class Painted(QWidget):
    """Notes when it is painted."""

    def __init__(self, noted: list[str]) -> None:
        super().__init__()
        self.noted = noted

    def paintEvent(self, event: QPaintEvent) -> None:
        self.noted.append("painted")


@pytest.fixture
def noted() -> list[str]:
    return []


@pytest.fixture
def widget(noted: list[str], qtbot: QtBot) -> Painted:
    widget = Painted(noted)
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def later(noted: list[str], widget: Painted) -> Afterwards:
    """Two steps; other work of the event loop is noted if there is time for it between them."""

    def first() -> None:
        noted.append("first")
        QTimer.singleShot(0, lambda: noted.append("between"))

    return Afterwards((first, lambda: noted.append("second")), widget)


def test_steps_are_done_when_the_widget_is_painted_with_time_for_others_between_them(
    qtbot: QtBot, widget: Painted, later: Afterwards, noted: list[str]
) -> None:
    later.start(widget)
    widget.show()
    qtbot.waitUntil(lambda: "second" in noted)
    assert [each for each in noted if each != "painted"] == ["first", "between", "second"]
    assert noted[0] == "painted"


def test_steps_are_done_though_the_widget_is_never_painted(
    qtbot: QtBot, widget: Painted, later: Afterwards, noted: list[str]
) -> None:
    later.start(widget)
    qtbot.waitUntil(lambda: noted == ["first", "between", "second"])


def test_nothing_is_done_after_stopping(qtbot: QtBot, widget: Painted, later: Afterwards, noted: list[str]) -> None:
    other = Afterwards((lambda: noted.append("other"),), widget)
    later.start(widget)
    other.start(widget)
    later.stop()
    widget.show()
    qtbot.waitUntil(lambda: "other" in noted)
    assert set(noted) == {"painted", "other"}


@pytest.mark.parametrize(("key", "opened"), [(Qt.Key.Key_N, "booking_form"), (Qt.Key.Key_F6, "messages_page")])
def test_a_key_pressed_with_the_first_picture_opens_what_was_not_made_yet(
    open_program: OpenProgram, qtbot: QtBot, key: Qt.Key, opened: str
) -> None:
    program = open_program(wait=False)
    there: list[QWidget | None] = []

    def press() -> None:
        there.append(program.window.findChild(QWidget, opened))
        QTest.keyClick(program.window.calendar, key)
        there.append(program.window.findChild(QWidget, opened))

    program.ready.connect(press)
    qtbot.waitUntil(lambda: len(there) == 2, timeout=15_000)
    before, after = there
    assert before is None
    assert after is not None
    qtbot.waitUntil(after.isVisible)
