"""The settings: where they come from, what is refused, that secrets stay unseen; and which desk a program is."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from clinic_desk import connection_file, database_address
from clinic_desk.errors import InvalidInput
from clinic_desk.settings import Settings, claim_desk, load_settings
from tests.support.certificates import make_certificate

SAFEST = "sslmode=verify-full&require_auth=scram-sha-256&gssencmode=disable"
ADDRESS = "postgresql://anna:secret-word@127.0.0.1:5432/clinic"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No `.env` of the developer's is read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_anything_set_the_embedded_server_in_the_users_folder_is_meant() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.data.name == "clinic-desk"
    assert settings.message_wait_s is None, "the clinic's own setting counts"


def test_arguments_win_over_the_environment_and_that_over_the_file(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_folder / ".env").write_text("CLINIC_DESK_PHONE_REGION=AT\nCLINIC_DESK_DESK_NAME=File\n", "utf-8")
    assert load_settings().phone_region == "AT"
    monkeypatch.setenv("CLINIC_DESK_DESK_NAME", "Environment")
    assert load_settings().desk_name == "Environment"
    assert load_settings(desk_name="Argument").desk_name == "Argument"


def test_the_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_DESK_DATABASE_URL", ADDRESS)
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == ADDRESS
    assert "secret-word" not in f"{settings} {settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "mysql://root:secret-word@host/db"),
        ("database_url", "secret-word"),
        ("database_url", "postgresql://u:secret-word@server/db?sslmode=prefer"),
        ("database_url", "postgresql://u:secret-word@server/db?sslmode=require"),
        ("database_url", "postgresql://u:secret-word@/db?host=a:1&host=b:2&sslmode=allow"),
        ("database_url", "postgresql://u:secret-word@server/db?sslmode=disable"),
        ("database_url", "postgresql://u:secret-word@server/db?sslmode=verify-ca"),
        ("database_url", "postgresql://u:secret-word@server/db?require_auth=password"),
        ("database_url", "postgresql://u:secret-word@server/db?require_auth=scram-sha-256,password"),
        ("database_url", "postgresql://u:secret-word@server/db?gssencmode=prefer"),
        ("database_url", "postgresql://u:secret-word@server/db?ssl_min_protocol_version=TLSv1"),
        ("database_url", "postgresql://u:secret-word@server/db?sslmode=verify-full&sslmode=disable"),
        ("database_url", "postgresql://u:secret-word@127.0.0.1/db?host=10.0.0.5&sslmode=disable"),
        ("database_url", "postgresql://u:secret-word@localhost/db?hostaddr=10.0.0.5&sslmode=disable"),
        ("database_url", "postgresql:///db?service=clinic&sslmode=disable"),
        ("database_url", "postgresql://[2001:db8::1]:5432/db?sslmode=disable"),
        ("phone_region", "Germany"),
        ("language", "german"),
        ("desk_name", "x" * 41),
        ("message_wait_s", "-1"),
        ("message_wait_s", "soon"),
        ("desk_id", "7"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_its_value_not_repeated(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(**{name: value})
    assert refused.value.field == name
    assert "secret-word" not in str(refused.value)
    assert refused.value.expected != "a valid value"


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        "postgres://u:p@localhost/db?sslmode=prefer",
        "postgresql+psycopg2://u:p@server/db?sslmode=verify-full",
        "postgresql://u:p@/db?host=a:5432&host=b:5432&target_session_attrs=primary&sslmode=verify-full",
        "postgresql://u:p@/db?host=127.0.0.1:5432,localhost:5433&sslmode=disable",
        "postgresql://u:p@[::1]:5432/db?sslmode=disable",
    ],
)
def test_addresses_of_all_forms_are_taken(address: str) -> None:
    assert isinstance(load_settings(database_url=address), Settings)


def test_a_server_that_only_the_environment_names_is_secured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    address = load_settings(database_url="postgresql:///clinic").database_url
    assert address is not None
    assert address.get_secret_value().endswith(SAFEST)


# --- what an administrator's file allows ------------------------------------------------------------------------------

WEAK = "postgresql://u:secret-word@10.0.0.5/db?sslmode=disable"


@pytest.fixture
def managers_file(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The administrator's file, in a folder of the test's and owned by who runs it."""
    if os.name == "nt":
        pytest.skip("a folder that is the administrators' cannot be made here")
    folder = own_folder / "machine"
    folder.mkdir(mode=0o755)
    file = folder / "connection.toml"
    read = database_address.allowed_hosts
    monkeypatch.setattr(database_address, "allowed_hosts", lambda: read(file, os.getuid()))
    monkeypatch.setattr(database_address, "managers_file", lambda: file)
    return file


