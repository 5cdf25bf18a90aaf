"""A shared database over TLS: a certificate that is good for this host lets a desk in, nothing else does (T7).

Against a TLS front before the tests' server, so that this is tried everywhere, and against PostgreSQL's own TLS where a
build with OpenSSL is installed (the wheel's has none).
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

import psycopg2
import psycopg2.extensions
import pytest
from sqlalchemy import URL, make_url

from clinic_desk.database.embedded import join
from clinic_desk.database.embedded.account import is_root
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.listener import Listener, ListenerState, ListenerStateKind
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import DatabaseDown, InvalidInput
from clinic_desk.settings import load_settings
from tests.plugins.postgres import LOGINS, PostgresServer
from tests.support.certificates import TestCertificate, make_certificate
from tests.support.tls_front import TlsFront

HOST: Final = "db.clinic.test"
"""What the address calls the server; `hostaddr` says where it is, so that no name is looked up."""
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Secured:
    """A server that speaks TLS at `port` of 127.0.0.1. `said`: what it was told inside TLS, if that is known."""

    port: int
    user: str
    password: str
    database: str
    said: Callable[[], int]

    def address(self, authority: Path, host: str = HOST) -> str:
        """An address as a clinic would set it: without a word about `sslmode`."""
        query = {"hostaddr": "127.0.0.1", "sslrootcert": str(authority)}
        url = URL.create("postgresql", self.user, self.password, host, self.port, self.database, query)
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> TestCertificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), host=HOST)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> TestCertificate:
    """An authority that signed nothing here."""
    return make_certificate(tmp_path_factory.mktemp("stranger"), host=HOST)


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> TestCertificate:
    """A certificate that ended yesterday, of an authority that has not."""
    return make_certificate(tmp_path_factory.mktemp("expired"), host=HOST, days=(-3, -1))


def binaries_with_tls() -> Path:
    """The programs of an installed PostgreSQL that was built with OpenSSL; skips where there is none."""
    found = [shutil.which("pg_config"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_config")))]
    for program in filter(None, found):
        told = subprocess.run([program, "--bindir", "--configure"], capture_output=True, text=True, check=False).stdout
        folder = Path(told.partition("\n")[0])
        if "openssl" in told and (folder / "initdb").exists():
            return folder
    pytest.skip("no PostgreSQL with TLS is installed")


class Installed:
    """A cluster of the installed PostgreSQL, with TLS on 127.0.0.1, whose settings a test may change for a while."""

    def __init__(self, folder: Path, superuser: str, port: int) -> None:
        self.folder = folder
        self._superuser = superuser
        self.secured = Secured(port, "julia", "not-a-secret", "postgres", lambda: 0)

    def keep(self, file: Path, name: str) -> None:
        """Put a file into the cluster's folder, as its server reads it."""
        copy = Path(shutil.copy(file, self.folder / name))
        copy.chmod(0o600)
        if is_root():
            owner = self.folder.stat()
            os.chown(copy, owner.st_uid, owner.st_gid)

    def set(self, settings: dict[str, str]) -> None:
        """Change the server's settings; returns when new connections come to a server that knows them."""
        with self._connected() as before, before.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(f"ALTER SYSTEM SET {name} = %s", (value,))
            cursor.execute("SELECT pg_conf_load_time(), pg_reload_conf()")
            [(loaded, _)] = cursor.fetchall()
        ends = time.monotonic() + PATIENCE_S
        while self._load_time() == loaded:
            assert time.monotonic() < ends, "the server does not load its settings anew"

    def _load_time(self) -> object:
        with self._connected() as fresh, fresh.cursor() as cursor:
            cursor.execute("SELECT pg_conf_load_time()")
            return cursor.fetchall()[0][0]

    @contextmanager
    def _connected(self) -> Iterator[psycopg2.extensions.connection]:
        admin = psycopg2.connect(self._superuser)
        admin.autocommit = True
        try:
            yield admin
        finally:
            admin.close()

    @contextmanager
    def with_settings(self, **settings: str) -> Iterator[None]:
        """Have other settings for a while."""
        self.set(settings)
        try:
            yield
        finally:
            self.set(GOOD)

    @contextmanager
    def asking_julia_for(self, method: str) -> Iterator[None]:
        """Have the server ask this one login for something else for a while."""
        rules = self.folder / "pg_hba.conf"
        before = rules.read_text("utf-8")
        rules.write_text(f"host all julia all {method}\n{before}", "utf-8")
        self.set({})
        try:
            yield
        finally:
            rules.write_text(before, "utf-8")
            self.set({})


GOOD: Final = {"ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.key"}


