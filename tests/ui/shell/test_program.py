"""The whole program on real PostgreSQL: what a receptionist does, by real keys and clicks, at one and at two desks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.calendar.places import Place
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram

ZONE = "Europe/Berlin"
Key = Qt.Key


def focused() -> QWidget:
    """Return what has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def keys(text: str) -> None:
    """Type as a person does: to whatever has the keyboard."""
    QTest.keyClicks(focused(), text)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press and let go one key."""
    QTest.keyClick(focused(), key, modifiers)


def child(program: DeskProgram, name: str) -> QWidget:
    """Return a widget of the window by its name."""
    found = program.window.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def shown(program: DeskProgram, day: date) -> list[Entry]:
    board = space_of(program).store.boards.get(day)  # None until it was read ahead
    return list(board.entries) if board else []


@pytest.fixture
def go_to(qtbot: QtBot) -> Callable[[DeskProgram, date], None]:
    """Go to a day by keyboard: Ctrl+G, the date, Enter."""

    def go(program: DeskProgram, day: date) -> None:
        program.window.activateWindow()
        qtbot.waitUntil(program.window.isActiveWindow)
        program.window.calendar.setFocus()
        press(Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        keys(day.isoformat())
        press(Key.Key_Return)
        qtbot.waitUntil(lambda: space_of(program).navigator.view.day == day and program.window.calendar.isVisible())
        qtbot.waitUntil(lambda: day in space_of(program).store.boards)
        for _ in range(program.window.calendar.model().columnCount()):
            press(Key.Key_Left)  # wherever the calendar began, begin at the first doctor

    return go


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Callable[..., Entry]:
    """Book by another program, Monday by default."""

    def book(minute: int, patient: int = 0, day: date | None = None) -> Entry:
        start = minute_to_instant(day or clinic.monday, minute, ZONE)
        command = Book(clinic.patients[patient], clinic.checkup, clinic.weber, clinic.berlin, start, 15)
        return booking.book(database, command)

    return book


def test_the_program_opens_and_shows_today(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program()
    assert program.window.calendar.isVisible()
    assert program.window.calendar.hasFocus()
    assert space_of(program).navigator.view.day == space_of(program).navigator.today()


def test_a_typed_date_is_gone_to(open_program: OpenProgram, go_to: Callable[..., None], clinic: SmallClinic) -> None:
    program = open_program()
    go_to(program, clinic.monday)
    assert "3 March 2031" in program.window.top_bar.title.text()
    assert program.window.calendar.hasFocus()


def test_enter_letters_enter_enter_books_where_the_cursor_is(
    open_program: OpenProgram, go_to: Callable[..., None], clinic: SmallClinic, qtbot: QtBot
) -> None:
    program = open_program()
    go_to(program, clinic.monday)
    keys("0930")
    press(Key.Key_Return)
    form = space_of(program).booking.form
    qtbot.waitUntil(form.isVisible)
    keys("sio")
    qtbot.waitUntil(form.patient_line.matches.isVisible)
    press(Key.Key_Return)
    with qtbot.waitSignal(form.booked):
        press(Key.Key_Return)
    entries = shown(program, clinic.monday)
    assert [entry.patient.given_name for entry in entries] == ["Siobhán"]
    assert entries[0].appointment.starts_at == minute_to_instant(clinic.monday, 570, ZONE)
    assert "Booked" in program.window.toasts.latest_text()


# --- what is done with an appointment ---------------------------------------------------------------------------------


@pytest.fixture
def chosen(
    open_program: OpenProgram, go_to: Callable[..., None], booked: Callable[..., Entry], clinic: SmallClinic
) -> tuple[DeskProgram, Entry]:
    """A desk on the clinic's Monday with one appointment at 9:00, which is selected."""
    entry = booked(540)
    program = open_program()
    go_to(program, clinic.monday)
    program.window.calendar.select_entry(entry.id)
    return program, entry


def current(program: DeskProgram, entry: Entry) -> Entry:
    found = space_of(program).store.entry(entry.id)
    assert found is not None
    return found


def status_of(program: DeskProgram, entry: Entry) -> AppointmentStatus:
    return current(program, entry).appointment.status


def toast(program: DeskProgram) -> str:
    return program.window.toasts.latest_text()


def test_a_letter_sets_the_status_and_undo_takes_it_back(chosen: tuple[DeskProgram, Entry], qtbot: QtBot) -> None:
    program, entry = chosen
    keys("a")
    qtbot.waitUntil(lambda: toast(program).startswith("Arrived"))
    assert status_of(program, entry) is AppointmentStatus.ARRIVED
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: toast(program).startswith("Undone"))
    assert status_of(program, entry) is AppointmentStatus.BOOKED


