"""The running programs of the clinic and who is signed in at this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic_desk.database import queries_desks

if TYPE_CHECKING:
    from datetime import datetime

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Desk


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who this program works for: the login at the server, the name others see, the group (`reception`, ...)."""

    login: str
    display_name: str
    group: str


def register_desk(db: Database) -> int:
    """Write this desk's name and sign of life; return its number. Raises DatabaseDown, Busy, NotAllowed."""
    with db.writing() as connection:
        return queries_desks.register_desk(connection, db.desk.id, db.desk.name)


def desks_online(db: Database) -> tuple[Desk, ...]:
    """Return the desks whose programs are connected now, by name."""
    with db.reading() as connection:
        return queries_desks.desks_online(connection)


def who_am_i(db: Database) -> SignedIn:
    """Return who is signed in."""
    with db.reading() as connection:
        login, display_name, group = queries_desks.signed_in(connection)
    return SignedIn(login, display_name or login, (group or "").removeprefix("clinic_"))


def database_now(db: Database) -> datetime:
    """Return the database's clock in UTC."""
    with db.reading() as connection:
        return queries_desks.database_now(connection)