def write_to(file: Path, text: str = 'weaker_connection_to = ["10.0.0.5"]\n', mode: int = 0o644) -> None:
    file.write_text(text, "utf-8")
    file.chmod(mode)


def test_a_weaker_connection_is_refused_with_the_place_where_it_could_be_allowed(managers_file: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(database_url=WEAK)
    assert "sslmode=verify-full" in refused.value.expected
    assert f"names 10.0.0.5 in {managers_file}" in refused.value.expected


def test_what_an_administrator_allows_is_taken_and_known_to_be_weak(managers_file: Path) -> None:
    write_to(managers_file)
    settings = load_settings(database_url=WEAK)
    assert settings.weak_connection == "sslmode=disable"
    assert settings.database_url is not None
    assert "require_auth=scram-sha-256" in settings.database_url.get_secret_value(), "only what is said is weaker"
    assert load_settings(worker_database_url=WEAK).weak_connection == "sslmode=disable"
    assert load_settings(database_url="postgresql://u@10.0.0.5/db").weak_connection == ""
    with pytest.raises(InvalidInput):
        load_settings(database_url=WEAK.replace("10.0.0.5", "10.0.0.6"))
    with pytest.raises(InvalidInput):
        load_settings(database_url=WEAK.replace("10.0.0.5", "") + "&host=10.0.0.5,10.0.0.6")


@pytest.mark.parametrize("text", ["weaker_connection_to = 7", "weaker_connection_to = [1]", "[", "\udcff"])
def test_a_file_that_says_something_else_allows_nothing_and_is_named(managers_file: Path, text: str) -> None:
    managers_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInput, match=r"connection\.toml"):
        load_settings(database_url=WEAK)


def test_a_file_that_others_could_have_written_allows_nothing(managers_file: Path) -> None:
    for folder_mode, mode in ((0o755, 0o666), (0o755, 0o664), (0o777, 0o644)):
        write_to(managers_file, mode=mode)
        managers_file.parent.chmod(folder_mode)
        with pytest.raises(InvalidInput, match="only an administrator can write to"):
            load_settings(database_url=WEAK)
    managers_file.parent.chmod(0o755)
    moved = managers_file.rename(managers_file.with_name("other.toml"))
    managers_file.symlink_to(moved)
    with pytest.raises(InvalidInput, match="only an administrator can write to"):
        load_settings(database_url=WEAK)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such numbers")
def test_a_file_of_somebody_else_than_the_administrator_allows_nothing(own_folder: Path) -> None:
    file = own_folder / "connection.toml"
    write_to(file)
    with pytest.raises(database_address.Unusable, match="only an administrator"):
        database_address.allowed_hosts(file, os.getuid() + 1)


def test_no_variable_of_the_environment_moves_the_administrators_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = database_address.managers_file()
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "ProgramData", "WIN_PD_OVERRIDE_COMMON_APPDATA"):
        monkeypatch.setenv(name, "/elsewhere")
    assert database_address.managers_file() == before


# --- the certificate of the server's authority ------------------------------------------------------------------------


def test_the_authoritys_certificate_is_a_setting_and_one_in_the_address_wins(own_folder: Path) -> None:
    file = make_certificate(own_folder).authority
    settings = load_settings(database_ca_file=file, database_url="postgresql://u@db.example/clinic")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value().endswith(f"&sslrootcert={file}")
    named = f"postgresql://u@db.example/clinic?sslrootcert={file}"
    for given in (named, "postgresql://u@db.example/clinic?sslrootcert=system"):
        address = load_settings(database_ca_file=file, database_url=given).database_url
        assert address is not None
        assert address.get_secret_value() == f"{given}&{SAFEST}"


@pytest.mark.parametrize("name", ["database_ca_file", "database_url"])
def test_a_certificates_file_that_is_none_is_refused_with_the_reason(own_folder: Path, name: str) -> None:
    (own_folder / "text.pem").write_text("no certificate", "utf-8")
    (own_folder / "folder").mkdir()
    old = own_folder / "old"
    old.mkdir()
    ended = make_certificate(old, authority_ended=True).authority
    for file, reason in (
        (own_folder / "absent.pem", "there is no file"),
        (own_folder / "text.pem", "is something else"),
        (own_folder / "folder", "is something else|cannot be read"),
        (ended, "ended on"),
    ):
        value = file if name == "database_ca_file" else f"postgresql://u@db.example/clinic?sslrootcert={file}"
        with pytest.raises(InvalidInput, match=reason) as refused:
            load_settings(**{name: value})
        assert refused.value.field == name


