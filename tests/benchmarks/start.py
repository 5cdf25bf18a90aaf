"""How soon the program is there: `python -m tests.benchmarks.start [--repeats 9] [--json]`.

Processes are started by turns, each from nothing, on a warm embedded server; medians, from the start of the process:

- `empty`: a QMainWindow with nothing in it, to the end of its first painting; `window`: the program's, the same;
- `bare`: a script that imports the libraries that the program has imported when its calendar is there (PySide6,
  SQLAlchemy, psycopg2, pydantic-settings and four small ones), connects, runs the day's query and shows an empty
  window; `calendar`: the program, until the calendar of today is painted.

`window` and `calendar` come of one run of the real entry point (`clinic_desk.cli.main`). CPU time of the process stands
beside wall time; the budgets are ratios of wall times of one run of this benchmark, and the CPU ratio is told too, for
machines that are busy with something else.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import statistics
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget

ROOT = Path(__file__).parents[2]
WINDOW_BUDGET, CALENDAR_BUDGET = 1.1, 1.3

Moment = tuple[float, float]
"""Monotonic seconds of the machine, CPU seconds of the process."""

# --- in a process of its own ------------------------------------------------------------------------------------------


def now() -> Moment:
    """This moment."""
    return monotonic(), process_time()


def after_painting(widget: QWidget, then: Callable[[], None]) -> QObject:
    """Call `then` once, when a widget and all of its window have been painted; keep what is returned."""
    from PySide6.QtCore import QCoreApplication, QEvent, QObject

    class Watch(QObject):
        """Waits for the first painting."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                watched.removeEventFilter(self)
                # Served right after the painting, before anything that the painting itself asks for.
                QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), 1)
            return False

        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.User:
                then()
                return True
            return super().event(event)

    watch = Watch()
    widget.installEventFilter(watch)
    return watch


def child_empty() -> dict[str, Moment]:
    """Show an empty window."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.resize(1440, 900)
    at: dict[str, Moment] = {}

    def painted() -> None:
        at["empty"] = now()
        app.quit()

    watch = after_painting(window, painted)
    window.show()
    app.exec()
    del watch
    return at


def child_bare(url: str) -> dict[str, Moment]:
    """Import, connect, ask for the day, show an empty window."""
    import anyascii  # noqa: F401
    import filelock  # noqa: F401
    import platformdirs  # noqa: F401
    import psycopg2  # noqa: F401
    import pydantic_settings  # noqa: F401
    import uuid_utils  # noqa: F401
    from PySide6 import QtCore, QtGui  # noqa: F401
    from PySide6.QtWidgets import QApplication, QMainWindow
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT a.*, p.family_name, p.given_name, p.birth_date, t.name FROM appointment AS a"
                " JOIN patient AS p ON p.id = a.patient_id JOIN appointment_type AS t ON t.id = a.type_id"
                " WHERE a.starts_at >= date_trunc('day', now()) AND a.starts_at < date_trunc('day', now()) + '1 day'"
                " ORDER BY a.starts_at"
            )
        ).all()
    app = QApplication([])
    window = QMainWindow()
    window.resize(1440, 900)
    at: dict[str, Moment] = {}

    def painted() -> None:
        at["bare"] = now()
        app.quit()

    watch = after_painting(window, painted)
    window.show()
    app.exec()
    del watch
    return at


def child_program(url: str) -> dict[str, Any]:
    """Run the program by its own entry point, with eyes on it."""
    from clinic_desk import app as composition
    from clinic_desk.cli import main
    from clinic_desk.ui.shell import crash

    at: dict[str, Any] = {}
    kept: list[object] = []

    class Watched(composition.DeskProgram):
        """The program, which notes its first paintings."""

        def _begin(self) -> None:
            # What the program does as soon as its window has been painted.
            at["window"] = now()
            at["imported"] = [
                name for name in ("sqlalchemy", "psycopg2", "apscheduler", "twilio") if name in sys.modules
            ]
            super()._begin()

        def show(self) -> None:
            def calendar_painted() -> None:
                at["calendar"] = now()
                self.close()

            self.ready.connect(lambda: kept.append(after_painting(self.window.calendar.viewport(), calendar_painted)))
            self.opening_failed.connect(give_up)
            super().show()

    def give_up(*told: Any) -> None:
        lines = traceback.format_exception(told[1]) if len(told) == 3 else [str(told)]
        sys.stderr.write("the calendar will never be there: " + "".join(lines))
        sys.stderr.flush()
        os._exit(3)

    composition.DeskProgram = Watched  # type: ignore[misc]

    def install(_reporter: crash.CrashReporter) -> None:
        sys.excepthook = give_up

    crash.CrashReporter.install = install  # type: ignore[assignment, method-assign]
    main(["--database-url", url])
    return at


# --- the benchmark ----------------------------------------------------------------------------------------------------


def started(kind: str, url: str, home: Path) -> dict[str, Any]:
    """Start one process; what it told, in milliseconds (wall, CPU) from its start."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "CLINIC_DESK_DESK_ID": "00000000-0000-7000-8000-00000000de5c",
    }
    began = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.start", "--child", kind, url],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        message = f"the process {kind} ended with {done.returncode}: {done.stderr}"
        raise RuntimeError(message)
    told = json.loads(done.stdout.splitlines()[-1])
    times = {name: ((at[0] - began) * 1000, at[1] * 1000) for name, at in told.items() if name != "imported"}
    return times | {"imported": told.get("imported", [])}


