"""A list on screen as a file: for who may export, noted, whole or not at all, and harmless to a spreadsheet."""

from __future__ import annotations

import csv
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert, select

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services.exporting.lists import Listing, Target, save_figures, save_list
from tests.support.small_clinic import SmallClinic

LISTING = Listing("waiting_list", "Waiting list", ("Patient", "Note"), (("=cmd()", 'says "hi"; now'), ("Müller", "")))


@pytest.fixture
def manager(url_as: Callable[[Any], URL], clinic: SmallClinic) -> Iterator[Database]:
    database = Database(url_as("clinic_manager"), DeskIdentity(UUID(int=9), "Office"))
    yield database
    database.dispose()


def test_it_is_written_for_its_owner_only_and_what_was_taken_is_noted(
    manager: Database, owner_engine: Engine, tmp_path: Path
) -> None:
    path, operation = tmp_path / "list.csv", new_id()
    assert save_list(manager, LISTING, Target(path, ";"), operation) == 2
    assert list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";")) == [
        ["Patient", "Note"],
        ["'=cmd()", 'says "hi"; now'],
        ["Müller", ""],
    ]
    assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o600
    with owner_engine.connect() as connection:
        row = connection.execute(select(tables.operation).where(tables.operation.c.id == operation)).one()
    assert (row.command, row.detail) == ("ExportList", {"rows": 2, "format": "csv", "list": "waiting_list"})
    with pytest.raises(InvalidInput):
        save_list(manager, LISTING, Target(tmp_path / "again.csv"), operation)
    with pytest.raises(InvalidInput):
        save_list(manager, LISTING, Target(path), new_id())
    assert save_list(manager, LISTING, Target(path, overwrite=True), new_id()) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["list.csv"]


def test_who_may_not_export_gets_no_file_until_a_manager_allows_it(
    database: Database, clinic: SmallClinic, owner_engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(NotAllowed):
        save_list(database, LISTING, Target(tmp_path / "list.csv"), new_id())
    assert not list(tmp_path.iterdir())
    assert save_figures(LISTING, Target(tmp_path / "figures.csv")) == 2
    with owner_engine.begin() as connection:
        right = {"id": new_id(), "login": "test_reception", "name": "export", "granted": True}
        connection.execute(insert(tables.staff_right).values(right))
    assert save_list(database, LISTING, Target(tmp_path / "list.csv"), new_id()) == 2
