"""Kills acts of the program at moments spread over them: `python -m tests.benchmarks.killed [ACT ...] [--rounds N]`.

    python -m tests.benchmarks.killed                         every act, 12 rounds each: half an hour on a quiet PC
    python -m tests.benchmarks.killed move --rounds 40 --seed 7
    python -m tests.benchmarks.killed restore-over --at 31    one step, as a round that went wrong named it
    python -m tests.benchmarks.killed --full-disk             the disk is full instead (as root: it mounts a small one)

The program is killed (SIGKILL), in half of the rounds with its PostgreSQL servers, as if the PC had lost its power;
half of the kills are at a moment of the clock, half right before a step that changes something. Then the clinic is
opened as the next start of the program opens it, and must be the old one or the new one, whole: every row of every
table, who may sign in, the history read through and held against the seals that this PC has seen; or it asks what to
do, as on a PC where nothing is set up. Then the act is done again, and must bring the new one. No server that the act
began may run on, and nothing half-made may lie about. With a full disk it must say so, too.

Exit code 1 if anything was otherwise. Linux; `share`, `move` and `join` need an installed PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from tests.benchmarks.killing.acts import ACTS
from tests.benchmarks.killing.place import Place, Trouble, answer, made, program

_LEFT: Final = ("*.new", ".*.restoring", ".*.restoring.lock", "tmp/clinic-desk-check-*", "*/*.new")


@dataclass(frozen=True, slots=True)
class Scenario:
    """An act, and what there is before. `changing`: tables that hold something else each time it is done.

    `once`: done again where it stood already it is refused. `serves`: a server that runs on when nobody is signed in.
    """

    act: str
    before: str
    changing: frozenset[str] = frozenset({"desk"})
    once: bool = False
    serves: bool = False
    compares: bool = True


_RUNS: Final = frozenset({"desk", "backup_run"})
_INVITES: Final = frozenset({"desk", "invitation"})
SCENARIOS: Final = {
    one.act: one
    for one in (
        Scenario("first-one-pc", "nothing", frozenset({"desk", "history", "operation", "staff"})),
        Scenario("share", "nothing", _INVITES, serves=True),
        Scenario("move", "clinic", _INVITES, serves=True),
        Scenario("join", "far-clinic", once=True, serves=True, compares=False),
        Scenario("upgrade", "older"),
        Scenario("back-up", "clinic", _RUNS),
        Scenario("restore-into", "backup-only", once=True),
        Scenario("restore-over", "backed-up", _RUNS),
    )
}
assert set(SCENARIOS) == set(ACTS)


@dataclass(slots=True)
class Known:
    """What the undisturbed act showed. `used`: bytes of the disk at the most; `unstable`: tables that hold something
    else each time, of which the rows are counted.
    """

    scenario: Scenario
    template: Path
    before: Any
    after: Any
    took_s: float
    steps: list[str]
    used: int
    unstable: frozenset[str]

    def state(self, found: Any) -> str:
        """`old`, `new` or `asks`. Raises Trouble."""
        if found["stands"] == "asks" and self.before["stands"] == "asks":
            return "asks"
        for what in ("history", "broken"):
            if found.get(what):
                raise Trouble(f"{what}: {found[what][:3]}")
        if not self.scenario.compares:
            return "new"
        both = (("new", self.after), ("old", self.before))
        near = {name: differs(known, found, self.scenario, self.unstable) for name, known in both}
        for name, differences in near.items():
            if not differences:
                return name
        raise Trouble(f"neither the old nor the new: {near}")


def differs(known: Any, found: Any, scenario: Scenario, unstable: frozenset[str]) -> list[str]:
    """What of a clinic is otherwise."""
    if known["stands"] != found["stands"]:
        return [found["stands"]]
    wrong = [name for name in ("revision", "people", "databases", "done") if known.get(name) != found.get(name)]
    tables, there = known.get("tables", {}), found.get("tables", {})
    wrong += sorted(set(tables) ^ set(there))
    for name in set(tables) & set(there):
        if name in scenario.changing:
            continue
        counts_only = name in unstable
        if (tables[name][0] != there[name][0]) if counts_only else (tables[name] != there[name]):
            wrong.append(f"{name} {tables[name][0]}≠{there[name][0]}")
    return wrong


def learn(place: Place, scenario: Scenario) -> Known:
    """Do the act undisturbed, twice."""
    template = place.root / f"before-{scenario.act}"
    place.empty()
    answer(place, "before", scenario.before)
    subprocess.run(["cp", "-a", place.now, template], check=True)
    before = answer(place, "look", scenario.act)
    took, steps, used, found = 0.0, list[str](), 0, []
    for _ in range(2):
        renew(place, scenario, template)
        had = place.used()
        with program(place, "kill", scenario.act) as running:
            began = monotonic()
            if running.line() == "begins":
                began = monotonic()
                while not running.ended():
                    used = max(used, place.used() - had)
                    sleep(0.02)
            took, line = monotonic() - began, running.line()
        if not line:
            raise Trouble(f"undisturbed it failed: {place.said()}")
        steps = json.loads(line)
        found.append(answer(place, "look", scenario.act))
    first, second = (one.get("tables", {}) for one in found)
    unstable = frozenset(name for name in first if first[name] != second.get(name))
    return Known(scenario, template, before, found[1], took, steps, used, unstable)


def renew(place: Place, scenario: Scenario, template: Path) -> None:
    """Have all be as it was before the act."""
    place.put_back(template)
    if scenario.before == "far-clinic":
        answer(place, "before", scenario.before)


# --- rounds -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Round:
    """One disturbance of the `program`, the `PC` or the `disk`. `at`: seconds, the number of a step, or free bytes."""

    what: str
    at: float | int
    state: str = ""
    where: str = ""
    trouble: str = ""


def rounds_of(known: Known, count: int, seed: int, at: int, *, full_disk: bool) -> Iterator[Round]:
    """Disturbances spread evenly, each somewhere in its part."""
    if at:
        yield from (Round(what, at) for what in ("program", "PC"))
        return
    chance = random.Random(f"{seed}/{known.scenario.act}")
    half = (count + 1) // 2
    for number in range(count):
        share = (number // 2 + chance.random()) / half
        what = ("program", "PC")[number // 2 % 2]
        if full_disk:
            yield Round("disk", int((number + chance.random()) / count * known.used))
        elif number % 2:
            yield Round(what, share * known.took_s)
        else:
            yield Round(what, 1 + int(share * len(known.steps)))


def carry_out(place: Place, known: Known, one: Round) -> None:
    """Disturb it, look, do it again, look."""
    act, is_far = known.scenario.act, known.scenario.before == "far-clinic"
    renew(place, known.scenario, known.template)
    try:
        one.where = starve(place, act, one.at) if one.what == "disk" else kill(place, act, one)
        if is_far:
            _wake_far(place)
        one.state = known.state(answer(place, "look", act))
        _nothing_runs(place, known.scenario)
        is_wanted = one.state != "new" or not known.scenario.once
        if is_wanted and known.state(answer(place, "again", act)) != "new":
            message = "done again it did not bring the new one"
            raise Trouble(message)
        _nothing_runs(place, known.scenario)
        _nothing_lies_about(place)
    except Trouble as trouble:
        one.trouble = str(trouble)


def _wake_far(place: Place) -> None:
    """The other PC is on again; the text of this round stays."""
    text = (place.now / "pairing.txt").read_text()
    answer(place, "before", "far-clinic")
    (place.now / "pairing.txt").write_text(text)


def kill(place: Place, act: str, one: Round) -> str:
    """Run the act and kill it; say where it was."""
    is_step = isinstance(one.at, int)
    with program(place, "kill", act, *([str(one.at)] if is_step else [])) as running:
        running.line()
        if is_step:
            where = running.line()
        else:
            ends = monotonic() + one.at
            while monotonic() < ends and not running.ended():
                sleep(0.005)
            where = f"{one.at:.2f} s"
        running.process.kill()
        if one.what == "PC":
            place.end_all()
    return where if not where.startswith("[") else "the end"


def starve(place: Place, act: str, free: float) -> str:
    """Run the act on a disk with so many free bytes, and make room afterwards. Raises Trouble if it does not say so."""
    with place.filled(free), program(place, "kill", act) as running:
        running.line()
        line = running.line()
    said = place.said()
    if not line and not any(word in said.lower() for word in ("disk is full", "no space left")):
        message = f"it does not say that the disk is full: {said}"
        raise Trouble(message)
    return f"{free / 1e6:.1f} MB free: {'done' if line else said[-60:]}"


def _nothing_runs(place: Place, scenario: Scenario) -> None:
    allowed = {"far/pgdata"}
    with suppress(OSError):
        if scenario.serves and json.loads((place.now / "data/shared/share.json").read_text())["ready"]:
            allowed |= {"now/data/shared/pgdata"}
    ends = monotonic() + 10
    while left := place.servers() - allowed:
        if monotonic() > ends:
            raise Trouble(f"a server runs on: {sorted(left)}")
        sleep(0.1)


def _nothing_lies_about(place: Place) -> None:
    left = {path for pattern in _LEFT for path in place.now.glob(pattern)}
    left |= {path for pattern in _LEFT for path in (place.now / "data").glob(pattern)}
    left -= {path for path in left if path.is_dir() and not any(path.iterdir())}
    if left:
        raise Trouble(f"left: {sorted(path.name for path in left)}")


Results = dict[str, tuple[Known, list[Round]]]


def table_of(results: Results) -> list[str]:
    """A line for each act."""
    lines = [f"{'act':14} {'takes':>7} {'steps':>6} {'rounds':>7} {'old':>5} {'new':>5} {'asks':>5} {'trouble':>8}"]
    for act, (known, rounds) in results.items():
        count = Counter(one.state for one in rounds)
        trouble = sum(1 for one in rounds if one.trouble)
        lines.append(
            f"{act:14} {known.took_s:6.1f}s {len(known.steps):6} {len(rounds):7} {count['old']:5} {count['new']:5} "
            f"{count['asks']:5} {trouble:8}"
        )
    return lines


def tried(place: Place, scenario: Scenario, options: argparse.Namespace, results: Results) -> None:
    """Carry out all rounds of an act. Raises Trouble if it does not even work undisturbed."""
    known = learn(place, scenario)
    by_rows = f"{len(known.unstable)} of {len(known.after.get('tables', ()))} tables by the number of rows only"
    sys.stderr.write(f"{scenario.act}: {known.took_s:.1f} s, {len(known.steps)} steps, {by_rows}\n")
    results[scenario.act] = (known, [])
    for one in rounds_of(known, options.rounds, options.seed, options.at, full_disk=options.full_disk):
        carry_out(place, known, one)
        results[scenario.act][1].append(one)
        sys.stderr.write(f"  {one.what} at {one.at:.5g}: {one.where} → {one.state} {one.trouble}\n")


def main() -> int:
    """Print the table; of what was done so far, if it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("acts", nargs="*", metavar="ACT", help=f"of {', '.join(SCENARIOS)}; all if none is given")
    parser.add_argument("--rounds", type=int, default=12, help="kills of each act (default: 12)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--full-disk", action="store_true", help="no kills: the disk is full")
    parser.add_argument("--at", type=int, default=0, metavar="STEP", help="before this step only")
    options = parser.parse_args()
    if unknown := set(options.acts) - set(SCENARIOS):
        parser.error(f"no such act: {', '.join(sorted(unknown))}")
    results: Results = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with made(is_small=options.full_disk) as place:
            for act in options.acts or SCENARIOS:
                tried(place, SCENARIOS[act], options, results)
    finally:
        sys.stdout.write("\n".join(table_of(results)) + "\n")
    return 1 if any(one.trouble for _, rounds in results.values() for one in rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
