"""The clinic of one PC: it opens by itself until somebody manages it, and asks at the door from then on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.commandline.connection import LOGIN
from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServer, join
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.desk import sending as desk_sending
from clinic_desk.errors import ClinicDeskError, InvalidInput, NotAllowed, SignInNeeded
from clinic_desk.opening.embedded import DATABASE, FirstManager, open_embedded, open_with_first_manager
from clinic_desk.opening.opened import Opened
from clinic_desk.settings import Settings, load_settings
from tests.commandline.conftest import Command, command
from tests.support.small_clinic import insert_small_clinic
from tests.support.sql import connected
from tests.ui.shell.conftest import OpenProgram

__all__ = ["command"]

PASSWORD = "four kettles on monday"
ANNA = FirstManager("Anna", "Anna Weber", PASSWORD)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """The server of this PC's clinic; it runs on while the programs of the tests come and go."""
    folder = Path(tempfile.mkdtemp(prefix="cd-one-"))
    folder.chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
    with join(folder / "server") as server:
        owner = server.password(setup.OWNER)
        setup.prepare_database(server.superuser_url(), database="whole", owner_password=owner)
        with connected(server.url(setup.OWNER, "whole")) as connection:
            insert_small_clinic(connection)
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def settings(server: EmbeddedServer, tmp_path: Path) -> Iterator[Settings]:
    """This PC's settings; its clinic is set up, and nobody manages it."""
    at_once(server, f"CREATE DATABASE {DATABASE} TEMPLATE whole")
    setup.configure_database(server.superuser_url(), DATABASE)
    yield load_settings(data=server.data.parent, config=tmp_path / "config")
    at_once(server, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    for login in ("anna", setup.BUILT_IN):
        at_once(server, f"DROP ROLE IF EXISTS {login}")


def at_once(server: EmbeddedServer, statement: str) -> None:
    """Run a statement that no transaction can hold."""
    engine = create_engine(server.superuser_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def tell(_stage: str) -> None:
    """Nobody watches."""


def opened_by_itself(settings: Settings) -> Opened | None:
    """What the PC opens without asking; None if it asks who it is. Closed already."""
    try:
        opened = open_embedded(settings, tell)
    except SignInNeeded as needed:
        needed.let_go()
        return None
    opened.close()
    return opened


def is_let_in(server: EmbeddedServer, login: str, password: str | None = None) -> bool:
    """Whether the server lets a login in, by default with the password that the folder has for it."""
    with suppress(ClinicDeskError), signed_in_as(server.url(login, password=password)):
        return True
    return False


def test_from_the_first_manager_on_it_asks_and_nothing_goes_round_the_door(
    settings: Settings, server: EmbeddedServer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = open_embedded(settings, tell)
    assert (beside.person.login, beside.is_automatic) == (setup.BUILT_IN, True)
    hers = open_with_first_manager(settings, ANNA, tell)
    assert (hers.person.login, hers.person.display_name, hers.person.group) == ("anna", "Anna Weber", "manager")
    assert not hers.is_automatic
    with pytest.raises(ClinicDeskError):
        beside.knock_again()  # what another program looks at when its connection was ended, and locks
    beside.close()
    hers.close()
    for _ in range(2):  # each start makes the logins anew
        assert opened_by_itself(settings) is None
        assert not is_let_in(server, setup.BUILT_IN)
    assert is_let_in(server, "message_worker"), "who sends needs nobody at the desk"
    with pytest.raises(NotAllowed, match="first-manager"):
        open_with_first_manager(settings, FirstManager("eve", "Eve", PASSWORD), tell)
    folder = ("--data", settings.data)
    assert command("init-db", *folder).code == 0
    assert not is_let_in(server, setup.BUILT_IN), "nor by the command that makes the logins"
    asked = command("check", *folder, "--json")
    assert (asked.code, asked.document["field"]) == (2, LOGIN)
    monkeypatch.setenv(LOGIN, "anna")
    monkeypatch.setenv("CLINIC_DESK_PASSWORD_ANNA", PASSWORD)
    assert command("check", *folder, "--json").document["signed_in"] == "anna"


def test_what_a_killed_restore_left_on_its_server_goes_at_the_next_start(
    settings: Settings, server: EmbeddedServer
) -> None:
    at_once(server, "CREATE DATABASE clinic_restoring_before_left")
    assert opened_by_itself(settings) is not None
    with connected(server.superuser_url()) as connection:
        assert connection.scalars(text("SELECT datname FROM pg_database WHERE datname ~ 'restoring'")).all() == []


def test_a_manager_made_by_the_command_line_has_it_ask_as_well(
    settings: Settings, server: EmbeddedServer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened_by_itself(settings) is not None
    monkeypatch.setenv("CLINIC_DESK_PASSWORD_ANNA", PASSWORD)
    assert command("init-db", "--data", settings.data, "--login", "anna:manager").code == 0
    assert opened_by_itself(settings) is None
    assert not is_let_in(server, setup.BUILT_IN)


@pytest.mark.parametrize(
    ("manager", "field"),
    [
        (FirstManager("reception", "Anna", PASSWORD), "login"),
        (FirstManager("a b", "Anna", PASSWORD), "login"),
        (FirstManager("anna", " ", PASSWORD), "display_name"),
        (FirstManager("anna", "Anna", "anna1234"), "password"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_made(
    tmp_path: Path, manager: FirstManager, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_with_first_manager(load_settings(data=tmp_path / "data"), manager, tell)
    assert not (tmp_path / "data").exists()
    assert refused.value.field == field


def test_a_first_manager_and_the_closed_login_stand_together_or_not_at_all(
    settings: Settings, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened_by_itself(settings) is not None

    def fails(*_: object) -> None:
        raise NotAllowed("the power went out")  # noqa: EM101

    with monkeypatch.context() as broken:
        broken.setattr(setup, "_close_built_in", fails)
        with pytest.raises(NotAllowed, match="power"):
            open_with_first_manager(settings, ANNA, tell)
    assert not is_let_in(server, "anna", PASSWORD)
    assert opened_by_itself(settings) is not None


def test_the_window_asks_who_it_is_and_opens_for_her_and_messages_go_meanwhile(
    settings: Settings,
    server: EmbeddedServer,
    programs: OpenProgram,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_sending, "SENDING_AFTER_MS", 0)
    open_with_first_manager(settings, ANNA, tell).close()
    program = programs(wait=False)
    program.opener._open = partial(open_embedded, settings)
    qtbot.waitUntil(lambda: program.opener.door is not None, timeout=15_000)
    door = program.opener.door
    assert door is not None
    page, line = door.page, door.page.name.lineEdit()
    assert line is not None
    qtbot.waitUntil(lambda: program.sending._said != ("", False))
    sending = program.sending.background
    qtbot.waitUntil(page.isVisible)
    QTest.keyClicks(line, "anna")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.keyClicks(page.password.line, server.password(setup.BUILT_IN))
    QTest.keyClick(page.password.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not right" in page.remark.text())
    page.password.line.clear()
    QTest.keyClicks(page.password.line, PASSWORD)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        QTest.keyClick(page.password.line, Qt.Key.Key_Return)
    assert "Anna Weber" in program.window.status_bar.person.text()
    assert program.sending.background is sending, "it went on all the time"
    program.lock()
    assert program.seats is not None
    assert program.seats.door.page.password.line.isVisible(), "Enter alone does not show it again"
