"""Talks to a PostgreSQL server as far as TLS goes and one question further, with no password: who it is, and how it
would let somebody in. https://www.postgresql.org/docs/current/protocol-flow.html
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S: Final = 5.0
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_PROTOCOL: Final = 3 << 16
_LONGEST_ANSWER: Final = 65_536
CLEAR_TEXT: Final = 3
MD5: Final = 5
SASL: Final = 10


class NoTls(Exception):
    """The server speaks no TLS; `is_postgresql`: it said so as PostgreSQL does."""

    def __init__(self, *, is_postgresql: bool) -> None:
        super().__init__()
        self.is_postgresql = is_postgresql


@contextmanager
def tls_to(
    host: str,
    port: int,
    authority: Path | None = None,
    *,
    at: str = "",
    trusting: bool = False,
    limit_s: float = LIMIT_S,
) -> Iterator[ssl.SSLSocket]:
    """Connect, and open TLS; the certificate is verified against `authority` (None: those the system knows).

    `at`: where the host is, if its name is not to be looked up. `trusting`: it is not verified, to look at what the
    server shows; nothing secret may be said. Raises OSError (of which ssl.SSLError is one, and the name's gaierror) and
    NoTls.
    """
    with socket.create_connection((at or host, port), limit_s) as plain:
        plain.sendall(_SSL_REQUEST)
        answer = plain.recv(1)
        if answer != b"S":
            raise NoTls(is_postgresql=answer in {b"N", b"E"})
        with _context(authority, trusting=trusting).wrap_socket(plain, server_hostname=host) as secured:
            yield secured


def _context(authority: Path | None, *, trusting: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["postgresql"])  # asked for since PostgreSQL 17
    if trusting:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def shown(secured: ssl.SSLSocket) -> list[bytes]:
    """Return the certificates that a server showed, its own first, each as DER. They may be anybody's."""
    if sys.version_info >= (3, 13):
        return list(secured.get_unverified_chain())
    inner: Any = secured._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - what 3.13 made public
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_unverified_chain() or ()]


def asked_for(secured: ssl.SSLSocket, login: str, database: str) -> tuple[int, str]:
    """Say who wants in where; return (how the server would know who it is: CLEAR_TEXT, MD5, SASL … or 0 for nothing
    but the name, "") or (-1, SQLSTATE) for a refusal at the door. No password is sent. Raises OSError.
    """
    words = b"".join(part.encode() + b"\0" for part in ("user", login, "database", database)) + b"\0"
    secured.sendall(struct.pack("!ii", len(words) + 8, _PROTOCOL) + words)
    kind = _exactly(secured, 1)
    (length,) = struct.unpack("!i", _exactly(secured, 4))
    if not 4 <= length <= _LONGEST_ANSWER:
        raise ConnectionError
    body = _exactly(secured, length - 4)
    if kind == b"R":
        return int.from_bytes(body[:4], "big"), ""
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    return -1, fields.get(b"C", b"").decode("ascii", "replace")


def _exactly(stream: ssl.SSLSocket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = stream.recv(count - len(found))
        if not part:
            raise ConnectionError
        found += part
    return found
