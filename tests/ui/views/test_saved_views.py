"""Saved views in whole programs: saved and opened by keys, at every desk of the person, also first of all at start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.saved_views import Arrangement, SavedView
from clinic_desk.services import saved_views
from clinic_desk.ui.saved_views.sheet import SavedViewsSheet
from clinic_desk.ui.search.commands import commands_of
from clinic_desk.ui.workspace import Workspace
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram
from tests.ui.views.hands import Key, Modifier, at_desk, keys, press

CTRL, ALT, SHIFT = Modifier.ControlModifier, Modifier.AltModifier, Modifier.ShiftModifier


@pytest.fixture
def desk(open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot) -> Workspace:
    desk = at_desk(open_program(), clinic.monday, qtbot)
    qtbot.waitUntil(lambda: desk._saved_views is not None)
    return desk


def sheet_of(desk: Workspace, qtbot: QtBot) -> SavedViewsSheet:
    """Open the sheet by its key."""
    press(Key.Key_V, CTRL | SHIFT)
    found = desk.saved_views().sheet
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    return found


def save(desk: Workspace, name: str, qtbot: QtBot) -> None:
    """Save what is shown under a name, and leave."""
    sheet = sheet_of(desk, qtbot)
    sheet.name.setFocus()
    keys(name)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: name in names(desk))
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: desk.saved_views().sheet is None)


def names(desk: Workspace) -> list[str]:
    return [view.name for view in desk.saved_views().views]


def stored(database: Database, **said: object) -> SavedView:
    """Save a view as another desk of the same person would."""
    view = SavedView(
        new_id(), str(said.pop("name", "Stored")), Arrangement(), at_start=bool(said.pop("at_start", False))
    )
    saved_views.save(database, replace(view, arrangement=replace(view.arrangement, **said)))  # type: ignore[arg-type]
    return view


def test_what_is_shown_is_saved_under_a_name_and_its_key_brings_it_back(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    save(desk, "All doctors", qtbot)
    press(Key.Key_Right)
    keys("s")
    desk.window.actions_by_name["days_5"].trigger()
    desk.window.actions_by_name["zoom_in"].trigger()
    desk.window.actions_by_name["right_side"].trigger()
    save(desk, "Okafor, 5 days", qtbot)
    desk.window.calendar.setFocus()
    press(Key.Key_1, ALT)
    qtbot.waitUntil(lambda: desk.window.calendar.model().columnCount() == 3)
    assert desk.window.side_panel.isVisible()
    assert desk.window.calendar.step == 15
    press(Key.Key_2, ALT)
    qtbot.waitUntil(lambda: desk.window.calendar.model().columnCount() == 5)
    assert desk.navigator.view.week_of == clinic.okafor
    assert not desk.window.side_panel.isVisible()
    assert desk.window.calendar.step == 10
    assert desk.navigator.view.days[0] == clinic.monday


def test_the_lists_filter_and_order_are_part_of_it(desk: Workspace, clinic: SmallClinic, qtbot: QtBot) -> None:
    press(Key.Key_F, CTRL)
    keys("weber")
    filters = desk.day_list().page.filters
    filters.not_arrived.setChecked(True)
    filters.sort_by("patient")
    desk.window.board.setFocus()
    save(desk, "Not here yet", qtbot)
    desk.window.board.setFocus()
    filters.reset()
    keys("d")
    qtbot.waitUntil(desk.window.calendar.hasFocus)
    press(Key.Key_1, ALT)
    qtbot.waitUntil(lambda: desk.window.board.isVisible() and desk.window.board is desk.day_list().page)
    assert (filters.wanted.typed, filters.wanted.not_arrived, filters.order.column) == ("weber", True, "patient")


def test_views_are_renamed_ordered_replaced_and_removed_by_keyboard(desk: Workspace, qtbot: QtBot) -> None:
    for name in ("One", "Two"):
        save(desk, name, qtbot)
    sheet = sheet_of(desk, qtbot)
    assert sheet.list.hasFocus()
    press(Key.Key_Down)
    press(Key.Key_Up, CTRL)
    qtbot.waitUntil(lambda: names(desk) == ["Two", "One"])
    press(Key.Key_F2)
    keys("First")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: names(desk) == ["First", "One"])
    assert desk.window.actions_by_name["view_1"].text() == "First"
    assert desk.window.actions_by_name["view_1"].toolTip() == "First (Alt+1)"
    sheet.list.setFocus()
    press(Key.Key_Delete)
    qtbot.waitUntil(lambda: names(desk) == ["One"])
    assert sheet.isVisible()
    found = [one.text for one in commands_of(desk.window.menu) if one.part == "Saved views"]
    assert found == ["One", "Saved views…"]
    press(Key.Key_T, ALT)
    qtbot.waitUntil(lambda: desk.saved_views().views[0].at_start)
    press(Key.Key_Return)
    qtbot.waitUntil(desk.window.calendar.hasFocus)


def test_tab_comes_round_in_the_sheet(desk: Workspace, qtbot: QtBot) -> None:
    save(desk, "One", qtbot)
    sheet = sheet_of(desk, qtbot)
    seen: list[str] = []
    while not seen or seen[-1] != "view_list":
        press(Key.Key_Tab)
        widget = sheet.focusWidget()
        assert isinstance(widget, QWidget)
        seen.append(widget.objectName())
        assert len(seen) < 20
    assert {"view_name", "view_save", "view_open", "view_replace", "view_start", "view_rename", "view_remove"} < set(
        seen
    )


def test_what_is_saved_at_one_desk_is_there_at_the_other_at_once(
    desk: Workspace, open_program: OpenProgram, qtbot: QtBot
) -> None:
    other = space_of(open_program("Desk 2"))
    desk.window.activateWindow()
    desk.window.calendar.setFocus()
    qtbot.waitUntil(desk.window.calendar.hasFocus)
    save(desk, "One", qtbot)
    qtbot.waitUntil(lambda: names(other) == ["One"])
    assert other.window.actions_by_name["view_1"].isVisible()
    assert not other.window.actions_by_name["view_2"].isVisible()


@pytest.mark.parametrize("as_list", [True, False])
def test_a_view_for_the_start_is_the_first_that_is_seen(
    open_program: OpenProgram, clinic: SmallClinic, database: Database, as_list: bool, qtbot: QtBot
) -> None:
    wanted = {"span": "week", "of": str(clinic.okafor), "sides": ("left",), "step": 30, "sort": "patient"}
    stored(database, at_start=True, as_list=as_list, **wanted)
    program = open_program(wait=False)
    seen: list[tuple[object, ...]] = []

    def look() -> None:
        desk = space_of(program)
        seen.append((desk.navigator.view.span, desk.window.board is desk.window.calendar, desk.window.calendar.step))
        desk.navigator.shown.connect(look)

    program.ready.connect(look)
    qtbot.waitUntil(lambda: bool(seen), timeout=15_000)
    assert seen[0] == ("week", not as_list, 30)
    desk = space_of(program)
    assert desk.navigator.view.week_of == clinic.okafor
    assert not desk.window.side_panel.isVisible()
    qtbot.waitUntil(lambda: names(desk) == ["Stored"])
    assert desk.window.board.isVisible()
    if as_list:
        assert desk.day_list().page.filters.order.column == "patient"


def test_a_view_of_a_doctor_who_left_opens_and_says_so(
    desk: Workspace, clinic: SmallClinic, second_database: Database, owner_engine: Engine, qtbot: QtBot
) -> None:
    stored(second_database, name="Hers", span="week", of=str(clinic.diaz), shown=(str(clinic.diaz), str(clinic.weber)))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioner SET active = false WHERE id = %s", (clinic.diaz,))
    qtbot.waitUntil(lambda: names(desk) == ["Hers"])
    qtbot.waitUntil(lambda: desk.window.calendar.model().columnCount() == 2)
    press(Key.Key_1, ALT)
    qtbot.waitUntil(lambda: desk.window.calendar.model().columnCount() == 1)
    assert "Dr. Diaz" in desk.window.toasts.latest_text()
    header = desk.window.calendar.model().headerData(0, Qt.Orientation.Horizontal)
    assert header == "Dr. Weber"


def test_a_view_changed_at_another_desk_meanwhile_is_shown_and_not_written_over(
    desk: Workspace, second_database: Database, qtbot: QtBot
) -> None:
    save(desk, "One", qtbot)
    sheet = sheet_of(desk, qtbot)
    desk.live.stop()  # deaf, so that it acts on what it saw
    (seen,) = saved_views.read(second_database)
    saved_views.save(second_database, replace(seen, name="Other"))
    press(Key.Key_R, ALT)
    qtbot.waitUntil(lambda: names(desk) == ["Other"])
    qtbot.waitUntil(lambda: "another desk" in sheet.told.text())
