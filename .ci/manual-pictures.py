"""Makes the manual's pictures from the demo clinic: `python .ci/manual-pictures.py`, in the developers' environment.

They are taken offscreen, of the next Tuesday, on which nothing has happened yet: the time of day does not show.
The dates are those of the week in which it is run.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMainWindow

from clinic_desk.tour.hands import Hands
from clinic_desk.tour.run import opened, play
from clinic_desk.tour.stage import Steps, Until
from clinic_desk.ui.first_run.choice import ChoicePage, choices

if TYPE_CHECKING:
    from clinic_desk.desk.program import DeskProgram
    from clinic_desk.tour.stage import Stage

TARGET = Path(__file__).resolve().parents[1] / "resources" / "manual" / "en" / "pictures"
SIZE = (1300, 800)
Key = Qt.Key


def _tuesday() -> date:
    today = date.today()  # noqa: DTZ011  the pictures' dates are nobody's appointments
    return today + timedelta((1 - today.weekday()) % 7 or 7)


def _story(stage: Stage, programs: list[DeskProgram]) -> Steps[None]:
    program = programs[0]
    program.window.resize(*SIZE)
    yield from opened(stage, program, 1)
    hands = Hands(program)
    window, actions = program.window, program.window.actions_by_name
    yield from hands.go_to(_tuesday())
    hands.type("0930")
    yield from _when_quiet(program)
    yield from stage.picture(window, "day")
    yield from _found(stage, hands)
    yield from _booking(stage, hands)
    yield from _patient(stage, hands)
    actions["list"].trigger()
    yield Until(lambda: window.board is not window.calendar, "the list is shown")
    yield from _when_quiet(program)
    yield from stage.picture(window, "list")
    actions["day"].trigger()
    yield Until(lambda: window.board is window.calendar, "the calendar is shown")
    program.workspace.open_messages("attention")
    page = program.workspace.messages.page
    yield Until(lambda: page.messages.model().rowCount() > 0, "messages are listed")
    yield from _when_quiet(program)
    yield from stage.picture(window, "messages")
    actions["messages"].trigger()
    yield from _sheets(stage, hands)
    program.lock()
    yield Until(program.seats.door.isVisible, "the door is shown")
    yield from stage.picture(program.seats.door, "lock")
    page, first = ChoicePage(choices()), QMainWindow()
    first.setCentralWidget(page)
    first.resize(720, 500)
    first.show()
    page.take_keyboard()
    yield from _when_quiet(program)
    yield from stage.picture(first, "first-start")
    first.close()


def _when_quiet(program: DeskProgram) -> Steps[None]:
    """What was asked of the database is on screen."""
    turns = iter(range(60))
    yield Until(lambda: next(turns, None) is None, "the window is quiet")


def _found(stage: Stage, hands: Hands) -> Steps[None]:
    hands.key(Key.Key_K, control=True)
    hands.type("anna")
    yield from _when_quiet(hands.program)
    yield from stage.picture(hands.window, "find")
    hands.key(Key.Key_Escape)
    hands.key(Key.Key_Escape)


def _booking(stage: Stage, hands: Hands) -> Steps[None]:
    yield from hands.to_calendar()
    hands.key(Key.Key_N)
    form = hands.space.booking.form
    yield Until(form.isVisible, "N opens the form")
    hands.type("anna")
    yield Until(form.patient_line.matches.isVisible, "letters find patients")
    yield from _when_quiet(hands.program)
    yield from stage.picture(hands.window, "booking")
    hands.key(Key.Key_Escape)
    hands.key(Key.Key_Escape)
    yield Until(lambda: not form.isVisible(), "Esc leaves the form")


def _patient(stage: Stage, hands: Hands) -> Steps[None]:
    board = hands.space.store.boards[_tuesday()]
    entry = next(each for each in board.entries if each.patient.given_name.isascii())
    hands.space.open_patient(entry.patient.id)
    yield from _when_quiet(hands.program)
    yield from _when_quiet(hands.program)
    yield from stage.picture(hands.window, "patient")
    _close_sheets(hands)


def _sheets(stage: Stage, hands: Hands) -> Steps[None]:
    for action, name in (("setup", "set-up"), ("figures", "figures")):
        hands.window.actions_by_name[action].trigger()
        for _ in range(4):
            yield from _when_quiet(hands.program)
        yield from stage.picture(hands.window, name)
        _close_sheets(hands)
        yield from _when_quiet(hands.program)


def _close_sheets(hands: Hands) -> None:
    from clinic_desk.ui.booking.sheet import Sheet

    for sheet in hands.window.findChildren(Sheet):
        if sheet.isVisible():
            sheet.reject()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="clinic-desk-pictures-") as scratch:
        Path(scratch).chmod(0o711)  # for root, another account runs the embedded PostgreSQL
        own = {"data": Path(scratch) / "data", "config": Path(scratch) / "config"}
        code, _ = play(_story, own["data"], Path(scratch) / "shots", (0,), own)
        if code == 0:
            TARGET.mkdir(parents=True, exist_ok=True)
            for shot in sorted((Path(scratch) / "shots").glob("*.png")):
                _pack(shot, TARGET / shot.name.partition("-")[2])
        elif "--keep" in sys.argv:
            for shot in sorted((Path(scratch) / "shots").glob("*.png")):
                (Path.cwd() / shot.name).write_bytes(shot.read_bytes())
    return code


def _pack(shot: Path, target: Path) -> None:
    QImage(str(shot)).convertToFormat(QImage.Format.Format_RGB888).save(str(target), "PNG", 0)
    sys.stdout.write(f"{target.name}: {target.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    raise SystemExit(main())
