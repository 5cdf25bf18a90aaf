"""`clinic-desk patient-data`: one patient's data to a file, and erased only when it was said twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.setup import Group
from tests.commandline.conftest import ADDRESS, Command, text
from tests.support.small_clinic import SmallClinic


@pytest.fixture(autouse=True)
def _as_manager(monkeypatch: pytest.MonkeyPatch, url_as: Callable[[Group], URL]) -> None:
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_manager")))


def test_the_data_of_one_patient_goes_into_a_file(command: Command, clinic: SmallClinic, tmp_path: Path) -> None:
    path = tmp_path / "her.json"
    ended = command("patient-data", "export", "--patient", "meier anna", "--file", path, "--json")
    assert (ended.code, ended.document["file"]) == (0, str(path))
    assert json.loads(path.read_text("utf-8"))["patient"][0]["id"] == str(clinic.patients[0])
    again = command("patient-data", "export", "--patient", clinic.patients[0], "--file", path)
    assert (again.code, "file" in again.err) == (2, True)
    assert command("patient-data", "export", "--patient", clinic.patients[0]).code == 2


def test_erasing_wants_the_id_and_a_yes(command: Command, clinic: SmallClinic, owner_engine: Engine) -> None:
    assert command("patient-data", "erase", "--patient", "meier anna", "--yes").code == 2
    told = command("patient-data", "erase", "--patient", clinic.patients[0])
    assert (told.code, "nothing was erased" in told.out) == (0, True)
    done = command("patient-data", "erase", "--patient", clinic.patients[0], "--yes", "--json")
    assert (done.code, done.document["erased"], done.document["records"]) == (0, True, 1)
    with owner_engine.connect() as connection:
        name = "SELECT family_name FROM patient WHERE id = %s"
        assert connection.exec_driver_sql(name, (clinic.patients[0],)).scalar() == "–"
    assert command("patient-data", "erase", "--patient", clinic.patients[0], "--yes").code == 1


def test_the_reception_may_do_neither(
    command: Command,
    clinic: SmallClinic,
    tmp_path: Path,
    url_as: Callable[[Group], URL],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_reception")))
    assert command("patient-data", "export", "--patient", clinic.patients[0], "--file", tmp_path / "her.json").code == 1
    assert command("patient-data", "erase", "--patient", clinic.patients[0], "--yes").code == 1
    assert list(tmp_path.glob("her*")) == []
