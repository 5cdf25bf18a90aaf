"""The settings: where they come from, what is refused, that secrets stay unseen; and which desk a program is."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from clinic_desk.errors import InvalidInput
from clinic_desk.settings import Settings, claim_desk, load_settings

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
        "postgresql://u:p@server/db?sslmode=disable",
    ],
)
def test_addresses_of_all_forms_are_taken(address: str) -> None:
    assert isinstance(load_settings(database_url=address), Settings)


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
        ("postgresql://u:p@db.example/clinic", "?sslmode=verify-full&require_auth=scram-sha-256"),
        ("postgresql://u:p@/clinic?host=a:1&host=b:2", "&sslmode=verify-full&require_auth=scram-sha-256"),
        ("postgresql://u:p@db.example/clinic?sslmode=verify-ca", "&require_auth=scram-sha-256"),
        ("postgresql://u:p@db.example/clinic?sslmode=verify-full&require_auth=none", ""),
        (ADDRESS, ""),
        ("postgresql:///clinic?host=/run/postgresql", ""),
    ],
)
def test_over_a_network_the_safest_connection_is_meant_unless_the_address_says(given: str, used: str) -> None:
    address = load_settings(database_url=given).database_url
    assert address is not None
    assert address.get_secret_value() == given + used


def test_a_settings_file_that_is_not_text_is_refused_by_name(own_folder: Path) -> None:
    (own_folder / ".env").write_bytes(b"CLINIC_DESK_DESK_NAME=\xff\xfe")
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert refused.value.field == ".env"
