"""Changes that arrive while the calendar is open: painted exactly where they are, nothing else disturbed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QImage, QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.domain.records import AppointmentStatus, ChangeNote, DayBoard, Entry, Hold, TimeOff
from clinic_desk.ui.calendar.content import ColumnContent, Frame, content_of
from clinic_desk.ui.calendar.places import MoveWish, Place
from clinic_desk.ui.calendar.view import CalendarView
from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Said, Shown

AISHA, IVAN, PAUL = (sample.uid(6, no) for no in (6, 9, 18))


class Painted(QObject):
    """The regions of the viewport that were painted."""

    def __init__(self, view: CalendarView) -> None:
        self.regions: list[QRegion] = []
        super().__init__(view)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.regions.append(QRegion(event.region()))
        return super().eventFilter(watched, event)

    def area(self) -> int:
        """Return the pixels painted."""
        return sum(rect.width() * rect.height() for region in self.regions for rect in region)  # type: ignore[attr-defined]


def row(board: DayBoard, entry_id: UUID) -> Entry:
    return next(one for one in board.entries if one.id == entry_id)


def take(said: Said, board: DayBoard) -> None:
    """Give the view a newer reading and let the turn of the event loop end."""
    said.view.update_boards({board.day: board}, frozenset())
    said.board = board
    QApplication.processEvents()
    QApplication.processEvents()


def on_screen(view: CalendarView) -> QImage:
    """Return what is really on the screen, painted piece by piece."""
    corner = view.viewport().mapTo(view.window(), view.viewport().rect().topLeft())
    size = view.viewport().size()
    pixmap = view.screen().grabWindow(view.window().winId(), corner.x(), corner.y(), size.width(), size.height())
    return pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)


def painted_anew(view: CalendarView) -> QImage:
    """Return what it would look like painted in one go."""
    image = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    view.viewport().render(image)
    return image


def difference(view: CalendarView) -> QRect | None:
    """Return the part of the screen that does not look as if painted in one go; None when all does."""
    seen, right = on_screen(view), painted_anew(view)
    if seen == right:
        return None
    wrong = QRegion()
    for y in range(seen.height()):
        if seen.copy(0, y, seen.width(), 1) != right.copy(0, y, seen.width(), 1):
            xs = [x for x in range(seen.width()) if seen.pixel(x, y) != right.pixel(x, y)]
            wrong = wrong.united(QRect(xs[0], y, xs[-1] - xs[0] + 1, 1))
    return wrong.boundingRect()


def test_a_change_is_shown_after_the_turn_of_the_event_loop(shown: Shown) -> None:
    said = shown()
    board = sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 60, 1))
    said.view.update_boards({sample.DAY: board}, frozenset({IVAN}))
    assert said.view._table.find(IVAN)[0] == 0  # type: ignore[index]
    QApplication.processEvents()
    assert said.view._table.find(IVAN)[0] == 1  # type: ignore[index]


def test_many_readings_in_one_turn_lay_a_column_out_once(
    shown: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = shown()
    laid_out: list[UUID] = []

    def counted(frame: Frame, *rest: Any) -> ColumnContent:
        laid_out.append(frame.column.id)
        return content_of(frame, *rest)

    monkeypatch.setattr("clinic_desk.ui.calendar.model.content_of", counted)
    board = said.board
    with qtbot.assertNotEmitted(said.view._table.modelReset):
        for _ in range(20):
            board = sample.with_entry(board, sample.moved(row(board, IVAN), 5))
            said.view.update_boards({sample.DAY: board}, frozenset({IVAN}))
        QApplication.processEvents()
    assert laid_out == [sample.uid(2, 0)]


def test_one_change_paints_its_two_places_and_little_more(shown: Shown) -> None:
    said = shown()
    said.view.verticalScrollBar().setValue(said.view._table.grid.y(590))
    QApplication.processEvents()
    painted = Painted(said.view)
    take(said, sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 90)))
    width, height = said.view.surface.column_span(0)[1], 2 * said.view.rowHeight(0)
    assert 0 < painted.area() <= 2 * (width + 8) * (height + 12)


def test_a_change_off_the_screen_paints_nothing(shown: Shown) -> None:
    said = shown()
    said.view.verticalScrollBar().setValue(0)
    QApplication.processEvents()
    painted = Painted(said.view)
    take(said, sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 5)))
    assert painted.area() == 0


def test_an_unchanged_reading_paints_nothing(shown: Shown) -> None:
    said = shown()
    painted = Painted(said.view)
    take(said, replace(said.board, entries=tuple(replace(one) for one in said.board.entries)))
    assert painted.area() == 0


@pytest.mark.parametrize(("step", "doctors"), [(5, 5), (15, 5), (30, 5), (10, 12)])
def test_what_was_painted_piece_by_piece_looks_as_if_painted_in_one_go(shown: Shown, step: int, doctors: int) -> None:
    said = shown(sample.made(doctors, 20).board if doctors > 5 else None, doctors=doctors)
    said.view.set_step(step)
    said.view.verticalScrollBar().setValue(said.view._table.grid.y(500))
    QApplication.processEvents()
    chance, board = random.Random(step), said.board
    bars = (said.view.verticalScrollBar(), said.view.horizontalScrollBar())
    for turn in range(40):
        one = chance.choice(board.entries)
        changed = sample.moved(one, chance.choice((-45, -30, -10, 5, 15, 60)), chance.randrange(doctors))
        if turn % 3 == 0:
            status = chance.choice(
                (AppointmentStatus.CANCELLED, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED)
            )
            changed = replace(changed, appointment=replace(changed.appointment, status=status))
        board = sample.with_entry(board, changed)
        if turn % 7 == 0:
            board = replace(board, holds=() if board.holds else sample.picture_board().holds)
        take(said, board)
        match turn % 5:
            case 0:
                said.view.highlight([changed.id])
            case 1:
                said.view.select_entry(changed.id)
            case 2:
                bars[0].setValue(bars[0].value() + chance.randrange(-90, 90))
                bars[1].setValue(bars[1].value() + chance.randrange(-90, 90))
            case 3:
                said.view.set_now(sample.instant(560 + turn))
            case _:
                QTest.keyClick(said.view, chance.choice((Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up)))
        QApplication.processEvents()
        QApplication.processEvents()
        assert difference(said.view) is None, turn


def test_scrolling_paints_only_what_comes_in(shown: Shown) -> None:
    said = shown()
    painted = Painted(said.view)
    said.view.verticalScrollBar().setValue(said.view.verticalScrollBar().value() + 20)
    QApplication.processEvents()
    viewport = said.view.viewport()
    assert 0 < painted.area() <= viewport.width() * 22


def test_scroll_position_selection_and_cursor_survive_a_change(shown: Shown) -> None:
    said = shown()
    said.view.select_entry(AISHA)
    said.view.verticalScrollBar().setValue(333)
    said.heard.clear()
    board = sample.with_entry(said.board, sample.entry(99, 0, 480, "New One", squeezed_in=True))
    take(said, board)
    assert said.view.verticalScrollBar().value() == 333
    assert said.view.selected_entry() is row(board, AISHA)
    assert said.of("entry_selected") == []


def test_the_selection_follows_an_appointment_that_is_moved_elsewhere(shown: Shown) -> None:
    said = shown()
    said.view.select_entry(AISHA)
    said.heard.clear()
    take(said, sample.with_entry(said.board, sample.moved(row(said.board, AISHA), 60, 4)))
    selected = said.view.selected_entry()
    assert selected is not None
    assert selected.id == AISHA
    assert said.view.scene.column == 4
    assert [one.appointment.version for one in said.of("entry_selected")] == [2]


def test_when_the_selected_appointment_goes_the_cursor_stays_at_its_time(shown: Shown) -> None:
    said = shown()
    said.view.select_entry(AISHA)
    said.heard.clear()
    take(said, replace(said.board, entries=tuple(one for one in said.board.entries if one.id != AISHA)))
    assert said.of("entry_selected") == [None]
    place = said.view.current_place()
    assert place is not None
    assert place.starts_at == sample.instant(615)


def test_a_hold_that_comes_and_goes_is_painted_and_gone(shown: Shown) -> None:
    said = shown(sample.board())
    hold = Hold(sample.uid(10, 1), sample.uid(11, 2), "Desk 2", sample.uid(2, 0), *map(sample.instant, (600, 630, 700)))
    before = on_screen(said.view)
    take(said, replace(said.board, holds=(hold,)))
    assert on_screen(said.view) != before
    take(said, replace(said.board, holds=()))
    assert on_screen(said.view) == before


def test_time_off_that_comes_changes_its_column_at_once(shown: Shown) -> None:
    said = shown(sample.board())
    off = TimeOff(sample.uid(8, 1), sample.uid(2, 0), sample.instant(600), sample.instant(700), "Off")
    take(said, replace(said.board, time_off=(off,)))
    assert difference(said.view) is None
    assert said.view._table.frame(0).band_at(650).name == "Off"  # type: ignore[union-attr]


def test_a_flash_ends_by_itself(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    before = on_screen(said.view)
    said.view.highlight([AISHA])
    QApplication.processEvents()
    assert on_screen(said.view) != before
    qtbot.waitUntil(lambda: not said.view.scene.flashing, timeout=20_000)
    QApplication.processEvents()
    assert on_screen(said.view) == before


def test_a_pending_move_is_drawn_at_its_target_until_it_is_cleared(shown: Shown) -> None:
    said = shown()
    said.view.go_to_minute(780)
    QApplication.processEvents()
    before = on_screen(said.view)
    wish = MoveWish(row(said.board, IVAN), sample.uid(2, 1), sample.SITE.id, sample.instant(870), 30)
    said.view.set_pending(IVAN, wish)
    QApplication.processEvents()
    ghost = said.view.scene.pending[IVAN.int]
    assert (ghost.column, ghost.start, ghost.end) == (1, 870, 900)
    assert on_screen(said.view) != before
    assert difference(said.view) is None
    said.view.clear_pending(IVAN)
    QApplication.processEvents()
    assert on_screen(said.view) == before


def test_a_pending_move_to_a_day_that_is_not_shown_is_remembered_until_it_is(shown: Shown) -> None:
    said = shown()
    clinic, day = sample.clinic(), sample.DAY + timedelta(days=1)
    wish = MoveWish(row(said.board, IVAN), sample.uid(2, 1), sample.SITE.id, sample.instant(600, day), 30)
    said.view.set_pending(IVAN, wish)
    assert said.view.scene.pending == {}
    said.view.show_columns(sample.columns(clinic, day), {day: sample.board(day=day)}, clinic, sample.instant(577))
    said.view.clear_pending(IVAN)
    assert said.view.scene.pending == {}


def test_waiting_patients_wait_longer_as_time_passes(shown: Shown) -> None:
    said = shown()
    said.view.go_to_minute(585)
    QApplication.processEvents()
    painted = Painted(said.view)
    said.view.set_now(sample.instant(580))
    QApplication.processEvents()
    assert painted.area() > 0
    assert difference(said.view) is None


def test_a_patient_waits_since_the_arrival_not_since_the_last_change(shown: Shown) -> None:
    arrived, minutes = AppointmentStatus.ARRIVED, []
    for changed_at in (540, 570):
        note = ChangeNote("Karl", "Desk 2", sample.instant(changed_at))
        entry = replace(sample.entry(1, 0, 570, status=arrived, changed=note), arrived_at=sample.instant(540))
        view = shown(sample.board(entry)).view
        blocks = view.stage.painter.blocks
        blocks.begin(sample.instant(577))
        _, lines, pill, _ = blocks.lettering(entry, (400, 20))
        assert pill is not None
        minutes.append([text for _, _, _, text, _ in lines if "min" in text])
    assert minutes == [["⚠ 37 min"], ["⚠ 37 min"]]  # and longer than the type allows


def test_another_day_keeps_the_time_looked_at_and_the_time_of_the_cursor(shown: Shown) -> None:
    said = shown()
    said.view.go_to_minute(840)
    scrolled, clinic, day = said.view.verticalScrollBar().value(), sample.clinic(), sample.DAY + timedelta(days=1)
    said.view.show_columns(sample.columns(clinic, day), {day: sample.board(day=day)}, clinic, sample.instant(577))
    place = said.view.current_place()
    assert place is not None
    assert place.starts_at == sample.instant(840, day)
    assert said.view.verticalScrollBar().value() == scrolled


def test_a_reading_that_arrives_late_for_the_day_shown_before_is_dropped(shown: Shown) -> None:
    said = shown()
    clinic, day = sample.clinic(), sample.DAY + timedelta(days=1)
    late = sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 15))
    said.view.update_boards({sample.DAY: late}, frozenset({IVAN}))
    said.view.show_columns(sample.columns(clinic, day), {day: sample.board(day=day)}, clinic, sample.instant(577))
    QApplication.processEvents()
    assert list(said.view._table.entries()) == []


def test_a_full_reading_is_not_undone_by_an_older_one_of_the_same_turn(shown: Shown) -> None:
    said = shown()
    clinic, newest = sample.clinic(), sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 15))
    said.view.update_boards({sample.DAY: replace(said.board)}, frozenset({IVAN}))
    said.view.show_columns(sample.columns(clinic), {sample.DAY: newest}, clinic, sample.instant(577))
    said.view.flush()
    assert row(newest, IVAN) in list(said.view._table.entries())


def test_the_first_look_at_today_shows_the_opening_and_now(shown: Shown) -> None:
    said = shown()
    viewport = said.view.viewport().rect()
    assert viewport.contains(said.view.stage.cursor_rect().center())
    selected = said.view.selected_entry()
    assert selected is not None
    assert selected.patient.display_name == "Tomás Silva"  # the row after 09:37
    assert said.view.surface.position(0) in range(390, 450)
    assert said.view.stage.times.now_position == 577


def test_who_is_early_looks_at_the_opening_and_not_at_the_night(qtbot: QtBot) -> None:
    view, clinic = CalendarView(), sample.clinic()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    view.show_columns(sample.columns(clinic), {sample.DAY: sample.picture_board()}, clinic, sample.instant(240))
    assert view.surface.position(0) in range(390, 450)


def test_the_first_look_at_a_week_begins_in_the_column_of_today(qtbot: QtBot) -> None:
    view, clinic, monday = CalendarView(), sample.clinic(), sample.DAY - timedelta(days=1)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show_columns(sample.week(clinic, monday), {}, clinic, sample.instant(577))
    place = view.current_place()
    assert place is not None
    assert place.starts_at == sample.instant(585)
    assert view.stage.columns.today == {1}
    view.show()
    assert view.horizontalScrollBar().maximum() == 0


def test_another_day_has_no_line_and_no_badge_of_now(shown: Shown) -> None:
    said = shown()
    clinic, day = sample.clinic(), sample.DAY + timedelta(days=1)
    said.view.show_columns(sample.columns(clinic, day), {day: sample.board(day=day)}, clinic, sample.instant(577))
    assert said.view.stage.times.now_position is None
    assert said.view.stage.now_rects() == []


def test_a_place_is_found_on_the_screen(shown: Shown) -> None:
    said = shown()
    place = Place(sample.uid(2, 1), None, sample.SITE.id, sample.instant(585), 30)
    rect = said.view.place_rect(place)
    inside = QRect(said.view.viewport().mapFromGlobal(rect.topLeft()), rect.size())
    assert inside == said.view.surface.rect(1, 585, 615)
    assert said.view.place_rect(replace(place, practitioner_id=sample.uid(2, 77))).isEmpty()
    assert said.view.place_rect(replace(place, starts_at=sample.instant(585, date(2026, 1, 1)))).isEmpty()


def test_selecting_what_is_not_shown_says_so(shown: Shown) -> None:
    said = shown()
    assert said.view.select_entry(AISHA)
    assert not said.view.select_entry(sample.uid(6, 4711))
    selected = said.view.selected_entry()
    assert selected is not None
    assert selected.id == AISHA


def test_a_change_of_font_or_theme_is_taken_over(shown: Shown) -> None:
    from clinic_desk.ui.theme import DARK, palette_of

    said = shown()
    font = said.view.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    before = said.view.rowHeight(0)
    said.view.setFont(font)
    said.view.setPalette(palette_of(DARK))
    QApplication.processEvents()
    assert said.view.rowHeight(0) > before
    assert said.view.stage.theme is DARK
    corner = painted_anew(said.view).pixelColor(3, 3)
    assert corner in (DARK.closed, DARK.panel)


def test_in_a_right_to_left_window_the_columns_run_from_the_right_and_all_else_works(shown: Shown) -> None:
    said = shown()
    ordinary = painted_anew(said.view)
    said.view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QApplication.processEvents()
    first, width = said.view.surface.column_span(0)
    last, _ = said.view.surface.column_span(4)
    assert first > last
    block = QRect(0, 0, width, said.view.viewport().height())
    assert painted_anew(said.view).copy(block.translated(first, 0)) == ordinary.copy(block)
    hit = said.view.surface.hit(said.view.surface.rect(0, 600, 615).center())
    assert hit is not None
    assert hit.column == 0
    assert said.view.surface.nearest_column(99999) == 0
    take(said, sample.with_entry(said.board, sample.moved(row(said.board, IVAN), 15, 3)))
    assert difference(said.view) is None