# --- which desk this is -----------------------------------------------------------------------------------------------


def test_a_second_program_of_the_same_user_is_another_desk_and_ids_last(own_folder: Path) -> None:
    settings = load_settings(config=own_folder)
    first, second = claim_desk(settings), claim_desk(settings)
    assert (first.name, second.name) == ("Desk 1", "Desk 2")
    assert first.id != second.id
    first.release()
    again = claim_desk(settings)
    assert (again.id, again.name) == (first.id, "Desk 1")
    for desk in (second, again):
        desk.release()


def test_a_program_that_is_killed_leaves_its_desk_free(own_folder: Path) -> None:
    code = (
        "import os, sys; from clinic_desk.settings import *\n"
        "desk = claim_desk(load_settings(config=sys.argv[1])); print(desk.id, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(own_folder)], capture_output=True, text=True, check=False, timeout=60
    )
    mine = claim_desk(load_settings(config=own_folder))
    assert mine.id == UUID(ended.stdout.strip())
    mine.release()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such mode")
def test_the_desks_file_is_for_its_user_alone(own_folder: Path) -> None:
    desk = claim_desk(load_settings(config=own_folder))
    assert (own_folder / "desks" / "desk-1.json").stat().st_mode & 0o777 == 0o600
    desk.release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": "x", "name": "y"}', '{"id": 7}'])
def test_a_damaged_file_gives_the_desk_a_new_id(own_folder: Path, content: str) -> None:
    (own_folder / "desks").mkdir()
    (own_folder / "desks" / "desk-1.json").write_text(content, "utf-8")
    desk = claim_desk(load_settings(config=own_folder))
    desk.release()
    again = claim_desk(load_settings(config=own_folder))
    assert again.id == desk.id
    again.release()


def test_a_desk_named_in_the_settings_is_that_desk(own_folder: Path) -> None:
    named = claim_desk(load_settings(config=own_folder, desk_name="Reception"))
    assert named.name == "Reception"
    named.release()
    fixed = claim_desk(load_settings(config=own_folder, desk_id=str(UUID(int=5)), desk_name="Kiosk"))
    assert (fixed.id, fixed.name) == (UUID(int=5), "Kiosk")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@db.example/clinic", f"?{SAFEST}"),
        ("postgresql://u:p@/clinic?host=a:1&host=b:2", f"&{SAFEST}"),
        ("postgresql://u:p@localhost/clinic?hostaddr=10.0.0.5", f"&{SAFEST}"),
        ("postgresql://u:p@db.example/clinic?sslmode=verify-full", "&require_auth=scram-sha-256&gssencmode=disable"),
        (ADDRESS, ""),
        ("postgresql:///clinic?host=/run/postgresql", ""),
    ],
)
def test_over_a_network_the_safest_connection_is_meant_unless_the_address_says(given: str, used: str) -> None:
    address = load_settings(database_url=given).database_url
    assert address is not None
    assert address.get_secret_value() == given + used


def test_a_question_mark_with_nothing_behind_it_hides_no_setting() -> None:
    address = load_settings(database_url="postgresql://u:p@db.example/clinic?").database_url
    assert address is not None
    assert address.get_secret_value() == f"postgresql://u:p@db.example/clinic?{SAFEST}"


def test_what_set_up_wrote_is_read_last_and_as_a_whole(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLINIC_DESK_DATABASE_URL", raising=False)
    config = own_folder / "config"
    written = {"database_url": "postgresql://localhost/clinic", "worker_database_url": "postgresql://w@localhost/c"}
    connection_file.write(config, written)
    found = load_settings(config=config)
    assert found.database_url is not None
    assert found.database_url.get_secret_value() == written["database_url"]
    assert found.worker_database_url is not None
    other = load_settings(config=config, database_url=ADDRESS)
    assert other.database_url is not None
    assert other.database_url.get_secret_value() == ADDRESS
    assert other.worker_database_url is None
    assert load_settings(config=config, data=own_folder).database_url is None
    (config / connection_file.NAME).write_text("database_url = ")
    with pytest.raises(InvalidInput) as refused:
        load_settings(config=config)
    assert refused.value.field == connection_file.NAME


def test_a_settings_file_that_is_not_text_is_refused_by_name(own_folder: Path) -> None:
    (own_folder / ".env").write_bytes(b"CLINIC_DESK_DESK_NAME=\xff\xfe")
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert refused.value.field == ".env"
