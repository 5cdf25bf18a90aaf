"""Runs the desktop: Qt's application, one desk, and the order of what is around it: log, signals, callers' numbers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from clinic_desk.desk.opener import Open
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.first_look import apply_first_look
from clinic_desk.ui.garbage import GarbageCollector
from clinic_desk.ui.shell.crash import CrashReporter
from clinic_desk.ui.window_place import place_left, place_window

if TYPE_CHECKING:
    from clinic_desk.ui.just_starting import JustStarting

log = logging.getLogger(__name__)
CALLS_AFTER_MS: Final = 700
"""So long the calendar has the computer to itself before callers' numbers are heard, which takes an import."""
CALLS_AT_LATEST_MS: Final = 5_000
"""So long after its first picture a desk without a calendar yet (who signs in is asked) hears other programs too."""
MANNERS_AFTER_MS: Final = 2_500
"""So long the calendar has the computer to itself before the tray has an icon."""


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
    open_clinic: Open,
    start_log: Callable[[], None],
    opened: Callable[[], str],
    find_phone: str | None = None,
    *,
    is_only_one: bool = False,
    again: Sequence[str] | None = None,
) -> int:
    """Run one desk until its window is closed; return the exit code. The log is started when the window is painted.

    `opened` tells what it opens, for other programs that bring a caller's number. With `find_phone` the number goes to
    a desk that is running already, and only if there is none to one of its own. `is_only_one`: a desk that runs with
    the same open comes to the front instead. `again`: the arguments to start with the PC by; None: it cannot.
    """
    app = make_application([])
    from clinic_desk.ui.just_starting import JustStarting

    starting = JustStarting()
    if _is_served_by_another(starting, opened, find_phone, is_only_one=is_only_one):
        return 0
    reporter = CrashReporter(app)
    reporter.install()
    garbage = GarbageCollector(app)
    program = _made_program(app, open_clinic, start_log)
    program.ready.connect(garbage.settle)
    program.ready.connect(lambda: QTimer.singleShot(MANNERS_AFTER_MS, program, lambda: _mind_manners(program, again)))
    _hear_other_programs(program, starting, opened, find_phone)
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


def _is_served_by_another(
    starting: JustStarting, opened: Callable[[], str], find_phone: str | None, *, is_only_one: bool
) -> bool:
    """Whether a desk that is running, or just starting, does what this program was started for."""
    if find_phone is not None:
        from clinic_desk.ui.calls import is_handed_on

        return starting.is_handed_on(partial(is_handed_on, opened, find_phone))
    if is_only_one:
        from clinic_desk.ui.desktop.one_desk import is_shown_instead

        return is_shown_instead(starting, opened)
    starting.take()
    return False


def _made_program(app: QApplication, open_clinic: Open, start_log: Callable[[], None]) -> DeskProgram:
    program = DeskProgram(open_clinic, QSettings("clinic-desk", "clinic-desk"))
    apply_first_look(app, program.window.preferences.scheme())
    place_window(program.window, place_left(program.window.preferences, "main"))
    program.on_screen.connect(start_log)
    program.on_screen.connect(lambda: _end_with_the_session(app, program))
    program.closed.connect(app.quit)
    return program


def _hear_other_programs(
    program: DeskProgram, starting: JustStarting, opened: Callable[[], str], find_phone: str | None
) -> None:
    """Have the desk hear them when it has a calendar, or there will be none soon; a caller's number first of all."""

    def hear() -> None:
        with suppress(ClinicDeskError):  # the settings are wrong, which the window says
            program.callers.hear(opened())
        starting.end()

    program.opening_failed.connect(hear)
    program.on_screen.connect(lambda: QTimer.singleShot(CALLS_AT_LATEST_MS, program, hear))
    # Also when it is heard already: the first start may have settled since what this PC works with.
    program.ready.connect(lambda: QTimer.singleShot(CALLS_AFTER_MS, program, hear))
    if find_phone is not None:  # the next call may come before the calendar does
        program.callers.find(find_phone)
        program.on_screen.connect(hear)


def _end_with_the_session(app: QApplication, program: DeskProgram) -> None:
    from clinic_desk.desk.leaving import leave, may_leave
    from clinic_desk.ui.desktop.log_off import LogOff, close_on_signals

    def end() -> None:
        program.close()
        program.finish()

    LogOff(app, partial(may_leave, program), end, program)
    close_on_signals(partial(leave, program), program.close)


def _mind_manners(program: DeskProgram, again: Sequence[str] | None) -> None:
    if not program.is_closing:
        from clinic_desk.desk.manners import Manners

        Manners(program, again)
