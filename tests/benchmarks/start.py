"""How soon the program is there: `python -m tests.benchmarks.start [--repeats 9] [--json]`.

Processes are started by turns, each from nothing, on a warm embedded server, with compiled modules as any start but the
first has them; medians, from the start of the process:

- `empty`: a QMainWindow with nothing in it, to the end of its first painting; `window`: the program's, the same;
- `bare`: a script that imports the libraries that the program has imported when its calendar is there (PySide6,
  SQLAlchemy, psycopg2, pydantic-settings and four small ones), connects, runs the day's query and shows an empty
  window; `calendar`: the program, until the calendar of today is painted.

`window` and `calendar` come of one run of the real entry point (`clinic_desk.cli.main`). CPU time of the process stands
beside wall time; the budgets are ratios of wall times of one run of this benchmark, and the CPU ratio is told too, for
machines that are busy with something else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

ROOT = Path(__file__).parents[2]
WINDOW_BUDGET, CALENDAR_BUDGET = 1.1, 1.3
SCREEN = {
    "name": "desk",
    "x": 0,
    "y": 0,
    "width": 1920,
    "height": 1080,
    "logicalDpi": 96,
    "logicalBaseDpi": 96,
    "dpr": 1,
}
"""A desk's screen: Qt's own offscreen one is so small that a window would open maximized."""


def started(kind: str, url: str, home: Path) -> dict[str, Any]:
    """Start one process; what it told, in milliseconds (wall, CPU) from its start."""
    screens = home / "screens.json"
    screens.write_text(json.dumps({"screens": [SCREEN]}), "utf-8")
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={screens}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "CLINIC_DESK_DESK_ID": "00000000-0000-7000-8000-00000000de5c",
        # As on a desk, where the first start leaves the compiled modules for all that follow.
        "PYTHONPYCACHEPREFIX": str(home / "pycache"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.started", kind, url],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        message = f"the process {kind} ended with {done.returncode}: {done.stderr}"
        raise RuntimeError(message)
    told = json.loads(done.stdout.splitlines()[-1])
    times = {name: ((at[0] - began) * 1000, at[1] * 1000) for name, at in told.items() if name != "imported"}
    return times | {"imported": told.get("imported", [])}


def measure(repeats: int) -> dict[str, Any]:
    """Start all kinds by turns; the medians and their ratios."""
    from tests.benchmarks.place import place, server

    taken: dict[str, list[tuple[float, float]]] = {}
    early: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="cdbench-") as scratch, server() as superuser, place(superuser) as here:
        url = here.url.render_as_string(hide_password=False)
        for number in range(repeats + 1):
            for kind in ("empty", "bare", "program"):
                told = started(kind, url, Path(scratch))
                early |= set(told.pop("imported"))
                if number:  # the first round compiles the modules and warms the disk's cache
                    for name, both in told.items():
                        taken.setdefault(name, []).append(both)
    wall = {name: statistics.median(each[0] for each in times) for name, times in taken.items()}
    cpu = {name: statistics.median(each[1] for each in times) for name, times in taken.items()}
    ratios = {
        "window / empty": (wall["window"] / wall["empty"], cpu["window"] / cpu["empty"], WINDOW_BUDGET),
        "calendar / bare": (wall["calendar"] / wall["bare"], cpu["calendar"] / cpu["bare"], CALENDAR_BUDGET),
    }
    return {"wall_ms": wall, "cpu_ms": cpu, "ratios": ratios, "imported_too_early": sorted(early)}


def main() -> int:
    """Print the figures; exit code 1 when a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.repeats)
    lines = [json.dumps(found)]
    if not options.json:
        lines = [
            f"{name:10} wall {found['wall_ms'][name]:7.0f} ms, CPU {found['cpu_ms'][name]:7.0f} ms"
            for name in found["wall_ms"]
        ]
        lines += [
            f"{name:16} wall {wall:.2f}, CPU {cpu:.2f} (budget {budget})"
            for name, (wall, cpu, budget) in found["ratios"].items()
        ]
        lines.append(f"imported before the first painting: {found['imported_too_early'] or 'none of the heavy ones'}")
    sys.stdout.write("\n".join(lines) + "\n")
    kept = all(wall <= budget for wall, _, budget in found["ratios"].values()) and not found["imported_too_early"]
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
