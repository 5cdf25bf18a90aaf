"""`init-db`, `upgrade-db` and `check`: a clinic from nothing, on a server and in a folder of this computer."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import embedded, schema, setup
from clinic_desk.database.embedded.folder import MARKER
from clinic_desk.opening import demo
from tests.commandline.conftest import ADDRESS, Command, Ended
from tests.commandline.conftest import text as address_text
from tests.database.test_migrations_dumps import EARLIER, restore
from tests.plugins.postgres import PASSWORD, PostgresServer
from tests.support.sql import connected

SECRET = "correct-horse"
OWNER_PASSWORD = "CLINIC_DESK_OWNER_PASSWORD"


@pytest.fixture
def names(postgres_server: PostgresServer) -> Iterator[tuple[str, str]]:
    """Names for a database and a login that do not exist yet; what was made is dropped."""
    database, login = f"test_{uuid4().hex}", f"julia_{uuid4().hex[:8]}"
    yield database, login
    postgres_server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    postgres_server.execute(f"DROP ROLE IF EXISTS {login}")


@pytest.fixture
def superuser(
    command: Command, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """`init-db … --json` as the server's superuser, the owner's password given."""
    monkeypatch.setenv(ADDRESS, address_text(postgres_server.superuser_url))
    monkeypatch.setenv(OWNER_PASSWORD, PASSWORD)
    return lambda *arguments: command("init-db", *arguments, "--json")


def test_a_clinic_is_made_on_a_server_and_used(
    superuser: Callable[..., Ended],
    command: Command,
    postgres_server: PostgresServer,
    names: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, login = names
    monkeypatch.setenv(f"CLINIC_DESK_PASSWORD_{login.upper()}", SECRET)
    for _ in range(2):  # may be run again
        made = superuser("--name", database, "--login", f"{login}:manager:Julia Brandt")
        assert made.code == 0, made
        assert made.document == {
            "database": database,
            "schema": schema.EXPECTED_REVISION,
            "logins": [{"name": login, "group": "manager"}],
        }
        assert SECRET not in made.out + made.err
        assert PASSWORD not in made.out + made.err
    url = postgres_server.superuser_url.set(database=database, username=login, password=SECRET)
    monkeypatch.setenv(ADDRESS, address_text(url))
    health = command("check", "--json").document
    assert (health["signed_in"], health["group"]) == (login, "manager")


@pytest.mark.parametrize(
    "login",
    [
        "clinic_owner:reception",
        "clinic_reception:reception",
        "postgres:reception",
        "pg_monitor:reception",
        "julia",
        "julia:surgeon",
        ":manager",
        "j" * 64 + ":manager",
        "ju\nlia:manager",
    ],
)
def test_a_login_that_would_break_the_server_or_has_no_group_is_refused(
    superuser: Callable[..., Ended], names: tuple[str, str], monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    variable = "".join(char if char.isalnum() else "_" for char in login.partition(":")[0]).upper()
    monkeypatch.setenv(f"CLINIC_DESK_PASSWORD_{variable}", SECRET)
    ended = superuser("--name", names[0], "--login", login)
    assert (ended.code, ended.document["field"]) == (2, "login")


@pytest.mark.parametrize("name", ["postgres", "template1", "", "n" * 64, "a\x07b"])
def test_a_name_that_is_no_database_of_ours_is_refused(superuser: Callable[..., Ended], name: str) -> None:
    ended = superuser("--name", name)
    assert (ended.code, ended.document["field"]) == (2, "name")


def test_passwords_come_from_the_environment_and_are_asked_for_by_name(
    superuser: Callable[..., Ended], names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = superuser("--name", names[0], "--login", "julia:manager")
    assert (ended.code, ended.document["field"]) == (2, "CLINIC_DESK_PASSWORD_JULIA")
    monkeypatch.setenv(OWNER_PASSWORD, "short")
    ended = superuser("--name", names[0])
    assert (ended.code, ended.document["field"]) == (2, OWNER_PASSWORD)
    assert "at least 10 characters" in ended.document["expected"]


def test_who_is_no_superuser_may_not_make_a_clinic(
    superuser: Callable[..., Ended], database_url: URL, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, address_text(database_url))
    ended = superuser("--name", names[0])
    assert (ended.code, ended.document["error"]) == (1, "not-allowed")


def test_the_owner_brings_an_empty_database_up_to_date(
    command: Command, postgres_server: PostgresServer, bare_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, address_text(postgres_server.url(bare_database, "clinic_owner")))
    for _ in range(2):
        ended = command("upgrade-db", "--json")
        assert (ended.code, ended.document) == (0, {"schema": schema.EXPECTED_REVISION})
    assert command("upgrade-db").out == f"schema is {schema.EXPECTED_REVISION}\n"


def test_an_older_clinic_is_backed_up_before_it_is_upgraded(
    command: Command,
    postgres_server: PostgresServer,
    bare_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres_server.url(bare_database, "clinic_owner")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        restore(connection, EARLIER[-1])
    monkeypatch.setenv(ADDRESS, address_text(url))
    ended = command("upgrade-db", "--json")
    assert (ended.code, ended.document["field"]) == (2, "backup-to")
    assert command("upgrade-db", "--backup-to", tmp_path, "--json").code != 0  # no passphrase on this PC
    with engine.connect() as connection:
        assert schema.current_revision(connection) == EARLIER[-1]
    monkeypatch.setenv("CLINIC_DESK_BACKUP_PASSPHRASE", "seven green bicycles at dawn")
    assert command("upgrade-db", "--backup-to", tmp_path).out == f"schema is {schema.EXPECTED_REVISION}\n"
    assert len(list(tmp_path.glob("clinic-desk-*"))) == 1


def test_a_newer_schema_is_left_alone(
    command: Command, owner_url: URL, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv(ADDRESS, address_text(owner_url))
    ended = command("upgrade-db", "--json")
    assert (ended.code, ended.document["error"], ended.document["found"]) == (3, "schema-mismatch", "9999")
    assert "newer Clinic Desk" in command("upgrade-db").err


def test_a_receptionist_may_not_upgrade_a_database(
    command: Command, postgres_server: PostgresServer, bare_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, address_text(postgres_server.url(bare_database, "test_reception")))
    ended = command("upgrade-db", "--json")
    assert (ended.code, ended.document["error"]) == (1, "not-allowed")


# --- a folder of this computer ----------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path for a data folder that the account which runs PostgreSQL can enter; it does not exist yet."""
    root = Path(tempfile.mkdtemp(prefix="cdcl-"))
    root.chmod(0o755)
    yield root / "data of Zoë"
    shutil.rmtree(root)


