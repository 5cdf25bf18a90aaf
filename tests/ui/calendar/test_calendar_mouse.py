"""The calendar by mouse, with real press, move and release events."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.domain.records import AppointmentStatus
from clinic_desk.ui.calendar.places import Column, MoveWish
from clinic_desk.ui.calendar.view import CalendarView
from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Said, Shown

Left, Right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
AISHA, IVAN, BERND, MAREK, RUTH = (sample.uid(6, no) for no in (6, 9, 12, 1, 4))
MINUTE = timedelta(minutes=1)


def free_point(view: CalendarView, column: int, minute: int) -> QPoint:
    """Return a point in the cell of a minute, on screen."""
    x, width = view.surface.column_span(column)
    y = view.surface.y(minute) + 4
    if not 0 <= y < view.viewport().height():
        view.verticalScrollBar().setValue(view.verticalScrollBar().value() + y - view.viewport().height() // 2)
        y = view.surface.y(minute) + 4
    return QPoint(x + width // 2, y)


def block_rect(view: CalendarView, entry_id: UUID) -> tuple[QPoint, QPoint, QPoint]:
    """Return the middle, the middle of the top edge and of the bottom edge of a block, on screen."""
    column, index = view._table.find(entry_id)  # type: ignore[misc]
    item = view._table.content(column).entries[index]
    view.stage.ensure_visible(column, item.start, item.end)
    rect = view.surface.block(column, item)
    middle = rect.center()
    return middle, QPoint(middle.x(), rect.top() + 1), QPoint(middle.x(), rect.bottom() - 1)


def send(view: CalendarView, kind: QEvent.Type, at: QPoint, modifiers: Qt.KeyboardModifier | None = None) -> None:
    """Send a mouse event with the left button held, also from beside the calendar as a grabbed mouse does."""
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Left
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Left
    point, everywhere = QPointF(at), QPointF(view.viewport().mapToGlobal(at))
    event = QMouseEvent(kind, point, everywhere, button, held, modifiers or Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.viewport(), event)


def drag(view: CalendarView, start: QPoint, *way: QPoint, drop: bool = True, alt: bool = False) -> None:
    """Press, go through the points, let go."""
    modifiers = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
    send(view, QEvent.Type.MouseButtonPress, start)
    for at in way:
        send(view, QEvent.Type.MouseMove, at, modifiers)
    if drop:
        send(view, QEvent.Type.MouseButtonRelease, way[-1])


def wishes(said: Said) -> list[MoveWish]:
    return said.of("move_requested")


def test_a_click_on_free_time_asks_to_book_there(shown: Shown) -> None:
    said = shown()
    QTest.mouseClick(said.view.viewport(), Left, pos=free_point(said.view, 1, 585))
    (place,) = said.of("book_requested")
    assert (place.practitioner_id, place.starts_at) == (sample.uid(2, 1), sample.instant(585))


def test_a_click_on_an_appointment_selects_it_and_books_nothing(shown: Shown) -> None:
    said = shown()
    QTest.mouseClick(said.view.viewport(), Left, pos=block_rect(said.view, AISHA)[0])
    assert [one.id for one in said.of("entry_selected")] == [AISHA]
    assert not said.of("book_requested")
    assert not said.of("open_requested")


def test_a_double_click_opens_an_appointment_and_books_free_time_only_once(shown: Shown) -> None:
    said = shown()
    for at in (block_rect(said.view, AISHA)[0], free_point(said.view, 1, 585)):
        QTest.mouseClick(said.view.viewport(), Left, pos=at)
        QTest.mouseDClick(said.view.viewport(), Left, pos=at)
    assert [one.id for one in said.of("open_requested")] == [AISHA]
    assert len(said.of("book_requested")) == 1


def test_a_drag_over_free_time_books_the_range(shown: Shown) -> None:
    said = shown()
    drag(said.view, free_point(said.view, 1, 645), free_point(said.view, 1, 650), free_point(said.view, 1, 661))
    (place,) = said.of("book_requested")
    assert (place.starts_at, place.length_minutes) == (sample.instant(645), 30)


def test_a_range_can_be_dragged_upwards(shown: Shown) -> None:
    said = shown(sample.board())
    drag(said.view, free_point(said.view, 1, 660), free_point(said.view, 1, 615))
    (place,) = said.of("book_requested")
    assert (place.starts_at, place.length_minutes) == (sample.instant(615), 60)


def test_a_block_dragged_to_another_doctor_and_time_asks_to_move_there(shown: Shown) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    target = QPoint(said.view.surface.column_span(4)[0] + 50, start.y() - 4 * said.view.rowHeight(0))
    drag(said.view, start, start + QPoint(20, 0), target)
    (wish,) = wishes(said)
    assert wish.entry.id == IVAN
    assert wish.practitioner_id == sample.uid(2, 4)
    assert wish.starts_at == sample.instant(720)
    assert wish.length_minutes == 30
    assert wish.room_id is None


def test_a_press_that_trembles_less_than_seven_pixels_is_no_drag(shown: Shown) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(3, 3), start + QPoint(0, 6), drop=False)
    assert said.view.scene.ghost is None
    drag(said.view, start, start + QPoint(0, 7), drop=False)
    assert said.view.scene.ghost is not None


def test_a_drag_snaps_to_the_rows_and_with_alt_to_five_minutes(shown: Shown) -> None:
    said = shown()
    row = said.view.rowHeight(0)
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(0, row + 3))
    drag(said.view, start, start + QPoint(0, row + row // 3 + 1), alt=True)
    assert [one.starts_at for one in wishes(said)] == [sample.instant(795), sample.instant(800)]


def test_a_drag_that_comes_back_asks_for_nothing(shown: Shown) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(0, 60), start)
    assert not wishes(said)


def test_the_bottom_edge_changes_the_length_and_the_top_edge_the_start(shown: Shown) -> None:
    said = shown()
    row = said.view.rowHeight(0)
    _, top, bottom = block_rect(said.view, IVAN)
    drag(said.view, bottom, bottom + QPoint(0, 2 * row))
    drag(said.view, top, top - QPoint(0, row))
    longer, earlier = wishes(said)
    assert (longer.starts_at, longer.length_minutes) == (sample.instant(780), 60)
    assert (earlier.starts_at, earlier.length_minutes) == (sample.instant(765), 45)


def test_an_edge_cannot_be_dragged_past_the_other(shown: Shown) -> None:
    said = shown()
    _, _, bottom = block_rect(said.view, IVAN)
    drag(said.view, bottom, bottom - QPoint(0, 400), drop=False)
    ghost = said.view.scene.ghost
    assert ghost is not None
    assert (ghost.start, ghost.end) == (780, 785)
    send(said.view, QEvent.Type.MouseButtonRelease, bottom - QPoint(0, 400))
    assert wishes(said)[0].length_minutes == 5


@pytest.mark.parametrize("entry_id", [MAREK, BERND], ids=["done", "cancelled"])
def test_what_is_over_cannot_be_dragged(shown: Shown, entry_id: UUID) -> None:
    said = shown()
    start = block_rect(said.view, entry_id)[0]
    drag(said.view, start, start + QPoint(0, 80))
    assert not wishes(said)
    assert said.view.scene.ghost is None


def test_escape_ends_a_drag_and_nothing_comes_of_it(shown: Shown) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(0, 60), drop=False)
    QTest.keyClick(said.view, Qt.Key.Key_Escape)
    assert said.view.scene.ghost is None
    send(said.view, QEvent.Type.MouseButtonRelease, start + QPoint(0, 60))
    assert not wishes(said)


def test_the_right_button_ends_a_drag(shown: Shown) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(0, 60), drop=False)
    QTest.mousePress(said.view.viewport(), Right, pos=start)
    assert said.view.scene.ghost is None


def test_a_block_let_go_outside_is_offered_to_what_is_there_and_not_moved(shown: Shown) -> None:
    said = shown()
    over: list[object] = []
    said.view.dragged_outside.connect(lambda what, _at: over.append(what.id))
    start = block_rect(said.view, IVAN)[0]
    outside = QPoint(-300, start.y() - 200)
    drag(said.view, start, start + QPoint(20, 20), outside)
    assert over == [IVAN]
    assert [one.id for one in said.of("dropped_outside")] == [IVAN]
    assert not wishes(said)


def test_a_drag_at_the_edge_scrolls_the_day(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    before = said.view.verticalScrollBar().value()
    start = block_rect(said.view, AISHA)[0]
    edge = QPoint(start.x(), said.view.viewport().height() - 2)
    drag(said.view, start, start + QPoint(0, 20), edge, drop=False)
    qtbot.waitUntil(lambda: said.view.verticalScrollBar().value() > before + 60, timeout=20_000)
    ghost = said.view.scene.ghost
    assert ghost is not None
    assert said.view.viewport().rect().intersects(said.view.stage.ghost_rects(ghost)[0])
    QTest.keyClick(said.view, Qt.Key.Key_Escape)
    settled = said.view.verticalScrollBar().value()
    assert not said.view.hands.mouse._scroll.isActive()
    assert said.view.verticalScrollBar().value() == settled


def test_a_right_click_asks_for_the_menu_of_what_is_there(shown: Shown) -> None:
    said = shown()
    for at in (block_rect(said.view, AISHA)[0], free_point(said.view, 1, 585)):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, said.view.viewport().mapToGlobal(at))
        QApplication.sendEvent(said.view.viewport(), event)
    entry, place = said.of("context_requested")
    assert entry.id == AISHA
    assert place.starts_at == sample.instant(585)
    assert not said.of("book_requested")


def test_the_free_strip_beside_a_cancelled_appointment_can_be_booked(shown: Shown) -> None:
    said = shown()
    column, index = said.view._table.find(BERND)  # type: ignore[misc]
    rect = said.view.surface.block(column, said.view._table.content(column).entries[index])
    QTest.mouseClick(said.view.viewport(), Left, pos=rect.center() + QPoint(rect.width() // 2 + 8, 0))
    assert [one.starts_at for one in said.of("book_requested")] == [sample.instant(510)]


def test_time_that_does_not_exist_cannot_be_booked(shown: Shown) -> None:
    from datetime import date

    day = date(2026, 3, 29)
    said = shown(sample.board(day=day))
    QTest.mouseClick(said.view.viewport(), Left, pos=free_point(said.view, 0, 150))
    assert not said.of("book_requested")
    QTest.mouseClick(said.view.viewport(), Left, pos=free_point(said.view, 0, 185))
    assert [one.starts_at for one in said.of("book_requested")] == [sample.instant(180, day)]


def test_a_block_dropped_on_a_room_asks_for_the_room_and_keeps_the_doctor(qtbot: QtBot) -> None:
    view, clinic = CalendarView(), sample.clinic()
    qtbot.addWidget(view)
    said = Said(view, sample.picture_board())
    view.resize(900, 600)
    columns = tuple(Column("room", room.id, sample.DAY, room.name) for room in clinic.rooms)
    view.show_columns(columns, {sample.DAY: said.board}, clinic, sample.instant(577))
    view.show()
    beata = sample.uid(6, 32)
    start = block_rect(view, beata)[0]
    drag(view, start, start + QPoint(30, 0), QPoint(view.surface.column_span(1)[0] + 50, start.y()))
    (wish,) = wishes(said)
    assert (wish.practitioner_id, wish.room_id) == (sample.uid(2, 3), sample.uid(5, 2))
    assert wish.starts_at == sample.instant(690)


def test_what_began_the_day_before_moves_with_its_hidden_part(shown: Shown) -> None:
    said = shown(sample.hard_board())
    night = sample.uid(6, 25)
    row = said.view.rowHeight(0)
    start = block_rect(said.view, night)[0]
    drag(said.view, start, start + QPoint(0, 4 * row))
    (wish,) = wishes(said)
    assert (wish.starts_at, wish.length_minutes) == (sample.instant(0), 180)


def test_control_and_wheel_change_the_length_of_the_rows_and_keep_the_time_at_the_top(shown: Shown) -> None:
    said = shown()
    steps: list[int] = []
    said.view.step_changed.connect(steps.append)
    said.view.verticalScrollBar().setValue(said.view._table.grid.y(600))
    for turned in (120, -120, -120):
        event = QWheelEvent(
            QPointF(200, 200), QPointF(200, 200), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(said.view.viewport(), event)
        assert said.view.surface.position(0) == 600
    assert steps == [10, 15, 20]


def test_the_tool_tip_shows_a_name_with_html_in_it_as_it_is_written(shown: Shown) -> None:
    said = shown(sample.hard_board())
    hit = said.view.surface.hit(block_rect(said.view, sample.uid(6, 3))[0])
    assert hit is not None
    tip = said.view.hands.mouse.tip(hit)
    assert "&lt;img src=&#x27;//host/x&#x27;&gt;" in tip
    assert "<img" not in tip
    assert "New patient" in tip


def test_a_band_tells_its_name_in_full_and_free_time_has_no_tool_tip(shown: Shown) -> None:
    said = shown()
    tips = [said.view.surface.hit(free_point(said.view, *at)) for at in ((2, 930), (1, 585))]
    assert [said.view.hands.mouse.tip(hit) if hit else None for hit in tips] == ["<p>Training</p>", ""]


def test_the_pointer_shows_where_an_edge_can_be_taken(shown: Shown) -> None:
    said = shown()
    middle, _, bottom = block_rect(said.view, AISHA)
    QTest.mouseMove(said.view.viewport(), bottom)
    assert said.view.viewport().cursor().shape() == Qt.CursorShape.SizeVerCursor
    QTest.mouseMove(said.view.viewport(), middle)
    assert said.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_block_that_is_taken_away_while_it_is_dragged_is_no_trouble(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    start = block_rect(said.view, IVAN)[0]
    drag(said.view, start, start + QPoint(0, 60), drop=False)
    kept = tuple(one for one in said.board.entries if one.id != IVAN)
    said.view.update_boards({sample.DAY: sample.board(*kept)}, frozenset({IVAN}))
    assert said.view._table.find(IVAN) is not None
    said.view.selected_entry()
    assert said.view._table.find(IVAN) is None
    send(said.view, QEvent.Type.MouseMove, start + QPoint(0, 80))
    said.view.viewport().repaint()
    send(said.view, QEvent.Type.MouseButtonRelease, start + QPoint(0, 80))
    assert said.view.scene.ghost is None


def test_a_status_that_may_be_moved_is_one_that_is_still_to_come_or_here() -> None:
    from clinic_desk.ui.calendar.surface import MOVABLE

    assert frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN}) == MOVABLE
