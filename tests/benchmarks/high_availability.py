"""Eight desks book while the primary dies: `python -m tests.benchmarks.high_availability [--rounds 3] [--json]`.

Needs a PostgreSQL with pg_basebackup (the distribution's: found by `pg_config --bindir`, or CLINIC_DESK_POSTGRES_BIN).
Each round makes a primary and a standby on loopback and as many desks, each a process of its own that books one visit
after the other through the services, at the address of both. Then

- `stuck`: the standby is stopped for 3 s: nothing is told as failed, and what waited stands afterwards;
- `cancelled`: an administrator ends such a wait: the desk is told that it may stand on one server alone;
- `failover`: the primary is killed (-9, with all its processes) and the standby promoted: no acknowledged booking is
  lost, none stands twice, and every desk books again within 10 s of the promotion;
- `old primary`: the killed one is started again, and told to wait for nobody: no desk writes to it, neither those that
  run nor one that starts then;
- `asynchronous`: the same failover with a standby that is not waited for and was cut off for a second: how many
  acknowledged bookings are lost, for the manual.

Exit code 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import psutil
import psycopg2
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import setup
from clinic_desk.database.embedded.account import hand_over, service_account
from clinic_desk.database.embedded.cluster import choose_port
from clinic_desk.database.embedded.commands import run
from clinic_desk.database.embedded.folder import write_private
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import DurabilityUnknown, OutcomeUnknown, Unavailable
from clinic_desk.services import booking
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SMALL_CLINIC, insert_small_clinic

PASSWORD: Final = "not-a-secret"
AGAIN_WITHIN_S: Final = 10.0
QUARTERS: Final = [(hour, minute) for hour in (8, 9, 10, 11, 13, 14, 15, 16) for minute in (0, 15, 30, 45)]
SETTINGS: Final = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = replica
max_wal_senders = 5
wal_keep_size = 256MB
password_encryption = 'scram-sha-256'
logging_collector = off
"""
_BEHIND: Final = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = %s"


