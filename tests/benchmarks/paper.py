"""The day on paper: `python -m tests.benchmarks.paper [--doctors N] [--each N] [--json]`.

From the records of a day to a PDF of all its lists. Beside the clock's figure stands the processor time used: others
may run here too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QGuiApplication, QPageSize

from clinic_desk.domain.day_list import doctor_days
from clinic_desk.domain.records import DayBoard
from clinic_desk.ui.paper.day_pages import day_document
from clinic_desk.ui.paper.painter import pdf_of
from tests.ui.calendar import sample

BUDGET_S: Final = 1.0
_NOTE: Final = "Brings the X-ray pictures of last year; needs the lift"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure, in seconds: median of `times`."""

    what: str
    cpu: float
    wall: float
    budget: float
    pages: int
    size_kb: int
    times: int

    @property
    def kept(self) -> bool:
        """By the processor time: it is what the program takes."""
        return self.cpu <= self.budget


def told(board: DayBoard) -> DayBoard:
    """The day with telephone numbers and, on every third visit, a note."""
    entries = tuple(
        replace(
            entry,
            patient=replace(entry.patient, phone=f"+4930{1_000_000 + number}"),
            appointment=replace(entry.appointment, note="" if number % 3 else _NOTE),
        )
        for number, entry in enumerate(board.entries)
    )
    return replace(board, entries=entries)


def measure(doctors: int, each: int, times: int) -> Figure:
    """Make the PDF so often, each time anew."""
    made = sample.made(doctors, each)
    board = told(made.board)
    cpu, wall, pages, pdf = [], [], 0, b""
    for _ in range(times):
        counted: list[int] = []
        began = time.process_time(), time.perf_counter()
        document = day_document(doctor_days(board, made.clinic), made.clinic, "Desk 1")
        pdf = pdf_of(document, QPageSize.PageSizeId.A4, counted.append)
        cpu.append(time.process_time() - began[0])
        wall.append(time.perf_counter() - began[1])
        pages = len(counted)
    what = f"day list of {doctors} doctors x {each} as PDF"
    return Figure(what, median(cpu), median(wall), BUDGET_S, pages, len(pdf) // 1024, times)


def main() -> int:
    """Print the figure; exit code 1 if it is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doctors", type=int, default=20)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    app = QGuiApplication.instance() or QGuiApplication([])
    assert app is not None
    found = measure(chosen.doctors, chosen.each, chosen.times)
    if chosen.json:
        sys.stdout.write(json.dumps([asdict(found) | {"kept": found.kept}]) + "\n")
    else:
        sys.stdout.write(
            f"{found.what}: {found.cpu:.2f} s CPU, {found.wall:.2f} s by the clock (budget {found.budget:.0f} s), "
            f"{found.pages} pages, {found.size_kb} kB, median of {found.times}\n"
        )
    return 0 if found.kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
