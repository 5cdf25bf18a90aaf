"""The desk's database: snapshots, limits, and what each failure means, against real PostgreSQL and a broken network."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import URL, Connection, Engine

from clinic_desk.database import connections
from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.failures import DatabaseFault
from clinic_desk.database.timelines import timelines_of
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import (
    Busy,
    DatabaseDown,
    DurabilityUnknown,
    InvalidInput,
    NotAllowed,
    SchemaMismatch,
)
from tests.support.proxy import FaultyProxy

DESK = DeskIdentity(UUID(int=7), "Desk 7")


def never(_connection: Connection) -> str:
    pytest.fail("there is nothing to replay")


def add_note(connection: Connection) -> str:
    """A change of one row: this desk's own line."""
    connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (gen_random_uuid(), 'noted')")
    return "done"


def raises_sqlstate(state: str, times: int) -> Callable[[Connection], str]:
    left = [times]

    def work(connection: Connection) -> str:
        add_note(connection)
        if left[0]:
            left[0] -= 1
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{state}'; END $$")
        return "done"

    return work


def count(engine: Engine, what: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as made:
        yield made


@pytest.fixture
def desk_of() -> Iterator[Callable[[URL], Database]]:
    made: list[Database] = []

    def make(url: URL, **given: float) -> Database:
        made.append(Database(url, DESK, **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for database in made:
        database.dispose()


def test_a_read_is_one_snapshot_that_cannot_write(database: Database, owner_engine: Engine) -> None:
    with database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM operation").scalar_one()
        with owner_engine.begin() as other:
            other.exec_driver_sql("INSERT INTO operation (id, command) VALUES (gen_random_uuid(), 'elsewhere')")
        assert connection.exec_driver_sql("SELECT count(*) FROM operation").scalar_one() == before
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
    assert count(owner_engine, "operation") == before + 1


def test_a_connection_has_its_limits_and_says_whose_it_is(database: Database) -> None:
    with database.reading() as connection:
        asked = "current_setting('{}')".format
        limits = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        # the server notices a desk without power
        keepalives = [f"tcp_keepalives_{what}" for what in ("idle", "interval", "count")]
        names = (*limits, *keepalives, "tcp_user_timeout")
        found = connection.exec_driver_sql(f"SELECT {', '.join(map(asked, names))}").one()
        application = connection.exec_driver_sql("SELECT application_name FROM pg_stat_activity").scalars().all()
    assert tuple(found) == ("5s", "15s", "15s", "UTC", "2", "1", "2", "10000")
    assert "clinic-desk Desk 1" in application


def test_keepalives_and_the_user_timeout_are_both_set_and_several_hosts_mean_the_primary(database_url: URL) -> None:
    one = driver_arguments(database_url, "x")
    assert (one["keepalives"], one["tcp_user_timeout"], one["connect_timeout"]) == (1, 4000, 5)
    assert "target_session_attrs" not in one
    hosts = URL.create("postgresql+psycopg2", "u", "p", database="d", query={"host": ("a:5432", "b:5433")})
    several = driver_arguments(hosts, "x")
    assert (several["host"], several["port"]) == ("a,b", "5432,5433")
    assert several["target_session_attrs"] == "primary"
    given = driver_arguments(
        hosts.update_query_dict({"target_session_attrs": "any", "options": "-c work_mem=1MB"}), "x"
    )
    assert given["target_session_attrs"] == "any"
    assert given["options"].endswith("-c work_mem=1MB")


def test_the_password_is_in_no_text_about_the_database(database: Database, database_url: URL) -> None:
    assert database_url.password
    assert database_url.password not in f"{database} {database!r} {database.url} {database.url!r}"


def test_a_change_is_recorded_with_its_operation_and_desk(database: Database, owner_engine: Engine) -> None:
    operation = new_id()
    assert database.changing(operation, "Note", add_note, never) == "done"
    with owner_engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT command, desk_id, db_user FROM operation WHERE command = 'Note'").one()
    assert tuple(row) == ("Note", database.desk.id, "test_reception")


def test_an_operation_that_stands_is_replayed_and_not_done_again(database: Database, owner_engine: Engine) -> None:
    operation = new_id()
    database.changing(operation, "Note", add_note, never)
    assert database.changing(operation, "Note", never, lambda _: "replayed") == "replayed"
    assert count(owner_engine, "desk WHERE name = 'noted'") == 1


def test_an_error_of_the_work_keeps_nothing_and_leaves_the_operation_free(
    database: Database, owner_engine: Engine
) -> None:
    def refused(connection: Connection) -> str:
        add_note(connection)
        raise InvalidInput(field="x", expected="y")

    operation = new_id()
    with pytest.raises(InvalidInput):
        database.changing(operation, "Note", refused, never)
    assert count(owner_engine, "desk WHERE name = 'noted'") == 0
    assert database.changing(operation, "Note", add_note, never) == "done"


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_change_the_server_rolled_back_for_another_is_done_again(
    database: Database, owner_engine: Engine, state: str
) -> None:
    assert database.changing(new_id(), "Note", raises_sqlstate(state, times=2), never) == "done"
    assert count(owner_engine, "desk WHERE name = 'noted'") == 1


def test_a_change_that_is_rolled_back_again_and_again_ends_as_busy(database: Database, owner_engine: Engine) -> None:
    with pytest.raises(Busy):
        database.changing(new_id(), "Note", raises_sqlstate("40P01", times=100), never)
    assert count(owner_engine, "operation WHERE command = 'Note'") == 0


def test_an_error_swallowed_inside_a_change_is_never_told_as_done(database: Database, owner_engine: Engine) -> None:
    def swallowing(connection: Connection) -> str:
        add_note(connection)
        try:
            connection.exec_driver_sql("SELECT 1/0")
        except Exception:  # the mistake this test is about
            return "booked"
        raise AssertionError

    with pytest.raises(DatabaseFault):
        database.changing(new_id(), "Note", swallowing, never)
    assert count(owner_engine, "desk WHERE name = 'noted'") == 0


def test_a_lock_another_holds_too_long_is_busy(
    database_url: URL, owner_engine: Engine, desk_of: Callable[[URL], Database]
) -> None:
    impatient = desk_of(database_url.update_query_dict({"options": "-c lock_timeout=150"}))
    with owner_engine.begin() as other:
        other.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(Busy):
            impatient.changing(
                new_id(), "Note", lambda own: own.exec_driver_sql("SELECT pg_advisory_xact_lock(1)").scalar(), never
            )
    assert count(owner_engine, "operation WHERE command = 'Note'") == 0


def test_a_statement_that_takes_too_long_is_busy(database_url: URL, desk_of: Callable[[URL], Database]) -> None:
    impatient = desk_of(database_url.update_query_dict({"options": "-c statement_timeout=100"}))
    with pytest.raises(Busy), impatient.reading() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(10)")


def test_what_a_role_may_not_do_is_not_allowed_and_says_what(
    url_as: Callable[[str], URL], desk_of: Callable[[URL], Database]
) -> None:
    reader = desk_of(url_as("clinic_readonly"))
    with pytest.raises(NotAllowed) as refused:
        reader.changing(new_id(), "Note", add_note, never)
    assert "operation" in refused.value.right


def test_a_database_without_our_schema_is_a_schema_mismatch(
    postgres_server: object, bare_database: str, database_url: URL, desk_of: Callable[[URL], Database]
) -> None:
    with pytest.raises(SchemaMismatch):
        desk_of(database_url.set(database=bare_database)).changing(new_id(), "Note", add_note, never)


def test_a_database_that_is_not_there_is_down(database_url: URL, desk_of: Callable[[URL], Database]) -> None:
    with pytest.raises(DatabaseDown), desk_of(database_url.set(database="nowhere")).reading():
        pass


def test_an_error_carries_no_patient_data(database: Database) -> None:
    def bad_phone(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO patient (id, family_name, phone) VALUES (gen_random_uuid(), 'Geheim', '110-secret')"
        )

    with pytest.raises(InvalidInput) as refused:
        database.changing(new_id(), "AddPatient", bad_phone, never)
    assert refused.value.field == "phone"
    assert "Geheim" not in str(refused.value)
    assert "110" not in str(refused.value)
    assert refused.value.__suppress_context__


# --- the network ------------------------------------------------------------------------------------------------------


def test_after_all_connections_were_reset_the_next_action_works(
    proxy: FaultyProxy, database_url: URL, desk_of: Callable[[URL], Database]
) -> None:
    database = desk_of(proxy.url(database_url))
    assert database.changing(new_id(), "Note", add_note, never) == "done"
    assert proxy.cut_all() > 0
    assert database.changing(new_id(), "Note", add_note, never) == "done"
    proxy.cut_all()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_server_that_is_down_is_told_so_and_found_again_when_it_is_back(
    proxy: FaultyProxy, database_url: URL, desk_of: Callable[[URL], Database]
) -> None:
    database = desk_of(proxy.url(database_url))
    with database.reading():
        pass
    proxy.refuse()
    with pytest.raises(DatabaseDown), database.reading():
        pass
    with pytest.raises(DatabaseDown):
        database.changing(new_id(), "Note", add_note, never)
    proxy.resume()
    assert database.changing(new_id(), "Note", add_note, never) == "done"


def test_a_link_lost_before_commit_means_nothing_was_written(
    proxy: FaultyProxy, database_url: URL, owner_engine: Engine, desk_of: Callable[[URL], Database]
) -> None:
    database = desk_of(proxy.url(database_url))
    cut = proxy.cut_when(b"'noted'", before_forward=False)
    with pytest.raises(DatabaseDown):
        database.changing(new_id(), "Note", add_note, never)
    assert cut.is_set()
    assert count(owner_engine, "operation WHERE command = 'Note'") == 0


def test_a_server_that_is_alive_and_does_not_answer_is_given_up(
    proxy: FaultyProxy, database_url: URL, desk_of: Callable[[URL], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PING_S", 0.3)
    monkeypatch.setattr(connections, "CONNECT_TIMEOUT_S", 2)
    database = desk_of(proxy.url(database_url))
    with database.reading():
        pass
    proxy.stall()
    with pytest.raises(DatabaseDown), database.reading():
        pass
    proxy.resume()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_an_answer_of_any_size_comes_whole_under_the_eyes_of_the_watchdog(database: Database) -> None:
    """If the guard made the socket a blocking one, libpq would wait for ever where an answer just overflows 32 KiB."""
    with database.reading() as connection:
        for size in (*range(30_000, 70_000, 700), 5_000_000):
            answer = connection.exec_driver_sql(f"SELECT repeat('x', {size})").scalar_one()
            assert len(answer) == size


# --- standby and failover ---------------------------------------------------------------------------------------------


def test_a_server_that_became_a_standby_is_left(
    database_url: URL, desk_of: Callable[[URL], Database], owner_engine: Engine
) -> None:
    standby = desk_of(database_url.update_query_dict({"options": "-c default_transaction_read_only=on"}))
    with pytest.raises(DatabaseDown):
        standby.changing(new_id(), "Note", add_note, never)
    assert standby.engine().pool.checkedin() == 0  # type: ignore[attr-defined]


def test_an_old_primary_is_refused_also_on_a_connection_made_before(database_url: URL, database: Database) -> None:
    with database.reading():
        pass
    timelines_of(database.url).is_old(99)  # another connection has seen a later timeline: there was a failover
    with pytest.raises(DatabaseDown, match="old primary"), database.reading():
        pass


def test_a_commit_whose_wait_for_the_second_server_was_ended_is_told(
    database: Database, owner_engine: Engine, expected_notices: list[str]
) -> None:
    """Such a COMMIT succeeds, with only a warning; here a deferred trigger warns in its place."""
    expected_notices.append("canceling wait")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON desk DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION warn()"
        )
    with pytest.raises(DurabilityUnknown):
        database.changing(new_id(), "Note", add_note, never)
    assert count(owner_engine, "desk WHERE name = 'noted'") == 1
