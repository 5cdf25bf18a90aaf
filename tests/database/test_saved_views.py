"""A login's saved views are its own: no other sees, changes or makes them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert, select, text, update

from clinic_desk.database import tables
from tests.support.sql import connected, refused_by

VIEW = UUID(int=0x51)


@pytest.mark.parametrize("other", ["clinic_manager", "clinic_readonly", "clinic_worker"])
def test_another_login_neither_sees_nor_changes_it(
    url_as: Callable[[Any], URL], owner_engine: Engine, other: str
) -> None:
    view = tables.saved_view
    with connected(url_as("clinic_reception")) as desk:
        desk.execute(insert(view).values(id=VIEW, name="Front desk", content={}))
        assert desk.scalar(select(view.c.login)) == "test_reception"
        assert desk.scalar(select(view.c.changed_by)) == "test_reception"
    with connected(url_as(other)) as stranger:
        assert stranger.execute(select(view)).all() == []
        if other != "clinic_worker":
            assert stranger.execute(update(view).values(name="x")).rowcount == 0
            theirs = "INSERT INTO saved_view (id, login, name, content) VALUES (:id, 'test_reception', 'y', '{}')"
            assert refused_by(stranger, theirs, {"id": UUID(int=0x52)}) == "42501"
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM saved_view")) == "Front desk"


def test_a_login_that_is_removed_takes_its_views_along(url_as: Callable[[Any], URL], owner_engine: Engine) -> None:
    with connected(url_as("clinic_readonly")) as desk:
        desk.execute(insert(tables.saved_view).values(id=VIEW, name="Mine", content={}))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM staff WHERE login = 'test_readonly'")
        assert connection.scalar(text("SELECT count(*) FROM saved_view")) == 0
