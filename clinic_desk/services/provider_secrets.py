"""Keeps the clinic's passwords in the database for every PC that sends: encrypted here, with the clinic key of this PC.

A manager writes them and cannot read them back (NotAllowed to anybody else). Waits: not on the GUI thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries import messaging as queries_messaging
from clinic_desk.database.queries import secrets as queries_secrets
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import credentials
from clinic_desk.notifications.clinic_key import ClinicKey, new_key, read_key, seal
from clinic_desk.notifications.shared_secrets import KEY, NEXT, VARIABLE, KeyNeeded, Sealed, key_for, keys_here, opened

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.messaging import KeptSecret

_CHANNEL_OF: Final = {
    "email_password": Channel.EMAIL,
    "twilio_auth_token": Channel.SMS,
    "twilio_api_key": Channel.SMS,
    "twilio_api_secret": Channel.SMS,
}
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class KeepSecrets:
    """Keep these for the whole clinic; an empty one is forgotten. They are not in its repr."""

    secrets: Mapping[str, str] = field(repr=False)
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class KeyState:
    """Which clinic keys this PC has, by their ids, and which one the secrets of the clinic need ("" for no secrets)."""

    here: frozenset[str]
    needed: str


def kept_secrets(db: Database) -> tuple[KeptSecret, ...]:
    """Return what the database keeps, without what it says. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        return queries_secrets.kept_secrets(connection)


def keep_secrets(db: Database, command: KeepSecrets) -> str:
    """Keep them; the channel they are for tries again. Returns the clinic key's text the first time, else "".

    The first time a key is made and kept in this PC's keyring. Raises KeyNeeded, KeyringTrouble, InvalidInput,
    NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    secrets = {name: _checked(name, secret) for name, secret in command.secrets.items()}
    kept, keys = kept_secrets(db), keys_here()
    others = {secret.key_id for secret in kept}
    if others:
        key = key_for(others.pop(), keys)
    else:
        key = keys[-1] if keys else new_key()
        if not keys:
            credentials.store(KEY, key.text)
    _write(db, "KeepSecrets", command.operation_id, secrets, key)
    credentials.tell_changed()
    return "" if kept else key.text


def change_key(db: Database, sealed: Sealed) -> str:
    """Make a new clinic key, encrypt everything with it, and return its text; the other PCs that send need it then.

    `sealed` was read as a login of clinic_worker. Raises KeyNeeded if this PC does not have the present key, and what
    `keep_secrets` raises.
    """
    if os.environ.get(VARIABLE):
        raise InvalidInput(field="clinic_key", expected=f"a PC that has the key in its keyring, not in {VARIABLE}")
    secrets = opened(sealed, keys_here())
    key = new_key()
    credentials.store(NEXT, key.text)  # first: what is written under it can be read whatever happens
    _write(db, "ChangeClinicKey", new_id(), secrets, key)
    credentials.store(KEY, key.text)
    credentials.store(NEXT, "")
    return key.text


def take_key(db: Database, text: str) -> None:
    """Keep the clinic key that somebody brought from another PC. Raises InvalidInput for one that is not the clinic's,

    KeyringTrouble, DatabaseDown, Busy.
    """
    key = read_key(text)
    needed = {secret.key_id for secret in kept_secrets(db)}
    if needed and key.id not in needed:
        raise InvalidInput(field="clinic_key", expected="the key that the clinic's passwords are encrypted with now")
    credentials.store(KEY, key.text)


def key_state(db: Database) -> KeyState:
    """Return which keys there are and which is needed. Raises KeyringTrouble, DatabaseDown, Busy, NotAllowed."""
    kept = kept_secrets(db)
    return KeyState(frozenset(key.id for key in keys_here()), kept[0].key_id if kept else "")


def _write(db: Database, name: str, operation_id: UUID, secrets: Mapping[str, str], key: ClinicKey) -> None:
    def work(connection: Connection) -> None:
        queries_secrets.drop_secrets(connection, [name for name, secret in secrets.items() if not secret])
        for secret_name, secret in secrets.items():
            if secret:
                queries_secrets.put_secret(connection, secret_name, key.id, seal(key, secret_name, secret))
        for channel in {_CHANNEL_OF[name] for name in secrets}:
            queries_messaging.resume_channel(connection, channel)
        if any(kept.key_id != key.id for kept in queries_secrets.kept_secrets(connection)):
            raise KeyNeeded(credentials.KEY_WRONG)  # another PC made one at the same moment

    db.changing(operation_id, name, work, _nothing)


def _checked(name: str, secret: str) -> str:
    if name not in _CHANNEL_OF:
        raise InvalidInput(field="name", expected=f"one of {', '.join(_CHANNEL_OF)}")
    if len(secret) > _LONGEST or not secret.isprintable():
        raise InvalidInput(field=name, expected="a password on one line")
    return secret


def _nothing(_connection: Connection) -> None:
    """What stands already is what was wanted."""
