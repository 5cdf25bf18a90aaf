"""A TLS front on loopback before a PostgreSQL server that has no TLS: it answers an SSLRequest, and forwards."""

import contextlib
import selectors
import socket
import ssl
import struct
import threading
from typing import Final, Self

from sqlalchemy import URL

_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_CHUNK: Final = 65_536
_PATIENCE_S: Final = 20.0


class TlsFront:
    """Listens at `port` of 127.0.0.1 and forwards what comes by TLS to the server of a URL. A context manager."""

    def __init__(self, url: URL, context: ssl.SSLContext) -> None:
        assert url.host
        self._target = (url.host, url.port or 5432)
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.heard = 0
        """How many bytes clients have said inside TLS: passwords would be among them."""
        self._ending = threading.Event()
        self._waking, self._wake = socket.socketpair()
        self._threads = [threading.Thread(target=self._accept, name="tls-front", daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._wake.close()  # every wait ends
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        for each in (self._listening, self._waking):
            each.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(self._waking, selectors.EVENT_READ)
            while selector.select() and not self._ending.is_set():
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,), name="tls-front client", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(_PATIENCE_S)
        with client, contextlib.suppress(OSError):  # a client that turns away is what these tests are about
            if client.recv(8, socket.MSG_WAITALL) != _SSL_REQUEST:
                return
            client.sendall(b"S")
            with (
                self._context.wrap_socket(client, server_side=True) as secured,
                socket.create_connection(self._target, _PATIENCE_S) as server,
            ):
                self._forward(secured, server)

    def _forward(self, client: ssl.SSLSocket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (client, server, self._waking):
                selector.register(each, selectors.EVENT_READ)
            while not self._ending.is_set():
                # what TLS has read and not handed over yet is not seen by select()
                ready = {key.fileobj for key, _ in selector.select(0 if client.pending() else None)}
                if client.pending() or client in ready:
                    said = client.recv(_CHUNK)
                    self.heard += len(said)
                    server.sendall(said)
                    if not said:
                        return
                if server in ready:
                    answered = server.recv(_CHUNK)
                    client.sendall(answered)
                    if not answered:
                        return
