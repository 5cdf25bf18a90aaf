"""`clinic-desk import` and `export` on a real database: their documents, exit codes and what they refuse."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL

from clinic_desk.database.setup import Group
from tests.commandline.conftest import ADDRESS, Command, Ended, text
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

FILE = "Nr;Nachname;Vorname;Geburtsdatum\n1;Zimmer;Otto;01.02.1970\n2;Meyer;Anna;14.03.1987\n"


@pytest.fixture
def manage(
    command: Command, clinic: SmallClinic, url_as: Callable[[Group], URL], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """`clinic-desk … --json` as a manager."""
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_manager")))
    return lambda *arguments: command(*arguments, "--json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    path.write_text(FILE)
    return path


def test_a_file_is_checked_then_imported_then_known(manage: Callable[..., Ended], path: Path) -> None:
    checked = manage("import", "patients", path, "--check")
    assert (checked.code, checked.err) == (0, "")
    document = checked.document
    assert (document["stored"], document["new"], document["left_out"]) == (False, 1, 1)
    assert document["columns"] == {
        "id": "Nr",
        "family_name": "Nachname",
        "given_name": "Vorname",
        "birth_date": "Geburtsdatum",
    }
    (double,) = document["doubles"]
    assert (double["row"], double["resembles"][0]["id"]) == (3, str(SMALL_CLINIC.patients[0]))
    done = manage("import", "patients", path, "--doubles", "add").document
    assert (done["stored"], done["new"], done["already_there"]) == (True, 2, 0)
    again = manage("import", "patients", path).document
    assert (again["new"], again["already_there"]) == (0, 2)
    repeated = manage("import", "patients", path, "--operation-id", done["operation_id"]).document
    assert repeated["repeated"]


def test_rows_with_problems_are_exit_code_1_and_told_in_json_and_in_lines(
    manage: Callable[..., Ended], command: Command, path: Path
) -> None:
    path.write_text(FILE + "3;;;32.01.1990\n")
    refused = manage("import", "patients", path)
    assert refused.code == 1
    assert not refused.document["stored"]
    assert refused.document["problems"] == [
        {
            "row": 4,
            "column": "Geburtsdatum",
            "reason": "date",
            "expected": "a date such as 1987-12-24 or 24.12.1987",
            "found": "32.01.1990",
        }
    ]
    told = command("import", "patients", path)
    assert told.code == 1
    assert "row 4, Geburtsdatum: expected a date such as" in told.out


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--column", "family_name=Spalte"), "column"),
        (("--column", "nonsense=Nachname"), "column"),
        (("--column", "family_name=", "--column", "given_name="), "column"),
        (("--column", "birth_date=9"), "column"),
    ],
)
def test_what_was_typed_wrong_is_exit_code_2(
    manage: Callable[..., Ended], path: Path, options: tuple[str, ...], field: str
) -> None:
    ended = manage("import", "patients", path, *options)
    assert (ended.code, ended.document["field"]) == (2, field)


def test_a_column_may_be_said_by_heading_or_number(manage: Callable[..., Ended], path: Path) -> None:
    path.write_text("A;B\nZimmer;3/4/1970\n")
    mapped = ("--column", "family_name=A", "--column", "birth_date=2")
    asked = manage("import", "patients", path, *mapped)
    assert (asked.code, asked.document["field"]) == (2, "dates")
    assert manage("import", "patients", path, *mapped, "--dates", "dmy").document["new"] == 1


def test_a_receptionist_is_refused_by_the_database(run: Callable[..., Ended], path: Path) -> None:
    for arguments in (("import", "patients", path), ("export", "patients", path.with_name("out.csv"))):
        ended = run(*arguments)
        assert (ended.code, ended.document["error"]) == (1, "not-allowed")


def test_an_export_is_told_and_a_file_that_is_there_refused(manage: Callable[..., Ended], path: Path) -> None:
    out = path.with_name("out.csv")
    done = manage("export", "patients", out)
    assert (done.code, done.document["rows"], done.document["format"]) == (0, 10, "csv")
    assert (manage("export", "patients", out).code, manage("export", "patients", out, "--overwrite").code) == (2, 0)
    calendar = manage("export", "appointments", path.with_name("out.ics"), "--from", "2031-03-03")
    assert (calendar.document["format"], calendar.document["rows"]) == ("ics", 0)
    assert manage("export", "patients", path.with_name("p.ics")).code == 2


@pytest.mark.parametrize(
    ("kind", "name", "content", "exported"),
    [
        pytest.param("practitioners", "a.csv", "Name;Speciality\nDr. Neu;Haut\n", 4, id="practitioners as CSV"),
        pytest.param("patients", "a.csv", "Nachname;Vorname\nZimmer;Otto\n", 11, id="patients as CSV"),
        pytest.param(
            "appointments",
            "a.csv",
            "Patient;Birth date;Doctor;Type;Start\nAnna Meier;14.03.1987;Dr. Weber;Checkup;2031-03-03T09:00\n",
            1,
            id="appointments as CSV",
        ),
        pytest.param(
            "appointments",
            "a.ics",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:Zofia Nowak\r\n"
            "ORGANIZER;CN=Dr. Weber:mailto:x@example.org\r\nLOCATION:Mitte\r\nCATEGORIES:Checkup\r\n"
            "DTSTART:20310303T081500Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            1,
            id="appointments as iCalendar",
        ),
    ],
)
def test_each_kind_of_file_goes_in_once_and_comes_out(
    *, manage: Callable[..., Ended], path: Path, kind: str, name: str, content: str, exported: int
) -> None:
    file = path.with_name(name)
    file.write_text(content)
    assert manage("import", kind, file).document["new"] == 1
    assert manage("import", kind, file).document["already_there"] == 1
    out = manage("export", kind, path.with_name(f"out{file.suffix}"))
    assert (out.code, out.document["rows"]) == (0, exported)
