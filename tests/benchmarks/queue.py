"""How fast the message queue is: `python -m tests.benchmarks.queue [drain] [claim] [enqueue] [latency] [--json]`.

Ratios are taken in one run on one server with its durability. `drain`: 10,000 due messages with a sender that does
nothing against procrastinate with 10,000 jobs that do nothing, in turns, and four workers against one. `claim`: a claim
with a million finished rows against one with none, in turns. `enqueue`: bookings of patients with and without messages,
in turns. `latency`: from booking to the message at the provider, nothing else going on. `--rows` shortens the drain.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import URL

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries.queue import BATCH
from clinic_desk.database.stepping import stepping
from clinic_desk.domain.commands import Book
from clinic_desk.domain.messaging import Answer, Outcome, Outgoing
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book
from tests.benchmarks import clinic_data as data
from tests.benchmarks.place import server
from tests.plugins.postgres import LOGINS, PASSWORD, prepare
from tests.support.queue_rows import Provider

ROWS: Final = 10_000
FINISHED: Final = 1_000_000
CLAIMS: Final = 150
BOOKINGS: Final = 300
WAITS: Final = 60
WORKERS: Final = 4
_SENT: Final = Outcome(Answer.SENT, provider_id="nothing")

_OPEN: Final = """
UPDATE messaging SET quiet_from_minute = 0, quiet_until_minute = 0, email_per_minute = 60000, sms_per_minute = 60000,
    email_by = 'folder', sms_by = 'folder', wait_s = 0;
UPDATE patient SET phone = '+49301234567', email = 'a.patient@example.org', channel = 'sms'
"""
_ADD: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
    due_at, not_after, status, attempts, sent_at, provider_id, created_at, recipient)
SELECT gen_random_uuid(), a.id, 1, a.patient_id, CASE n.no / 2 % 2 WHEN 0 THEN 'confirmation' ELSE 'reminder' END,
    CASE n.no % 2 WHEN 0 THEN 'sms' ELSE 'email' END, 'bench-' || gen_random_uuid(), 'Your appointment',
    repeat('x', 150), clock_timestamp() - INTERVAL '1 minute', a.starts_at, '{status}', {done}, {at}, {provider},
    clock_timestamp(), ''
FROM generate_series(0, {count} - 1) AS n (no)
JOIN (SELECT id, patient_id, starts_at, row_number() OVER (ORDER BY id) - 1 AS no FROM appointment
      WHERE starts_at > now() LIMIT 1000) AS a ON a.no = n.no % 1000
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. `budget` None: told for itself."""

    what: str
    measured: float
    unit: str
    budget: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether it is within its budget."""
        if self.budget is None:
            return True
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic's database with a thousand appointments ahead whose patients are reached over both channels."""

    url: URL
    patients: tuple[UUID, ...]

    def as_group(self, group: Any) -> URL:
        """The URL of one of the logins."""
        return self.url.set(username=LOGINS[group], password=PASSWORD)

    def worker_db(self, number: int = 0) -> Database:
        """A database object as a worker's; the caller disposes of it."""
        return Database(self.as_group("clinic_worker"), DeskIdentity(UUID(int=0xDE5C_5000 + number), f"W{number}"))

    def desk(self) -> Database:
        """A desk's; the caller disposes of it. Its messages do not wait."""
        desk = Database(self.as_group("clinic_reception"), DeskIdentity(UUID(int=0xDE5C_5100), "Desk"))
        desk.message_wait_s = 0
        return desk

    def sql(self, statement: str) -> None:
        """Run something as the superuser, no trigger firing."""
        with closing(data.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement)

    def due(self, count: int) -> None:
        """Put so many due messages into the queue."""
        self.sql(_ADD.format(count=count, status="pending", done=0, at="NULL", provider="NULL"))
        self.sql("VACUUM ANALYZE notification")

    def finished(self, count: int) -> None:
        """Put so many messages into it that were delivered within the last ninety days."""
        at = "clock_timestamp() - random() * INTERVAL '90 days'"
        self.sql(_ADD.format(count=count, status="delivered", done=1, at=at, provider="gen_random_uuid()::text"))
        self.sql("VACUUM ANALYZE notification")


