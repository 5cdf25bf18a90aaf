"""The list of changes: page by page, narrowed in every way, and everybody's only for who has the right."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Update
from clinic_desk.domain.history_list import TABLES, Change, ChangeKind, Wanted
from clinic_desk.errors import NotAllowed
from clinic_desk.services.booking import book, update
from clinic_desk.services.history_list import changes, writers
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    """A manager's desk."""
    office = Database(url_as("clinic_manager"), DeskIdentity(UUID(int=0xDE), "Office"))
    yield office
    office.dispose()


@pytest.fixture
def booked(clinic: SmallClinic, database: Database, second_database: Database) -> UUID:
    """An appointment that one desk booked and another one moved."""
    entry = book(database, checkup(clinic, at(clinic.monday, 9))).appointment
    update(second_database, Update(entry.id, entry.version, starts_at=at(clinic.monday, 11)))
    return entry.id


def test_everybodys_changes_are_for_who_has_the_right_and_one_records_for_all(
    database: Database, manager: Database, booked: UUID, clinic: SmallClinic
) -> None:
    with pytest.raises(NotAllowed):
        changes(database, Wanted())
    moved, made = changes(database, Wanted(record=booked)).changes
    assert (made.desk, moved.desk, made.version, moved.version) == ("Desk 1", "Desk 2", 1, 2)
    assert (made.before, moved.patient_name) == (None, "Anna Meier")
    hers = changes(database, Wanted(record=clinic.patients[0])).changes
    assert [one.table for one in hers] == ["appointment", "appointment", "patient"]
    assert changes(manager, Wanted()).changes[:2] == (moved, made)


def test_pages_follow_one_another_without_a_gap(manager: Database, booked: UUID) -> None:
    assert str(booked)
    whole = changes(manager, Wanted(), limit=1000)
    assert not whole.more
    pages: list[Change] = []
    before: Change | None = None
    while True:
        page = changes(manager, Wanted(), before, limit=7)
        pages += page.changes
        before = page.changes[-1]
        if not page.more:
            break
    assert tuple(pages) == whole.changes


def test_they_are_narrowed_by_who_desk_day_kind_and_doctor(
    manager: Database, database: Database, second_database: Database, booked: UUID, clinic: SmallClinic
) -> None:
    latest = changes(manager, Wanted()).changes[0]
    who = "test_reception"

    def found(**wanted: Any) -> list[int]:
        return [one.version for one in changes(manager, Wanted(**wanted)).changes if one.row_id == booked]

    assert found(login=who) == [2, 1]
    assert found(login="nobody") == []
    assert found(desk_id=second_database.desk.id) == [2]
    assert found(since=latest.at) == [2]
    assert found(until=latest.at, login=who, desk_id=database.desk.id) == [1]
    assert found(since=latest.at + timedelta(seconds=1)) == []
    assert found(kind=ChangeKind.APPOINTMENTS) == [2, 1]
    assert found(kind=ChangeKind.SETUP) == []
    assert found(practitioner_id=clinic.weber) == [2, 1]
    assert found(practitioner_id=clinic.diaz) == []
    setup = {one.table for one in changes(manager, Wanted(kind=ChangeKind.SETUP)).changes}
    assert setup <= set(TABLES[ChangeKind.SETUP])
    assert "working_hours" in setup
    assert {desk.name for desk in writers(manager)} == {"Desk 1", "Desk 2"}


def test_a_page_reads_no_more_than_it_shows(owner_engine: Engine, booked: UUID) -> None:
    """Whatever narrows: the plan walks an index from its end."""
    assert str(booked)
    for condition in (
        "true",
        "db_user = 'x'",
        "desk_id = '00000000-0000-0000-0000-000000000001'",
        "table_name = 'site' AND table_name NOT IN ('appointment', 'patient')",
    ):
        with owner_engine.connect() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            plan = "\n".join(
                connection.scalars(
                    text(f"EXPLAIN SELECT * FROM history WHERE {condition} ORDER BY at DESC, id DESC LIMIT 200")
                )
            )
        assert "Sort" not in plan, plan
        assert "Index Scan Backward" in plan, plan
