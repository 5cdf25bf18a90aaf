"""How fast the calendar paints: `python -m tests.benchmarks.rendering [--json]`.

Each figure runs from the change of the data to the end of the painting. CPU time of the process (milliseconds, medians;
scrolling: 99th percentile) with wall time beside it. The last column is the CPU time in units of a fixed calibration
(shaping and painting 400 short strings, measured around each case): it stays put on a busy or a slower machine.
"least" is the best round, near to what an idle machine needs. Automatic garbage collection is off, as in the program.
Offscreen by default; `QT_QPA_PLATFORM=xcb` measures on a display.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from clinic_desk.domain.records import DayBoard
from clinic_desk.ui.calendar.places import Column
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.theme import apply_style
from tests.ui.calendar import sample

SIZE = (1440, 900)
BUDGETS = {
    "20 x 50": {"first": 110.0, "next day": 35.0, "one change": 1.2, "burst of 100": 25.0, "scroll p99": 10.0},
    "40 x 100": {"next day": 70.0, "one change": 1.5, "burst of 100": 25.0},
}


Columns = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One result in milliseconds; `calibrated`: CPU time in units of the calibration."""

    case: str
    what: str
    cpu: float
    least: float
    wall: float
    calibrated: float
    budget: float | None

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        return self.budget is None or self.cpu <= self.budget


