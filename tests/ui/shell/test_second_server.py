"""A primary that may not answer before a second server has the change: the window says what it waits for (F13)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServer, join
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.services import booking
from tests.database.embedded.conftest import ask, clear
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic, insert_small_clinic
from tests.support.spaces import space_of
from tests.ui.shell.conftest import OpenProgram
from tests.ui.shell.test_program import go_to, press, shown

__all__ = ["go_to"]  # a fixture

PASSWORD = "not-a-secret"


class Primary:
    """A server of its own, with the small clinic, that can be told to wait for a second one that is not there."""

    def __init__(self, server: EmbeddedServer, clinic: SmallClinic) -> None:
        self.server = server
        self.clinic = clinic

    def url(self) -> URL:
        return URL.create(
            "postgresql+psycopg2", "julia", PASSWORD, "127.0.0.1", self.server.superuser_url().port, "clinic"
        )

    def wait_for_second(self, *, wait: bool) -> None:
        ask(self.server, f"ALTER SYSTEM SET synchronous_standby_names = '{'nobody' if wait else ''}'")
        ask(self.server, "SELECT pg_reload_conf()")


@pytest.fixture
def primary() -> Iterator[Primary]:
    folder = Path(tempfile.mkdtemp(prefix="cd-second-"))
    folder.chmod(0o755)
    with join(folder / "data") as server:
        login = setup.Login("julia", PASSWORD, "clinic_reception", "Julia")
        setup.prepare_database(server.superuser_url(), owner_password=PASSWORD, logins=[login])
        engine = create_engine(server.superuser_url("clinic"), poolclass=NullPool)
        with engine.begin() as connection:
            clinic = insert_small_clinic(connection)
        primary = Primary(server, clinic)
        yield primary
        primary.wait_for_second(wait=False)
    clear(folder)
    shutil.rmtree(folder)


@pytest.fixture
def booked(primary: Primary) -> Entry:
    """A visit of the Monday."""
    desk = Database(primary.url(), DeskIdentity(new_id(), "Desk 9"))
    entry = booking.book(desk, checkup(primary.clinic, at(primary.clinic.monday, 9)))
    desk.dispose()
    return entry


def test_a_change_that_waits_for_the_second_server_is_said_to_and_stands_when_it_is_there(
    open_program: OpenProgram, primary: Primary, booked: Entry, go_to: Callable[..., None], qtbot: QtBot
) -> None:
    program = open_program(url=primary.url())
    go_to(program, primary.clinic.monday)
    space_of(program).navigator.select(booked.id)
    primary.wait_for_second(wait=True)
    press(Qt.Key.Key_A)
    banner = program.window.banner
    qtbot.waitUntil(lambda: "waits for the second server" in banner.text.text(), timeout=15_000)
    assert banner.isVisible()
    assert space_of(program).desk.tasks.unfinished_commands == 1  # neither told as done nor as failed
    assert space_of(program).own.stack.last() is None
    primary.wait_for_second(wait=False)
    qtbot.waitUntil(lambda: not banner.isVisible(), timeout=15_000)
    (entry,) = shown(program, primary.clinic.monday)
    assert entry.appointment.status is AppointmentStatus.ARRIVED
    assert space_of(program).own.stack.last() is not None
