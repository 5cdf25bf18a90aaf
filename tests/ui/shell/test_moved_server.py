"""The embedded server was killed, its port was taken meanwhile: a desk finds it at the new one and goes on booking."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from uuid import UUID

import psutil
import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServer, join
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.errors import DatabaseDown
from clinic_desk.opening.connecting import connect
from clinic_desk.opening.opened import Opened
from clinic_desk.services import booking, calendar
from clinic_desk.settings import ClaimedDesk, load_settings
from clinic_desk.ui.live import Live
from tests.support.bookings import BERLIN, checkup
from tests.support.small_clinic import SmallClinic, insert_small_clinic


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """An embedded server of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="cd-moved-"))
    folder.chmod(0o755)  # the account that runs PostgreSQL for root must be able to enter
    with join(folder / "server") as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def clinic(server: EmbeddedServer) -> SmallClinic:
    """The small clinic in it."""
    login = setup.Login("reception", server.password("reception"), "clinic_reception", "Reception")
    owner = server.password("clinic_owner")
    setup.prepare_database(server.superuser_url(), database="clinic", owner_password=owner, logins=[login])
    engine = create_engine(server.url(setup.OWNER), poolclass=NullPool)
    with engine.begin() as connection:
        return insert_small_clinic(connection)


@pytest.fixture
def opened(server: EmbeddedServer, clinic: SmallClinic) -> Iterator[Opened]:
    """A desk on it."""
    desk = ClaimedDesk(UUID(int=0xDE5C_4001), "Desk 1")
    opened = connect(server.url("reception"), desk, load_settings(), server=server)
    yield opened
    opened.database.dispose()


@pytest.fixture
def may_revive() -> Event:
    """Set: the listener may start the server again."""
    event = Event()
    event.set()
    return event


@pytest.fixture
def live(opened: Opened, may_revive: Event, qtbot: QtBot) -> Iterator[Live]:
    """Its listener, connected; it is what revives the server."""

    def revive() -> URL | None:
        may_revive.wait(20)
        return opened.revive()

    live = Live(opened.database.url, opened.desk_no, before_connect=revive)
    with qtbot.waitSignal(live.connected):
        live.start()
    yield live
    assert live.stop()
    live.deleteLater()


def kill_the_server(server: EmbeddedServer) -> None:
    """End the postmaster and its children as a power cut would."""
    port = server.address.port
    main = next(
        psutil.Process(each.pid)
        for each in psutil.net_connections("tcp4")
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid
    )
    family = [main, *main.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, 10)


def test_a_desk_books_on_a_server_that_came_back_at_another_port(
    opened: Opened, clinic: SmallClinic, live: Live, may_revive: Event, qtbot: QtBot
) -> None:
    server = opened.server
    assert server is not None
    database, before = opened.database, server.address.port
    nine = minute_to_instant(clinic.monday, 540, BERLIN)
    first = booking.book(database, checkup(clinic, nine))
    with socket.socket() as intruder, qtbot.waitSignal(live.connected, timeout=30_000):
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        may_revive.clear()
        kill_the_server(server)
        intruder.bind((server.address.host, before))
        intruder.listen()
        may_revive.set()
    assert server.address.port != before
    assert database.url.port == server.address.port
    quarter_past = minute_to_instant(clinic.monday, 555, BERLIN)
    with qtbot.waitSignal(live.changes_heard) as heard:
        second = booking.book(database, checkup(clinic, quarter_past, patient_id=clinic.patients[1]))
    assert heard.args is not None
    assert second.id in {change.id for change in heard.args[0]}
    there = {entry.id for entry in calendar.load_entries(database, [first.id, second.id])}
    assert there == {first.id, second.id}


def test_a_pool_that_moves_while_it_is_used_lets_what_is_under_way_end(opened: Opened) -> None:
    database = opened.database
    elsewhere = database.url.set(port=1)
    with database.reading() as connection:
        database.move_to(elsewhere)
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    with pytest.raises(DatabaseDown), database.reading():
        pass
    database.move_to(database.url)  # the same address: nothing is thrown away
    assert database.engine() is database.engine()
    database.move_to(opened.server.url("reception") if opened.server else "")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
