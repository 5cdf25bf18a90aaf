"""Writes down which database this PC works with. Addresses are without a password, and TLS is always verified."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

from clinic_desk import connection_file
from clinic_desk.database_address import check_authority
from clinic_desk.sharing import certificates

_SAFEST: Final = {"sslmode": "verify-full", "require_auth": "scram-sha-256", "gssencmode": "disable"}


def address_of(hosts: tuple[str, ...], port: int, database: str, authority: Path | None, login: str = "") -> str:
    """Return the address of a database at the first of these hosts that answers. `authority` None: the system's."""
    certificate = "system" if authority is None else str(authority)
    query: dict[str, str | tuple[str, ...]] = {**_SAFEST, "sslrootcert": certificate}
    several = hosts[1:] and tuple(host for host in hosts if not _is_ipv6(host))
    if len(several) > 1:  # an address of several hosts can hold no IPv6 address
        query["host"] = tuple(f"{host}:{port}" for host in several)
        url = URL.create("postgresql", login or None, None, None, None, database, query)
    else:
        url = URL.create("postgresql", login or None, None, (several or hosts)[0], port, database, query)
    return url.render_as_string(hide_password=False)


def connect_this_pc(
    config: Path, address: str, authority: Path | None, *, worker_address: str = "", shared_folder: Path | None = None
) -> None:
    """Have this user's program on this PC work with the database at `address` from its next start on.

    A login's password in the address is left out. The authority's file is copied beside, so that what it came on can
    be taken away. `shared_folder`: where this PC's own server lies, if it is that one. Raises Unusable for an
    `authority` that cannot be used, OSError.
    """
    named = str(make_url(address).query.get("sslrootcert", ""))
    if authority is None and named not in {"", "system"}:
        authority = Path(named)
    if authority is not None:
        authority = keep_authority(config, authority)
    values = {
        "database_url": _without_password(address, authority),
        "database_ca_file": str(authority or ""),
        "worker_database_url": _without_password(worker_address, authority) if worker_address else "",
        "shared_folder": str(shared_folder or ""),
    }
    connection_file.write(config, values)


def keep_authority(config: Path, authority: Path) -> Path:
    """Copy an authority's certificate into the configuration folder; return the copy. Raises Unusable, OSError."""
    check_authority(authority)
    pem = authority.read_text("utf-8")
    config.mkdir(parents=True, exist_ok=True, mode=0o700)
    # named by what is in it: one that is in use now stays as it is until the new address is written
    copy = config / f"authority-{certificates.fingerprint(pem).hex()[:16]}.pem"
    if not copy.exists() or copy.read_text("utf-8") != pem:
        connection_file.keep(copy, pem)
    return copy


def _without_password(address: str, authority: Path | None) -> str:
    url = make_url(address)
    url = url.set(drivername="postgresql")._replace(password=None)
    if authority is not None and "sslrootcert" in url.query:
        url = url.update_query_dict({"sslrootcert": str(authority)})
    return url.render_as_string(hide_password=False)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
