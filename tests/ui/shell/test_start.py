"""How the program starts and ends: window first, libraries later; said in one sentence when there is no display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.desk.display import has_display
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import DatabaseDown
from clinic_desk.opening.opened import Opened
from clinic_desk.opening.stages import Stage
from tests.support.small_clinic import insert_small_clinic
from tests.ui.shell.conftest import OpenProgram

HEAVY = (
    "sqlalchemy",
    "psycopg2",
    "alembic",
    "apscheduler",
    "twilio",
    "pydantic",
    "phonenumbers",
    "keyring",
    "cryptography",
)

LOOK_AT_FIRST_PAINT = """
import json, sys
from PySide6.QtCore import QSettings, QTimer, Qt
from clinic_desk.desk.run import make_application
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import DatabaseDown

seen = {}

def look(moment):
    seen[moment] = sorted({name.partition(".")[0] for name in sys.modules})

def open_clinic(tell):
    look("opening")
    raise DatabaseDown

app = make_application([])
program = DeskProgram(open_clinic, QSettings(sys.argv[1], QSettings.Format.IniFormat))
program.window.first_painted.connect(lambda: look("painted"), Qt.ConnectionType.DirectConnection)
program.opening_failed.connect(lambda text: program.close())
program.closed.connect(app.quit)
program.show()
app.exec()
ended = program.finish()
print(json.dumps({"seen": seen, "ended": ended, "cover": program.window.cover.text.text()}))
"""


def run(arguments: list[str], without: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in without} | more
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_window_is_painted_before_the_database_libraries_are_imported(tmp_path: object) -> None:
    done = run(["-c", LOOK_AT_FIRST_PAINT, f"{tmp_path}/settings.ini"], QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told["seen"]) == ["painted", "opening"]
    assert not set(HEAVY) & set(told["seen"]["painted"])
    assert told["ended"]
    assert "cannot be reached" in told["cover"]


WHAT_THE_CALENDAR_NEEDS = """
import sys
import clinic_desk.ui
import clinic_desk.desk.run, clinic_desk.opening.connecting, clinic_desk.ui.furnishing, clinic_desk.ui.workspace
import clinic_desk.services.calendar, clinic_desk.services.desks
import clinic_desk.database.engine, clinic_desk.database.schema
print(*sorted(name for name in sys.modules if name.startswith("clinic_desk.")))
"""
NOBODY_WAITS_FOR = (
    "domain.commands", "domain.series", "domain.recurrence", "domain.availability", "domain.setup", "domain.away",
    "domain.flow", "services.flow", "ui.house",
    "services.booking", "services.setup", "services.importing", "ui.sides", "ui.series", "ui.setup", "ui.exchange",
    "ui.away", "ui.calls", "ui.search", "services.search", "ui.booking.form", "ui.messages.page", "ui.sentences",
    "notifications",
)  # fmt: skip


def test_the_calendar_waits_for_nothing_that_it_is_shown_without() -> None:
    done = run(["-c", WHAT_THE_CALENDAR_NEEDS], QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert "clinic_desk.ui.calendar.view" in imported
    assert not imported & {f"clinic_desk.{name}" for name in NOBODY_WAITS_FOR}


def test_a_clinic_in_which_nothing_can_be_booked_yet_says_so_and_can_be_tried_again(
    programs: OpenProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    program = programs(wait=False)
    with qtbot.waitSignal(program.opening_failed) as told:
        pass
    assert "nothing to book" in told.args[0]
    assert program.window.cover.button.isVisible()
    with owner_engine.begin() as connection:
        insert_small_clinic(connection)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        QTest.mouseClick(program.window.cover.button, Qt.MouseButton.LeftButton)
    assert program.window.calendar.isVisible()


def test_a_start_shows_no_part_of_the_window_before_the_calendar(open_program: OpenProgram, qtbot: QtBot) -> None:
    program = open_program(wait=False)
    early: list[str] = []

    def look() -> None:
        seen = [part.objectName() for part in program.window.findChildren(QWidget) if part.isVisible()]
        early.extend(name for name in ("sidebar", "side_panel", "calendar") if name in seen)

    program.stage_told.connect(look)
    program.window.first_painted.connect(look)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        program.on_screen.connect(look)
    assert early == []
    for part in (program.window.sidebar, program.window.calendar, program.window.status_bar):
        assert part.isVisible()
    assert not program.window.cover.isVisible()


def test_the_window_is_furnished_while_the_database_is_waited_for_and_not_while_its_libraries_are_imported(
    qtbot: QtBot, tmp_path: Path
) -> None:
    importing, imported, answered = (threading.Event() for _ in range(3))

    def open_clinic(tell: Callable[[str], None]) -> Opened:
        tell(Stage.IMPORTING)
        importing.set()
        imported.wait(20)
        tell(Stage.CONNECTING)
        answered.wait(20)
        raise DatabaseDown

    program = DeskProgram(open_clinic, QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat))
    try:
        with qtbot.waitSignal(program.stage_told):
            program.show()
        qtbot.waitUntil(importing.is_set)
        assert not program.window.is_furnished
        imported.set()
        qtbot.waitUntil(lambda: program.window.is_furnished)
        assert program.window.cover.text.text() == "Connecting to the database…"
        with qtbot.waitSignal(program.opening_failed):
            answered.set()
    finally:
        imported.set()
        answered.set()
        program.close()
        assert program.finish()


FIRST_COLOURS = """
import sys
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QPalette
from clinic_desk.desk.run import make_application
from clinic_desk.ui import first_look
from clinic_desk.ui.theme import DARK, LIGHT, theme_of

app = make_application([])
for scheme, theme in (("light", LIGHT), ("dark", DARK)):
    first_look.apply_first_look(app, scheme)
    palette = app.palette()
    assert theme_of(palette) is theme
    assert palette.color(QPalette.ColorRole.Window) == theme.window
    assert palette.color(QPalette.ColorRole.WindowText) == theme.ink
    assert palette.color(QPalette.ColorRole.Highlight) == theme.accent_fill
"""


def test_the_first_picture_has_the_colours_of_the_theme_that_follows() -> None:
    done = run(["-c", FIRST_COLOURS], QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr


def test_closing_before_anything_is_opened_ends_the_program(programs: OpenProgram, qtbot: QtBot) -> None:
    program = programs(wait=False)
    with qtbot.waitSignal(program.closed):
        program.window.close()
    assert program.finish()


NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there is always a display")
def test_without_a_display_the_desktop_says_so_in_one_sentence_and_exits_2() -> None:
    done = run(["-m", "clinic_desk"], without=NO_DISPLAY)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr


@pytest.mark.parametrize(
    ("platform", "environment", "there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_a_display_is_known_by_what_the_system_sets(platform: str, environment: Mapping[str, str], there: bool) -> None:
    assert has_display(platform, environment) is there
