"""Joins a clinic by a pairing text: learns the server's authority and compares its fingerprint, uses the secret up, and
writes down this PC's connection. Passwords, and the clinic key that the text opens, go into the keyring only.

Killed at any moment it can be done again with the same text, on the same PC: what was made before is found again by the
password in its keyring. A PC without one joins all the same and does not send; killed in the moment between joining and
writing down where, it needs a new text.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import make_url

from clinic_desk import connection_file
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.database.queries import pairing as queries
from clinic_desk.errors import DatabaseDown, NotAllowed
from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.settings import first_desk
from clinic_desk.sharing import certificates, connecting, handing_over, knock
from clinic_desk.sharing.pairing import FINGERPRINT_BYTES, one_time
from clinic_desk.sharing.plans import Joined, Pairing, SharingError, Step, Tell, Trouble, tell_nobody

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.notifications.clinic_key import ClinicKey

PASSWORD: Final = "worker_database_password"  # noqa: S105 - its name in the keyring
NEXT: Final = "worker_database_password_next"
_OVER: Final = (
    "This pairing text was used already, or its time is over. Have a new one made on the PC that shares the database: "
    "each PC needs a text of its own."
)
_SENDS_NOT: Final = "This PC does not send messages to patients; others do. {}"
_LACKS_KEY: Final = (
    "This PC was not handed the clinic key: enter it in the settings of messages, or it cannot send with what the "
    "clinic's passwords are for."
)
_IN_THE_KEYRING: Final = ((NEXT, PASSWORD), (shared_secrets.NEXT, shared_secrets.KEY))
"""What is kept under its first name until the PC has joined, and under its second from then on."""


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
    desk_id = first_desk(config, "" if shared_folder is not None else desk_name[:40])
    login, trouble = _joined(pairing, make_url(address), desk_name, desk_id)
    tell(Step.SETTING, 0, 0)
    worker = connecting.address_of(hosts, pairing.port, pairing.database, authority, login) if login else ""
    connecting.connect_this_pc(config, address, authority, worker_address=worker, shared_folder=shared_folder)
    if login:
        _settle_keyring()
        trouble = "" if shared_secrets.keys_here() else credentials.KEY_MISSING
    return Joined(address, authority, bool(login), _note(trouble, sends=bool(login)), trouble)


def _settle_keyring() -> None:
    """What was kept for after joining is in force from now on."""
    kept = credentials.kept_here(before for before, _ in _IN_THE_KEYRING)
    for before, name in _IN_THE_KEYRING:
        if before in kept:
            credentials.store(name, kept[before])
            credentials.store(before, "")


def _note(trouble: str, *, sends: bool) -> str:
    if sends:
        return _LACKS_KEY if trouble else ""
    return _SENDS_NOT.format(credentials.TROUBLES.get(trouble, "")).strip()


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


def _joined(pairing: Pairing, address: URL, desk_name: str, desk_id: UUID) -> tuple[str, str]:
    """Use the secret up; return this PC's login for sending, its password NEXT in the keyring; or ("", why not)."""
    known = one_time(pairing.secret)
    login = f"desk_{known.login.removeprefix('join_')}"
    kept, trouble = _password_kept()
    if kept and _lets_in(address.set(username=login, password=kept)):
        return login, ""  # joined before, and stopped in the middle
    invited = address.set(username=known.login, password=known.password)
    try:
        with signed_in_as(invited, one_session=True) as inside:
            sends, sealed = queries.read_invitation(inside)
        # no transaction is open while the keyring asks its user
        password, trouble = _keep(handing_over.unseal(sealed, known)) if sends and not trouble else ("", trouble)
        with signed_in_as(invited, one_session=True) as inside:
            made = queries.join_clinic(inside, desk_name, login, password, desk_id)
    except NotAllowed:
        _forget()
        raise SharingError(Trouble.PAIRING_OVER, _OVER) from None
    return made, trouble if sends else ""


def _keep(key: ClinicKey | None) -> tuple[str, str]:
    """Put a new password, and the clinic key, into the keyring: (the password, ""), or ("", why it takes none)."""
    password = secrets.token_urlsafe(32)
    try:
        credentials.store(NEXT, password)
        if key is not None:
            credentials.store(shared_secrets.NEXT, key.text)
    except credentials.KeyringTrouble as trouble:
        return "", trouble.code
    return password, ""


def _forget() -> None:
    """Leave nothing in the keyring of a PC that did not join."""
    with suppress(credentials.KeyringTrouble):
        for before, _ in _IN_THE_KEYRING:
            if credentials.kept_here((before,)):
                credentials.store(before, "")


def _password_kept() -> tuple[str, str]:
    """(what an earlier try left in the keyring, why this PC's keyring cannot be used: a code or empty)."""
    try:
        return credentials.kept_here((NEXT,)).get(NEXT, ""), ""
    except credentials.KeyringTrouble as trouble:
        return "", trouble.code


def _lets_in(url: URL) -> bool:
    try:
        with signed_in_as(url):
            return True
    except (NotAllowed, DatabaseDown):
        return False
