"""A right by name is its group's, unless a manager overruled it for one login; the database is asked anew each time."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import URL, Executable, delete, insert, text, update

from clinic_desk.database import tables
from clinic_desk.database.setup import GROUPS, Group
from clinic_desk.domain.rights import Right
from tests.support.sql import connected

DAILY: Final = {Right.SQUEEZE_IN, Right.OUTSIDE_HOURS, Right.MERGE}
BY_GROUP: Final[dict[Group, set[Right]]] = {
    "clinic_reception": DAILY,
    "clinic_manager": set(Right),
    "clinic_readonly": set(),
    "clinic_worker": set(),
}
ASKED: Final = text("SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE has_right(name)")


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_the_rights_of_the_table_in_its_migration(group: Group, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as(group)) as connection:
        assert set(connection.scalars(ASKED, {"names": list(Right)})) == BY_GROUP[group]


def test_what_a_manager_gives_or_takes_holds_at_once_also_for_who_is_connected(url_as: Callable[[Any], URL]) -> None:
    row = {"id": UUID(int=7), "login": "test_reception", "name": Right.EXPORT, "granted": True}
    changes: list[tuple[Executable, bool]] = [
        (insert(tables.staff_right).values(row), True),
        (update(tables.staff_right).values(granted=False), False),
        (delete(tables.staff_right), False),
    ]
    with connected(url_as("clinic_reception")) as desk:
        assert not desk.scalar(text("SELECT has_right('export')"))
        for change, may in changes:
            with connected(url_as("clinic_manager")) as manager:
                manager.execute(change)
            assert desk.scalar(text("SELECT has_right('export')")) is may
