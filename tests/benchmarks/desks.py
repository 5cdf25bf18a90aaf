"""How soon a desk shows what happens: `python -m tests.benchmarks.desks [--rows 1000000] [--changes 200] [--json]`.

Two figures, each of real programs (tests/live/desk_program.py, offscreen) and the machine's one monotonic clock:

- a change that another process commits, from just before COMMIT is sent (earlier than the commit itself, so the figure
  is rather too high) to the end of the painting that shows it;
- the key that goes to another day (Enter after the typed date, of a day that was not read ahead) to the end of its
  painting, with 10,000 and with `--rows` appointments in the table, alternately; the days hold the same number.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from queue import Empty
from time import monotonic, perf_counter, sleep
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from tests.benchmarks.place import Place, place, server
from tests.live.desks import Desk
from tests.support.bookings import BERLIN, checkup

FEW = 10_000
DOCTORS = 10
A_DAY = 12 * DOCTORS
"""Appointments on each day: the same in the small and in the large table."""
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One result. `unit` "ms" or "x" (a ratio)."""

    what: str
    measured: float
    unit: str
    budget: float | None

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        return self.budget is None or self.measured <= self.budget


# --- a change of another desk -----------------------------------------------------------------------------------------


def note_of(desk: Desk, wanted: str) -> dict[str, Any]:
    """The next note of a kind that the desk's program sends."""
    deadline = monotonic() + PATIENCE_S
    while True:
        try:
            note = desk.notes.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            message = f"the desk never told of {wanted}"
            raise AssertionError(message) from None
        if wanted in note:
            return note


def changes(here: Place, folder: Path, count: int) -> list[float]:
    """Milliseconds from commit to painted, of so many changes, one after the other."""
    database = here.desk(1, "Front")
    sent_at = [0.0]

    def remember(_connection: Connection) -> None:
        sent_at[0] = monotonic()

    event.listen(database.engine(), "commit", remember)
    entry = booking.book(database, checkup(here.clinic, minute_to_instant(here.clinic.monday, 540, BERLIN)))
    desk = Desk(here.url, "Desk 2", folder, "unasked")
    taken: list[float] = []
    try:
        show(desk, here.clinic.monday)
        assert desk.do("select", appointment_id=str(entry.id)), "the appointment is not there"  # scrolled to
        desk.do("watch_paints", appointment_id=str(entry.id))
        for number in range(count + 5):
            entry = moved(database, entry, number)
            painted: dict[str, Any] = {"version": 0}
            while painted["version"] < entry.appointment.version:
                painted = note_of(desk, "painted")
            taken.append((painted["painted"] - sent_at[0]) * 1000)
    finally:
        desk.close()
        database.dispose()
    return taken[5:]  # without the first: warm


def moved(database: Any, entry: Entry, number: int) -> Entry:
    """Move the appointment by a quarter of an hour, to and fro."""
    at = entry.appointment.starts_at + timedelta(minutes=15 if number % 2 == 0 else -15)
    return booking.update(database, Update(entry.id, entry.appointment.version, starts_at=at))


def show(desk: Desk, day: date) -> None:
    """Have a desk that tells nothing unasked show a day."""
    deadline = monotonic() + 2 * PATIENCE_S
    desk.do("look")
    while not (desk.seen.ready and desk.seen.day and desk.seen.connection == "live"):
        assert monotonic() < deadline, "the desk never opened"
        desk.do("look")
    type_date(desk, day)
    desk.press("Return")
    while desk.seen.day != day.isoformat():
        assert monotonic() < deadline, "the day was never shown"
        desk.do("look")


def type_date(desk: Desk, day: date) -> None:
    """Ctrl+G and the date; Enter is what goes there."""
    desk.do("turn_to_calendar")
    desk.press("G", "ctrl")
    desk.type(day.isoformat())


# --- another day ------------------------------------------------------------------------------------------------------

PEOPLE = """
INSERT INTO practitioner (id, name, position)
SELECT gen_random_uuid(), 'Dr. Number ' || n, 100 + n FROM generate_series(1, %(doctors)s) AS n
"""
HOURS = """
INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute, valid_from)
SELECT gen_random_uuid(), p.id, %(site)s, weekday, 480, 1080, '2020-01-01'
FROM practitioner AS p, generate_series(1, 7) AS weekday WHERE p.position > 100
"""
ROWS = """
INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at)
SELECT gen_random_uuid(), patients[1 + (no %% 10)], p.id, %(site)s, %(type)s, start, start + interval '15 minutes'
FROM generate_series(%(first)s, %(last)s) AS day,
     (SELECT id, row_number() OVER (ORDER BY position) AS no FROM practitioner WHERE position > 100) AS p,
     generate_series(0, 11) AS at,
     LATERAL (SELECT (%(begin)s::date + day::int + time '08:00' + at * interval '30 minutes')
                     AT TIME ZONE 'Europe/Berlin' AS start) AS starts,
     (SELECT array_agg(id) AS patients FROM patient) AS who
"""
BEGIN = date(2027, 1, 4)