def measure(repeats: int) -> dict[str, Any]:
    """Start all kinds by turns; the medians and their ratios."""
    from tests.benchmarks.place import place, server

    taken: dict[str, list[tuple[float, float]]] = {}
    early: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="cdbench-") as scratch, server() as superuser, place(superuser) as here:
        url = here.url.render_as_string(hide_password=False)
        for number in range(repeats + 1):
            for kind in ("empty", "bare", "program"):
                told = started(kind, url, Path(scratch))
                early |= set(told.pop("imported"))
                if number:  # the first round warms the disk's cache
                    for name, both in told.items():
                        taken.setdefault(name, []).append(both)
    wall = {name: statistics.median(each[0] for each in times) for name, times in taken.items()}
    cpu = {name: statistics.median(each[1] for each in times) for name, times in taken.items()}
    ratios = {
        "window / empty": (wall["window"] / wall["empty"], cpu["window"] / cpu["empty"], WINDOW_BUDGET),
        "calendar / bare": (wall["calendar"] / wall["bare"], cpu["calendar"] / cpu["bare"], CALENDAR_BUDGET),
    }
    return {"wall_ms": wall, "cpu_ms": cpu, "ratios": ratios, "imported_too_early": sorted(early)}


def main() -> int:
    """Print the figures; exit code 1 when a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("KIND", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, url = options.child
        faulthandler.dump_traceback_later(60, exit=True)
        told = child_empty() if kind == "empty" else child_bare(url) if kind == "bare" else child_program(url)
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    found = measure(options.repeats)
    lines = [json.dumps(found)]
    if not options.json:
        lines = [
            f"{name:10} wall {found['wall_ms'][name]:7.0f} ms, CPU {found['cpu_ms'][name]:7.0f} ms"
            for name in found["wall_ms"]
        ]
        lines += [
            f"{name:16} wall {wall:.2f}, CPU {cpu:.2f} (budget {budget})"
            for name, (wall, cpu, budget) in found["ratios"].items()
        ]
        lines.append(f"imported before the first painting: {found['imported_too_early'] or 'none of the heavy ones'}")
    sys.stdout.write("\n".join(lines) + "\n")
    kept = all(wall <= budget for wall, _, budget in found["ratios"].values()) and not found["imported_too_early"]
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