def test_cancelling_asks_why_and_undo_reinstates(chosen: tuple[DeskProgram, Entry], qtbot: QtBot) -> None:
    program, entry = chosen
    press(Key.Key_Delete)
    dialog = child(program, "cancel_dialog")
    qtbot.waitUntil(dialog.isVisible)
    press(Key.Key_Return)
    # The echo may be read before the desk's own result comes, which alone can be taken back.
    qtbot.waitUntil(lambda: toast(program).startswith("Cancelled"))
    assert status_of(program, entry) is AppointmentStatus.CANCELLED
    qtbot.waitUntil(program.window.calendar.hasFocus)
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: status_of(program, entry) is AppointmentStatus.BOOKED)


def test_m_the_time_and_enter_move_an_appointment_and_undo_puts_it_back(
    chosen: tuple[DeskProgram, Entry], qtbot: QtBot, clinic: SmallClinic
) -> None:
    program, entry = chosen
    keys("m")
    assert program.window.hint.isVisible()
    keys("1015")
    press(Key.Key_Return)
    wanted = minute_to_instant(clinic.monday, 615, ZONE)
    qtbot.waitUntil(lambda: "10:15" in toast(program))
    assert current(program, entry).appointment.starts_at == wanted
    assert not program.window.hint.isVisible()
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: current(program, entry).appointment.starts_at == entry.appointment.starts_at)


def test_esc_leaves_a_taken_appointment_where_it_was(chosen: tuple[DeskProgram, Entry]) -> None:
    program, entry = chosen
    keys("m")
    press(Key.Key_Escape)
    assert not program.window.hint.isVisible()
    keys("1015")
    assert space_of(program).moving.carrying is None
    assert current(program, entry) == entry


def drag(program: DeskProgram, entry: Entry, to: Place) -> None:
    """Drag a block by the mouse."""
    calendar_view = program.window.calendar
    row = entry.appointment
    origin = Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, 15)
    viewport = calendar_view.viewport()
    start, end = (viewport.mapFromGlobal(calendar_view.place_rect(place).center()) for place in (origin, to))
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 6):
        QTest.mouseMove(viewport, start + (end - start) * step / 5)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)


def test_a_drag_moves_to_another_doctor_and_its_note_undoes_it(
    chosen: tuple[DeskProgram, Entry], qtbot: QtBot, clinic: SmallClinic
) -> None:
    program, entry = chosen
    target = Place(clinic.okafor, None, clinic.berlin, minute_to_instant(clinic.monday, 600, ZONE), 15)
    drag(program, entry, target)
    qtbot.waitUntil(lambda: toast(program).startswith("Moved"))
    row = current(program, entry).appointment
    assert (row.practitioner_id, row.starts_at) == (clinic.okafor, target.starts_at)
    undo = program.window.toasts.findChildren(QPushButton, "toast_action")[-1]
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: current(program, entry).appointment.practitioner_id == clinic.weber)


def test_a_move_out_of_hours_asks_once_and_no_leaves_it(
    chosen: tuple[DeskProgram, Entry], qtbot: QtBot, clinic: SmallClinic
) -> None:
    program, entry = chosen
    keys("m")
    keys("1900")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: program.window.findChild(QWidget, "ask_sheet") is not None)
    qtbot.waitUntil(child(program, "ask_sheet").isVisible)
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: not space_of(program).moving._under_way)
    assert current(program, entry) == entry


def test_a_drop_on_the_month_moves_to_the_same_time_of_that_day(
    chosen: tuple[DeskProgram, Entry], qtbot: QtBot, clinic: SmallClinic
) -> None:
    program, entry = chosen
    tuesday = clinic.monday + timedelta(days=1)
    month = space_of(program).sides.month
    cell = month.view.visualRect(month.model.index_of(tuesday)).center()
    program.window.calendar.dropped_outside.emit(entry, month.view.viewport().mapToGlobal(cell))
    wanted = minute_to_instant(tuesday, 540, ZONE)
    qtbot.waitUntil(
        lambda: any(each.appointment.starts_at == wanted for each in shown(program, tuesday)), timeout=15_000
    )


# --- two desks --------------------------------------------------------------------------------------------------------


def test_what_one_desk_books_the_other_shows_without_a_click(
    open_program: OpenProgram, go_to: Callable[..., None], clinic: SmallClinic, qtbot: QtBot
) -> None:
    one, two = open_program("Desk 1"), open_program("Desk 2")
    go_to(two, clinic.monday)
    go_to(one, clinic.monday)
    keys("0930")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: bool(space_of(two).store.boards[clinic.monday].holds))
    keys("nowak")
    line = space_of(one).booking.form.patient_line
    qtbot.waitUntil(
        lambda: line.matches.isVisible() and (row := line.matches.highlighted()) is not None and row.line is not None
    )
    press(Key.Key_Return)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: [entry.patient.family_name for entry in shown(two, clinic.monday)] == ["Nowak"])
    qtbot.waitUntil(lambda: not space_of(two).store.boards[clinic.monday].holds)


