"""Which addresses may stand in for Twilio's own: whoever answers there is given the account's credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def usable_base_url(address: str) -> bool:
    """Whether an address may be given the credentials: https, or http to this computer itself; nothing behind it."""
    if not address:
        return True
    parts = urlsplit(address)
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in {"", "/"}:
        return False
    if re.search(r"[\s\x00-\x1f\\]", address):
        return False
    if parts.scheme == "http":
        return parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return parts.scheme == "https" and bool(parts.hostname)
