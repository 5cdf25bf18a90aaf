"""A try of a connection says of each thing that can be wrong what it is; no password is said before the server proved
who it is.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest

from clinic_desk.database import schema
from clinic_desk.sharing import cluster, trying
from clinic_desk.sharing.plans import Share, TestKind, TestResult
from tests.plugins.postgres import PostgresServer
from tests.sharing.conftest import MANAGER
from tests.support.certificates import make_certificate
from tests.support.tls_front import TlsFront


def tried(address: str, login: str = MANAGER.login, password: str = MANAGER.password, **query: str) -> TestResult:
    more = "&".join(f"{name}={value}" for name, value in query.items())
    return trying.try_connection(f"{address}{'&' if '?' in address else '?'}{more}", None, login, password, limit_s=0.5)


def address(share: Share, host: str = "127.0.0.1", database: str = "clinic", authority: Path | None = None) -> str:
    return f"postgresql://{host}:{share.port}/{database}?sslmode=verify-full&sslrootcert={authority or share.authority}"


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """Something that answers so to whatever is asked, or (None) never."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client, suppress(ConnectionError):
                client.recv(8)
                if answer is not None:
                    client.sendall(answer)
                client.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def executed(share: Share, *statements: str, database: str = "postgres") -> None:
    url = cluster.superuser_url(share.folder, database).set(drivername="postgresql")
    with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def test_a_good_connection_is_good(share: Share) -> None:
    good = tried(address(share))
    assert good.is_good
    assert good.advice == "The connection works."
    assert tried(address(share), password="").kind is TestKind.NO_PASSWORD


def test_of_several_hosts_a_good_one_is_enough(share: Share) -> None:
    several = f"postgresql:///clinic?host=127.0.0.1:1&host=127.0.0.1:{share.port}&sslrootcert={share.authority}"
    assert tried(several, sslmode="verify-full").is_good


def test_an_address_that_is_none_is_told_without_what_was_typed() -> None:
    for typed in ("", "clinic", "http://db/clinic", "postgresql://julia:secret@host:port/clinic", "postgresql://host"):
        found = tried(typed)
        assert found.kind is TestKind.ADDRESS
        assert "secret" not in found.advice
    assert tried("postgresql://db.invalid/clinic", sslmode="prefer").kind is TestKind.ADDRESS
    assert tried("postgresql://db.invalid/clinic").kind is TestKind.NO_AUTHORITY
    assert tried("postgresql://db.invalid/clinic", sslrootcert="/none.pem").kind is TestKind.NO_AUTHORITY


def test_a_host_that_is_not_reached_is_told_how(
    share: Share, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror

    root = {"sslmode": "verify-full", "sslrootcert": str(share.authority)}
    with monkeypatch.context() as patched:
        patched.setattr(socket, "create_connection", unknown)
        assert tried("postgresql://db.invalid/clinic", **root).kind is TestKind.NAME
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    assert tried(f"postgresql://127.0.0.1:{port}/clinic", **root).kind is TestKind.REFUSED
    with listening(None) as port:
        silent = tried(f"postgresql://127.0.0.1:{port}/clinic", **root)
    assert (silent.kind, silent.host, silent.port) == (TestKind.TIMEOUT, "127.0.0.1", port)
    with listening(b"HTTP/1.1 400 Bad Request") as port:
        assert tried(f"postgresql://127.0.0.1:{port}/clinic", **root).kind is TestKind.NOT_POSTGRESQL
    plain = f"postgresql://127.0.0.1:{postgres_server.superuser_url.port}/clinic"
    assert tried(plain, **root).kind is TestKind.NO_TLS


def test_a_certificate_that_is_not_good_is_told_how(
    share: Share, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    stranger = make_certificate(tmp_path)
    assert tried(address(share, authority=stranger.authority)).kind is TestKind.UNKNOWN_AUTHORITY
    wrong = tried(address(share, host="db.clinic.test"), hostaddr="127.0.0.1")
    assert wrong.kind is TestKind.WRONG_HOST
    assert wrong.detail == "127.0.0.1, localhost"
    (tmp_path / "old").mkdir()
    ended = make_certificate(tmp_path / "old", days=(-3, -1))
    with TlsFront(postgres_server.superuser_url, ended.server_context()) as front:
        at = f"postgresql://127.0.0.1:{front.port}/clinic?sslmode=verify-full&sslrootcert={ended.authority}"
        assert tried(at).kind is TestKind.EXPIRED
        assert front.heard == 0


def test_who_is_not_let_in_is_told_why(share: Share) -> None:
    executed(
        share,
        "CREATE ROLE stranger LOGIN PASSWORD 'not-a-secret'",
        "CREATE ROLE gone NOLOGIN PASSWORD 'not-a-secret' IN ROLE clinic_reception",
        "CREATE ROLE looker LOGIN PASSWORD 'not-a-secret' IN ROLE clinic_readonly",
    )
    assert tried(address(share), password="wrong").kind is TestKind.WRONG_PASSWORD
    assert tried(address(share), "nobody", "wrong").kind is TestKind.WRONG_PASSWORD
    assert tried(address(share), "gone", "not-a-secret").kind is TestKind.LOGIN_CLOSED
    assert tried(address(share), "stranger", "not-a-secret").kind is TestKind.NO_RIGHTS
    assert tried(address(share), "looker", "not-a-secret").kind is TestKind.READ_ONLY
    assert tried(address(share, database="other")).kind is TestKind.NO_ENTRY


def test_a_server_that_asks_for_the_password_in_clear_is_told_none(share: Share) -> None:
    rules = share.folder / "pgdata" / "pg_hba.conf"
    before = rules.read_text("utf-8")
    try:
        for method in ("password", "md5", "trust"):
            rules.write_text(f"hostssl clinic careless all {method}\n{before}", "utf-8")
            executed(
                share,
                "SET password_encryption = 'md5'",
                "DROP ROLE IF EXISTS careless",
                "CREATE ROLE careless LOGIN PASSWORD 'x'",
                "SELECT pg_reload_conf()",
            )
            assert tried_until(share, TestKind.CLEAR_TEXT)
    finally:
        rules.write_text(before, "utf-8")
        executed(share, "SELECT pg_reload_conf()")


def tried_until(share: Share, kind: TestKind) -> bool:
    """The server reads its rules anew a moment after it was told to."""
    return any(tried(address(share), "careless", "x").kind is kind for _ in range(200))


def test_what_is_in_the_database_is_told(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    superuser = cluster.superuser_url(share.folder)
    rules = (str(superuser.username), str(superuser.password))
    empty = tried(address(share, database="postgres"), *rules)
    assert empty.kind is TestKind.EMPTY
    none = tried(address(share, database="none"), *rules)
    assert none.kind is TestKind.NO_DATABASE
    executed(share, "CREATE TABLE thing (id integer)")
    assert tried(address(share, database="postgres"), *rules).kind is TestKind.FOREIGN
    executed(share, "DROP TABLE thing")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "EXPECTED_REVISION", "9999")
        assert tried(address(share)).kind is TestKind.SCHEMA_OLDER
        patched.setattr(schema, "known_revisions", tuple)
        assert tried(address(share)).kind is TestKind.SCHEMA_NEWER
        patched.setattr(trying, "_LOOK", "SELECT true, true, true, true, true, true")
        assert tried(address(share)).kind is TestKind.STANDBY
        patched.setattr(trying, "OLDEST_MAJOR", 99)
        assert tried(address(share)).kind is TestKind.TOO_OLD


def test_every_kind_has_its_advice() -> None:
    assert set(trying.ADVICE) == set(TestKind)
