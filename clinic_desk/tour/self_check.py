"""`--self-check`: whether this installation is whole. Everything is imported; a scratch clinic is made and used."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import clinic_desk
from clinic_desk import __version__
from clinic_desk.tour.run import opened, play

if TYPE_CHECKING:
    from clinic_desk.desk.program import DeskProgram
    from clinic_desk.domain.records import Entry
    from clinic_desk.tour.hands import Hands
    from clinic_desk.tour.plan import Plan
    from clinic_desk.tour.stage import Stage, Steps

_RUN_BY_OTHERS: Final = ("clinic_desk.__main__", "clinic_desk.database.migrations.")
"""Modules that do something when they are imported: Alembic runs the migrations."""
_OF_POSTGRESQL: Final = ("initdb", "pg_ctl", "postgres", "pg_isready", "pg_controldata", "pg_dump", "pg_restore")


def run_self_check() -> int:
    """Import all, run each of PostgreSQL's programs, open a window, book and cancel in a scratch clinic; leave nothing.

    Return 0, or 1 with a sentence of what is not as it should be. Takes half a minute, most of it the scratch clinic.
    """
    modules = import_all()
    _say(f"Clinic Desk {__version__}: {modules} modules imported")
    broken = broken_programs()
    if broken:
        _say(f"This installation is not whole: {', '.join(broken)} of PostgreSQL cannot be run.")
        return 1
    with tempfile.TemporaryDirectory(prefix="clinic-desk-self-check-") as scratch:
        Path(scratch).chmod(0o711)  # for root, another account runs the embedded PostgreSQL and must get through
        own = {"data": Path(scratch) / "data", "config": Path(scratch) / "config"}  # nothing of this user's is touched
        code, _ = play(
            _story, own["data"], Path(scratch) / "pictures", (0,), own, give_up=partial(_stop_server, own["data"])
        )
    _say("Everything is as it should be." if code == 0 else "This installation is not whole.")
    return code


def _stop_server(folder: Path) -> None:
    """Stop the scratch clinic's server, whoever is still making that clinic. Waits."""
    from clinic_desk.database.embedded import cluster
    from clinic_desk.database.embedded.folder import MARKER, open_folder

    if (folder / MARKER).exists():
        cluster.stop(open_folder(folder), None)


def import_all() -> int:
    """Import every module of the program; return how many. A missing library or file raises what Python raises."""
    names = [
        found.name
        for found in pkgutil.walk_packages(clinic_desk.__path__, f"{clinic_desk.__name__}.")
        if not found.name.startswith(_RUN_BY_OTHERS)
    ]
    for name in names:
        importlib.import_module(name)
    return len(names)


def broken_programs() -> list[str]:
    """Return which of PostgreSQL's programs that make, run, save and restore a database cannot be run."""
    from clinic_desk.database.embedded.binaries import find

    found = find(None)
    return [name for name in _OF_POSTGRESQL if not _runs(found.program(name))]


def _runs(program: Path) -> bool:
    from clinic_desk.database.embedded.commands import run
    from clinic_desk.database.embedded.problems import EmbeddedServerError

    try:
        return run(program, "--version", account=None, folder=program.parent, limit=60).code == 0
    except EmbeddedServerError:
        return False


def _say(text: str) -> None:
    if sys.stdout is not None:  # a program without a console, on Windows
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _story(stage: Stage, programs: list[DeskProgram]) -> Steps[None]:
    from clinic_desk.tour.hands import Hands

    yield from opened(stage, programs[0], 1)
    hands = Hands(programs[0])
    plan = yield from _plan(stage, hands)
    entry = yield from _booked(hands, plan)
    stage.say("A visit is booked: Enter, letters of the name, Enter, Enter.")
    yield from _cancelled(hands, entry)
    stage.say("It is cancelled, with its reason.")


def _plan(stage: Stage, hands: Hands) -> Steps[Plan]:
    from clinic_desk.tour.plan import make_plan
    from clinic_desk.tour.stage import TourFailed, Until

    space, now = hands.space, hands.space.store.freshness.now()
    plans: list[Plan | None] = []
    troubles: list[Exception] = []
    work = partial(make_plan, space.desk.database, space.store.clinic, now)
    space.desk.tasks.query(stage, work, plans.append, troubles.append)
    yield Until(lambda: bool(plans or troubles), "the free times of the next days were read")
    if not plans or plans[0] is None:
        message = "a day of the scratch clinic with room for four visits"
        raise TourFailed(message)
    yield from hands.go_to(plans[0].day)
    return plans[0]


def _booked(hands: Hands, plan: Plan) -> Steps[Entry]:
    from PySide6.QtCore import Qt

    from clinic_desk.tour.stage import Until
    from clinic_desk.tour.steps import choose_patient, entry_of, open_form, watched

    form = yield from open_form(hands, plan.slots[0])
    yield from choose_patient(hands, form, plan.people[0])
    booked = watched(form)
    hands.key(Qt.Key.Key_Return)
    yield Until(lambda: booked.entry is not None, "the visit is booked")
    entry = entry_of(booked)
    yield Until(lambda: hands.entry(entry) is not None, "the calendar shows the visit")
    return entry


def _cancelled(hands: Hands, entry: Entry) -> Steps[None]:
    from PySide6.QtCore import Qt

    from clinic_desk.domain.records import AppointmentStatus
    from clinic_desk.tour.stage import Until
    from clinic_desk.tour.steps import dialog_of
    from clinic_desk.ui.booking.cancel import CancelDialog

    def is_cancelled() -> bool:
        found = hands.entry(entry)
        return found is None or found.appointment.status is AppointmentStatus.CANCELLED

    yield from hands.to_calendar()
    hands.calendar.select_entry(entry.id)
    hands.key(Qt.Key.Key_C)
    yield from dialog_of(hands, CancelDialog)
    hands.key(Qt.Key.Key_Return)
    yield Until(is_cancelled, "the visit is cancelled")
