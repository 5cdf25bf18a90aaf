"""Several days of one doctor side by side: which they are, how one steps, and that all of a week's ways work there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import SetStatus
from clinic_desk.domain.records import AppointmentStatus, Clinic, DayBoard
from clinic_desk.services import booking
from clinic_desk.services.calendar import doctor_fullness, load_clinic, load_day
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.columns import View, heading, headings
from clinic_desk.ui.daylist.rows import list_columns
from clinic_desk.ui.messages.list_view import MessageList, RowDelegate
from clinic_desk.ui.messages.rows import RowsModel
from clinic_desk.ui.preferences import Pace
from clinic_desk.ui.shell.heading import Heading
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.ui.calendar import sample
from tests.ui.shell.conftest import OpenProgram
from tests.ui.views.hands import Key, Modifier, at_desk, keys, press

FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "pace", "offsets"),
    [
        (FRIDAY, "day", (0, 1, 2)),
        (FRIDAY, "workday", (0, 3, 4)),
        (SATURDAY, "workday", (2, 3, 4)),
        (FRIDAY, "week", (0, 7, 14)),
    ],
)
def test_the_days_side_by_side_follow_each_other_as_was_asked(
    first: date, pace: Pace, offsets: tuple[int, ...]
) -> None:
    assert View(first, "days", count=3, pace=pace).days == tuple(first + offset * DAY for offset in offsets)


@pytest.mark.parametrize("pace", ["day", "workday", "week"])
@pytest.mark.parametrize("count", [2, 5, 7])
def test_a_step_shows_the_days_right_after_and_the_step_back_those_before(pace: Pace, count: int) -> None:
    view = View(FRIDAY, "days", count=count, pace=pace)
    both = View(FRIDAY, "days", count=2 * count, pace=pace).days
    assert view.days + view.stepped(1).days == both
    assert view.stepped(1).stepped(-1).days == view.days
    assert view.stepped_one(1).days == both[1 : count + 1]
    assert view.stepped_one(1).stepped_one(-1).days == view.days


def test_the_bar_says_from_when_to_when_and_whose() -> None:
    view = View(date(2026, 12, 30), "days", count=4)
    assert heading(view, Clinic((), (), (), (), (), ())) == "30 Dec 2026–2 Jan 2027"


def test_whose_days_they_are_can_be_read_in_a_narrow_window(qtbot: QtBot) -> None:
    view = View(date(2026, 11, 23), "week", week_of=sample.uid(2, 0))
    texts = headings(view, sample.clinic())
    assert texts == (
        "Week 48 · 23–29 Nov 2026 · Dr. Amara Okafor",
        "Week 48 · 23–29 Nov 2026 · Dr. A. Okafor",
        "Week 48 · 23–29 Nov 2026 · Dr. Okafor",
        "Week 48 · 23–29 Nov 2026 · Okafor",
        "Okafor · Week 48 · 23–29 Nov 2026",
    )
    line = Heading()
    qtbot.addWidget(line)
    line.setText(*texts)
    for text in texts[:4]:
        line.resize(line.fontMetrics().horizontalAdvance(text), 20)
        assert line.shown == text
    line.resize(line.width() - 8, 20)
    assert line.shown.startswith("Okafor · Week 48")
    assert line.toolTip() == texts[0]
    line.setText("Monday")
    assert line.shown == "Monday"


def test_a_doctors_family_name_can_be_read_in_a_narrow_list(qtbot: QtBot) -> None:
    column = next(one for one in list_columns() if one.shorter("Dr. Amara Okafor"))
    column = replace(column, text=lambda row, _now: row.name, colour=lambda _row: "")
    listing = MessageList(RowsModel([column], lambda: datetime(2026, 11, 24, tzinfo=UTC)), "list", "List")
    qtbot.addWidget(listing)
    listing.show_records([SimpleNamespace(id=sample.uid(2, 0), name="Dr. Amara Okafor")])
    delegate = listing.itemDelegate()
    assert isinstance(delegate, RowDelegate)
    option = QStyleOptionViewItem()
    option.font = listing.font()
    for width, shown in ((400, "Dr. Amara Okafor"), (listing.fontMetrics().horizontalAdvance("Okafor") + 8, "Okafor")):
        option.rect = QRect(0, 0, width, 20)
        delegate.initStyleOption(option, listing.model().index(0, 0))
        assert option.text == shown


def test_how_full_a_doctors_day_is_counts_her_own_time_only(clinic: SmallClinic, database: Database) -> None:
    def share(doctor: str) -> float | None:
        records = load_clinic(database)
        return doctor_fullness(load_day(database, clinic.monday, records), records, getattr(clinic, doctor))

    assert share("weber") == 0
    entry = booking.book(database, checkup(clinic, at(clinic.monday, 8), length_minutes=240))
    assert (share("weber"), share("okafor")) == (0.5, 0)
    booking.set_status(database, SetStatus(entry.id, entry.appointment.version, AppointmentStatus.NOSHOW))
    assert share("weber") == 0
    sunday = DayBoard(clinic.monday - DAY, at(clinic.monday - DAY, 0), at(clinic.monday, 0), at(clinic.monday, 0))
    assert doctor_fullness(sunday, load_clinic(database), clinic.weber) is None


# --- in the program ---------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot) -> Workspace:
    """A desk on which three days of Dr. Okafor stand side by side, by keyboard: to the right, S."""
    desk = at_desk(open_program(), clinic.monday, qtbot)
    press(Key.Key_Right)
    keys("s")
    qtbot.waitUntil(lambda: desk.navigator.columns[-1].day == clinic.monday + 2 * DAY)
    return desk


def headers(desk: Workspace) -> list[str]:
    model, role = desk.window.calendar.model(), Qt.ItemDataRole.AccessibleTextRole
    return [model.headerData(at, Qt.Orientation.Horizontal, role) for at in range(model.columnCount())]


def test_s_shows_days_of_the_doctor_under_the_cursor_with_date_and_fullness(
    desk: Workspace, clinic: SmallClinic, second_database: Database, qtbot: QtBot
) -> None:
    assert headers(desk) == ["Mon 3 Mar, 0 % full", "Tue 4 Mar, 0 % full", "Wed 5 Mar, 0 % full"]
    assert "3–5 Mar 2031 · Dr. Okafor" in desk.window.top_bar.title.text()
    tuesday = at(clinic.monday + DAY, 9)
    wish = checkup(clinic, tuesday, practitioner_id=clinic.okafor, length_minutes=120)
    booking.book(second_database, wish)
    qtbot.waitUntil(lambda: headers(desk)[1] == "Tue 4 Mar, 25 % full")


def test_the_cursor_stays_where_it_stood_though_that_is_another_column_now(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    def cursor() -> tuple[object, object]:
        place = desk.window.calendar.current_place()
        assert place is not None
        return place.practitioner_id, place.starts_at

    assert cursor() == (clinic.okafor, at(clinic.monday, 9))
    press(Key.Key_Right)
    for key in ("w", "d"):
        keys(key)
        assert cursor() == (clinic.okafor, at(clinic.monday + DAY, 9))
    assert desk.navigator.view.day == clinic.monday + DAY


def test_stepping_goes_by_all_the_days_or_by_one(desk: Workspace, clinic: SmallClinic) -> None:
    view = desk.navigator
    press(Key.Key_Right, Modifier.AltModifier)
    assert view.view.days[0] == clinic.monday + 3 * DAY
    press(Key.Key_Left, Modifier.AltModifier | Modifier.ShiftModifier)
    assert view.view.days[0] == clinic.monday + 2 * DAY
    press(Key.Key_Left, Modifier.AltModifier)
    press(Key.Key_Right, Modifier.AltModifier | Modifier.ShiftModifier)
    assert view.view.days[0] == clinic.monday


def test_how_many_days_and_which_is_chosen_in_the_menu_and_remembered(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    actions, calendar = desk.window.actions_by_name, desk.window.calendar
    actions["days_7"].trigger()
    qtbot.waitUntil(lambda: calendar.model().columnCount() == 7)
    actions["pace_week"].trigger()
    qtbot.waitUntil(lambda: desk.navigator.columns[-1].day == clinic.monday + 42 * DAY)
    assert actions["days_7"].isChecked()
    assert actions["pace_week"].isChecked()
    assert actions["days"].isChecked()
    assert desk.window.preferences.days_beside() == (7, "week")
    between = {clinic.monday + count * DAY for count in range(15, 21)}
    assert not between & set(desk.store.boards)
    keys("d")
    assert desk.navigator.view.span == "day"


def test_one_books_and_drags_from_day_to_day_and_d_shows_the_day_of_the_cursor(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    press(Key.Key_Right)
    keys("0930")
    press(Key.Key_Return)
    form = desk.booking.form
    qtbot.waitUntil(form.isVisible)
    keys("sio")
    qtbot.waitUntil(form.patient_line.matches.isVisible)
    press(Key.Key_Return)
    with qtbot.waitSignal(form.booked):
        press(Key.Key_Return)
    tuesday, wednesday = clinic.monday + DAY, clinic.monday + 2 * DAY
    (entry,) = desk.store.boards[tuesday].entries
    assert entry.appointment.practitioner_id == clinic.okafor
    calendar, viewport = desk.window.calendar, desk.window.calendar.viewport()
    spots = (Place(clinic.okafor, None, clinic.berlin, at(day, 9, 30), 15) for day in (tuesday, wednesday))
    start, end = (viewport.mapFromGlobal(calendar.place_rect(spot).center()) for spot in spots)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Modifier.NoModifier, start)
    for step in range(1, 6):
        QTest.mouseMove(viewport, start + (end - start) * step / 5)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Modifier.NoModifier, end)
    qtbot.waitUntil(lambda: [one.id for one in desk.store.boards[wednesday].entries] == [entry.id])
    keys("d")
    qtbot.waitUntil(lambda: desk.navigator.view.span == "day")
    assert desk.navigator.view.day == wednesday
