"""What the strip over the calendar offers waits behind a lost connection, and stays until it is taken or put aside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.ui.freshness import Freshness
from clinic_desk.ui.shell.banner import Banner


@pytest.fixture
def banner(qtbot: QtBot) -> Iterator[Banner]:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(1280, 720)
    host.show()
    host.activateWindow()
    qtbot.waitActive(host)
    yield Banner(host)
    host.hide()  # and it is kept until now


@pytest.fixture
def freshness() -> Freshness:
    made = Freshness()
    made.set_lost()
    return made


def shown(banner: Banner) -> list[str]:
    """The names of the buttons that are shown."""
    return [each.objectName() for each in banner.findChildren(QPushButton) if each.isVisible()]


def test_an_offer_is_taken_once(banner: Banner) -> None:
    taken: list[str] = []
    banner.offer("7 no longer fit.", "Look at them", lambda: taken.append("look"))
    assert (banner.text.text(), shown(banner)) == ("7 no longer fit.", ["banner_take", "banner_aside"])
    button = banner.findChild(QPushButton, "banner_take")
    assert isinstance(button, QPushButton)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert taken == ["look"]
    assert not banner.isVisible()


def test_an_offer_waits_until_the_database_is_back_and_said_so(banner: Banner, freshness: Freshness) -> None:
    banner.lost(freshness)
    banner.offer("7 no longer fit.", "Look at them", lambda: None)
    assert "No connection" in banner.text.text()
    assert shown(banner) == ["banner_retry"]
    banner.back()
    assert "The database is back" in banner.text.text()
    assert shown(banner) == []
    banner._hide_timer.timeout.emit()
    assert (banner.text.text(), shown(banner)) == ("7 no longer fit.", ["banner_take", "banner_aside"])


def test_an_offer_that_is_withdrawn_says_nothing_more(banner: Banner, freshness: Freshness) -> None:
    banner.offer("7 no longer fit.", "Look at them", lambda: None)
    banner.lost(freshness)
    banner.withdraw()
    banner.back()
    banner._hide_timer.timeout.emit()
    assert not banner.isVisible()