def make_place(superuser: URL) -> Place:
    """A fresh one on a server."""
    name = f"bench_{uuid4().hex[:12]}"
    prepare(superuser, name)
    url = superuser.set(database=name)
    filled = data.fill(url, patients=500, appointments=4000, for_booking=True)
    here = Place(url, filled.patients)
    here.sql(_OPEN)
    here.sql("VACUUM ANALYZE")
    return here


class Nothing:
    """A sender that does nothing, and says that it was done."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(Provider, name)

    def send(self, message: Outgoing) -> Outcome:
        """Do nothing."""
        return _SENT


# --- drain ------------------------------------------------------------------------------------------------------------


def work_until_empty(url: URL, number: int, start: Any) -> tuple[int, float]:
    """Be one worker until nothing is due; (messages, CPU seconds)."""
    database = Database(url, DeskIdentity(UUID(int=0xDE5C_5000 + number), f"W{number}"))
    channels = (Channel.EMAIL, Channel.SMS)
    worker = Worker(database, {channel: Nothing(channel) for channel in channels}, f"W{number}")
    with stepping(database) as steps:
        queue.next_in_s(steps, channels)  # connected
    start.wait()
    cpu, worked = time.process_time(), 0
    while True:
        tick = worker.tick()
        worked += tick.worked
        if tick.next_in_s is None or tick.next_in_s > 5:
            break
        time.sleep(min(tick.next_in_s, 0.02))
    database.dispose()
    return worked, time.process_time() - cpu


def drain(here: Place, count: int, workers: int) -> tuple[float, float]:
    """Drain so many messages with so many processes; (messages a second, CPU milliseconds a message)."""
    here.sql("TRUNCATE notification CASCADE")
    here.due(count)
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(workers) as pool:
        start = manager.Barrier(workers + 1)
        url = here.as_group("clinic_worker")
        waiting = [pool.apply_async(work_until_empty, (url, number, start)) for number in range(workers)]
        start.wait()
        began = time.perf_counter()
        done = [each.get() for each in waiting]
        took = time.perf_counter() - began
    with closing(data.connect(here.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM notification WHERE status = 'sent' AND attempts = 1")
        sent = cursor.fetchone()
    if sent is None or sent[0] != count or sum(each[0] for each in done) != count:
        raise AssertionError(sent, done)
    return count / took, 1000 * sum(each[1] for each in done) / count


def procrastinate_rate(superuser: URL, count: int) -> float:
    """Jobs a second of one procrastinate worker, as it comes, on the same server."""
    name = f"bench_{uuid4().hex[:12]}"
    with closing(data.connect(superuser)) as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    url = superuser.set(drivername="postgresql", database=name).difference_update_query(["require_auth"])  # old libpq
    dsn = url.render_as_string(hide_password=False)
    return asyncio.run(_procrastinate(dsn, count))


async def _procrastinate(dsn: str, count: int) -> float:
    import procrastinate

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn))

    @app.task(name="nothing")
    async def nothing(number: int) -> None:
        """Do nothing."""

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        jobs: list[dict[str, Any]] = [{"number": number} for number in range(count)]
        await nothing.batch_defer_async(*jobs)
        await app.connector.execute_query_async("ANALYZE procrastinate_jobs")
        began = time.perf_counter()
        await app.run_worker_async(wait=False, install_signal_handlers=False)
        took = time.perf_counter() - began
        left = await app.connector.execute_query_one_async(
            "SELECT count(*) AS number FROM procrastinate_jobs WHERE status <> 'succeeded'"
        )
    if left["number"]:
        raise AssertionError(left)
    return count / took


def measure_drain(superuser: URL, rows: int, rounds: int) -> Iterator[Figure]:
    """Ours and theirs, in turns."""
    here = make_place(superuser)
    drain(here, min(rows, 500), 1)  # warm
    one: list[float] = []
    four: list[float] = []
    theirs: list[float] = []
    cpu: list[float] = []
    compared: tuple[tuple[Callable[[], float], list[float]], ...] = (
        (partial(procrastinate_rate, superuser, rows), theirs),
        (partial(_four, here, rows), four),
    )
    for _ in range(rounds):
        for measure, rates in compared:
            # Before and after what they are compared with: what else the machine does changes by the minute.
            before, used = drain(here, rows, 1)
            rates.append(measure())
            after, _used = drain(here, rows, 1)
            one.append(2 / (1 / before + 1 / after))
            cpu.append(used)
    yield Figure("one worker", statistics.median(one), "messages/s")
    yield Figure("one worker: CPU of the client for one", statistics.median(cpu), "ms")
    yield Figure("procrastinate, one worker", statistics.median(theirs), "jobs/s")
    yield Figure("four workers", statistics.median(four), "messages/s")
    yield Figure("one worker / procrastinate", _ratio(one[::2], theirs), "x", 2.0, at_least=True)
    yield Figure("four workers / one", _ratio(four, one[1::2]), "x", 1.2, at_least=True)


def _four(here: Place, rows: int) -> float:
    return drain(here, rows, WORKERS)[0]


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


# --- claim ------------------------------------------------------------------------------------------------------------


def measure_claim(superuser: URL, finished: int) -> Iterator[Figure]:
    """The same claims with and without finished rows, in turns."""
    empty, full = make_place(superuser), make_place(superuser)
    full.finished(finished)
    took: dict[str, list[float]] = {"empty": [], "full": []}
    channels = (Channel.EMAIL, Channel.SMS)
    for here in (empty, full):
        here.due(CLAIMS * 20)
    databases = {"empty": empty.worker_db(1), "full": full.worker_db(2)}
    with stepping(databases["empty"]) as one, stepping(databases["full"]) as other:
        for turn in range(CLAIMS):
            for name, steps in (("empty", one), ("full", other)):
                began = time.perf_counter()
                claimed = queue.claim(steps, channels, "bench")
                if turn >= 5:
                    took[name].append(time.perf_counter() - began)
                if len(claimed) != BATCH:
                    raise AssertionError(name, len(claimed))
            time.sleep(0.02)  # the rate limit's slots
    for database in databases.values():
        database.dispose()
    # The quicker ones: a claim costs the same each time, and what else this machine does only ever adds to it.
    quick = {name: statistics.quantiles(each, n=5)[0] * 1000 for name, each in took.items()}
    yield Figure("a claim of ten, nothing finished", quick["empty"], "ms")
    yield Figure(f"a claim of ten, {finished:,} finished", quick["full"], "ms")
    yield Figure("claim: with finished rows / without", quick["full"] / quick["empty"], "x", 1.3)


# --- enqueue ----------------------------------------------------------------------------------------------------------


def measure_enqueue(superuser: URL, bookings: int) -> Iterator[Figure]:
    """Bookings with and without messages, in turns."""
    here = make_place(superuser)
    half = len(here.patients) // 2
    told, untold = here.patients[:half], here.patients[half:]
    names = ",".join(f"'{each}'" for each in untold)
    here.sql(f"UPDATE patient SET channel = 'email'; UPDATE patient SET channel = 'none' WHERE id IN ({names})")
    desk = here.desk()
    took: dict[bool, list[float]] = {True: [], False: []}
    for number, start in zip(range(2 * bookings + 20), _starts(), strict=False):
        with_message = number % 2 == 0
        patients = told if with_message else untold
        command = Book(
            patients[number // 2 % half], data.TYPE, data.PRACTITIONERS[number // 2 % 20], data.SITE, start, 10
        )
        began = time.perf_counter()
        book(desk, command)
        if number >= 20:
            took[with_message].append(time.perf_counter() - began)
    desk.dispose()
    medians = {name: statistics.median(each) * 1000 for name, each in took.items()}
    yield Figure("booking without messages", medians[False], "ms")
    yield Figure("booking with a confirmation and a reminder", medians[True], "ms")
    yield Figure("booking: with messages / without", medians[True] / medians[False], "x", 1.3)


def _starts() -> Iterator[datetime]:
    """Times at which nobody has an appointment yet."""
    day = datetime(2032, 1, 5, 8, tzinfo=UTC)
    while True:
        yield day
        day += timedelta(minutes=30) if day.hour < 17 else timedelta(hours=15)


# --- latency ----------------------------------------------------------------------------------------------------------

Sending = Callable[[Database, Provider], AbstractContextManager[None]]


@contextmanager
def scheduled(database: Database, provider: Provider) -> Iterator[None]:
    """The program's own scheduler."""
    from clinic_desk.notifications.scheduler import Scheduler

    scheduler = Scheduler(database, lambda _settings: {provider.channel: provider}, "bench")
    scheduler.start()
    try:
        yield
    finally:
        scheduler.close()


