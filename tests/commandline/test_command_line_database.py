"""How a database that is away, closed, or not ours is told: exit code 3, and never a password."""

import argparse
import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk import database_address
from clinic_desk.commandline import connection
from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import OutcomeUnknown
from clinic_desk.services import booking as booking_service
from clinic_desk.services import desks
from tests.commandline.conftest import ADDRESS, ROOT, Command, Ended, Program
from tests.commandline.conftest import text as address_text
from tests.plugins.postgres import PASSWORD, PostgresServer
from tests.support.proxy import COMMIT, FaultyProxy
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

SECRET = "correct-horse"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this computer on which nobody listens, kept so for the test."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def at(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run a command with an address in the environment, where an administrator allows "no-such-host" to have no TLS."""
    allowed = frozenset({"no-such-host.invalid"})
    monkeypatch.setattr(database_address, "allowed_hosts", lambda: allowed)

    def run(address: URL | str, *arguments: object) -> Ended:
        monkeypatch.setenv(ADDRESS, address if isinstance(address, str) else address_text(address))
        return command(*(arguments or ("check",)), "--json")

    return run


def test_a_good_address_is_answered_with_the_health(at: Callable[..., Ended], database_url: URL) -> None:
    ended = at(database_url)
    assert ended.code == 0
    assert set(ended.document) == {
        "server_version",
        "schema_revision",
        "schema_expected",
        "signed_in",
        "group",
        "desks_online",
        "queue_waiting",
        "queue_due",
        "queue_sending",
        "queue_attention",
        "clock_difference_s",
        "tzdata",
        "backups",
        "backup_last_good",
    }
    assert (ended.document["group"], ended.document["signed_in"]) == ("reception", "test_reception")
    assert abs(ended.document["clock_difference_s"]) < 5


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["list"], ["slots", "--type", "x"], ["show", "0192f0c1-0000-7000-8000-000000000001"], ["upgrade-db"]],
    ids=lambda value: value[0],
)
def test_no_server_is_unavailable(
    at: Callable[..., Ended], database_url: URL, closed_port: int, arguments: list[str]
) -> None:
    ended = at(database_url.set(port=closed_port), *arguments)
    assert (ended.code, ended.document["error"]) == (3, "database-down")
    assert set(ended.document) == {"error", "message"}
    assert str(closed_port) in ended.document["message"]


