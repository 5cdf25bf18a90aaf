"""`clinic-desk day-list`: the day on paper, as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication
from sqlalchemy import URL

from tests.commandline.conftest import ADDRESS, Ended, Program, text
from tests.support.small_clinic import SMALL_CLINIC

Run = Callable[..., Ended]
MONDAY = SMALL_CLINIC.monday


def test_a_day_is_a_file_for_each_site(
    run: Run, booked: Callable[..., dict[str, Any]], tmp_path: Path, qapp: QApplication
) -> None:
    booked()
    ended = run("day-list", "--day", MONDAY, "--pdf", tmp_path / "lists")
    assert ended.code == 0, ended
    files = ended.document["files"]
    assert [(row["site"]["name"], row["lists"], row["appointments"]) for row in files] == [
        ("Harlem", 1, 0),
        ("Mitte", 2, 1),
    ]
    assert all(Path(row["file"]).read_bytes().startswith(b"%PDF-") for row in files)
    assert "Meier" not in ended.out


def test_one_doctor_at_one_site_and_a_day_without_anybody(run: Run, tmp_path: Path, qapp: QApplication) -> None:
    ended = run("day-list", "--day", MONDAY, "--doctor", "Weber", "--site", "Mitte", "--pdf", tmp_path)
    (row,) = ended.document["files"]
    assert Path(row["file"]).name == f"{MONDAY} day-list Mitte Dr-Weber.pdf"
    assert run("day-list", "--day", "2031-03-02", "--pdf", tmp_path / "none").document["files"] == []
    assert not (tmp_path / "none").exists()


def test_rooms_have_lists_of_their_own(
    run: Run, booked: Callable[..., dict[str, Any]], tmp_path: Path, qapp: QApplication
) -> None:
    booked("09:00", SMALL_CLINIC.patients[0], "--room", "Room 2")
    (row,) = run("day-list", "--day", MONDAY, "--room", "all", "--pdf", tmp_path).document["files"]
    assert (Path(row["file"]).name, row["lists"], row["appointments"]) == (f"{MONDAY} day-list Mitte rooms.pdf", 1, 1)
    (one,) = run("day-list", "--day", MONDAY, "--room", "Room 1", "--pdf", tmp_path).document["files"]
    assert (Path(one["file"]).name, one["appointments"]) == (f"{MONDAY} day-list Mitte Room-1.pdf", 0)
    both = run("day-list", "--day", MONDAY, "--room", "all", "--doctor", "Weber", "--pdf", tmp_path)
    assert (both.code, both.document["field"]) == (2, "room")


def test_what_cannot_be_done_says_which_option_is_wrong(run: Run, tmp_path: Path, qapp: QApplication) -> None:
    wrong = run("day-list", "--day", MONDAY, "--pdf", tmp_path / "not" / "there")
    assert (wrong.code, wrong.document["field"]) == (2, "pdf")
    assert run("day-list", "--day", "someday", "--pdf", tmp_path).document["field"] == "day"
    assert run("day-list", "--day", MONDAY).document["error"] == "invalid-input"


def test_no_screen_is_needed(program: Program, database_url: URL, clinic: object, tmp_path: Path) -> None:
    hidden = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), "")
    ended = program("day-list", "--day", MONDAY, "--pdf", tmp_path, **{ADDRESS: text(database_url)}, **hidden)
    assert ended.code == 0, ended
    assert len(list(tmp_path.glob("*.pdf"))) == 2
