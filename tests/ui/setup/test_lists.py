"""How the lists of the set-up read: what is to come before what is past, and names that have no room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.records import Block, Clinic, Practitioner, Site
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.areas.all import all_areas
from clinic_desk.ui.setup.drafts import Drafts
from clinic_desk.ui.setup.inputs import TickList
from clinic_desk.ui.setup.section import ListSection, list_text

SITE, DOCTOR = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AREAS = {area.name: area for area in all_areas()}


def block(days: int) -> Block:
    start = NOW + timedelta(days=days)
    return Block(new_id(), start, start + timedelta(hours=1), f"in {days} days", DOCTOR, None)


def setup_of(*blocks: Block, rules: tuple[ReminderRule, ...] = ()) -> Setup:
    doctor = Practitioner(DOCTOR, 1, "Dr. Weber")
    clinic = Clinic((Site(SITE, "Mitte", "Europe/Berlin"),), (doctor,), (), (), (), ())
    return Setup(clinic, (), blocks, (), NOW, rules)


def test_what_is_to_come_stands_before_what_is_past_which_is_called_so() -> None:
    area, setup = AREAS["blocks"], setup_of(block(-2), block(-9), block(3), block(1))
    lines = [area.line(record, setup) for record in area.records(setup)]
    assert [line.note.rpartition("in ")[2] for line in lines] == ["1 days", "3 days", "-2 days", "-9 days"]
    assert [" past" in list_text(line, marked=False).replace("\n", " ") for line in lines] == [False, False, True, True]


def test_names_stand_one_below_the_other_where_only_some_have_a_colour(qtbot: QtBot) -> None:
    area = AREAS["blocks"]
    section = ListSection(area, Drafts(area))
    qtbot.addWidget(section)
    section.show_setup(setup_of(block(1)))
    section.add()
    assert [section.list.item(row).icon().isNull() for row in range(section.list.count())] == [False, False]


def test_a_new_reminder_is_one_that_there_is_not_yet() -> None:
    area = AREAS["reminders"]
    assert area.blank is not None
    first = area.blank(setup_of())
    second = area.blank(setup_of(rules=(first,)))
    assert (first.lead, first.unit) == (24, "hours")
    assert (second.lead, second.unit) != (first.lead, first.unit)


def test_a_name_without_room_ends_in_an_ellipsis_and_is_whole_for_eye_and_ear(qtbot: QtBot) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    ticks = TickList("types", place)
    name = "Very long name of a visit & more " * 4
    ticks.fill([(name, UUID(int=5)), ("Echo", UUID(int=6))])
    ticks.resize(QSize(400, 60))
    place.show()
    long, short = ticks.boxes.values()
    assert long.text().endswith("…")
    assert short.text() == "Echo"
    assert long.accessibleName().strip() == name.strip()
    assert "more" in long.toolTip()
    ticks.resize(QSize(4000, 60))
    assert not long.text().endswith("…")
