"""`people`: made, reset, shut out and given rights; a code is printed once and a password is never asked for."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL

from clinic_desk.services.people import let_in
from tests.commandline.conftest import ADDRESS, Command, text
from tests.plugins.postgres import PostgresServer
from tests.support.people import unique_logins
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def end(postgres_server: PostgresServer) -> Iterator[str]:
    with unique_logins(postgres_server) as names_end:
        yield names_end


def test_people_are_made_reset_shut_out_and_given_rights(
    command: Command, url_as: Callable[..., URL], clinic: SmallClinic, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clinic.patients
    url, login = url_as("clinic_manager"), f"anna{end}"
    monkeypatch.setenv(ADDRESS, text(url))
    made = command("people", "add", login.upper(), "--name", "Anna Weber", "--json")
    assert (made.code, made.document["login"]) == (0, login)
    reset = command("people", "reset", login)
    code = reset.out.splitlines()[-1]
    assert code != made.document["code"]
    assert let_in(url.set(username=login, password=code)).must_set_password
    for arguments, expected in (
        (("set-right", login, "export", "allowed"), {"rights": {"export": True}}),
        (("set-right", login, "export", "as-group"), {"rights": {}}),
        (("set-group", login, "--group", "readonly"), {"group": "readonly"}),
        (("disable", login), {"disabled": True}),
        (("enable", login), {"disabled": False, "name": "Anna Weber"}),
    ):
        ended = command("people", *arguments, "--json")
        assert ended.code == 0, ended
        assert ended.document | expected == ended.document
    assert f"{login}  Anna Weber  readonly  never seen  code until" in command("people").out
    for wrong in (("disable",), ("set-right", login), ("set-group", login)):
        assert command("people", *wrong).code == 2
    for refused in (("disable", "nobody"), ("disable", "test_manager"), ("add", "clinic_owner")):
        assert command("people", *refused).code in {1, 2}


def test_a_reception_is_refused(
    command: Command, url_as: Callable[..., URL], clinic: SmallClinic, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clinic.patients
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_reception")))
    assert command("people", "add", f"anna{end}").code == 1
