"""The guided tour, as `clinic-desk demo` runs it without a display: twice, the second time on the same clinic."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from clinic_desk.tour import run
from clinic_desk.tour.stage import Stage, Steps, TourFailed, Until


@pytest.mark.timeout(400)
def test_the_demo_without_a_display_is_a_tour_that_leaves_pictures_and_can_be_run_again() -> None:
    with tempfile.TemporaryDirectory(prefix="cdt-") as folder:
        Path(folder).chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
        check(take_tour(Path(folder) / "data", Path(folder) / "first"), Path(folder) / "first")
        done = take_tour(Path(folder) / "data", Path(folder) / "second")
        check(done, Path(folder) / "second")
        assert "Making the demo clinic" not in done.stdout, "the second tour should be on the same clinic"


def check(done: subprocess.CompletedProcess[str], shots: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything was as expected" in done.stdout
    assert done.stderr == ""
    assert len(list(shots.glob("*.png"))) >= 8


def take_tour(data: Path, shots: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "clinic_desk", "demo", "--data", str(data), "--shots", str(shots)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)


# --- the stage --------------------------------------------------------------------------------------------------------


def play(story: Steps[None], tmp_path: Path, qtbot: QtBot) -> int:
    stage = Stage(tmp_path)
    with qtbot.waitSignal(stage.ended) as ended:
        stage.play(story)
    stage.deleteLater()
    return int(ended.args[0])


def test_a_story_whose_expectations_hold_ends_with_0(tmp_path: Path, qtbot: QtBot) -> None:
    looks = iter(range(3))

    def story() -> Steps[None]:
        yield Until(lambda: next(looks, None) is None, "looked three times")

    assert play(story(), tmp_path, qtbot) == 0


def test_an_expectation_that_does_not_come_true_in_time_ends_with_1_and_is_named(
    tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    def story() -> Steps[None]:
        yield Until(lambda: False, "pigs fly", within_s=0.05)

    assert play(story(), tmp_path, qtbot) == 1
    assert "Expected: pigs fly" in capsys.readouterr().err


def test_a_failed_check_and_a_bug_in_the_story_end_it_too(
    tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> Steps[None]:
        yield Until(lambda: True, "nothing")
        raise TourFailed("the sun is up")  # noqa: EM101

    def broken() -> Steps[None]:
        yield Until(lambda: True, "nothing")
        raise ZeroDivisionError

    assert play(refused(), tmp_path, qtbot) == 1
    assert play(broken(), tmp_path, qtbot) == 1
    told = capsys.readouterr().err
    assert "the sun is up" in told
    assert "ZeroDivisionError" in told


def test_what_was_awaited_is_named_when_something_else_ends_the_story(
    tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(tmp_path)

    def story() -> Steps[None]:
        QTimer.singleShot(0, stage, lambda: run._stop(stage))
        yield Until(lambda: False, "pigs fly")

    with qtbot.waitSignal(stage.ended) as ended:
        stage.play(story())
    stage.deleteLater()
    assert ended.args == [1]
    assert "stopped (awaited was: pigs fly)" in capsys.readouterr().err
