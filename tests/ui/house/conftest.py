"""Who is in the house, in the whole program, with patients booked around the present minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Entry
from clinic_desk.services import calendar
from tests.support.small_clinic import SmallClinic
from tests.ui.setup.conftest import press
from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["OpenProgram", "open_program", "press", "programs"]

BookAt = Callable[..., Entry]


@pytest.fixture
def now(owner_engine: Engine) -> datetime:
    """The database's time, in whole minutes."""
    with owner_engine.connect() as connection:
        found: datetime = connection.exec_driver_sql("SELECT date_trunc('minute', now())").scalar_one()
    return found


@pytest.fixture
def book_at(clinic: SmallClinic, database: Database, owner_engine: Engine, now: datetime) -> BookAt:
    """Book the patient of a number so many minutes from now, whatever the hours say; behind the rules' back."""

    def book(minutes: int, patient: int = 0, **other: Any) -> Entry:
        start = now + timedelta(minutes=minutes)
        values = {
            "patient": clinic.patients[patient],
            "who": other.pop("who", clinic.weber),
            "site": clinic.berlin,
            "type": clinic.checkup,
            "room": other.pop("room", None),
            "starts": start,
            "ends": start + timedelta(minutes=15),
        }
        with owner_engine.begin() as connection:
            row_id = connection.exec_driver_sql(
                "INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at,"
                " ends_at, squeezed_in) VALUES (gen_random_uuid(), %(patient)s, %(who)s, %(site)s, %(type)s, %(room)s,"
                " %(starts)s, %(ends)s, true) RETURNING id",
                values,
            ).scalar_one()
        return calendar.load_entries(database, [row_id])[0]

    return book