def test_a_folder_without_a_database_is_not_made_into_one_by_mistake(command: Command, folder: Path) -> None:
    for arguments in (["check"], ["list"], ["upgrade-db"]):
        ended = command(*arguments, "--data", folder, "--json")
        assert (ended.code, ended.document["field"]) == (2, "data")
        assert "init-db" in ended.document["expected"]
    assert not folder.exists()


def test_a_folder_is_made_used_and_shared_with_the_desktop(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = command("init-db", "--data", folder, "--json")
    assert made.code == 0, made
    assert made.document["logins"] == [{"name": "reception", "group": "reception"}]
    monkeypatch.setenv(OWNER_PASSWORD, "of-another-server")
    assert command("init-db", "--data", folder).code == 0, "may be run again"
    health = command("--data", folder, "check", "--json")
    assert (health.code, health.document["group"]) == (0, "reception")
    assert command("upgrade-db", "--data", folder).code == 0
    assert command("list", "--data", folder).out == "no appointments\n"
    desktops = folder / "server"
    assert (desktops / MARKER).exists(), "where the desktop with --data looks"
    with embedded.join(desktops) as server:
        assert demo.sign_in_of(server) == ("reception", "clinic")
        assert command("list", "--data", folder).code == 0, "beside another program that uses it"
    monkeypatch.setenv("CLINIC_DESK_DATA", str(folder))
    assert command("check", "--json").code == 0, "the folder can stand in the environment"
    other = command("init-db", "--data", folder, "--name", "other", "--json")
    assert (other.code, other.document["field"]) == (2, "name")


def test_the_folder_of_the_demo_is_used_by_looking_and_not_for_another_clinic(command: Command, folder: Path) -> None:
    with embedded.join(folder) as server:
        logins = [setup.Login("julia", server.password("julia"), "clinic_reception", "Julia Brandt")]
        owner = server.password("clinic_owner")
        setup.prepare_database(server.superuser_url(), database="demo_20261121", owner_password=owner, logins=logins)
        with connected(server.superuser_url()) as connection:
            connection.execute(text(f"COMMENT ON DATABASE demo_20261121 IS 'complete {schema.EXPECTED_REVISION}'"))
        health = command("check", "--data", folder, "--json")
        assert (health.code, health.document["signed_in"]) == (0, "julia")
        ended = command("init-db", "--data", folder, "--json")
        assert (ended.code, ended.document["field"]) == (2, "data")
        assert "demo" in ended.document["expected"]


def test_a_foreign_folder_is_refused_and_left_alone(command: Command, folder: Path) -> None:
    (folder / "server").mkdir(parents=True)
    (folder / "server" / "letter.txt").write_text("dear patient", "utf-8")
    ended = command("init-db", "--data", folder, "--json")
    assert (ended.code, ended.document["error"]) == (3, "embedded-server")
    assert [path.name for path in (folder / "server").iterdir()] == ["letter.txt"]


def test_a_folder_and_an_address_are_one_too_many(command: Command, folder: Path) -> None:
    ended = command("check", "--data", folder, "--database-url", "postgresql://db/clinic", "--json")
    assert (ended.code, ended.document["field"]) == (2, "data")
