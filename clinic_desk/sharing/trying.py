"""Tries a connection to a database as a desk would make it, step by step; says of the first thing that is wrong what it
is and what to do about it. No password is said before the server has proved who it is.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import make_url

from clinic_desk.database import schema
from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.failures import is_shut_out, translate
from clinic_desk.database.knocking import refused_sign_in
from clinic_desk.database_address import Unusable, secured
from clinic_desk.errors import DatabaseDown, LoginClosed, NotAllowed, WrongPassword
from clinic_desk.sharing import knock
from clinic_desk.sharing.plans import OLDEST_MAJOR, TestKind, TestResult

if TYPE_CHECKING:
    import psycopg2.extensions
    from sqlalchemy import URL

ADVICE: Final = {
    TestKind.GOOD: "The connection works.",
    TestKind.READ_ONLY: "The connection works; this login may look and change nothing.",
    TestKind.ONE_TIME_CODE: "The connection works; this is a one-time code, with which a password is chosen first.",
    TestKind.ADDRESS: "The address cannot be used: {detail}.",
    TestKind.NAME: "No computer is called {host} here. Check the spelling, or use its IP address.",
    TestKind.REFUSED: "{host} answers, but nothing listens at its port {port}. Is PostgreSQL started there, does it "
    "listen on the network (listen_addresses), and is the port right?",
    TestKind.TIMEOUT: "{host} does not answer at port {port}. Is it on, in the same network, and does its firewall let "
    "this port through?",
    TestKind.NO_TLS: "The server at {host} offers no encryption. Whoever looks after it sets ssl = on; passwords and "
    "patients' data do not go over a network in clear.",
    TestKind.NO_AUTHORITY: "The certificate of the server's authority is needed: {detail}.",
    TestKind.UNKNOWN_AUTHORITY: "The certificate of the server at {host} is signed by an authority that was not named, "
    "and that this PC does not know. Name the file with its authority's certificate: whoever looks after the server "
    "has it. If it was right before, do not go on.",
    TestKind.WRONG_HOST: "The server's certificate is not for {host} but for {detail}. Use that name in the address, "
    "or have the certificate made for {host}, too.",
    TestKind.EXPIRED: "The certificate of the server at {host} is not valid today. It has to be renewed there; or the "
    "clock of this PC is wrong.",
    TestKind.TLS_FAILED: "No encrypted connection to {host} could be agreed on ({detail}). It needs TLS 1.2 or newer.",
    TestKind.NOT_POSTGRESQL: "What answers at {host} port {port} is no PostgreSQL server. Check the port.",
    TestKind.CLEAR_TEXT: "The server at {host} asks for the password in a way that could give it away ({detail}). Its "
    "pg_hba.conf has to say scram-sha-256 for this login.",
    TestKind.NO_ENTRY: "The server at {host} does not let {login} into the database {detail} from this PC. Check the "
    "database's name; if it is right, the server's pg_hba.conf needs a line hostssl … scram-sha-256 for this PC's "
    "network.",
    TestKind.NO_PASSWORD: "A login and its password are needed to try further; up to there everything is right.",
    TestKind.WRONG_PASSWORD: "The server does not take this login with this password. Capital letters count.",
    TestKind.LOGIN_CLOSED: "The login {login} may not sign in any more. A manager of the clinic can open it again.",
    TestKind.NO_DATABASE: "There is no database {detail} on the server. Check its name, or have the clinic made there.",
    TestKind.NO_RIGHTS: "The login {login} may not use the database {detail}. A manager of the clinic adds people.",
    TestKind.FULL: "The server has no connection free. Its max_connections is too low for so many desks.",
    TestKind.STARTING: "The server is just starting or stopping. Try again in a minute.",
    TestKind.TOO_OLD: "The server is PostgreSQL {detail}; 14 or newer is needed.",
    TestKind.STANDBY: "The server is a standby copy that takes no changes. Name the primary, too: several hosts "
    "may be given, and the program finds the one that takes changes.",
    TestKind.EMPTY: "The database is empty: no clinic was made in it yet.",
    TestKind.FOREIGN: "The database belongs to another program. Use one of its own for the clinic.",
    TestKind.SCHEMA_OLDER: "The clinic's database is of an older version ({detail}): a manager upgrades it first.",
    TestKind.SCHEMA_NEWER: "The clinic's database is of a newer version ({detail}): update Clinic Desk on this PC.",
    TestKind.FAILED: "The connection failed: {detail}.",
}
"""The sentence of each kind; a window has its own, with the same fields."""

_EXPIRED: Final = frozenset({9, 10})
"""OpenSSL's verification errors: not yet valid, has expired."""
_WRONG_HOST: Final = frozenset({62, 64})
_ASKED: Final = {0: "no password at all", knock.CLEAR_TEXT: "in clear text", knock.MD5: "by MD5"}
_NO_ENTRY: Final = "28000"
_STATES: Final = {
    "53300": TestKind.FULL,
    "57P03": TestKind.STARTING,
    "3D000": TestKind.NO_DATABASE,
    "28P01": TestKind.WRONG_PASSWORD,
    _NO_ENTRY: TestKind.NO_ENTRY,
}
_FAULTS: Final[dict[type[OSError], TestKind]] = {
    ssl.SSLError: TestKind.TLS_FAILED,
    socket.gaierror: TestKind.NAME,
    TimeoutError: TestKind.TIMEOUT,
    ConnectionRefusedError: TestKind.REFUSED,
    ConnectionError: TestKind.NOT_POSTGRESQL,
}
"""Any other fault: no route to the host, the network is unreachable."""
_MISSING: Final = re.compile(r"does not exist|existiert nicht")
_TOO_MANY: Final = re.compile(r"too many (clients|connections)|remaining connection slots")
_LOOK: Final = """
SELECT pg_is_in_recovery(),
       pg_has_role(session_user, to_regrole('clinic_reception'), 'MEMBER')
           OR pg_has_role(session_user, to_regrole('clinic_manager'), 'MEMBER'),
       pg_has_role(session_user, to_regrole('clinic_password'), 'MEMBER'),
       to_regclass('public.alembic_version') IS NOT NULL,
       to_regclass('public.practitioner') IS NOT NULL,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                   AND n.nspname !~ '^pg_')
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """A host to try: `host` is what the certificate must be for, `at` where it is."""

    host: str
    at: str
    port: int


def try_connection(
    address: str, authority: Path | None = None, login: str = "", password: str = "", *, limit_s: float = knock.LIMIT_S
) -> TestResult:
    """Try the address of a database, of one or several hosts; `authority`: the file its server is checked by.

    Without a password it is tried as far as that goes, and `no-password` says that so far all is right. Of several
    hosts the first that is good decides, else the first that is not. `limit_s`: seconds for each answer of a host.
    Raises nothing.
    """
    try:
        url = make_url(secured(address, authority)).set(drivername="postgresql+psycopg2")
    except Unusable as unusable:
        kind = TestKind.NO_AUTHORITY if "certificate" in unusable.expected else TestKind.ADDRESS
        return _result(kind, None, detail=f"expected {unusable.expected}")
    except Exception:  # what SQLAlchemy and urllib raise for what is no address quotes it, with what may be a password
        return _result(TestKind.ADDRESS, None, detail="it should read postgresql://host:5432/database")
    url = url.set(username=login or url.username, password=password or url.password)
    if not url.database:
        return _result(TestKind.ADDRESS, None, detail="the name of the database is missing")
    first: TestResult | None = None
    for place in _places(url):
        found = _tried(place, url, limit_s)
        if found.is_good or found.kind is TestKind.NO_PASSWORD:
            return found
        first = first if first is not None and first.kind is not TestKind.STANDBY else found
    return first or _result(TestKind.ADDRESS, None, detail="the host is missing")


def _places(url: URL) -> list[_Place]:
    given = url.query.get("host", ())
    several = (given,) if isinstance(given, str) else given
    if not several:
        at = url.query.get("hostaddr", "")
        host = url.host or "localhost"
        return [_Place(host, str(at) or host, url.port or 5432)]
    parts = [each.rpartition(":") for each in several]
    return [
        _Place(host or port, host or port, int(port) if host and port.isdigit() else 5432) for host, _, port in parts
    ]


def _tried(place: _Place, url: URL, limit_s: float) -> TestResult:
    if url.query.get("sslmode", "") == "verify-full":
        problem = _door(place, url, limit_s)
        if problem is not None:
            return problem
    if not url.password:
        return _result(TestKind.NO_PASSWORD, place, login=url.username)
    return _inside(place, url)


def _door(place: _Place, url: URL, limit_s: float) -> TestResult | None:
    """What is wrong up to the server's asking for a password; None: nothing."""
    root = str(url.query.get("sslrootcert", ""))
    if not root:
        return _result(TestKind.NO_AUTHORITY, place, detail="name its file, in PEM, or sslrootcert=system")
    try:
        authority = None if root == "system" else Path(root)
        with knock.tls_to(place.host, place.port, authority, at=place.at, limit_s=limit_s) as stream:
            method, state = knock.asked_for(stream, url.username or "clinic", url.database or "")
    except knock.NoTls as answer:
        return _result(TestKind.NO_TLS if answer.is_postgresql else TestKind.NOT_POSTGRESQL, place)
    except OSError as error:
        return _unreached(place, error)
    if method == -1:
        return _result(_STATES.get(state, TestKind.FAILED), place, login=url.username, detail=url.database or state)
    if method != knock.SASL:
        return _result(TestKind.CLEAR_TEXT, place, detail=_ASKED.get(method, "by another way than SCRAM"))
    return None


