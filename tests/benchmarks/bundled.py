"""How much later the packaged program is there than the source tree's: `python -m tests.benchmarks.bundled`.

Both are the program up to its painted calendar, on one warm embedded server, started by turns, as in
`tests.benchmarks.start`. The bundle is made here by `pyinstaller.spec` as it is, but for its first script: that is
`tests.benchmarks.started`, which tells the moments. To be run with the Python that the packages are made with.
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

from tests.benchmarks.start import ROOT, SCREEN

BUDGET = 1.3
_SCRIPT = '"clinic_desk" / "__main__.py"'


def make_bundle(folder: Path) -> Path:
    """Make the bundle; return its program."""
    spec = (ROOT / "pyinstaller.spec").read_text("utf-8")
    assert spec.count(_SCRIPT) == 1
    measuring = folder / "measuring.spec"
    spec = spec.replace(_SCRIPT, '"tests" / "benchmarks" / "started.py"')
    spec = spec.replace("Path(SPECPATH)", f"Path({str(ROOT)!r})")
    measuring.write_text(spec, "utf-8")
    places = ["--distpath", str(folder / "dist"), "--workpath", str(folder / "build")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", *places, str(measuring)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder / "dist" / "clinic-desk" / "clinic-desk"


def started(command: list[str], home: Path, url: str) -> tuple[float, float]:
    """Start one; the wall and CPU milliseconds until its calendar was painted."""
    screens = home / "screens.json"
    screens.write_text(json.dumps({"screens": [SCREEN]}), "utf-8")
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={screens}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "CLINIC_DESK_DESK_ID": "00000000-0000-7000-8000-00000000de5c",
        "PYTHONPYCACHEPREFIX": str(home / "pycache"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = monotonic()
    done = subprocess.run(
        [*command, "program", url], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    if done.returncode != 0:
        message = f"{command[0]} ended with {done.returncode}: {done.stderr}"
        raise RuntimeError(message)
    at, cpu = json.loads(done.stdout.splitlines()[-1])["calendar"]
    return (at - began) * 1000, cpu * 1000


def main() -> int:
    """Print the figures; exit code 1 when the budget is not kept."""
    from tests.benchmarks.place import place, server

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--bundle", type=Path, help="a measuring bundle's program made before")
    options = parser.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory(prefix="cdbench-") as scratch, server() as superuser, place(superuser) as here:
        url = here.url.render_as_string(hide_password=False)
        bundle = [str(options.bundle or make_bundle(Path(scratch)))]
        source = [sys.executable, "-m", "tests.benchmarks.started"]
        for number in range(options.repeats + 1):
            pair = [started(command, Path(scratch), url) for command in (source, bundle)]
            if number:  # the first round compiles the modules and warms the disk's cache
                pairs.append(pair)
    for index, name in enumerate(("wall", "CPU")):
        both = [statistics.median(pair[which][index] for pair in pairs) for which in (0, 1)]
        ratio = statistics.median(pair[1][index] / pair[0][index] for pair in pairs)
        sys.stdout.write(f"{name:4}: source tree {both[0]:.0f} ms, bundle {both[1]:.0f} ms, of each pair {ratio:.2f}\n")
    return 0 if statistics.median(pair[1][0] / pair[0][0] for pair in pairs) <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
