"""Two desks set one appointment differently: both are shown, and one key keeps theirs or sets one's own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.services import booking
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of
from tests.ui.setup.conftest import press
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_undo import conflict_over, opened, row_of, told

S = AppointmentStatus
CONTROL = Qt.KeyboardModifier.ControlModifier
ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape


@pytest.fixture
def entry(clinic: SmallClinic, second_database: Database) -> Entry:
    return booking.book(second_database, checkup(clinic))


@pytest.fixture
def deaf(open_program: OpenProgram, clinic: SmallClinic, entry: Entry, qtbot: QtBot) -> DeskProgram:
    """A desk with the visit chosen that hears nothing of the others, so that it acts on what it saw."""
    program = opened(open_program, clinic, entry, qtbot)
    space_of(program).live.stop()
    return program


def label(dialog: ChangedFirstDialog) -> list[str]:
    return [choice.accessibleName() for choice in dialog.choices]


def test_arrived_here_and_did_not_come_there_is_asked_and_one_key_sets_ones_own_again(
    deaf: DeskProgram, entry: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    booking.set_status(second_database, SetStatus(entry.id, 1, S.NOSHOW))
    press(Qt.Key.Key_A)
    dialog = conflict_over(deaf, qtbot)
    assert dialog.accessibleName() == "Anna Meier: This appointment was changed at Desk 2 first"
    assert "(version 2)" in dialog.accessibleDescription()
    assert label(dialog) == ["Status, as you want it: 1 arrived", "Status, as it is now: 2 did not come"]
    assert row_of(deaf, entry)[1] is S.NOSHOW
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: row_of(deaf, entry) == (at(clinic.monday, 9), S.ARRIVED), timeout=10_000)
    qtbot.waitUntil(lambda: told(deaf) == "Arrived: Anna Meier")
    assert not [one for one in deaf.window.findChildren(ChangedFirstDialog) if one.isVisible()]
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: row_of(deaf, entry)[1] is S.NOSHOW, timeout=10_000)


@pytest.mark.parametrize("by", ["key", "escape", "mouse", "button"])
def test_theirs_is_kept_by_one_key_or_click(
    deaf: DeskProgram, entry: Entry, second_database: Database, qtbot: QtBot, by: str
) -> None:
    booking.set_status(second_database, SetStatus(entry.id, 1, S.NOSHOW))
    press(Qt.Key.Key_A)
    dialog = conflict_over(deaf, qtbot)
    if by == "mouse":
        QTest.mouseClick(dialog.choices[1], Qt.MouseButton.LeftButton)
    elif by == "button":
        keep = dialog.findChild(QPushButton, "leave_as_is")
        assert keep is not None
        QTest.mouseClick(keep, Qt.MouseButton.LeftButton)
    else:
        press(Qt.Key.Key_2 if by == "key" else ESC)
    qtbot.waitUntil(lambda: told(deaf) == "Left as it is now.")
    assert row_of(deaf, entry)[1] is S.NOSHOW
    assert not deaf.window.actions_by_name["undo"].isEnabled()


def test_it_is_compared_anew_when_a_third_change_comes_before_the_answer(
    deaf: DeskProgram, entry: Entry, second_database: Database, qtbot: QtBot
) -> None:
    booking.set_status(second_database, SetStatus(entry.id, 1, S.NOSHOW))
    press(Qt.Key.Key_A)
    dialog = conflict_over(deaf, qtbot)
    booking.cancel(second_database, Cancel(entry.id, _back(second_database, entry), CancellationReason.PATIENT))
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: dialog.accessibleName().endswith("was cancelled at Desk 2"), timeout=10_000)
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: row_of(deaf, entry)[1] is S.ARRIVED, timeout=10_000)


def _back(database: Database, entry: Entry) -> int:
    return booking.set_status(database, SetStatus(entry.id, 2, S.BOOKED)).appointment.version


def test_a_time_given_to_somebody_else_meanwhile_is_said_in_the_dialog_and_stays_theirs(
    deaf: DeskProgram, entry: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    booking.cancel(second_database, Cancel(entry.id, 1, CancellationReason.PATIENT))
    booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    press(Qt.Key.Key_A)
    dialog = conflict_over(deaf, qtbot)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(dialog.problem.isVisible, timeout=10_000)
    assert "taken" in dialog.problem.text() or "booked" in dialog.problem.text()
    press(ESC)
    assert row_of(deaf, entry)[1] is S.CANCELLED


def test_parking_what_another_desk_moved_shows_both_and_enter_parks_it(
    deaf: DeskProgram, entry: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    booking.update(second_database, Update(entry.id, 1, starts_at=at(clinic.monday, 11)))
    press(Qt.Key.Key_X, CONTROL)
    conflict_over(deaf, qtbot)
    press(ENTER)
    qtbot.waitUntil(lambda: row_of(deaf, entry) == (at(clinic.monday, 11), S.WAITLIST), timeout=10_000)


def test_cancelling_who_arrived_at_another_desk_asks_both_and_keeps_the_reason(
    deaf: DeskProgram, entry: Entry, second_database: Database, qtbot: QtBot
) -> None:
    booking.set_status(second_database, SetStatus(entry.id, 1, S.FULFILLED))
    deaf.window.actions_by_name["cancel"].trigger()
    press(Qt.Key.Key_5)
    press(ENTER)
    dialog = conflict_over(deaf, qtbot)
    assert label(dialog) == ["Status, as you want it: 1 cancelled", "Status, as it is now: 2 done"]
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: row_of(deaf, entry)[1] is S.CANCELLED, timeout=10_000)
    (now,) = _entries(second_database, entry)
    assert now.appointment.cancellation_reason is CancellationReason.PROVIDER


def test_two_rooms_are_asked_and_a_step_back_over_a_step_forward_is(
    deaf: DeskProgram, entry: Entry, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    space = space_of(deaf)
    one, two = (room.id for room in space.store.clinic.rooms[:2])
    booking.set_status(second_database, SetStatus(entry.id, 1, S.CHECKED_IN, one))
    space.own.send(SetStatus(entry.id, 1, S.CHECKED_IN, two), entry)
    dialog = conflict_over(deaf, qtbot)
    assert [name.split(":")[0] for name in label(dialog)] == ["Is in, as you want it", "Is in, as it is now"]
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: _entries(second_database, entry)[0].appointment.present_room_id == two, timeout=10_000)
    qtbot.waitUntil(lambda: " is in " in told(deaf))
    (now,) = _entries(second_database, entry)
    booking.set_status(second_database, SetStatus(entry.id, now.appointment.version, S.FULFILLED))
    space.commands.step_back(now)
    again = conflict_over(deaf, qtbot)
    assert label(again) == ["Status, as you want it: 1 booked", "Status, as it is now: 2 done"]
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: row_of(deaf, entry)[1] is S.BOOKED, timeout=10_000)


def test_the_same_at_both_desks_is_a_note_alone(
    deaf: DeskProgram, entry: Entry, second_database: Database, qtbot: QtBot
) -> None:
    booking.park(second_database, Park(entry.id, 1))
    press(Qt.Key.Key_X, CONTROL)
    qtbot.waitUntil(lambda: told(deaf) == "Anna Meier was parked at Desk 2 already", timeout=10_000)


def _entries(database: Database, entry: Entry) -> tuple[Entry, ...]:
    from clinic_desk.services import calendar

    return calendar.load_entries(database, [entry.id])
