"""An encrypted way to the server for pg_dump and pg_restore that come without TLS: this program encrypts for them.

It listens on this PC alone, for as long as the other program runs, and passes on what it says; the server's certificate
is checked as the address asks for, and who comes in by it still needs a password (SCRAM) at the server.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
import threading
from contextlib import contextmanager, suppress
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.backups.problems import BackupFailed, Problem

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from sqlalchemy import URL

HERE: Final = "127.0.0.1"
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_YES: Final = b"S"
_PIECE: Final = 256 * 1024
_ERROR, _AUTHENTICATION, _SASL = b"E", b"R", (10).to_bytes(4, "big")
_BOUND: Final = b"SCRAM-SHA-256-PLUS\0"
_LONGEST: Final = 64 * 1024
_PATIENCE_S: Final = 10.0


@contextmanager
def tunnel(url: URL) -> Iterator[URL]:
    """Give the address by which a program of this PC reaches the server of `url`, for the block.

    `url` names one server. Raises BackupFailed(database) for a certificate's file that cannot be used.
    """
    try:
        context = tls_context({name: str(value) for name, value in url.query.items()})
    except (OSError, ValueError) as error:
        raise BackupFailed(Problem.DATABASE, "the certificate to check the server by cannot be used") from error
    carrier = _Carrier(url, context)
    thread = threading.Thread(target=carrier.run, name="backup tunnel", daemon=True)
    thread.start()
    try:
        port = carrier.port()
        plain = url.difference_update_query([name for name in url.query if name.startswith(("ssl", "host", "channel"))])
        yield plain.set(host=HERE, port=port).update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
    finally:
        carrier.end()
        thread.join()


def tls_context(query: dict[str, str]) -> ssl.SSLContext:
    """Return what libpq would check of a server for these parameters of an address. Raises OSError."""
    mode, authority = query.get("sslmode", ""), query.get("sslrootcert", "")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    usual = _usual_authority()
    if authority == "system":
        context.load_default_certs()
    elif authority or usual.exists():
        context.load_verify_locations(authority or usual)
    elif mode not in {"verify-ca", "verify-full"}:
        context.verify_mode = ssl.CERT_NONE  # as libpq without any certificate to check by
    if query.get("sslcert"):
        context.load_cert_chain(query["sslcert"], query.get("sslkey") or None)
    return context


def _usual_authority() -> Path:
    if sys.platform == "win32":
        return Path(environ.get("APPDATA", ""), "postgresql", "root.crt")
    return Path.home() / ".postgresql" / "root.crt"


class _Carrier:
    """Carries what comes in to the server and back, on a thread of its own."""

    def __init__(self, url: URL, context: ssl.SSLContext) -> None:
        self._server = url.host or "localhost", url.port or 5432
        self._context = context
        self._listening = socket.create_server((HERE, 0))
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()

    def port(self) -> int:
        """Where it listens: at once, before the thread runs."""
        return int(self._listening.getsockname()[1])

    def end(self) -> None:
        """Have the thread end; what is still open is closed."""
        self._loop.call_soon_threadsafe(self._ended.set)

    def run(self) -> None:
        """Serve until the end."""
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def come_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(self._loop.create_task(self._carry(reader, writer)))

        server = await asyncio.start_server(come_in, sock=self._listening, limit=_PIECE)
        await self._ended.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):  # a certificate that is not the right one is an OSError, too
                asked = await self._loop.run_in_executor(None, self._ask)
                far_reader, far_writer = await asyncio.open_connection(
                    sock=asked, ssl=self._context, server_hostname=self._server[0], limit=_PIECE
                )
                try:
                    await self._both(_pass_on(reader, far_writer), _answer(far_reader, writer))
                finally:
                    await _closed(far_writer)
        finally:
            await _closed(writer)

    async def _both(self, *ways: Coroutine[Any, Any, None]) -> None:
        """Pass on both ways until one of them ends."""
        tasks = [self._loop.create_task(each) for each in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(self) -> socket.socket:
        """Ask the server to go on encrypted; nothing that it says before is taken for what it says then."""
        asked = socket.create_connection(self._server, timeout=_PATIENCE_S)
        try:
            asked.sendall(_SSL_REQUEST)
            if asked.recv(1) != _YES:
                raise ConnectionRefusedError
            asked.setblocking(False)
        except BaseException:
            asked.close()
            raise
        return asked


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close it; at once if this task is to end, for a server may leave the farewell of an encryption unanswered."""
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return
    except asyncio.CancelledError:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: Any, writer: Any) -> None:
    """Pass on what the server says. libpq takes a server for a false one that offers to bind the password to an
    encryption that it does not see: that offer is left out.
    """
    with suppress(OSError, EOFError):
        kind = b""
        while kind not in {_AUTHENTICATION, _ERROR}:
            kind, length = await reader.readexactly(1), int.from_bytes(await reader.readexactly(4), "big")
            if length > _LONGEST:
                return
            said = await reader.readexactly(length - 4)
            if kind == _AUTHENTICATION and said.startswith(_SASL):
                said = said.replace(_BOUND, b"", 1)
            writer.write(kind + (len(said) + 4).to_bytes(4, "big") + said)
        await _pass_on(reader, writer)


async def _pass_on(reader: Any, writer: Any) -> None:
    with suppress(OSError):
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
