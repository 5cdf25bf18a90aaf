"""The clinic key on its way to one more PC: sealed with what is in the pairing text only, so that the server, which
keeps it meanwhile, and whoever looks after that, cannot open it.

Waits for the keyring: not on the GUI thread.
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Final

from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.notifications.clinic_key import ClinicKey, new_key

if TYPE_CHECKING:
    from collections.abc import Set

    from clinic_desk.sharing.pairing import OneTime

_NONCE: Final = 12


def key_here(needed: Set[str]) -> tuple[ClinicKey | None, str]:
    """Return (the clinic key, "") of this PC, or (None, why there is none: a code of `credentials.TROUBLES`).

    `needed`: ids of the keys that the clinic's passwords are encrypted with. A clinic that keeps none yet gets its key
    now, so that all its PCs have it when it does.
    """
    try:
        keys = shared_secrets.keys_here()
        if needed:
            return shared_secrets.key_for(next(iter(needed)), keys), ""
        key = keys[-1] if keys else new_key()
        if not keys:
            credentials.store(shared_secrets.KEY, key.text)
    except credentials.KeyringTrouble as trouble:
        return None, trouble.code
    except shared_secrets.KeyNeeded as lacking:
        return None, lacking.code
    return key, ""


def seal(key: ClinicKey, by: OneTime) -> str:
    """Return the key as the server keeps it until the other PC comes for it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(by.sealing_key).encrypt(nonce, key.bits, by.login.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, by: OneTime) -> ClinicKey | None:
    """Return the key; None for none, and for what was not sealed by this text."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        found = base64.urlsafe_b64decode(sealed)
        return ClinicKey(AESGCM(by.sealing_key).decrypt(found[:_NONCE], found[_NONCE:], by.login.encode()))
    except (InvalidTag, ValueError):
        return None
