"""The clinic's passwords are in the database, encrypted: a manager writes, who sends reads, and nobody else can."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import keyring
import keyring.backend
import keyring.errors
import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, text

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.messaging import Messaging
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.notifications.clinic_key import ClinicKey, WrongKey, new_key, read_key, seal, unseal
from clinic_desk.notifications.credentials import KeyringTrouble
from clinic_desk.notifications.shared_secrets import KeyNeeded, readable
from clinic_desk.services.provider_secrets import (
    KeepSecrets,
    change_key,
    keep_secrets,
    kept_secrets,
    key_state,
    take_key,
)
from tests.support.small_clinic import SmallClinic

SECRET = "Canary-s3cret-word"
BOTH = Messaging(email_by="smtp", smtp_host="mail.example", from_address="desk@clinic.example", sms_by="twilio")


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A PC's keyring, which forgets at the end of the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[str, str] = {}
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop(username, None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryKeyring]:
    """This PC's keyring."""
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def signed_in(clinic: SmallClinic, url_as: Callable[[Any], URL]) -> Iterator[Callable[[str], Database]]:
    """The test's database as a login of a group."""
    assert clinic.berlin.version == 7
    made: list[Database] = []

    def sign_in(group: str) -> Database:
        made.append(Database(url_as(group), DeskIdentity(UUID(int=0xD), "Desk"), pool_size=1))
        return made[-1]

    yield sign_in
    for database in made:
        database.dispose()


@pytest.fixture
def manager(signed_in: Callable[[str], Database]) -> Database:
    return signed_in("clinic_manager")


@pytest.fixture
def worker(signed_in: Callable[[str], Database]) -> Database:
    return signed_in("clinic_worker")


def known_to(worker: Database, settings: Messaging = BOTH) -> credentials.Credentials:
    return credentials.load(settings, shared=lambda: readable(shared_secrets.read_sealed(worker)))


# --- the key ----------------------------------------------------------------------------------------------------------


@given(bits=st.binary(min_size=16, max_size=16))
def test_a_key_can_be_typed_from_its_text_however_it_is_spaced(bits: bytes) -> None:
    key = ClinicKey(bits)
    for typed in (key.text, key.text.lower(), key.text.replace("-", ""), f" {key.text.replace('-', ' ')}\n"):
        assert read_key(typed) == key
    assert read_key(key.text.replace("O", "0").replace("I", "1").replace("B", "8")) == key
    assert str(bits) not in repr(key)


