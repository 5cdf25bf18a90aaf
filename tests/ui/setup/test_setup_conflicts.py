"""Every area against another desk and a lost database: what is asked, what is sure, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services.setup import sites, types
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import ChoiceBox
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from clinic_desk.ui.setup.area import Area
from clinic_desk.ui.setup.areas.all import all_areas
from clinic_desk.ui.setup.page import SetupPage
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SMALL_CLINIC
from tests.ui.setup.conftest import (
    SAVED,
    OpenSetup,
    opener_of,
    press,
    save,
    section_of,
    sheet_over,
    tab_to,
    type_keys,
)
from tests.ui.setup.test_setup_saved import choose, choose_in, line_of
from tests.ui.shell.conftest import OpenProgram

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier

AREAS: dict[str, tuple[dict[str, Any], str, Any, Any]] = {
    "sites": ({}, "address", "Ring 1", "Ring 2"),
    "practitioners": ({}, "speciality", "Skin", "Heart"),
    "hours": ({}, "every_weeks", 2, 3),
    "types": ({}, "name", "Mine", "Theirs"),
    "rooms": ({}, "name", "Mine", "Theirs"),
    "absences": ({"from_day": "7.12.2031", "until_day": "11.12.2031"}, "name", "Mine", "Theirs"),
    "overrides": ({"day": "24.12.2031", "windows": "9-11:30"}, "name", "Mine", "Theirs"),
    "closures": ({"first_day": "27.12.2031"}, "name", "Mine", "Theirs"),
    "blocks": ({"from_day": "3.12.2031", "name": "Training"}, "name", "Mine", "Theirs"),
    "rules": ({}, "notice_minutes", 120, 240),
    "reminders": ({"lead": 9, "unit": "days"}, "lead", 7, 8),
    "people": ({}, "display_name", "Mine", "Theirs"),
    "locking": ({}, "idle_minutes", 5, 15),
    "desks": ({}, "name", "Mine", "Theirs"),
}
"""What a new record is made of where there is none (or none that is needed), a field, and what two desks make of it."""


def area_of(name: str) -> Area:
    return next(area for area in all_areas() if area.name == name)


def write(desk: Database, area: Area, base: Any, setup: Setup, typed: dict[str, Any]) -> None:
    """Another desk saves a record, a new one where `base` is None."""
    over = area.blank(setup) if base is None and area.blank is not None else base
    record = area.read({**area.values_of(over, setup), **typed}, over, setup)
    area.saving(base, record, new_id())(desk)


def last(area: Area, setup: Setup) -> Any:
    """The last record of an area, in the way that there is at least one."""
    return list(area.records(setup))[-1]


def test_every_area_is_tried() -> None:
    assert set(AREAS) == {area.name for area in all_areas()}


@pytest.mark.parametrize("name", AREAS)
def test_every_area_asks_in_the_same_way_where_two_desks_changed_one_field(
    *,
    name: str,
    manager: DeskProgram,
    other: Database,
    open_setup: OpenSetup,
    stored: Callable[[], Setup],
    qtbot: QtBot,
) -> None:
    made, field, mine, theirs = AREAS[name]
    area = area_of(name)
    if made:
        write(other, area, None, stored(), made)
    record = last(area, stored())
    page = open_setup(manager)
    section = section_of(page, name)
    section.choose(area.key(record))
    assert section.record == record
    if isinstance(section.form.field(field), ChoiceBox):
        choose_in(section, field, mine)
    else:
        section.form.inputs[field].show(mine)
    assert page.is_changed
    write(other, area, record, stored(), {field: theirs})
    press(Key.Key_S, CTRL)
    sheet = sheet_over(page, CompareSheet, qtbot)
    assert len(sheet.choices) == 2
    press(Key.Key_Escape)
    assert section.form.inputs[field].read() == mine
    press(Key.Key_S, CTRL)
    sheet_over(page, CompareSheet, qtbot)
    press(Key.Key_1)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    now = area.now(section.record, stored())
    assert area.values_of(now, stored())[field] == mine
    assert not page.is_changed


# --- reminders --------------------------------------------------------------------------------------------------------


def test_a_reminder_is_added_changed_and_removed(
    manager: DeskProgram, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "reminders")
    before = {rule.id for rule in stored().reminder_rules}
    press(Key.Key_N, CTRL)
    press(Key.Key_A, CTRL)
    type_keys("3")
    tab_to("unit")
    press(Key.Key_Down)
    tab_to("type_id")
    press(Key.Key_Down)
    save(page, qtbot)
    (rule,) = [each for each in stored().reminder_rules if each.id not in before]
    assert (rule.lead, rule.unit, rule.active) == (3, "days", True)
    assert rule.type_id is not None
    assert section.list.currentItem().text().startswith("3 days before\nCheckup")
    section.add()
    section.form.inputs["lead"].show(3)
    choose_in(section, "unit", "days")
    choose_in(section, "type_id", rule.type_id)
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(section.form.remarks["lead"].isVisible)
    assert "no rule twice" in section.form.remarks["lead"].text()


def test_all_settings_of_messages_are_reached_from_the_reminders(
    manager: DeskProgram, open_setup: OpenSetup, qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "reminders")
    press(Key.Key_M, Qt.KeyboardModifier.AltModifier)
    dialog = sheet_over(page, SettingsDialog, qtbot)
    qtbot.waitUntil(lambda: dialog.draft is not None)
    dialog.when.rules.add_rule.click()
    dialog.when.rules.rows[-1].lead.setValue(5)
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: dialog.told.text().startswith("✓"))
    assert manager.workspace is not None
    settings = manager.workspace.messages.settings
    assert settings is not None
    qtbot.waitUntil(lambda: not settings._errand.is_busy)
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: settings.dialog is None)
    assert page.isVisible()
    qtbot.waitUntil(
        lambda: any(section.list.item(row).text().startswith("5 hours before") for row in range(section.list.count()))
    )


# --- desks ------------------------------------------------------------------------------------------------------------


def test_a_desk_renames_itself_and_another_one_and_both_keep_it(
    manager: DeskProgram, other: Database, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "desks")
    choose(section, "Desk 1")
    line_of(section, "name").setText("Front")
    choose(section, "Back office")
    line_of(section, "name").setText("Cellar")
    save(page, qtbot)
    assert {desk.name for desk in stored().desks} >= {"Front", "Cellar"}
    assert opener_of(manager)._database.desk.name == "Front"


def test_a_desk_that_another_one_renamed_goes_by_its_new_name_at_once(
    manager: DeskProgram, other: Database, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    area = area_of("desks")
    mine = next(desk for desk in stored().desks if desk.name == "Desk 1")
    write(other, area, mine, stored(), {"name": "Front"})
    qtbot.waitUntil(lambda: "Front (you)" in manager.window.status_bar.desks.text(), timeout=10_000)
    assert manager.workspace is not None
    assert manager.workspace.desk.database.desk.name == "Front"


def test_two_managers_who_rename_desks_to_one_name_are_told_at_the_field(
    manager: DeskProgram, other: Database, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page = open_setup(manager)
    section = section_of(page, "desks")
    choose(section, "Desk 1")
    line_of(section, "name").setText("Front")
    area = area_of("desks")
    back = next(desk for desk in stored().desks if desk.name == "Back office")
    write(other, area, back, stored(), {"name": "front"})
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(section.form.remarks["name"].isVisible)
    assert section.form.remarks["name"].text() == "Type a name that no other has, on one line."
    assert line_of(section, "name").hasFocus()
    assert line_of(section, "name").text() == "Front"
    press(Key.Key_End)
    type_keys(" 2")
    save(page, qtbot)
    assert {desk.name for desk in stored().desks} >= {"front", "Front 2"}


# --- the database is lost ---------------------------------------------------------------------------------------------


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture
def far(open_program: OpenProgram, url_as: Callable[..., URL], proxy: FaultyProxy) -> DeskProgram:
    """A manager's desk whose way to the database can be cut."""
    return open_program(url=proxy.url(url_as("clinic_manager")))


