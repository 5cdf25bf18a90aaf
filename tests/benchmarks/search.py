"""How fast the search box is answered: `python -m tests.benchmarks.search [--json] [--small]`.

200,000 patients and 1,000,000 appointments (`--small`: a twentieth) on a server of the benchmark's own; every letter of
names, birth dates, phone numbers, days, and names beside days, as the desk asks for it. Wall time is what somebody
waits for; CPU time of desk and server together says what it costs on a busy machine. The plans of the statements are
looked at: none may read a table from end to end.
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
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries import patients as queries_patients
from clinic_desk.database.queries import search as queries
from clinic_desk.domain.folding import query_tokens
from clinic_desk.services import calendar, patients, search
from tests.benchmarks import clinic_data as data

PATIENTS, APPOINTMENTS = 200_000, 1_000_000
MEDIAN_MS = 50.0
Figure = dict[str, Any]


def typed(db: Database, ids: list[UUID]) -> Iterator[tuple[str, str]]:
    """What is typed (kind, text), of some patients."""
    for row in ids:
        patient = patients.get_patient(db, row)
        yield "family name", patient.family_name
        yield "given and family name", f"{patient.given_name} {patient.family_name[:4]}"
        yield "inside a name", patient.family_name[2:]
        yield "birth date", f"{patient.birth_date:%d.%m.%Y}"
        yield "phone", patient.phone[3:]
        yield "name and day", f"{patient.family_name[:4]} 12.3."
        yield "doctor and day", "dr. 3 fri"
        yield "day", f"{data.TODAY + timedelta(days=9):%d.%m.}"


def keystrokes(db: Database, ids: list[UUID]) -> Iterator[Figure]:
    """Measure every letter of all that is typed."""
    clinic = calendar.load_clinic(db)
    with db.reading() as connection:
        server = psutil.Process(int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()))

    def cpu_ms() -> float:
        return (time.process_time() + sum(server.cpu_times()[:2])) * 1000

    walls: dict[str, list[float]] = {}
    begun, count = cpu_ms(), 0
    for kind, text in typed(db, ids):
        for length in range(1, len(text) + 1):
            started = time.perf_counter()
            search.find(db, clinic, text[:length], data.TODAY)
            walls.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
            count += 1
    spent = (cpu_ms() - begun) / count
    yield from (figure(kind, found) for kind, found in walls.items())
    everything = figure("everything", [one for found in walls.values() for one in found])
    yield everything | {"cpu": spent, "budget": MEDIAN_MS}


def figure(what: str, walls: list[float]) -> Figure:
    """Median and 95th of a hundred."""
    return {"what": what, "median": statistics.median(walls), "p95": sorted(walls)[int(len(walls) * 0.95)]}


def plans(url: Any) -> list[str]:
    """Return the names of statements whose plan reads a table from end to end."""
    connection = data.connect(url)
    cursor = connection.cursor()
    cursor.execute("SELECT id::text FROM patient LIMIT 3")
    ids = [row[0] for row in cursor.fetchall()]
    start = datetime(data.TODAY.year, data.TODAY.month, data.TODAY.day, tzinfo=UTC)
    day = queries.day_values(data.TODAY, start, start + timedelta(days=1)) | {"limit": 6}
    named = dict(day)
    conditions = queries_patients.word_conditions(query_tokens("mei"), named)
    statements = {
        "of patients": (queries._OF_PATIENTS, {"ids": ids, "next": 4, "last": 2}),
        "on a day": (queries._ON_DAY + queries._IN_ORDER, day),
        "of a doctor on a day": (
            queries._ON_DAY + queries._OF_PRACTITIONERS + queries._IN_ORDER,
            day | {"practitioners": [str(data.PRACTITIONERS[3])]},
        ),
        "of a name on a day": (f"{queries._ON_DAY} AND {conditions} {queries._IN_ORDER}", named),
        "by phone": (queries._BY_PHONE, {"phone": "+49303000001", "limit": 7}),
    }
    slow = []
    for name, (statement, values) in statements.items():
        cursor.execute("EXPLAIN " + statement, values)
        if any("Seq Scan" in row[0] for row in cursor.fetchall()):
            slow.append(name)
    connection.close()
    return slow


def measured(share: int) -> Iterator[Figure]:
    """Fill a server and measure on it."""
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)
    try:
        with join(folder / "server") as embedded:
            login = setup.Login("bench", "not-a-secret", "clinic_reception", "Bench")
            superuser = embedded.superuser_url()
            setup.prepare_database(superuser, database="search", owner_password="not-a-secret", logins=[login])
            url = superuser.set(database="search")
            filled = data.fill(url, patients=PATIENTS // share, appointments=APPOINTMENTS // share, for_booking=False)
            slow = plans(url)
            yield {"what": f"statements that read a table from end to end: {', '.join(slow) or 'none'}", "slow": slow}
            desk = url.set(username="bench", password="not-a-secret")
            db = Database(desk, DeskIdentity(UUID(int=1), "Desk 1"))
            yield from keystrokes(db, random.Random(3).sample(filled.patients, 10))
            db.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Print the figures; 1 when the median is over its budget or a plan is not what it should be."""
    gc.disable()
    found = list(measured(20 if "--small" in sys.argv else 1))
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        for one in found:
            told = f"{one['median']:8.1f} ms median {one['p95']:8.1f} ms p95" if "median" in one else ""
            cost = f"  {one['cpu']:.1f} ms CPU, budget {one['budget']:.0f} ms" if "cpu" in one else ""
            sys.stdout.write(f"{one['what']:30}{told}{cost}\n")
    good = all(not one.get("slow") and one.get("median", 0) <= one.get("budget", float("inf")) for one in found)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
