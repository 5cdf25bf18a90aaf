"""The calendar by keyboard alone, with real key events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.ui.calendar.view import CalendarView
from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Said, Shown

Key, Shift, Ctrl = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def stand(said: Said, column: int, minute: int) -> None:
    said.view.scene.column = column
    said.view.go_to_minute(minute)
    said.heard.clear()


def at(view: CalendarView) -> str:
    """Return where the cursor is: the patient's name, or the free time."""
    entry, place = view.selected_entry(), view.current_place()
    if entry is not None:
        return entry.patient.display_name
    assert place is not None
    minutes = (place.starts_at - sample.instant(0)) // timedelta(minutes=1)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def test_down_and_up_treat_an_appointment_over_several_rows_as_one(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 0, 600)
    way = [at(said.view)]
    for _ in range(3):
        QTest.keyClick(said.view, Key.Key_Down)
        way.append(at(said.view))
    assert way == ["10:00", "Aisha Rahman", "10:45", "Peter Novák"]
    for name in reversed(way[:-1]):
        QTest.keyClick(said.view, Key.Key_Up)
        assert at(said.view) == name


def test_right_and_left_go_to_the_same_time_of_the_next_column_and_stop_at_the_last(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 0, 675)
    names = []
    for _ in range(6):
        QTest.keyClick(said.view, Key.Key_Right)
        names.append((said.view.scene.column, at(said.view)))
    assert names[0] == (1, "Olga Ivanova")
    assert names[-1] == names[-2]
    assert names[-1][0] == 4
    QTest.keyClick(said.view, Key.Key_Left)
    assert said.view.scene.column == 3


def test_squeeze_ins_are_stepped_through_sideways_and_downwards(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.hard_board())
    stand(said, 1, 480)
    assert at(said.view) == "Anna One"
    QTest.keyClick(said.view, Key.Key_Right)
    assert at(said.view) == "Berta Two"
    QTest.keyClick(said.view, Key.Key_Left)
    names = []
    for _ in range(3):
        QTest.keyClick(said.view, Key.Key_Down)
        names.append(at(said.view))
    assert names == ["Berta Two", "Carl Three", "Dora Four"]


def test_short_visits_that_share_a_row_are_stepped_through(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.hard_board())
    stand(said, 2, 525)
    names = []
    for _ in range(4):
        QTest.keyClick(said.view, Key.Key_Down)
        names.append(at(said.view))
    assert names == ["Five One", "Five Two", "Five Three", "09:15"]


