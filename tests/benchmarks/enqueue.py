"""What telling the patient adds to a booking: `python -m tests.benchmarks.enqueue [--quick]`.

Bookings of patients with channel none and with e-mail alternate on one desk, so that both see the same machine; each of
the latter leaves a confirmation and a reminder in the queue. CPU is that of the desk and of its server process.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Channel
from clinic_desk.services.booking import book
from tests.benchmarks import clinic_data as data
from tests.benchmarks.services import Figure, Server, say

MOST: Final = 1.30
BLOCK: Final = 20
"""Bookings in a row of one kind: the server's processor time is known to a hundredth of a second only."""


def main() -> int:
    """Measure and print; 1 if telling adds more than it may."""
    blocks = 10 if "--quick" in sys.argv else 50
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)
    kept = True
    try:
        with join(folder / "server") as embedded:
            say(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            for figure in measured(Server(embedded.superuser_url()), blocks):
                kept &= figure.kept
                say(f"{figure.what:<58}{figure.value:>24}   {figure.limit}{'' if figure.kept else '   NOT KEPT'}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if kept else 1


def measured(server: Server, blocks: int) -> Iterator[Figure]:
    """Return the medians of both kinds of booking, and their ratio."""
    filled = data.fill(server.database("enqueue"), patients=2000, appointments=20_000, for_booking=True)
    told, untold = _reachable(server, filled.patients)
    desk = server.desk("enqueue")
    commands = {True: _commands(told, datetime(2032, 1, 5, tzinfo=UTC)), False: _commands(untold, _LATER)}
    walls: dict[bool, list[float]] = {True: [], False: []}
    processor = {True: 0.0, False: 0.0}
    for number in range(2 * blocks + 2):
        tells = number % 2 == 0
        before = _processor(desk)
        taken = [_timed(desk, next(commands[tells])) for _ in range(BLOCK)]
        if number >= 2:  # the first ones prepare what is prepared once
            walls[tells] += taken
            processor[tells] += _processor(desk) - before
    _queued(desk, BLOCK * (blocks + 1))
    desk.dispose()
    none, email = (statistics.median(walls[tells]) * 1000 for tells in (False, True))
    each = BLOCK * blocks / 1000
    yield Figure(
        "enqueue: a booking that tells nobody, ms (CPU)", f"{none:.2f} ({processor[False] / each:.2f})", "", kept=True
    )
    yield Figure(
        "enqueue: one that queues two e-mails, ms (CPU)", f"{email:.2f} ({processor[True] / each:.2f})", "", kept=True
    )
    ratio = email / none
    yield Figure("enqueue: ratio of the medians", f"{ratio:.2f}", f"<= {MOST}", ratio <= MOST)


_LATER: Final = datetime(2040, 1, 2, tzinfo=UTC)


def _reachable(server: Server, who: tuple[UUID, ...]) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Let the first half of the patients want e-mails."""
    told, untold = who[: len(who) // 2], who[len(who) // 2 :]
    connection = data.connect(server.superuser.set(database="enqueue"))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE patient SET email = 'anna@example.org', channel = %s", (Channel.NONE.value,))
        ids = [str(row) for row in told]
        cursor.execute("UPDATE patient SET channel = %s WHERE id = ANY(%s::uuid[])", (Channel.EMAIL.value, ids))
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    return told, untold


def _commands(who: tuple[UUID, ...], start: datetime) -> Iterator[Book]:
    for number in range(10**9):
        practitioner = data.PRACTITIONERS[number % len(data.PRACTITIONERS)]
        at = start + timedelta(minutes=10 * (number // len(data.PRACTITIONERS)))
        yield Book(who[number % len(who)], data.TYPE, practitioner, data.SITE, at, 10)


def _timed(desk: Database, command: Book) -> float:
    begun = time.perf_counter()
    book(desk, command)
    return time.perf_counter() - begun


def _processor(desk: Database) -> float:
    """Return the processor time in seconds of this process and of the one that serves it (0 of that if not known)."""
    with desk.reading() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    status = Path(f"/proc/{pid}/stat")
    served = 0.0
    if status.exists():
        fields = status.read_text().rpartition(")")[2].split()
        served = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + served


def _queued(desk: Database, bookings: int) -> None:
    """Only bookings that queued what they should were measured."""
    with desk.reading() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM notification WHERE channel = 'email'").scalar_one()
    if found != 2 * bookings:
        sys.exit(f"{found} messages were queued, not {2 * bookings}")


if __name__ == "__main__":
    sys.exit(main())