@pytest.fixture(scope="module")
def installed(certificate: TestCertificate) -> Iterator[Installed]:
    binaries = binaries_with_tls()
    folder = Path(tempfile.mkdtemp(prefix="cd-tls-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        server = stack.enter_context(join(folder / "data", postgres_bin=binaries))
        superuser = server.superuser_url().set(drivername="postgresql").render_as_string(False)
        made = Installed(folder / "data" / "pgdata", superuser, server.address.port)
        made.keep(certificate.certificate, "server.pem")
        made.keep(certificate.key, "server.key")
        made.set(GOOD)
        admin = psycopg2.connect(superuser)
        stack.callback(admin.close)
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("CREATE ROLE julia LOGIN PASSWORD 'not-a-secret'")
        yield made


@pytest.fixture(scope="module")
def postgres_with_tls(installed: Installed) -> Secured:
    return installed.secured


@pytest.fixture
def front(postgres_server: PostgresServer, fresh_database: str, certificate: TestCertificate) -> Iterator[Secured]:
    url = postgres_server.url(fresh_database, LOGINS["clinic_reception"])
    with TlsFront(url, certificate.server_context()) as made:
        yield Secured(made.port, str(url.username), str(url.password), fresh_database, lambda: made.heard)


@pytest.fixture(params=["front", "postgres_with_tls"])
def secured(request: pytest.FixtureRequest) -> Secured:
    found: Secured = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk_at() -> Iterator[Callable[[str], Database]]:
    """A desk at an address as the program's settings make it."""
    made: list[Database] = []

    def make(address: str) -> Database:
        set_up = load_settings(database_url=address).database_url
        assert set_up is not None
        made.append(Database(set_up.get_secret_value(), DeskIdentity(new_id(), "Desk 1")))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


def reading(database: Database) -> None:
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")


def test_a_certificate_that_is_good_for_the_host_lets_the_desk_in_over_tls(
    secured: Secured, certificate: TestCertificate, desk_at: Callable[[str], Database]
) -> None:
    database = desk_at(secured.address(certificate.authority))
    assert database.url.query["sslmode"] == "verify-full"
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.info.ssl_in_use
        assert driver.info.ssl_attribute("protocol") == "TLSv1.3"


def test_the_listener_goes_by_the_same_way(secured: Secured, certificate: TestCertificate) -> None:
    address = load_settings(database_url=secured.address(certificate.authority)).database_url
    assert address is not None
    connected = Event()

    def on_state(state: ListenerState) -> None:
        if state.kind is ListenerStateKind.CONNECTED:
            connected.set()

    listener = Listener(make_url(address.get_secret_value()), 1, lambda _: None, on_state)
    listener.start()
    try:
        assert connected.wait(PATIENCE_S)
    finally:
        assert listener.stop()


def test_a_certificate_of_another_host_is_refused_before_a_password_is_said(
    secured: Secured, certificate: TestCertificate, desk_at: Callable[[str], Database]
) -> None:
    with pytest.raises(DatabaseDown, match="does not match host name"):
        reading(desk_at(secured.address(certificate.authority, host="other.clinic.test")))
    assert secured.said() == 0


def test_a_certificate_of_an_unknown_authority_is_refused_before_a_password_is_said(
    secured: Secured, stranger: TestCertificate, desk_at: Callable[[str], Database]
) -> None:
    with pytest.raises(DatabaseDown, match="certificate verify failed"):
        reading(desk_at(secured.address(stranger.authority)))
    assert secured.said() == 0


def test_without_the_authoritys_certificate_there_is_no_connection(secured: Secured, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no file"):
        load_settings(database_url=secured.address(tmp_path / "none.pem"))


def test_a_certificate_that_has_ended_is_refused_before_a_password_is_said(
    postgres_server: PostgresServer, fresh_database: str, expired: TestCertificate, desk_at: Callable[[str], Database]
) -> None:
    url = postgres_server.url(fresh_database, LOGINS["clinic_reception"])
    with TlsFront(url, expired.server_context()) as made:
        front = Secured(made.port, str(url.username), str(url.password), fresh_database, lambda: made.heard)
        with pytest.raises(DatabaseDown, match=r"certificate has expired|certificate verify failed"):
            reading(desk_at(front.address(expired.authority)))
        assert made.heard == 0


# --- the installed PostgreSQL, set up badly ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        ("ended", r"certificate has expired|certificate verify failed"),
        ("no TLS", "server does not support SSL"),
        ("password", 'authentication method requirement "scram-sha-256" failed'),
        ("trust", 'authentication method requirement "scram-sha-256" failed'),
    ],
    ids=lambda bad: bad[0],
)
def test_an_installed_postgresql_that_is_not_as_it_should_be_is_refused(
    installed: Installed,
    certificate: TestCertificate,
    expired: TestCertificate,
    desk_at: Callable[[str], Database],
    bad: tuple[str, str],
) -> None:
    how, said = bad
    installed.keep(expired.certificate, "ended.pem")
    installed.keep(expired.key, "ended.key")
    changed: dict[str, AbstractContextManager[None]] = {
        "ended": installed.with_settings(ssl_cert_file="ended.pem", ssl_key_file="ended.key"),
        "no TLS": installed.with_settings(ssl="off"),
    }
    authority = expired if how == "ended" else certificate
    with (
        changed.get(how) or installed.asking_julia_for(how),
        pytest.raises(DatabaseDown, match=said),
    ):
        reading(desk_at(installed.secured.address(authority.authority)))
    reading(desk_at(installed.secured.address(certificate.authority)))


def test_a_server_that_offers_no_tls_is_refused(
    postgres_server: PostgresServer,
    fresh_database: str,
    certificate: TestCertificate,
    desk_at: Callable[[str], Database],
) -> None:
    with postgres_server.admin.cursor() as cursor:
        cursor.execute("SHOW ssl")
        if cursor.fetchone() == ("on",):
            pytest.skip("the given server has TLS")
    url = postgres_server.url(fresh_database, LOGINS["clinic_reception"])
    plain = Secured(url.port or 5432, str(url.username), str(url.password), fresh_database, lambda: 0)
    with pytest.raises(DatabaseDown, match="server does not support SSL"):
        reading(desk_at(plain.address(certificate.authority)))
