"""All benchmarks, one after the other, as one table: `python -m tests.benchmarks.report [--quick]`.

Each runs as a command of its own. `--quick` shortens what can be shortened (for a look while working; what is reported
with a release is measured without it). A benchmark that is not there is named as missing. Exit code 1 unless every
budget was measured and kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `verdict` True: the budget is kept."""

    what: str
    budget: str
    measured: str
    verdict: bool


def of_rendering(found: list[dict[str, Any]]) -> list[Row]:
    """CPU milliseconds, as the budgets of painting are."""
    return [
        Row(
            f"painting {one['case']}: {one['what']}",
            f"≤ {one['budget']} ms CPU",
            f"{one['cpu']:.2f} ms CPU ({one['wall']:.2f} wall)",
            one["cpu"] <= one["budget"],
        )
        for one in found
        if one["budget"] is not None
    ]


def of_desks(found: list[dict[str, Any]]) -> list[Row]:
    """Wall milliseconds, or a ratio."""
    return [
        Row(
            one["what"],
            f"≤ {one['budget']} {one['unit']}",
            f"{one['measured']:.2f} {one['unit']}",
            one["measured"] <= one["budget"],
        )
        for one in found
    ]


def of_start(found: dict[str, Any]) -> list[Row]:
    """Ratios."""
    rows = [
        Row(f"start: {name}", f"≤ {budget} x", f"{wall:.2f} x ({cpu:.2f} x CPU)", wall <= budget)
        for name, (wall, cpu, budget) in found["ratios"].items()
    ]
    early = found["imported_too_early"]
    return [*rows, Row("start: heavy imports before first paint", "none", ", ".join(early) or "none", not early)]


def of_race(found: dict[str, Any]) -> list[Row]:
    """Counts of what must not be."""
    wrong = {name: count for name, count in found["faults"].items() if count} | found["unexpected"]
    done = sum(found["done"].values())
    told = f"{done} changes stood, {found['commands'] - done} refused, " + (str(wrong) if wrong else "no fault")
    return [Row(f"{found['desks']} desks racing {found['seconds']:.0f} s", "no fault", told, found["kept"])]


def of_services(found: list[dict[str, Any]]) -> list[Row]:
    """Values and limits in words; those without a limit are no budget."""
    return [Row(one["what"], one["limit"], one["value"], one["kept"]) for one in found if one["limit"]]


def of_slot_search(found: list[dict[str, Any]]) -> list[Row]:
    """CPU milliseconds, how they grow, and statements."""
    return [
        Row(
            one["what"],
            f"≤ {one['budget']:g} {one['unit']}",
            f"{one['cpu']:.1f} {one['unit']}"
            + (f" ({one['calibrations']:.2f} calibrations)" if one["calibrations"] else ""),
            one["cpu"] <= one["budget"],
        )
        for one in found
        if one["budget"] is not None
    ]


def of_queue(found: list[dict[str, Any]]) -> list[Row]:
    """Figures of several units, some of them at least, some at most their budget."""
    return [
        Row(
            f"queue: {one['what']}",
            f"{'≥' if one['at_least'] else '≤'} {one['budget']} {one['unit']}",
            f"{one['measured']:.2f} {one['unit']}",
            one["kept"],
        )
        for one in found
        if one["budget"] is not None
    ]


def of_importing(found: list[dict[str, Any]]) -> list[Row]:
    """Figures of several units, some of them at least, some at most their budget."""
    return [
        Row(
            one["what"],
            f"{'≥' if one['at_least'] else '≤'} {one['budget']:g} {one['unit']}",
            f"{one['measured']:.1f} {one['unit']}",
            one["kept"],
        )
        for one in found
        if one["budget"] is not None
    ]


def of_paper(found: list[dict[str, Any]]) -> list[Row]:
    """CPU seconds."""
    return [
        Row(one["what"], f"≤ {one['budget']:g} s CPU", f"{one['cpu']:.2f} s CPU ({one['wall']:.2f} wall)", one["kept"])
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of tests.benchmarks, what it is run with, and how its JSON is read."""

    name: str
    arguments: tuple[str, ...]
    quick: tuple[str, ...]
    read: Callable[[Any], list[Row]]


ALL = (
    Benchmark("rendering", (), (), of_rendering),
    Benchmark("start", (), ("--repeats", "3"), of_start),
    Benchmark("desks", (), ("--rows", "100000", "--changes", "60", "--rounds", "15"), of_desks),
    Benchmark("race", (), ("--seconds", "15"), of_race),
    Benchmark("services", (), ("--quick",), of_services),
    Benchmark("slot_search", (), (), of_slot_search),
    Benchmark("queue", (), ("--rows", "2000", "--rounds", "1", "--finished", "100000", "--bookings", "60"), of_queue),
    Benchmark("importing", (), ("--rows", "20000"), of_importing),
    Benchmark("paper", (), ("--times", "3"), of_paper),
)


def rows_of(benchmark: Benchmark, *, quick: bool) -> list[Row]:
    """Run one benchmark; its rows."""
    module = f"tests.benchmarks.{benchmark.name}"
    if find_spec(module) is None:
        return [Row(benchmark.name, "", "missing", verdict=False)]
    arguments = benchmark.quick if quick else benchmark.arguments
    sys.stderr.write(f"{benchmark.name}…\n")
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments, "--json"],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [Row(benchmark.name, "", f"did not end within {LIMIT_S} s", verdict=False)]
    try:
        return benchmark.read(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        told = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return [Row(benchmark.name, "", f"could not be read: {told}", verdict=False)]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("only", nargs="*", help="names of benchmarks; all if none is given")
    options = parser.parse_args()
    wanted = [one for one in ALL if not options.only or one.name in options.only]
    rows = [row for one in wanted for row in rows_of(one, quick=options.quick)]
    lines = [f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"]
    lines += [f"{'measure':54} {'figure':44} {'budget':16} verdict"]
    lines += [f"{row.what:54} {row.measured:44} {row.budget:16} {'ok' if row.verdict else 'MISSED'}" for row in rows]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(row.verdict for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
