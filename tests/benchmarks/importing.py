"""Import of patients from a CSV file: `python -m tests.benchmarks.importing [--rows N] [--json]`.

Rows a second from the file to COMMIT with row triggers, history and search index as always; how much the program's
memory grows after a tenth of the file; how soon a stop is obeyed; and what importing the same file again does. Beside
the clock's figure stands what the processor time used would allow on two idle processors: others may run here too.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.ids import new_id
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import Cancelled, ImportPlan, Progress, planned
from clinic_desk.services.importing.run import carry_out_import, check_import
from tests.benchmarks.place import Place, place, server
from tests.plugins.postgres import LOGINS

ROWS_A_SECOND: Final = 5000
MOST_GROWTH_MB: Final = 16
STOP_WITHIN_S: Final = 2.0
_SYLLABLES: Final = (
    "ba",
    "ber",
    "do",
    "el",
    "fi",
    "gar",
    "ha",
    "in",
    "ju",
    "ko",
    "lem",
    "mül",
    "no",
    "öz",
    "par",
    "ru",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure."""

    what: str
    unit: str
    measured: float
    budget: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the budget is kept; True without one."""
        if self.budget is None:
            return True
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget


def write_file(path: Path, rows: int) -> None:
    """Write a file as practice programs export it: a number for each patient, German headings, semicolons."""
    chance = random.Random(20261122)

    def name(parts: int) -> str:
        return "".join(chance.choice(_SYLLABLES) for _ in range(parts)).capitalize()

    families, given = [name(3) for _ in range(20_000)], [name(2) for _ in range(2_000)]
    headings = (
        "Patientennummer",
        "Nachname",
        "Vorname",
        "Geburtsdatum",
        "Geschlecht",
        "Telefon",
        "E-Mail",
        "Bemerkung",
    )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(headings)
        for number in range(rows):
            born = f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.{chance.randint(1930, 2025)}"
            phone = f"030 {chance.randint(2_000_000, 9_999_999)}"
            mail = f"p{number}@example.org" if number % 2 else ""
            family, first = chance.choice(families), chance.choice(given)
            writer.writerow((f"P{number}", family, first, born, "mwd"[number % 3], phone, mail, ""))


def memory_mb() -> float:
    """Return the memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measured(where: Place, plan: ImportPlan, rows: int) -> Iterator[Figure]:
    """Check, stop half-way, import, import again."""
    manager = where.url.set(username=LOGINS["clinic_manager"])
    identity = DeskIdentity(UUID(int=0xDE5C_4000_0001), "Import")
    database = Database(manager, identity)
    begun = time.perf_counter()
    report = check_import(database, plan)
    _expect(report.new, rows)
    yield Figure("import: checked, nothing written", "rows/s", rows / (time.perf_counter() - begun))
    yield Figure("import: stopped half-way", "s", _stop_half_way(database, plan), STOP_WITHIN_S)
    _expect(_patients(where), 0)

    seen: list[tuple[int, float]] = []

    def tell(progress: Progress) -> None:
        seen.append((progress.rows, memory_mb()))

    begun, processor, served = time.perf_counter(), time.process_time(), _served(database)
    report = carry_out_import(database, plan, new_id(), tell)
    taken, used = time.perf_counter() - begun, time.process_time() - processor
    served = _served(database) - served
    _expect(report.new if report.stored else 0, rows)
    _expect(_patients(where), rows)
    warm = max(memory for done, memory in seen if done <= rows / 10)
    yield Figure("import: patients, to COMMIT", "rows/s", rows / taken, ROWS_A_SECOND, at_least=True)
    yield Figure("import: processor of the program", "µs/row", used / rows * 1e6)
    yield Figure("import: processor of the server", "µs/row", served / rows * 1e6)
    allowed = rows / max(used, (used + served) / 2)
    yield Figure("import: as two idle processors allow", "rows/s", allowed, ROWS_A_SECOND, at_least=True)
    yield Figure("import: memory, growth after a tenth", "MB", max(m for _, m in seen) - warm, MOST_GROWTH_MB)
    yield Figure("import: memory, all of it", "MB", max(m for _, m in seen))
    yield Figure("import: progress told", "times", len(seen), rows / 1000, at_least=True)

    begun = time.perf_counter()
    report = carry_out_import(database, plan, new_id())
    _expect(report.there, rows)
    _expect(_patients(where), rows)
    yield Figure("import: the same again, no doubles", "rows/s", rows / (time.perf_counter() - begun))
    database.dispose()


def _served(database: Database) -> float:
    """Return the processor time in seconds of the server's processes for this program (0 where that is not known)."""
    with database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = session_user"
        )
        pids = [row[0] for row in found]
    served = 0.0
    for pid in pids:
        status = Path(f"/proc/{pid}/stat")
        if status.exists():
            fields = status.read_text().rpartition(")")[2].split()
            served += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return served


def _stop_half_way(database: Database, plan: ImportPlan) -> float:
    stopped_at: list[float] = []

    def tell(progress: Progress) -> None:
        if progress.position > progress.size / 2 and not stopped_at:
            stopped_at.append(time.perf_counter())

    try:
        carry_out_import(database, plan, new_id(), tell, lambda: bool(stopped_at))
    except Cancelled:
        return time.perf_counter() - stopped_at[0]
    sys.exit("it was not stopped")


def _patients(where: Place) -> int:
    with where.owner.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM patient").scalar_one()) - len(where.clinic.patients)


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        sys.exit(f"{found} rows, not {wanted}")


def main() -> int:
    """Measure and print; 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server() as url, place(url) as where:
        path = Path(folder) / "patients.csv"
        write_file(path, options.rows)
        found = list(measured(where, planned(Kind.PATIENTS, look_at(path)), options.rows))
    if options.json:
        document: list[dict[str, Any]] = [asdict(one) | {"kept": one.kept} for one in found]
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        for one in found:
            budget = "" if one.budget is None else f"{'≥' if one.at_least else '≤'} {one.budget:g}"
            kept = "" if one.kept else "  NOT KEPT"
            sys.stdout.write(f"{one.what:<42}{one.measured:>12.1f} {one.unit:<8}{budget}{kept}\n")
    return 0 if all(one.kept for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
