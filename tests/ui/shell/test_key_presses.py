"""How many keys the commonest errands take, beyond typed names: the table of the manual, counted on a real desk."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import CancellationReason, Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from tests.support.key_presses import KeyPresses, counted_keys
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram

ZONE = "Europe/Berlin"


@pytest.fixture
def at_rest(open_program: OpenProgram, clinic: SmallClinic, database: Database, qtbot: QtBot) -> DeskProgram:
    """A desk on the clinic's Monday, nothing chosen, the keyboard on the calendar; 9:00 and 9:15 are booked."""
    for minute, patient in ((540, 2), (555, 1)):
        start = minute_to_instant(clinic.monday, minute, ZONE)
        booking.book(database, Book(clinic.patients[patient], clinic.checkup, clinic.weber, clinic.berlin, start, 15))
    program = open_program()
    go(program, clinic.monday, qtbot)
    return program


def go(program: DeskProgram, day: date, qtbot: QtBot) -> None:
    space_of(program).navigator.go_to(day, minute=540)
    qtbot.waitUntil(lambda: day in space_of(program).store.boards and program.window.calendar.isVisible())
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    program.window.calendar.setFocus()


def visit(program: DeskProgram, clinic: SmallClinic, minute: int) -> Entry | None:
    start = minute_to_instant(clinic.monday, minute, ZONE)
    entries = space_of(program).store.boards[clinic.monday].entries
    return next((one for one in entries if one.appointment.starts_at == start), None)


def select(program: DeskProgram, clinic: SmallClinic) -> Entry:
    entry = visit(program, clinic, 540)
    assert entry is not None
    program.window.calendar.select_entry(entry.id)
    return entry


def take_patient(program: DeskProgram, keys: KeyPresses, qtbot: QtBot) -> None:
    form = space_of(program).booking.form
    qtbot.waitUntil(lambda: form.isVisible() and form.patient_line.hasFocus())
    keys.type_text("zofia")
    qtbot.waitUntil(lambda: form.patient_line.found_for == "zofia")
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.content.draft.day is not None)
    with qtbot.waitSignal(form.booked):
        keys.press(Qt.Key.Key_Return)


def test_booking_an_existing_patient_takes_three(at_rest: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> None:
    form = space_of(at_rest).booking.form
    with counted_keys() as keys:  # at the next free time
        keys.press(Qt.Key.Key_N)
        take_patient(at_rest, keys, qtbot)
    assert keys.count == 3
    with counted_keys() as keys:  # the same, from the search box
        search(at_rest, keys, "zofia", qtbot)
        keys.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: form.isVisible() and form.content.draft.day is not None)
        with qtbot.waitSignal(form.booked):
            keys.press(Qt.Key.Key_Return)
    assert keys.count == 3
    select(at_rest, clinic)
    with counted_keys() as keys:  # at a given visible time: and the arrows that lead there
        arrows = 0
        while at_rest.window.calendar.selected_entry() is not None:
            keys.press(Qt.Key.Key_Down)
            arrows += 1
        keys.press(Qt.Key.Key_Return)
        take_patient(at_rest, keys, qtbot)
    assert keys.count == 3 + arrows
    qtbot.waitUntil(lambda: visit(at_rest, clinic, 570) is not None)


def test_moving_to_the_next_free_time_takes_two_or_three_from_the_name(
    at_rest: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    entry = select(at_rest, clinic)
    with counted_keys() as keys:
        keys.press(Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
        confirm_next_free(at_rest, keys, qtbot)
    assert keys.count == 2
    qtbot.waitUntil(lambda: (moved := visit(at_rest, clinic, 570)) is not None and moved.id == entry.id)
    with counted_keys() as keys:
        search(at_rest, keys, "siobh", qtbot)
        keys.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        confirm_next_free(at_rest, keys, qtbot)
    assert keys.count == 3
    qtbot.waitUntil(lambda: (moved := visit(at_rest, clinic, 585)) is not None and moved.id == entry.id)


def test_cancelling_with_a_reason_takes_three(at_rest: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> None:
    select(at_rest, clinic)
    with counted_keys() as keys:
        keys.press(Qt.Key.Key_C)
        confirm_cancel(at_rest, keys, qtbot, Qt.Key.Key_2)
    assert keys.count == 3
    qtbot.waitUntil(lambda: reason_of(at_rest, clinic, 540) is CancellationReason.PATIENT_FEELS_BETTER)
    with counted_keys() as keys:  # from the name, for the reason that is chosen already
        search(at_rest, keys, "jonas", qtbot)
        keys.press(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
        confirm_cancel(at_rest, keys, qtbot)
    assert keys.count == 3
    qtbot.waitUntil(lambda: reason_of(at_rest, clinic, 555) is CancellationReason.PATIENT)


def reason_of(program: DeskProgram, clinic: SmallClinic, minute: int) -> CancellationReason | None:
    entry = visit(program, clinic, minute)
    return entry.appointment.cancellation_reason if entry is not None else None


def confirm_next_free(program: DeskProgram, keys: KeyPresses, qtbot: QtBot) -> None:
    form = space_of(program).booking.form
    qtbot.waitUntil(lambda: form.isVisible() and form.content.time_source == "found")
    with qtbot.waitSignal(form.booked):
        keys.press(Qt.Key.Key_Return)


def confirm_cancel(program: DeskProgram, keys: KeyPresses, qtbot: QtBot, reason: Qt.Key | None = None) -> None:
    qtbot.waitUntil(lambda: any(one.isVisible() for one in program.window.findChildren(QWidget, "cancel_dialog")))
    if reason is not None:
        keys.press(reason)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(program.window.calendar.hasFocus)


def search(program: DeskProgram, keys: KeyPresses, text: str, qtbot: QtBot) -> None:
    box = program.window.top_bar.find_box
    keys.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    keys.type_text(text)
    qtbot.waitUntil(lambda: box.answer is not None and box.answer.text == text and bool(box.answer.lines))
