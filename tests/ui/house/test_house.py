"""Who is in the house now: live, in order, with minutes and alerts; each step by one key, here and on the calendar."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.records import AppointmentStatus as S
from clinic_desk.domain.records import Entry
from clinic_desk.services import booking, calendar
from clinic_desk.ui.house.desk import HouseDesk
from clinic_desk.ui.house.listing import HouseList
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import count
from tests.support.key_count import counted_keys
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.house.conftest import BookAt, OpenProgram, press

Key = Qt.Key


@pytest.fixture
def program(open_program: OpenProgram, qtbot: QtBot) -> DeskProgram:
    """A desk of the reception, its window in front."""
    program = open_program()
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    return program


@pytest.fixture
def space(program: DeskProgram) -> Workspace:
    return space_of(program)


@pytest.fixture
def house(space: Workspace, qtbot: QtBot) -> HouseDesk:
    house = space.house()
    qtbot.waitUntil(lambda: all(day in space.store.boards for day in house._days))
    return house


def names(house: HouseDesk) -> list[str]:
    return [row.name for row in house.rows]


def status(database: Database, entry: Entry) -> S:
    return calendar.load_entries(database, [entry.id])[0].appointment.status


def late(owner_engine: Engine, entry: Entry, minutes: int) -> None:
    """She came so many minutes ago, as only the owner without triggers can have it."""
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER appointment_15_flow_update")
        connection.exec_driver_sql(
            "UPDATE appointment SET arrived_at = arrived_at - make_interval(mins => %s) WHERE id = %s",
            (minutes, entry.id),
        )
        connection.exec_driver_sql("ALTER TABLE appointment ENABLE TRIGGER appointment_15_flow_update")


def test_who_arrives_at_another_desk_is_listed_as_they_came_whatever_day_is_on_screen(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    space: Workspace,
    house: HouseDesk,
    book_at: BookAt,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    assert house.panel.summary.text() == "Nobody is here."
    space.navigator.go_to(clinic.monday)
    first, second, third = (book_at(minutes, patient) for patient, minutes in enumerate((30, 10, 20)))
    for entry in (first, second, third):
        booking.set_status(database, SetStatus(entry.id, 1, S.ARRIVED))
    qtbot.waitUntil(lambda: len(house.rows) == 3)
    assert names(house) == ["Meier, Anna", "Meier, Jonas", "O'Neill, Siobhán"]
    late(owner_engine, third, 25)
    qtbot.waitUntil(lambda: names(house)[0] == "O'Neill, Siobhán")
    row = house.rows[0]
    assert (row.is_late, row.minutes) == (True, 25)
    index = house.panel.list.house.index(0, 0)
    assert index.data() == "⚠ 25"
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "O'Neill, Siobhán, waiting for 25 min, longer than 20 min, Dr. Weber"
    assert house.panel.summary.text() == "3 waiting · 0 in rooms · ⚠ 1 too long"
    booking.set_status(database, SetStatus(third.id, 3, S.CHECKED_IN, clinic.room_2))
    qtbot.waitUntil(lambda: house.panel.summary.text() == "2 waiting · 1 in rooms")
    assert house.rows[0].room == "Room 2"
    booking.set_status(database, SetStatus(third.id, 4, S.FULFILLED))
    qtbot.waitUntil(lambda: len(house.rows) == 2)


def test_minutes_pass_and_days_change_without_a_look_into_the_database(  # noqa: PLR0917  # fixtures
    database: Database,
    space: Workspace,
    house: HouseDesk,
    book_at: BookAt,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = book_at(10)
    booking.set_status(database, SetStatus(entry.id, 1, S.ARRIVED))
    qtbot.waitUntil(lambda: len(house.rows) == 1)
    clock = space.store.freshness.now
    with monkeypatch.context() as patch:
        asked: list[object] = []
        patch.setattr(space.desk.tasks, "query", lambda *given, **_named: asked.append(given))
        patch.setattr(space.store.freshness, "now", lambda: clock() + timedelta(minutes=20, seconds=1))
        house.look()
        assert (house.rows[0].minutes, house.rows[0].is_late) == (20, True)
        assert asked == []
    days = house._days
    monkeypatch.setattr(space.store.freshness, "now", lambda: clock() + timedelta(days=1))
    house.look()
    assert house._days == tuple(day + timedelta(days=1) for day in days)
    qtbot.waitUntil(lambda: house._days[-1] in space.store.boards)
    assert house.rows == ()


def test_to_check_a_chosen_patient_in_takes_one_key_and_so_does_each_other_step(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic, database: Database, space: Workspace, house: HouseDesk, book_at: BookAt, qtbot: QtBot
) -> None:
    entry = book_at(0)
    calendar_view = space.window.calendar
    space.navigator.go_to(entry.appointment.wall_start.date())  # it may be past midnight there
    qtbot.waitUntil(lambda: calendar_view.select_entry(entry.id))
    calendar_view.setFocus()
    steps = (
        *((Key.Key_A, S.ARRIVED), (Key.Key_R, S.CHECKED_IN), (Key.Key_F, S.FULFILLED), (Key.Key_B, S.CHECKED_IN)),
        *((Key.Key_B, S.ARRIVED), (Key.Key_B, S.BOOKED), (Key.Key_X, S.NOSHOW), (Key.Key_B, S.BOOKED)),
    )
    for key, wanted in steps:
        with counted_keys() as keys:
            press(key)
            qtbot.waitUntil(lambda wanted=wanted: status(database, entry) is wanted)  # type: ignore[misc]
        assert len(keys) == 1, keys.pressed
        qtbot.waitUntil(
            lambda wanted=wanted: (
                (shown := calendar_view.selected_entry()) is not None  # type: ignore[misc]
                and shown.appointment.status is wanted
            )
        )
    assert space.store.entry(entry.id) is not None


def test_the_list_has_the_same_keys_for_whom_is_chosen_there(
    database: Database, space: Workspace, house: HouseDesk, book_at: BookAt, qtbot: QtBot
) -> None:
    first, second = book_at(10), book_at(20, 1)
    for entry in (first, second):
        booking.set_status(database, SetStatus(entry.id, 1, S.ARRIVED))
    qtbot.waitUntil(lambda: len(house.rows) == 2)
    space.window.calendar.setFocus()
    press(Key.Key_F4)
    assert house.panel.list.hasFocus()
    assert house.panel.list.selectionModel().hasSelection()
    assert house.panel.list.horizontalScrollBar().maximum() == 0
    qtbot.waitUntil(lambda: space.sides.panel.entry is not None and space.sides.panel.entry.id == first.id)
    press(Key.Key_Down)
    assert space.sides.panel.entry is not None
    assert space.sides.panel.entry.id == second.id
    press(Key.Key_R)
    qtbot.waitUntil(lambda: [row.waits for row in house.rows] == [True, False])
    press(Key.Key_F)
    qtbot.waitUntil(lambda: status(database, second) is S.FULFILLED)
    qtbot.waitUntil(lambda: names(house) == ["Meier, Anna"])
    assert house.panel.list.chosen.id == first.id  # the next one
    press(Key.Key_Return)
    assert space.window.calendar.hasFocus()
    qtbot.waitUntil(lambda: (shown := space.window.calendar.selected_entry()) is not None and shown.id == first.id)


def test_each_step_is_one_click_on_the_card_of_the_chosen_patient(
    database: Database, space: Workspace, house: HouseDesk, book_at: BookAt, qtbot: QtBot
) -> None:
    entry = book_at(0)
    other = book_at(30, 1)
    booking.set_status(database, SetStatus(other.id, 1, S.ARRIVED))  # listed below the card all the while
    space.navigator.go_to(entry.appointment.wall_start.date())  # it may be past midnight there
    qtbot.waitUntil(lambda: len(house.rows) == 1 and space.window.calendar.select_entry(entry.id))
    space.window.calendar.setFocus()
    for name, wanted in (
        *(("panel_status", S.ARRIVED), ("panel_status", S.CHECKED_IN), ("panel_status", S.FULFILLED)),
        *(("panel_step_back", S.CHECKED_IN), ("panel_step_back", S.ARRIVED), ("panel_step_back", S.BOOKED)),
        *(("panel_noshow", S.NOSHOW), ("panel_step_back", S.BOOKED)),
    ):
        link = space.window.findChild(QPushButton, name)
        assert isinstance(link, QPushButton)
        qtbot.waitUntil(link.isVisible)
        QTest.mouseClick(link, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda wanted=wanted: status(database, entry) is wanted)  # type: ignore[misc]
        qtbot.waitUntil(
            lambda wanted=wanted: (
                (shown := space.sides.panel.entry) is not None  # type: ignore[misc]
                and shown.appointment.status is wanted
            )
        )
    assert len(house.rows) == 1
    assert space.window.calendar.hasFocus()


@pytest.mark.qt_log_ignore("does not support")
def test_which_room_is_asked_by_number_with_who_is_there(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic, database: Database, space: Workspace, house: HouseDesk, book_at: BookAt, qtbot: QtBot
) -> None:
    inside, coming = book_at(10), book_at(20, 1, room=clinic.room_1)
    booking.set_status(database, SetStatus(inside.id, 1, S.CHECKED_IN, clinic.room_1))
    booking.set_status(database, SetStatus(coming.id, 1, S.ARRIVED))
    qtbot.waitUntil(lambda: len(house.rows) == 2)
    press(Key.Key_F4)
    press(Key.Key_Down)
    press(Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    (menu,) = [each for each in space.window.findChildren(QMenu, "room_menu") if each.isVisible()]
    assert [action.text() for action in menu.actions()] == [
        "&1  Room 1 (as booked) · Anna Meier is there",
        "&2  Room 2",
    ]
    press_in(menu, "2")
    qtbot.waitUntil(lambda: [row.room for row in house.rows] == ["Room 1", "Room 2"])
    space.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: status(database, coming) is S.ARRIVED)
    assert calendar.load_entries(database, [coming.id])[0].arrived_at == house.rows[1].entry.arrived_at


def press_in(menu: QMenu, text: str) -> None:
    QTest.keyClicks(menu, text)


def test_two_desks_that_mark_the_same_arrival_agree_without_a_dialog(  # noqa: PLR0917  # fixtures
    database: Database, space: Workspace, house: HouseDesk, book_at: BookAt, owner_engine: Engine, qtbot: QtBot
) -> None:
    entry = book_at(10)
    qtbot.waitUntil(lambda: space.store.entry(entry.id) is not None)
    other = booking.set_status(database, SetStatus(entry.id, 1, S.ARRIVED))
    space.commands.set_status(S.ARRIVED, entry)  # the key was pressed before the other desk's change was heard
    qtbot.waitUntil(lambda: "marked as arrived" in space.window.toasts.latest_text())
    assert "already" in space.window.toasts.latest_text()
    assert count(owner_engine, f"history WHERE row_id = '{entry.id}'") == 2
    stands = calendar.load_entries(database, [entry.id])[0]
    assert stands.arrived_at == other.arrived_at
    space.commands.set_status(S.NOSHOW, entry)  # another wish than theirs is told, and nothing is overwritten
    qtbot.waitUntil(lambda: "already" not in space.window.toasts.latest_text())
    assert status(database, entry) is S.ARRIVED


@pytest.mark.qt_log_ignore("does not support")
def test_the_window_of_its_own_comes_back_where_it_was(
    open_program: OpenProgram, database: Database, book_at: BookAt, qtbot: QtBot
) -> None:
    entry = book_at(10)
    booking.set_status(database, SetStatus(entry.id, 1, S.ARRIVED))
    first = open_program()
    first.window.activateWindow()
    qtbot.waitActive(first.window)
    first.window.calendar.setFocus()
    press(Key.Key_F4, Qt.KeyboardModifier.ShiftModifier)
    window = space_of(first).house().window
    assert window is not None
    qtbot.waitUntil(lambda: len(window.list.house.records) == 1)
    assert window.list.house.index(0, 2).data() == "waits"
    window.setGeometry(120, 80, 640, 400)
    qtbot.waitUntil(lambda: window.width() == 640)
    with qtbot.waitSignal(first.closed, timeout=20_000):
        first.window.close()
    again = open_program()
    house = space_of(again).house()
    assert house.window is not None
    assert house.window.isVisible()
    assert house.window.size().toTuple() == (640, 400)
    assert again.window.actions_by_name["house_window"].isChecked()
    house.window.close()
    assert not again.window.actions_by_name["house_window"].isChecked()


def test_what_is_in_the_panel_has_names_and_is_reached_by_tab(space: Workspace, house: HouseDesk) -> None:
    panel = house.panel
    for each in (panel.own_window, panel.sites, panel.list, panel.walk_in):
        assert each.accessibleName()
    assert "Shift+F4" in panel.own_window.toolTip()
    assert isinstance(panel.list, HouseList)
    panel.site_chosen.emit(None)
    assert space.window.preferences.house_site() is None
