"""The list of the day in whole programs: the calendar's keys on its rows, live, sorted, filtered, printed and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtPrintSupport import QPrintPreviewDialog
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.domain.records import Entry
from clinic_desk.services import booking
from clinic_desk.services.exporting.lists import Target, save_list
from clinic_desk.ui.daylist.page import DayListPage
from clinic_desk.ui.daylist.rows import COLUMNS
from clinic_desk.ui.exchange.desk import exchange_of
from clinic_desk.ui.exchange.export_sheet import ExportSheet
from clinic_desk.ui.exchange.saving import listing_of
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram
from tests.ui.views.hands import Key, Modifier, at_desk, focused, keys, press

Book = Callable[..., Entry]


@pytest.fixture
def book(clinic: SmallClinic, database: Database) -> Book:
    """Book by another program on the clinic's Monday, with Dr. Weber by default."""

    def book_it(hour: int, minute: int, patient: int, **other: object) -> Entry:
        starts_at = at(clinic.monday, hour, minute)
        return booking.book(database, checkup(clinic, starts_at, patient_id=clinic.patients[patient], **other))

    return book_it


@pytest.fixture
def entries(book: Book, clinic: SmallClinic) -> list[Entry]:
    """Nowak at 9:00, Müller-Lüdenscheidt at 9:15, O'Neill at 9:30 with Dr. Okafor."""
    return [book(9, 0, 6), book(9, 15, 3), book(9, 30, 2, practitioner_id=clinic.okafor)]


@pytest.fixture
def desk(open_program: OpenProgram, clinic: SmallClinic, entries: list[Entry], qtbot: QtBot) -> Workspace:
    """A desk on which the list of that Monday is shown, by keyboard."""
    desk = at_desk(open_program(), clinic.monday, qtbot)
    qtbot.waitUntil(lambda: not desk._later._steps)
    press(Key.Key_3, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: desk.window.board is not desk.window.calendar and desk.window.board.isVisible())
    assert len(entries) == 3
    return desk


def page(desk: Workspace) -> DayListPage:
    board = desk.window.board
    assert isinstance(board, DayListPage)
    return board


def column(desk: Workspace, name: str) -> list[str]:
    """What stands in a column, from the top."""
    model = page(desk).table.day_rows
    return [model.index(row, COLUMNS.index(name)).data() for row in range(model.rowCount())]


def family(desk: Workspace) -> list[str]:
    return [text.partition(",")[0] for text in column(desk, "patient")]


def chosen(desk: Workspace) -> Entry | None:
    row = page(desk).table.chosen
    return None if row is None else row.entry


def status_of(desk: Workspace, entry: Entry) -> Status:
    found = desk.store.entry(entry.id)
    assert found is not None
    return found.appointment.status


def test_the_list_has_the_keyboard_and_says_of_each_appointment_what_a_desk_asks(desk: Workspace) -> None:
    assert family(desk) == ["Nowak", "Müller-Lüdenscheidt", "O'Neill"]
    assert column(desk, "time") == ["09:00–09:15", "09:15–09:30", "09:30–09:45"]
    assert column(desk, "doctor") == ["Dr. Weber", "Dr. Weber", "Dr. Okafor"]
    assert column(desk, "status") == ["booked"] * 3
    assert "30 Nov 1952" in column(desk, "born")[1]
    assert "1234" in column(desk, "phone")[1].replace(" ", "")
    assert page(desk).table.hasFocus()
    assert desk.window.actions_by_name["list"].isChecked()


