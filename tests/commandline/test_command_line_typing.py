"""What is typed after `clinic-desk`: help without the database's libraries, and errors that say what was expected."""

import subprocess
import sys

import pytest

from clinic_desk import __version__, cli
from tests.commandline.conftest import ROOT, Command, Program

HEAVY = {"sqlalchemy", "psycopg2", "PySide6", "alembic", "pydantic", "phonenumbers", "twilio", "apscheduler"}
SECRET = "corr:ect@horse"
BOOK = ["book", "--patient", "Meier", "--practitioner", "Weber", "--type", "Checkup"]
ID = "0192f0c1-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["book", "--help"],
        ["slots", "--days", "many"],
        ["nonsense"],
        ["show"],
        ["check", "x"],
    ],
    ids=" ".join,
)
def test_help_and_errors_of_typing_import_none_of_the_heavy_libraries(arguments: list[str]) -> None:
    probe = (
        "import sys\n"
        "from clinic_desk.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "print('\\nLOADED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=110, check=True
    )
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "clinic_desk" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--database-url", "postgresql://db/clinic"],
        ["--data", "here", "--database-url", "postgresql://db/clinic", "--data", "there"],
        ["demo"],
        ["demo", "--data", "there"],
    ],
    ids=" ".join,
)
def test_what_opens_a_window_is_understood_quickly_as_the_parser_understands_it(arguments: list[str]) -> None:
    quick = cli._plain(arguments)
    assert quick is not None
    assert vars(quick) == vars(cli._parser().parse_args(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["check"],
        ["--data"],
        ["--data", "--json"],
        ["--data=here"],
        ["--data", "here", "demo"],
        ["demo", "--tour"],
        ["demo", "--database-url", "postgresql://db/clinic"],
        ["demo", "--shots", "there"],
        ["demo", "list"],
    ],
    ids=" ".join,
)
def test_everything_else_is_left_to_the_parser(arguments: list[str]) -> None:
    assert cli._plain(arguments) is None


def test_the_version_is_printed(program: Program) -> None:
    ended = program("--version")
    assert (ended.code, ended.out) == (0, f"clinic-desk {__version__}\n")


def test_help_names_every_command(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    for name in ("demo", "init-db", "upgrade-db", "check", "slots", "book", "show", "list", "move", "update", "cancel"):
        assert f"\n    {name} " in ended.out


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        ([*BOOK, "--start", "soon"], "start", "a date with a time such as 2026-11-24T10:15"),
        ([*BOOK, "--start", "2026-11-24"], "start", "a date with a time such as 2026-11-24T10:15"),
        ([*BOOK, "--start", "0001-01-01T00:00"], "start", "a date with a time such as 2026-11-24T10:15"),
        ([*BOOK, "--start", "2026-11-24T10:15:30"], "start", "a time in whole minutes"),
        ([*BOOK, "--start", "2026-11-24T10:15", "--length", "0"], "length", "a whole number from 1 to 1440"),
        ([*BOOK, "--start", "2026-11-24T10:15", "--overrule", "in-the-past"], "overrule", "some of blocked, outside-h"),
        ([*BOOK, "--start", "2026-11-24T10:15", "--operation-id", "7"], "operation-id", "an id (UUID)"),
        (BOOK, "start", "a value: it is required"),
        (["book"], "patient, practitioner, type, start", "a value: it is required"),
        (["show", "seven"], "id", "an id (UUID)"),
        (["slots", "--type", "x", "--weekdays", "mon,someday"], "weekdays", "days such as mon,wed,fri"),
        (["slots", "--type", "x", "--days", "999"], "days", "a whole number from 1 to 366"),
        (["slots", "--type", "x", "--from", "9999-12-31T23:00"], "from", "a date with a time such as"),
        (["list", "--status", "late"], "status", "one of booked, arrived, checked-in"),
        (["cancel", ID, "--reason", "rain"], "reason", "choose from"),
        (["move", ID, "--version", "-3"], "version", "a whole number from 1"),
        (["bok"], "command", "choose from"),
        (["check", "--verbose"], "command", "unrecognized arguments: --verbose"),
        (["check", "--js"], "command", "unrecognized arguments: --js"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else None,
)
def test_what_cannot_be_understood_names_the_field_and_what_was_expected(
    command: Command, arguments: list[str], field: str, expected: str
) -> None:
    as_json, as_text = command(*arguments, "--json"), command(*arguments)
    assert as_json.code == as_text.code == 2
    assert as_json.document["error"] == "invalid-input"
    assert as_json.document["field"] == field
    assert expected in as_json.document["expected"]
    assert set(as_json.document) == {"error", "message", "field", "expected"}
    assert as_json.err == as_text.out == ""
    assert as_text.err.startswith("clinic-desk: ")
    assert expected in as_text.err
    assert "--help" in as_text.err


@pytest.mark.parametrize(
    "form", ["postgresql://julia:{}@db/clinic", "host=db password={}", "postgresql://db/?password={}"]
)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_an_address_typed_in_the_wrong_place_is_quoted_without_its_password(
    command: Command, form: str, as_json: bool
) -> None:
    ended = command("check", form.format("corrhorse"), *["--json"] * as_json)
    assert ended.code == 2
    assert "unrecognized" in ended.out + ended.err
    assert "corrhorse" not in ended.out + ended.err


def test_a_password_with_signs_of_addresses_in_it_is_hidden_whole(command: Command) -> None:
    ended = command("check", f"postgresql://julia:{SECRET}@db/clinic")
    assert "julia:***@db/clinic" in ended.err
    assert "ect" not in ended.err.replace("unrecognized", "").replace("clinic-desk", "")
    assert "horse" not in ended.err


def test_the_desktop_without_a_display_says_so_in_one_sentence(program: Program) -> None:
    ended = program(QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert ended.code == 2
    assert "there is no display" in ended.err
    assert ended.err.count("\n") == 1
