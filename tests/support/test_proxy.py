"""The proxy that other tests break connections with does what it says."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import URL

from tests.support.proxy import COMMIT, FaultyProxy


@pytest.fixture
def echo_server() -> Iterator[tuple[str, int]]:
    """A server that answers each line with the same line in capitals, and closes when the client does."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65_536):
                connection.sendall(data.upper())

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    yield listening.getsockname()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    acceptor.join(5)
    for thread in threads:
        thread.join(5)


@pytest.fixture
def proxy(echo_server: tuple[str, int]) -> Iterator[FaultyProxy]:
    with FaultyProxy(echo_server) as proxy:
        yield proxy


def _client(proxy: FaultyProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def _say(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    answer = b""
    while len(answer) < len(text):
        answer += client.recv(65_536)
    return answer


def _is_silent(client: socket.socket) -> bool:
    client.settimeout(0.2)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)
    return False


def test_it_forwards_both_ways_also_more_than_the_buffers_hold(proxy: FaultyProxy) -> None:
    with _client(proxy) as client:
        assert _say(client, b"hello") == b"HELLO"
        long = b"x" * 3_000_000
        sender = threading.Thread(target=client.sendall, args=(long,))
        sender.start()
        answer = bytearray()
        while len(answer) < len(long):
            answer += client.recv(65_536)
        sender.join(5)
        assert bytes(answer) == long.upper()
        assert proxy.connections == 1


def test_an_end_is_passed_on_and_the_connection_forgotten(proxy: FaultyProxy) -> None:
    with _client(proxy) as client:
        assert _say(client, b"a") == b"A"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert proxy.connections == 0
    assert proxy.accepted == 1


def test_cut_all_resets_what_is_open_and_takes_new_ones(proxy: FaultyProxy) -> None:
    with _client(proxy) as first, _client(proxy) as second:
        assert _say(first, b"a") + _say(second, b"b") == b"AB"
        assert proxy.cut_all() == 2
        for client in (first, second):
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        with _client(proxy) as third:
            assert _say(third, b"c") == b"C"


def test_a_stall_holds_bytes_and_new_connections_until_it_ends(proxy: FaultyProxy) -> None:
    with _client(proxy) as client:
        assert _say(client, b"a") == b"A"
        proxy.stall()
        client.sendall(b"b")
        with _client(proxy) as late:
            late.sendall(b"c")
            assert _is_silent(client)
            assert _is_silent(late)
            proxy.resume()
            assert client.recv(1) == b"B"
            assert late.recv(1) == b"C"


def test_refusing_resets_and_refuses_until_it_ends_on_the_same_port(proxy: FaultyProxy) -> None:
    with _client(proxy) as client:
        assert _say(client, b"a") == b"A"
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _client(proxy)
    proxy.resume()
    with _client(proxy) as again:
        assert _say(again, b"b") == b"B"


def test_a_delay_holds_each_direction_back(proxy: FaultyProxy) -> None:
    with _client(proxy) as client:
        assert _say(client, b"a") == b"A"
        proxy.delay(150)
        client.sendall(b"b")
        assert _is_silent(client)  # 200 ms; the way there and back takes 300
        assert client.recv(1) == b"B"
        proxy.delay(0)
        assert _say(client, b"c") == b"C"


def test_a_server_that_is_not_there_resets_the_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = unused.getsockname()
    with FaultyProxy(address) as proxy, pytest.raises(ConnectionResetError), _client(proxy) as client:
        client.recv(1)


def test_a_watched_pattern_is_found_in_two_pieces_and_cuts_its_connection_only(proxy: FaultyProxy) -> None:
    with _client(proxy) as watched, _client(proxy) as other:
        sprung = proxy.cut_when(b"COMMIT", before_forward=True)
        assert _say(watched, b"COM") == b"COM"
        assert _say(other, b"MIT") == b"MIT"
        assert not sprung.is_set()
        watched.sendall(b"MIT")
        assert sprung.wait(5)
        with pytest.raises(ConnectionResetError):
            watched.recv(1)
        assert _say(other, b"COMMIT once only") == b"COMMIT ONCE ONLY"


def _table(url: URL, *, create: bool = False) -> list[tuple[int]]:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        if create:
            cursor.execute("CREATE TABLE probe (n integer)")
        cursor.execute("SELECT n FROM probe ORDER BY n")
        return list(cursor.fetchall())


def _insert(proxy: FaultyProxy, url: URL, number: int) -> None:
    dsn = proxy.url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(dsn, sslmode="disable", gssencmode="disable")
    try:
        connection.cursor().execute("INSERT INTO probe VALUES (%s)", (number,))
        connection.commit()
    finally:
        connection.close()


def test_a_commit_cut_before_it_is_forwarded_never_happened_and_one_cut_after_it_did(owner_url: URL) -> None:
    assert _table(owner_url, create=True) == []
    with FaultyProxy.before(owner_url) as proxy:
        for number, before_forward in ((1, True), (2, False)):
            sprung = proxy.cut_when(COMMIT, before_forward)
            with pytest.raises(psycopg2.OperationalError):
                _insert(proxy, owner_url, number)
            assert sprung.is_set()
        _insert(proxy, owner_url, 3)
    assert _table(owner_url) == [(2,), (3,)]


def test_a_stalled_commit_is_done_when_the_link_is_well_again(owner_url: URL) -> None:
    assert _table(owner_url, create=True) == []
    with FaultyProxy.before(owner_url) as proxy:
        sprung = proxy.cut_when(COMMIT, before_forward=True, stall=True)
        inserting = threading.Thread(target=_insert, args=(proxy, owner_url, 1))
        inserting.start()
        assert sprung.wait(5)
        assert _table(owner_url) == []
        proxy.resume()
        inserting.join(5)
    assert _table(owner_url) == [(1,)]
