"""How fast the services are: `python -m tests.benchmarks.services [booking] [race] [day] [typeahead]` (default: all).

`--quick` takes fewer rounds and a tenth of the rows; `--json` prints one list of figures.

Ratios are taken in one run, on one server with default durability: booking against pgbench with the very SQL the desk
sent, in rounds that alternate; the day with a million appointments against ten thousand. CPU time is that of the desk's
process; the server's is not in it. On a busy machine the ratios stay, the milliseconds do not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import URL, make_url

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Channel, Clinic
from clinic_desk.domain.refusals import SlotTaken
from clinic_desk.notifications.planning import DEFAULT_RULE
from clinic_desk.services import calendar, patients
from clinic_desk.services.booking import book
from tests.benchmarks import clinic_data as data
from tests.benchmarks.pgbench import pgbench_program, pgbench_rate, script_of

PASSWORD: Final = "not-a-secret"
DESKS: Final = 8
ROUNDS: Final = 3
FEW_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result; `limit` is what it must reach, in words."""

    what: str
    value: str
    limit: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured. `rows`: appointments in the large table; `patients`: of the large clinic."""

    bookings: int = 300
    races: int = 60
    rows: int = 1_000_000
    patients: int = 200_000


QUICK: Final = Effort(bookings=60, races=25, rows=100_000, patients=20_000)


@dataclass(frozen=True, slots=True)
class Server:
    """The benchmark's own server: makes databases, and says where they are."""

    superuser: URL
    effort: Effort = Effort()

    def database(self, name: str) -> URL:
        """A migrated database of this name; the URL is the superuser's."""
        login = setup.Login("bench", PASSWORD, "clinic_reception", "Bench")
        setup.prepare_database(self.superuser, database=name, owner_password=PASSWORD, logins=[login])
        return self.superuser.set(database=name)

    def desk(self, name: str, number: int = 1) -> Database:
        """A desk on a database."""
        return Database(self.url(name), DeskIdentity(UUID(int=number), f"Desk {number}"))

    def url(self, name: str) -> URL:
        """A database as a reception's login."""
        return self.superuser.set(database=name, username="bench", password=PASSWORD)


PARTS = ("booking", "race", "day", "typeahead")


def main() -> int:
    """Run what was asked for and print it; 1 if a limit was not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("only", nargs="*", help="; ".join(PARTS))
    options = parser.parse_args()
    figures = []
    for figure in measure(options.only or PARTS, QUICK if options.quick else Effort()):
        figures.append(figure)
        if not options.json:
            say(f"{figure.what:<58}{figure.value:>24}   {figure.limit}{'' if figure.kept else '   NOT KEPT'}")
    if options.json:
        say(json.dumps([asdict(figure) for figure in figures]))
    return 0 if all(figure.kept for figure in figures) else 1


def measure(asked: Sequence[str], effort: Effort) -> Iterator[Figure]:
    """Measure parts on a server of their own."""
    parts = {"booking": booking_rate, "race": race_latency, "day": day_query, "typeahead": type_ahead}
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)
    try:
        with join(folder / "server") as embedded:
            server = Server(embedded.superuser_url(), effort)
            note(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            for name in asked:
                yield from parts[name](server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """Say what is no figure."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


# --- booking against pgbench ------------------------------------------------------------------------------------------