# --- two servers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two: its folder, its port, and the account that runs it."""

    binaries: Path
    folder: Path
    port: int

    def told(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's account. Raises what it says if it fails."""
        account = service_account(self.folder.parent.stat().st_uid)
        ended = run(self.binaries / program, *arguments, account=account, folder=self.folder, limit=120)
        if ended.code:
            raise RuntimeError(ended.output)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.told("pg_ctl", "-D", "pgdata", "-w", "-l", "log", "-o", f"-p {self.port}", "start")

    def processes(self) -> list[psutil.Process]:
        """The postmaster and all below it."""
        pid = int((self.folder / "pgdata" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def signal(self, number: int) -> None:
        """Send all its processes a signal."""
        for process in self.processes():
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue

    def asked(self, statement: str, *values: Any, database: str = "postgres") -> Any:
        """The first value of what the superuser asks."""
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=PASSWORD, dbname=database, connect_timeout=5
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
        finally:
            connection.close()

    def wait_for(self, names: str) -> None:
        """Have commits wait for these standbys; empty: for none."""
        self.asked(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.asked("SELECT pg_reload_conf()")

    def url(self, user: str = "postgres", database: str = "postgres") -> URL:
        return URL.create("postgresql+psycopg2", user, PASSWORD, "127.0.0.1", self.port, database)


@contextmanager
def single(binaries: Path, settings: str) -> Iterator[Server]:
    """A server of the distribution's PostgreSQL with these settings besides; gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="cd-server-"))
    place.chmod(0o755)
    server = Server(binaries, place / "first", choose_port(None))
    server.folder.mkdir(mode=0o700)
    hand_over(server.folder, service_account(0) if os.geteuid() == 0 else None)
    try:
        _make_primary(server, settings)
        yield server
    finally:
        _end(server)
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def pair(binaries: Path) -> Iterator[tuple[Server, Server]]:
    """A primary with the small clinic, and a standby that it waits for; gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="cd-pair-"))
    place.chmod(0o755)
    servers = [Server(binaries, place / name, choose_port(None)) for name in ("first", "second")]
    for server in servers:
        server.folder.mkdir(mode=0o700)
        hand_over(server.folder, service_account(0) if os.geteuid() == 0 else None)
    first, second = servers
    try:
        _make_primary(first)
        _make_standby(first, second)
        yield first, second
    finally:
        for server in servers:
            _end(server)
        shutil.rmtree(place, ignore_errors=True)


def _end(server: Server) -> None:
    if (server.folder / "pgdata" / "postmaster.pid").exists():
        with suppress(psutil.NoSuchProcess, ValueError):
            server.signal(signal.SIGCONT)
            server.signal(signal.SIGKILL)
        sleep(0.5)


def _make_primary(server: Server, settings: str = "") -> None:
    account = service_account(server.folder.stat().st_uid)
    write_private(server.folder / "password", PASSWORD + "\n", account)
    made = "-D pgdata -U postgres --pwfile=password --auth=scram-sha-256 -E UTF8 --locale=C"
    server.told("initdb", *made.split())
    configuration = server.folder / "pgdata" / "postgresql.conf"
    write_private(configuration, configuration.read_text() + SETTINGS + settings, account)
    server.start()
    login = setup.Login("julia", PASSWORD, "clinic_reception", "Julia")
    setup.prepare_database(server.url(), owner_password=PASSWORD, logins=[login])
    engine = create_engine(server.url(database="clinic"), poolclass=NullPool)
    with engine.begin() as connection:
        insert_small_clinic(connection)


def _make_standby(first: Server, second: Server) -> None:
    source = f"host=127.0.0.1 port={first.port} user=postgres password={PASSWORD} application_name=second"
    second.told("pg_basebackup", "-D", "pgdata", "-R", "-X", "stream", "-c", "fast", "-d", source)
    second.start()
    first.wait_for("second")
    until(lambda: first.asked(_BEHIND, "sync") == 1)


def until(condition: Callable[[], Any], limit_s: float = 60.0) -> None:
    """Wait until it is so; RuntimeError after the limit."""
    deadline = monotonic() + limit_s
    while not condition():
        if monotonic() > deadline:
            raise RuntimeError(f"not within {limit_s:.0f} s")
        sleep(0.02)


# --- desks ------------------------------------------------------------------------------------------------------------


def desk(url: str, number: int, report: Path) -> None:
    """What one desk's process does: books until it is ended, and writes down what it was told, and when."""
    database = Database(url, DeskIdentity(new_id(), f"Desk {number}"))
    clinic = SMALL_CLINIC
    with report.open("a", buffering=1) as told:
        for turn in range(10**6):
            week, quarter = divmod(turn, len(QUARTERS))
            day = clinic.monday + timedelta(weeks=week * 64 + number)
            wish = checkup(clinic, at(day, *QUARTERS[quarter]))
            began = monotonic()
            try:
                booking.book(database, wish)
                outcome = "booked"
            except DurabilityUnknown:
                outcome = "one server"
            except OutcomeUnknown:
                outcome = "unknown"
            except Unavailable as error:
                outcome = type(error).__name__
                sleep(0.05)
            told.write(json.dumps([monotonic(), outcome, str(wish.appointment_id), monotonic() - began]) + "\n")
            sleep(0.02)


@dataclass(frozen=True, slots=True)
class Told:
    """What a desk was told of one booking: when (monotonic), what, of which, and after how long (seconds)."""

    when: float
    outcome: str
    appointment: UUID
    seconds: float


class Desks:
    """The processes, from `start` to `end`."""

    def __init__(self, url: URL, folder: Path) -> None:
        self._url = url.render_as_string(hide_password=False)
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int) -> None:
        """Start so many more."""
        for _ in range(count):
            number = len(self._running) + 1
            program = [sys.executable, "-m", "tests.benchmarks.high_availability", "--desk", str(number)]
            environment = os.environ | {
                "CLINIC_DESK_BENCH_URL": self._url,
                "CLINIC_DESK_BENCH_REPORT": str(self._folder),
            }
            self._running.append(subprocess.Popen(program, env=environment))

    def told(self, number: int) -> list[Told]:
        """What a desk was told so far."""
        path = self._folder / f"{number}.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [Told(row[0], row[1], UUID(row[2]), row[3]) for row in map(json.loads, lines)]

    def all_told(self) -> list[Told]:
        """What all were told so far, by time."""
        rows = [row for number in range(1, len(self._running) + 1) for row in self.told(number)]
        return sorted(rows, key=lambda row: row.when)

    def all_book(self, since: float, count: int = 1) -> bool:
        """Whether each has booked so often since then."""
        numbers = range(1, len(self._running) + 1)
        return all(sum(row.outcome == "booked" and row.when > since for row in self.told(n)) >= count for n in numbers)

    def end(self) -> None:
        """End them."""
        for process in self._running:
            process.kill()
            process.wait()


# --- what happens -----------------------------------------------------------------------------------------------------


def one_round(binaries: Path, desks: int) -> dict[str, Any]:
    """All of it, once, with a synchronous standby; what was measured, and what was broken."""
    reports = Path(tempfile.mkdtemp(prefix="cd-pair-told-"))
    with pair(binaries) as (first, second):
        both = URL.create("postgresql+psycopg2", "julia", PASSWORD, database="clinic").update_query_dict(
            {"host": (f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}")}
        )
        at_desks = Desks(both, reports)
        at_desks.start(desks)
        try:
            until(lambda: at_desks.all_book(0, 5))
            found = _stuck(at_desks, second) | _cancelled(at_desks, first, second)
            found |= _failover(at_desks, first, second) | _old_primary(at_desks, first, second, desks)
        finally:
            at_desks.end()
        found |= _counted(at_desks, second)
    shutil.rmtree(reports)
    return found


def _stuck(desks: Desks, second: Server) -> dict[str, Any]:
    since = monotonic()
    second.signal(signal.SIGSTOP)
    sleep(3.0)
    second.signal(signal.SIGCONT)
    again = monotonic()
    until(lambda: desks.all_book(again, 2))
    during = [row for row in desks.all_told() if since < row.when]
    failed = [row.outcome for row in during if row.outcome != "booked"]
    waited = max(row.seconds for row in during)
    return {"stuck: told as failed": len(failed), "stuck: longest wait (s)": round(waited, 2)}


def _cancelled(desks: Desks, first: Server, second: Server) -> dict[str, Any]:
    since = monotonic()
    second.signal(signal.SIGSTOP)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    until(lambda: first.asked(waiting) > 0)
    ended = first.asked("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    until(lambda: any(row.outcome == "one server" for row in desks.all_told() if row.when > since))
    second.signal(signal.SIGCONT)
    again = monotonic()
    until(lambda: desks.all_book(again, 2))
    outcomes = [row.outcome for row in desks.all_told() if since < row.when]
    return {
        "cancelled: waits ended": ended,
        "cancelled: told of one server": outcomes.count("one server"),
        "cancelled: told otherwise": len([each for each in outcomes if each not in ("one server", "booked")]),
    }


def _failover(desks: Desks, first: Server, second: Server) -> dict[str, Any]:
    killed = monotonic()
    first.signal(signal.SIGKILL)
    second.told("pg_ctl", "-D", "pgdata", "-w", "promote")
    promoted = monotonic()
    until(lambda: desks.all_book(promoted))
    numbers = range(1, len(desks._running) + 1)
    firsts = [
        min(row.when for row in desks.told(n) if row.outcome == "booked" and row.when > promoted) for n in numbers
    ]
    return {
        "failover: promotion took (s)": round(promoted - killed, 2),
        "failover: first desk books after promotion (s)": round(min(firsts) - promoted, 2),
        "failover: last desk books after promotion (s)": round(max(firsts) - promoted, 2),
    }


def _old_primary(desks: Desks, first: Server, second: Server, count: int) -> dict[str, Any]:
    (first.folder / "pgdata" / "postmaster.pid").unlink(missing_ok=True)
    first.start()
    first.wait_for("")
    rows = "SELECT count(*) FROM appointment"
    before = first.asked(rows, database="clinic")
    desks.start(1)  # it has seen no later timeline: it looks at both
    since = monotonic()
    until(lambda: desks.all_book(since, 5))
    return {
        "old primary: written to it": first.asked(rows, database="clinic") - before,
        "old primary: new desk": count + 1,
    }


def _counted(desks: Desks, second: Server) -> dict[str, Any]:
    connection = psycopg2.connect(
        host="127.0.0.1", port=second.port, user="postgres", password=PASSWORD, dbname="clinic", connect_timeout=5
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM appointment")
        standing = {UUID(row[0]) for row in cursor.fetchall()}
        cursor.execute(
            "SELECT count(*) FROM appointment a JOIN appointment b ON a.id < b.id AND a.footprint && b.footprint"
            " AND a.practitioner_id = b.practitioner_id AND NOT a.squeezed_in AND NOT b.squeezed_in"
        )
        twice = cursor.fetchone()[0]  # type: ignore[index]
    connection.close()
    told = desks.all_told()
    booked = {row.appointment for row in told if row.outcome == "booked"}
    maybe = {row.appointment for row in told if row.outcome in ("unknown", "one server")}
    last = {row.appointment for number in range(1, 99) for row in desks.told(number)[-1:]}
    return {
        "acknowledged": len(booked),
        "acknowledged and lost": len(booked - standing),
        "standing and never told": max(0, len(standing - booked - maybe) - len(last)),
        "told as unknown": len([row for row in told if row.outcome == "unknown"]),
        "told as not booked": len([row for row in told if row.outcome in ("DatabaseDown", "Busy")]),
        "booked twice": twice,
    }


def asynchronous(binaries: Path, desks: int) -> dict[str, Any]:
    """A failover to a standby that nobody waits for, cut off for a second: what is lost of what was acknowledged."""
    reports = Path(tempfile.mkdtemp(prefix="cd-pair-told-"))
    with pair(binaries) as (first, second):
        first.wait_for("")
        url = first.url("julia", "clinic")
        at_desks = Desks(url, reports)
        at_desks.start(desks)
        try:
            until(lambda: at_desks.all_book(0, 5))
            second.told("pg_ctl", "-D", "pgdata", "-w", "-m", "fast", "stop")  # the link to it is cut
            sleep(1.0)
            first.signal(signal.SIGKILL)
            second.start()
            second.told("pg_ctl", "-D", "pgdata", "-w", "promote")
        finally:
            at_desks.end()
        found = _counted(at_desks, second)
    shutil.rmtree(reports)
    return {"asynchronous: acknowledged": found["acknowledged"], "asynchronous: lost": found["acknowledged and lost"]}


def broken(found: dict[str, Any]) -> list[str]:
    """Which promises were broken in a round."""
    zero = ("acknowledged and lost", "booked twice", "stuck: told as failed", "old primary: written to it")
    faults = [name for name in (*zero, "cancelled: told otherwise") if found[name]]
    if found["failover: last desk books after promotion (s)"] > AGAIN_WITHIN_S:
        faults.append("failover: last desk books after promotion (s)")
    return faults if found["cancelled: told of one server"] else [*faults, "cancelled: told of one server"]


def main() -> None:
    """Run it, or be one of its desks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--desks", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--desk", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.desk:
        report = Path(os.environ["CLINIC_DESK_BENCH_REPORT"]) / f"{given.desk}.jsonl"
        Thread(target=_end_with_parent, daemon=True).start()
        desk(os.environ["CLINIC_DESK_BENCH_URL"], given.desk, report)
        return
    binaries = Path(os.environ.get("CLINIC_DESK_POSTGRES_BIN") or of_distribution())
    rounds = [one_round(binaries, given.desks) for _ in range(given.rounds)]
    rounds[-1] |= asynchronous(binaries, given.desks)
    lines = json.dumps(rounds, indent=1) if given.json else "\n\n".join(map(_lines, rounds))
    sys.stdout.write(f"{lines}\n")
    faults = [fault for found in rounds for fault in broken(found)]
    sys.stderr.write(("broken: " + ", ".join(faults) if faults else "every promise was kept") + "\n")
    sys.exit(bool(faults))


def _lines(found: dict[str, Any]) -> str:
    return "\n".join(f"{name:55} {value}" for name, value in found.items())


def of_distribution() -> str:
    """Where the distribution's PostgreSQL has its programs."""
    return subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout.strip()


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
