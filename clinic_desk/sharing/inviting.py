"""Makes pairing texts: on the PC that shares, or as a manager of any clinic whose server shows its authority."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import queries_pairing as queries
from clinic_desk.database.failures import translated
from clinic_desk.sharing import certificates, cluster, knock
from clinic_desk.sharing.pairing import FINGERPRINT_BYTES, SECRET_BYTES, login_of, password_of
from clinic_desk.sharing.plans import DATABASE, INVITED_FOR_HOURS, Pairing, Share, SharingError, Trouble

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from clinic_desk.database.engine import Database


def invite(share: Share, hours: int = INVITED_FOR_HOURS) -> Pairing:
    """Return what one more PC joins this PC's server with, once, within so many hours.

    Raises DatabaseDown when it is not up, NotAllowed, Busy.
    """
    engine = create_engine(cluster.owner_url(share.folder), poolclass=NullPool, hide_parameters=True)
    with translated(), engine.begin() as connection:
        return _invited(connection, _new(share.addresses, share.port, share.fingerprint, share.database), hours)


def invite_to(db: Database, hours: int = INVITED_FOR_HOURS) -> Pairing:
    """Return the same for the server that a manager is connected to. Waits.

    Raises SharingError (authority-not-sent) where other PCs cannot learn the authority from the server, NotAllowed
    (`manager`), DatabaseDown, Busy.
    """
    hosts, port = _places(db.url)
    fingerprint = _shown_authority(hosts, port, Path(str(db.url.query.get("sslrootcert", ""))))
    with db.writing() as connection:
        return _invited(connection, _new(hosts, port, fingerprint, db.url.database or DATABASE), hours)


def paired(db: Database) -> tuple[tuple[str, str], ...]:
    """Return (login, name) of every PC that joined by a pairing text. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        return queries.paired_desks(connection)


def dismiss(db: Database, login: str) -> int:
    """Have a PC that is gone send no more; return how many of its sessions the server did not let us end.

    People who signed in there are another matter: their passwords. Raises NotFound, NotAllowed, DatabaseDown, Busy.
    """
    with db.writing() as connection:
        return queries.dismiss_desk(connection, login)


def _invited(connection: Connection, place: Pairing, hours: int) -> Pairing:
    until = queries.invite_desk(connection, login_of(place.secret), password_of(place.secret), hours)
    return replace(place, valid_until=until)


def _new(addresses: tuple[str, ...], port: int, fingerprint: bytes, database: str) -> Pairing:
    return Pairing(addresses, port, fingerprint[:FINGERPRINT_BYTES], secrets.token_bytes(SECRET_BYTES), database)


def _places(url: URL) -> tuple[tuple[str, ...], int]:
    given = url.query.get("host", ())
    several = [each.rpartition(":") for each in ((given,) if isinstance(given, str) else given)]
    if several:
        return tuple(host for host, _, _ in several), int(several[0][2] or 5432)
    return (url.host or "",), url.port or 5432


def _shown_authority(hosts: tuple[str, ...], port: int, authority: Path) -> bytes:
    """The fingerprint of the authority that the server shows, and that this PC trusts it by."""
    try:
        trusted = certificates.fingerprint(authority.read_text("utf-8"))
        with knock.tls_to(hosts[0], port, authority) as secured:
            shown = [certificates.as_authority(der) for der in knock.shown(secured)]
    except (OSError, ValueError, knock.NoTls):
        shown, trusted = [], b""
    if not any(pem is not None and certificates.fingerprint(pem) == trusted for pem in shown):
        message = (
            "The server does not show its authority's certificate, so a pairing text cannot name it. Append that "
            "certificate to the server's file ssl_cert_file, or give the other PCs the address and the file."
        )
        raise SharingError(Trouble.AUTHORITY_NOT_SENT, message)
    return trusted