def test_the_keys_of_the_calendar_are_about_the_chosen_row(desk: Workspace, entries: list[Entry], qtbot: QtBot) -> None:
    assert chosen(desk) == entries[0]
    press(Key.Key_Down)
    assert chosen(desk) == entries[1]
    keys("a")
    qtbot.waitUntil(lambda: column(desk, "status") == ["booked", "waiting", "booked"])
    assert "min" in column(desk, "waiting")[1]
    assert chosen(desk) == desk.store.entry(entries[1].id)
    qtbot.waitUntil(lambda: "Arrived" in desk.window.toasts.latest_text())
    press(Key.Key_Z, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: status_of(desk, entries[1]) is Status.BOOKED)
    keys("c")
    dialog = desk.window.findChild(QWidget, "cancel_dialog")
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    press(Key.Key_Escape)
    qtbot.waitUntil(page(desk).table.hasFocus)
    press(Key.Key_Return)
    qtbot.waitUntil(desk.booking.form.isVisible)
    press(Key.Key_Escape)
    qtbot.waitUntil(page(desk).table.hasFocus)
    press(Key.Key_I, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: desk.window.findChild(QWidget, "patient_sheet") is not None)


def test_after_a_row_is_filtered_out_by_what_was_done_nobody_is_chosen_until_an_arrow_goes_on(
    desk: Workspace, entries: list[Entry], qtbot: QtBot
) -> None:
    page(desk).filters.not_arrived.setChecked(True)
    page(desk).table.setFocus()
    press(Key.Key_Down)
    keys("a")
    qtbot.waitUntil(lambda: family(desk) == ["Nowak", "O'Neill"])
    assert chosen(desk) is None
    keys("a")
    assert not desk.window.actions_by_name["arrived"].isEnabled()
    press(Key.Key_Down)
    assert chosen(desk) == entries[2]
    assert page(desk).table.selectionModel().hasSelection()
    assert status_of(desk, entries[0]) is status_of(desk, entries[2]) is Status.BOOKED


def test_what_another_desk_does_is_seen_at_once_and_the_chosen_row_stays_chosen(
    desk: Workspace, entries: list[Entry], book: Book, second_database: Database, qtbot: QtBot
) -> None:
    resets: list[bool] = []
    page(desk).table.day_rows.modelReset.connect(lambda: resets.append(True))
    press(Key.Key_Down)
    book(8, 0, 9)
    qtbot.waitUntil(lambda: family(desk) == ["Smith", "Nowak", "Müller-Lüdenscheidt", "O'Neill"])
    first = entries[0]
    booking.update(
        second_database, Update(first.id, first.appointment.version, starts_at=at(desk.navigator.view.day, 16))
    )
    qtbot.waitUntil(lambda: family(desk) == ["Smith", "Müller-Lüdenscheidt", "O'Neill", "Nowak"])
    assert chosen(desk) == entries[1]
    booking.set_status(second_database, SetStatus(entries[1].id, entries[1].appointment.version, Status.NOSHOW))
    qtbot.waitUntil(lambda: column(desk, "status")[1] == "no-show")
    assert chosen(desk) == desk.store.entry(entries[1].id)
    assert resets == []


def test_a_heading_sorts_and_turns_round_and_the_box_does_it_by_keyboard(desk: Workspace, qtbot: QtBot) -> None:
    header = page(desk).table.horizontalHeader()
    at_patient = QPoint(header.sectionViewportPosition(1) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at_patient)
    assert family(desk) == ["Müller-Lüdenscheidt", "Nowak", "O'Neill"]
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at_patient)
    assert family(desk) == ["O'Neill", "Nowak", "Müller-Lüdenscheidt"]
    assert page(desk).filters.sort.value == "patient"
    page(desk).filters.sort.setFocus()
    press(Key.Key_Up)
    assert family(desk) == ["Nowak", "Müller-Lüdenscheidt", "O'Neill"]
    press(Key.Key_Tab)
    press(Key.Key_Space)
    assert family(desk) == ["O'Neill", "Müller-Lüdenscheidt", "Nowak"]


