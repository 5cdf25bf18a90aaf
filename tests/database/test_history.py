"""The history tells who changed what and when, before and after, and nobody can take it back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, delete, insert, select, text, update

from clinic_desk.database import tables
from tests.plugins.postgres import PostgresServer
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic
from tests.support.sql import add, at, connected, refusal, refused_by, savepoint

OPERATION = UUID(int=0x0B)
DESK = UUID(int=0xDE)


@pytest.fixture
def desk(clinic: SmallClinic, database_url: URL) -> Iterator[Connection]:
    """A reception's connection in one transaction, with an operation and a desk."""
    assert clinic is SMALL_CLINIC
    with connected(database_url) as connection:
        _begin(connection, OPERATION)
        yield connection


def _begin(connection: Connection, operation_id: UUID) -> None:
    connection.execute(insert(tables.operation).values(id=operation_id, command="Test", desk_id=DESK))
    for name, value in (("operation_id", operation_id), ("desk_id", DESK)):
        connection.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": f"clinic_desk.{name}", "value": str(value)}
        )


def _history(connection: Connection, row_id: UUID) -> list[Any]:
    columns = select(tables.history).where(tables.history.c.row_id == row_id).order_by(tables.history.c.id)
    return list(connection.execute(columns))


def _change(connection: Connection, identifier: UUID, **values: Any) -> None:
    connection.execute(update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values))


def test_each_change_is_recorded_with_who_when_before_and_after(desk: Connection) -> None:
    identifier = add(desk, 9, 10, note="first")
    _change(desk, identifier, note="second")
    booked, changed = _history(desk, identifier)
    now = desk.scalar(text("SELECT now()"))
    for row in (booked, changed):
        assert (row.operation_id, row.table_name, row.db_user, row.desk_id, row.at) == (
            OPERATION,
            "appointment",
            "test_reception",
            DESK,
            now,
        )
    assert (booked.action, booked.version, booked.before) == ("insert", 1, None)
    assert (changed.action, changed.version) == ("update", 2)
    assert booked.after == changed.before
    assert (booked.after["note"], changed.after["note"]) == ("first", "second")
    assert booked.after["starts_at"].startswith("2031-03-03T09:00:00")


def test_of_patients_added_by_one_statement_each_has_its_own_line(desk: Connection) -> None:
    added = {uuid4(): name for name in ("Ada", "Bea", "Cora")}
    rows = [{"id": one, "family_name": name, "search_key": name.lower()} for one, name in added.items()]
    desk.execute(insert(tables.patient).values(rows))
    for one in added:
        (line,) = _history(desk, one)
        assert (line.operation_id, line.action, line.version, line.before) == (OPERATION, "insert", 1, None)
        assert (line.db_user, line.desk_id) == ("test_reception", DESK)
        stored = dict(desk.execute(text("SELECT to_jsonb(p) FROM patient p WHERE id = :id"), {"id": one}).scalar_one())
        assert line.after == {name: value for name, value in stored.items() if name != "search_key"}


def test_patients_added_without_an_operation_are_given_one(owner_engine: Engine, clinic: SmallClinic) -> None:
    with owner_engine.connect() as connection:
        ids = [clinic.checkup, uuid4()]
        connection.execute(insert(tables.patient).values([{"id": one, "family_name": "X"} for one in ids]))
        lines = [_history(connection, one)[-1] for one in ids]
        assert lines[0].operation_id == lines[1].operation_id
        given = connection.execute(select(tables.operation).where(tables.operation.c.id == lines[0].operation_id)).one()
        assert given.command == "sql"
        connection.execute(insert(tables.patient).from_select(["id"], select(tables.patient.c.id).where(text("false"))))


def test_a_deletion_is_recorded_as_the_next_version(owner_engine: Engine, clinic: SmallClinic) -> None:
    with owner_engine.connect() as connection:
        added = connection.execute(
            insert(tables.patient).values(id=uuid4(), family_name="X").returning(tables.patient.c.id)
        )
        identifier = added.scalar_one()
        connection.execute(delete(tables.patient).where(tables.patient.c.id == identifier))
        last = _history(connection, identifier)[-1]
        assert (last.action, last.version, last.after, last.before["family_name"]) == ("delete", 2, None, "X")
        # several rows without an id of their own elsewhere: each has its line
        types = tables.appointment_type_practitioner
        connection.execute(delete(types).where(types.c.type_id == clinic.checkup))
        deleted = connection.scalar(
            text("SELECT count(*) FROM history WHERE table_name = :name AND action = 'delete'"), {"name": types.name}
        )
        assert deleted == 3


def test_every_table_that_people_edit_is_recorded(owner_engine: Engine) -> None:
    # what a patient wrote is no change that a desk made, and is to be erased some day; how somebody arranges her own
    # screen is nobody else's business
    others = {"history", "inbound_message", "saved_view"}
    edited = {
        table.name for table in tables.metadata.sorted_tables if "version" in table.c and table.name not in others
    }
    with owner_engine.connect() as connection:
        recorded = set(
            connection.scalars(
                text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'record_history'::regproc")
            )
        )
    assert recorded == edited