class Paints(QObject):
    """Counts paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        self.count = 0
        super().__init__()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return super().eventFilter(watched, event)


class Bench:
    """Measures one widget's cases."""

    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.times: list[tuple[float, float]] = []

    def until_painted(self, view: QWidget, change: Callable[[], object], paints: Paints | None = None) -> None:
        """Measure from a change until it is painted."""
        cpu, wall = time.process_time(), time.perf_counter()
        paints = paints or Paints(view)
        before = paints.count
        change()
        deadline = wall + 10
        while paints.count == before and time.perf_counter() < deadline:
            self.app.processEvents()
        self.times.append(((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
        assert paints.count > before, "nothing was painted"

    def take(self) -> list[tuple[float, float]]:
        """Return the times measured since the last call."""
        taken, self.times = self.times, []
        return taken


def calibration() -> float:
    """Return the CPU milliseconds of a fixed piece of work like the calendar's own."""
    image = QImage(800, 600, QImage.Format.Format_ARGB32_Premultiplied)
    best = []
    for _ in range(5):
        start = time.process_time()
        painter = QPainter(image)
        for no in range(400):
            painter.drawText(QPointF(no % 700, no % 580 + 12), f"Calibration {no}")
        painter.end()
        best.append((time.process_time() - start) * 1000)
    return statistics.median(best)


def shown(doctors: int, each: int, days: int) -> tuple[list[sample.Made], list[Columns]]:
    """Return generated days of one clinic and their columns."""
    made = [sample.made(doctors, each, sample.DAY + timedelta(weeks=no)) for no in range(days)]
    made = [sample.Made(made[0].clinic, one.board) for one in made]
    return made, [sample.columns(made[0].clinic, one.board.day) for one in made]


def first(bench: Bench, doctors: int, each: int, rounds: int) -> None:
    """A view is made, given a day, shown."""
    made = sample.made(doctors, each)
    columns = sample.columns(made.clinic)
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        view = CalendarView()
        view.resize(*SIZE)
        view.show_columns(columns, {sample.DAY: made.board}, made.clinic, sample.instant(577))
        paints = Paints(view.viewport())
        view.show()
        while not paints.count:
            bench.app.processEvents()
        bench.times.append(((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
        close(bench.app, view)


def close(app: QApplication, view: QWidget) -> None:
    """Close and delete a widget."""
    view.close()
    view.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    app.processEvents()


def ready_view(app: QApplication, made: sample.Made, columns: Columns) -> CalendarView:
    """Return a shown view at work."""
    view = CalendarView()
    view.resize(*SIZE)
    view.show_columns(columns, {made.board.day: made.board}, made.clinic, sample.instant(577))
    view.show()
    for _ in range(20):
        app.processEvents()
    return view


def next_day(bench: Bench, doctors: int, each: int, rounds: int) -> None:
    """Another day is shown in full: none of its appointments was seen before."""
    made, columns = shown(doctors, each, rounds + 1)
    view = ready_view(bench.app, made[0], columns[0])
    paints = Paints(view.viewport())
    for one, these in zip(made[1:], columns[1:], strict=True):
        boards = {one.board.day: one.board}
        show = partial(view.show_columns, these, boards, one.clinic, sample.instant(577))
        bench.until_painted(view.viewport(), show, paints)
    close(bench.app, view)


def visible_entries(view: CalendarView, board: DayBoard) -> list[UUID]:
    """Return the ids of some of a board's entries that are on the screen."""
    seen = []
    rect = view.viewport().rect()
    for at, one in enumerate(board.entries):
        found = view._table.find(one.id) if at % 7 == 0 else None
        if found is not None:
            item = view._table.content(found[0]).entries[found[1]]
            if rect.contains(view.surface.block(found[0], item)):
                seen.append(one.id)
    return seen


def arrive(view: CalendarView, boards: list[tuple[DayBoard, UUID]]) -> None:
    """Give a view newer readings, one after the other."""
    for board, changed in boards:
        view.update_boards({sample.DAY: board}, frozenset({changed}))


def changes(bench: Bench, doctors: int, each: int, rounds: int, burst: int) -> None:
    """Appointments on the screen are changed elsewhere; `burst` of them arrive in one turn of the event loop."""
    made = sample.made(doctors, each)
    view = ready_view(bench.app, made, sample.columns(made.clinic))
    paints, board = Paints(view.viewport()), made.board
    seen = visible_entries(view, board)
    at = 0
    for no in range(rounds):
        boards = []
        for _ in range(burst):
            at = (at + 1) % len(seen)
            old = next(one for one in board.entries if one.id == seen[at])
            new = sample.moved(old, 5 if no // len(seen) % 2 == 0 else -5)
            board = sample.with_entry(board, new)
            boards.append((board, new.id))

        bench.until_painted(view.viewport(), partial(arrive, view, boards), paints)
    close(bench.app, view)


def scrolling(bench: Bench, doctors: int, each: int, frames: int) -> None:
    """The day is scrolled by hand, down and up, then sideways."""
    made = sample.made(doctors, each)
    view = ready_view(bench.app, made, sample.columns(made.clinic))
    paints = Paints(view.viewport())
    for bar in (view.verticalScrollBar(), view.horizontalScrollBar()):
        step = 31
        for _ in range(frames // 2):
            if not bar.minimum() < bar.value() + step < bar.maximum():
                step = -step
            bench.until_painted(view.viewport(), partial(bar.setValue, bar.value() + step), paints)
    close(bench.app, view)


class PlainModel(QAbstractTableModel):
    """The reference: as many rows and columns of plain text."""

    def __init__(self, rows: int, columns: int) -> None:
        self._size = rows, columns
        super().__init__()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._size[0]

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._size[1]

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return f"Patient {index.row()} {index.column()}" if role == Qt.ItemDataRole.DisplayRole else None


def plain_table(bench: Bench, doctors: int, rounds: int) -> None:
    """The reference: a plain QTableView of the same size, repainted in full."""
    view, model = QTableView(), PlainModel(96, doctors)
    view.setModel(model)
    view.verticalHeader().setDefaultSectionSize(22)
    view.horizontalHeader().setDefaultSectionSize(140)
    view.resize(*SIZE)
    view.show()
    bench.app.processEvents()
    paints = Paints(view.viewport())
    for _ in range(rounds):
        bench.until_painted(view.viewport(), view.viewport().update, paints)
    close(bench.app, view)


def measure(app: QApplication) -> list[Figure]:
    """Run every case."""
    out: list[Figure] = []

    def case(name: str, what: str, run: Callable[[Bench], object], *, p99: bool = False) -> None:
        unit = calibration()
        bench = Bench(app)
        run(bench)
        unit = (unit + calibration()) / 2
        taken = bench.take()
        cpu = [one for one, _ in taken]
        wall = [one for _, one in taken]
        pick = (lambda values: statistics.quantiles(values, n=100)[98]) if p99 else statistics.median
        budget = BUDGETS.get(name, {}).get(what)
        out.append(Figure(name, what, pick(cpu), min(cpu), pick(wall), pick(cpu) / unit, budget))

    for doctors, each in ((20, 50), (40, 100)):
        name = f"{doctors} x {each}"
        case(name, "first", partial(first, doctors=doctors, each=each, rounds=9))
        case(name, "next day", partial(next_day, doctors=doctors, each=each, rounds=15))
        case(name, "one change", partial(changes, doctors=doctors, each=each, rounds=200, burst=1))
        case(name, "burst of 100", partial(changes, doctors=doctors, each=each, rounds=15, burst=100))
        case(name, "scroll p99", partial(scrolling, doctors=doctors, each=each, frames=400), p99=True)
        case(name, "plain QTableView repainted", partial(plain_table, doctors=doctors, rounds=15))
    return out


def line(one: Figure) -> str:
    """Return a figure as a line of the table."""
    budget = f"{one.budget:7.1f}" if one.budget is not None else " " * 7
    mark = "" if one.kept else "  OVER"
    times = f"{one.cpu:8.2f} {one.least:8.2f} {one.wall:8.2f} {one.calibrated:8.2f}"
    return f"{one.case:9} {one.what:27} {times} {budget}{mark}"


def main() -> int:
    """Print the figures; exit code 1 when a budget is not kept."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    gc.disable()
    app = QApplication([])
    apply_style(app, dark=False)
    figures = measure(app)
    if "--json" in sys.argv:
        lines = [json.dumps([asdict(figure) for figure in figures], indent=2)]
    else:
        lines = [f"platform {app.platformName()}, {SIZE[0]}x{SIZE[1]}; CPU and wall in ms"]
        lines.append(f"{'case':9} {'what':27} {'CPU':>8} {'least':>8} {'wall':>8} {'calibr.':>8} {'budget':>7}")
        lines += [line(one) for one in figures]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
