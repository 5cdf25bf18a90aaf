"""Make pictures of the calendar to look at: `python -m tests.ui.calendar.gallery FOLDER [NAME]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.theme import apply_style
from tests.ui.calendar import sample

WIDE, SMALL = (1180, 800), (900, 600)


def day_view(*, hard: bool = False, empty: bool = False, doctors: int = 5) -> CalendarView:
    """Return a view of one day."""
    view = CalendarView()
    of = sample.clinic(doctors)
    day = sample.hard_board() if hard else sample.board() if empty else sample.picture_board()
    view.show_columns(sample.columns(of), {sample.DAY: day}, of, sample.instant(577))
    return view


def at_work() -> CalendarView:
    """Return the target picture: the cursor on free time."""
    view = day_view()
    view.hands.move_cursor(view.CursorAction.MoveRight)
    view.go_to_minute(585)
    view.scene.focused = True
    return view


def busy() -> CalendarView:
    """Return a view with a selected appointment, a pending move, a flash."""
    view = day_view()
    rows = {one.id: one for one in sample.picture_board().entries}
    one = rows[sample.uid(6, 9)]
    wish = MoveWish(one, sample.uid(2, 1), sample.SITE.id, sample.instant(720), 30)
    view.set_pending(one.id, wish)
    later = sample.moved(rows[sample.uid(6, 18)], 60)
    view.update_boards({sample.DAY: sample.with_entry(sample.picture_board(), later)}, frozenset({later.id}))
    view.highlight([later.id])
    view.select_entry(sample.uid(6, 6))
    view.go_to_minute(480)
    view.select_entry(sample.uid(6, 6))
    return view


def a_week() -> CalendarView:
    """Return one doctor's week."""
    view, of, boards = CalendarView(), sample.clinic(), {}
    monday = sample.DAY - timedelta(days=1)
    for no in range(7):
        day = monday + timedelta(days=no)
        rows = [
            sample.entry(no * 100 + at, 0, 480 + at * 40, f"Patient {no}-{at}", kind, day=day)
            for at, kind in enumerate(("Check-up", "Echo", "Vaccination", "Well-child", "New patient", "Blood draw"))
            if (no + at) % 3
        ]
        boards[day] = sample.board(*(rows if no < 5 else []), day=day)
    view.show_columns(sample.week(of, monday), boards, of, sample.instant(577))
    return view


def many() -> CalendarView:
    """Return a day of twenty doctors."""
    made, view = sample.made(20, 50), CalendarView()
    view.show_columns(sample.columns(made.clinic), {sample.DAY: made.board}, made.clinic, sample.instant(577))
    return view


def clocks_back() -> CalendarView:
    """Return the night on which the clocks go back."""
    view, of, day = CalendarView(), sample.clinic(2), date(2026, 10, 25)
    rows = [
        sample.entry(1, 0, 60, "Through The Night", "Echo", length=150, day=day),
        sample.entry(2, 1, 150, "First Pass", "Check-up", day=day),
    ]
    view.show_columns(sample.columns(of, day), {day: sample.board(*rows, day=day)}, of, sample.instant(100, day))
    view.verticalScrollBar().setValue(0)
    return view


def stepped(minutes: int) -> CalendarView:
    """Return the day with rows of other lengths."""
    view = day_view()
    view.set_step(minutes)
    view.go_to_minute(585)
    view.verticalScrollBar().setValue(view.surface.y(450) + view.verticalScrollBar().value())
    return view


PICTURES: dict[str, Callable[[], CalendarView]] = {
    "at_work": at_work,
    "busy": busy,
    "hard": lambda: day_view(hard=True),
    "empty": lambda: day_view(empty=True),
    "week": a_week,
    "many": many,
    "clocks_back": clocks_back,
    "step_5": lambda: stepped(5),
    "step_10": lambda: stepped(10),
    "step_30": lambda: stepped(30),
}


def main(folder: Path, only: str = "") -> None:
    """Save every picture in both themes and two sizes."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        apply_style(app, dark=dark)
        for name, make in PICTURES.items():
            if only and only != name:
                continue
            for size in (WIDE, SMALL) if not only else (WIDE,):
                view = make()
                view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
                top = view.surface.position(0)
                view.resize(*size)
                view.show()
                app.processEvents()
                if name != "clocks_back":
                    view.verticalScrollBar().setValue(view.model().grid.y(max(top, 440)))  # type: ignore[attr-defined]
                app.processEvents()
                view.grab().save(str(folder / f"{name}_{size[0]}_{'dark' if dark else 'light'}.png"))
                view.close()
                app.processEvents()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen" if not os.environ.get("DISPLAY") else "xcb")
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"), sys.argv[2] if len(sys.argv) > 2 else "")