def test_what_is_derived_is_left_out(desk: Connection, clinic: SmallClinic) -> None:
    identifier = add(desk, 9, 10)
    kept = set(_history(desk, identifier)[0].after)
    all_columns = {column.name for column in tables.appointment.c}
    assert all_columns - kept == {
        "practitioner_no",
        "room_no",
        "device_no",
        "footprint",
        "occupies",
        "practitioner_busy",
        "room_busy",
        "device_busy",
    }
    recorded = desk.scalar(text("SELECT after FROM history_of(ARRAY[CAST(:id AS uuid)])"), {"id": clinic.patients[0]})
    assert recorded is not None
    assert "search_key" not in recorded


def test_changes_of_a_plain_sql_client_are_recorded_as_one_operation_per_transaction(
    clinic: SmallClinic, database_url: URL
) -> None:
    operations: list[UUID] = []
    for _ in range(2):
        with connected(database_url) as connection:
            patient = tables.patient
            connection.execute(update(patient).where(patient.c.id.in_(clinic.patients[:2])).values(note="seen"))
        with connected(database_url) as connection:
            found = {_history(connection, identifier)[-1].operation_id for identifier in clinic.patients[:2]}
            assert len(found) == 1
            operations += found
    assert operations[0] != operations[1]
    with connected(database_url) as connection:
        rows = connection.execute(select(tables.operation).where(tables.operation.c.id.in_(operations))).all()
        assert [(row.command, row.db_user) for row in rows] == [("sql", "test_reception")] * 2


def test_an_operation_changes_a_row_to_a_version_once_only(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        _begin(connection, OPERATION)
        connection.execute(insert(tables.patient).values(id=UUID(int=3), family_name="X"))
        columns = "operation_id, table_name, row_id, action, version"
        again = f"INSERT INTO history ({columns}) SELECT {columns} FROM history WHERE row_id = :id"
        assert refused_by(connection, again, {"id": UUID(int=3)}) == "history_operation_key"


def test_beginning_an_operation_again_is_zero_rows(desk: Connection) -> None:
    begin = text("INSERT INTO operation (id, command) VALUES (:id, 'Test') ON CONFLICT (id) DO NOTHING")
    assert desk.execute(begin, {"id": OPERATION}).rowcount == 0
    assert desk.execute(begin, {"id": uuid4()}).rowcount == 1


def test_nobody_can_say_that_it_was_somebody_else(desk: Connection) -> None:
    assert (
        refused_by(desk, "INSERT INTO operation (id, command, db_user) VALUES (gen_random_uuid(), 'x', 'other')")
        == "42501"
    )
    assert refused_by(desk, "INSERT INTO history (table_name) VALUES ('x')") == "42501"
    assert refused_by(desk, "SET SESSION AUTHORIZATION test_manager") == "42501"
    desk.execute(text("SET LOCAL ROLE clinic_reception"))
    identifier = add(desk, 9, 10)
    assert _history(desk, identifier)[0].db_user == "test_reception"


@pytest.mark.parametrize("table", ["history", "operation"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET desk_id = NULL", "DELETE FROM {}", "TRUNCATE {}"])
def test_neither_the_owner_nor_a_superuser_changes_what_is_recorded(
    table: str, statement: str, owner_url: URL, postgres_server: PostgresServer, clinic: SmallClinic
) -> None:
    assert clinic is SMALL_CLINIC
    for url in (owner_url, postgres_server.superuser_url.set(database=owner_url.database)):
        with connected(url) as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) > 0
            error = refusal(connection, statement.format(table))
            assert error is not None
            assert error.pgcode == "42501"
            assert error.diag.message_primary == f"{table} is append-only: {statement.split(maxsplit=1)[0]} is refused"


def test_the_trigger_that_records_cannot_be_turned_off_by_a_desk(desk: Connection) -> None:
    for statement in (
        "ALTER TABLE appointment DISABLE TRIGGER ALL",
        "DROP TRIGGER appointment_80_history ON appointment",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION record_history() RETURNS trigger LANGUAGE sql AS ''",
        "SET ROLE clinic_owner",
    ):
        with savepoint(desk):
            assert refused_by(desk, statement) == "42501", statement


def test_a_function_of_a_desks_own_cannot_be_slipped_in_between(desk: Connection) -> None:
    """The functions run with the owner's rights: their search_path is pinned, also before the temporary schema."""
    desk.execute(text("SET LOCAL search_path = pg_temp, public"))
    assert refused_by(desk, "CREATE TEMPORARY TABLE operation (id uuid)") == "42501"
    identifier = add(desk, 9, 10)
    assert len(_history(desk, identifier)) == 1


def test_the_board_as_it_was_can_be_read_from_it(clinic: SmallClinic, database_url: URL) -> None:
    with connected(database_url) as connection:
        _begin(connection, uuid4())
        identifier = add(connection, 9, 10)
    with connected(database_url) as connection:
        was = connection.scalar(text("SELECT now()"))
    with connected(database_url) as connection:
        _begin(connection, uuid4())
        _change(connection, identifier, starts_at=at(11), ends_at=at(12), practitioner_id=clinic.okafor)
    with connected(database_url) as connection:
        after = connection.scalar(
            text(
                "SELECT DISTINCT ON (row_id) after FROM history WHERE table_name = 'appointment' AND at <= :was"
                " ORDER BY row_id, history.id DESC"
            ),
            {"was": was},
        )
        assert after is not None
        assert after["practitioner_id"] == str(clinic.weber)
