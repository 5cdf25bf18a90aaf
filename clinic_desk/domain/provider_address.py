"""Which addresses may stand in for Twilio's own: who answers there is given the account's credentials (T9). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
HOST: Final = re.compile(r"[A-Za-z0-9.:_-]*")
_TWILIO: Final = "twilio.com"


def is_base_url(address: str) -> bool:
    """Whether an address has the right shape, as the database's own check has it: https (http to this computer only).

    Nothing stands behind the host and its port. Empty, for Twilio's own, is right too.
    """
    if not address:
        return True
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    whole = f"{parts.scheme}://{named}" + ("" if port is None else f":{port}")
    if not host or address.rstrip("/").casefold() != whole.casefold() or not HOST.fullmatch(host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def is_allowed(address: str, also: Collection[str]) -> bool:
    """Whether the host of an address of this shape is Twilio's, this computer's, or one of `also` (lower case)."""
    host = (urlsplit(address).hostname or _TWILIO).lower()
    return host == _TWILIO or host.endswith(f".{_TWILIO}") or host in LOOPBACK or host in also