def test_a_status_set_while_another_desk_changed_the_note_keeps_both(
    chosen: tuple[DeskProgram, Entry], second_database: Database, qtbot: QtBot
) -> None:
    program, entry = chosen
    space_of(program).live.stop()  # deaf, so that it acts on what it saw
    booking.update(second_database, Update(entry.id, entry.appointment.version, note="brings a letter"))
    keys("a")
    qtbot.waitUntil(lambda: status_of(program, entry) is AppointmentStatus.ARRIVED)
    assert current(program, entry).appointment.note == "brings a letter"


def test_undo_of_what_another_desk_changed_since_shows_who_and_changes_nothing(
    chosen: tuple[DeskProgram, Entry], second_database: Database, qtbot: QtBot
) -> None:
    program, entry = chosen
    keys("a")
    qtbot.waitUntil(lambda: status_of(program, entry) is AppointmentStatus.ARRIVED)
    booking.update(
        second_database, Update(entry.id, current(program, entry).appointment.version, note="brings a letter")
    )
    qtbot.waitUntil(lambda: current(program, entry).appointment.note != "")
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ChangedFirstDialog)))
    (dialog,) = program.window.findChildren(ChangedFirstDialog)
    assert "Desk 2" in dialog.accessibleName()
    dialog.reject()
    assert status_of(program, entry) is AppointmentStatus.ARRIVED


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_the_week_of_the_doctor_under_the_cursor_is_shown_and_left(
    open_program: OpenProgram, go_to: Callable[..., None], clinic: SmallClinic, qtbot: QtBot
) -> None:
    program = open_program()
    go_to(program, clinic.monday)
    keys("0900")
    press(Key.Key_Right)
    keys("w")
    navigator = space_of(program).navigator
    qtbot.waitUntil(lambda: program.window.calendar.model().columnCount() == 7)
    assert navigator.view.week_of == clinic.okafor
    assert "Dr. Okafor" in program.window.top_bar.title.text()
    keys("d")
    qtbot.waitUntil(lambda: program.window.calendar.model().columnCount() == 3)


def test_a_doctor_is_hidden_by_space_and_stays_hidden_for_this_person(
    open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    program = open_program()
    view = space_of(program).sides.resources.view
    view.setFocus()
    view.setCurrentRow(1)
    press(Key.Key_Space)
    assert program.window.calendar.model().columnCount() == 2
    choice = program.window.preferences.columns("practitioner")
    assert choice.hidden == {clinic.okafor}
    program.window.actions_by_name["all_columns"].trigger()
    assert program.window.calendar.model().columnCount() == 3


def test_the_order_of_doctors_is_the_order_of_columns(
    open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    program = open_program()
    view = space_of(program).sides.resources.view
    view.setFocus()
    view.setCurrentRow(0)
    press(Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    model = program.window.calendar.model()
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(3)]
    assert [str(title).split("\n")[0] for title in titles] == ["Dr. Okafor", "Dr. Weber", "Dr. Diaz"]


def test_rooms_have_columns_of_their_own(open_program: OpenProgram, clinic: SmallClinic) -> None:
    program = open_program()
    press(Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert program.window.calendar.model().columnCount() == 2
    press(Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert program.window.calendar.model().columnCount() == 3


def test_the_month_chooses_a_day_by_keyboard(
    open_program: OpenProgram, clinic: SmallClinic, go_to: Callable[..., None], qtbot: QtBot
) -> None:
    program = open_program()
    go_to(program, clinic.monday)
    space_of(program).sides.month.view.setFocus()
    press(Key.Key_Down)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: space_of(program).navigator.view.day == clinic.monday + timedelta(days=7))


def test_how_full_a_day_is_follows_a_booking(
    open_program: OpenProgram,
    clinic: SmallClinic,
    go_to: Callable[..., None],
    booked: Callable[..., Entry],
    qtbot: QtBot,
) -> None:
    program = open_program()
    go_to(program, clinic.monday)
    model = space_of(program).sides.month.model
    index = model.index_of(clinic.monday)
    qtbot.waitUntil(lambda: "0 % booked" in str(model.data(index, Qt.ItemDataRole.AccessibleTextRole)))
    for number in range(8):
        booked(480 + 15 * number, patient=number)
    qtbot.waitUntil(lambda: "0 % booked" not in str(model.data(index, Qt.ItemDataRole.AccessibleTextRole)))
