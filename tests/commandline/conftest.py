"""Ways to run `clinic-desk`: inside the test's process, and as the program other systems start."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import URL

from clinic_desk.cli import main
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

ROOT = Path(__file__).parents[2]
ADDRESS = "CLINIC_DESK_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What was printed as JSON: all of the output is one document."""
        return json.loads(self.out)


class Command(Protocol):
    """Runs `clinic-desk` with arguments."""

    def __call__(self, *arguments: object) -> Ended: ...


class Program(Protocol):
    """Runs `clinic-desk` with arguments in an environment of its own, beside the usual variables."""

    def __call__(self, *arguments: object, **variables: str) -> Ended: ...


def text(url: URL) -> str:
    """An address with its password."""
    return url.render_as_string(hide_password=False)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """`clinic-desk` in this process, in the environment as it is."""

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ending:
            code = int(ending.code or 0)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return run


@pytest.fixture
def run(
    command: Command, clinic: SmallClinic, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """`clinic-desk … --json` in this process, on the small clinic as a receptionist."""
    assert clinic == SMALL_CLINIC
    monkeypatch.setenv(ADDRESS, text(database_url))
    return lambda *arguments: command(*arguments, "--json")


@pytest.fixture
def program() -> Program:
    """`python -m clinic_desk` as a process."""

    def run(*arguments: object, **variables: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "clinic_desk", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            timeout=110,
            check=False,
        )
        encoding = variables.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
        return Ended(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))

    return run


@pytest.fixture
def booked(run: Callable[..., Ended]) -> Callable[..., dict[str, Any]]:
    """Book on the small clinic's Monday with Dr. Weber; returns the appointment's document."""

    def book(at: str = "09:00", patient: object = SMALL_CLINIC.patients[0], *more: object) -> dict[str, Any]:
        start = f"{SMALL_CLINIC.monday}T{at}"
        ended = run(
            "book", "--patient", patient, "--practitioner", "Weber", "--type", "Checkup", "--start", start, *more
        )
        assert ended.code == 0, ended
        appointment: dict[str, Any] = ended.document["appointment"]
        return appointment

    return book
