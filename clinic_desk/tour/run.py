"""Sets the tour up: one demo clinic, two desks in this process with ways to the database of their own, one story."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from clinic_desk.desk.display import has_display

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from clinic_desk.desk.program import DeskProgram
    from clinic_desk.opening.opened import Opened
    from clinic_desk.tour.stage import Stage, Steps

_OPEN_WITHIN_S: Final = 300.0
"""The first start makes the database and the demo clinic, on a slow machine too."""
_SIZE: Final = (1440, 900)


def run_tour(data: Path | None, shots: Path) -> int:
    """Run the guided tour on the demo clinic of `data`; pictures go to `shots`. Return 0, or 1 if anything is wrong."""
    code, pictures = play(_tour, data, shots.absolute(), (0, 1))
    if code == 0:
        sys.stdout.write(f"{pictures} pictures are in {shots.absolute()}\n")
    return code


def play(
    story: Callable[[Stage, list[DeskProgram]], Steps[None]],
    data: Path | None,
    shots: Path,
    people: tuple[int, ...],
    settings: Mapping[str, object] = MappingProxyType({}),
    *,
    give_up: Callable[[], object] = lambda: None,
) -> tuple[int, int]:
    """Play a story with a desk for each of these people of the demo clinic in `data`, offscreen without a display.

    `settings`: what is not as this user has set it. `give_up` is called when the story failed while a clinic is still
    being opened, which is waited for: it may have that end sooner. A signal that ends programs fails the story.
    Return 0, or 1 if anything is not as the story expects, and how many pictures it left in `shots`.
    """
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Names of the demo clinic are of many scripts; what a machine without a screen has no font for is no news.
    os.environ.setdefault("QT_LOGGING_RULES", "qt.text.font.db=false")
    from PySide6.QtCore import QSettings

    from clinic_desk.desk.program import DeskProgram
    from clinic_desk.desk.run import make_application
    from clinic_desk.tour.stage import Stage
    from clinic_desk.ui.desktop.log_off import close_on_signals
    from clinic_desk.ui.garbage import GarbageCollector
    from clinic_desk.ui.shell.crash import CrashReporter
    from clinic_desk.ui.theme import apply_style

    app = make_application([])
    apply_style(app, dark=False)
    garbage, reporter, stage = GarbageCollector(app), CrashReporter(app), Stage(shots, app)
    reporter.install()
    reporter.reported.connect(lambda report: stage.fail(f"The program itself has a bug{stage.waiting}:\n{report}"))
    stop = partial(_stop, stage)
    close_on_signals(stop, stop)
    with tempfile.TemporaryDirectory(prefix="clinic-desk-tour-") as folder:
        programs = []
        for person in people:
            kept = QSettings(str(Path(folder) / f"desk-{person + 1}.ini"), QSettings.Format.IniFormat)
            program = DeskProgram(partial(_open, data, person, settings), kept, app)
            program.window.resize(*_SIZE)
            programs.append(program)
            stage.windows.append(program.window)
        stage.ended.connect(app.exit)
        stage.play(story(stage, programs))
        code = app.exec()
        code = _end(app, programs, give_up if code else lambda: None) or code
    garbage.stop()
    reporter.uninstall()
    return code, len(stage.pictures)


def _open(data: Path | None, person: int, settings: Mapping[str, object], tell: Callable[[str], None]) -> Opened:
    from clinic_desk.opening.demo import open_demo
    from clinic_desk.settings import load_settings

    return open_demo(load_settings(**settings), data, tell, person=person)


def opened(stage: Stage, program: DeskProgram, number: int) -> Steps[None]:
    """Show a desk and wait for its calendar."""
    from clinic_desk.tour.stage import TourFailed, Until

    program.show()
    troubles: list[str] = []
    program.stage_told.connect(lambda text: stage.say(f"        {text}"))
    program.opening_failed.connect(troubles.append)
    yield Until(lambda: program.is_ready or troubles, f"Desk {number} opens the demo clinic", _OPEN_WITHIN_S)
    if troubles:
        message = f"Desk {number} opens the demo clinic. It says: {troubles[0]}"
        raise TourFailed(message)
    space = program.workspace
    assert space is not None
    stage.say(f"Desk {number} is open: {space.opening.person.display_name} is signed in, the calendar is live.")


def _tour(stage: Stage, programs: list[DeskProgram]) -> Steps[None]:
    from clinic_desk.tour.hands import Hands
    from clinic_desk.tour.stage import Until

    stage.say("A guided tour of Clinic Desk: two desks on one embedded PostgreSQL, driven by keys and mouse.")
    for number, program in enumerate(programs, start=1):
        yield from opened(stage, program, number)
    first, second = programs
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


def _stop(stage: Stage) -> None:
    stage.fail(f"It was stopped{stage.waiting}.")


def _end(app: QApplication, programs: list[DeskProgram], give_up: Callable[[], object]) -> int:
    """Close the desks as a person would, then let go of everything; return 1 if that did not work."""
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
    if any(program.opener.is_opening for program in programs):
        give_up()
    ended = [program.finish() for program in programs]
    if not all(ended):
        sys.stderr.write("The tour failed. Expected: every thread ends when the desks close.\n")
        return 1
    return 0
