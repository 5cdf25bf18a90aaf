"""`clinic-desk set-up`: all of it without a window, by options or by a file, with no secret on the command line."""

import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url

from clinic_desk import connection_file
from clinic_desk.cli import main
from clinic_desk.sharing import inviting
from clinic_desk.sharing.pairing import pairing_text
from clinic_desk.sharing.plans import Moved, MovePlan, Share
from tests.sharing.conftest import MANAGER, Keyring


@dataclass(frozen=True, slots=True)
class SetUp:
    """Runs `clinic-desk set-up` on a PC of its own."""

    config: Path
    _printed: pytest.CaptureFixture[str]
    _patched: pytest.MonkeyPatch

    def __call__(self, *words: object) -> tuple[int, Any]:
        """(the exit code, what was printed as JSON)"""
        try:
            code = main(["set-up", *map(str, words), "--json"])
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, json.loads(self._printed.readouterr().out)

    def say(self, **variables: str) -> None:
        """Set variables of the environment."""
        for name, value in variables.items():
            self._patched.setenv(f"CLINIC_DESK_{name}", value)


class Embedded(nullcontext["Embedded"]):
    """As much of an embedded server as a move is told."""

    def __init__(self, data: Path) -> None:
        super().__init__(self)
        self.data = data

    def superuser_url(self, database: str) -> URL:
        return URL.create("postgresql", "postgres", "x", "127.0.0.1", 1, database)