def type_in_two_areas(page: SetupPage) -> None:
    section = section_of(page, "sites")
    choose(section, "Mitte")
    line_of(section, "address").setText("Ring 1")
    section = section_of(page, "types")
    choose(section, "Checkup")
    line_of(section, "name").setText("Check-up")


def titles(page: SetupPage) -> list[str]:
    return [page.areas.item(row).text() for row in range(page.areas.count()) if "●" in page.areas.item(row).text()]


def test_a_database_lost_between_two_records_says_what_is_saved_and_loses_nothing(
    *,
    far: DeskProgram,
    proxy: FaultyProxy,
    open_setup: OpenSetup,
    stored: Callable[[], Setup],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    page = open_setup(far)
    type_in_two_areas(page)
    really = types.save_type

    def cut_first(db: Database, command: Any) -> object:
        proxy.refuse()
        proxy.cut_all()
        return really(db, command)

    monkeypatch.setattr(types, "save_type", cut_first)
    told: list[frozenset[str]] = []
    opener_of(far).stored.connect(told.append)
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: page.told.property("role") == "danger", timeout=20_000)
    assert page.told.text().startswith("The database cannot be reached any more. What is marked ● is not saved yet")
    assert titles(page) == ["Kinds of visits ●"]
    assert told == [{"sites"}]
    assert stored().clinic.site(SMALL_CLINIC.berlin).address == "Ring 1"
    section = section_of(page, "sites")
    assert line_of(section, "address").text() == "Ring 1"
    assert "not saved" not in section.list.item(0).text()
    line_of(section, "address").setText("Ring 11")  # typed on, before what was saved could be read
    assert titles(page) == ["Sites ●", "Kinds of visits ●"]
    monkeypatch.setattr(types, "save_type", really)
    proxy.resume()
    save_until_saved(page, qtbot)
    clinic = stored().clinic
    assert (clinic.site(SMALL_CLINIC.berlin).address, clinic.site(SMALL_CLINIC.berlin).version) == ("Ring 11", 3)
    assert clinic.type(SMALL_CLINIC.checkup).name == "Check-up"


