"""A caller's number goes from telephone software to the desk that is running, and to nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from clinic_desk import cli
from clinic_desk.ui.calls import Calls, hand_on
from clinic_desk.ui.just_starting import JustStarting
from clinic_desk.ui.workspace import Workspace
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram

NUMBER = "+49 30 12345672"

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files with a name short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="cd") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def listening(opened: str, numbers: list[str]) -> Calls:
    calls = Calls(opened)
    assert calls.is_listening
    calls.called.connect(numbers.append)
    return calls


def test_a_second_program_gives_its_number_to_the_desk_used_last_and_ends(folder: Path, qtbot: QtBot) -> None:
    data = folder / "data"
    first: list[str] = []
    second: list[str] = []
    other: list[str] = []
    desks = [listening(f"demo {data}", first), listening(f"demo {data}", second), listening("demo other", other)]
    desks[0]._is_in_front, desks[1]._is_in_front = False, True
    command = [sys.executable, "-m", "clinic_desk", "demo", "--data", str(data), "--find-phone", NUMBER]
    environment = os.environ | {"TMPDIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        qtbot.waitUntil(lambda: program.poll() is not None)
        assert program.communicate() == (b"", b"")
    assert program.returncode == 0
    assert (first, second, other) == ([], [NUMBER], [])
    assert not data.exists()  # it opened nothing of its own
    for desk in desks:
        desk.close()


def test_with_no_desk_running_nobody_takes_it(folder: Path) -> None:
    assert not hand_on("demo", NUMBER)
    calls = listening("demo", [])
    calls.close()
    assert not hand_on("demo", NUMBER)


def test_what_a_crashed_desk_left_is_in_nobodys_way(folder: Path) -> None:
    calls = listening("demo", [])
    name = calls._server.fullServerName()
    calls.close()
    Path(name).touch()  # the socket of a program that could not remove it
    again = listening("demo", [])
    assert again._server.fullServerName() == name
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes there have rights of their own")
def test_a_folder_that_others_can_write_into_is_not_trusted(folder: Path) -> None:
    mine = folder / f"clinic-desk-{os.getuid()}"
    mine.mkdir()
    mine.chmod(0o777)
    calls = Calls("demo")
    assert not calls.is_listening
    assert not hand_on("demo", NUMBER)
    mine.chmod(0o700)
    calls = Calls("demo")
    assert (Path(calls._server.fullServerName()).stat().st_mode & 0o077) == 0
    calls.close()


@pytest.mark.parametrize("said", [b"DROP TABLE patient\n", b"\xff\xfe\n", b"x" * 500, b"\n" * 9])
def test_what_is_no_number_is_not_listened_to(folder: Path, qtbot: QtBot, said: bytes) -> None:
    numbers: list[str] = []
    calls = listening("demo", numbers)
    socket = QLocalSocket()
    socket.connectToServer(calls._server.fullServerName())
    with qtbot.waitSignal(socket.disconnected):
        socket.write(said)
    assert numbers == []
    calls.close()


def test_an_argument_that_is_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--find-phone", "anonymous"], ["demo", "--find-phone", "12"]):
        assert cli._plain(options) == cli._parser().parse_args(options)
    assert cli._run(lambda _tell: pytest.fail("opened"), lambda: "", "anonymous") == cli.USAGE
    assert "phone number" in capsys.readouterr().err


def test_a_call_that_comes_before_the_calendar_is_answered_when_it_is_there(
    open_program: OpenProgram, clinic: SmallClinic, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(Workspace, "open_patient", lambda _space, patient_id: opened.append(patient_id))
    program = open_program(wait=False)
    program.callers.find(NUMBER)
    program.callers.hear("demo")
    with qtbot.waitSignal(program.ready):
        pass
    qtbot.waitUntil(lambda: opened == [clinic.patients[2]])
    assert program.callers.calls is not None
    with qtbot.waitSignal(program.closed):
        program.close()
    assert not program.callers.calls.is_listening


def test_a_call_that_comes_while_a_desk_is_just_starting_waits_for_it(folder: Path) -> None:
    assert folder.exists()
    first, second = JustStarting(), JustStarting()
    assert first.take()
    answers: list[bool] = []

    def hand_on_when_it_hears() -> bool:
        answers.append(len(answers) == 3)
        return answers[-1]

    assert second.is_handed_on(hand_on_when_it_hears)
    assert answers == [False, False, False, True]
    first.end()


def test_of_two_calls_at_once_one_opens_a_desk_and_who_starts_too_long_is_not_waited_for(folder: Path) -> None:
    assert folder.exists()
    one, other = JustStarting(), JustStarting()
    assert not one.is_handed_on(lambda: False)
    assert not other.take()
    assert not other.is_handed_on(lambda: False, longest_s=0.0)
    one.end()
    asked: list[bool] = []

    def nobody_hears() -> bool:
        asked.append(True)
        return False

    assert not other.is_handed_on(nobody_hears)
    assert len(asked) == 2, "it is asked once more when the mark was free"
    other.end()
