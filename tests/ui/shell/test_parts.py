"""The parts around the calendar, each for itself: month, columns, search box, notes, keys, what is remembered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.domain.records import AppointmentStatus, Clinic, Practitioner
from clinic_desk.ui.actions import SPECS, Actions, texts
from clinic_desk.ui.column_choice import ColumnChoice
from clinic_desk.ui.columns import View, columns_of
from clinic_desk.ui.freshness import UNNOTICED_S, Connection, Freshness
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.shell.month import MonthPanel
from clinic_desk.ui.shell.month_model import Role, first_cell
from clinic_desk.ui.shell.status_bar import StatusBar
from clinic_desk.ui.shell.toasts import Toasts

Key = Qt.Key
A, B, C = (UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "x.ini"), QSettings.Format.IniFormat), "julia")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """A window without a layout: the offscreen platform complains about windows whose least size changes."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    return window


def put(part: QWidget, window: QWidget) -> None:
    """Put a part into the window."""
    part.setParent(window)
    part.setGeometry(0, 0, 400, 300)


# --- what is remembered -----------------------------------------------------------------------------------------------


def test_columns_not_ordered_yet_follow_those_that_were() -> None:
    choice = ColumnChoice(order=(C,))
    assert choice.arranged([A, B, C]) == (C, A, B)


def test_hiding_every_column_shows_them_all() -> None:
    assert ColumnChoice(hidden=frozenset({A, B})).visible([A, B]) == (A, B)


def test_what_one_person_chose_is_not_what_another_sees(preferences: Preferences) -> None:
    preferences.set_columns("practitioner", ColumnChoice(frozenset({B}), (C, A)))
    preferences.set_step(5)
    preferences.set_scheme("dark")
    preferences.set_shown("left_side", False)
    preferences.sign_in("karl")
    assert preferences.columns("practitioner") == ColumnChoice()
    assert (preferences.step(), preferences.scheme(), preferences.is_shown("left_side")) == (15, "system", True)
    preferences.sign_in("julia")
    assert preferences.columns("practitioner") == ColumnChoice(frozenset({B}), (C, A))
    assert (preferences.step(), preferences.scheme(), preferences.is_shown("left_side")) == (5, "dark", False)


def test_a_damaged_settings_file_counts_as_not_set(tmp_path: Path) -> None:
    path = tmp_path / "x.ini"
    path.write_text("[users]\njulia\\practitioner\\hidden=not-an-id\njulia\\step=7\njulia\\scheme=pink\n")
    preferences = Preferences(QSettings(str(path), QSettings.Format.IniFormat), "julia")
    assert preferences.columns("practitioner") == ColumnChoice()
    assert (preferences.step(), preferences.scheme()) == (15, "system")


def test_a_week_begins_on_monday_and_has_a_column_for_each_day() -> None:
    view = View(date(2026, 11, 25), "week", week_of=A)
    clinic = Clinic((), (Practitioner(A, 1, "Dr. A"),), (), (), (), ())
    columns = columns_of(view, clinic, ColumnChoice(hidden=frozenset({A})))
    assert [column.day for column in columns] == [date(2026, 11, 23) + timedelta(days=count) for count in range(7)]
    assert view.stepped(1).days[0] == date(2026, 11, 30)


# --- month ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "first_weekday", "cell"),
    [
        (date(2026, 11, 24), 1, date(2026, 10, 26)),
        (date(2026, 11, 24), 7, date(2026, 11, 1)),
        (date(2026, 6, 1), 1, date(2026, 6, 1)),
    ],
)
def test_the_first_cell_is_the_week_day_the_locale_begins_with(month: date, first_weekday: int, cell: date) -> None:
    assert first_cell(month, first_weekday) == cell


@pytest.fixture
def month(window: QWidget) -> MonthPanel:
    panel = MonthPanel()
    put(panel, window)
    panel.show_days((date(2026, 11, 24),), date(2026, 11, 21))
    window.show()
    return panel


def test_a_day_is_read_out_with_how_full_it_is(month: MonthPanel) -> None:
    month.model.set_fullness({date(2026, 11, 24): 0.847})
    index = month.model.index_of(date(2026, 11, 24))
    assert "85 % booked" in str(index.data(Qt.ItemDataRole.AccessibleTextRole))
    assert index.data(Role.IS_SHOWN)
    assert not index.data(Role.IS_TODAY)


def test_arrows_leave_the_month_and_enter_chooses(month: MonthPanel, qtbot: QtBot) -> None:
    chosen: list[date] = []
    month.day_chosen.connect(chosen.append)
    month.view.setFocus()
    for _ in range(3):
        QTest.keyClick(month.view, Key.Key_Down)
    QTest.keyClick(month.view, Key.Key_Return)
    assert chosen == [date(2026, 12, 15)]
    assert month.model.month == date(2026, 12, 1)