def test_letters_filter_in_any_column_and_esc_leads_back(desk: Workspace) -> None:
    for typed, left in (
        ("mull", ["Müller-Lüdenscheidt"]),
        ("okafor", ["O'Neill"]),
        ("1952-11", ["Müller-Lüdenscheidt"]),
        ("9:15 web", ["Nowak", "Müller-Lüdenscheidt"]),
    ):
        press(Key.Key_F, Modifier.ControlModifier)
        keys(typed)
        assert family(desk) == left, typed
        press(Key.Key_Escape)
        assert len(family(desk)) == 3
        press(Key.Key_Escape)
        assert page(desk).table.hasFocus()


def test_quick_filters_and_show_all(desk: Workspace, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot) -> None:
    filters = page(desk).filters
    filters.doctor.setCurrentIndex(filters.doctor.values.index(clinic.weber))
    assert family(desk) == ["Nowak", "Müller-Lüdenscheidt"]
    assert filters.count.text() == "2 of 3"
    filters.status.setCurrentIndex(filters.status.values.index(Status.ARRIVED))
    assert family(desk) == []
    assert page(desk).empty.isVisible()
    QTest.mouseClick(filters.all, Qt.MouseButton.LeftButton)
    assert len(family(desk)) == 3
    filters.unconfirmed.setChecked(True)
    assert len(family(desk)) == 3
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET answer = 'accepted' WHERE practitioner_id = %s", (clinic.okafor,)
        )
    qtbot.waitUntil(lambda: family(desk) == ["Nowak", "Müller-Lüdenscheidt"])


def test_tab_and_shift_tab_lead_through_and_out(desk: Workspace) -> None:
    names: list[str] = []
    while len(names) < 120 and "day_table" not in names:
        press(Key.Key_Tab)
        names.append(focused().objectName())
        assert focused().hasFocus()
    place = names.index("daylist_search")
    assert names[place:] == [
        *("daylist_search", "daylist_status", "daylist_doctor", "daylist_sort", "daylist_turn"),
        *("daylist_not_arrived", "daylist_unconfirmed", "daylist_failed", "daylist_print", "day_table"),
    ]
    assert {"button_new", "month", "next_free_list", "panel_status", "messages_due"} <= set(names[:place])
    press(Key.Key_Backtab, Modifier.ShiftModifier)
    assert focused().objectName() == "daylist_print"
    press(Key.Key_Escape)
    assert page(desk).table.hasFocus()


