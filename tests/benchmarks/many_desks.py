"""Fifty desks on one server: `python -m tests.benchmarks.many_desks [--desks 50] [--sending 50] [--every 20]`.

Each desk is what a desktop opens at the database, without its window: the pool of its lanes with the pulse that asks
every 15 s, the listener, and on `--sending` of them the program that works through the message queue with its own pool
and listener. The server is the distribution's PostgreSQL (or that of CLINIC_DESK_POSTGRES_BIN). The desks run in some
processes of many threads, because fifty windows would measure this computer and not the server. First all rest; then
each books or moves something every `--every` seconds and reads anew what the others did, as a calendar does.

Told is what a server needs for it: connections (at rest, at most, for each desk), the connections it must allow, its
memory (proportional, so that shared memory counts once), its processor time, transactions a second, and how soon the
last desk has heard of a change after its transaction began.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import psutil
import psycopg2
from sqlalchemy import URL

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.listener import Listener
from clinic_desk.domain.changes import Change
from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Entry
from clinic_desk.errors import ClinicDeskError
from clinic_desk.sending import SendingProgram
from clinic_desk.services import booking, calendar, desks, messages
from tests.benchmarks.high_availability import of_distribution, single
from tests.benchmarks.place import Place, place
from tests.plugins.postgres import LOGINS, PASSWORD
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SMALL_CLINIC

IN_ONE_PROCESS: Final = 10
PULSE_S: Final = 15.0
SPARE: Final = 20
"""Connections besides the desks': backups, whoever looks after the server, and what PostgreSQL keeps for superusers."""


class OneDesk:
    """The connections of one desktop, and what it asks."""

    def __init__(self, url: URL, number: int, folder: Path, *, sends: bool) -> None:
        self.number = number
        self.db = Database(url, DeskIdentity(UUID(int=0xDE5C_5000_0000 + number), f"Desk {number}"))
        desk_no = desks.register_desk(self.db, "PC")
        self.clinic = calendar.load_clinic(self.db)
        self.day = SMALL_CLINIC.monday
        self._stop, self._lock = Event(), Lock()
        self._touched: set[UUID] = set()
        self._news = Event()
        self.heard: list[tuple[str, int, float]] = []
        self.sent: list[tuple[str, int, float]] = []
        self.failed: list[str] = []
        calendar.load_day(self.db, self.day, self.clinic)
        self.listener = Listener(url, desk_no, self._hear, lambda _: None)
        self.listener.start()
        self.sending: SendingProgram | None = None
        if sends:
            worker = url.set(username=LOGINS["clinic_worker"], password=PASSWORD)
            self.sending = SendingProgram(worker, self.db.desk, folder, data=folder)
            self.sending.start()
        self._threads = [Thread(target=self._rest), Thread(target=self._read)]
        for thread in self._threads:
            thread.start()

    def _hear(self, changes: tuple[Change, ...]) -> None:
        now = monotonic()
        with self._lock:
            for change in changes:
                if change.table == "appointment":
                    self.heard.append((str(change.id), change.version, now))
                    self._touched.add(change.id)
        self._news.set()

    def _rest(self) -> None:
        sleep(self.number % 15)  # desks are not started at one moment
        while not self._stop.wait(PULSE_S):
            with suppress(ClinicDeskError):
                desks.desks_online(self.db)
                messages.message_counts(self.db)

    def _read(self) -> None:
        while not self._stop.is_set():
            self._news.wait(1.0)
            self._news.clear()
            with self._lock:
                touched, self._touched = self._touched, set()
            if touched:
                with suppress(ClinicDeskError):
                    calendar.load_entries(self.db, touched)

    def work(self, every_s: float, until: float) -> None:
        """Book, then move it to and fro, at this pace."""
        sleep(every_s * (self.number % 50) / 50)
        entry: Entry | None = None
        turn = 0
        while monotonic() < until:
            began = monotonic()
            start = at(self.day + timedelta(weeks=self.number), 8 + turn % 4, 0)
            try:
                if entry is None:
                    entry = booking.book(self.db, checkup(SMALL_CLINIC, start))
                else:
                    entry = booking.update(self.db, Update(entry.id, entry.appointment.version, starts_at=start))
                self.sent.append((str(entry.id), entry.appointment.version, began))
            except ClinicDeskError as error:
                self.failed.append(type(error).__name__)
            turn += 1
            sleep(max(0.0, began + every_s - monotonic()))

    def close(self) -> None:
        """Let go of everything."""
        self._stop.set()
        self._news.set()
        for thread in self._threads:
            thread.join()
        if self.sending is not None:
            self.sending.close()
        self.listener.stop()
        self.db.dispose()


def be_desks(first: int, count: int, given: argparse.Namespace) -> None:
    """One process of so many desks: open, wait for the word on standard input, work, report, end."""
    url = URL.create("postgresql+psycopg2", **json.loads(os.environ["CLINIC_DESK_BENCH_ADDRESS"]))
    with tempfile.TemporaryDirectory(prefix="cd-desks-") as place:
        _be_desks(url, range(first, first + count), given, Path(place))


