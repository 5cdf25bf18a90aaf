"""How fast free time is found: `python -m tests.benchmarks.slot_search [--json] [--pure]`.

20 practitioners, 50 visits a day each, 90 days (and 30 and 365, to see how the cost grows). The pure part is measured
in CPU milliseconds, median of nine rounds, and in units of a fixed calibration (sorting 100,000 numbers) that stays put
on a busy or a slower machine; it begins with what the database sends. With the database (not with `--pure`) it is the
service as the desk calls it, on a server of the benchmark's own: CPU of the desk and the server together, for on a busy
machine wall time is that of the others. Automatic garbage collection is off, as in the program.
"""

from __future__ import annotations

import gc
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from sqlalchemy import event

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.availability import Availability, Occupied, Wanted, free_starts, next_free, prepare
from clinic_desk.domain.records import Clinic, Practitioner, Site, WorkingHours
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.services import calendar, slots
from tests.benchmarks import clinic_data as data

DAYS, PEOPLE, VISITS = 90, 20, 50
LONG = 365
FIRST = date(2031, 3, 3)
NOW = datetime(2031, 3, 3, tzinfo=UTC)
PURE_MS, ALL_MS = 40.0, 100.0
LENGTH = 30
SITE = Site(data.SITE, "Lindenhof", "Europe/Berlin")
DOCTORS = tuple(Practitioner(key, no, f"Doctor {no}") for no, key in enumerate(data.PRACTITIONERS))
WANTED = Wanted(data.PRACTITIONERS, LENGTH)
Figure = dict[str, Any]


def clinic(closes_minute: int) -> Clinic:
    """Return a clinic that works from 07:00 with an hour's break every day."""
    hours = tuple(
        WorkingHours(UUID(int=no), doctor.id, SITE.id, weekday, start, end, date(2020, 1, 1))
        for no, (doctor, weekday, (start, end)) in enumerate(
            (doctor, weekday, span)
            for doctor in DOCTORS
            for weekday in range(1, 8)
            for span in ((420, 720), (780, closes_minute))
        )
    )
    return Clinic((SITE,), DOCTORS, (), (), hours, ())


def starts() -> Iterator[tuple[int, datetime]]:
    """50 visits a day for each doctor (by number) from 07:00 on, twelve minutes from one to the next."""
    for day in range(LONG):
        opens = to_instant(datetime.combine(FIRST, time_of_day(7)) + timedelta(days=day), SITE.zone)
        for no in range(PEOPLE):
            for visit in range(VISITS):
                yield no, opens + visit * timedelta(minutes=12)


def visits(gap_minutes: int, days: int = DAYS) -> list[Occupied]:
    """Return the visits of these days, so many minutes between two, in no order."""
    length = (12 - gap_minutes) * 60
    found = []
    for no, start in starts():
        if (start.date() - FIRST).days < days:
            second = int(start.timestamp())
            found.append(Occupied(DOCTORS[no].id, second, second + length))
    random.Random(1).shuffle(found)
    return found


def as_sent(taken: Iterable[Occupied]) -> list[Occupied]:
    """Return what the database makes of footprints (`queries.slots`): those with too little between them are one."""
    found: list[Occupied] = []
    for one in sorted(taken):
        last = found[-1] if found else None
        if last and last.resource_id == one.resource_id and one.starts - last.ends < LENGTH * 60:
            found[-1] = Occupied(one.resource_id, last.starts, max(last.ends, one.ends))
        else:
            found.append(one)
    return found


def median(work: Callable[[], object], spent: Callable[[], float], rounds: int = 9) -> float:
    """Return the median of what a round spends."""
    found = []
    for _ in range(rounds):
        begun = spent()
        work()
        found.append(spent() - begun)
    return statistics.median(found)


def cpu_ms() -> float:
    """CPU time of this process."""
    return time.process_time() * 1000


def pure(calibration: float) -> Iterator[Figure]:
    """The search alone."""
    taken = visits(2)
    full, open_late = (clinic(closes) for closes in (1020, 1140))
    sent, packed = as_sent(taken), as_sent(visits(0))

    def figure(what: str, work: Callable[[], object], budget: float | None) -> Figure:
        spent = median(work, cpu_ms)
        return {"what": what, "cpu": spent, "calibrations": spent / calibration, "budget": budget, "unit": "ms CPU"}

    def openings(where: Clinic, sent: list[Occupied], days: int = DAYS) -> Callable[[], object]:
        last = FIRST + timedelta(days=days - 1)
        return lambda: next_free(prepare(where, sent), WANTED, FIRST, last, now=NOW, step_minutes=5)

    def every(available: Availability) -> Callable[[], object]:
        last = FIRST + timedelta(days=DAYS - 1)
        return lambda: free_starts(available, WANTED, FIRST, last, now=NOW, step_minutes=5)

    yield figure("next free: ten days, packed", openings(open_late, packed), PURE_MS)
    yield figure("next free: ten days, gaps too short", openings(open_late, sent), PURE_MS)
    yield figure("next free: no opening in 90 days", openings(full, sent), PURE_MS)
    yield figure("every start of 90 days", every(prepare(open_late, sent)), None)
    yield figure("prepare 90,000 visits one by one", lambda: prepare(open_late, taken), None)
    long = visits(2, LONG)
    parts = {
        days: as_sent(one for one in long if one.starts < (NOW + timedelta(days=days)).timestamp())
        for days in (30, DAYS, LONG)
    }
    by_days: dict[int, float] = {}
    for _ in range(15):  # in turn, and the least of each: what the machine's other work adds is out
        for days, some in parts.items():
            spent = median(openings(full, some, days), cpu_ms, 1)
            by_days[days] = min(spent, by_days.get(days, spent))
    yield from growth("next free", by_days)


