"""What reaches other programs and terminals: every encoding, readers that go away, disks that are full."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk.services import calendar
from tests.commandline.conftest import ADDRESS, ROOT, Ended, Program
from tests.commandline.conftest import text as address_text
from tests.support.small_clinic import SMALL_CLINIC

MONDAY = str(SMALL_CLINIC.monday)
ARABIC, TAG, JAPANESE = SMALL_CLINIC.patients[4], SMALL_CLINIC.patients[5], SMALL_CLINIC.patients[7]
pytestmark = pytest.mark.usefixtures("clinic")


@pytest.fixture
def names(booked: Callable[..., dict[str, Any]], owner_engine: Engine) -> list[str]:
    """Three booked patients whose names are hard on terminals, by start."""
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE patient SET given_name = :name WHERE id = :id"), {"name": "👩‍⚕️ \x1b[31m", "id": TAG}
        )
    made = [booked(at, who) for at, who in (("09:00", ARABIC), ("09:15", TAG), ("09:30", JAPANESE))]
    return [row["patient"]["name"] for row in made]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8", "utf-16"])
def test_any_encoding_gets_all_lines_and_json_that_loses_nothing(
    program: Program, names: list[str], database_url: URL, encoding: str
) -> None:
    variables = {"PYTHONIOENCODING": encoding, ADDRESS: address_text(database_url)}
    lines = program("list", "--day", MONDAY, **variables)
    assert (lines.code, lines.err) == (0, "")
    assert len(lines.out.splitlines()) == 3
    assert "\x1b" not in lines.out
    assert "\\x1b[31m" in lines.out
    document = program("list", "--day", MONDAY, "--json", **variables)
    assert [row["patient"]["name"] for row in json.loads(document.out)["appointments"]] == names


def test_utf_8_is_shown_as_it_is(program: Program, names: list[str], database_url: URL) -> None:
    variables = {"PYTHONIOENCODING": "utf-8", ADDRESS: address_text(database_url)}
    assert "فاطمة بن علي" in program("list", "--day", MONDAY, **variables).out
    assert "太郎 山田" in program("list", "--day", MONDAY, "--json", **variables).out


@pytest.mark.skipif(os.name != "posix", reason="arguments are bytes on POSIX only")
def test_bytes_that_are_no_text_are_refused(program: Program, database_url: URL) -> None:
    ended = program("list", "--practitioner", "\udcff", "--json", CLINIC_DESK_DATABASE_URL=address_text(database_url))
    assert (ended.code, ended.document["field"]) == (2, "practitioner")


@pytest.mark.parametrize(
    "arguments", [["list", "--day", MONDAY], ["list", "--day", MONDAY, "--json"], ["--help"], ["check"]], ids=" ".join
)
def test_a_reader_that_has_gone_is_no_error(database_url: URL, names: list[str], arguments: list[str]) -> None:
    assert names
    read, write = os.pipe()
    os.close(read)
    # an empty PYTHONUNBUFFERED: what could not be written is kept, and tried again at the end
    environment = {**os.environ, ADDRESS: address_text(database_url), "PYTHONUNBUFFERED": ""}
    done = subprocess.run(
        [sys.executable, "-m", "clinic_desk", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=110,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk to write to")
def test_an_answer_that_cannot_be_written_is_told_as_done(
    program: Program, database_url: URL, run: Callable[..., Ended]
) -> None:
    words = ["--patient", str(ARABIC), "--practitioner", "Weber", "--type", "Checkup", "--start", f"{MONDAY}T09:00"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "clinic_desk", "book", *words, "--json"],
            cwd=ROOT,
            env={**os.environ, ADDRESS: address_text(database_url), "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=110,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr == "clinic-desk: done, but the answer could not be written: No space left on device\n"
    assert len(run("list", "--day", MONDAY).document["appointments"]) == 1


def test_an_error_of_the_program_is_no_refusal_and_quotes_nobody(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        message = "about Anna Meier"
        raise KeyError(message)

    monkeypatch.setattr(calendar, "load_days", broken)
    ended = run("list")
    assert (ended.code, ended.document) == (70, {"error": "internal", "message": "an error in this program: KeyError"})
    assert "in broken" in ended.err
    assert "Meier" not in ended.err.replace("about Anna Meier", "", ended.err.count('message = "about Anna Meier"'))


def test_a_stop_from_the_keyboard_is_short(run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(calendar, "load_days", stopped)
    ended = run("list")
    assert (ended.code, ended.out, ended.err) == (130, "", "clinic-desk: stopped\n")
