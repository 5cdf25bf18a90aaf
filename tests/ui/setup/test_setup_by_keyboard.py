"""Every area of the set-up is gone to, filled in and saved by the keyboard alone, as somebody without a mouse does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.services.setup_overview import Setup
from tests.ui.setup.conftest import OpenSetup, press, save, tab_to, type_keys

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
TYPED = {
    "sites": {"name": "Branch", "zone": "Europe/Vienna", "address": "Ring 1", "phone": "+4315550100"},
    "practitioners": {"name": "Dr. Newly", "speciality": "Skin"},
    "hours": {"week_6": "9-12"},
    "types": {"name": "Skin check"},
    "rooms": {"name": "Laser"},
    "absences": {"from_day": "7.12.2031", "until_day": "11.12.2031", "name": "Congress"},
    "overrides": {"day": "24.12.2031", "windows": "9-11:30", "name": "Eve"},
    "closures": {"first_day": "27.12.2031", "last_day": "30.12.2031", "name": "Between the years"},
    "blocks": {"name": "Training", "from_day": "3.12.2031", "from_time": "14", "until_time": "15:30"},
    "rules": {"step_minutes": "↓"},
    "reminders": {"lead": "3"},
    "people": {"display_name": "Julia Brandt"},
    "locking": {"session_hours": "↓"},
    "desks": {"name": "Front"},
}
"""What is typed into the fields of each area; the other choices are those that a new record begins with. ↓: the
next choice of a list."""
NOTHING_TO_ADD = {"rules", "people", "locking", "desks", "hours"}


@pytest.mark.qt_log_ignore("This plugin does not support")  # a list pops up: offscreen says so
def test_every_area_is_filled_in_and_saved_by_the_keyboard_alone(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    before = stored()
    assert [area.name for area in page.known] == list(TYPED), "no area is left out"
    press(Key.Key_Return)
    for number, (name, fields) in enumerate(TYPED.items()):
        if number:
            press(Key.Key_PageDown, CTRL)
        assert page.current.area.name == name
        if name not in NOTHING_TO_ADD:
            press(Key.Key_N, CTRL)
        for field, text in fields.items():
            tab_to(field)
            if text == "↓":
                press(Key.Key_Down)
            else:
                press(Key.Key_A, CTRL)
                type_keys(text)
        save(page, qtbot)
    after = stored()
    clinic, was = after.clinic, before.clinic
    assert {site.name for site in clinic.sites} - {site.name for site in was.sites} == {"Branch"}
    assert clinic.practitioners[-1].speciality == "Skin"
    assert [row.start_minute for row in clinic.working_hours if row.weekday == 6] == [9 * 60]
    assert {kind.name for kind in clinic.types} - {kind.name for kind in was.types} == {"Skin check"}
    assert {room.name for room in clinic.rooms} - {room.name for room in was.rooms} == {"Laser"}
    assert after.time_off[-1].name == "Congress"
    assert clinic.date_overrides[0].day == date(2031, 12, 24)
    assert clinic.closures[0].last_day == date(2031, 12, 30)
    assert after.blocks[-1].name == "Training"
    assert clinic.rules.step_minutes > was.rules.step_minutes
    assert 3 in {rule.lead for rule in after.reminder_rules}
    assert "Julia Brandt" in {person.display_name for person in after.people}
    assert clinic.lock.session_hours > was.lock.session_hours
    assert "Front" in {desk.name for desk in after.desks}