def growth(what: str, by_days: dict[int, float]) -> Iterator[Figure]:
    """How the cost of a day changes with the number of days: no more than half as much again from one to the next."""
    for (few, less), (many, more) in pairwise(by_days.items()):
        ratio = (more / many) / (less / few)
        name = f"{what}: a day's cost, {many} days against {few}"
        yield {"what": name, "cpu": ratio, "calibrations": 0.0, "budget": 1.5, "unit": "times"}


# --- with the database ------------------------------------------------------------------------------------------------


def with_database(calibration: float) -> Iterator[Figure]:
    """The service on a server of its own: the ten first openings, and none in 90 days."""
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)
    try:
        with join(folder / "server") as embedded:
            login = setup.Login("bench", "not-a-secret", "clinic_reception", "Bench")
            superuser = embedded.superuser_url()
            setup.prepare_database(superuser, database="slots", owner_password="not-a-secret", logins=[login])
            fill(superuser.set(database="slots"))
            url = superuser.set(database="slots", username="bench", password="not-a-secret")
            yield from searches(Database(url, DeskIdentity(UUID(int=1), "Desk 1")), calibration)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(url: Any) -> None:
    """Put the clinic and a year's visits in: 10 minutes each, two between."""
    connection = data.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        data._clinic(cursor)
        cursor.execute("UPDATE site SET zone = 'Europe/Berlin'")
        cursor.execute("UPDATE appointment_type SET length_minutes = %s", (LENGTH,))
        cursor.execute("UPDATE booking_rules SET horizon_days = 3660")
        cursor.execute("INSERT INTO patient (id, family_name) VALUES (%s, 'Meier')", (str(UUID(int=5)),))
        columns = (
            "appointment (id, patient_id, practitioner_id, practitioner_no, site_id, type_id, starts_at, ends_at,"
            " wall_start, zone, footprint, practitioner_busy, room_busy)"
        )
        for name in data._SLOW:
            cursor.execute(f"ALTER TABLE appointment DROP CONSTRAINT {name}")
        data._copy(cursor, columns, _rows())
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def _rows() -> Iterator[tuple[object, ...]]:
    chance = random.Random(3)
    for no, start in starts():
        end = start + timedelta(minutes=10)
        footprint = f'["{start}","{end}")'
        who = (UUID(int=chance.getrandbits(128), version=4), UUID(int=5), data.PRACTITIONERS[no], no + 1)
        wall = to_wall(start, SITE.zone)
        yield (*who, SITE.id, data.TYPE, start, end, wall, SITE.zone, footprint, f"{{{footprint}}}", "{}")


def searches(database: Database, calibration: float) -> Iterator[Figure]:
    """Measure the service in a clinic that is open late, and in one whose every day is full."""
    query = slots.SlotQuery(type_id=data.TYPE, from_at=NOW, days=10)
    counted: list[str] = []
    event.listen(database.engine(), "before_cursor_execute", lambda *call: counted.append(call[2]))
    for what, closes in (("ten days", 1140), ("no opening in 90 days", 1020)):
        hours = clinic(closes).working_hours
        record = calendar.load_clinic(database)
        record = Clinic(
            record.sites, record.practitioners, (), record.types, hours, (), rules=record.rules
        )  # the hours are given, the rest is as it stands in the database
        slots.next_free(database, query, record)
        server = psutil.Process(_backend(database))

        def both_ms(server: psutil.Process = server) -> float:
            return cpu_ms() + sum(server.cpu_times()[:2]) * 1000

        def round_trip(record: Clinic = record) -> object:
            return [slots.next_free(database, query, record) for _ in range(10)]

        cpu = median(round_trip, both_ms, 3) / 10
        wall = median(round_trip, lambda: time.perf_counter() * 1000, 3) / 10
        counted.clear()
        slots.next_free(database, query, record)
        name = f"next free with the database: {what}"
        yield {"what": name, "cpu": cpu, "calibrations": cpu / calibration, "budget": ALL_MS, "unit": "ms CPU"}
        yield {"what": f"{name}, wall", "cpu": wall, "calibrations": wall / calibration, "budget": None, "unit": "ms"}
        yield {
            "what": f"{name}: statements",
            "cpu": 1.0 + len(counted),  # and one that reads the clinic, which the desk has at hand
            "calibrations": 0.0,
            "budget": 6.0,
            "unit": "statements",
        }
    database.dispose()


def _backend(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def main() -> int:
    """Print the figures; 1 when one is over its budget."""
    gc.disable()
    chance = random.Random(2)
    numbers = [chance.random() for _ in range(100_000)]
    calibration = median(lambda: sorted(numbers), cpu_ms)
    found = list(pure(calibration))
    if "--pure" not in sys.argv:
        found += with_database(calibration)
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        for one in found:
            limit = f"budget {one['budget']:.1f} {one['unit']}" if one["budget"] else ""
            per = f"{one['calibrations']:7.2f} calibrations" if one["calibrations"] else " " * 20
            sys.stdout.write(f"{one['what']:64} {one['cpu']:8.1f} {one['unit']:10} {per}  {limit}\n")
    return 0 if all(one["budget"] is None or one["cpu"] <= one["budget"] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
