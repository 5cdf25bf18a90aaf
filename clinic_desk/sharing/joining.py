"""Joins a clinic by a pairing text: learns the server's authority and compares its fingerprint, uses the secret up, and
writes down this PC's connection. Passwords go into the keyring only.

Killed at any moment it can be done again with the same text, on the same PC: what was made before is found again.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url

from clinic_desk import connection_file
from clinic_desk.database import queries_pairing as queries
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.errors import DatabaseDown, NotAllowed
from clinic_desk.notifications import credentials
from clinic_desk.sharing import certificates, connecting, knock
from clinic_desk.sharing.pairing import FINGERPRINT_BYTES, login_of, password_of
from clinic_desk.sharing.plans import Joined, Pairing, SharingError, Step, Tell, Trouble, tell_nobody

if TYPE_CHECKING:
    from sqlalchemy import URL

PASSWORD: Final = "worker_database_password"  # noqa: S105 - its name in the keyring
NEXT: Final = "worker_database_password_next"
_OVER: Final = (
    "This pairing text was used already, or its time is over. Have a new one made on the PC that shares the database: "
    "each PC needs a text of its own."
)
_SENDS_NOT: Final = "This PC does not send messages to patients; others do. {}"


def join(
    pairing: Pairing, config: Path, desk_name: str, tell: Tell = tell_nobody, *, shared_folder: Path | None = None
) -> Joined:
    """Have this user's program on this PC work with the clinic of a pairing text from its next start on.

    `desk_name`: what the clinic calls this PC. Raises SharingError (not-reached, wrong-server, pairing-over),
    DatabaseDown, Busy; nothing is written then but a copy of the authority's certificate.
    """
    tell(Step.REACHING, 0, 0)
    hosts, pem = _reached(pairing)
    config.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = config / f"authority-{certificates.fingerprint(pem).hex()[:16]}.pem"
    connection_file.keep(authority, pem)
    tell(Step.JOINING, 0, 0)
    address = connecting.address_of(hosts, pairing.port, pairing.database, authority)
    login, note = _joined(pairing, make_url(address), desk_name)
    tell(Step.SETTING, 0, 0)
    worker = connecting.address_of(hosts, pairing.port, pairing.database, authority, login) if login else ""
    connecting.connect_this_pc(config, address, authority, worker_address=worker, shared_folder=shared_folder)
    if login:
        credentials.store(PASSWORD, credentials.kept_here((NEXT,)).get(NEXT, ""))
        credentials.store(NEXT, "")
    return Joined(address, authority, bool(login), note)


def _reached(pairing: Pairing) -> tuple[tuple[str, ...], str]:
    """The addresses, the one that answered first, and the certificate of the authority with the right fingerprint."""
    wrong = False
    for host in pairing.addresses:
        try:
            with knock.tls_to(host, pairing.port, trusting=True) as secured:
                shown = knock.shown(secured)
        except (OSError, knock.NoTls):
            continue
        for pem in filter(None, map(certificates.as_authority, shown)):
            if certificates.fingerprint(pem)[:FINGERPRINT_BYTES] == pairing.fingerprint:
                others = tuple(each for each in pairing.addresses if each != host)
                return (host, *others), pem
        wrong = True
    places = ", ".join(f"{host}:{pairing.port}" for host in pairing.addresses)
    if wrong:
        message = (
            f"Who answers at {places} is not the server this pairing text is for; nothing was told to it. Check "
            "that both PCs are in the clinic's network, and have a new text made if the server was set up anew."
        )
        raise SharingError(Trouble.WRONG_SERVER, message, places)
    message = (
        f"Nobody answers at {places}. Is the PC that shares the database on and in the same network, and does its "
        f"firewall let connections to port {pairing.port} through?"
    )
    raise SharingError(Trouble.NOT_REACHED, message, places)


def _joined(pairing: Pairing, address: URL, desk_name: str) -> tuple[str, str]:
    """Use the secret up; return this PC's login for sending, its password NEXT in the keyring; or ("", why not)."""
    invited = login_of(pairing.secret)
    login = f"desk_{invited.removeprefix('join_')}"
    kept, note = _password_kept()
    if kept and _lets_in(address.set(username=login, password=kept)):
        return login, ""  # joined before, and stopped in the middle
    password = "" if note else secrets.token_urlsafe(32)
    if password:
        credentials.store(NEXT, password)
    try:
        with signed_in_as(
            address.set(username=invited, password=password_of(pairing.secret)), one_session=True
        ) as inside:
            made = queries.join_clinic(inside, desk_name, login, password)
    except NotAllowed:
        if password:
            credentials.store(NEXT, "")
        raise SharingError(Trouble.PAIRING_OVER, _OVER) from None
    return made, note


def _password_kept() -> tuple[str, str]:
    """(what an earlier try left in the keyring, why this PC's keyring cannot be used: a sentence or empty)."""
    try:
        return credentials.kept_here((NEXT,)).get(NEXT, ""), ""
    except credentials.KeyringTrouble as trouble:
        return "", _SENDS_NOT.format(trouble)


def _lets_in(url: URL) -> bool:
    try:
        with signed_in_as(url):
            return True
    except (NotAllowed, DatabaseDown):
        return False
