"""Everybody's changes are for who has the right; what a desk needs of named records, and its own, everybody has."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine, insert, text

from clinic_desk.database import tables
from clinic_desk.database.setup import Group
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, connected, refused_by

WHOSE: Final = text("SELECT DISTINCT db_user FROM history WHERE table_name IN ('appointment', 'patient')")


@pytest.fixture
def booked(clinic: SmallClinic, url_as: Callable[[Any], URL]) -> list[UUID]:
    """An appointment of a reception's and one of a manager's."""
    made = []
    for hour, group in ((9, "clinic_reception"), (10, "clinic_manager")):
        with connected(url_as(group)) as desk:
            made.append(add(desk, hour, hour + 0.5, patient_id=clinic.patients[0]))
    return made


def give(owner_engine: Engine, right: str, *, granted: bool, login: str = "test_reception") -> None:
    row = {"id": uuid4(), "login": login, "name": right, "granted": granted}
    with owner_engine.begin() as owner:
        owner.execute(insert(tables.staff_right).values(row))


@pytest.mark.parametrize(
    ("group", "seen"),
    [
        ("clinic_reception", {"test_reception"}),
        ("clinic_manager", {"test_reception", "test_manager", "clinic_owner"}),
        ("clinic_readonly", set()),
    ],
)
def test_who_lacks_the_right_reads_of_all_changes_her_own(
    group: Group, seen: set[str], booked: list[UUID], url_as: Callable[[Any], URL]
) -> None:
    with connected(url_as(group)) as connection:
        assert set(connection.scalars(WHOSE)) == seen


def test_the_right_is_asked_anew_with_each_look(
    booked: list[UUID], url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    give(owner_engine, "history", granted=True)
    give(owner_engine, "history", granted=False, login="test_manager")
    with connected(url_as("clinic_reception")) as connection:
        assert {"test_reception", "test_manager"} <= set(connection.scalars(WHOSE))
    with connected(url_as("clinic_manager")) as connection:
        assert "clinic_owner" not in set(connection.scalars(WHOSE)), "nothing but the bookings that the figures count"


@pytest.mark.parametrize("group", ["clinic_reception", "clinic_readonly"])
def test_of_named_records_everybody_at_a_desk_reads_who_changed_what(
    group: Group, booked: list[UUID], url_as: Callable[[Any], URL]
) -> None:
    who = text("SELECT db_user FROM history_of(:ids) ORDER BY id")
    with connected(url_as(group)) as connection:
        assert connection.scalars(who, {"ids": booked}).all() == ["test_reception", "test_manager"]
        too_many = "SELECT count(*) FROM history_of(ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 1001)))"
        assert refused_by(connection, too_many) == "42501"
        act = connection.scalar(text("SELECT operation_id FROM history_of(:ids) LIMIT 1"), {"ids": booked[1:]})
        found = connection.scalars(text("SELECT row_id FROM history_by(:act)"), {"act": act}).all()
        assert found == booked[1:]


def test_who_sees_the_figures_sees_when_was_booked_and_no_other_change(
    booked: list[UUID], url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    with connected(url_as("clinic_manager")) as manager:
        manager.execute(text("UPDATE appointment SET note = 'x' WHERE id = :id"), {"id": booked[1]})
    give(owner_engine, "statistics", granted=True)
    with connected(url_as("clinic_reception")) as connection:
        others = text("SELECT DISTINCT table_name, action FROM history WHERE db_user <> session_user")
        assert connection.execute(others).all() == [("appointment", "insert")]


def test_a_restricted_record_says_nothing_in_anybodys_history(
    clinic: SmallClinic, url_as: Callable[[Any], URL]
) -> None:
    her = clinic.patients[0]
    with connected(url_as("clinic_manager")) as manager:
        manager.execute(text("UPDATE patient SET note = 'canary' WHERE id = :id"), {"id": her})
        manager.execute(text("UPDATE patient SET restricted = true WHERE id = :id"), {"id": her})
        images = text("SELECT string_agg(h::text, '') FROM history_of(ARRAY[CAST(:id AS uuid)]) h")
        assert "canary" not in manager.scalar(images, {"id": her})