def test_by_mouse_a_double_click_opens_and_the_right_button_has_the_menu(
    desk: Workspace, entries: list[Entry], qtbot: QtBot
) -> None:
    table = page(desk).table
    spot = table.visualRect(table.day_rows.index(2, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.RightButton, pos=spot)
    table.customContextMenuRequested.emit(spot)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert chosen(desk) == entries[2]
    press(Key.Key_Menu)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(desk.booking.form.isVisible)
    for menu in desk.window.findChildren(QMenu, "entry_menu"):
        menu.close()


def test_m_takes_the_row_to_the_calendar_and_d_s_and_w_keep_what_was_chosen(
    desk: Workspace, entries: list[Entry], clinic: SmallClinic, qtbot: QtBot
) -> None:
    press(Key.Key_End, Modifier.ControlModifier)
    assert chosen(desk) == entries[2]
    keys("s")
    qtbot.waitUntil(desk.window.calendar.isVisible)
    assert desk.navigator.view.week_of == clinic.okafor
    assert desk.window.calendar.selected_entry() == entries[2]
    press(Key.Key_3, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: family(desk) == ["O'Neill"])
    assert column(desk, "time") == ["Mon 3 Mar · 09:30–09:45"]
    keys("m")
    qtbot.waitUntil(desk.window.calendar.hasFocus)
    assert desk.moving.carrying == entries[2]
    press(Key.Key_Escape)


def test_the_list_follows_the_columns_that_are_chosen_and_the_days_that_are_stepped_to(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    press(Key.Key_Right, Modifier.AltModifier)
    qtbot.waitUntil(lambda: family(desk) == [])
    press(Key.Key_Left, Modifier.AltModifier)
    qtbot.waitUntil(lambda: len(family(desk)) == 3)
    assert page(desk).isVisible()
    lines = desk.sides.resources.view
    qtbot.waitUntil(lambda: lines.count() == 3)
    lines.item(0).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: family(desk) == ["O'Neill"])


def test_who_is_found_by_name_is_chosen_in_the_list_though_she_was_filtered_out(
    desk: Workspace, entries: list[Entry], qtbot: QtBot
) -> None:
    page(desk).filters.search.setText("okafor")
    desk.navigator.select(entries[0].id)
    assert chosen(desk) == entries[0]
    assert len(family(desk)) == 3


def test_a_note_does_not_hide_the_row_that_is_worked_on(desk: Workspace, book: Book, qtbot: QtBot) -> None:
    desk.window.resize(1280, 640)
    for number in range(16):
        book(13 + number // 4, 15 * (number % 4), number % 10, practitioner_id=desk.store.clinic.practitioners[1].id)
    table = page(desk).table
    qtbot.waitUntil(lambda: table.day_rows.rowCount() == 19)
    press(Key.Key_End, Modifier.ControlModifier)
    toasts = desk.window.toasts
    toasts.show_text("Booked")
    above = QRect(toasts.mapToGlobal(QPoint()), toasts.size())
    assert not above.intersects(table.cursor_rect())
    press(Key.Key_Home, Modifier.ControlModifier)
    assert not QRect(toasts.mapToGlobal(QPoint()), toasts.size()).intersects(table.cursor_rect())


def test_a_screen_reader_is_told_a_whole_row_and_each_cell(desk: Workspace, qapp: QApplication) -> None:
    qapp.processEvents()
    QAccessible.setActive(True)
    found = QAccessible.queryAccessibleInterface(page(desk).table)
    assert found.role() == QAccessible.Role.Table
    assert found.text(QAccessible.Text.Name) == "List of the day"
    names = [found.child(at).text(QAccessible.Text.Name) for at in range(found.childCount())]
    QAccessible.setActive(False)
    assert any(name.startswith("09:00–09:15, Nowak, Zofia, ") for name in names)
    assert {"Patient", "Waits", "Dr. Okafor", "booked"} <= set(names)


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_list_is_printed_and_saved_as_it_stands_with_no_formula_in_it(
    desk: Workspace, book: Book, tmp_path: Path, qtbot: QtBot, owner_engine: Engine
) -> None:
    press(Key.Key_P, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: desk.window.findChild(QPrintPreviewDialog) is not None)
    preview = desk.window.findChild(QPrintPreviewDialog)
    assert isinstance(preview, QPrintPreviewDialog)
    qtbot.waitUntil(preview.isVisible)
    preview.close()
    book(11, 0, 5, note="=1+1")
    page(desk).filters.search.setText("tag")
    qtbot.waitUntil(lambda: len(family(desk)) == 1)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO staff_right (id, login, name, granted)"
            " VALUES (gen_random_uuid(), 'test_reception', 'export', true)"
        )
    path = tmp_path / "list.csv"
    save_list(desk.desk.database, listing_of(page(desk).table), Target(path), new_id())
    heading, line = path.read_text(encoding="utf-8-sig").splitlines()
    assert heading.startswith('"Time","Patient","Born"')
    assert "<b>Bold</b>, Tag" in line
    assert line.endswith('"\'=1+1"')


def test_who_may_not_export_has_no_button_and_is_told_so_by_the_key(desk: Workspace, qtbot: QtBot) -> None:
    assert not page(desk).export_button.isVisible()
    press(Key.Key_S, Modifier.ControlModifier | Modifier.ShiftModifier)
    sheet = exchange_of(desk).sheet
    assert isinstance(sheet, ExportSheet)
    assert "List of the day" in sheet.kind.currentText()
    assert not sheet.next.isEnabled()
    sheet.reject()
