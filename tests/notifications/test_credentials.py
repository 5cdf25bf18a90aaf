"""Credentials come from the environment, then from the keyring, and are shown to nobody."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import keyring
import keyring.backend
import keyring.errors
import pytest
from pydantic import SecretStr

from clinic_desk.domain.messaging import Messaging
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import credentials
from clinic_desk.notifications.credentials import Credentials, KeyringTrouble, load, store, worker_login

BOTH = Messaging(email_by="smtp", smtp_host="mail.example", from_address="desk@clinic.example", sms_by="twilio")
SID = "AC" + "0" * 32


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that forgets at the end of the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        if self.error is not None:
            raise self.error
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError
        del self.kept[service, username]


class PlaintextKeyring(MemoryKeyring):
    """Stands for the one of keyrings.alt, which writes a file."""


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in credentials._VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"CLINIC_DESK_{name}", raising=False)


def test_the_environment_is_asked_first(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.kept["clinic-desk", "twilio_auth_token"] = "from the keyring"
    given = {
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_PHONE_NUMBER": "+15005550006",
        "EMAIL_ADDRESS": "desk@clinic.example",
        "EMAIL_PASSWORD": "sesame",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = load(BOTH)
    assert (found.twilio_account_sid, found.twilio_auth_token, found.twilio_number) == (SID, "token", "+15005550006")
    assert (found.email_address, found.email_password) == ("desk@clinic.example", "sesame")
    assert found.source("twilio_auth_token") == "environment"
    assert ring.asked == []


@pytest.mark.parametrize("name", sorted(credentials._VARIABLES.values()))
def test_a_variable_of_the_programs_own_wins(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "another program's")
    monkeypatch.setenv(f"CLINIC_DESK_{name}", "ours")
    key = next(key for key, variable in credentials._VARIABLES.items() if variable == name)
    assert credentials.from_environment(key) == "ours"
    monkeypatch.setenv(f"CLINIC_DESK_{name}", "")
    assert credentials.from_environment(key) == "another program's"


def test_what_the_environment_lacks_comes_from_the_keyring(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_PASSWORD", "sesame")
    store("twilio_auth_token", "kept")
    found = load(BOTH)
    assert (found.twilio_auth_token, found.source("twilio_auth_token")) == ("kept", "keyring")
    assert (found.email_password, found.source("email_password")) == ("sesame", "environment")
    assert found.source("email_address") == "settings"
    assert found.source("twilio_number") == ""
    assert found.trouble == ""


def test_the_keyring_is_not_asked_for_what_is_not_used(ring: MemoryKeyring) -> None:
    for settings in (Messaging(), Messaging(email_by="folder", sms_by="folder")):
        assert load(settings).sources == ()
    load(Messaging(email_by="smtp", smtp_security="none"))
    assert ring.asked == []
    load(Messaging(email_by="smtp"))
    assert ring.asked == ["email_password"]


def test_an_api_key_signs_in_with_its_own_secret(ring: MemoryKeyring) -> None:
    store("twilio_api_key", "SK1")
    assert (load(BOTH).twilio_api_key, load(BOTH).twilio_auth_token) == ("", "")
    store("twilio_api_secret", "of the key")
    assert (load(BOTH).twilio_api_key, load(BOTH).twilio_auth_token) == ("SK1", "of the key")


def test_a_token_in_the_environment_is_not_mixed_with_a_key_in_the_keyring(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("twilio_api_key", "SK1")
    store("twilio_api_secret", "of the key")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    assert (load(BOTH).twilio_api_key, load(BOTH).twilio_auth_token) == ("", "token")
    monkeypatch.setenv("TWILIO_API_KEY", "SK2")
    monkeypatch.setenv("TWILIO_API_SECRET", "of key 2")
    assert (load(BOTH).twilio_api_key, load(BOTH).twilio_auth_token) == ("SK2", "of key 2")


def test_a_secret_is_forgotten_by_storing_nothing(ring: MemoryKeyring) -> None:
    store("email_password", "sesame")
    store("email_password", "")
    store("email_password", "")
    assert ring.kept == {}


def test_only_known_secrets_are_kept(ring: MemoryKeyring) -> None:
    with pytest.raises(ValueError, match="not a credential"):
        store("anything", "x")
    assert ring.kept == {}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (keyring.errors.KeyringLocked("sesame"), "keyring-locked"),
        (keyring.errors.NoKeyringError("none"), "keyring-none"),
        (RuntimeError("sesame"), "keyring-failed"),
    ],
)
def test_a_keyring_that_cannot_be_used_is_named_and_nothing_falls_back_to_a_file(
    ring: MemoryKeyring, error: Exception, code: str
) -> None:
    ring.error = error
    found = load(BOTH)
    assert (found.trouble_code, found.email_password) == (code, "")
    assert found.trouble
    assert "sesame" not in found.trouble
    with pytest.raises(KeyringTrouble) as refused:
        store("email_password", "sesame")
    assert refused.value.code == code


def test_without_any_keyring_it_says_so() -> None:
    """The tests' own environment has none."""
    assert load(BOTH).trouble_code == "keyring-none"


