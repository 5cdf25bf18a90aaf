"""Boxes to choose from: what is shown of a value for which there is no room."""

from PySide6.QtWidgets import QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from clinic_desk.ui.booking.fields import ChoiceBox

LONG = "Dr. Maximiliane Freifrau von und zu Hohenstein-Wallersee"


def shown(box: ChoiceBox) -> str:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    return option.currentText


def test_a_value_without_room_ends_with_an_ellipsis_and_is_whole_for_who_asks(qtbot: QtBot) -> None:
    box = ChoiceBox("with_box")
    qtbot.addWidget(box)
    box.fill([(LONG, 1), ("Dr. Weber", 2)], 1)
    box.resize(120, 30)
    box.show()
    assert shown(box).endswith("…")
    assert LONG.startswith(shown(box)[:-1])
    assert (box.currentText(), box.itemText(0)) == (LONG, LONG)
    box.resize(900, 30)
    assert shown(box) == LONG
    box.choose(2)
    assert shown(box) == "Dr. Weber"
