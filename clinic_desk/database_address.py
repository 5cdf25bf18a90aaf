"""What the address of a database must say before a password goes over a network, and what only an administrator may
allow instead.

libpq's own default, `sslmode=prefer`, goes on in clear text and hands a false server the password (PROMISES.md T7). For
any server that is not on this computer the safest settings are meant where the address says nothing, and weaker ones
are refused, unless a file that only an administrator of this computer can write names the server's host:

    Linux      /etc/clinic-desk/connection.toml
    macOS      /Library/Application Support/clinic-desk/connection.toml
    Windows    C:\\ProgramData\\clinic-desk\\connection.toml

with the line `weaker_connection_to = ["192.168.1.5"]`. On Linux and macOS the file and its folder must be root's, and
nobody else may write to them; on Windows they must be owned by the administrators or the system.
"""

from __future__ import annotations

import os
import ssl
import stat
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

_SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg2"})
_LOCAL: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})
_SAFEST: Final = {"sslmode": "verify-full", "require_auth": "scram-sha-256", "gssencmode": "disable"}
"""With encryption by Kerberos libpq looks at no certificate, so it is not asked for."""
_OLD_TLS: Final = frozenset({"TLSv1", "TLSv1.1"})
_ONCE: Final = frozenset({*_SAFEST, "sslrootcert", "ssl_min_protocol_version", "service", "dsn"})
_NO_ADDRESS: Final = "not a PostgreSQL address"
_LINE: Final = "weaker_connection_to"
_ROOT: Final = 0


class Unusable(ValueError):
    """An address or a certificate's file that cannot be used; `expected` says what would do, without any password."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def secured(address: str, authority: Path | None = None) -> str:
    """Return the address with the safest settings where it says none; `authority`: the file to check the server by.

    Raises Unusable for weaker settings that no administrator allows and for a file that holds no certificate, and
    ValueError for what is no address at all.
    """
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    if parts.scheme not in _SCHEMES:
        raise ValueError(_NO_ADDRESS)
    if twice := sorted(name for name in _ONCE & set(query) if len(query[name]) > 1):
        raise Unusable(f"{twice[0]} once only")
    given = query.get("sslrootcert", [""])[0]
    if given and given != "system":
        check_authority(Path(given))
    remote = _remote(address)
    if not remote:
        return address
    _refuse_what_is_weaker(address, remote)
    added = {name: value for name, value in _SAFEST.items() if name not in query}
    if authority is not None and not given:
        added["sslrootcert"] = quote(str(authority), safe="/")
    rest = "&".join(f"{name}={value}" for name, value in added.items())
    return address if not rest else f"{address.rstrip('?')}{'&' if parts.query else '?'}{rest}"


def _refuse_what_is_weaker(address: str, remote: frozenset[str]) -> None:
    weak = weakness(address)
    if weak and not remote <= allowed_hosts():
        raise Unusable(
            "sslmode=verify-full and require_auth=scram-sha-256 for a server on another computer; "
            f"{weak} only if an administrator of this computer names {', '.join(sorted(remote))} in {managers_file()}"
        )


def weakness(address: str) -> str:
    """Return what an address asks for over a network that is weaker than it should be, such as "sslmode=disable"."""
    if not _remote(address):
        return ""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    weak = [f"{name}={query[name]}" for name, safest in _SAFEST.items() if query.get(name, safest) != safest]
    oldest = query.get("ssl_min_protocol_version", "")
    return ", ".join([*weak, f"ssl_min_protocol_version={oldest}"] if oldest in _OLD_TLS else weak)


def _remote(address: str) -> frozenset[str]:
    """The hosts of an address that are not this computer; what libpq would add from elsewhere counts too."""
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    named = [parts.hostname or "", *(host for given in query.get("host", []) for host in given.split(","))]
    hosts = [_without_port(host) for host in named if host]
    hosts += [one for given in query.get("hostaddr", []) for one in given.split(",")]
    if not hosts:
        hosts = [os.environ.get("PGHOST", ""), os.environ.get("PGHOSTADDR", "")]
    hosts += [f"service {name}" for name in (*query.get("service", []), os.environ.get("PGSERVICE", "")) if name]
    hosts += ["dsn" for _ in query.get("dsn", [])]
    return frozenset(host.casefold() for host in hosts if host.casefold() not in _LOCAL and not host.startswith("/"))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (
        name.strip("[]") if colon and port.isdigit() and (":" not in name or name.endswith("]")) else host.strip("[]")
    )


# --- the certificate of the server's authority ------------------------------------------------------------------------


def check_authority(file: Path) -> None:
    """Raise Unusable unless the file holds certificates, in PEM, of which one at least has not ended."""
    wanted = "a file with the certificate of the authority that signed the server's, in PEM"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=file)
    except FileNotFoundError:
        raise Unusable(f"{wanted}; there is no file {file}") from None
    except ssl.SSLError:
        raise Unusable(f"{wanted}; {file} is something else") from None
    except OSError:
        raise Unusable(f"{wanted}; {file} cannot be read") from None
    if not context.cert_store_stats()["x509"]:
        raise Unusable(f"{wanted}; {file} holds none")
    ends = [ssl.cert_time_to_seconds(str(each["notAfter"])) for each in context.get_ca_certs() if "notAfter" in each]
    if ends and max(ends) < datetime.now(UTC).timestamp():
        ended = datetime.fromtimestamp(max(ends), UTC)
        raise Unusable(f"{wanted}, that has not ended; that of {file} ended on {ended:%Y-%m-%d}")


# --- what an administrator allows -------------------------------------------------------------------------------------


def managers_file() -> Path:
    """Where an administrator may allow weaker connections. No variable of the environment leads elsewhere."""
    if sys.platform == "win32":
        from clinic_desk.windows_files import program_data

        folder = program_data() / "clinic-desk"
    elif sys.platform == "darwin":
        folder = Path("/Library/Application Support/clinic-desk")
    else:
        folder = Path("/etc/clinic-desk")
    return folder / "connection.toml"


def allowed_hosts(file: Path | None = None, owner: int = _ROOT) -> frozenset[str]:
    """Return the hosts to which an administrator allows weaker connections; `owner`: the user the file must belong to.

    Raises Unusable for a file that somebody else could have written, or that says something else.
    """
    file = file or managers_file()
    try:
        text = _administrators_text(file, owner)
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError):
        raise Unusable(f"a file that can be read: {file}") from None
    try:
        hosts = tomllib.loads(text).get(_LINE, [])
    except tomllib.TOMLDecodeError:
        hosts = None
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise Unusable(f'the line {_LINE} = ["host"] in {file}')
    return frozenset(host.casefold() for host in hosts)


def _administrators_text(file: Path, owner: int) -> str:
    """What stands in the file, after a look at whose it is: at what was opened, so that nothing can take its place."""
    with file.open("rb") as opened:
        if sys.platform == "win32":
            from clinic_desk.windows_files import is_of_administrators

            trusted = is_of_administrators(file.parent) and is_of_administrators(file)
        else:
            found = os.fstat(opened.fileno())
            trusted = stat.S_ISREG(found.st_mode) and not file.is_symlink()
            trusted = trusted and all(_is_closed(each, owner) for each in (found, file.parent.stat()))
        if not trusted:
            raise Unusable(f"a file and a folder that only an administrator can write to: {file}")
        return opened.read(65_536).decode()


def _is_closed(found: os.stat_result, owner: int) -> bool:
    return found.st_uid == owner and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
