"""What the database lets whom do with people: by plain SQL, as each role."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError

from clinic_desk.database.setup import GROUPS, Group, prepare_database
from tests.plugins.postgres import LOGINS, PASSWORD, PostgresServer
from tests.support.people import unique_logins, verifier
from tests.support.sql import connected, refusal

DENIED: Final = "42501"
CODE: Final = "K7QM-3XPD-9RTA"
OWN: Final = "a tall tree in june"


@pytest.fixture
def end(postgres_server: PostgresServer) -> Iterator[str]:
    with unique_logins(postgres_server) as names_end:
        yield names_end


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Callable[..., Any]:
    """Run one statement as a manager, in a transaction of its own; `secret`: a password, sent as its verifier."""

    def run(statement: str, login: str, secret: str | None = None, **values: Any) -> Any:
        with connected(url_as("clinic_manager")) as connection:
            if secret is not None:
                values["verifier"] = verifier(connection, login, secret)
            return connection.scalar(text(statement), {"login": login, **values})

    return run


@pytest.fixture
def create(manager: Callable[..., Any], url_as: Callable[[Any], URL]) -> Callable[..., URL]:
    """Create a person and, unless told otherwise, set her password; her address."""

    def make(login: str, group: str = "reception", *, with_code: bool = False) -> URL:
        manager("SELECT create_person(:login, 'Somebody', :group, :verifier)", login, CODE, group=group)
        url = url_as("clinic_reception").set(username=login, password=CODE)
        return url if with_code else use_code(url)

    return make


def use_code(url: URL, password: str = OWN) -> URL:
    """Set a password with a one-time code; the address with the new one."""
    with connected(url) as connection:
        new = verifier(connection, url.username or "", password)
        connection.execute(text("SELECT set_own_password(:new)"), {"new": new})
    return url.set(password=password)


def refused(url: URL, statement: str, **values: Any) -> tuple[str | None, str]:
    """The code and the word by which a statement is refused."""
    with connected(url) as connection:
        error = refusal(connection, text(statement), values)
    return (None, "") if error is None else (error.pgcode, error.diag.message_primary or "")


FUNCTIONS: Final = {
    "create_person": "create_person('nobody', 'x', 'manager', 'x')",
    "reset_password": "reset_password('nobody', 'x')",
    "rename_person": "rename_person('nobody', 'x')",
    "set_person_group": "set_person_group('nobody', 'manager')",
    "set_disabled": "set_disabled('nobody', true)",
    "end_sessions": "end_sessions('nobody')",
}
INSIDE: Final = (
    "people_turn()",
    "another_person('nobody')",
    "only_group('nobody', 'clinic_manager')",
    "alter_person('nobody', 'SUPERUSER')",
    "keep_a_manager()",
    "sessions_left('nobody')",
    "check_verifier('x')",
    "refuse_people('x')",
)


@pytest.mark.parametrize("group", GROUPS)
def test_only_a_manager_reaches_the_functions_about_people(group: Group, url_as: Callable[[Any], URL]) -> None:
    for call in FUNCTIONS.values():
        code, message = refused(url_as(group), f"SELECT {call}")
        assert (code == DENIED and "permission denied for function" in message) is (group != "clinic_manager"), call
    for call in INSIDE:
        assert refused(url_as(group), f"SELECT {call}")[0] == DENIED, call


@pytest.mark.parametrize("group", GROUPS)
def test_nobody_writes_a_role_or_the_list_of_staff_past_the_functions(
    group: Group, url_as: Callable[[Any], URL]
) -> None:
    own = LOGINS[group]
    for statement in (
        f"GRANT clinic_manager TO {own}",
        "GRANT clinic_owner TO test_reception",
        "REVOKE clinic_manager FROM test_manager",
        "ALTER ROLE test_manager NOLOGIN",
        f"ALTER ROLE {own} CREATEROLE",
        "ALTER ROLE clinic_owner PASSWORD 'x'",
        "CREATE ROLE another",
        "INSERT INTO staff (login, display_name, group_name) VALUES ('clinic_owner', 'x', 'manager')",
        "UPDATE staff SET group_name = 'manager', disabled = false, code_until = NULL",
        "DELETE FROM staff",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clinic_owner'",
        f"INSERT INTO staff_right (id, login, name, granted) VALUES (gen_random_uuid(), '{own}', 'export', true)",
    ):
        code, _ = refused(url_as(group), statement)
        assert code == DENIED or "pg_terminate_backend" in statement, statement


def test_a_manager_neither_changes_herself_nor_a_role_that_is_no_person_of_the_clinic(
    url_as: Callable[[Any], URL], postgres_server: PostgresServer, owner_engine: Engine, end: str
) -> None:
    url, admin = url_as("clinic_manager"), f"dba{end}"
    postgres_server.execute(f"CREATE ROLE {admin} LOGIN CREATEDB")
    with owner_engine.begin() as owner:
        for login in (admin, "clinic_owner", postgres_server.superuser_url.username):
            values = {"login": login}
            owner.execute(
                text("INSERT INTO staff (login, display_name, group_name) VALUES (:login, 'x', 'manager')"), values
            )
    for change in (
        "set_person_group(:login, 'reception')",
        "set_disabled(:login, true)",
        "set_disabled(:login, false)",
    ):
        assert refused(url, f"SELECT {change}", login="test_manager") == (DENIED, "own-login")
        for login in ("test_worker", admin, "clinic_owner", postgres_server.superuser_url.username):
            assert refused(url, f"SELECT {change}", login=login) == (DENIED, "not-a-person"), login
        for login in ("clinic_manager", "nobody at all", "pg_signal_backend"):
            assert refused(url, f"SELECT {change}", login=login)[0] == "23503"


def test_a_password_of_somebody_who_has_more_than_the_clinic_gives_is_not_reset_but_she_is_shut_out(
    create: Callable[..., URL], manager: Callable[..., Any], postgres_server: PostgresServer, end: str
) -> None:
    login = f"karl{end}"
    create(login)
    postgres_server.execute(f"GRANT pg_monitor TO {login}")
    with pytest.raises(DBAPIError, match="not-a-person"):
        manager("SELECT reset_password(:login, :verifier)", login, CODE)
    manager("SELECT set_disabled(:login, true)", login)


def test_a_code_signs_in_only_to_set_a_password_and_is_used_up_by_it(
    create: Callable[..., URL], end: str, owner_engine: Engine
) -> None:
    by_code = create(f"karl{end}", with_code=True)
    with connected(by_code) as connection:
        for statement in (
            "SELECT * FROM patient",
            "SELECT * FROM staff",
            "SELECT version_num FROM alembic_version",
            "SELECT has_right('export')",
            "SELECT nextval('history_id_seq')",
        ):
            error = refusal(connection, statement)
            assert error is not None, statement
            assert error.pgcode == DENIED
        with pytest.raises(OperationalError, match="too many connections"):
            use_code(by_code)
    own = use_code(by_code)
    with pytest.raises(OperationalError, match="password authentication failed"):
        use_code(by_code)
    with connected(own) as first, connected(own) as second:
        assert first.scalar(text("SELECT count(*) FROM patient")) == second.scalar(text("SELECT count(*) FROM patient"))
    with owner_engine.connect() as owner:
        actions = "SELECT count(*) FROM history WHERE table_name = 'staff' AND after ->> 'login' = :login"
        assert owner.scalar(text(actions), {"login": f"karl{end}"}) == 2


def test_a_code_that_is_over_lets_nobody_in_and_who_is_in_sets_nothing_with_it(
    create: Callable[..., URL], end: str, postgres_server: PostgresServer, owner_engine: Engine
) -> None:
    login = f"karl{end}"
    by_code = create(login, with_code=True)
    with connected(by_code) as connection:
        with owner_engine.begin() as owner:
            past = "UPDATE staff SET code_until = now() - INTERVAL '1 second' WHERE login = :login"
            owner.execute(text(past), {"login": login})
        new = {"new": verifier(connection, login, OWN)}
        error = refusal(connection, text("SELECT set_own_password(:new)"), new)
        assert error is not None
        assert error.diag.message_primary == "code-over"
    with postgres_server.admin.cursor() as cursor:
        cursor.execute("SELECT rolvaliduntil - now() FROM pg_roles WHERE rolname = %s", (login,))
        assert 23.9 < cursor.fetchone()[0].total_seconds() / 3600 <= 24  # type: ignore[index]
        cursor.execute(f"ALTER ROLE {login} VALID UNTIL 'yesterday'")
    with pytest.raises(OperationalError, match="password authentication failed"):
        use_code(by_code)


def test_whoever_is_disabled_is_refused_with_the_next_statement_and_her_session_ends(
    create: Callable[..., URL], manager: Callable[..., Any], end: str
) -> None:
    login = f"karl{end}"
    url = create(login)
    with suppress(PendingRollbackError), connected(url) as hers:
        assert hers.scalar(text("SELECT count(*) FROM patient")) is not None
        manager("SELECT set_disabled(:login, true)", login)
        for statement in (
            "SELECT count(*) FROM patient",
            "SELECT has_right('merge')",
            "DELETE FROM hold",
            "INSERT INTO operation (id, command) VALUES (gen_random_uuid(), 'x')",
        ):
            error = refusal(hers, statement)
            assert error is not None, statement
            assert error.pgcode == DENIED
        assert manager("SELECT end_sessions(:login)", login) == 0
        with pytest.raises(OperationalError, match="terminat"):
            hers.execute(text("SELECT 1"))
    with pytest.raises(OperationalError, match="is not permitted to log in"):
        use_code(url)
    manager("SELECT set_disabled(:login, false)", login)
    with connected(url) as again:
        assert again.scalar(text("SELECT count(*) FROM patient")) is not None


def test_the_sessions_of_somebody_who_is_not_shut_out_are_not_ended(
    create: Callable[..., URL], url_as: Callable[[Any], URL], end: str
) -> None:
    create(f"karl{end}")
    assert refused(url_as("clinic_manager"), "SELECT end_sessions(:login)", login=f"karl{end}") == (
        DENIED,
        "not-a-person",
    )


def test_the_last_manager_stays_one(create: Callable[..., URL], end: str, manager: Callable[..., Any]) -> None:
    second = create(f"second{end}", "manager")
    for change in ("set_person_group(:login, 'reception')", "set_disabled(:login, true)"):
        with connected(second) as connection:
            # the last but one goes, and who does it is left
            assert refusal(connection, text(f"SELECT {change}"), {"login": "test_manager"}) is None
    manager("SELECT reset_password(:login, :verifier)", f"second{end}", CODE)  # a code is no manager
    with connected(second.set(username="clinic_owner", password=PASSWORD)) as owner:
        for change in ("set_person_group(:login, 'readonly')", "set_disabled(:login, true)"):
            error = refusal(owner, text(f"SELECT {change}"), {"login": "test_manager"})
            assert error is not None
            assert error.diag.message_primary == "last-manager"


HOSTILE: Final = (
    'x"; DROP TABLE patient; --',
    "x'; DROP TABLE patient; --",
    "karl weber",
    "karl\nweber",
    "%I",
    "\\",
    "$$",
    "pg_karl",
    "PG_karl",
    "public",
    "none",
    "session_user",
    "clinic_owner",
    "CLINIC_OWNER",
    "clinic_manager",
    "test_manager",
    "Test_Manager",
    "",
    "-karl",
    "karl\u202eweber",
    "k" * 64,
    "ä" * 32,
)


@pytest.mark.parametrize("login", HOSTILE)
def test_a_hostile_login_is_refused(login: str, url_as: Callable[[Any], URL]) -> None:
    url = url_as("clinic_manager")
    with connected(url) as connection:
        new = {"login": login, "verifier": verifier(connection, login, CODE)}
        error = refusal(connection, text("SELECT create_person(:login, 'x', 'reception', :verifier)"), new)
    assert error is not None
    assert (error.pgcode, error.diag.constraint_name) == ("23514", "staff_login")


def test_logins_of_any_script_and_of_63_bytes_are_people_like_others(
    create: Callable[..., URL], manager: Callable[..., Any], end: str
) -> None:
    for start in ("jörg.müller-weiß", "花子", "анна", "k" * (63 - len(end))):
        url = create(f"{start}{end}", "readonly")
        with connected(url) as connection:
            assert connection.scalar(text("SELECT session_user")) == f"{start}{end}"
        manager("SELECT set_disabled(:login, true)", f"{start}{end}")


@pytest.mark.parametrize(
    "secret",
    ["hunter22222", "md5" + "0" * 32, "", "SCRAM-SHA-256$1:QUJD$QUJD:QUJD", "SCRAM-SHA-256$4096:", "x' SUPERUSER --"],
)
def test_a_password_that_is_no_verifier_never_becomes_one(secret: str, url_as: Callable[[Any], URL], end: str) -> None:
    url, values = url_as("clinic_manager"), {"login": f"karl{end}", "secret": secret}
    with connected(url) as connection:
        for call in ("create_person(:login, 'x', 'reception', :secret)", "set_own_password(:secret)"):
            used = {name: value for name, value in values.items() if f":{name}" in call}
            error = refusal(connection, text(f"SELECT {call}"), used)
            assert error is not None
            assert error.diag.constraint_name == "staff_password"


def test_roles_that_an_older_set_up_made_are_the_clinics_after_it_was_run_again(
    manager: Callable[..., Any], postgres_server: PostgresServer, fresh_database: str, end: str, url_as: Any
) -> None:
    login = f"karl{end}"
    postgres_server.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
    postgres_server.execute(f"GRANT clinic_reception TO {login}")
    owner = postgres_server.url(fresh_database, "clinic_owner")
    with connected(owner) as connection:
        name = "INSERT INTO staff (login, display_name, group_name) VALUES (:login, 'Karl', 'reception')"
        connection.execute(text(name), {"login": login})
    if postgres_server.admin.server_version >= 16_00_00:
        assert refused(url_as("clinic_manager"), "SELECT set_disabled(:login, true)", login=login) == (
            DENIED,
            "set-up-again",
        )
        prepare_database(postgres_server.superuser_url, database=fresh_database, owner_password=PASSWORD)
    assert manager("SELECT set_person_group(:login, 'readonly')", login) is not None
    with connected(postgres_server.url(fresh_database, login)) as hers:
        assert refused_update(hers) == DENIED
    manager("SELECT set_disabled(:login, true)", login)


def refused_update(connection: Connection) -> str | None:
    error = refusal(connection, "UPDATE patient SET note = note")
    return None if error is None else error.pgcode
