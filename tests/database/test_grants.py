"""Each group role can do exactly what the matrix says, both ways, proven by real SQL as a login of that role."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Column, Connection, Engine, MetaData, Table, Text, insert, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError, ProgrammingError

from clinic_desk.database import setup, tables
from tests.plugins.postgres import PostgresServer
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, appointment, at, connected, refused_by

DENIED = "42501"

# --- the matrix -------------------------------------------------------------------------------------------------------
# S select, I insert, U update, D delete; small letters: on the columns below only.

_SET_UP: Final = {
    "clinic_reception": "S",
    "clinic_manager": "SIUD",
    "clinic_readonly": "S",
    "clinic_worker": "S",
}

_OFFERS: Final = {
    "clinic_reception": "SIu",
    "clinic_manager": "SIu",
    "clinic_readonly": "S",
    "clinic_worker": "Su",
}

MATRIX: Final[dict[str, dict[str, str]]] = {
    **dict.fromkeys(
        (
            "site",
            "practitioner",
            "room",
            "appointment_type",
            "appointment_type_practitioner",
            "appointment_type_room",
            "working_hours",
            "date_override",
            "time_off",
            "closure",
            "block",
            "block_type",
            "staff_right",
        ),
        _SET_UP,
    ),
    "patient": {
        "clinic_reception": "SIU",
        "clinic_manager": "SIU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "appointment": {
        "clinic_reception": "SIu",
        "clinic_manager": "SIu",
        "clinic_readonly": "S",
        "clinic_worker": "Su",
    },
    "operation": {
        "clinic_reception": "Si",
        "clinic_manager": "Si",
        "clinic_readonly": "S",
        "clinic_worker": "si",
    },
    "taken_back": {
        "clinic_reception": "SI",
        "clinic_manager": "SI",
        "clinic_readonly": "",
        "clinic_worker": "",
    },
    "history": {
        "clinic_reception": "S",
        "clinic_manager": "S",
        "clinic_readonly": "S",
        "clinic_worker": "",
    },
    "history_seal": dict.fromkeys(setup.GROUPS, "S"),
    "restore": dict.fromkeys(setup.GROUPS, "S"),
    "history_blank": {
        "clinic_reception": "S",
        "clinic_manager": "S",
        "clinic_readonly": "S",
        "clinic_worker": "",
    },
    "history_horizon": dict.fromkeys(setup.GROUPS, ""),
    "notification": {
        "clinic_reception": "SIu",
        "clinic_manager": "SIu",
        "clinic_readonly": "s",
        "clinic_worker": "SIUD",
    },
    "desk": {
        "clinic_reception": "SIu",
        "clinic_manager": "SIu",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "hold": {
        "clinic_reception": "SIUD",
        "clinic_manager": "SIUD",
        "clinic_readonly": "S",
        "clinic_worker": "SD",
    },
    "messaging": {
        "clinic_reception": "S",
        "clinic_manager": "SU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "backup_setting": {
        "clinic_reception": "S",
        "clinic_manager": "SU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "backup_run": {
        "clinic_reception": "S",
        "clinic_manager": "SIU",
        "clinic_readonly": "S",
        "clinic_worker": "SIU",
    },
    "booking_rules": {
        "clinic_reception": "S",
        "clinic_manager": "SU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "lock_rules": {
        "clinic_reception": "S",
        "clinic_manager": "SU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "series": {
        "clinic_reception": "SIU",
        "clinic_manager": "SIU",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "wish": {
        "clinic_reception": "SIu",
        "clinic_manager": "SIu",
        "clinic_readonly": "S",
        "clinic_worker": "S",
    },
    "provider_secret": {
        "clinic_reception": "S",
        "clinic_manager": "SIUD",
        "clinic_readonly": "",
        "clinic_worker": "S",
    },
    "provider_secret_text": {
        "clinic_reception": "",
        "clinic_manager": "sIU",
        "clinic_readonly": "",
        "clinic_worker": "S",
    },
    "closed_data": dict.fromkeys(setup.GROUPS, ""),
    "patient_access": {  # one's own rows: tests/database/test_restricted.py
        "clinic_reception": "S",
        "clinic_manager": "S",
        "clinic_readonly": "S",
        "clinic_worker": "",
    },
    "two_people": {
        "clinic_reception": "SIUD",
        "clinic_manager": "SIUD",
        "clinic_readonly": "S",
        "clinic_worker": "",
    },
    "offer_round": _OFFERS,
    "offer": _OFFERS,
    "saved_view": {  # its own rows: tests/database/test_saved_views.py
        "clinic_reception": "SIUD",
        "clinic_manager": "SIUD",
        "clinic_readonly": "SIUD",
        "clinic_worker": "S",
    },
    "reminder_rule": _SET_UP,
    "message_text": _SET_UP,
    "contact_note": {
        "clinic_reception": "SIUD",
        "clinic_manager": "SIUD",
        "clinic_readonly": "",
        "clinic_worker": "SIUD",
    },
    "inbound_message": {
        "clinic_reception": "Su",
        "clinic_manager": "Su",
        "clinic_readonly": "",
        "clinic_worker": "SIUD",
    },
    "message_channel": {
        "clinic_reception": "S",
        "clinic_manager": "Su",
        "clinic_readonly": "S",
        "clinic_worker": "SU",
    },
    "staff": dict.fromkeys(setup.GROUPS, "S"),
    "clinic_pc": {**dict.fromkeys(setup.GROUPS, ""), "clinic_manager": "S"},
    "invitation": {**dict.fromkeys(setup.GROUPS, ""), "clinic_manager": "s"},
    "sending_seen": dict.fromkeys(setup.GROUPS, "S"),
    "provider_copy": {
        "clinic_reception": "",
        "clinic_manager": "S",
        "clinic_readonly": "",
        "clinic_worker": "Su",
    },
    "alembic_version": dict.fromkeys(setup.GROUPS, "S"),
}

SOME_COLUMNS: Final[dict[tuple[str, ...], set[str]]] = {
    ("appointment", "u"): {column.name for column in tables.appointment.c}
    - {
        *("id", "changed_at", "changed_by", "changed_desk_id", "practitioner_no", "room_no", "footprint", "occupies"),
        *("practitioner_busy", "room_busy", "cancelled_at", "device_no", "device_busy"),
        *("arrived_at", "in_room_at", "finished_at"),
    },
    ("appointment", "u", "clinic_worker"): {"answer"},
    ("operation", "i"): {"id", "command", "desk_id"},
    ("operation", "s"): {"id"},
    ("notification", "s"): {column.name for column in tables.notification.c}
    - {"recipient", "subject", "body", "last_error", "log"},
    ("notification", "u"): {
        *("status", "last_error", "error_code", "due_at", "attempts", "check_at", "dealt_with_at", "dealt_with_by"),
    },
    ("provider_secret_text", "s"): {"id"},
    ("invitation", "s"): {"login", "invited_by", "invited_at", "until_at", "sends"},
    ("wish", "u"): {column.name for column in tables.wish.c}
    - {"id", "added_at", "version", "changed_at", "changed_by", "changed_desk_id"},
    ("offer_round", "u"): {"state"},
    ("offer", "u"): {
        *("state", "reason", "channel", "notification_id", "asked_at", "until_at", "answered_at", "reply_id"),
        *("appointment_id", "starts_at", "ends_at"),
    },
    ("offer", "u", "clinic_worker"): {
        *("state", "reason", "channel", "notification_id", "asked_at", "until_at", "answered_at", "reply_id"),
        *("starts_at", "ends_at"),
    },
    ("inbound_message", "u"): {"status", "patient_id", "appointment_id", "meaning"},
    ("message_channel", "u"): {"state", "failures", "code", "reason", "since", "resume_at"},
    ("provider_copy", "u"): {"tries", "next_try_at", "deleted_at", "code"},
    ("desk", "u"): {"name", "db_user", "last_seen_at"},
    ("desk", "u", "clinic_manager"): {"name", "db_user", "last_seen_at", "named"},
}

_SEARCH: Final = "patient_grams(text)"
_LOCKS: Final = "lock_days(integer,integer,tstzrange)"
_TELL: Final = "announce_messages(uuid[])"
_AT_A_DESK: Final = "register_reader(uuid,text)"
_RIGHT: Final = "has_right(text)"
_SEAL: Final = "seal_history(integer)"
_ERASE: Final = "erase_patient(uuid)"
_MERGE: Final = "move_messages(uuid,uuid,uuid[])"
_TAKE: Final = "take_offer(uuid,uuid,uuid,uuid,integer)"
_EXPIRE: Final = "expire_wishes()"
_OWN_PASSWORD: Final = "set_own_password(text)"
_PEOPLE: Final = {
    "create_person(text,text,text,text)",
    "reset_password(text,text)",
    "rename_person(text,text)",
    "set_person_group(text,text)",
    "set_disabled(text,boolean)",
    "end_sessions(text)",
    "invite_desk(text,text,integer,boolean,text)",
    "dismiss_pc(uuid,boolean)",
    "withdraw_invitation(text)",
}
_READABLE: Final = "readable_from()"
_EXPORT: Final = "note_export(uuid,text,uuid,jsonb)"
_OPEN: Final = {
    "open_record(uuid,uuid,uuid,text,integer)",
    "read_record(uuid,uuid)",
    "end_access(uuid,uuid)",
    "history_of(uuid[])",
    "history_by(uuid)",
    "appointments_changed(timestamp with time zone,text,text)",
}
_SENDS: Final = {
    *("closed_address(uuid,text)", "closed_recipient(uuid)", "closed_owners(text)"),
    *("note_sending(text,text[])", "forget_invitations()"),
}
CALLABLE: Final = {
    "clinic_reception": {_READABLE, _SEARCH, _RIGHT, _LOCKS, _TELL, _MERGE, _SEAL, _OWN_PASSWORD, _EXPORT, *_OPEN},
    "clinic_manager": {
        *(_READABLE, _SEARCH, _RIGHT, _LOCKS, _TELL, _MERGE, _SEAL, _OWN_PASSWORD, _EXPORT, _ERASE),
        *_PEOPLE,
        *_OPEN,
    },
    "clinic_readonly": {_READABLE, _SEARCH, _RIGHT, _AT_A_DESK, _OWN_PASSWORD, _EXPORT, *_OPEN},
    "clinic_worker": {_READABLE, _SEARCH, _RIGHT, _TELL, _TAKE, _EXPIRE, _SEAL, *_SENDS},
}

# --- every table, privilege, column and role --------------------------------------------------------------------------

_ALEMBIC = Table("alembic_version", MetaData(), Column("version_num", Text))
_TABLES = {**tables.metadata.tables, "alembic_version": _ALEMBIC}


def _statement(privilege: str, table: str, column: Column[Any]) -> str | None:
    """A statement that needs the privilege on this column alone and touches no row; None if there is none."""
    name, kind = f'"{column.name}"', column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]
    if privilege == "S":
        return f"SELECT {name} FROM {table} LIMIT 0"
    if privilege == "I":
        if column.computed is not None:
            return None
        return f"INSERT INTO {table} ({name}) OVERRIDING SYSTEM VALUE SELECT NULL::{kind} WHERE false"
    if privilege == "U":
        value = "DEFAULT" if column.computed is not None or column.identity is not None else "NULL"
        return f"UPDATE {table} SET {name} = {value} WHERE false"
    return f"DELETE FROM {table} WHERE false"


def _expected(table: str, group: str, privilege: str, column: str) -> bool:
    rights = MATRIX[table][group]
    if privilege in rights:
        return True
    small = privilege.lower()
    if small not in rights:
        return False
    return column in SOME_COLUMNS.get((table, small, group), SOME_COLUMNS.get((table, small), set()))


@pytest.mark.parametrize("group", setup.GROUPS)
def test_a_role_can_do_what_the_matrix_says_and_nothing_else(group: setup.Group, url_as: Callable[[Any], URL]) -> None:
    wrong = []
    with connected(url_as(group)) as connection:
        for table, columns in ((name, table.columns) for name, table in _TABLES.items()):
            for privilege in "SIUD":
                for column in columns:
                    statement = _statement(privilege, table, column)
                    if statement is None:
                        continue
                    refused = refused_by(connection, statement)
                    assert refused in (None, DENIED), (statement, refused)
                    if (refused is None) is not _expected(table, group, privilege, column.name):
                        wrong.append((statement, refused))
            assert refused_by(connection, f"TRUNCATE {table}") == DENIED
    assert wrong == []


def test_no_table_and_no_role_is_missing_from_the_matrix(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        names = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'v', 'm', 'p', 'f')"
        )
        assert set(connection.scalars(text(names))) == set(MATRIX)
        grantees = text(
            "SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)"
            " WHERE relnamespace = 'public'::regnamespace"
        )
        assert set(connection.scalars(grantees)) == {setup.OWNER, *setup.GROUPS}
    assert all(set(rights) == set(setup.GROUPS) for rights in MATRIX.values())


@pytest.mark.parametrize("group", setup.GROUPS)
def test_a_role_has_none_of_the_rights_that_no_desk_needs(group: setup.Group, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as(group)) as connection:
        for statement in (
            "CREATE TABLE own (n integer)",
            "CREATE TEMPORARY TABLE own (n integer)",
            "CREATE FUNCTION own() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA own",
            "CREATE ROLE own",
            "SET ROLE clinic_owner",
            "SET session_replication_role = replica",
            "ALTER TABLE appointment DISABLE TRIGGER ALL",
            "ALTER TABLE appointment DROP CONSTRAINT appointment_practitioner_excl",
            "ALTER TABLE hold DISABLE ROW LEVEL SECURITY",
            "DROP TABLE hold",
            "SELECT nextval('history_id_seq')",
            "SELECT setval('practitioner_no_seq', 1)",
            "SELECT pg_read_file('postgresql.conf')",
            "COPY patient TO PROGRAM 'cat'",
            "SELECT rolpassword FROM pg_authid",
            "SELECT pg_sleep(0) FROM pg_stat_file('postgresql.conf')",
        ):
            assert (statement, refused_by(connection, statement)) == (statement, DENIED)
        others = [other for other in setup.GROUPS if other != group]
        for other in others:
            assert refused_by(connection, f"SET ROLE {other}") == DENIED
        rights = text(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(oid, 'TRUNCATE, REFERENCES, TRIGGER')"
        )
        assert connection.scalar(rights) == 0
        callable_by_it = text(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(oid, 'EXECUTE')"
        )
        assert {name.replace(", ", ",") for name in connection.scalars(callable_by_it)} == CALLABLE[group]


def test_the_public_has_no_right_at_all(
    postgres_server: PostgresServer, owner_engine: Engine, fresh_database: str
) -> None:
    stranger = f"test_stranger_{uuid4().hex[:8]}"
    postgres_server.execute(f"CREATE ROLE {stranger} LOGIN PASSWORD 'not-a-secret'")
    try:
        with ExitStack() as stack, pytest.raises(OperationalError, match="permission denied for database"):
            stack.enter_context(connected(postgres_server.url(fresh_database, stranger)))
        with owner_engine.connect() as connection:
            for kind, name in (("schema", "public"), ("database", fresh_database)):
                for privilege in ("CREATE", "USAGE") if kind == "schema" else ("CONNECT", "CREATE", "TEMPORARY"):
                    has = text(f"SELECT has_{kind}_privilege(:role, :name, :privilege)")
                    assert connection.scalar(has, {"role": stranger, "name": name, "privilege": privilege}) is False
            seen = text(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
                " AND has_any_column_privilege(:role, oid, 'SELECT')"
            )
            assert connection.scalar(seen, {"role": stranger}) == 0
            connection.exec_driver_sql("CREATE FUNCTION later() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
            assert (
                connection.scalar(
                    text("SELECT has_function_privilege(:role, 'later()', 'EXECUTE')"), {"role": stranger}
                )
                is False
            )
    finally:
        postgres_server.execute(f"DROP ROLE {stranger}")


def test_the_owner_is_no_superuser_and_owns_everything(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT rolsuper, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        assert row == (False, False, False, False)
        for catalog, owner, namespace in (
            ("pg_class", "relowner", "relnamespace"),
            ("pg_proc", "proowner", "pronamespace"),
        ):
            statement = text(
                f"SELECT DISTINCT {owner}::regrole::text FROM {catalog} WHERE {namespace} = 'public'::regnamespace"
            )
            assert set(connection.scalars(statement)) == {setup.OWNER}


# --- what a role is there for, with rows ------------------------------------------------------------------------------

OWN_DESK, OTHER_DESK = UUID(int=1), UUID(int=2)


@pytest.fixture
def with_desks(clinic: SmallClinic, owner_engine: Engine) -> SmallClinic:
    """Two desks; the other one holds a time that has not expired."""
    with owner_engine.begin() as connection:
        for desk_id in (OWN_DESK, OTHER_DESK):
            connection.execute(insert(tables.desk).values(id=desk_id, name=f"Desk {desk_id.int}"))
        connection.execute(insert(tables.hold).values(_hold(clinic, OTHER_DESK, id=UUID(int=3))))
    return clinic


def _hold(clinic: SmallClinic, desk_id: UUID, **others: Any) -> dict[str, Any]:
    row = {"id": uuid4(), "desk_id": desk_id, "practitioner_id": clinic.weber, "expires_at": at(0)}
    return row | {"starts_at": at(9), "ends_at": at(10)} | others


def _notification(clinic: SmallClinic, **others: Any) -> dict[str, Any]:
    row = {"id": uuid4(), "patient_id": clinic.patients[0], "kind": "reminder", "channel": "sms"}
    return row | {"dedupe_key": uuid4().hex} | others


@pytest.fixture(params=["clinic_reception", "clinic_manager"])
def desk(request: pytest.FixtureRequest, with_desks: SmallClinic, url_as: Callable[[Any], URL]) -> Iterator[Connection]:
    """A connection of the desk OWN_DESK, as each of the two roles that work at one."""
    assert with_desks.berlin.version == 7
    with connected(url_as(request.param)) as connection:
        connection.execute(text("SELECT set_config('clinic_desk.desk_id', :id, true)"), {"id": str(OWN_DESK)})
        yield connection


def test_a_desk_does_its_daily_work(desk: Connection, with_desks: SmallClinic) -> None:
    desk.execute(
        text("INSERT INTO operation (id, command, desk_id) VALUES (gen_random_uuid(), 'Book', :id)"), {"id": OWN_DESK}
    )
    identifier = add(desk, 9, 10)
    desk.execute(
        text("SELECT lock_days(1, practitioner_no, footprint) FROM appointment WHERE id = :id FOR UPDATE"),
        {"id": identifier},
    )
    desk.execute(
        text("UPDATE appointment SET starts_at = :at, version = version + 1 WHERE id = :id"),
        {"at": at(9.5), "id": identifier},
    )
    desk.execute(text("UPDATE patient SET note = 'x', search_key = 'x' WHERE id = :id"), {"id": with_desks.patients[0]})
    desk.execute(text("UPDATE desk SET last_seen_at = now(), name = 'Front' WHERE id = :id"), {"id": OWN_DESK})
    desk.execute(insert(tables.notification).values(_notification(with_desks, appointment_id=identifier)))
    assert desk.scalar(text("SELECT count(*) FROM history")) > 0


def test_a_hold_is_written_by_its_own_desk_only(desk: Connection, with_desks: SmallClinic) -> None:
    own = _hold(with_desks, OWN_DESK)
    desk.execute(insert(tables.hold).values(own))
    assert refused_by(desk, insert(tables.hold).values(_hold(with_desks, OTHER_DESK))) == DENIED
    renew = text("UPDATE hold SET expires_at = now() + interval '1 minute' WHERE id = :id")
    assert desk.execute(renew, {"id": own["id"]}).rowcount == 1
    assert desk.execute(renew, {"id": UUID(int=3)}).rowcount == 0
    take_over = text("UPDATE hold SET desk_id = :desk WHERE id = :id")
    assert refused_by(desk, take_over, {"desk": OTHER_DESK, "id": own["id"]}) == DENIED
    release = text("DELETE FROM hold WHERE id = :id")
    assert desk.execute(release, {"id": UUID(int=3)}).rowcount == 0
    assert desk.execute(release, {"id": own["id"]}).rowcount == 1
    assert desk.scalar(text("SELECT count(*) FROM hold")) == 1


def test_an_expired_hold_may_be_cleared_away_by_anybody(desk: Connection, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE hold SET expires_at = now() - interval '1 hour'"))
    assert desk.execute(text("DELETE FROM hold")).rowcount == 1


def test_a_desk_without_a_name_for_itself_can_hold_nothing(with_desks: SmallClinic, database_url: URL) -> None:
    with connected(database_url) as connection:
        assert refused_by(connection, insert(tables.hold).values(_hold(with_desks, OWN_DESK))) == DENIED


_STATUSES: Final = ("pending", "leased", "sending", "unknown", "sent", "delivered", "failed", "expired", "cancelled")


@pytest.fixture
def queued(with_desks: SmallClinic, owner_engine: Engine) -> dict[str, UUID]:
    """The id of a message in each state there is."""
    rows = {
        status: _notification(with_desks, status=status, lease_owner="worker", lease_until=at(0))
        for status in _STATUSES
    }
    with owner_engine.begin() as connection:
        connection.execute(insert(tables.notification), list(rows.values()))
    return {status: row["id"] for status, row in rows.items()}


def test_a_desk_voids_what_has_not_left_and_nothing_else(desk: Connection, queued: dict[str, UUID]) -> None:
    change = text("UPDATE notification SET status = 'cancelled' WHERE id = :id")
    changed = {status for status in _STATUSES if desk.execute(change, {"id": queued[status]}).rowcount == 1}
    assert changed == {"pending", "leased", "unknown", "failed", "expired"}


def test_a_desk_has_a_message_tried_again_and_cannot_say_that_it_went(
    desk: Connection, queued: dict[str, UUID]
) -> None:
    change = text("UPDATE notification SET status = :status, attempts = 0, due_at = now() WHERE id = :id")
    for status in ("leased", "sending", "sent", "delivered"):
        assert refused_by(desk, change, {"status": status, "id": queued["failed"]}) == DENIED
    assert desk.execute(change, {"status": "pending", "id": queued["failed"]}).rowcount == 1
    dealt = text("UPDATE notification SET dealt_with_at = now(), dealt_with_by = 'Julia' WHERE id = :id")
    assert desk.execute(dealt, {"id": queued["unknown"]}).rowcount == 1
    assert desk.execute(dealt, {"id": queued["sent"]}).rowcount == 0


def test_a_desk_cannot_enqueue_what_was_sent_or_is_claimed(desk: Connection, with_desks: SmallClinic) -> None:
    for others in (
        {"status": "sent"},
        {"sent_at": at(0)},
        {"lease_owner": "me", "lease_until": at(0), "status": "leased"},
    ):
        assert refused_by(desk, insert(tables.notification).values(_notification(with_desks, **others))) == DENIED


def test_a_worker_works_through_the_queue(
    with_desks: SmallClinic, url_as: Callable[[Any], URL], database_url: URL
) -> None:
    row = _notification(with_desks)
    with connected(database_url) as connection:
        connection.execute(insert(tables.notification).values(row))
    with connected(url_as("clinic_worker")) as connection:
        claim = text(
            "WITH due AS (SELECT id FROM notification WHERE status = 'pending' AND due_at <= now() ORDER BY due_at"
            " LIMIT 10 FOR UPDATE SKIP LOCKED) UPDATE notification SET status = 'leased', lease_owner = 'w',"
            " attempts = attempts + 1, lease_until = clock_timestamp() + interval '1 minute'"
            " FROM due WHERE notification.id = due.id"
        )
        assert connection.execute(claim).rowcount == 1
        sent = text(
            "UPDATE notification SET status = 'sent', sent_at = clock_timestamp(), provider_id = 'SM1', recipient = 'x'"
        )
        assert connection.execute(sent).rowcount == 1
        planned = insert(tables.notification).values(_notification(with_desks))
        assert refused_by(connection, planned) is None
        assert connection.execute(text("DELETE FROM notification")).rowcount == 1
        for statement in (insert(tables.appointment).values(appointment(9, 10)), "UPDATE patient SET note = ''"):
            assert refused_by(connection, statement) == DENIED


def test_a_reader_sees_that_a_message_went_but_not_what_it_said(
    with_desks: SmallClinic, url_as: Callable[[Any], URL], database_url: URL
) -> None:
    with connected(database_url) as connection:
        connection.execute(insert(tables.notification).values(_notification(with_desks, body="Dear Anna")))
    with connected(url_as("clinic_readonly")) as connection:
        assert connection.execute(text("SELECT kind, status FROM notification")).all() == [("reminder", "pending")]
        assert refused_by(connection, "SELECT body FROM notification") == DENIED
        assert refused_by(connection, "SELECT notification FROM notification") == DENIED


_REGISTER: Final = text("SELECT no, name FROM register_reader(:id, :name)")


def test_a_reader_has_a_desk_of_its_own_and_takes_nobody_elses(
    with_desks: SmallClinic, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    assert with_desks.berlin.version == 7
    own = UUID(int=7)
    rows = text("SELECT id, name, db_user FROM desk ORDER BY id")
    with owner_engine.begin() as connection:
        others = connection.execute(rows).all()
    with connected(url_as("clinic_readonly")) as connection:
        first = connection.execute(_REGISTER, {"id": own, "name": "Desk 7"}).one()
        again = connection.execute(_REGISTER, {"id": own, "name": "Doctor's"}).one()
        assert (again.no, again.name) == (first.no, "Doctor's")
        for taken in (OWN_DESK, OTHER_DESK):
            assert refused_by(connection, _REGISTER, {"id": taken, "name": "Mine"}) == DENIED
        assert refused_by(connection, "UPDATE desk SET name = 'x'") == DENIED
        assert connection.execute(rows).all() == [*others, (own, "Doctor's", "test_readonly")]


@pytest.mark.parametrize("name", ["", "  ", "x" * 64, "two\nlines", None])
def test_a_readers_desk_has_a_name_that_can_be_shown(name: str | None, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as("clinic_readonly")) as connection:
        assert refused_by(connection, _REGISTER, {"id": UUID(int=7), "name": name}) == "23514"
        assert refused_by(connection, _REGISTER, {"id": None, "name": "Desk"}) == "23514"


def test_a_reader_cannot_fill_the_table_of_desks(url_as: Callable[[Any], URL]) -> None:
    with connected(url_as("clinic_readonly")) as connection:
        for number in range(100):
            connection.execute(_REGISTER, {"id": UUID(int=100 + number), "name": "Desk"})
        assert refused_by(connection, _REGISTER, {"id": UUID(int=99), "name": "Desk"}) == DENIED
        connection.execute(_REGISTER, {"id": UUID(int=100), "name": "Desk, again"})


def test_a_desk_that_a_manager_named_keeps_its_name_for_a_reader_too(
    url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        named = insert(tables.desk).values(id=UUID(int=7), name="Room 3", named=True)
        connection.execute(named)
        connection.exec_driver_sql("ALTER TABLE desk DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE desk SET db_user = 'test_readonly'")
        connection.exec_driver_sql("ALTER TABLE desk ENABLE TRIGGER USER")
    with connected(url_as("clinic_readonly")) as connection:
        assert connection.execute(_REGISTER, {"id": UUID(int=7), "name": "Desk 1"}).one().name == "Room 3"


def test_a_manager_sets_the_clinic_up(with_desks: SmallClinic, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as("clinic_manager")) as connection:
        closure = {"id": uuid4(), "site_id": with_desks.berlin, "first_day": at(0).date(), "last_day": at(0).date()}
        connection.execute(insert(tables.closure).values(closure))
        connection.execute(text("UPDATE closure SET name = 'Holiday'"))
        assert connection.execute(text("DELETE FROM closure")).rowcount == 1


def test_only_a_manager_says_how_patients_are_told(
    with_desks: SmallClinic, url_as: Callable[[Any], URL], database_url: URL
) -> None:
    rule = insert(tables.reminder_rule).values(id=uuid4(), lead=2, type_id=with_desks.checkup)
    stop = "UPDATE message_channel SET state = 'stopped', code = '20003' WHERE channel = 'sms'"
    settings = "UPDATE messaging SET sms_by = 'folder'"
    with connected(database_url) as connection:
        for statement in (rule, stop, settings):
            assert refused_by(connection, statement) == DENIED
    with connected(url_as("clinic_worker")) as connection:
        for statement in (rule, settings):
            assert refused_by(connection, statement) == DENIED
        connection.execute(text(stop))
    state = text("SELECT state, code, failures FROM message_channel WHERE channel = 'sms'")
    with connected(url_as("clinic_manager")) as connection:
        connection.execute(rule)
        assert connection.execute(state).one() == ("stopped", "20003", 0)
        connection.execute(text(settings))
        assert connection.execute(state).one() == ("working", "", 0), "new settings deserve a new try"


def test_a_worker_notes_what_patients_answer(with_desks: SmallClinic, url_as: Callable[[Any], URL]) -> None:
    with connected(url_as("clinic_reception")) as connection:
        identifier = add(connection, 9, 10)
    with connected(url_as("clinic_worker")) as connection:
        begun = text("INSERT INTO operation (id, command) VALUES (gen_random_uuid(), 'Answer') RETURNING id")
        connection.execute(
            text("SELECT set_config('clinic_desk.operation_id', :id, true)"), {"id": str(connection.scalar(begun))}
        )
        accepted = text("UPDATE appointment SET answer = 'accepted' WHERE id = :id")
        assert connection.execute(accepted, {"id": identifier}).rowcount == 1
        note = {"id": uuid4(), "channel": "sms", "address": "+4930", "state": "opted-out", "source": "reply"}
        connection.execute(insert(tables.contact_note).values(note))
        heard = {"id": uuid4(), "provider_id": "SM1", "sender": "+4930", "received_at": at(0)}
        connection.execute(insert(tables.inbound_message).values(heard))
    with connected(url_as("clinic_reception")) as connection:
        assert connection.scalar(text("SELECT version FROM appointment")) == 2
        assert connection.execute(text("UPDATE inbound_message SET status = 'done'")).rowcount == 1
        assert refused_by(connection, "UPDATE inbound_message SET body = ''") == DENIED


def test_a_worker_clears_expired_holds_away_and_no_others(
    with_desks: SmallClinic, owner_engine: Engine, url_as: Callable[[Any], URL]
) -> None:
    with owner_engine.begin() as connection:
        expired = _hold(with_desks, OWN_DESK, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        connection.execute(insert(tables.hold).values(expired))
    with connected(url_as("clinic_worker")) as connection:
        assert connection.execute(text("DELETE FROM hold")).rowcount == 1
        assert connection.scalar(text("SELECT id FROM hold")) == UUID(int=3)


def test_being_denied_is_told_as_such_and_not_as_a_fault(database_url: URL, clinic: SmallClinic) -> None:
    with connected(database_url) as connection, pytest.raises(ProgrammingError) as refusal:
        connection.execute(text("DELETE FROM patient WHERE id = :id"), {"id": clinic.patients[0]})
    assert getattr(refusal.value.orig, "pgcode", None) == DENIED
