"""Sixteen desks race for the same 40 slots: `python -m tests.benchmarks.race [--seconds 60] [--desks 16] [--json]`.

Each desk is a process of its own that books, moves and cancels at random through the services, without a pause. Then
the database is asked: no two appointments overlap; no change was lost (each one's versions form an unbroken chain in
the history, each link beginning with what the one before it ended with); every change that was acknowledged is there
under its own operation id and version, none that was refused is. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic, perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import URL, Connection, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Book, Cancel, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import booking
from tests.benchmarks.place import Place, place, server
from tests.support.bookings import BERLIN, overlaps
from tests.support.small_clinic import SMALL_CLINIC

SLOTS = 40
PATIENTS_EACH = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What a desk was told of one command. `version`: of the row after it; 0: refused, with `outcome` saying why."""

    kind: str
    operation: str
    appointment: str
    version: int
    outcome: str
    seconds: float


@dataclass(slots=True)
class Report:
    """What one desk's process reports."""

    told: list[Told] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    cpu: float = 0.0


def slots() -> list[tuple[UUID, datetime]]:
    """The 40 slots: a day of Dr. Weber's, and some of Dr. Okafor's."""
    minutes = [*range(480, 720, 15), *range(780, 1020, 15)]
    weber = [(SMALL_CLINIC.weber, minute) for minute in minutes]
    okafor = [(SMALL_CLINIC.okafor, minute) for minute in minutes]
    return [(who, minute_to_instant(SMALL_CLINIC.monday, at, BERLIN)) for who, at in (weber + okafor)[:SLOTS]]


ALL_SLOTS = slots()


def race(number: int, url: URL, patients: list[UUID], seconds: float, start: Any) -> Report:
    """Be one desk until the time is up."""
    database = Database(url, DeskIdentity(UUID(int=0xDE5C_3000_0000 + number), f"Desk {number}"))
    choose, report = random.Random(number), Report()
    known: list[Entry] = []
    start.wait()
    until, cpu = monotonic() + seconds, process_time()
    while monotonic() < until:
        command, run = _next(choose, known, patients)
        _carry_out(database, command, run, known, report)
    report.cpu = process_time() - cpu
    database.dispose()
    return report


Command = Book | Update | Cancel


def _next(
    choose: random.Random, known: list[Entry], patients: list[UUID]
) -> tuple[Command, Callable[[Database, Any], Entry]]:
    """The next command: the version may be one that another desk has overtaken, as on a screen."""
    who, at = choose.choice(ALL_SLOTS)
    if not known or choose.random() < 0.4:
        clinic = SMALL_CLINIC
        return Book(choose.choice(patients), clinic.checkup, who, clinic.berlin, at, 15), booking.book
    entry = choose.choice(known)
    row = entry.appointment
    if choose.random() < 0.6:
        while (who, at) == (row.practitioner_id, row.starts_at):  # a move to where it is writes nothing
            who, at = choose.choice(ALL_SLOTS)
        return Update(row.id, row.version, starts_at=at, practitioner_id=who), booking.update
    return Cancel(row.id, row.version, CancellationReason.PATIENT), booking.cancel


def _carry_out(
    database: Database,
    command: Command,
    run: Callable[[Database, Any], Entry],
    known: list[Entry],
    report: Report,
) -> None:
    began = perf_counter()
    version, outcome = 0, "done"
    now: Entry | None = None
    other: Entry | None = None
    try:
        now = run(database, command)
        version = now.appointment.version
    except SlotTaken as error:
        outcome, other = "SlotTaken", error.by
    except RuleViolation:
        outcome = "RuleViolation"
    except Conflict as error:
        outcome, now = "Conflict", error.now
    except ClinicDeskError as error:
        outcome = type(error).__name__
        report.unexpected.append(repr(error))
    took = perf_counter() - began
    report.told.append(
        Told(
            type(command).__name__,
            str(command.operation_id),
            str(command.appointment_id),
            version,
            outcome,
            took,
        )
    )
    _remember(known, command, outcome, now, other)


def _remember(known: list[Entry], command: Command, outcome: str, now: Entry | None, other: Entry | None) -> None:
    """Keep what this desk saw last, of other desks' appointments too: their next change makes it out of date."""
    gone = set() if outcome in {"SlotTaken", "RuleViolation"} else {command.appointment_id}
    gone |= {each.id for each in (now, other) if each is not None}
    known[:] = [entry for entry in known if entry.id not in gone][-20:]
    known += [each for each in (now, other) if each is not None and each.appointment.status is AppointmentStatus.BOOKED]


# --- what must be true afterwards -------------------------------------------------------------------------------------

