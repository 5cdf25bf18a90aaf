"""The primary is killed and its synchronous standby promoted: no acknowledged booking is lost, desks find it (F10)."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded import EmbeddedServer, join, postmaster
from clinic_desk.database.embedded.account import hand_over, service_account
from clinic_desk.database.embedded.binaries import Binaries, find, usable
from clinic_desk.database.embedded.cluster import choose_port
from clinic_desk.database.embedded.commands import run
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import OutcomeUnknown, Unavailable
from clinic_desk.services import booking
from tests.database.embedded.conftest import ask
from tests.support.bookings import at, checkup, overlaps
from tests.support.small_clinic import SmallClinic, insert_small_clinic
from tests.support.waiting import until

FOUND_WITHIN_S: Final = 10.0
PASSWORD: Final = "not-a-secret"
QUARTERS: Final = [(hour, minute) for hour in (8, 9, 10, 11, 13, 14, 15, 16) for minute in (0, 15, 30, 45)]


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary with the small clinic in it, and a synchronous standby."""

    primary: EmbeddedServer
    standby: Path
    standby_port: int
    control: Callable[..., None]
    """Runs pg_ctl with arguments on the standby."""
    clinic: SmallClinic

    def url(self, user: str, *ports: int) -> URL:
        """The clinic's database on one or several of the two."""
        hosts = tuple(f"127.0.0.1:{port}" for port in ports)
        return URL.create("postgresql+psycopg2", user, PASSWORD, database="clinic", query={"host": hosts})


@pytest.fixture
def pair(place: Path) -> Iterator[Pair]:
    with join(place / "primary") as primary:
        binaries = usable(find(None), service_account((primary.data / "pgdata").stat().st_uid))
        if not binaries.program("pg_basebackup").exists():
            pytest.skip("pg_basebackup is not installed")
        clinic = _prepare(primary)
        port, control = _add_standby(primary, binaries, place / "second")
        yield Pair(primary, place / "second", port, control, clinic)


def _prepare(primary: EmbeddedServer) -> SmallClinic:
    ask(primary, "ALTER SYSTEM SET fsync = off")  # programs are killed here, not the machine
    ask(primary, "SELECT pg_reload_conf()")
    login = setup.Login("julia", PASSWORD, "clinic_reception", "Julia")
    setup.prepare_database(primary.superuser_url(), owner_password=PASSWORD, logins=[login])
    engine = create_engine(primary.superuser_url("clinic"), poolclass=NullPool)
    with engine.begin() as connection:
        return insert_small_clinic(connection)


def _add_standby(primary: EmbeddedServer, binaries: Binaries, folder: Path) -> tuple[int, Callable[..., None]]:
    account = service_account((primary.data / "pgdata").stat().st_uid)
    folder.mkdir(mode=0o700)
    hand_over(folder, account)
    at_primary = primary.superuser_url()
    source = f"host=127.0.0.1 port={at_primary.port} user={at_primary.username} password={at_primary.password}"

    def told(program: str, *arguments: str) -> None:
        ended = run(binaries.program(program), *arguments, account=account, folder=folder, limit=100)
        assert ended.code == 0, ended.output

    told("pg_basebackup", "-D", "pgdata", "-R", "-X", "stream", "-c", "fast", "-d", f"{source} application_name=second")
    port = choose_port(None)
    options = f"-p {port} -c logging_collector=off -c unix_socket_directories="
    told("pg_ctl", "-D", "pgdata", "-w", "-l", "log", "-o", options, "start")
    ask(primary, "ALTER SYSTEM SET synchronous_standby_names = 'second'")
    ask(primary, "SELECT pg_reload_conf()")
    until(lambda: ask(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)
    return port, lambda *arguments: told("pg_ctl", "-D", "pgdata", "-w", *arguments)


class Reception(Thread):
    """Books one quarter of an hour after the other until told to stop, and notes when it was told what."""

    def __init__(self, desk: Database, clinic: SmallClinic) -> None:
        super().__init__(name="reception")
        self.desk = desk
        self.clinic = clinic
        self.booked: list[tuple[float, UUID]] = []
        self.unknown: set[UUID] = set()
        self.failed: list[str] = []
        self.stopping = Event()

    def run(self) -> None:
        for number in count():
            if self.stopping.is_set():
                return
            day = self.clinic.monday + timedelta(weeks=number // len(QUARTERS))
            wish = checkup(self.clinic, at(day, *QUARTERS[number % len(QUARTERS)]))
            try:
                entry = booking.book(self.desk, wish)
            except OutcomeUnknown:
                self.unknown.add(wish.appointment_id)
            except Unavailable as error:
                self.failed.append(type(error).__name__)
                sleep(0.05)
            except Exception as error:  # the test looks at it
                self.failed.append(repr(error))
                return
            else:
                self.booked.append((monotonic(), entry.id))


@pytest.fixture
def reception(pair: Pair) -> Iterator[Reception]:
    port = pair.primary.superuser_url().port
    assert port is not None
    desk = Database(pair.url("julia", port, pair.standby_port), DeskIdentity(new_id(), "Desk 1"))
    made = Reception(desk, pair.clinic)
    made.start()
    yield made
    made.stopping.set()
    made.join(60)
    desk.dispose()


def kill(pgdata: Path) -> None:
    """End a server and all its processes as a power cut would."""
    found = postmaster.alive(pgdata)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    until(lambda: not postmaster.survivors(pgdata))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_when_the_standby_takes_over_desks_find_it_and_have_lost_no_acknowledged_booking(
    pair: Pair, reception: Reception, expected_notices: list[str]
) -> None:
    expected_notices.append("unexpected postmaster exit")  # its last words, where they still come through
    until(lambda: len(reception.booked) >= 10)
    kill(pair.primary.data / "pgdata")
    pair.control("promote")
    promoted = monotonic()
    until(lambda: any(when > promoted for when, _ in reception.booked) or not reception.is_alive())
    reception.stopping.set()
    reception.join(60)
    assert not reception.is_alive()
    first = next(when for when, _ in reception.booked if when > promoted)
    assert first - promoted < FOUND_WITHIN_S
    assert set(reception.failed) <= {"DatabaseDown", "Busy"}
    second = _engine(pair)
    with second.connect() as connection:
        standing: set[Any] = set(connection.exec_driver_sql("SELECT id FROM appointment").scalars())
    acknowledged = {each for _, each in reception.booked}
    assert acknowledged <= standing
    assert standing <= acknowledged | reception.unknown
    assert overlaps(second) == 0
    second.dispose()


def _engine(pair: Pair) -> Engine:
    return create_engine(pair.url(setup.OWNER, pair.standby_port), poolclass=NullPool)