def _unreached(place: _Place, error: OSError) -> TestResult:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(place, error)
    kind = next((kind for class_, kind in _FAULTS.items() if isinstance(error, class_)), TestKind.TIMEOUT)
    return _result(kind, place, detail=getattr(error, "reason", "") or "TLS")


def _certificate(place: _Place, error: ssl.SSLCertVerificationError) -> TestResult:
    if error.verify_code in _EXPIRED:
        return _result(TestKind.EXPIRED, place)
    if error.verify_code in _WRONG_HOST:
        return _result(TestKind.WRONG_HOST, place, detail=_names_of(place) or "another one")
    return _result(TestKind.UNKNOWN_AUTHORITY, place)


def _names_of(place: _Place) -> str:
    """The names and addresses in the certificate that the server shows, unverified: to be shown, not to be trusted."""
    from cryptography import x509

    try:
        with knock.tls_to(place.host, place.port, trusting=True, at=place.at) as stream:
            certificate = x509.load_der_x509_certificate(knock.shown(stream)[0])
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, IndexError, knock.NoTls, x509.ExtensionNotFound):
        return ""
    return ", ".join(str(name.value) for name in names)[:200]


def _inside(place: _Place, url: URL) -> TestResult:
    """Sign in, and look at what is there."""
    import psycopg2

    arguments = driver_arguments(url, "clinic-desk test") | {"host": place.host, "port": place.port}
    arguments.pop("target_session_attrs", None)
    try:
        with closing(psycopg2.connect(**arguments)) as connection:
            return _looked(place, url, connection)
    except psycopg2.Error as error:
        return _refused(place, url, error)


