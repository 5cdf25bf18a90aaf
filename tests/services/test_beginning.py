"""The least a clinic needs is there wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.setup import BeginClinic, SaveAppointmentType, SavePractitioner, SaveSite
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import calendar
from clinic_desk.services.setup.beginning import begin_clinic

DOCTOR = SavePractitioner("Dr. Okafor")
KIND = SaveAppointmentType("Consultation", 15, practitioner_ids=frozenset({DOCTOR.id}))
WEEK = tuple((day, start, start + 240) for day in range(1, 6) for start in (480, 780))
WANTED = BeginClinic(SaveSite("Lindenhof", "Europe/Berlin"), DOCTOR, WEEK, KIND)


@pytest.fixture
def manager(url_as: Callable[[Any], URL], owner_engine: Engine) -> Iterator[Database]:
    """The desk of whoever may set things."""
    identity = DeskIdentity(uuid4(), "Office")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
    database = Database(url_as("clinic_manager"), identity)
    yield database
    database.dispose()


def test_an_empty_clinic_can_be_booked_after_one_change_and_a_second_sending_adds_nothing(manager: Database) -> None:
    clinic = begin_clinic(manager, WANTED)
    assert begin_clinic(manager, WANTED) == clinic
    assert [site.name for site in clinic.sites] == ["Lindenhof"]
    assert [person.name for person in clinic.practitioners] == ["Dr. Okafor"]
    assert clinic.types[0].practitioner_ids == {DOCTOR.id}
    assert len(clinic.working_hours) == len(WEEK)
    assert {row.site_id for row in clinic.working_hours} == {WANTED.site.id}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (replace(WANTED, site=SaveSite("", "Europe/Berlin")), "site.name"),
        (replace(WANTED, site=SaveSite("Lindenhof", "Atlantis")), "site.zone"),
        (replace(WANTED, week=((1, 600, 500),)), "week.end_minute"),
        (replace(WANTED, kind=replace(KIND, name="\u202e")), "kind.name"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_part_and_nothing_is_there(
    manager: Database, part: BeginClinic, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        begin_clinic(manager, part)
    assert refused.value.field == field
    clinic = calendar.load_clinic(manager)
    assert (clinic.sites, clinic.practitioners, clinic.types, clinic.working_hours) == ((), (), (), ())


def test_the_reception_does_not_begin_a_clinic(database: Database) -> None:
    with pytest.raises(NotAllowed):
        begin_clinic(database, WANTED)
    assert calendar.load_clinic(database).sites == ()