def test_a_keyring_of_plain_text_is_refused(ring: MemoryKeyring) -> None:
    keyring.set_keyring(PlaintextKeyring())
    assert load(BOTH).trouble_code == "keyring-unsafe"
    with pytest.raises(KeyringTrouble):
        store("email_password", "sesame")


def test_a_keyring_that_hangs_is_given_up_and_not_asked_again_until_it_answers(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    asked = threading.Event()

    def hang(*_: Any) -> str:
        asked.set()
        answer.wait(10)
        return "late"

    monkeypatch.setattr(ring, "get_password", hang)
    threads = threading.active_count()
    began = time.monotonic()
    assert load(BOTH, patience_s=0.05).trouble_code == "keyring-slow"
    assert load(BOTH, patience_s=0.05).trouble_code == "keyring-slow"
    assert time.monotonic() - began < 5
    assert asked.is_set()
    assert threading.active_count() == threads + 1
    answer.set()
    assert load(BOTH).email_password == "late"


def test_nothing_secret_is_in_the_record_when_it_is_shown() -> None:
    record = Credentials(twilio_auth_token="sesame", email_password="sesame", twilio_number="+493012345671")
    assert "sesame" not in repr(record)
    assert "4930" not in f"{record}"


# --- the worker's login -----------------------------------------------------------------------------------------------


def shown(login: SecretStr | None) -> str | None:
    return None if login is None else login.get_secret_value()


def test_the_worker_signs_in_as_the_setting_says(ring: MemoryKeyring) -> None:
    setting = SecretStr("postgresql://worker:pw@127.0.0.1/clinic")
    assert worker_login(setting) is setting
    assert ring.asked == []


def test_the_workers_password_comes_from_the_keyring(ring: MemoryKeyring) -> None:
    store("worker_database_password", "p@ss:w/rd")
    login = worker_login(SecretStr("postgresql://worker@127.0.0.1:5433/clinic?x=1"))
    assert shown(login) == "postgresql://worker:p%40ss%3Aw%2Frd@127.0.0.1:5433/clinic?x=1"


def test_the_workers_whole_address_can_be_in_the_keyring(ring: MemoryKeyring) -> None:
    assert worker_login(None) is None
    store("worker_database_url", "postgresql://worker:pw@127.0.0.1/clinic")
    assert shown(worker_login(None)) == "postgresql://worker:pw@127.0.0.1/clinic"


def test_an_address_from_the_keyring_is_made_as_safe_as_any_other(ring: MemoryKeyring) -> None:
    store("worker_database_url", "postgresql://worker:pw@db.example/clinic")
    assert "sslmode=verify-full" in (shown(worker_login(None)) or "")
    store("worker_database_url", "postgresql://worker:pw@db.example/clinic?sslmode=prefer")
    with pytest.raises(InvalidInput):
        worker_login(None)


def test_without_a_keyring_the_setting_stands() -> None:
    setting = SecretStr("postgresql://worker@127.0.0.1/clinic")
    assert worker_login(setting) is setting
    assert worker_login(None) is None