@pytest.fixture
def set_up(tmp_path: Path, pc: Keyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> SetUp:
    assert pc.kept == {}
    monkeypatch.delenv("CLINIC_DESK_DATABASE_URL", raising=False)
    monkeypatch.setattr("sys.stdin", None)
    made = SetUp(tmp_path / "config", capsys, monkeypatch)
    made.say(CONFIG=str(made.config), DATA=str(tmp_path / "data"))
    return made


def test_a_pc_joins_tries_and_is_told_what_is_wrong(share: Share, set_up: SetUp) -> None:
    set_up.say(PAIRING=pairing_text(inviting.invite(share)))
    code, joined = set_up("join", "--desk-name", "Room 9")
    assert (code, joined["sends"]) == (0, True)
    code, refused = set_up("join")
    assert (code, refused["error"], refused["code"]) == (1, "sharing", "pairing-over")
    set_up.say(SHARED_FOLDER=str(share.folder))
    [login] = [pc["login"] for pc in set_up("pcs")[1]["pcs"] if pc["name"] == "Room 9"]
    assert login not in str(set_up("pcs", "--dismiss", login)[1])

    assert set_up("test")[1]["kind"] == "no-password"
    set_up.say(LOGIN=MANAGER.login, PASSWORD_JULIA=MANAGER.password)
    assert set_up("test") == (
        0,
        {"kind": "good", "advice": "The connection works.", "host": "127.0.0.1", "port": share.port, "detail": ""},
    )
    set_up.say(PASSWORD_JULIA="wrong")
    code, wrong = set_up("test")
    assert (code, wrong["kind"]) == (1, "wrong-password")


def test_a_pc_is_connected_only_to_what_was_tried_and_its_commands_ask_who_it_is(
    share: Share, set_up: SetUp, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = "postgresql://127.0.0.1:1/clinic?sslmode=verify-full"
    code, refused = set_up("connect", "--database-url", nobody, "--authority", share.authority)
    assert (code, refused["kind"]) == (1, "no-authority")  # on this computer none is meant unless it is named
    nobody += f"&sslrootcert={share.authority}"
    code, refused = set_up("connect", "--database-url", nobody)
    assert (code, refused["kind"]) == (3, "refused")
    assert not (set_up.config / connection_file.NAME).exists()

    good = f"postgresql://127.0.0.1:{share.port}/clinic?sslmode=verify-full&sslrootcert={share.authority}"
    assert set_up("connect", "--database-url", good)[0] == 0
    written = connection_file.read(set_up.config)
    assert str(set_up.config) in written["database_ca_file"]  # a copy of its own

    assert (main(["check"]), "LOGIN" in capsys.readouterr().err) == (2, True)
    set_up.say(LOGIN=MANAGER.login, **{f"PASSWORD_{MANAGER.login.upper()}": MANAGER.password})
    assert main(["check"]) == 0
    assert f"signed in: {MANAGER.login}" in capsys.readouterr().out


def test_a_clinic_moves_to_a_server_of_somebody_elses(
    share: Share, set_up: SetUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[MovePlan] = []

    def move(plan: MovePlan, _tell: object) -> Moved:
        given.append(plan)
        return Moved(1, 1, 1, 1)

    monkeypatch.setattr("clinic_desk.sharing.moving.move", move)
    monkeypatch.setattr("clinic_desk.commandline.connection.embedded_server", lambda *_: Embedded(tmp_path))
    place = f"127.0.0.1:{share.port}/clinic?sslmode=verify-full&sslrootcert={share.authority}"
    set_up.say(NEW_DATABASE_URL=f"postgresql://postgres:secret@{place}", OWNER_PASSWORD="owner's")
    code, moved = set_up("move")
    assert (code, moved["rows"]) == (0, 1)
    [plan] = given
    assert (plan.owner_password, plan.old_folder) == ("owner's", tmp_path)
    assert make_url(plan.new).password == "secret"
    for address in (plan.new_address, moved["address"], connection_file.read(set_up.config)["database_url"]):
        assert make_url(address).username is None  # everybody signs in with a name of her own
        assert "secret" not in address
    set_up.say(NEW_DATABASE_URL="nonsense:secret")
    code, refused = set_up("move")
    assert (code, refused["field"]) == (2, "CLINIC_DESK_NEW_DATABASE_URL")
    assert "secret" not in str(refused)


def test_a_file_says_it_all_and_each_mistake_in_it_is_named(share: Share, set_up: SetUp, tmp_path: Path) -> None:
    file = tmp_path / "set-up.toml"
    good = f"postgresql://127.0.0.1:{share.port}/clinic?sslmode=verify-full&sslrootcert={share.authority}"
    file.write_text(f'act = "test"\ndatabase_url = "{good}"\n')
    assert set_up("--file", file)[1]["kind"] == "no-password"
    for line, field in (
        ('acts = "test"', "acts"),
        ('act = "walk"', "act"),
        ("port = 80", "port"),
        ('address = "one"', "address"),
        ("move = 1", "move"),
        ('manager_password = "x"', "manager_password"),
        ("act = ", "file"),
    ):
        file.write_text(line)
        code, refused = set_up("--file", file)
        assert (code, refused["field"]) == (2, field)
    assert set_up("--file", tmp_path / "none")[1]["field"] == "file"


def test_what_is_missing_is_asked_for_by_its_name(set_up: SetUp) -> None:
    assert set_up()[1]["field"] == "act"
    assert set_up("join")[1]["field"] == "CLINIC_DESK_PAIRING"
    assert set_up("share")[1]["field"] == "manager"
    assert set_up("share", "--manager", "julia")[1]["field"] == "CLINIC_DESK_PASSWORD_JULIA"
    assert set_up("share", "--network", "all of it", "--manager", "julia")[1]["field"] == "CLINIC_DESK_PASSWORD_JULIA"
    assert set_up("connect")[1]["field"] == "database-url"
    assert set_up("pair")[1]["code"] == "not-shared"


def test_a_damaged_file_of_an_earlier_set_up_is_written_anew(share: Share, set_up: SetUp) -> None:
    set_up.config.mkdir()
    (set_up.config / connection_file.NAME).write_text("database_url = ")
    set_up.say(PAIRING=pairing_text(inviting.invite(share)))
    assert set_up("join")[0] == 0
    assert connection_file.read(set_up.config)["database_url"]
