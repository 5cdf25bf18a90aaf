"""Reads exactly one e-mail address: nothing that a mail server could take for two, or for another header."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Final

_LONGEST: Final = 254
_LOCAL: Final = re.compile(r"[^\W]|[!#$%&'*+/=?^_`{|}~-]")
"""What an unquoted local part may be made of (RFC 5321, 6531): letters of any script, digits and these signs."""


class UnusableAddress(ValueError):
    """The text is not exactly one plain address. The message does not repeat it."""

    def __init__(self) -> None:
        super().__init__("not exactly one plain e-mail address")


def single_address(text: str) -> str:
    """Return the one address in the text, its domain in ASCII (IDNA 2008). Raises UnusableAddress for anything else.

    A comma would make two recipients, a line break (U+2028 too) another header; quoted local parts are refused. A local
    part in letters outside ASCII stays as it is: only a server with SMTPUTF8 takes it.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text) > _LONGEST or not _is_local(local):
        raise UnusableAddress
    address = f"{local}@{ascii_domain(domain)}"
    if getaddresses([address]) != [("", address)]:
        raise UnusableAddress
    return address


def ascii_domain(domain: str) -> str:
    """Return a domain as mail servers write it: `müller.de` → `xn--mller-kva.de`. Raises UnusableAddress."""
    import idna

    try:
        encoded = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise UnusableAddress from None
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", encoded):
        raise UnusableAddress
    return encoded


def _is_local(local: str) -> bool:
    parts = local.split(".")
    return len(local.encode()) <= 64 and all(part and all(map(_LOCAL.fullmatch, part)) for part in parts)
