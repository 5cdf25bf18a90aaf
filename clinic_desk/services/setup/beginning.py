"""Makes an empty clinic one that can be booked: a first site, doctor, week and kind of visit, all in one change."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clinic_desk.database.queries import desks as queries_desks
from clinic_desk.database.queries import setup as queries
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import WorkingHours
from clinic_desk.domain.setup import SaveWorkingHours
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import saving
from clinic_desk.services.setup.hours import weekly_values, write_rows
from clinic_desk.services.setup.practitioners import practitioner_values
from clinic_desk.services.setup.sites import site_values
from clinic_desk.services.setup.types import type_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic
    from clinic_desk.domain.setup import BeginClinic


def begin_clinic(db: Database, command: BeginClinic) -> Clinic:
    """Write all of it and return the clinic as it then stands.

    Raises InvalidInput, its field with the part before it (`site.zone`, `practitioner.name`, `week.start_minute`,
    `kind.name`), NotAllowed, DatabaseDown, Busy, OutcomeUnknown; nothing is written then.
    """
    with _part("site"):
        site = site_values(command.site)
    with _part("practitioner"):
        doctor = practitioner_values(command.practitioner)
    ids = [new_id() for _ in command.week]
    with _part("kind"):
        kind = type_values(command.kind)

    def work(connection: Connection) -> Clinic:
        _add(connection, "site", command.site, site)
        _add(connection, "practitioner", command.practitioner, doctor)
        with _part("week"):
            _write_week(connection, command, ids)
        _add(connection, "appointment_type", command.kind, kind)
        links, people = ("type_id", command.kind.id), command.kind.practitioner_ids
        queries.set_links(connection, "appointment_type_practitioner", links, "practitioner_id", people)
        return clinic_record(connection)

    return db.changing(command.operation_id, "BeginClinic", work, clinic_record)


def _write_week(connection: Connection, command: BeginClinic, ids: list[UUID]) -> None:
    """The hours hold from today on: the day it is at the site by the database's clock."""
    today = local_day(queries_desks.database_now(connection), command.site.zone)
    doctor, site = command.practitioner.id, command.site.id
    rows = [
        WorkingHours(row, doctor, site, weekday, start, end, today, version=0)
        for row, (weekday, start, end) in zip(ids, command.week, strict=True)
    ]
    hours = SaveWorkingHours(doctor, tuple(rows))
    write_rows(connection, "working_hours", hours, [(row, weekly_values(doctor, row)) for row in rows])


def _add(connection: Connection, table: str, part: saving.Command, values: dict[str, Any]) -> None:
    if table != "practitioner":  # two doctors may have one name
        with _part("site" if table == "site" else "kind"):
            saving.refuse_namesake(connection, table, part, values["name"])
    saving.write(connection, table, part.id, part.version, values)


@contextmanager
def _part(name: str) -> Iterator[None]:
    """What is wrong with a field is wrong with the field of this part."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}.{error.field}", error.expected, error.example) from None