def test_home_and_end_are_the_opening_hours_and_pressed_again_the_whole_day(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    stand(said, 0, 600)
    QTest.keyClick(said.view, Key.Key_Home)
    assert at(said.view) == "08:00"
    QTest.keyClick(said.view, Key.Key_Home)
    assert at(said.view) == "00:00"
    QTest.keyClick(said.view, Key.Key_End)
    assert at(said.view) == "17:45"
    QTest.keyClick(said.view, Key.Key_End)
    assert at(said.view) == "23:45"
    QTest.keyClick(said.view, Key.Key_Home, Ctrl)
    assert at(said.view) == "00:00"


def test_page_down_goes_on_by_what_is_visible_and_page_up_comes_back(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    stand(said, 0, 480)
    QTest.keyClick(said.view, Key.Key_PageDown)
    rows = said.view.viewport().height() // said.view.rowHeight(0) - 1
    assert at(said.view) == f"{(480 + rows * 15) // 60:02d}:{(480 + rows * 15) % 60:02d}"
    QTest.keyClick(said.view, Key.Key_PageUp)
    assert at(said.view) == "08:00"


def test_the_cursor_is_always_brought_on_the_screen(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.made(20, 30).board, doctors=20)
    for key in (Key.Key_End, Key.Key_End, Key.Key_Right, Key.Key_Home, Key.Key_PageDown, *[Key.Key_Right] * 18):
        QTest.keyClick(said.view, key)
        rect = said.view.stage.cursor_rect()
        assert said.view.viewport().rect().intersects(rect)
        assert said.view.viewport().rect().contains(rect.center())


def test_enter_on_free_time_asks_to_book_there(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 1, 585)
    QTest.keyClick(said.view, Key.Key_Return)
    (place,) = said.of("book_requested")
    assert place.practitioner_id == sample.uid(2, 1)
    assert place.starts_at == sample.instant(585)
    assert place.site_id == sample.SITE.id
    assert place.length_minutes is None


def test_enter_on_an_appointment_asks_to_open_it(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 0, 630)
    QTest.keyClick(said.view, Key.Key_Enter)
    assert [entry.patient.display_name for entry in said.of("open_requested")] == ["Aisha Rahman"]
    assert not said.of("book_requested")


def test_shift_and_down_choose_a_range_that_enter_books_and_escape_lets_go(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    stand(said, 0, 600)
    QTest.keyClick(said.view, Key.Key_Down, Shift)
    QTest.keyClick(said.view, Key.Key_Down, Shift)
    assert len(said.view.selectionModel().selectedIndexes()) == 3
    QTest.keyClick(said.view, Key.Key_Return)
    (place,) = said.of("book_requested")
    assert (place.starts_at, place.length_minutes) == (sample.instant(600), 45)
    QTest.keyClick(said.view, Key.Key_Up, Shift)
    assert said.view.current_place().length_minutes == 30  # type: ignore[union-attr]
    QTest.keyClick(said.view, Key.Key_Escape)
    assert said.view.current_place().length_minutes is None  # type: ignore[union-attr]


def test_shift_and_up_choose_a_range_upwards_from_where_it_was_begun(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    stand(said, 0, 600)
    for _ in range(2):
        QTest.keyClick(said.view, Key.Key_Up, Shift)
    place = said.view.current_place()
    assert place is not None
    assert (place.starts_at, place.length_minutes) == (sample.instant(570), 45)


@pytest.mark.parametrize(("typed", "time"), [("1630", "16:30"), ("930", "09:30"), ("9:45", "09:45")])
def test_digits_jump_to_a_time_at_once_when_they_can_mean_no_other(
    shown: Shown, qtbot: QtBot, typed: str, time: str
) -> None:
    said = shown(sample.board())
    stand(said, 0, 480)
    QTest.keyClicks(said.view, typed[:-1])
    assert at(said.view) == "08:00"
    assert said.view.stage.hint.isVisible()
    QTest.keyClicks(said.view, typed[-1])
    assert at(said.view) == time
    assert not said.view.stage.hint.isVisible()
    assert said.view.viewport().rect().contains(said.view.stage.cursor_rect().center())


def test_a_time_that_could_go_on_waits_shows_a_hint_and_is_taken_after_a_pause(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    QTest.keyClicks(said.view, "16")
    assert said.view.stage.hint.isVisible()
    assert "16:00" in said.view.stage.hint.text()
    qtbot.waitUntil(lambda: at(said.view) == "16:00", timeout=20_000)
    assert not said.view.stage.hint.isVisible()


def test_enter_takes_a_typed_time_at_once_and_books_nothing(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    QTest.keyClicks(said.view, "16")
    QTest.keyClick(said.view, Key.Key_Return)
    assert at(said.view) == "16:00"
    assert not said.of("book_requested")


def test_escape_and_backspace_take_typed_digits_back(shown: Shown, qtbot: QtBot) -> None:
    said = shown(sample.board())
    before = at(said.view)
    QTest.keyClicks(said.view, "17")
    QTest.keyClick(said.view, Key.Key_Backspace)
    assert "01:00" in said.view.stage.hint.text()
    QTest.keyClick(said.view, Key.Key_Escape)
    assert not said.view.stage.hint.isVisible()
    assert at(said.view) == before


def test_tab_leaves_the_calendar(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    view, beside = CalendarView(window), QLineEdit(window)
    with qtbot.waitExposed(window):
        window.show()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    QTest.keyClick(view, Key.Key_Tab)
    assert beside.hasFocus()


def test_letters_and_escape_without_need_go_on_to_the_window(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    for key in (Key.Key_N, Key.Key_T, Key.Key_Escape, Key.Key_F5):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "n" if key == Key.Key_N else "")
        QApplication.sendEvent(said.view, event)
        assert not event.isAccepted()


def test_a_shortcut_of_the_window_on_a_digit_or_arrow_does_not_take_it_from_the_calendar(
    shown: Shown, qtbot: QtBot
) -> None:
    said = shown(sample.board())
    taken: list[str] = []
    for name in ("1", "Down", "Return"):
        shortcut = QShortcut(name, said.view)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(lambda name=name: taken.append(name))
    stand(said, 0, 600)
    QTest.keyClick(said.view, Key.Key_Down)
    assert at(said.view) == "10:15"
    QTest.keyClicks(said.view, "1630")
    assert at(said.view) == "16:30"
    assert taken == []


def test_a_single_letter_shortcut_of_the_window_works_on_the_calendar(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    taken: list[str] = []
    QShortcut("N", said.view).activated.connect(lambda: taken.append("N"))
    QTest.keyClick(said.view, Key.Key_N)
    assert taken == ["N"]


def test_the_menu_key_asks_for_the_menu_of_what_is_under_the_cursor(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 0, 630)
    centre = said.view.viewport().rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, centre, said.view.viewport().mapToGlobal(centre))
    QApplication.sendEvent(said.view.viewport(), event)
    QTest.keyClick(said.view, Key.Key_F10, Shift)
    assert [what.patient.display_name for what in said.of("context_requested")] == ["Aisha Rahman"] * 2


def test_moving_says_what_is_selected_and_where_the_cursor_is(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 0, 600)
    QTest.keyClick(said.view, Key.Key_Down)
    QTest.keyClick(said.view, Key.Key_Down)
    selected = said.of("entry_selected")
    assert [one.patient.display_name if one else None for one in selected] == ["Aisha Rahman", None]
    assert said.of("place_changed")[-1].starts_at == sample.instant(645)


def test_qts_current_cell_follows_the_cursor(shown: Shown, qtbot: QtBot) -> None:
    said = shown()
    stand(said, 2, 555)
    index = said.view.currentIndex()
    assert (index.row(), index.column()) == (36, 2)  # Emil's appointment begins at nine
    assert said.view.selectionModel().isSelected(index)


def test_a_current_cell_set_from_outside_moves_the_cursor(shown: Shown) -> None:
    said = shown()
    said.view.setCurrentIndex(said.view.model().index(45, 1))
    assert (said.view.scene.column, at(said.view)) == (1, "Olga Ivanova")


def test_move_cursor_of_qt_answers_with_the_cell_the_key_would_lead_to(shown: Shown) -> None:
    said = shown()
    stand(said, 0, 600)
    down = said.view.moveCursor(said.view.CursorAction.MoveDown, Qt.KeyboardModifier.NoModifier)
    assert (down.row(), down.column()) == (41, 0)


def test_an_empty_calendar_takes_every_key_and_does_nothing(qtbot: QtBot) -> None:
    view = CalendarView()
    qtbot.addWidget(view)
    said = Said(view, sample.board())
    view.show()
    for key in (Key.Key_Down, Key.Key_Home, Key.Key_Return, Key.Key_PageDown, Key.Key_Escape, Key.Key_1):
        QTest.keyClick(view, key)
    QTest.keyClick(view, Key.Key_Down, Shift)
    QApplication.sendEvent(view, QKeyEvent(QEvent.Type.KeyPress, Key.Key_F10, Shift))
    assert not view.moveCursor(view.CursorAction.MoveDown, Qt.KeyboardModifier.NoModifier).isValid()
    assert said.heard == []
