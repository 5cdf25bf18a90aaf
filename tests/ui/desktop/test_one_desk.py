"""A program started a second time has the first one's window come to the front, and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from clinic_desk import cli, connection_file
from clinic_desk.desk.run import _hear_other_programs
from clinic_desk.ui.calls import Calls, _names
from clinic_desk.ui.desktop.one_desk import is_shown_instead, take_token
from clinic_desk.ui.just_starting import JustStarting, own_folder
from tests.ui.desktop.conftest import OpenProgram

KILLED = """
import os, signal
from clinic_desk.ui.calls import Calls
from clinic_desk.ui.just_starting import JustStarting
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
starting, calls = JustStarting(), Calls("a clinic")
assert starting.take() and calls.is_listening
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files with a name short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="cd") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def surroundings(folder: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}


def never_asked() -> str:
    pytest.fail("nobody else runs: what is opened need not be known, which takes its time")


def test_a_second_start_has_the_desk_of_the_same_clinic_shown_and_ends(folder: Path, qtbot: QtBot) -> None:
    data = folder / "data"
    shown: list[str] = []
    others: list[str] = []
    here, elsewhere = Calls(f"embedded {data}"), Calls("embedded elsewhere")
    here.show_wanted.connect(shown.append)
    elsewhere.show_wanted.connect(others.append)
    command = [sys.executable, "-m", "clinic_desk", "--data", str(data)]
    environment = surroundings(folder) | {"XDG_ACTIVATION_TOKEN": "token-1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        qtbot.waitUntil(lambda: program.poll() is not None, timeout=20_000)
        assert program.communicate() == (b"", b"")
    assert (program.returncode, shown, others) == (0, ["token-1"], [])
    assert not data.exists(), "it opened nothing of its own"
    here.close()
    elsewhere.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 there")
def test_what_a_killed_desk_left_is_taken_over(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], env=surroundings(folder), check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(own_folder().glob("*.lock"))) == 2, "its locks are left"
    starting = JustStarting()
    assert not is_shown_instead(starting, never_asked)
    calls = Calls("a clinic")
    assert calls.is_listening
    calls.close()
    starting.end()


def test_only_who_has_the_same_clinic_open_is_shown(folder: Path) -> None:
    assert folder.exists()
    calls, starting = Calls("one clinic"), JustStarting()
    assert not is_shown_instead(starting, lambda: "another clinic")
    calls.close()
    starting.end()


@pytest.mark.usefixtures("clinic")
def test_a_desk_that_joined_a_clinic_meanwhile_is_found_by_what_it_has_open_now(
    open_program: OpenProgram, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """What a first start of this PC settles: from then on a second start asks for that."""
    assert folder.exists()
    for name in ("DATABASE_URL", "DATA", "DATABASE_CA_FILE"):
        monkeypatch.delenv(f"CLINIC_DESK_{name}", raising=False)
    monkeypatch.setenv("CLINIC_DESK_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    program = open_program()
    _hear_other_programs(program, JustStarting(), lambda: cli._what_is_opened(None, None), None)
    program.opening_failed.emit("")  # there was nothing yet: a start beside it would have found this one
    before = cli._what_is_opened(None, None)
    assert is_heard(before)
    connection_file.write(tmp_path, {"database_url": "postgresql://127.0.0.1/clinic"})
    now = cli._what_is_opened(None, None)
    program.ready.emit()
    qtbot.waitUntil(lambda: is_heard(now))
    assert not is_heard(before), "a clinic of this PC alone would be another one"


def is_heard(opened: str) -> bool:
    socket = QLocalSocket()
    socket.connectToServer(_names(opened)[0])
    return socket.waitForConnected(0)


def test_a_second_desk_is_opened_if_it_is_asked_for() -> None:
    options = cli._parser().parse_args(["--second-desk"])
    assert options.second_desk
    plain = cli._plain([])
    assert plain is not None
    assert not plain.second_desk


def test_an_address_is_never_written_down_for_starting_with_the_pc(tmp_path: Path) -> None:
    again = [
        cli._arguments_again(cli._parser().parse_args(arguments))
        for arguments in ([], ["--data", str(tmp_path)], ["--database-url", "postgresql://julia:secret@db/clinic"])
    ]
    assert again == [[], ["--data", str(tmp_path)], None]


@pytest.mark.usefixtures("clinic")
def test_the_window_comes_to_the_front_from_the_task_bar_and_locked_the_door_does(
    open_program: OpenProgram,
    folder: Path,
    qtbot: QtBot,
) -> None:
    assert folder.exists()
    program = open_program()
    program.callers.hear("a clinic")
    program.window.showMinimized()
    qtbot.waitUntil(program.window.isMinimized)
    assert program.callers.calls is not None
    program.callers.calls.show_wanted.emit("")
    assert not program.window.windowState() & Qt.WindowState.WindowMinimized
    program.lock()
    seats = program.seats
    assert seats is not None
    seats.door.showMinimized()
    program.callers.calls.show_wanted.emit("")
    assert seats.door.isVisible()
    assert not seats.door.isMinimized()
    assert not program.window.isVisible()


def test_the_window_systems_token_is_handed_to_qt() -> None:
    environment: dict[str, str] = {}
    take_token("", environment)
    assert environment == {}
    take_token("token-1", environment)
    assert environment == {"XDG_ACTIVATION_TOKEN": "token-1"}
