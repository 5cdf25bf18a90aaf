"""Programs of other versions on one schema: who may read, who may write; what an upgrade tells and asks first."""

from collections.abc import Callable
from contextlib import suppress
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk.database import schema, setup
from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.engine import Database
from clinic_desk.database.listener import Listener
from clinic_desk.domain.changes import Change
from clinic_desk.domain.commands import PlaceHold
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import SchemaMismatch
from clinic_desk.services import booking, holds
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.desks import register_desk
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.support.waiting import until


def upgraded_to(engine: Engine, revision: str, *, readable_from: str) -> None:
    """What a newer program's upgrade leaves behind."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION readable_from() RETURNS text LANGUAGE sql IMMUTABLE"
            f" SET search_path = pg_catalog, pg_temp AS $$ SELECT '{readable_from}' $$"
        )


def test_a_desk_whose_schema_was_upgraded_meanwhile_reads_on_and_writes_nothing(
    database: Database, owner_engine: Engine, clinic: SmallClinic
) -> None:
    booking.book(database, checkup(clinic, at(clinic.monday, 9)))
    upgraded_to(owner_engine, "9999", readable_from="0006")
    with owner_engine.connect() as connection:
        before = connection.scalar(text("SELECT count(*) FROM history"))
    hold = PlaceHold(new_id(), clinic.weber, at(clinic.monday, 10), at(clinic.monday, 11))
    writes: tuple[Callable[[], Any], ...] = (
        lambda: booking.book(database, checkup(clinic, at(clinic.monday, 10))),
        lambda: holds.place_hold(database, hold),
        lambda: register_desk(database),
    )
    for write in writes:
        with pytest.raises(SchemaMismatch) as refusal:
            write()
        assert (refusal.value.found, refusal.value.is_newer) == ("9999", True)
    assert load_clinic(database).practitioners
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM history")) == before


@pytest.mark.parametrize(
    ("readable_from", "is_readable"), [("0001", True), (schema.EXPECTED_REVISION, True), ("9999", False)]
)
def test_a_newer_schema_says_whether_an_older_program_may_still_read_it(
    readable_from: str, is_readable: bool, database: Database, owner_engine: Engine
) -> None:
    upgraded_to(owner_engine, "9999", readable_from=readable_from)
    with database.reading() as connection, pytest.raises(SchemaMismatch) as refusal:
        schema.check(connection)
    assert (refusal.value.is_newer, refusal.value.is_readable) == (True, is_readable)


def test_whoever_says_nothing_of_a_version_may_write(owner_engine: Engine) -> None:
    upgraded_to(owner_engine, "9999", readable_from="9999")
    with owner_engine.begin() as connection:  # who looks after the database, and the upgrade itself
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (gen_random_uuid(), 'Desk 9')")


def test_every_connection_of_a_program_says_what_it_was_built_for(database_url: URL) -> None:
    assert f"clinic_desk.schema={schema.EXPECTED_REVISION}" in driver_arguments(database_url, "x")["options"]


@pytest.mark.parametrize(("group", "may"), [("clinic_manager", True), ("clinic_reception", False)])
def test_a_manager_may_ask_for_an_upgrade(
    group: setup.Group, may: bool, url_as: Callable[[setup.Group], URL], make_desk: Any
) -> None:
    desk = make_desk("Desk 1")
    desk.move_to(url_as(group))
    with desk.reading() as connection:
        assert schema.may_upgrade(connection) is may


# --- the upgrade itself -----------------------------------------------------------------------------------------------


@pytest.fixture
def older(owner_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is one revision behind this program; migrating only says that it is not any more."""
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))

    def migrate(connection: Any) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": schema.EXPECTED_REVISION})

    monkeypatch.setattr(schema, "migrate", migrate)


@pytest.mark.usefixtures("older")
def test_of_two_managers_who_upgrade_at_once_one_backs_up_and_upgrades_and_the_other_finds_it_done(
    owner_url: URL,
) -> None:
    backed_up: list[str] = []
    done: Queue[bool] = Queue()
    threads = [Thread(target=lambda: done.put(schema.upgrade(owner_url, backed_up.append))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert {done.get(timeout=30), done.get(timeout=30)} == {True, False}
    for thread in threads:
        thread.join(10)
    assert backed_up == ["0005"]


@pytest.mark.usefixtures("older")
def test_without_a_backup_nothing_is_upgraded(owner_url: URL, owner_engine: Engine) -> None:
    def fails(_found: str) -> None:
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        schema.upgrade(owner_url, fails)
    with owner_engine.connect() as connection:
        assert schema.current_revision(connection) == "0005"


@pytest.mark.usefixtures("older")
def test_desks_that_are_open_are_told_of_an_upgrade(owner_url: URL, database_url: URL) -> None:
    heard: list[Change] = []
    states: list[object] = []
    listener = Listener(database_url, 1, heard.extend, states.append)
    listener.start()
    try:
        until(lambda: bool(states))
        schema.upgrade(owner_url)
        until(lambda: bool(heard))
    finally:
        with suppress(Exception):
            listener.stop()
    assert [(change.table, change.version) for change in heard] == [(schema.TABLE, int(schema.EXPECTED_REVISION))]