@contextmanager
def woken(database: Database, provider: Provider) -> Iterator[None]:
    """A worker in a thread that LISTENs: the least that a scheduler does."""
    worker, stopping, hint = Worker(database, {provider.channel: provider}, "bench"), threading.Event(), "LISTEN"

    def run() -> None:
        import select

        with closing(data.connect(database.url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"{hint} clinic_desk_queue")
            while not stopping.is_set():
                worker.tick(stopping.is_set)
                if select.select([connection], [], [], 0.5)[0]:
                    connection.poll()
                    connection.notifies.clear()

    thread = threading.Thread(target=run, name="woken worker")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def measure_latency(superuser: URL, sending: Sending, name: str) -> Iterator[Figure]:
    """From the call of `book` to `send`, one booking after the other."""
    here = make_place(superuser)
    desk, database = here.desk(), here.worker_db()
    arrived: dict[UUID | None, float] = {}
    there = threading.Condition()

    def arrive(message: Outgoing) -> None:
        with there:
            arrived[message.uid] = time.perf_counter()
            there.notify_all()

    provider = Provider(Channel.SMS, before=arrive)
    took = []
    with sending(database, provider):
        time.sleep(2.0)
        for number, start in zip(range(WAITS + 5), _starts(), strict=False):
            command = Book(here.patients[number], data.TYPE, data.PRACTITIONERS[number % 20], data.SITE, start, 10)
            began = time.perf_counter()
            book(desk, command)
            with there:
                if not there.wait_for(partial(arrived.__contains__, command.appointment_id), 10):
                    raise AssertionError(number)
            if number >= 5:
                took.append(arrived[command.appointment_id] - began)
            time.sleep(0.1)
    desk.dispose()
    database.dispose()
    took.sort()
    yield Figure(f"booking to provider ({name}), median", statistics.median(took) * 1000, "ms")
    yield Figure(f"booking to provider ({name}), p95", took[int(len(took) * 0.95)] * 1000, "ms", 500.0)


def _latency(superuser: URL) -> Iterator[Figure]:
    try:
        from clinic_desk.notifications import scheduler  # noqa: F401
    except ImportError:
        yield from measure_latency(superuser, woken, "worker alone")
    else:
        yield from measure_latency(superuser, scheduled, "scheduler")


def main() -> int:
    """Measure what was asked for; 1 if a budget was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["drain", "claim", "enqueue", "latency", []])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--finished", type=int, default=FINISHED)
    parser.add_argument("--bookings", type=int, default=BOOKINGS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: list[Figure] = []
    with server() as superuser:
        parts: dict[str, Callable[[], Iterator[Figure]]] = {
            "drain": lambda: measure_drain(superuser, options.rows, options.rounds),
            "claim": lambda: measure_claim(superuser, options.finished),
            "enqueue": lambda: measure_enqueue(superuser, options.bookings),
            "latency": lambda: _latency(superuser),
        }
        for name in options.parts or parts:
            for figure in parts[name]():
                found.append(figure)
                if not options.json:
                    _say(figure)
    if options.json:
        sys.stdout.write(json.dumps([asdict(each) | {"kept": each.kept} for each in found]) + "\n")
    return 0 if all(each.kept for each in found) else 1


def _say(figure: Figure) -> None:
    sign = ">=" if figure.at_least else "<="
    limit = "" if figure.budget is None else f"{sign} {figure.budget:g}{'' if figure.kept else '   NOT KEPT'}"
    sys.stdout.write(f"{figure.what:<58}{figure.measured:>10.2f} {figure.unit:<12}{limit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.stderr.write(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    sys.exit(main())
