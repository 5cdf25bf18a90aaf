"""Boxes to choose from: what is shown of a value for which there is no room."""

from PySide6.QtGui import QAccessible
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


def test_a_box_without_a_label_says_what_it_is_for_besides_what_is_chosen(qtbot: QtBot) -> None:
    box = ChoiceBox("site_box")
    qtbot.addWidget(box)
    box.fill([("All sites", 1)], 1)
    box.name_alone("Of which site")
    found = QAccessible.queryAccessibleInterface(box)
    assert found is not None
    assert "Of which site" in {found.text(QAccessible.Text.Name), found.text(QAccessible.Text.Description)}
