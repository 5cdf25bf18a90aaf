"""Makes pairing texts: on the PC that shares, or as a manager of any clinic whose server shows its authority."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database.failures import translated
from clinic_desk.database.queries import pairing as queries
from clinic_desk.database.queries import secrets as queries_secrets
from clinic_desk.domain.pcs import should_send
from clinic_desk.sharing import certificates, cluster, handing_over, knock
from clinic_desk.sharing.pairing import FINGERPRINT_BYTES, SECRET_BYTES, one_time
from clinic_desk.sharing.plans import DATABASE, INVITED_FOR_HOURS, Pairing, Share, SharingError, Trouble

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from clinic_desk.database.engine import Database


def invite(share: Share, hours: int = INVITED_FOR_HOURS, *, sends: bool | None = None) -> Pairing:
    """Return what one more PC joins this PC's server with, once, within so many hours.

    `sends`: it is to send messages, and is handed the clinic key for that; None: if few PCs do. Raises DatabaseDown
    when the server is not up, NotAllowed, Busy.
    """
    engine = create_engine(cluster.owner_url(share.folder), poolclass=NullPool, hide_parameters=True)
    place = _new(share.addresses, share.port, share.fingerprint, share.database)
    with translated(), engine.begin() as connection:
        known = _known(connection)
    place, sealed = _with_key(place, known, sends=sends)  # no transaction is open while a keyring asks its user
    with translated(), engine.begin() as connection:
        return _invited(connection, place, hours, sealed)


def invite_to(db: Database, hours: int = INVITED_FOR_HOURS, *, sends: bool | None = None) -> Pairing:
    """Return the same for the server that a manager is connected to. Waits.

    Raises SharingError (authority-not-sent) where other PCs cannot learn the authority from the server, NotAllowed
    (`manager`), DatabaseDown, Busy.
    """
    hosts, port = _places(db.url)
    fingerprint = _shown_authority(hosts, port, Path(str(db.url.query.get("sslrootcert", ""))))
    place = _new(hosts, port, fingerprint, db.url.database or DATABASE)
    with db.reading() as connection:
        known = _known(connection)
    place, sealed = _with_key(place, known, sends=sends)
    with db.writing() as connection:
        return _invited(connection, place, hours, sealed)


def _known(connection: Connection) -> tuple[int, frozenset[str]]:
    """(how many PCs send, the ids of the keys that the clinic's passwords are encrypted with)."""
    keys = frozenset(secret.key_id for secret in queries_secrets.kept_secrets(connection))
    return queries.sending_pcs(connection), keys


def _with_key(place: Pairing, known: tuple[int, frozenset[str]], *, sends: bool | None) -> tuple[Pairing, str]:
    """(the pairing, the clinic key sealed for the PC that comes by it; "" for none)."""
    sending, needed = known
    if sends is None:
        sends = should_send(sending)
    if not sends:
        return replace(place, sends=False), ""
    key, trouble = handing_over.key_here(needed)
    sealed = "" if key is None else handing_over.seal(key, one_time(place.secret))
    return replace(place, sends=True, key_trouble=trouble), sealed


def _invited(connection: Connection, place: Pairing, hours: int, sealed: str) -> Pairing:
    known = one_time(place.secret)
    until = queries.invite_desk(connection, known.login, known.password, hours, sends=place.sends, sealed=sealed)
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
