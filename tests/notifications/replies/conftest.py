"""What the tests of replies share: a provider that hears patients, and workers that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from tests.support.replies import Board, Listed
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def provider() -> Listed:
    """A provider whose patients write back."""
    return Listed()


@pytest.fixture
def make_worker(url_as: Callable[[Any], URL]) -> Iterator[Callable[[], Database]]:
    """Make a database object of the worker's role, a desk of its own each."""
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(url_as("clinic_worker"), DeskIdentity(uuid4(), f"Worker {len(made) + 1}")))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def worker(make_worker: Callable[[], Database]) -> Database:
    """The first of them."""
    return make_worker()


@pytest.fixture
def board(owner_engine: Engine, clinic: SmallClinic) -> Board:
    """The small clinic's appointments, answers and inbox."""
    return Board(owner_engine, clinic)