CHAINS = """
SELECT count(*) FROM (
    SELECT row_id, version, before, after,
           lag(version) OVER w AS last_version, lag(after) OVER w AS last_after,
           lead(version) OVER w AS next_version
    FROM history WHERE table_name = 'appointment' WINDOW w AS (PARTITION BY row_id ORDER BY version)
) AS links JOIN appointment ON appointment.id = row_id
WHERE links.version <> coalesce(last_version, 0) + 1
   OR (last_version IS NOT NULL AND before IS DISTINCT FROM last_after)
   OR (next_version IS NULL AND appointment.version <> links.version)
"""


def faults(here: Place, told: list[Told]) -> dict[str, int]:
    """Count what must not be, by name."""
    with here.owner.connect() as connection:
        return {
            "overlaps": overlaps(here.owner),
            "broken chains": _number(connection, CHAINS),
            "rows without history": _number(
                connection,
                "SELECT count(*) FROM appointment a WHERE (SELECT count(*) FROM history"
                " WHERE table_name = 'appointment' AND row_id = a.id) <> a.version",
            ),
            **_not_as_told(connection, told),
        }


def _number(connection: Connection, statement: str) -> int:
    return int(connection.exec_driver_sql(statement).scalar_one())


def _not_as_told(connection: Connection, told: list[Told]) -> dict[str, int]:
    rows = connection.exec_driver_sql(
        "SELECT operation_id::text, row_id::text, version FROM history WHERE table_name = 'appointment'"
        " AND operation_id IS NOT NULL"
    ).all()
    there = {(row[0], row[1], row[2]) for row in rows}
    operations = {row[0] for row in rows}
    acknowledged = [(each.operation, each.appointment, each.version) for each in told if each.version]
    refused = {each.operation for each in told if not each.version and each.outcome in _REFUSED}
    return {
        "acknowledged but not there": sum(each not in there for each in acknowledged),
        "there but refused": len(operations & refused),
        "there but nobody's": len(operations - {each.operation for each in told}),
    }


_REFUSED = {"SlotTaken", "RuleViolation", "Conflict"}


def add_patients(here: Place, count: int) -> list[UUID]:
    """So many more patients, so that nobody is refused for being elsewhere."""
    ids = [uuid4() for _ in range(count)]
    rows = [{"id": each, "family_name": f"Racer {no}", "search_key": f"racer {no}"} for no, each in enumerate(ids)]
    with here.owner.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('clinic_desk.quiet', 'on', true)")
        connection.execute(insert(tables.patient), rows)
    return ids


def run(desks: int, seconds: float) -> dict[str, Any]:
    """Race, look at what came of it, and return the figures."""
    with server() as superuser, place(superuser) as here:
        patients = add_patients(here, desks * PATIENTS_EACH)
        for number in range(desks):
            here.desk(number).dispose()
        method = multiprocessing.get_context("forkserver")
        method.set_forkserver_preload(["clinic_desk.services.booking", "tests.benchmarks.place"])
        with method.Manager() as manager, method.Pool(desks) as pool:
            start = manager.Barrier(desks)
            shares = [patients[number * PATIENTS_EACH :][:PATIENTS_EACH] for number in range(desks)]
            one = partial(_one, url=here.url, seconds=seconds, start=start)
            reports = pool.map(one, list(enumerate(shares)), chunksize=1)
        told = [each for report in reports for each in report.told]
        return figures(told, faults(here, told), reports, seconds)


def _one(numbered: tuple[int, list[UUID]], *, url: URL, seconds: float, start: Any) -> Report:
    return race(numbered[0], url, numbered[1], seconds, start)


def figures(told: list[Told], wrong: dict[str, int], reports: list[Report], seconds: float) -> dict[str, Any]:
    """Sum up."""
    done = Counter(each.kind for each in told if each.version)
    refused = Counter(each.outcome for each in told if not each.version)
    losers = sorted(each.seconds * 1000 for each in told if each.outcome in {"SlotTaken", "Conflict"})
    unexpected = Counter(text for report in reports for text in report.unexpected)
    return {
        "desks": len(reports),
        "seconds": seconds,
        "commands": len(told),
        "done": dict(done),
        "refused": dict(refused),
        "losers_ms": {"p50": statistics.median(losers), "p99": losers[int(len(losers) * 0.99)]} if losers else {},
        "cpu_s_of_desks": round(sum(report.cpu for report in reports), 1),
        "unexpected": dict(unexpected),
        "faults": wrong,
        "kept": not any(wrong.values()) and not unexpected and bool(done),
    }


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--desks", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = run(options.desks, options.seconds)
    lines = [json.dumps(found)] if options.json else [f"{name:16} {value}" for name, value in found.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if found["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
