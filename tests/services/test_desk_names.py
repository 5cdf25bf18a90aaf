"""Desks on different PCs that have the same default name are told apart; names that somebody chose are left alone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries.desks import STARTING_S
from clinic_desk.domain.ids import new_id
from clinic_desk.services import desks
from clinic_desk.services.desks import told_apart
from tests.support.living import alive

MakeDesk = Callable[[str], Database]


def another(like: Database, name: str) -> Database:
    """A desk of another PC, that was never registered."""
    return Database(like.url, DeskIdentity(new_id(), name))


@pytest.fixture
def desk_1(make_desk: MakeDesk) -> Database:
    return make_desk("Desk 1")


@pytest.fixture
def newcomer(desk_1: Database) -> Iterator[Database]:
    made = another(desk_1, "Desk 1")
    yield made
    made.dispose()


def test_a_default_name_that_a_connected_desk_has_gets_the_computers_name_added(
    desk_1: Database, newcomer: Database
) -> None:
    with alive(desk_1):
        desks.register_desk(newcomer, "FRONT-PC.clinic.local")
        assert newcomer.desk.name == "Desk 1 · FRONT-PC"
        with alive(newcomer):
            assert [desk.name for desk in desks.desks_online(desk_1)] == ["Desk 1", "Desk 1 · FRONT-PC"]
    assert desk_1.desk.name == "Desk 1"


def test_it_keeps_that_name_from_then_on(desk_1: Database, newcomer: Database) -> None:
    with alive(desk_1):
        desks.register_desk(newcomer, "FRONT-PC")
    next_day = Database(newcomer.url, DeskIdentity(newcomer.desk.id, "Desk 1"))
    desks.register_desk(next_day, "FRONT-PC")
    next_day.dispose()
    assert next_day.desk.name == "Desk 1 · FRONT-PC"


def test_a_name_of_a_desk_that_is_not_connected_is_free(
    desk_1: Database, newcomer: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE desk SET last_seen_at = now() - INTERVAL '{STARTING_S} seconds'")
    desks.register_desk(newcomer, "FRONT-PC")
    assert newcomer.desk.name == desk_1.desk.name == "Desk 1"


def test_a_desk_that_registered_a_moment_ago_has_its_name_though_it_is_not_connected_yet(
    desk_1: Database, newcomer: Database
) -> None:
    desks.register_desk(desk_1, "BACK-PC")
    desks.register_desk(newcomer, "FRONT-PC")
    assert newcomer.desk.name == "Desk 1 · FRONT-PC"


def test_of_desks_that_start_at_the_same_instant_each_has_a_name_of_its_own(database_url: URL) -> None:
    starting = [Database(database_url, DeskIdentity(new_id(), "Desk 1"), pool_size=1) for _ in range(6)]
    at_once = Barrier(len(starting))

    def start(each: Database) -> None:
        with each.reading():  # connected: what is left is the registering itself
            pass
        at_once.wait(30)
        desks.register_desk(each, "PC")

    try:
        with ThreadPoolExecutor(len(starting)) as pool:
            list(pool.map(start, starting))
        names = [each.desk.name for each in starting]
    finally:
        for each in starting:
            each.dispose()
    assert sorted(names) == ["Desk 1", "Desk 1 · PC", *(f"Desk 1 · PC ({number})" for number in range(2, 6))]


def test_a_desk_that_registers_again_while_it_is_connected_keeps_its_name(desk_1: Database) -> None:
    with alive(desk_1):
        number = desks.register_desk(desk_1, "FRONT-PC")
        assert desks.register_desk(desk_1, "FRONT-PC") == number
    assert desk_1.desk.name == "Desk 1"


def test_a_chosen_name_stays_even_if_another_desk_chose_it_too(make_desk: MakeDesk) -> None:
    first = make_desk("Reception")
    second = another(first, "Reception")
    with alive(first):
        desks.register_desk(second, "FRONT-PC")
    second.dispose()
    assert second.desk.name == "Reception"


@pytest.mark.parametrize(
    ("others", "computer", "name"),
    [
        ({"Desk 2"}, "FRONT-PC", "Desk 1"),
        ({"Desk 1", "Desk 1 · FRONT-PC"}, "FRONT-PC", "Desk 1 · FRONT-PC (2)"),
        ({"Desk 1"}, "", "Desk 1 (2)"),
        ({"Desk 1"}, "x" * 80, f"Desk 1 · {'x' * 26}"),
    ],
)
def test_two_programs_are_never_called_the_same(others: set[str], computer: str, name: str) -> None:
    found = told_apart("Desk 1", None, frozenset(others), computer)
    assert found == name
    assert len(found) <= 40