def _refused(place: _Place, url: URL, error: psycopg2.Error) -> TestResult:
    why = translate(error)
    refusal = refused_sign_in(why, url) if isinstance(why, DatabaseDown) else why
    if isinstance(refusal, LoginClosed):
        return _result(TestKind.LOGIN_CLOSED, place, login=url.username, detail=url.database)
    if isinstance(refusal, WrongPassword):
        return _result(TestKind.WRONG_PASSWORD, place, login=url.username)
    if isinstance(refusal, NotAllowed):
        kind = TestKind.NO_DATABASE if _MISSING.search(str(refusal)) else TestKind.NO_RIGHTS
        return _result(kind, place, login=url.username, detail=url.database)
    if _TOO_MANY.search(str(why)):
        return _result(TestKind.FULL, place)
    if isinstance(why, DatabaseDown) and not is_shut_out(why, url):
        return _result(TestKind.FAILED, place, detail="the server ended the connection")
    return _result(TestKind.FAILED, place, detail="the server does not say why")


def _looked(place: _Place, url: URL, connection: psycopg2.extensions.connection) -> TestResult:
    version = connection.server_version // 10_000
    if version < OLDEST_MAJOR:
        return _result(TestKind.TOO_OLD, place, detail=str(version))
    is_standby, writes, is_code, has_versions, is_ours, has_tables = _asked(connection, _LOOK)
    if is_standby:
        return _result(TestKind.STANDBY, place)
    if not (has_versions and is_ours):
        return _result(TestKind.FOREIGN if has_tables else TestKind.EMPTY, place)
    (may_look,) = _asked(connection, "SELECT has_table_privilege('public.alembic_version', 'SELECT')")
    if not may_look:
        kind = TestKind.ONE_TIME_CODE if is_code else TestKind.NO_RIGHTS
        return _result(kind, place, login=url.username, detail=url.database)
    (found,) = _asked(connection, "SELECT version_num FROM public.alembic_version")
    if found != schema.EXPECTED_REVISION:
        is_older = found in schema.known_revisions()
        return _result(TestKind.SCHEMA_OLDER if is_older else TestKind.SCHEMA_NEWER, place, detail=str(found))
    return _result(TestKind.GOOD if writes else TestKind.READ_ONLY, place)


def _asked(connection: psycopg2.extensions.connection, question: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone() or ()


def _result(kind: TestKind, place: _Place | None, *, login: str | None = "", detail: str | None = "") -> TestResult:
    host, port = (place.host, place.port) if place is not None else ("", 0)
    advice = ADVICE[kind].format(host=host, port=port, login=login, detail=detail)
    return TestResult(kind, advice, host, port, detail or "")
