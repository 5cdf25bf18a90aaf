"""One act, look or preparation as a program of its own: `python -m tests.benchmarks.killing.program DO ACT [STEP]`.

Where everything lies is in the environment. It tells its parent, through the descriptor `KILLED_TELL`, when it begins,
and before the step numbered STEP, where it waits to be killed.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from clinic_desk.opening.connecting import import_heavy
from tests.benchmarks.killing.acts import ACTS
from tests.benchmarks.killing.before import BEFORE
from tests.benchmarks.killing.looking import look
from tests.benchmarks.killing.steps import Steps, watch


def main() -> None:
    """Do what is asked for."""
    do, name, *rest = sys.argv[1:]
    tell = os.fdopen(int(os.environ["KILLED_TELL"]), "w")

    def say(words: str) -> None:
        tell.write(words)
        tell.flush()

    if do == "before":
        BEFORE[name]()
        return
    if do == "look":
        say(json.dumps(look(name)))
        return
    import_heavy(lambda _stage: None)
    for module in (
        "cli",
        "opening.first_start",
        "upgrading",
        "database.embedded",
    ):  # it takes a while and changes nothing
        import_module(f"clinic_desk.{module}")
    steps = Steps(int(rest[0]) if rest else 0, say)
    if do == "kill":
        watch(steps)
    say("begins\n")
    ACTS[name]()
    say(json.dumps(look(name) if do == "again" else steps.labels))


if __name__ == "__main__":
    main()