def save_until_saved(page: SetupPage, qtbot: QtBot) -> None:
    """The first new connections may still be refused."""

    def is_saved() -> bool:
        if page.told.text() != SAVED and page.pages.isEnabled():
            page.save.click()
        return page.told.text() == SAVED

    qtbot.waitUntil(is_saved, timeout=20_000)


def test_a_database_that_is_lost_at_once_says_that_nothing_was_saved(
    far: DeskProgram, proxy: FaultyProxy, open_setup: OpenSetup, stored: Callable[[], Setup], qtbot: QtBot
) -> None:
    page, before = open_setup(far), stored()
    type_in_two_areas(page)
    proxy.refuse()
    proxy.cut_all()
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: page.told.property("role") == "danger", timeout=20_000)
    assert page.told.text() == "The database cannot be reached: nothing was saved. Your input is kept; try again."
    assert titles(page) == ["Sites ●", "Kinds of visits ●"]
    assert stored().clinic == before.clinic
    proxy.resume()
    save_until_saved(page, qtbot)
    assert stored().clinic.type(SMALL_CLINIC.checkup).name == "Check-up"


def test_a_database_that_is_lost_while_others_changes_are_read_leaves_what_was_said(
    far: DeskProgram, proxy: FaultyProxy, open_setup: OpenSetup, qtbot: QtBot
) -> None:
    page = open_setup(far)
    type_in_two_areas(page)
    setup = opener_of(far)
    proxy.refuse()
    proxy.cut_all()
    failed: list[object] = []
    really = setup._not_read

    def not_read(error: ClinicDeskError) -> None:
        really(error)
        failed.append(error)

    setup._not_read = not_read  # type: ignore[method-assign]
    setup.renew()
    qtbot.waitUntil(lambda: bool(failed), timeout=20_000)
    assert page.told.text() == "Not saved yet."
    assert page.pages.isEnabled()


def test_what_was_saved_but_cannot_be_read_anew_is_said_to_be_saved(
    *,
    far: DeskProgram,
    proxy: FaultyProxy,
    open_setup: OpenSetup,
    stored: Callable[[], Setup],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    page = open_setup(far)
    type_in_two_areas(page)
    really = types.save_type

    def cut_after(db: Database, command: Any) -> object:
        result = really(db, command)
        proxy.refuse()
        proxy.cut_all()
        return result

    monkeypatch.setattr(types, "save_type", cut_after)
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: page.told.text().startswith("✓ Saved. What is shown"), timeout=20_000)
    assert titles(page) == []
    assert not page.save.isEnabled()
    assert line_of(section_of(page, "types"), "name").text() == "Check-up"
    assert stored().clinic.type(SMALL_CLINIC.checkup).name == "Check-up"


def test_an_answer_that_was_lost_is_found_out_about_before_anything_is_claimed(
    *,
    manager: DeskProgram,
    open_setup: OpenSetup,
    stored: Callable[[], Setup],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    page = open_setup(manager)
    type_in_two_areas(page)
    really = sites.save_site
    lost: list[object] = []

    def lose_the_answer(db: Database, command: Any) -> object:
        result = really(db, command)
        if not lost:
            lost.append(command)
            raise OutcomeUnknown
        assert command is lost[0]
        return result

    monkeypatch.setattr(sites, "save_site", lose_the_answer)
    press(Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: page.told.text().startswith("It is being found out"))
    assert not page.pages.isEnabled()
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert stored().clinic.site(SMALL_CLINIC.berlin).version == 2