def test_init_db_without_a_server_is_unavailable(
    at: Callable[..., Ended], database_url: URL, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_DESK_OWNER_PASSWORD", SECRET)
    ended = at(database_url.set(port=closed_port), "init-db")
    assert (ended.code, ended.document["error"]) == (3, "database-down")
    assert SECRET not in ended.out + ended.err


@pytest.mark.parametrize("arguments", [["check"], ["list"], ["upgrade-db"]], ids=lambda value: value[0])
def test_a_wrong_password_is_unavailable_and_not_quoted(
    at: Callable[..., Ended], database_url: URL, arguments: list[str]
) -> None:
    ended = at(database_url.set(password=SECRET), *arguments)
    assert (ended.code, ended.document["error"]) == (3, "database-down")
    assert "password authentication failed" in ended.document["message"]
    assert SECRET not in ended.out + ended.err


def test_the_short_scheme_of_libpq_will_do(at: Callable[..., Ended], database_url: URL, owner_url: URL) -> None:
    for url, arguments in ((database_url, ["check"]), (owner_url, ["upgrade-db"])):
        assert at(address_text(url).replace("postgresql+psycopg2:", "postgres:"), *arguments).code == 0


def test_an_unknown_host_is_unavailable(at: Callable[..., Ended], database_url: URL) -> None:
    ended = at(database_url.set(host="no-such-host.invalid"))
    assert (ended.code, ended.document["error"]) == (3, "database-down")
    assert "no-such-host.invalid" in ended.document["message"]


@pytest.mark.parametrize("arguments", [["check"], ["list"], ["book"]], ids=lambda value: value[0])
def test_of_several_hosts_the_one_that_answers_is_used(
    at: Callable[..., Ended], database_url: URL, clinic: SmallClinic, closed_port: int, arguments: list[str]
) -> None:
    hosts = ["no-such-host.invalid:5432", f"127.0.0.1:{closed_port}", f"{database_url.host}:{database_url.port}"]
    several = database_url.set(host=None, port=None, query={"host": hosts, "sslmode": "disable"})
    if arguments == ["book"]:
        arguments = booking()
    assert clinic == SMALL_CLINIC
    assert at(several, *arguments).code == 0


def test_upgrade_db_takes_several_hosts_too(at: Callable[..., Ended], owner_url: URL) -> None:
    hosts = ["no-such-host.invalid:5432", f"{owner_url.host}:{owner_url.port}"]
    ended = at(owner_url.set(host=None, port=None, query={"host": hosts, "sslmode": "disable"}), "upgrade-db")
    assert ended.code == 0


def test_of_several_hosts_only_one_that_takes_changes_will_do() -> None:
    several = "postgresql://julia@/clinic?host=a:5432&host=b:5432&sslmode=verify-full"
    arguments = argparse.Namespace(database_url=several, data=None)
    found = connection.address(connection.settings_for(arguments), arguments)
    assert found is not None
    assert found.query["target_session_attrs"] == "primary"
    arguments.database_url = several + "&target_session_attrs=any"
    found = connection.address(connection.settings_for(arguments), arguments)
    assert found is not None
    assert found.query["target_session_attrs"] == "any"


def booking() -> list[str]:
    """A booking on the small clinic's Monday."""
    words = ["--patient", str(SMALL_CLINIC.patients[0]), "--practitioner", "Weber", "--type", "Checkup"]
    return ["book", *words, "--start", f"{SMALL_CLINIC.monday}T09:00"]


@pytest.mark.parametrize("arguments", [["check"], ["list"], booking()], ids=lambda value: value[0])
def test_a_database_without_the_schema_is_unavailable(
    at: Callable[..., Ended], postgres_server: PostgresServer, bare_database: str, arguments: list[str]
) -> None:
    ended = at(postgres_server.url(bare_database, "test_reception"), *arguments)
    assert (ended.code, ended.document["error"], ended.document["found"]) == (3, "schema-mismatch", None)
    assert set(ended.document) == {"error", "message", "found", "needed"}


@pytest.mark.parametrize("arguments", [["check"], ["list"], booking()], ids=lambda value: value[0])
def test_a_newer_schema_is_unavailable(
    at: Callable[..., Ended], database_url: URL, owner_engine: Engine, arguments: list[str]
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ended = at(database_url, *arguments)
    assert (ended.code, ended.document["error"], ended.document["found"]) == (3, "schema-mismatch", "9999")


def test_a_database_nobody_made_is_unavailable(at: Callable[..., Ended], database_url: URL) -> None:
    ended = at(database_url.set(database="no_such_clinic"))
    assert ended.code == 3
    assert "no_such_clinic" in ended.document["message"]


def test_a_connection_lost_before_commit_is_unavailable_and_nothing_was_booked(
    at: Callable[..., Ended], database_url: URL, clinic: SmallClinic
) -> None:
    assert clinic == SMALL_CLINIC
    with FaultyProxy.before(database_url) as proxy:
        proxy.cut_when(b"INSERT INTO operation", before_forward=True)
        lost = at(proxy.url(database_url), *booking())
    assert (lost.code, lost.document["error"]) == (3, "database-down")
    assert at(database_url, "list", "--day", SMALL_CLINIC.monday).document["appointments"] == []


@pytest.mark.parametrize("arrived", [True, False], ids=["commit arrived", "commit lost"])
def test_a_lost_answer_to_commit_is_found_out_and_the_booking_stands_once(
    at: Callable[..., Ended], database_url: URL, clinic: SmallClinic, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    assert clinic == SMALL_CLINIC
    cuts = []
    register = desks.register_desk
    with FaultyProxy.before(database_url) as proxy:

        def registered(database: Database) -> int:
            number = register(database)
            cuts.append(proxy.cut_when(COMMIT, before_forward=not arrived))  # the booking's, which is the next
            return number

        monkeypatch.setattr(desks, "register_desk", registered)
        ended = at(proxy.url(database_url), *booking())
    assert [cut.is_set() for cut in cuts] == [True]
    assert (ended.code, ended.document["done"]) == (0, "booked")
    rows = at(database_url, "list", "--day", SMALL_CLINIC.monday).document["appointments"]
    assert [row["id"] for row in rows] == [ended.document["appointment"]["id"]]


def test_a_commit_that_is_never_answered_says_how_to_find_out(
    at: Callable[..., Ended], clinic: SmallClinic, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clinic == SMALL_CLINIC
    operation = new_id()

    def unknown(*_arguments: object) -> None:
        message = "the answer to COMMIT was lost and the database cannot be asked"
        raise OutcomeUnknown(message)

    monkeypatch.setattr(booking_service, "book", unknown)
    ended = at(database_url, *booking(), "--operation-id", operation)
    assert (ended.code, ended.document["error"]) == (3, "outcome-unknown")
    assert ended.document["operation_id"] == str(operation)


# --- several at once --------------------------------------------------------------------------------------------------


def test_programs_that_race_with_one_operation_book_once(
    program: Program, at: Callable[..., Ended], database_url: URL, clinic: SmallClinic
) -> None:
    assert clinic == SMALL_CLINIC
    operation = new_id()

    def send(_number: int) -> Ended:
        address = address_text(database_url)
        return program(*booking(), "--operation-id", operation, "--json", CLINIC_DESK_DATABASE_URL=address)

    with ThreadPoolExecutor(3) as racing:
        ended = list(racing.map(send, range(3)))
    assert [one.code for one in ended] == [0, 0, 0], ended
    assert {one.document["appointment"]["id"] for one in ended} == {str(operation)}
    assert len(at(database_url, "list", "--day", SMALL_CLINIC.monday).document["appointments"]) == 1


def test_of_programs_that_race_for_one_time_one_books_and_the_others_are_refused(
    program: Program, at: Callable[..., Ended], database_url: URL, clinic: SmallClinic
) -> None:
    def send(patient: object) -> Ended:
        words = [str(patient) if word == str(clinic.patients[0]) else word for word in booking()]
        return program(*words, "--json", CLINIC_DESK_DATABASE_URL=address_text(database_url))

    with ThreadPoolExecutor(3) as racing:
        ended = list(racing.map(send, clinic.patients[:3]))
    assert sorted(one.code for one in ended) == [0, 1, 1], ended
    assert {one.document["error"] for one in ended if one.code} == {"slot-taken"}
    assert len(at(database_url, "list", "--day", SMALL_CLINIC.monday).document["appointments"]) == 1


def test_a_data_command_loads_neither_qt_nor_what_only_the_desktop_and_the_messages_need(database_url: URL) -> None:
    probe = (
        "import sys\n"
        "from clinic_desk.cli import main\n"
        "code = main(['list'])\n"
        "print('LOADED', code, *{name.partition('.')[0] for name in sys.modules})\n"
    )
    environment = {**os.environ, ADDRESS: address_text(database_url)}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    code, *loaded = done.stdout.rpartition("LOADED")[2].split()
    assert code == "0"
    assert "sqlalchemy" in loaded
    assert not {"PySide6", "alembic", "twilio", "apscheduler", "keyring"} & set(loaded)


# --- addresses and settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "mysql://julia:correct-horse@db/clinic",
        "clinic",
        "postgresql://julia:correct-horse@db:port/clinic",
        "postgresql://julia:correct-horse@127.0.0.1/clinic?sslmod=disable",
        "postgresql://julia:correct-horse@db.example.org/clinic?sslmode=prefer",
        "postgresql://julia:correct-horse@127.0.0.1",
    ],
)
@pytest.mark.parametrize("typed", [True, False], ids=["option", "environment"])
def test_an_address_that_cannot_be_used_is_an_error_of_typing(
    command: Command, monkeypatch: pytest.MonkeyPatch, address: str, typed: bool
) -> None:
    if not typed:
        monkeypatch.setenv(ADDRESS, address)
    options = ["--database-url", address] if typed else []
    ended = command("check", "--json", *options)
    assert (ended.code, ended.document["error"]) == (2, "invalid-input")
    assert ended.document["field"] == ("database-url" if typed else ADDRESS)
    assert "sslmode=verify-full" in ended.document["expected"]
    assert SECRET not in ended.out + ended.err


def test_no_address_at_all_says_where_one_is_expected(command: Command) -> None:
    ended = command("check", "--json")
    assert (ended.code, ended.document["field"]) == (2, "database-url")
    assert ADDRESS in ended.document["expected"]


def test_a_password_on_the_command_line_works_with_a_warning_that_does_not_repeat_it(
    command: Command, database_url: URL
) -> None:
    ended = command("check", "--json", "--database-url", address_text(database_url))
    assert ended.code == 0
    assert ended.document["group"] == "reception"
    assert ADDRESS in ended.err
    assert PASSWORD not in ended.out + ended.err
    before = command("--database-url", address_text(database_url), "check", "--json")
    assert before.code == 0, "an address before the command counts as well"


def test_an_address_without_a_password_is_no_reason_to_warn(
    command: Command, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    ended = command("check", "--json", "--database-url", address_text(database_url._replace(password=None)))
    assert (ended.code, ended.err) == (0, "")


def test_the_address_can_stand_in_a_file_beside_the_caller(
    command: Command, database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"{ADDRESS}={address_text(database_url)}\n", "utf-8")
    assert command("check").code == 0
    Path(".env").write_bytes(b"CLINIC_DESK_DESK_NAME=\xff\xfe\n")
    ended = command("check", "--json")
    assert (ended.code, ended.document["field"]) == (2, ".env")


def test_a_setting_that_cannot_be_used_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_DESK_MESSAGE_WAIT_S", "soon")
    ended = command("check", "--json")
    assert (ended.code, ended.document["field"]) == (2, "CLINIC_DESK_MESSAGE_WAIT_S")
    assert ended.document["expected"] == "whole seconds from 0 to 900"


def test_people_are_told_in_sentences(at: Callable[..., Ended], program: Program, database_url: URL) -> None:
    ended = program("check", CLINIC_DESK_DATABASE_URL=address_text(database_url.set(password=SECRET)))
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("clinic-desk: ")
    assert "Traceback" not in ended.err
    assert SECRET not in ended.err
    good = program("check", CLINIC_DESK_DATABASE_URL=address_text(database_url))
    assert good.code == 0
    assert "group: reception\n" in good.out


def test_a_support_bundle_is_made_with_and_without_a_database(
    command: Command, at: Callable[..., Ended], database_url: URL, closed_port: int, tmp_path: Path
) -> None:
    for name, url in (("up", database_url), ("down", database_url.set(port=closed_port, password=SECRET))):
        path = tmp_path / f"{name}.zip"
        ended = at(url, "support-bundle", "--file", path)
        assert (ended.code, ended.document["file"]) == (0, str(path))
        with zipfile.ZipFile(path) as bundle:
            health = json.loads(bundle.read("health.json"))
            assert SECRET.encode() not in b"".join(map(bundle.read, bundle.namelist()))
        assert health.get("error", "") == ("" if name == "up" else "DatabaseDown")
        assert at(url, "support-bundle", "--file", path).code == 1, "it is not replaced"