def booking_rate(server: Server) -> Iterator[Figure]:
    """Bookings a second, one client, and pgbench running the same SQL in one transaction."""
    pgbench = pgbench_program()
    if pgbench is None:
        note("there is no pgbench (it comes with PostgreSQL's client programs)")
        yield Figure("booking: ratio (median of rounds)", "not measured: no pgbench", ">= 0.3", kept=False)
        return
    bookings = server.effort.bookings
    filled = data.fill(server.database("booking"), patients=2000, appointments=20_000, for_booking=True)
    _reachable(server.superuser.set(database="booking"))
    desk = server.desk("booking")
    commands = _commands(filled.patients)
    fixed = frozenset(map(str, (data.SITE, data.TYPE, DEFAULT_RULE.id, *data.PRACTITIONERS)))
    script = script_of(desk, commands, fixed)
    ours, theirs, cpu = [], [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(bookings):
            book(desk, next(commands))
        ours.append(bookings / (time.perf_counter() - wall))
        cpu.append((time.process_time() - processor) / bookings * 1000)
        theirs.append(pgbench_rate(pgbench, server.url("booking"), script, bookings))
    _booked_by_both(desk, 20_000 + 2 + 2 * ROUNDS * bookings)
    desk.dispose()
    ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
    yield Figure("booking: services, bookings/s", f"{statistics.median(ours):.0f}", "", kept=True)
    yield Figure(
        "booking: pgbench with the same SQL, transactions/s", f"{statistics.median(theirs):.0f}", "", kept=True
    )
    yield Figure(
        "booking: ratio (median of rounds)", f"{ratios[ROUNDS // 2]:.2f}", ">= 0.3", ratios[ROUNDS // 2] >= 0.3
    )
    yield Figure("booking: CPU of the desk for one, ms", f"{statistics.median(cpu):.2f}", "", kept=True)


def _reachable(url: URL) -> None:
    """Everybody gets messages, as most patients do: a confirmation and a reminder are part of each booking."""
    connection = data.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE messaging SET sms_by = 'folder'")  # over a channel that is off nothing is planned
        cursor.execute("UPDATE patient SET phone = '+49301234567', channel = %s", (Channel.SMS.value,))
        cursor.execute("VACUUM ANALYZE patient")
    connection.close()


def _booked_by_both(desk: Database, expected: int) -> None:
    """A race that pgbench's random times lost is rare; a script that books nothing would measure nothing."""
    with desk.reading() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM appointment").scalar_one()
        told = connection.exec_driver_sql("SELECT count(*) FROM notification").scalar_one()
    if found < expected - 5 or told < 2 * (found - 20_000):
        sys.exit(f"{found} appointments and {told} messages are there instead of {expected}: the script is wrong")


def _commands(who: tuple[UUID, ...]) -> Iterator[Book]:
    start = datetime(2032, 1, 5, tzinfo=UTC)
    for number in range(10**9):
        practitioner = data.PRACTITIONERS[number % len(data.PRACTITIONERS)]
        at = start + timedelta(minutes=10 * (number // len(data.PRACTITIONERS)))
        yield Book(who[number % len(who)], data.TYPE, practitioner, data.SITE, at, 10)


# --- the loser of a race ----------------------------------------------------------------------------------------------


def race_latency(server: Server) -> Iterator[Figure]:
    """Eight desks as processes book one time at the same moment, again and again: when do the losers know?"""
    filled = data.fill(server.database("race"), patients=2000, appointments=20_000, for_booking=True)
    races = server.effort.races
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(DESKS), context.Queue()
    url = server.url("race").render_as_string(hide_password=False)
    processes = [
        context.Process(target=_race, args=(url, number, filled.patients[:DESKS], barrier, results, races))
        for number in range(DESKS)
    ]
    for process in processes:
        process.start()
    outcomes = [outcome for _ in processes for outcome in results.get(timeout=300)]
    for process in processes:
        process.join()
    losers = sorted(seconds * 1000 for won, seconds in outcomes if not won)
    winners = sorted(seconds * 1000 for won, seconds in outcomes if won)
    p99 = losers[int(len(losers) * 0.99)]
    yield Figure("race: times with exactly one winner", f"{len(winners)} of {races}", "all", len(winners) == races)
    yield Figure(
        "race: the losers know, ms (median / p99 / worst)",
        f"{statistics.median(losers):.0f} / {p99:.0f} / {losers[-1]:.0f}",
        "p99 <= 50",
        p99 <= 50,
    )
    yield Figure("race: the winner knows, ms (median)", f"{statistics.median(winners):.0f}", "", kept=True)


def _race(url: str, number: int, who: tuple[UUID, ...], barrier: Any, results: Any, races: int) -> None:  # noqa: PLR0917
    desk = Database(make_url(url), DeskIdentity(UUID(int=number + 1), f"Desk {number}"))
    outcomes: list[tuple[bool, float]] = []
    start = datetime(2033, 1, 3, tzinfo=UTC)
    book(desk, Book(who[number], data.TYPE, data.PRACTITIONERS[-number - 1], data.SITE, start - timedelta(days=9), 10))
    for count in range(races):
        command = Book(
            who[number], data.TYPE, data.PRACTITIONERS[0], data.SITE, start + timedelta(minutes=10 * count), 10
        )
        barrier.wait(60)
        begun = time.perf_counter()
        try:
            book(desk, command)
            won = True
        except SlotTaken:
            won = False
        outcomes.append((won, time.perf_counter() - begun))
    desk.dispose()
    results.put(outcomes)


# --- the day ----------------------------------------------------------------------------------------------------------


def day_query(server: Server) -> Iterator[Figure]:
    """One day of a thousand appointments, with ten thousand and with a million in the table."""
    few, many = f"{FEW_ROWS:,}", f"{server.effort.rows:,}"
    with _two_sizes(server) as (small, large):
        figures: dict[str, list[tuple[float, float]]] = {few: [], many: []}
        clinics = {name: calendar.load_clinic(desk) for name, desk in ((few, small), (many, large))}
        for count in range(21):
            for name, desk in ((few, small), (many, large)):
                figures[name].append(_day(desk, clinics[name], count % 3 - 1))
    medians = {name: statistics.median(wall for wall, _ in rows[1:]) for name, rows in figures.items()}
    for name, rows in figures.items():
        processor = statistics.median(cpu for _, cpu in rows[1:])
        yield Figure(
            f"day: with {name} appointments, ms (CPU)", f"{medians[name]:.1f} ({processor:.1f})", "", kept=True
        )
    ratio = medians[many] / medians[few]
    yield Figure("day: ratio", f"{ratio:.2f}", "<= 1.3", ratio <= 1.3)


@contextmanager
def _two_sizes(server: Server) -> Iterator[tuple[Database, Database]]:
    for name, number, people in (("small", FEW_ROWS, 2000), ("large", server.effort.rows, server.effort.patients)):
        begun = time.perf_counter()
        data.fill(server.database(name), patients=people, appointments=number, for_booking=False)
        note(f"(filled {number:,} appointments in {time.perf_counter() - begun:.0f} s)")
    small, large = server.desk("small"), server.desk("large", 2)
    yield small, large
    small.dispose()
    large.dispose()


def _day(desk: Database, clinic: Clinic, offset: int) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    board = calendar.load_day(desk, data.TODAY + timedelta(days=offset), clinic)
    assert len(board.entries) == len(data.PRACTITIONERS) * data.PER_DAY
    return (time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000


# --- the type-ahead ---------------------------------------------------------------------------------------------------


def type_ahead(server: Server) -> Iterator[Figure]:
    """Each keystroke of names, birth dates and phone numbers typed letter by letter, over all patients."""
    import random

    url = server.database("typeahead")
    filled = data.fill(url, patients=server.effort.patients, appointments=20_000, for_booking=False)
    desk = server.desk("typeahead")
    chance = random.Random(3)
    typed: list[str] = []
    for patient_id in chance.sample(filled.patients, 12):
        patient = patients.get_patient(desk, patient_id)
        typed += [patient.family_name, f"{patient.given_name} {patient.family_name[:4]}", patient.family_name[2:]]
        typed.append(f"{patient.birth_date:%d.%m.%Y}")
        typed.append(patient.phone[3:])
    walls, processors, slowest = [], [], ("", 0.0)
    for text in typed:
        for length in range(1, len(text) + 1):
            wall, processor = time.perf_counter(), time.process_time()
            patients.search_patients(desk, text[:length])
            walls.append((time.perf_counter() - wall) * 1000)
            processors.append((time.process_time() - processor) * 1000)
            slowest = max(slowest, (text[:length], walls[-1]), key=lambda pair: pair[1])
    desk.dispose()
    median, p95 = statistics.median(walls), sorted(walls)[int(len(walls) * 0.95)]
    yield Figure(
        f"type-ahead: {server.effort.patients:,} patients, ms (median / p95 / worst)",
        f"{median:.1f} / {p95:.1f} / {slowest[1]:.0f}",
        "median <= 30",
        median <= 30,
    )
    yield Figure(
        "type-ahead: CPU of the desk for one, ms (median)", f"{statistics.median(processors):.1f}", "", kept=True
    )


if __name__ == "__main__":
    sys.exit(main())
