"""How fast free time is found: `python -m tests.benchmarks.slot_search [--json]`.

90 days, 20 practitioners, 50 visits a day:
CPU milliseconds, median of nine rounds, and the same in units of a fixed calibration (sorting 100,000 numbers) that
stays put on a busy or a slower machine. Automatic garbage collection is off, as in the program.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from clinic_desk.domain.availability import Availability, Occupied, Wanted, free_starts, next_free, prepare
from clinic_desk.domain.records import Clinic, Practitioner, Site, WorkingHours

DAYS, PEOPLE, VISITS = 90, 20, 50
FIRST = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BUDGET_MS = 40.0
SITE = Site(UUID(int=1), "Lindenhof", "Europe/Berlin")
DOCTORS = tuple(Practitioner(UUID(int=100 + no), no, f"Doctor {no}") for no in range(PEOPLE))
WANTED = Wanted(tuple(doctor.id for doctor in DOCTORS), 30)


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


def visits(gap_minutes: int) -> list[Occupied]:
    """Return 50 visits a day for each from 07:00 on, a gap too short for another between two, in no order."""
    found = []
    for day in range(DAYS):
        opens = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC) + timedelta(days=day)
        for doctor in DOCTORS:
            for no in range(VISITS):
                start = opens + no * timedelta(minutes=12)
                found.append(Occupied(doctor.id, None, start, start + timedelta(minutes=12 - gap_minutes)))
    random.Random(1).shuffle(found)
    return found


def median_ms(work: Callable[[], object]) -> float:
    """Return the median CPU time of nine rounds in milliseconds."""
    spent = []
    for _ in range(9):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent)


def main() -> int:
    """Print the figures; 1 when a search takes longer than its budget."""
    gc.disable()
    chance = random.Random(2)
    numbers = [chance.random() for _ in range(100_000)]
    calibration = median_ms(lambda: sorted(numbers))
    taken = visits(2)
    full, open_late = (prepare(clinic(closes), taken) for closes in (1020, 1140))
    packed = prepare(clinic(1140), visits(0))

    def first_openings(availability: Availability) -> Callable[[], object]:
        return lambda: next_free(availability, WANTED, FIRST, now=NOW, step_minutes=5)

    last = FIRST + timedelta(days=DAYS - 1)
    found: list[dict[str, Any]] = []
    for what, work, budget in (
        ("next free: ten days, packed", first_openings(packed), BUDGET_MS),
        ("next free: ten days, gaps too short", first_openings(open_late), BUDGET_MS),
        ("next free: no opening in 90 days", first_openings(full), BUDGET_MS),
        ("every start of 90 days", lambda: free_starts(open_late, WANTED, FIRST, last, now=NOW, step_minutes=5), None),
        ("prepare 90,000 visits", lambda: prepare(clinic(1140), taken), None),
    ):
        spent = median_ms(work)
        found.append({"what": what, "cpu": spent, "calibrations": spent / calibration, "budget": budget})
        limit = f"budget {budget:.0f} ms" if budget else ""
        if "--json" not in sys.argv:
            sys.stdout.write(f"{what:38} {spent:8.1f} ms {spent / calibration:7.2f} calibrations  {limit}\n")
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found) + "\n")
    return 0 if all(one["budget"] is None or one["cpu"] <= one["budget"] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
