"""The clinic's passwords in the database, for who sends: read as a login of clinic_worker, opened with the clinic key.

The key is in the keyring of this PC, or in its environment for a server without one (`CLINIC_DESK_CLINIC_KEY`). While
it is changed both keys are kept, so that nothing is lost if the PC goes off in between. Waits: not on the GUI thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import secrets as queries_secrets
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.notifications import credentials
from clinic_desk.notifications.clinic_key import ClinicKey, WrongKey, read_key, unseal

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database

VARIABLE: Final = "CLINIC_DESK_CLINIC_KEY"
KEY: Final = "clinic_key"
NEXT: Final = "clinic_key_next"
"""In the keyring while the key is changed: the one that is about to be the clinic's."""

Sealed = Mapping[str, tuple[str, str]]
"""(id of the key, ciphertext) by the secret's name."""


class KeyNeeded(Refused):
    """This PC does not have the clinic key; `code`: clinic-key-missing, or -wrong if it has another one."""

    def __init__(self, code: str) -> None:
        super().__init__(credentials.TROUBLES[code])
        self.code = code


def read_sealed(db: Database) -> Sealed:
    """Return what is kept, still encrypted. `db`: of a login of clinic_worker. Raises NotAllowed to others."""
    with db.reading() as connection:
        return queries_secrets.sealed_secrets(connection)


def keys_here(*, patience_s: float = credentials.LOAD_S) -> tuple[ClinicKey, ...]:
    """Return the clinic keys of this PC: one, none, or for a moment two. Raises KeyringTrouble."""
    given = os.environ.get(VARIABLE, "")
    kept = {"": given} if given else credentials.kept_here((KEY, NEXT), patience_s=patience_s)
    return tuple(key for text in kept.values() if (key := _readable(text)) is not None)


def key_for(key_id: str, keys: tuple[ClinicKey, ...]) -> ClinicKey:
    """Return the key of this id. Raises KeyNeeded."""
    found = next((key for key in keys if key.id == key_id), None)
    if found is None:
        raise KeyNeeded(credentials.KEY_WRONG if keys else credentials.KEY_MISSING)
    return found


def opened(sealed: Sealed, keys: tuple[ClinicKey, ...]) -> dict[str, str]:
    """Return the secrets by name. Raises KeyNeeded, and WrongKey for one that was tampered with."""
    return {name: unseal(key_for(key_id, keys), name, text) for name, (key_id, text) in sealed.items()}


def readable(sealed: Sealed) -> tuple[dict[str, str], str]:
    """Return (the secrets by name, why there are none as a code of `credentials.TROUBLES`)."""
    if not sealed:
        return {}, ""
    try:
        return opened(sealed, keys_here()), ""
    except credentials.KeyringTrouble as trouble:
        return {}, trouble.code
    except KeyNeeded as needed:
        return {}, needed.code
    except WrongKey:
        return {}, credentials.KEY_WRONG


def _readable(text: str) -> ClinicKey | None:
    try:
        return read_key(text)
    except InvalidInput:
        return None
