"""The search box and its list for themselves: what is typed, shown, announced and taken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.domain.finding import FoundAppointment
from clinic_desk.domain.records import AppointmentStatus, AppointmentType, Clinic, Patient, PatientMatch, Practitioner
from clinic_desk.ui.booking.match_list import MatchLine
from clinic_desk.ui.search.answering import FoundLines, answered, known_at_once, nothing_found
from clinic_desk.ui.search.commands import Command
from clinic_desk.ui.search.rows import Answer, rows_of
from clinic_desk.ui.shell.find_box import FindBox

Key, Modifier = Qt.Key, Qt.KeyboardModifier
TODAY = date(2026, 11, 21)
DOCTOR, VISIT = UUID(int=1), UUID(int=2)
CLINIC = Clinic((), (Practitioner(DOCTOR, 1, "Dr. Weber"),), (), (AppointmentType(VISIT, "Check-up", 15),), (), ())


def line(name: str, given: str = "Anna", born: date | None = date(1987, 3, 14)) -> MatchLine:
    return MatchLine(PatientMatch(Patient(UUID(int=hash((name, given)) % 2**64), name, given, born)))


def visit(
    hour: int, status: AppointmentStatus = AppointmentStatus.BOOKED, *, is_past: bool = False
) -> FoundAppointment:
    wall = datetime(2026, 11, 24, hour)  # noqa: DTZ001  # a wall time
    patient = line("Meier").match.patient
    return FoundAppointment(UUID(int=hour), patient, DOCTOR, VISIT, wall.replace(tzinfo=UTC), wall, status, is_past)


@pytest.fixture
def menu(window: QWidget) -> QMenu:
    """Two commands, one of them not possible now, one in a menu of the menu."""
    menu = QMenu(window)
    for name, text, keys in (("action_away", "Doctor away…", "Ctrl+D"), ("action_cancel", "&Cancel…", "C")):
        action = QAction(text, menu)
        action.setObjectName(name)
        action.setShortcut(keys)
        (menu if name == "action_away" else menu.addMenu("&Appointment")).addAction(action)
    return menu


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 600)
    return window


@pytest.fixture
def box(window: QWidget, menu: QMenu, qtbot: QtBot) -> FindBox:
    box = FindBox(window)
    box.today = TODAY
    box.at_once = lambda text: known_at_once(text, TODAY, menu)
    box.to_rows = lambda answer: rows_of(answer, CLINIC, TODAY, lambda instant: instant)
    box.setGeometry(600, 5, 300, 30)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    box.start()
    return box


def found(box: FindBox, *lines: MatchLine, visits: tuple[FoundAppointment, ...] = (), text: str = "") -> None:
    """The database answers what is in the box, or the letters `text`."""
    known = box.at_once(text or box.text().strip()) if box.at_once else Answer()
    box.show_answer(answered(known, FoundLines(lines, visits)))


def shown(box: FindBox) -> list[str]:
    assert box.popup is not None
    return [row.text for row in box.popup.list.matches.rows] if box.popup.isVisible() else []


def test_a_date_is_understood_at_once_and_enter_goes_there_without_the_database(box: FindBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "3d")
    with qtbot.waitSignal(box.chosen) as chosen:
        QTest.keyClick(box, Key.Key_Return)
    assert chosen.args == [date(2026, 11, 24), "open"]
    assert box.text() == ""


def test_what_is_found_stands_in_groups_the_likeliest_first(box: FindBox) -> None:
    QTest.keyClicks(box, "can")
    found(box, line("Cano"), visits=(visit(9), visit(10, AppointmentStatus.CANCELLED)))
    assert shown(box) == [
        "Patients",
        "Cano, Anna, 14 Mar 1987 · 39",
        "Appointments",
        "Tue 24 Nov, 09:00, Meier, Anna, 14 Mar 1987, Dr. Weber, Check-up",
        "Tue 24 Nov, 10:00, Meier, Anna, 14 Mar 1987, Dr. Weber, Check-up, cancelled",
        "Commands",
        "Cancel…, Appointment, C",
    ]
    for text, first in (
        ("weber tue", "Appointments"),
        ("fri", "Date"),
        ("14.3.1987", "Patients"),
        ("2411", "Patients"),
    ):
        box.setText("")
        QTest.keyClicks(box, text)
        found(box, line("Cano"), visits=(visit(9),))
        assert shown(box)[0] == first, text


def test_enter_opens_and_with_ctrl_and_shift_books_moves_or_cancels(box: FindBox, qtbot: QtBot) -> None:
    for key, modifier, verb in (
        (Key.Key_Return, Modifier.NoModifier, "open"),
        (Key.Key_Enter, Modifier.KeypadModifier, "open"),
        (Key.Key_Return, Modifier.ControlModifier, "book"),
        (Key.Key_Return, Modifier.ShiftModifier, "next_free"),
        (Key.Key_Delete, Modifier.ControlModifier, "cancel"),
    ):
        QTest.keyClicks(box, "mei")
        found(box, line("Meier"), line("Meiser"))
        QTest.keyClick(box, Key.Key_Down)
        with qtbot.waitSignals([box.left, box.calendar_wanted, box.chosen]):
            pass_on = qtbot.waitSignal(box.chosen)
            QTest.keyClick(box, key, modifier)
        assert pass_on.args is not None
        assert (pass_on.args[0].patient.family_name, pass_on.args[1]) == ("Meiser", verb)


def test_a_click_takes_what_it_hits_and_a_title_takes_nothing(box: FindBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"), visits=(visit(9),))
    assert box.popup is not None
    view = box.popup.list

    def click(row: int) -> None:
        place = view.visualRect(view.matches.index(row)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    with qtbot.assertNotEmitted(box.chosen):
        click(0)
    with qtbot.waitSignal(box.chosen) as chosen:
        click(3)
    assert chosen.args[0] == visit(9)


def test_a_command_is_found_by_its_words_with_its_key_and_not_taken_while_it_is_impossible(
    box: FindBox, menu: QMenu, qtbot: QtBot
) -> None:
    QTest.keyClicks(box, "away")
    found(box)
    assert shown(box) == ["Commands", "Doctor away…, Ctrl+D"]
    with qtbot.assertNotEmitted(box.calendar_wanted), qtbot.waitSignal(box.chosen) as chosen:
        QTest.keyClick(box, Key.Key_Return)
    assert isinstance(chosen.args[0], Command)
    assert chosen.args[0].name == "action_away"
    menu.actions()[0].setEnabled(False)
    QTest.keyClicks(box, "away")
    found(box)
    assert shown(box) == ["Commands", "Doctor away…, not possible now"]
    with qtbot.assertNotEmitted(box.chosen):
        QTest.keyClick(box, Key.Key_Return)


def test_a_sign_lists_all_commands_without_a_search(box: FindBox, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(box.search_requested):
        QTest.keyClicks(box, ">")
    assert shown(box) == ["Commands", "Doctor away…, Ctrl+D", "Cancel…, Appointment, C"]
    QTest.keyClicks(box, "appo")
    assert shown(box) == ["Commands", "Cancel…, Appointment, C"]
    QTest.keyClicks(box, "zz")
    assert shown(box) == ["There is no such command."]


def test_an_answer_to_earlier_letters_is_not_shown_and_enter_waits_for_the_right_one(
    box: FindBox, qtbot: QtBot
) -> None:
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"))
    QTest.keyClicks(box, "s")
    with qtbot.assertNotEmitted(box.chosen):
        QTest.keyClick(box, Key.Key_Return)  # what is in sight is still of the letters before
        found(box, line("Meier"), text="mei")
    with qtbot.waitSignal(box.chosen) as chosen:
        found(box, line("Meiser"))
    assert chosen.args[0].patient.family_name == "Meiser"


def test_enter_is_forgotten_when_other_letters_follow_or_when_nothing_is_found(box: FindBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "mei")
    QTest.keyClick(box, Key.Key_Return)
    QTest.keyClicks(box, "s")
    with qtbot.assertNotEmitted(box.chosen):
        found(box, line("Meiser"))
    QTest.keyClicks(box, "x")
    with qtbot.assertNotEmitted(box.chosen):
        QTest.keyClick(box, Key.Key_Return)
        found(box)
    assert shown(box)[0].startswith("Nothing is found by this.")


def test_rows_of_earlier_letters_go_when_the_answer_takes_long(box: FindBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"))
    QTest.keyClicks(box, "s")
    qtbot.waitUntil(lambda: shown(box) == ["Searching…"])


def test_what_went_wrong_is_said_beside_what_is_known_all_the_same(box: FindBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "can")
    assert box.at_once is not None
    box.show_answer(nothing_found(box.at_once("can"), "The database cannot be reached just now."))
    assert shown(box) == ["Commands", "Cancel…, Appointment, C", "The database cannot be reached just now."]


def test_a_pasted_number_is_looked_up_and_a_typed_one_is_not(box: FindBox, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(box.number_pasted):
        QTest.keyClicks(box, "+49 30 1234567")
    QApplication.clipboard().setText("+49 30 7654321")
    box.selectAll()
    with qtbot.waitSignal(box.number_pasted) as pasted:
        QTest.keyClick(box, Key.Key_V, Modifier.ControlModifier)
    assert pasted.args == ["+49 30 7654321"]


def test_esc_leaves_the_box_empty_and_tab_goes_on(box: FindBox, window: QWidget, qtbot: QtBot) -> None:
    after = QWidget(window)
    after.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    after.show()
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"))
    with qtbot.waitSignal(box.left):
        QTest.keyClick(box, Key.Key_Escape)
    assert (box.text(), shown(box)) == ("", [])
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"))
    QTest.keyClick(box, Key.Key_Tab)
    assert after.hasFocus()
    assert shown(box) == []


def test_a_screen_reader_hears_how_many_there_are_and_which_is_chosen(box: FindBox) -> None:
    QTest.keyClicks(box, "mei")
    found(box, line("Meier"), line("Meiser", born=None))
    assert box.accessibleDescription() == "2 found. Meier, Anna, 14 Mar 1987 · 39"
    QTest.keyClick(box, Key.Key_Down)
    assert box.accessibleDescription() == "2 found. Meiser, Anna, birth date unknown"
    assert box.popup is not None
    view = QAccessible.queryAccessibleInterface(box.popup.list)
    assert view is not None
    assert view.role() is QAccessible.Role.List
    row = view.child(1)
    assert row is not None
    assert row.role() is QAccessible.Role.ListItem
    assert row.text(QAccessible.Text.Name) == "Meier, Anna, 14 Mar 1987 · 39"
    QTest.keyClicks(box, "x")
    found(box)
    assert box.accessibleDescription().startswith("0 found. Nothing is found by this.")
    assert box.accessibleDescription().endswith("+ New patient “meix”, and book")