def test_a_click_chooses_and_the_wheel_of_months_tells_which_days_are_wanted(month: MonthPanel, qtbot: QtBot) -> None:
    center = month.view.visualRect(month.model.index_of(date(2026, 11, 3))).center()
    with qtbot.waitSignal(month.day_chosen) as chosen:
        QTest.mouseClick(month.view.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert chosen.args == [date(2026, 11, 3)]
    with qtbot.waitSignal(month.month_shown) as wanted:
        QTest.keyClick(month.view, Key.Key_PageDown)
    assert wanted.args[0] <= date(2026, 12, 1) <= wanted.args[1]


# --- notes ------------------------------------------------------------------------------------------------------------


def test_at_most_two_notes_stand_and_the_newest_is_read_last(window: QWidget) -> None:
    host = QWidget()
    put(host, window)
    window.show()
    toasts = Toasts(host)
    for number in range(5):
        toasts.show_text(f"note {number}")
    visible = [label.text() for label in toasts.findChildren(QLabel, "toast_text") if label.isVisible()]
    assert visible == ["note 3", "note 4"]
    assert toasts.latest_text() == "note 4"


def test_a_note_acts_once_and_goes(window: QWidget, qtbot: QtBot) -> None:
    host = QWidget()
    put(host, window)
    window.show()
    done: list[int] = []
    toasts = Toasts(host)
    toasts.show_text("<b>Anna</b>", action="Undo", act=lambda: done.append(1))
    assert toasts.latest_text() == "<b>Anna</b>"
    QTest.mouseClick(toasts.findChildren(QPushButton, "toast_action")[0], Qt.MouseButton.LeftButton)
    assert done == [1]
    assert toasts.latest_text() == ""


# --- keys -------------------------------------------------------------------------------------------------------------


def test_every_action_has_words_and_no_two_have_one_key(window: QWidget, preferences: Preferences) -> None:
    assert set(texts()) == {spec.name for spec in SPECS}
    keys = [spec.keys for spec in SPECS if spec.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("status", "on", "off"),
    [
        (AppointmentStatus.BOOKED, {"arrived", "move", "cancel", "open"}, {"reinstate", "step_back"}),
        (AppointmentStatus.CANCELLED, {"reinstate", "open"}, {"arrived", "move", "cancel"}),
        (None, {"new", "today"}, {"arrived", "move", "cancel", "open"}),
    ],
)
def test_an_action_is_on_when_it_fits_the_appointment(
    window: QWidget, preferences: Preferences, status: AppointmentStatus | None, on: set[str], off: set[str]
) -> None:
    actions = Actions(window, preferences)
    actions.set_state(may_write=True, status=status)
    assert all(actions[name].isEnabled() for name in on)
    assert not any(actions[name].isEnabled() for name in off)


def test_while_nothing_can_be_written_only_looking_is_on(window: QWidget, preferences: Preferences) -> None:
    actions = Actions(window, preferences)
    actions.set_state(may_write=False, status=AppointmentStatus.BOOKED)
    assert not any(actions[spec.name].isEnabled() for spec in SPECS if spec.writes)
    assert actions["open"].isEnabled()
    assert actions["today"].isEnabled()


# --- freshness --------------------------------------------------------------------------------------------------------


def test_the_age_counts_while_lost_and_is_nothing_while_live() -> None:
    freshness = Freshness()
    assert freshness.age() == 0
    freshness.set_lost()
    assert 0 <= freshness.age() <= UNNOTICED_S + 1
    freshness.set_live()
    assert freshness.age() == 0


def test_the_databases_clock_is_the_one_that_counts() -> None:
    freshness = Freshness()
    freshness.set_clock(datetime(2031, 3, 3, 12, tzinfo=UTC))
    assert abs(freshness.now() - datetime(2031, 3, 3, 12, tzinfo=UTC)) < timedelta(seconds=5)


def test_the_status_bar_says_how_it_stands(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    freshness = Freshness()
    bar.follow(freshness)
    assert bar.connection.text() == "Connected · live"
    freshness.change_heard()
    bar.renew()
    assert "last change 0 s ago" in bar.connection.text()
    freshness.connection = Connection.LOST
    bar.renew()
    assert "No connection" in bar.connection.text()
    bar.set_desks("Desk 1", ["Desk 2"])
    assert bar.desks.text() == "Desks: Desk 1 (you), Desk 2"
    bar.set_messages(17, 2)
    assert bar.attention.text() == "2 need attention"
    assert QApplication.instance() is not None
    for part in (bar.connection, bar.desks):
        interface = QAccessible.queryAccessibleInterface(part)
        assert interface is not None
        assert interface.text(QAccessible.Text.Name) == part.text()
