"""Sets the tour up: one demo clinic, two desks in this process with ways to the database of their own, one story."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.display import has_display

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from clinic_desk.app import DeskProgram
    from clinic_desk.opening import Opened
    from clinic_desk.tour.stage import Stage, Steps

_OPEN_WITHIN_S: Final = 300.0
"""The first start makes the database and the demo clinic, on a slow machine too."""
_SIZE: Final = (1440, 900)


def run_tour(data: Path | None, shots: Path) -> int:
    """Run the guided tour on the demo clinic of `data`; pictures go to `shots`. Return 0, or 1 if anything is wrong."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Names of the demo clinic are of many scripts; what a machine without a screen has no font for is no news.
    os.environ.setdefault("QT_LOGGING_RULES", "qt.text.font.db=false")
    from PySide6.QtCore import QSettings

    from clinic_desk.app import DeskProgram, make_application
    from clinic_desk.tour.stage import Stage
    from clinic_desk.ui.garbage import GarbageCollector
    from clinic_desk.ui.shell.crash import CrashReporter
    from clinic_desk.ui.theme import apply_style

    app = make_application([])
    apply_style(app, dark=False)
    garbage, reporter, stage = GarbageCollector(app), CrashReporter(app), Stage(shots.absolute(), app)
    reporter.install()
    reporter.reported.connect(lambda report: stage.fail(f"The program itself has a bug:\n{report}"))
    with tempfile.TemporaryDirectory(prefix="clinic-desk-tour-") as folder:
        programs = []
        for person in (0, 1):
            settings = QSettings(str(Path(folder) / f"desk-{person + 1}.ini"), QSettings.Format.IniFormat)
            program = DeskProgram(partial(_open, data, person), settings, app)
            program.window.resize(*_SIZE)
            programs.append(program)
            stage.windows.append(program.window)
        stage.ended.connect(app.exit)
        stage.play(_story(stage, *programs))
        code = app.exec()
        code = _end(app, stage, programs) or code
    garbage.stop()
    reporter.uninstall()
    return code


def _open(data: Path | None, person: int, tell: Callable[[str], None]) -> Opened:
    from clinic_desk.opening import open_demo
    from clinic_desk.settings import load_settings

    return open_demo(load_settings(), data, tell, person=person)


def _story(stage: Stage, first: DeskProgram, second: DeskProgram) -> Steps[None]:
    from clinic_desk.tour.hands import Hands
    from clinic_desk.tour.stage import TourFailed, Until

    stage.say("A guided tour of Clinic Desk: two desks on one embedded PostgreSQL, driven by keys and mouse.")
    for number, program in enumerate((first, second), start=1):
        program.show()
        troubles: list[str] = []
        program.stage_told.connect(lambda text: stage.say(f"        {text}"))
        program.opening_failed.connect(troubles.append)
        yield Until(
            lambda program=program, troubles=troubles: program.is_ready or troubles,  # type: ignore[misc]
            f"Desk {number} opens the demo clinic",
            _OPEN_WITHIN_S,
        )
        if troubles:
            raise TourFailed(f"Desk {number} opens the demo clinic. It says: {troubles[0]}")
        space = program.workspace
        assert space is not None
        stage.say(f"Desk {number} is open: {space.opening.person.display_name} is signed in, the calendar is live.")
    yield Until(lambda: _knows_both(first), "each desk sees that the other one is online")
    from clinic_desk.tour.story import TwoDesks

    yield from TwoDesks(stage, Hands(first), Hands(second)).story()
    stage.say("Everything was as expected. Both desks close.")


def _knows_both(program: DeskProgram) -> bool:
    space = program.workspace
    if space is None:
        return False
    space.pulse.ask()
    return "," in program.window.status_bar.desks.text()


def _end(app: QApplication, stage: Stage, programs: list[DeskProgram]) -> int:
    """Close both desks as a person would, then let go of everything; return 1 if that did not work."""
    from PySide6.QtCore import QTimer

    open_ones = list(programs)

    def closed() -> None:
        open_ones.pop()
        if not open_ones:
            app.quit()

    for program in programs:
        program.closed.connect(closed)
        QTimer.singleShot(0, program, program.close)
    app.exec()
    ended = [program.finish() for program in programs]
    if not all(ended):
        sys.stderr.write("The tour failed. Expected: every thread of both desks ends when they close.\n")
        return 1
    pictures = len(stage.pictures)
    stage.say(f"{pictures} pictures are in {stage.shots}")
    return 0