def fill(here: Place, rows: int) -> int:
    """Fill the calendar from `BEGIN` on with `A_DAY` appointments a day; return on how many days.

    Set-based, as the owner, with the triggers that derive columns but without history and announcements.
    """
    days = rows // A_DAY
    with here.owner.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('clinic_desk.quiet', 'on', true)")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("DELETE FROM appointment_type_practitioner")
        connection.exec_driver_sql("UPDATE practitioner SET active = false")
        connection.exec_driver_sql(PEOPLE, {"doctors": DOCTORS})
        connection.exec_driver_sql(HOURS, {"site": here.clinic.berlin})
        for trigger in unneeded(connection):
            connection.exec_driver_sql(f"ALTER TABLE appointment DISABLE TRIGGER {trigger}")
        given = {"site": here.clinic.berlin, "type": here.clinic.checkup, "begin": BEGIN}
        connection.exec_driver_sql(ROWS, given | {"first": 0, "last": days - 1})
        for trigger in unneeded(connection):
            connection.exec_driver_sql(f"ALTER TABLE appointment ENABLE TRIGGER {trigger}")
    with here.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE appointment")
    return days


def checkpoint(superuser: URL) -> None:
    """Have what was filled in written now, not while it is measured."""
    engine = create_engine(superuser, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()


def unneeded(connection: Connection) -> list[str]:
    """The triggers that tell of a change or keep it: those that run after a row was written."""
    rows = connection.exec_driver_sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'appointment'::regclass AND NOT tgisinternal AND tgtype & 2 = 0"
    )
    return [row[0] for row in rows]


def settle(desks: list[Desk]) -> None:
    """Wait until no desk reads ahead any more: people do not go on within a few milliseconds."""
    deadline = monotonic() + PATIENCE_S
    while not all(desk.do("is_settled") for desk in desks):
        assert monotonic() < deadline, "a desk never came to rest"
        sleep(0.01)


def switch(desk: Desk, day: date, others: list[Desk]) -> float:
    """Milliseconds from Enter to the picture of a day, while all desks are at rest."""
    type_date(desk, day)
    settle(others)
    desk.do("time_key", key="Return", modifiers=[])
    return float(note_of(desk, "switched")["switched"] * 1000)


def switches(here: list[tuple[Place, int]], folder: Path, rounds: int) -> list[list[float]]:
    """Milliseconds of so many switches in each place, alternately."""
    taken: list[list[float]] = [[] for _ in here]
    with ExitStack() as stack:
        desks = []
        for number, (where, _) in enumerate(here):
            desk = Desk(where.url, f"Desk {number}", folder, "unasked")
            stack.callback(desk.end)
            desks.append(desk)
        for desk in desks:
            show(desk, BEGIN)
        for number in range(rounds + 3):
            for desk, (_, days), times in zip(desks, here, taken, strict=True):
                # no day, nor one read ahead beside it, comes again before the desk has forgotten it
                times.append(switch(desk, BEGIN + timedelta(days=(3 + number * 7) % (days - 3)), desks))
        for desk in desks:
            desk.close()
    return [times[3:] for times in taken]


# --- all of it --------------------------------------------------------------------------------------------------------


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(rows: int, count: int, rounds: int) -> list[Figure]:
    """Run both."""
    with tempfile.TemporaryDirectory(prefix="cdbench-") as scratch, server() as superuser:
        folder = Path(scratch)
        with place(superuser) as here:
            seen = changes(here, folder, count)
        out = [
            Figure("change painted on another desk, p50", statistics.median(seen), "ms", 30.0),
            Figure("change painted on another desk, p95", percentile(seen, 0.95), "ms", 150.0),
        ]
        with place(superuser) as small, place(superuser) as large:
            began = perf_counter()
            filled = [(where, fill(where, many)) for where, many in ((small, FEW), (large, rows))]
            checkpoint(superuser)
            sys.stderr.write(f"{rows:,} appointments made in {perf_counter() - began:.0f} s\n")
            few, many = switches(filled, folder, rounds)
        little, much = statistics.median(few), statistics.median(many)
        return [
            *out,
            Figure(f"another day, {FEW:,} appointments", little, "ms", 60.0),
            Figure(f"another day, {rows:,} appointments", much, "ms", 60.0),
            Figure("the same, ratio", much / little, "x", 1.3),
        ]


def main() -> int:
    """Print the figures; exit code 1 when a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = measure(options.rows, options.changes, options.rounds)
    lines = [f"{one.what:45} {one.measured:8.1f} {one.unit:2} (budget {one.budget})" for one in figures]
    if options.json:
        lines = [json.dumps([asdict(one) for one in figures])]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(one.kept for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
