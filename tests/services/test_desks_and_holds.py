"""Desks online, holds and who is signed in, on real PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import PlaceHold
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import NotAllowed
from clinic_desk.services import calendar, desks, health, holds
from tests.support.living import alive
from tests.support.small_clinic import SmallClinic

START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)


def hold_at(clinic: SmallClinic, start: datetime = START) -> PlaceHold:
    return PlaceHold(new_id(), clinic.weber, start, start + timedelta(minutes=15))


def test_a_desk_keeps_its_number_when_it_registers_again(database: Database, second_database: Database) -> None:
    first = desks.register_desk(database)
    assert desks.register_desk(database) == first
    assert desks.register_desk(second_database) != first


def test_a_desk_is_online_only_while_its_listener_is_connected(database: Database, second_database: Database) -> None:
    with alive(second_database):
        assert [desk.name for desk in desks.desks_online(database)] == ["Desk 2"]
        assert desks.desks_online(database)[0].person == "test_reception person"
    assert desks.desks_online(database) == ()


def test_a_hold_is_seen_by_the_other_desk_and_not_by_its_own(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    with alive(database):
        placed = holds.place_hold(database, hold_at(clinic))
        seen = calendar.load_holds(second_database, START, START + timedelta(hours=1))
        assert [(hold.id, hold.desk_name) for hold in seen] == [(placed.id, "Desk 1")]
        assert calendar.load_holds(database, START, START + timedelta(hours=1)) == ()


def test_placing_a_hold_again_moves_and_renews_it(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    with alive(database):
        command = hold_at(clinic)
        first = holds.place_hold(database, command)
        later = PlaceHold(command.hold_id, clinic.okafor, START + timedelta(hours=2), START + timedelta(hours=3))
        second = holds.place_hold(database, later)
        assert second.expires_at > first.expires_at
        assert calendar.load_holds(second_database, START, START + timedelta(hours=1)) == ()
        found = calendar.load_holds(second_database, START, START + timedelta(hours=4))
        assert [hold.practitioner_id for hold in found] == [clinic.okafor]


def test_a_released_hold_is_gone_and_may_be_released_again(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    with alive(database):
        placed = holds.place_hold(database, hold_at(clinic))
        holds.release_hold(database, placed.id)
        holds.release_hold(database, placed.id)
        assert calendar.load_holds(second_database, START, START + timedelta(hours=1)) == ()


def test_a_hold_ends_with_the_connection_of_its_desk(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    with alive(database):
        holds.place_hold(database, hold_at(clinic))
        assert calendar.load_holds(second_database, START, START + timedelta(hours=1))
    assert calendar.load_holds(second_database, START, START + timedelta(hours=1)) == ()


def test_a_hold_that_expired_is_not_shown(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    with alive(database):
        holds.place_hold(database, hold_at(clinic))
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE hold SET expires_at = clock_timestamp() - INTERVAL '1 second'")
        assert calendar.load_holds(second_database, START, START + timedelta(hours=1)) == ()


def test_a_desk_cannot_release_the_living_hold_of_another(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    with alive(database):
        placed = holds.place_hold(database, hold_at(clinic))
        holds.release_hold(second_database, placed.id)
        assert calendar.load_holds(second_database, START, START + timedelta(hours=1))


def test_who_is_signed_in_is_known_by_display_name_and_group(database: Database) -> None:
    who = desks.who_am_i(database)
    assert (who.login, who.display_name, who.group) == ("test_reception", "test_reception person", "reception")


def test_a_reader_cannot_place_a_hold(clinic: SmallClinic, database: Database, url_as: Callable[[str], object]) -> None:
    reader = Database(str_url(url_as("clinic_readonly")), database.desk)
    try:
        with pytest.raises(NotAllowed):
            holds.place_hold(reader, hold_at(clinic))
    finally:
        reader.dispose()


def str_url(url: object) -> str:
    """The URL as text with its password."""
    return url.render_as_string(hide_password=False)  # type: ignore[attr-defined,no-any-return]


def test_the_health_check_finds_the_schema_and_clocks_that_agree(database: Database) -> None:
    found = health.check(database)
    assert found.schema_revision == found.schema_expected
    assert found.group == "reception"
    assert abs(found.clock_difference_s) < 5
    assert (found.queue_waiting, found.queue_due, found.queue_sending, found.queue_attention) == (0, 0, 0, 0)