def _be_desks(url: URL, numbers: range, given: argparse.Namespace, folder: Path) -> None:
    all_desks = [OneDesk(url, number, folder, sends=number <= given.sending) for number in numbers]
    _say("open")
    sys.stdin.readline()
    until = monotonic() + given.seconds
    threads = [Thread(target=desk.work, args=(given.every, until)) for desk in all_desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sleep(2)
    told: dict[str, Any] = {"heard": [list(each.heard) for each in all_desks]}
    told["sent"] = [one for each in all_desks for one in each.sent]
    told["failed"] = [one for each in all_desks for one in each.failed]
    _say(json.dumps(told))
    for desk in all_desks:
        desk.close()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# --- what is measured -------------------------------------------------------------------------------------------------


class Watched:
    """The server as seen by the superuser and the operating system."""

    def __init__(self, superuser: URL, database: str) -> None:
        self._database = database
        self._connection = psycopg2.connect(
            superuser.set(drivername="postgresql").render_as_string(hide_password=False), application_name="watching"
        )
        self._connection.autocommit = True
        self._postmaster = psutil.Process(self._asked("SELECT pg_backend_pid()")).parent()

    def _asked(self, statement: str, *values: Any) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        return row[0] if row else None

    def connections(self) -> int:
        """How many there are to the clinic's database."""
        return int(self._asked("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", self._database))

    def transactions(self) -> int:
        """How many have ended."""
        counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"
        return int(self._asked(counted, self._database))

    def _processes(self) -> list[psutil.Process]:
        assert self._postmaster is not None
        return [self._postmaster, *self._postmaster.children(recursive=True)]

    def cpu_s(self) -> float:
        """Processor seconds of the processes that live."""
        spent = 0.0
        for process in self._processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent += times.user + times.system
        return spent

    def memory_mb(self) -> float:
        """What they take together; what they share counts once."""
        taken = 0
        for process in self._processes():
            with suppress(psutil.Error):
                taken += process.memory_full_info().pss
        return taken / 2**20

    def over(self, seconds: float) -> dict[str, float]:
        """Watch for so long."""
        cpu, ended, most, began = self.cpu_s(), self.transactions(), 0, monotonic()
        while monotonic() < began + seconds:
            most = max(most, self.connections())
            sleep(0.25)
        took = monotonic() - began
        return {
            "connections at most": most,
            "transactions a second": round((self.transactions() - ended) / took, 1),
            "processor of the server (%)": round(100 * (self.cpu_s() - cpu) / took, 1),
            "memory of the server (MB)": round(self.memory_mb()),
        }


def measure(here: Place, superuser: URL, given: argparse.Namespace) -> dict[str, Any]:
    """Open all desks, let them rest, let them work; return what was seen."""
    watched = Watched(superuser, here.name)
    address = here.url
    values = {
        "username": address.username, "password": address.password, "host": address.host, "port": address.port,
        "database": address.database, "query": dict(address.query),
    }  # fmt: skip
    environment = os.environ | {"CLINIC_DESK_BENCH_ADDRESS": json.dumps(values)}
    programs = []
    for first in range(1, given.desks + 1, IN_ONE_PROCESS):
        count = min(IN_ONE_PROCESS, given.desks + 1 - first)
        arguments = [f"--first={first}", f"--count={count}", f"--seconds={given.seconds}", f"--every={given.every}"]
        arguments.append(f"--sending={given.sending}")
        program = [sys.executable, "-m", "tests.benchmarks.many_desks", *arguments]
        pipe = subprocess.PIPE
        programs.append(subprocess.Popen(program, env=environment, stdin=pipe, stdout=pipe, text=True))
    try:
        for each in programs:
            assert each.stdout is not None
            each.stdout.readline()
        sleep(5)
        rest = watched.over(given.seconds)
        rest["connections"] = watched.connections()
        for each in programs:
            assert each.stdin is not None
            each.stdin.write("work\n")
            each.stdin.flush()
        busy = watched.over(given.seconds)
        reports = [json.loads(each.stdout.readline()) for each in programs if each.stdout is not None]
    finally:
        for each in programs:
            try:
                each.wait(30)
            except subprocess.TimeoutExpired:
                each.kill()
    return _found(rest, busy, reports, given.desks)


def _found(rest: dict[str, float], busy: dict[str, float], reports: list[dict[str, Any]], count: int) -> dict[str, Any]:
    desks_heard = [{(row[0], row[1]): row[2] for row in each} for report in reports for each in report["heard"]]
    sent = sorted((row for report in reports for row in report["sent"]), key=lambda row: row[2])
    everybody = [row for row in sent if all((row[0], row[1]) in heard for heard in desks_heard)]
    last = sorted(max(heard[row[0], row[1]] for heard in desks_heard) - row[2] for row in everybody)
    most = max(rest["connections at most"], busy["connections at most"])
    return {
        "desks": count,
        "changes a second": round(len(sent) / (sent[-1][2] - sent[0][2]), 1) if len(sent) > 1 else 0,
        "connections at rest": rest["connections"],
        "connections a desk, at rest": round(rest["connections"] / count, 1),
        "connections a desk, at most": round(most / count, 1),
        "max_connections to set": -(-int(most) // 10) * 10 + SPARE,
        **{f"at rest: {name}": value for name, value in rest.items() if not name.startswith("connections")},
        **{f"at work: {name}": value for name, value in busy.items() if not name.startswith("connections")},
        "changes": len(sent),
        "refused": ", ".join(sorted(one for report in reports for one in report["failed"])) or 0,
        "changes that every desk heard": len(everybody),
        "last desk hears, half of them (ms)": round(1000 * statistics.median(last)) if last else None,
        "last desk hears, 95 of 100 (ms)": round(1000 * last[int(len(last) * 0.95)]) if last else None,
    }


def main() -> None:
    """Measure, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--sending", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--every", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.first:
        be_desks(given.first, given.count, given)
        return
    binaries = Path(os.environ.get("CLINIC_DESK_POSTGRES_BIN") or of_distribution())
    with single(binaries, f"max_connections = {12 * given.desks + SPARE}\n") as one, place(one.url()) as here:
        found = measure(here, one.url(), given)
    lines = [f"{name:50} {value}" for name, value in found.items()]
    sys.stdout.write((json.dumps(found, indent=1) if given.json else "\n".join(lines)) + "\n")


if __name__ == "__main__":
    main()
