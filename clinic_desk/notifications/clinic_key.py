"""The clinic key: what the clinic's passwords in the database are encrypted with (AES-256-GCM), and its text.

The key is 128 random bits. Its text is 28 letters and digits in groups, without 0, 1, 8 and 9, the last two of them a
check, so that it can be read out or typed; its id tells keys apart and gives nothing away. A ciphertext is bound to the
secret's name: that of one put in the place of another cannot be read.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from clinic_desk.errors import InvalidInput, Refused

_BYTES: Final = 16
_NONCE: Final = 12
_LETTERS: Final = 26
_CHECK: Final = 2
_GROUP: Final = 4
_MISREAD: Final = str.maketrans("018", "OIB")
_EXPECTED: Final = "the clinic key: 28 letters and digits in 7 groups"


class WrongKey(Refused):
    """A secret of the clinic was encrypted with another key than this one, or was changed since."""

    def __init__(self) -> None:
        super().__init__("the clinic key of this PC does not open this secret")


@dataclass(frozen=True, slots=True)
class ClinicKey:
    """Its bits are not in its repr."""

    bits: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that tell this key from others."""
        return hashlib.sha256(b"clinic-desk clinic key id\0" + self.bits).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The key as people bring it to another PC."""
        letters = base64.b32encode(self.bits).decode()[:_LETTERS] + _check_of(self.bits)
        return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def new_key() -> ClinicKey:
    """Make a key."""
    return ClinicKey(secrets.token_bytes(_BYTES))


def read_key(text: str) -> ClinicKey:
    """Return the key of a text, however it is spaced, and in small letters too. Raises InvalidInput."""
    letters = "".join(char for char in text.upper() if char not in " -\t\r\n\u00a0").translate(_MISREAD)
    try:
        bits = base64.b32decode(letters[:_LETTERS] + "=" * 6)
    except ValueError:
        raise InvalidInput(field="clinic_key", expected=_EXPECTED) from None
    key = ClinicKey(bits)
    if len(letters) != _LETTERS + _CHECK or key.text.replace("-", "") != letters:
        raise InvalidInput(field="clinic_key", expected=_EXPECTED)
    return key


def seal(key: ClinicKey, name: str, secret: str) -> str:
    """Return the ciphertext of a secret, as text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_encryption_key(key)).encrypt(nonce, secret.encode(), name.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(key: ClinicKey, name: str, ciphertext: str) -> str:
    """Return the secret of this name. Raises WrongKey."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        sealed = base64.urlsafe_b64decode(ciphertext)
        return AESGCM(_encryption_key(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode()).decode()
    except (InvalidTag, ValueError):
        raise WrongKey from None


def _encryption_key(key: ClinicKey) -> bytes:
    return hashlib.sha256(b"clinic-desk provider secrets\0" + key.bits).digest()


def _check_of(bits: bytes) -> str:
    return base64.b32encode(hashlib.sha256(b"clinic-desk clinic key check\0" + bits).digest()).decode()[:_CHECK]
