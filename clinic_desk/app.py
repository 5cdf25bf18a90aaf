"""Runs the desktop: Qt's application, one desk, and the order of what is around it: log, signals, callers' numbers."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from clinic_desk.desk_program import DeskProgram
from clinic_desk.errors import ClinicDeskError
from clinic_desk.opener import Open
from clinic_desk.ui.first_look import apply_first_look
from clinic_desk.ui.garbage import GarbageCollector
from clinic_desk.ui.shell.crash import CrashReporter
from clinic_desk.ui.window_place import place_window

log = logging.getLogger(__name__)
CALLS_AFTER_MS: Final = 700
"""So long the calendar has the computer to itself before callers' numbers are heard, which takes an import."""


def make_application(arguments: list[str]) -> QApplication:
    """Return Qt's application with the program's names; there is one per process."""
    # Names of patients are of many scripts; that a machine has no font for one of them is no news for its console.
    os.environ.setdefault("QT_LOGGING_RULES", "qt.text.font.db=false")
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("clinic-desk")
    app.setApplicationDisplayName("Clinic Desk")
    app.setDesktopFileName("clinic-desk")
    app.setQuitOnLastWindowClosed(False)
    return app


def run_desktop(
    open_clinic: Open, start_log: Callable[[], None], opened: Callable[[], str], find_phone: str | None = None
) -> int:
    """Run one desk until its window is closed; return the exit code. The log is started when the window is painted.

    `opened` tells what it opens, for other programs that bring a caller's number. With `find_phone` the number goes to
    a desk that is running already, and only if there is none to one of its own.
    """
    app = make_application([])
    from clinic_desk.ui.just_starting import JustStarting

    starting = JustStarting()
    if find_phone is None:
        starting.take()
    else:
        from clinic_desk.ui.calls import is_handed_on

        if starting.is_handed_on(partial(is_handed_on, opened, find_phone)):
            return 0
    reporter = CrashReporter(app)
    reporter.install()
    garbage = GarbageCollector(app)
    program = DeskProgram(open_clinic, QSettings("clinic-desk", "clinic-desk"))
    apply_first_look(app, program.window.preferences.scheme())
    place_window(program.window, program.window.preferences.geometry("main"))
    program.ready.connect(garbage.settle)
    program.on_screen.connect(start_log)
    program.on_screen.connect(lambda: _close_on_signals(program))
    program.closed.connect(app.quit)

    def hear() -> None:
        with suppress(ClinicDeskError):  # the settings are wrong, which the window says
            program.hear_calls(opened())
        starting.end()

    program.opening_failed.connect(hear)
    if find_phone is None:
        program.ready.connect(lambda: QTimer.singleShot(CALLS_AFTER_MS, program, hear))
    else:  # the next call may come before the calendar does
        program.find_phone(find_phone)
        program.on_screen.connect(hear)
    program.show()
    code = app.exec()
    ended = program.finish()
    garbage.stop()
    reporter.uninstall()
    if not ended:
        log.warning("a thread did not end in time and was left behind")
        logging.shutdown()
        os._exit(code)  # a statement that hangs in the driver must not keep a closed program alive
    return code


def _close_on_signals(program: DeskProgram) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        # Python looks at signals between its own steps; the collector's timer makes one every second.
        signal.signal(number, lambda *_: program.leave())
