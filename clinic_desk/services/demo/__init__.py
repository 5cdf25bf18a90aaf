"""The demo clinic: made up from a day and a seed, always the same for the same ones, and loaded in one transaction."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.records import Patient
from clinic_desk.domain.wall import day_bounds
from clinic_desk.services.demo.appointments import DemoAppointment, demo_appointments
from clinic_desk.services.demo.messages import SETTINGS, DemoMessage, DemoReply, demo_messages, demo_replies
from clinic_desk.services.demo.patients import demo_patients
from clinic_desk.services.demo.setup import STAFF, DemoSetup, demo_setup
from clinic_desk.services.demo.story import told
from clinic_desk.services.demo.waiting import demo_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import URL

    from clinic_desk.database.engine import Database
    from clinic_desk.database.loading import Rows
    from clinic_desk.domain.waiting import Wish

SEED: Final = 20261124
_LOADER: Final = "Demo set-up"
"""Whose name stands at what was loaded and not told as somebody's doing."""
_RECORDS_BEGAN: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """All that stands in a demo clinic's database."""

    setup: DemoSetup
    patients: tuple[Patient, ...]
    appointments: tuple[DemoAppointment, ...]
    messages: tuple[DemoMessage, ...]
    replies: tuple[DemoReply, ...]
    waiting: tuple[Wish, ...]


def build_demo(today: date, now: datetime, seed: int = SEED) -> DemoClinic:
    """Return the demo clinic around `today`, whose visits have come as far as `now` (an instant) says.

    2,000 patients; appointments from four weeks back to six weeks ahead, each day 60-90 % full. The same arguments
    give the same records to the last byte, on every platform.
    """

    def chance(part: str) -> random.Random:
        return random.Random(f"{seed} {today} {part}")  # noqa: S311  # to be repeatable, not secret

    setup = demo_setup(today, chance("set-up"))
    began = day_bounds(today, "UTC")[0] - _RECORDS_BEGAN
    patients = demo_patients(today, began, chance("patients"))
    appointments = demo_appointments(setup, patients, now, chance("appointments"))
    appointments = told(appointments, setup, now, chance("story"))
    messages = demo_messages(setup, patients, appointments, now, chance("messages"))
    return DemoClinic(
        setup=setup,
        patients=patients,
        appointments=appointments,
        messages=messages,
        replies=demo_replies(patients, appointments, messages, now, chance("replies")),
        waiting=demo_waiting(appointments, now, chance("waiting")),
    )


def create_demo(owner_url: URL | str, today: date, now: datetime, step: Callable[[], None] = lambda: None) -> None:
    """Fill a migrated, empty database with the demo clinic, as its owner, in one transaction.

    `step` is called every second or so; what it raises ends it, and the database is as empty as it was.

    Does nothing to a database that holds the demo already. Raises InvalidInput for one that holds other patients, and
    the errors of `database.failures` for what the server refuses.
    """
    from clinic_desk.database.loading import Story, is_demo_there, load_rows, opened, set_messaging
    from clinic_desk.services.demo.rows import rows_of, steps_of

    with opened(owner_url) as connection:
        if not is_demo_there(connection):
            made = build_demo(today, now)
            step()
            began = day_bounds(today, "UTC")[0] - _RECORDS_BEGAN
            rows = _stepping(rows_of(made), step)
            load_rows(connection, rows, {"": _LOADER, **STAFF}, Story(began, steps_of(made)))
            set_messaging(connection, SETTINGS)
            step()


def _stepping(tables: Iterable[Rows], step: Callable[[], None]) -> Iterator[Rows]:
    for rows in tables:
        step()
        yield rows


def is_demo(db: Database) -> bool:
    """Whether this database holds the demo clinic."""
    from clinic_desk.database.loading import is_demo_there

    with db.reading() as connection:
        return is_demo_there(connection)
