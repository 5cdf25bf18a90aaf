"""The search box in the whole program: what is chosen is done, wherever the calendar is just now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.shell.find_box import FindBox
from clinic_desk.ui.shell.toasts import Toast
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Callable[..., Entry]:
    def book(days: int, minute: int, patient: int = 2) -> Entry:
        start = minute_to_instant(clinic.monday + timedelta(days=days), minute, "Europe/Berlin")
        command = Book(clinic.patients[patient], clinic.checkup, clinic.weber, clinic.berlin, start, 15)
        return booking.book(database, command)

    return book


@pytest.fixture
def desk(open_program: OpenProgram, qtbot: QtBot) -> DeskProgram:
    program = open_program()
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    return program


def find(program: DeskProgram, text: str, qtbot: QtBot) -> FindBox:
    """Type into the search box and wait for the whole answer."""
    box = program.window.top_bar.find_box
    QTest.keyClick(program.window, Key.Key_K, Modifier.ControlModifier)
    qtbot.waitUntil(box.hasFocus)
    QTest.keyClicks(box, text)
    qtbot.waitUntil(lambda: box.answer is not None and box.answer.text == text and not box._is_waited_for)
    return box


def take(box: FindBox, kind: str) -> None:
    """Go down to the first row of a kind and press Enter."""
    assert box.popup is not None
    for _ in box.popup.list.matches.rows:
        row = box.popup.list.chosen()
        if row is not None and row.kind == kind:
            break
        QTest.keyClick(box, Key.Key_Down)
    QTest.keyClick(box, Key.Key_Return)


def selected(program: DeskProgram) -> Entry | None:
    return program.window.calendar.selected_entry()


def test_a_chosen_appointment_is_selected_on_its_day_though_its_doctor_was_not_shown(
    desk: DeskProgram, booked: Callable[..., Entry], clinic: SmallClinic, qtbot: QtBot
) -> None:
    entry = booked(8, 600)
    navigator = space_of(desk).navigator
    take(find(desk, "siobh", qtbot), "appointment")
    qtbot.waitUntil(lambda: (now := selected(desk)) is not None and now.id == entry.id)
    assert navigator.view.day == clinic.monday + timedelta(days=8)
    assert "Siobhán" in space_of(desk).sides.panel.name_label.text()
    assert desk.window.calendar.hasFocus()
    navigator.show_week(clinic.okafor)  # another doctor's week has no column for it
    navigator.go_to(clinic.monday)
    take(find(desk, "weber 11.3.2031", qtbot), "appointment")
    qtbot.waitUntil(lambda: (now := selected(desk)) is not None and now.id == entry.id)
    assert navigator.view.week_of == clinic.weber
    navigator.show_kind("room")  # and rooms have not either: it has none
    take(find(desk, "siobh 11.3.2031", qtbot), "appointment")
    qtbot.waitUntil(lambda: (now := selected(desk)) is not None and now.id == entry.id)


def test_a_command_a_date_and_a_patient_lead_where_they_say(
    desk: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    take(find(desk, "week", qtbot), "command")
    assert space_of(desk).navigator.view.span == "week"
    take(find(desk, "3.3.2031", qtbot), "day")
    qtbot.waitUntil(lambda: space_of(desk).navigator.view.day == clinic.monday)
    opened: list[object] = []
    space_of(desk).finder.open_patient = opened.append
    take(find(desk, "zofia", qtbot), "patient")
    assert opened == [clinic.patients[6]]
    box = find(desk, "zofia", qtbot)
    QTest.keyClick(box, Key.Key_Delete, Modifier.ControlModifier)
    assert "no appointment to come" in desk.window.toasts.latest_text()
    QTest.keyClick(find(desk, "zofia", qtbot), Key.Key_Return, Modifier.ControlModifier)
    form = space_of(desk).booking.form
    qtbot.waitUntil(form.isVisible)
    assert form.content.draft.patient is not None
    assert form.content.draft.patient.id == clinic.patients[6]


def test_a_caller_is_opened_a_family_is_shown_and_a_stranger_said_so(
    desk: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    opened: list[object] = []
    finder, box = space_of(desk).finder, desk.window.top_bar.find_box
    finder.open_patient = opened.append
    finder.find_phone("tel:+49-30-12345672")
    qtbot.waitUntil(lambda: opened == [clinic.patients[2]])
    assert desk.window.calendar.hasFocus()
    finder.find_phone("030 12345671")
    qtbot.waitUntil(lambda: box.popup is not None and box.popup.isVisible())
    assert box.popup is not None
    rows = [row.text for row in box.popup.list.matches.rows if row.takes]
    assert [row.split(", +")[0][:26] for row in rows] == ["Meier, Anna, 14 Mar 1987 ·", "Meier, Jonas, 2 Sep 2015 ·"]
    QTest.keyClick(box, Key.Key_Escape)
    finder.find_phone("+4930999999999")
    qtbot.waitUntil(lambda: box.popup is not None and box.popup.isVisible())
    assert [row.kind for row in box.popup.list.rows] == ["note", "new"]
    assert box.popup.list.rows[0].text == "No patient has this number."
    QTest.keyClick(box, Key.Key_Return)  # somebody new: what is known goes along
    form = space_of(desk).booking.form
    qtbot.waitUntil(lambda: form.isVisible() and form.page == 1)
    assert any("999999" in line.text().replace(" ", "") for line in form.patient_form.findChildren(QLineEdit))
    form.close_form()
    QApplication.clipboard().setText("030 12345672")
    QTest.keyClick(desk.window, Key.Key_K, Modifier.ControlModifier)
    QTest.keyClick(box, Key.Key_V, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: opened == [clinic.patients[2]] * 2)


def test_a_call_takes_nothing_away_from_whoever_is_typing(desk: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> None:
    opened: list[object] = []
    space_of(desk).finder.open_patient = opened.append
    QTest.keyClick(desk.window.calendar, Key.Key_N)
    form = space_of(desk).booking.form
    qtbot.waitUntil(form.isVisible)
    QTest.keyClicks(form.patient_line, "mei")
    space_of(desk).finder.find_phone("+493012345672")
    note = desk.window.findChildren(Toast)[0]
    assert note.isVisible()
    assert note.text.text() == "Call from +493012345672"
    assert form.patient_line.hasFocus()
    assert (form.patient_line.text(), opened) == ("mei", [])
    QTest.mouseClick(note.findChildren(QPushButton, "show_caller")[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened == [clinic.patients[2]])
    form.setFocus()
    space_of(desk).finder.find_phone("+493012345672")
    QTest.keyClick(desk.window, Key.Key_K, Modifier.ControlModifier)  # the same by keyboard
    qtbot.waitUntil(lambda: opened == [clinic.patients[2]] * 2)


def test_somebody_else_is_looked_up_while_a_form_is_half_filled_and_nothing_of_it_is_lost(
    desk: DeskProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    opened: list[object] = []
    space = space_of(desk)
    space.finder.open_patient = opened.append
    QTest.keyClick(desk.window.calendar, Key.Key_N)
    form = space.booking.form
    qtbot.waitUntil(lambda: form.isVisible() and form.content.draft.day is not None)
    assert not form.is_begun
    QTest.keyClicks(form.patient_line, "meier anna")
    qtbot.waitUntil(form.patient_line.matches.isVisible)
    QTest.keyClick(form.patient_line, Key.Key_Return)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    form.fields.note.setFocus()
    QTest.keyClicks(form.fields.note, "brings x-rays")
    before = form.content.draft

    def search(keys: Qt.KeyboardModifier) -> None:
        box = desk.window.top_bar.find_box
        QTest.keyClick(form.fields.note, Key.Key_K, Modifier.ControlModifier)
        qtbot.waitUntil(box.hasFocus)
        QTest.keyClicks(box, "siobh")
        qtbot.waitUntil(lambda: box.answer is not None and box.answer.text == "siobh" and not box._is_waited_for)
        QTest.keyClick(box, Key.Key_Return, keys)
        assert form.fields.note.hasFocus()

    search(Modifier.NoModifier)
    assert opened == [clinic.patients[2]]
    search(Modifier.ControlModifier)  # a second booking would throw the first away
    assert "Finish the open form first" in desk.window.toasts.latest_text()
    assert form.content.draft == before
    assert form.fields.note.text() == "brings x-rays"
    start = minute_to_instant(clinic.monday + timedelta(days=8), 600, "Europe/Berlin")
    space.booking.start_at(Place(clinic.weber, None, clinic.berlin, start))
    now = form.content.draft
    assert (now.day, now.minute, now.practitioner_id) == (clinic.monday + timedelta(days=8), 600, clinic.weber)
    assert (now.patient, now.type_id, now.note) == (before.patient, before.type_id, before.note)
    assert form.fields.note.text() == "brings x-rays"
    assert form.fields.note.hasFocus()
    desk.window.calendar.setFocus()
    QTest.keyClick(desk.window.calendar, Key.Key_Escape)  # from the calendar it leads back to the form
    assert form.fields.note.hasFocus()


def test_what_cannot_be_done_or_was_changed_meanwhile_is_said(
    desk: DeskProgram, booked: Callable[..., Entry], clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    entry = booked(8, 600)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE appointment SET status = 'arrived' WHERE id = %s", (entry.id,))
    QTest.keyClick(find(desk, "siobh", qtbot), Key.Key_Return, Modifier.ShiftModifier)
    qtbot.waitUntil(lambda: "is not possible with this appointment" in desk.window.toasts.latest_text())
    entry = booked(15, 600, patient=1)
    box = find(desk, "jonas", qtbot)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE appointment SET status = 'waitlist' WHERE id = %s", (entry.id,))
    take(box, "appointment")
    qtbot.waitUntil(lambda: "not on the calendar any more" in desk.window.toasts.latest_text())