@settings(max_examples=30)
@given(typed=st.text(max_size=80))
def test_what_is_no_key_is_refused_by_name(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_key(typed)
    assert refused.value.field == "clinic_key"


def test_one_letter_typed_wrong_is_noticed() -> None:
    text = new_key().text
    for at in (0, 7, 18, len(text) - 1):
        wrong = next(letter for letter in "ABCDEFGH" if letter != text[at])
        with pytest.raises(InvalidInput):
            read_key(text[:at] + wrong + text[at + 1 :])


@settings(max_examples=30)
@given(secret=st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
def test_only_the_same_key_and_name_open_a_secret(secret: str) -> None:
    key = new_key()
    sealed = seal(key, "email_password", secret)
    assert unseal(key, "email_password", sealed) == secret
    for other, name, ciphertext in (
        (new_key(), "email_password", sealed),
        (key, "twilio_auth_token", sealed),
        (key, "email_password", sealed[:-6] + "AAAAAA"),
        (key, "email_password", "A" * 40),
    ):
        with pytest.raises(WrongKey):
            unseal(other, name, ciphertext)


# --- keeping and reading ----------------------------------------------------------------------------------------------


def test_what_a_manager_keeps_every_sending_pc_with_the_key_can_use(
    manager: Database, worker: Database, ring: MemoryKeyring
) -> None:
    text = keep_secrets(manager, KeepSecrets({"email_password": SECRET, "twilio_auth_token": "token"}))
    assert ring.kept == {"clinic_key": text}, "the key is made at first use and shown then"
    assert keep_secrets(manager, KeepSecrets({"twilio_auth_token": "other"})) == "", "and not again"
    known = known_to(worker)
    assert (known.email_password, known.twilio_auth_token) == (SECRET, "other")
    assert {known.source("email_password"), known.source("twilio_auth_token")} == {"database"}
    ring.kept.clear()  # another PC
    away = known_to(worker)
    assert (away.email_password, away.trouble_code) == ("", "clinic-key-missing")
    take_key(manager, text.lower())
    assert known_to(worker).email_password == SECRET


def test_the_environment_wins_and_a_pcs_own_keyring_goes_on_working(
    manager: Database, worker: Database, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.kept |= {"email_password": "of this PC", "twilio_api_key": "SK1", "twilio_api_secret": "of this PC too"}
    assert known_to(worker).email_password == "of this PC"
    keep_secrets(manager, KeepSecrets({"twilio_auth_token": "the clinic's"}))
    known = known_to(worker)
    assert (known.email_password, known.source("email_password")) == ("of this PC", "keyring")
    assert (known.twilio_auth_token, known.twilio_api_key) == ("the clinic's", ""), "one way, not a mixture of two"
    monkeypatch.setenv("CLINIC_DESK_TWILIO_AUTH_TOKEN", "of the environment")
    assert known_to(worker).twilio_auth_token == "of the environment"


def test_a_server_without_a_keyring_has_the_key_in_its_environment(
    manager: Database, worker: Database, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    ring.kept.clear()
    monkeypatch.setenv("CLINIC_DESK_CLINIC_KEY", text)
    assert known_to(worker).email_password == SECRET
    with pytest.raises(InvalidInput, match="CLINIC_DESK_CLINIC_KEY"):
        change_key(manager, shared_secrets.read_sealed(worker))


def test_forgetting_is_for_all(manager: Database, worker: Database) -> None:
    keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    keep_secrets(manager, KeepSecrets({"email_password": ""}))
    assert kept_secrets(manager) == ()
    assert known_to(worker).email_password == ""


def test_without_the_key_of_what_is_kept_nothing_is_overwritten(manager: Database, ring: MemoryKeyring) -> None:
    keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    before = kept_secrets(manager)
    for kept, code in (({}, "clinic-key-missing"), ({"clinic_key": new_key().text}, "clinic-key-wrong")):
        ring.kept = dict(kept)
        with pytest.raises(KeyNeeded) as needed:
            keep_secrets(manager, KeepSecrets({"twilio_auth_token": "x"}))
        assert needed.value.code == code
    assert kept_secrets(manager) == before
    with pytest.raises(InvalidInput):
        take_key(manager, new_key().text)


def test_a_keyring_that_does_not_take_the_key_leaves_the_database_as_it_was(
    manager: Database, ring: MemoryKeyring
) -> None:
    ring.error = keyring.errors.KeyringLocked()
    with pytest.raises(KeyringTrouble):
        keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    assert kept_secrets(manager) == ()


def test_a_new_key_opens_everything_and_the_old_one_nothing(
    manager: Database, worker: Database, ring: MemoryKeyring
) -> None:
    old = keep_secrets(manager, KeepSecrets({"email_password": SECRET, "twilio_auth_token": "token"}))
    new = change_key(manager, shared_secrets.read_sealed(worker))
    assert ring.kept == {"clinic_key": new}
    assert (known_to(worker).email_password, known_to(worker).twilio_auth_token) == (SECRET, "token")
    assert key_state(manager).needed == read_key(new).id
    ring.kept["clinic_key"] = old
    assert known_to(worker).trouble_code == "clinic-key-wrong"
    assert {secret.key_id for secret in kept_secrets(manager)} == {read_key(new).id}


def test_a_pc_that_went_off_while_the_key_was_changed_has_both(
    manager: Database, worker: Database, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    store = credentials.store

    def off_after_the_first(name: str, secret: str) -> None:
        if name == "clinic_key":
            raise KeyboardInterrupt
        store(name, secret)

    monkeypatch.setattr(credentials, "store", off_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        change_key(manager, shared_secrets.read_sealed(worker))
    assert set(ring.kept) == {"clinic_key", "clinic_key_next"}
    assert known_to(worker).email_password == SECRET


@pytest.mark.parametrize(
    "secrets", [{"database_password": "x"}, {"email_password": "a\nb"}, {"email_password": "x" * 2001}]
)
def test_what_is_no_such_secret_is_refused(manager: Database, ring: MemoryKeyring, secrets: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        keep_secrets(manager, KeepSecrets(secrets))
    assert ring.kept == {}


# --- who may, and what is told of it ----------------------------------------------------------------------------------


def test_only_a_manager_writes_and_only_who_sends_reads(
    signed_in: Callable[[str], Database], manager: Database, worker: Database
) -> None:
    keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    for group in ("clinic_reception", "clinic_readonly", "clinic_worker"):
        with pytest.raises(NotAllowed):
            keep_secrets(signed_in(group), KeepSecrets({"email_password": "mine"}))
    for group in ("clinic_reception", "clinic_readonly", "clinic_manager"):
        with pytest.raises(NotAllowed):
            shared_secrets.read_sealed(signed_in(group))
    assert known_to(worker).email_password == SECRET


def test_neither_the_secret_nor_its_ciphertext_is_in_the_history_or_announced(
    manager: Database, worker: Database, owner_engine: Engine, database_url: URL
) -> None:
    listening = psycopg2.connect(database_url.set(drivername="postgresql").render_as_string(hide_password=False))
    listening.autocommit = True
    with listening.cursor() as cursor:
        cursor.execute("LISTEN clinic_desk")
        command = KeepSecrets({"email_password": SECRET})
        keep_secrets(manager, command)
        change_key(manager, shared_secrets.read_sealed(worker))
        keep_secrets(manager, KeepSecrets({"email_password": ""}))
        cursor.execute("SELECT 1")
    payloads = [notify.payload for notify in listening.notifies]
    listening.close()
    assert [json.loads(payload)["t"] for payload in payloads].count("provider_secret") == 3
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text("SELECT action, db_user, before, after FROM history WHERE table_name ~ 'provider_secret' ORDER BY id")
        ).all()
    assert [(row.action, row.db_user) for row in rows] == [
        (action, "test_manager") for action in ("insert", "update", "delete")
    ]
    fields = {"id", "name", "key_id", "version", "changed_at", "changed_by", "changed_desk_id"}
    assert {name for row in rows for image in (row.before, row.after) if image for name in image} == fields
    assert SECRET not in f"{payloads} {rows} {command!r}"


def test_a_stopped_channel_tries_again_with_a_new_password(manager: Database, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE message_channel SET state = 'stopped', code = '535'"))
    keep_secrets(manager, KeepSecrets({"email_password": SECRET}))
    with owner_engine.connect() as connection:
        found = connection.execute(text("SELECT channel, state FROM message_channel"))
        states = {row.channel: row.state for row in found}
    assert states == {"email": "working", "sms": "stopped"}
