"""A manager's desk on the test's database, and files to import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import Group
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.ids import new_id
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import ImportPlan, ImportReport, planned
from clinic_desk.services.importing.run import carry_out_import

PATIENTS = "Patient ID,Family name,Given name,Birth date,Phone,E-mail\n"


@contextmanager
def desk_of(url_as: Callable[[Group], URL], group: Group) -> Iterator[Database]:
    """A desk at which somebody of this group is signed in."""
    database = Database(url_as(group), DeskIdentity(UUID(int=0xDE5C_4000), "Office"))
    try:
        yield database
    finally:
        database.dispose()


def plan_of(kind: Kind, path: Path, text: str | bytes, **changes: Any) -> ImportPlan:
    """Write a file and plan its import as its headings suggest."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return replace(planned(kind, look_at(path)), **changes)


def imported(database: Database, plan: ImportPlan) -> ImportReport:
    """Import; it must be stored."""
    report = carry_out_import(database, plan, new_id())
    assert report.stored, report.problems
    return report


def value(engine: Engine, statement: str) -> Any:
    """The one value of a statement, read as the owner."""
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).scalar_one()
