"""Lets somebody in at a desk: asks the server, and has who types wrong passwords wait."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import time
from typing import TYPE_CHECKING

from clinic_desk.errors import LoginClosed, PasswordNeeded, WrongPassword
from clinic_desk.services import wrong_passwords
from clinic_desk.services.desks import SignedIn, who_am_i
from clinic_desk.services.people import let_in, set_first_password

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

    from clinic_desk.database.engine import DeskIdentity


@dataclass(frozen=True, slots=True)
class Entered:
    """Whom the door was opened for, and the address that did."""

    address: URL
    person: SignedIn


def knock(address: URL, desk: DeskIdentity, wrong: Path) -> Entered:
    """Ask the server whether it lets this login in with this password. Waits.

    `wrong`: the file of wrong passwords of this PC. Raises WrongPassword (`wait_s`: when it can be tried again),
    PasswordNeeded, LoginClosed, NotAllowed, DatabaseDown, Busy.
    """
    from clinic_desk.database.engine import Database

    login = address.username or ""
    left = wrong_passwords.wait_s(wrong, login, time())
    if left > 0:
        raise WrongPassword(login, wait_s=left)
    try:
        entry = let_in(address)
    except WrongPassword:
        raise WrongPassword(login, wait_s=wrong_passwords.note_wrong(wrong, login, time())) from None
    wrong_passwords.note_right(wrong, login)
    if entry.must_set_password:
        raise PasswordNeeded(entry.login, partial(set_first_password, entry))
    database = Database(entry.url, desk, pool_size=1)
    try:
        person = who_am_i(database)
    finally:
        database.dispose()
    if not person.group:
        raise LoginClosed(login)
    return Entered(entry.url, person)
