"""What a manager sets up is saved over the version that was seen, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.records import AppointmentType
from clinic_desk.domain.setup import Remove, SaveAppointmentType
from clinic_desk.services.setup import types
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.leaving import LeavingSheet
from clinic_desk.ui.setup.holiday_sheet import HolidaySheet
from clinic_desk.ui.setup.page import SetupPage
from clinic_desk.ui.setup.section import ListSection
from clinic_desk.ui.setup.week.week_input import WeekInput
from tests.support.small_clinic import SMALL_CLINIC
from tests.ui.setup.conftest import SAVED, OpenSetup, press, save, section_of, sheet_over, tab_to, type_keys

Key = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def line_of(section: ListSection, name: str) -> QLineEdit:
    field = section.form.field(name)
    assert isinstance(field, QLineEdit)
    return field


def number_of(section: ListSection, name: str) -> NumberBox:
    field = section.form.field(name)
    assert isinstance(field, NumberBox)
    return field


def choose_in(section: ListSection, name: str, value: object) -> None:
    """Choose in a box, as a person does."""
    field = section.form.field(name)
    assert isinstance(field, ChoiceBox)
    field.setCurrentIndex(field.values.index(value))


def choose(section: ListSection, name: str) -> None:
    """Choose the record whose list line begins so."""
    rows = [row for row in range(section.list.count()) if section.list.item(row).text().startswith(name)]
    section.list.setCurrentRow(rows[0])


def checkup(stored: Callable[[], Setup]) -> AppointmentType:
    return stored().clinic.type(SMALL_CLINIC.checkup)


def save_elsewhere(other: Database, kind: AppointmentType) -> None:
    """Another desk of a manager saves a type."""
    names = (
        *("name", "length_minutes", "buffer_before_minutes", "buffer_after_minutes", "colour", "needs_room"),
        *("needs_device", "practitioner_ids", "room_ids", "position", "active", "id", "version"),
    )
    types.save_type(other, SaveAppointmentType(**{name: getattr(kind, name) for name in names}))


# --- saving -----------------------------------------------------------------------------------------------------------


def test_a_change_is_saved_by_the_keyboard_and_seen_on_the_calendar_at_once(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    assert not page.save.isEnabled()
    press(Key.Key_4, ALT)
    press(Key.Key_Return)
    tab_to("length_minutes")
    press(Key.Key_Up)
    assert page.told.text() == "Not saved yet."
    save(page, qtbot)
    assert checkup(stored).length_minutes == 20
    assert checkup(stored).version == 2
    assert not page.is_changed
    assert manager.workspace is not None
    store = manager.workspace.store
    qtbot.waitUntil(lambda: store.clinic.type(SMALL_CLINIC.checkup).length_minutes == 20)


def test_a_change_taken_back_is_nothing_to_save(manager: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    number_of(section, "length_minutes").setValue(25)
    assert page.save.isEnabled()
    number_of(section, "length_minutes").setValue(15)
    assert not page.save.isEnabled()
    number_of(section, "length_minutes").setValue(25)
    section.undo.click()
    assert number_of(section, "length_minutes").value() == 15
    assert not page.save.isEnabled()
    assert page.told.text() == ""


def test_turning_to_another_record_or_area_loses_nothing(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "Checkup")
    number_of(section, "length_minutes").setValue(25)
    choose(section, "Consultation")
    assert number_of(section, "length_minutes").value() == 30
    line_of(section, "name").setText("Long talk")
    people = section_of(page, "practitioners")
    choose(people, "Dr. Diaz")
    line_of(people, "speciality").setText("Cardiology")
    section_of(page, "types")
    choose(section, "Checkup")
    assert number_of(section, "length_minutes").value() == 25
    assert "not saved" in section.list.item(0).text()
    save(page, qtbot)
    clinic = stored().clinic
    assert checkup(stored).length_minutes == 25
    assert clinic.type(SMALL_CLINIC.consultation).name == "Long talk"
    assert clinic.practitioner(SMALL_CLINIC.diaz).speciality == "Cardiology"


def test_what_cannot_be_saved_is_told_at_its_field_in_its_area(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup]
) -> None:
    page, before = open_setup(manager), stored()
    section = section_of(page, "types")
    line_of(section, "name").setText(" ")
    section_of(page, "sites")
    press(Key.Key_S, CTRL)
    assert page.pages.currentWidget() is section
    assert section.form.remarks["name"].text() == "Type a name that no other has, on one line."
    assert section.form.remarks["name"].isVisible()
    assert line_of(section, "name").hasFocus()
    assert stored().clinic == before.clinic
    type_keys("X")
    assert not section.form.remarks["name"].isVisible()


def test_what_the_database_refuses_is_told_at_its_field(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "sites")
    choose(section, "Mitte")
    line_of(section, "zone").setText("Europe/Nowhere")
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(section.form.remarks["zone"].isVisible)
    assert line_of(section, "zone").hasFocus()
    assert page.told.text().startswith("Not saved")
    assert {site.zone for site in stored().clinic.sites} == {"Europe/Berlin", "America/New_York"}


def test_each_area_adds_a_record(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    for name, typed in (
        ("sites", {"name": "Branch", "zone": "Europe/Vienna", "address": "Ring 1", "phone": "+4315550100"}),
        ("practitioners", {"name": "Dr. <b>New</b>", "speciality": "Skin"}),
        ("types", {"name": "Skin & hair"}),
        ("rooms", {"name": "Laser"}),
        ("absences", {"from_day": "7.12.2031", "until_day": "11.12.2031", "name": "Congress"}),
        ("overrides", {"day": "24.12.2031", "windows": "9-11:30", "name": "Eve"}),
        ("closures", {"first_day": "27.12.2031", "last_day": "30.12.2031", "name": "Between the years"}),
        ("blocks", {"name": "Training", "from_day": "3.12.2031", "from_time": "14", "until_time": "15:30"}),
    ):
        section = section_of(page, name)
        section.add()
        for field, text in typed.items():
            line_of(section, field).setText(text)
        save(page, qtbot)
        assert section.record is not None, name
        assert section.record.version == 1 if hasattr(section.record, "version") else section.record.rows, name
    setup = stored()
    assert {site.name for site in setup.clinic.sites} == {"Mitte", "Harlem", "Branch"}
    assert "Dr. <b>New</b>" in {person.name for person in setup.clinic.practitioners}
    assert [room.name for room in setup.clinic.rooms][-1] == "Laser"
    assert (setup.time_off[-1].name, setup.blocks[-1].name) == ("Congress", "Training")
    assert setup.clinic.date_overrides[0].day == date(2031, 12, 24)
    assert setup.clinic.closures[0].last_day == date(2031, 12, 30)


def test_booking_rules_are_saved(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "rules")
    before = stored().clinic.rules
    tab_to("step_minutes")
    press(Key.Key_Down)
    tab_to("may_over_break")
    press(Key.Key_Space)
    save(page, qtbot)
    rules = stored().clinic.rules
    assert rules.step_minutes > before.step_minutes
    assert rules.overrulable == before.overrulable - {"over-break"}
    assert not section.list.isVisible()


# --- hours ------------------------------------------------------------------------------------------------------------


def week_of(section: ListSection) -> WeekInput:
    field = section.form.field("week")
    assert isinstance(field, WeekInput)
    return field


def test_hours_are_dragged_in_the_picture_and_stand_as_text(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "hours")
    choose(section, "Dr. Weber")
    week = week_of(section)
    strip = week.strips[5]
    assert week.lines[0].text() == "08:00–12:00, 13:00–17:00"

    def at(minute: int) -> QPoint:
        return QPoint(round(strip.x_of(minute)), strip.height() // 2)

    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=at(540))
    QTest.mouseMove(strip, at(660))
    QTest.mouseMove(strip, at(720))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=at(720))
    assert week.lines[5].text() == "09:00–12:00"
    save(page, qtbot)
    saturday = [row for row in stored().clinic.working_hours if row.weekday == 6]
    assert [(row.practitioner_id, row.start_minute, row.end_minute) for row in saturday] == [
        (SMALL_CLINIC.weber, 540, 720)
    ]
    assert section.list.currentItem().text().startswith("Dr. Weber")


def test_hours_that_cannot_be_understood_are_marked_at_their_day_and_stay(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup]
) -> None:
    page, before = open_setup(manager), stored()
    section = section_of(page, "hours")
    week = week_of(section)
    week.lines[2].setText("8-12, 11-17")
    press(Key.Key_S, CTRL)
    assert section.form.remarks["week"].isVisible()
    assert week.lines[2].hasFocus()
    assert week.lines[2].text() == "8-12, 11-17"
    assert stored().clinic == before.clinic


def test_a_day_without_hours_is_taken_out_of_the_week(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "hours")
    choose(section, "Dr. Okafor")
    week_of(section).lines[4].setText("")
    save(page, qtbot)
    rows = [row for row in stored().clinic.working_hours if row.practitioner_id == SMALL_CLINIC.okafor]
    assert {row.weekday for row in rows} == {1, 2, 3, 4}


# --- public holidays --------------------------------------------------------------------------------------------------


def test_public_holidays_of_a_site_become_closures_but_for_those_not_ticked(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    sites = section_of(page, "sites")
    choose(sites, "Mitte")
    choose_in(sites, "country", "DE")
    choose_in(sites, "subdivision", "BE")
    save(page, qtbot)
    section = section_of(page, "closures")
    press(Key.Key_H, ALT)
    sheet = sheet_over(page, HolidaySheet, qtbot)
    year = stored().today.year + 1
    tab_to(sheet.year.objectName())
    press(Key.Key_Down)
    assert sheet.year.currentText() == str(year)
    tab_to(f"holiday_{year}-05-01")
    press(Key.Key_Space)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == SAVED)
    days = {row.first_day for row in stored().clinic.closures}
    assert {date(year, 1, 1), date(year, 3, 8), date(year, 10, 3), date(year, 12, 25)} <= days
    assert date(year, 5, 1) not in days
    assert {row.site_id for row in stored().clinic.closures} == {SMALL_CLINIC.berlin}
    assert section.list.count() == len(days)
    press(Key.Key_H, ALT)
    again = sheet_over(page, HolidaySheet, qtbot)
    again.year.setCurrentText(str(year))
    assert [box.objectName() for box in again.boxes if box.isEnabled()] == [f"holiday_{year}-05-01"]
    press(Key.Key_Escape)


# --- two desks --------------------------------------------------------------------------------------------------------


def test_what_another_desk_adds_appears_and_what_is_typed_stays(
    manager: DeskProgram, open_setup: OpenSetup, other: Database, qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    line_of(section, "name").setText("Typed here")
    types.save_type(other, SaveAppointmentType("Made elsewhere", 10))
    lines = section.list
    qtbot.waitUntil(lambda: any("Made elsewhere" in lines.item(row).text() for row in range(lines.count())))
    assert line_of(section, "name").text() == "Typed here"


def test_a_record_changed_at_another_desk_first_is_compared_and_what_clashes_is_asked(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database, qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "Checkup")
    line_of(section, "name").setText("Mine")
    number_of(section, "length_minutes").setValue(25)
    save_elsewhere(other, replace(checkup(stored), name="Theirs", buffer_after_minutes=10))
    press(Key.Key_S, CTRL)
    sheet = sheet_over(page, CompareSheet, qtbot)
    assert [choice.accessibleName() for choice in sheet.choices] == [
        "Name, as you want it, 1 Mine",
        "Name, as it is now, 2 Theirs",
    ]
    rows = {sheet.table.text_of(row)[0]: sheet.table.text_of(row)[1:] for row in range(3)}
    assert rows["Takes"] == ("25 min", "unchanged", "✓ as you want it")
    assert rows["Kept free after"] == ("unchanged", "10 min", "✓ as it is now")
    press(Key.Key_1)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == SAVED)
    now = checkup(stored)
    assert (now.name, now.length_minutes, now.buffer_after_minutes, now.version) == ("Mine", 25, 10, 3)


def test_going_back_from_the_comparison_keeps_what_was_typed(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database, qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "Checkup")
    line_of(section, "name").setText("Mine")
    save_elsewhere(other, replace(checkup(stored), name="Theirs"))
    press(Key.Key_S, CTRL)
    sheet_over(page, CompareSheet, qtbot)
    press(Key.Key_Escape)
    assert line_of(section, "name").text() == "Mine"
    assert page.is_changed
    assert checkup(stored).name == "Theirs"


def test_a_record_removed_at_another_desk_is_kept_as_a_new_one_if_it_is_wanted(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database, qtbot: QtBot
) -> None:
    made = types.save_type(other, SaveAppointmentType("Short-lived", 10))
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "Short-lived")
    number_of(section, "length_minutes").setValue(12)
    types.remove_type(other, Remove(made.id, made.version))
    press(Key.Key_S, CTRL)
    sheet_over(page, CompareSheet, qtbot)
    press(Key.Key_1)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == SAVED)
    kept = [kind for kind in stored().clinic.types if kind.name == "Short-lived"]
    assert [(kind.length_minutes, kind.id != made.id) for kind in kept] == [(12, True)]


# --- removing and taking out of use -----------------------------------------------------------------------------------


def test_what_is_used_cannot_be_removed_but_taken_out_of_use(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "sites")
    choose(section, "Harlem")
    section.remove.click()
    sheet_over(page, AskSheet, qtbot)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text().startswith("It cannot be removed"))
    assert stored().clinic.site(SMALL_CLINIC.new_york).active
    section.form.inputs["active"].focus()
    press(Key.Key_Space)
    save(page, qtbot)
    assert not stored().clinic.site(SMALL_CLINIC.new_york).active


def test_what_was_never_used_is_removed_after_a_question(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], other: Database, qtbot: QtBot
) -> None:
    made = types.save_type(other, SaveAppointmentType("By mistake", 10))
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "By mistake")
    section.remove.click()
    sheet_over(page, AskSheet, qtbot)
    press(Key.Key_Escape)
    assert made in stored().clinic.types
    section.remove.click()
    sheet_over(page, AskSheet, qtbot)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == "✓ Removed.")
    assert made.id not in {kind.id for kind in stored().clinic.types}


# --- leaving, looking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("saves", [True, False])
def test_leaving_asks_what_becomes_of_what_is_not_saved(
    *, manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot, saves: bool
) -> None:
    page = open_setup(manager)
    section = section_of(page, "types")
    line_of(section, "name").setText("Typed")
    press(Key.Key_Escape)
    sheet_over(page, LeavingSheet, qtbot)
    press(Key.Key_Escape)
    assert page.isVisible()
    assert line_of(section, "name").text() == "Typed"
    page.areas.setFocus()
    press(Key.Key_Escape)
    sheet = sheet_over(page, LeavingSheet, qtbot)
    (sheet.save if saves else sheet.drop).click()
    assert manager.workspace is not None
    qtbot.waitUntil(lambda: not [each for each in manager.window.findChildren(SetupPage) if each.isVisible()])
    assert (checkup(stored).name == "Typed") is saves


def test_the_reception_can_look_at_everything_and_change_nothing(reception: DeskProgram, open_setup: OpenSetup) -> None:
    page = open_setup(reception)
    assert page.who.isVisible()
    assert "Only a practice manager" in page.who.text()
    assert not page.save.isVisible()
    for area in page.known:
        section = section_of(page, area.name)
        assert not section.new.isVisible()
        assert not section.extra.isVisible()
        assert not section.remove.isVisible()
        press(Key.Key_N, CTRL)
        for name, made in section.form.inputs.items():
            assert _is_locked(made.field), (section.area.name, name)
    assert not page.is_changed


def _is_locked(field: QWidget) -> bool:
    fields = [field, *field.findChildren(QWidget)]
    editable = [
        each
        for each in fields
        if each.isVisible()
        and each.isEnabled()
        and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not each.property("readOnly")
    ]
    return not editable


def test_every_field_has_a_name_for_a_screen_reader_and_can_be_reached_by_tab(
    manager: DeskProgram, open_setup: OpenSetup
) -> None:
    page = open_setup(manager)
    for area in page.known:
        section = section_of(page, area.name)
        if section.area.blank is not None:
            section.add()
        for name, made in section.form.inputs.items():
            if made.field.isVisible():
                assert made.field.accessibleName() or made.field.property("text"), (section.area.name, name)
    section = section_of(page, "hours")
    section.list.setFocus()
    for name in ("practitioner_id", "site_id", "week_1", "week_7", "week_alike", "every_weeks", "until_day"):
        tab_to(name)
    for name in ("setup_close", "setup_save", "setup_areas"):
        tab_to(name)


def test_a_long_name_and_markup_are_shown_as_they_are(
    manager: DeskProgram, open_setup: OpenSetup, other: Database, qtbot: QtBot
) -> None:
    name = "<b>Very long" + " name of a visit" * 5
    types.save_type(other, SaveAppointmentType(name.strip(), 10))
    manager.window.resize(1280, 720)
    page = open_setup(manager)
    section = section_of(page, "types")
    choose(section, "<b>Very")
    assert line_of(section, "name").text() == name.strip()
    assert section.list.currentItem().toolTip().startswith("&lt;b&gt;Very")
    assert page.card.width() <= 1280
    assert section.form_view.horizontalScrollBar().maximum() == 0
    inner = section.form.parentWidget()
    assert inner is not None
    qtbot.waitUntil(lambda: section.form_view.viewport().width() >= inner.width())
