"""What `tests.benchmarks.start` starts and measures: `python -m tests.benchmarks.started KIND URL`, one process each.

It imports nothing for itself before the end, for what it imported would be counted for all three and make them alike.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget

HEAVY = ("sqlalchemy", "psycopg2", "apscheduler", "twilio")
Moment = tuple[float, float]
"""Monotonic seconds of the machine, CPU seconds of the process."""


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


def show_empty(name: str) -> dict[str, Moment]:
    """Show an empty window; note under a name when it was painted."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    at: dict[str, Moment] = {}

    class Window(QMainWindow):
        """Ends the program when it has been painted; its event tells of it without more of Qt than a window needs."""

        def paintEvent(self, event: object) -> None:
            QTimer.singleShot(0, painted)

    def painted() -> None:
        at.setdefault(name, now())
        app.quit()

    from PySide6.QtCore import QTimer

    app = QApplication([])
    window = Window()
    window.resize(1440, 900)
    window.show()
    app.exec()
    return at


def bare(url: str) -> dict[str, Moment]:
    """Import, connect, ask for the day, show an empty window."""
    import anyascii  # noqa: F401
    import filelock  # noqa: F401
    import platformdirs  # noqa: F401
    import psycopg2  # noqa: F401
    import pydantic_settings  # noqa: F401
    import uuid_utils  # noqa: F401
    from PySide6 import QtCore, QtGui, QtWidgets  # noqa: F401
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
    return show_empty("bare")


def program(url: str) -> dict[str, Any]:
    """Run the program by its own entry point, with eyes on it."""
    from clinic_desk.cli import load_desktop, main

    composition = load_desktop()
    at: dict[str, Any] = {}
    kept: list[object] = []

    class Watched(composition.DeskProgram):  # type: ignore[misc, name-defined]
        """The program, which notes its first paintings."""

        def _begin(self) -> None:
            # What the program does as soon as its window has been painted.
            at["window"] = now()
            at["imported"] = [name for name in HEAVY if name in sys.modules]
            super()._begin()

        def show(self) -> None:
            def calendar_painted() -> None:
                at["calendar"] = now()
                self.close()

            self.ready.connect(lambda: kept.append(after_painting(self.window.calendar.viewport(), calendar_painted)))
            self.opening_failed.connect(give_up)
            super().show()

    def give_up(*told: Any) -> None:
        import traceback

        lines = traceback.format_exception(told[1]) if len(told) == 3 else [str(told)]
        sys.stderr.write("the calendar will never be there: " + "".join(lines))
        sys.stderr.flush()
        os._exit(3)

    def install(_reporter: object) -> None:
        sys.excepthook = give_up

    vars(composition).update(DeskProgram=Watched)
    composition.CrashReporter.install = install
    main(["--database-url", url])
    return at


if __name__ == "__main__":
    faulthandler.dump_traceback_later(60, exit=True)
    kind, address = sys.argv[1:]
    told = show_empty("empty") if kind == "empty" else bare(address) if kind == "bare" else program(address)
    import json

    sys.stdout.write(json.dumps(told) + "\n")
