"""The pinboard in the whole program: dragged onto it and off it, Ctrl+X and Ctrl+V, two desks, undo and redo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Park, Update
from clinic_desk.domain.records import AppointmentStatus as S
from clinic_desk.domain.records import Entry
from clinic_desk.services import booking, calendar
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.pinboard.panel import PinboardPanel
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.ui.setup.conftest import press

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Left, Nothing = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


@pytest.fixture
def booked(clinic: SmallClinic, second_database: Database) -> Entry:
    return booking.book(second_database, checkup(clinic))


@pytest.fixture
def space(clinic: SmallClinic, booked: Entry, reception: DeskProgram, qtbot: QtBot) -> Workspace:
    """A desk on the Monday, the visit at nine chosen."""
    found = reception.workspace
    assert found is not None
    reception.window.activateWindow()
    qtbot.waitActive(reception.window)
    found.navigator.go_to(clinic.monday)
    qtbot.waitUntil(lambda: reception.window.calendar.select_entry(booked.id), timeout=10_000)
    reception.window.calendar.setFocus()
    qtbot.waitUntil(found.pinboard().panel.isVisible)
    return found


@pytest.fixture
def board(space: Workspace) -> PinboardPanel:
    return space.pinboard().panel


def status_of(space: Workspace, entry: Entry) -> tuple[object, ...]:
    (now,) = calendar.load_entries(space.desk.database, [entry.id])
    return now.appointment.status, now.appointment.starts_at


def drag(widget: QWidget, start: QPoint, *way: QPoint) -> None:
    """Press on a widget, go through points of the screen, let go: as a grabbed mouse does it."""
    points = [widget.mapToGlobal(start), *way, way[-1]]
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * len(way), QEvent.Type.MouseButtonRelease]
    for kind, point in zip(kinds, points, strict=True):
        button = Nothing if kind == QEvent.Type.MouseMove else Left
        held = Nothing if kind == QEvent.Type.MouseButtonRelease else Left
        inside = QPointF(widget.mapFromGlobal(point))
        event = QMouseEvent(kind, inside, QPointF(point), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)


def spot(space: Workspace, clinic: SmallClinic, hour: int, *, okafor: bool = True) -> QPoint:
    """Where a time of a doctor is on the screen."""
    doctor = clinic.okafor if okafor else clinic.weber
    rect = space.window.calendar.place_rect(Place(doctor, None, clinic.berlin, at(clinic.monday, hour), 15))
    return rect.center()


def block(space: Workspace, entry: Entry) -> QPoint:
    row = entry.appointment
    calendar_view = space.window.calendar
    rect = calendar_view.place_rect(Place(row.practitioner_id, None, row.site_id, row.starts_at, 15))
    return calendar_view.viewport().mapFromGlobal(rect.center())


def slips(board: PinboardPanel) -> list[str]:
    return [slip.name for slip in board.list.slips.slips]


def first_slip(board: PinboardPanel) -> QPoint:
    return board.list.visualRect(board.list.slips.index(0)).center()


def test_dragged_onto_it_and_from_it_onto_the_calendar(
    space: Workspace, board: PinboardPanel, clinic: SmallClinic, booked: Entry, qtbot: QtBot
) -> None:
    assert board.none.isVisible()
    over = board.mapToGlobal(board.rect().center())
    viewport = space.window.calendar.viewport()
    start = block(space, booked)
    drag(viewport, start, viewport.mapToGlobal(start + QPoint(10, 0)), over)
    qtbot.waitUntil(lambda: slips(board) == ["Meier, Anna"], timeout=10_000)
    assert status_of(space, booked)[0] is S.WAITLIST
    (slip,) = board.list.slips.slips
    assert slip.visit == "Checkup · 15 min"
    assert slip.parked.startswith("since ")
    assert "Desk 1" in slip.parked
    assert not board.none.isVisible()
    drag(
        board.list.viewport(), first_slip(board), over + QPoint(0, 3), spot(space, clinic, 11), spot(space, clinic, 14)
    )
    qtbot.waitUntil(lambda: status_of(space, booked) == (S.BOOKED, at(clinic.monday, 14)), timeout=10_000)
    qtbot.waitUntil(lambda: not slips(board), timeout=10_000)


def test_less_than_seven_pixels_are_no_drag_and_esc_or_a_drop_elsewhere_changes_nothing(
    space: Workspace, board: PinboardPanel, booked: Entry, qtbot: QtBot
) -> None:
    booking.park(space.desk.database, Park(booked.id, 1))
    qtbot.waitUntil(lambda: slips(board) == ["Meier, Anna"], timeout=10_000)
    viewport, start = board.list.viewport(), first_slip(board)
    held: list[object] = []
    board.list.dragged.connect(lambda entry, _at: held.append(entry))
    drag(viewport, start, viewport.mapToGlobal(start + QPoint(3, 3)))
    assert not held
    assert board.list.chosen is not None, "a click chooses"
    drag(viewport, start, viewport.mapToGlobal(start + QPoint(0, 20)))
    assert held
    board.list.dragged.connect(lambda _entry, _at: board.list.hide())  # as the lock does
    dropped: list[object] = []
    board.list.dropped.connect(lambda entry, _at: dropped.append(entry))
    drag(viewport, start, viewport.mapToGlobal(start + QPoint(0, 20)))
    assert not dropped
    assert status_of(space, booked)[0] is S.WAITLIST


def test_ctrl_x_parks_and_ctrl_v_puts_it_at_the_time_cursor_and_both_are_undone_and_done_again(
    space: Workspace, board: PinboardPanel, clinic: SmallClinic, booked: Entry, qtbot: QtBot
) -> None:
    press(Qt.Key.Key_X, CONTROL)
    qtbot.waitUntil(lambda: slips(board) == ["Meier, Anna"], timeout=10_000)
    space.window.calendar.go_to_minute(11 * 60)
    press(Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: status_of(space, booked) == (S.BOOKED, at(clinic.monday, 11)), timeout=10_000)
    undo, redo = (space.window.actions_by_name[name] for name in ("undo", "redo"))
    qtbot.waitUntil(lambda: undo.text() == "Undo: put Anna Meier back, Mon 3 Mar, 11:00")
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: status_of(space, booked) == (S.WAITLIST, at(clinic.monday, 9)), timeout=10_000)
    press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: status_of(space, booked) == (S.BOOKED, at(clinic.monday, 9)), timeout=10_000)
    qtbot.waitUntil(lambda: redo.text() == "Redo: park Anna Meier, Mon 3 Mar, 09:00")
    press(Qt.Key.Key_Z, CONTROL | SHIFT)
    press(Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: status_of(space, booked) == (S.BOOKED, at(clinic.monday, 11)), timeout=10_000)


def test_a_drop_on_taken_time_opens_the_usual_question(  # noqa: PLR0917  # fixtures
    space: Workspace, board: PinboardPanel, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    booking.park(second_database, Park(booked.id, 1))
    booking.book(second_database, checkup(clinic, at(clinic.monday, 14), patient_id=clinic.patients[2]))
    qtbot.waitUntil(lambda: slips(board) == ["Meier, Anna"], timeout=10_000)
    drag(board.list.viewport(), first_slip(board), spot(space, clinic, 14, okafor=False))
    qtbot.waitUntil(lambda: bool(space.window.findChildren(SlotTakenDialog)), timeout=10_000)
    (dialog,) = space.window.findChildren(SlotTakenDialog)
    dialog.reject()
    assert status_of(space, booked)[0] is S.WAITLIST


def test_of_two_desks_that_take_the_same_slip_one_wins_and_the_other_is_shown_it(  # noqa: PLR0917  # fixtures
    space: Workspace, board: PinboardPanel, clinic: SmallClinic, booked: Entry, second_database: Database, qtbot: QtBot
) -> None:
    parked = booking.park(second_database, Park(booked.id, 1))
    qtbot.waitUntil(lambda: slips(board) == ["Meier, Anna"], timeout=10_000)
    booking.update(second_database, Update(booked.id, 2, starts_at=at(clinic.monday, 15), reinstate=True))
    space.moving.put_at(parked, Place(clinic.weber, None, clinic.berlin, at(clinic.monday, 11)))
    qtbot.waitUntil(lambda: bool(space.window.findChildren(ChangedFirstDialog)), timeout=10_000)
    assert status_of(space, booked) == (S.BOOKED, at(clinic.monday, 15))
    (dialog,) = space.window.findChildren(ChangedFirstDialog)
    dialog.reject()


def test_by_the_keyboard_alone_a_slip_is_chosen_taken_in_hand_and_cancelled(
    space: Workspace, board: PinboardPanel, clinic: SmallClinic, booked: Entry, qtbot: QtBot
) -> None:
    other = booking.book(space.desk.database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[2]))
    for entry in (booked, other):
        booking.park(space.desk.database, Park(entry.id, 1))
    qtbot.waitUntil(lambda: len(slips(board)) == 2, timeout=10_000)
    board.list.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Down)
    assert board.list.chosen is not None
    assert board.list.chosen.id == other.id
    assert "O'Neill, Siobhán, Checkup · 15 min" in board.list.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    space.window.calendar.go_to_minute(11 * 60)
    press(Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: status_of(space, other) == (S.BOOKED, at(clinic.monday, 11)), timeout=10_000)
    qtbot.waitUntil(lambda: len(slips(board)) == 1, timeout=10_000)
    board.list.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Return)
    assert space.moving.carrying is not None
    assert space.moving.carrying.id == booked.id
