"""The running programs of the clinic and who is signed in at this one."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from clinic_desk.database.knocking import refused_sign_in
from clinic_desk.database.queries import desks as queries_desks
from clinic_desk.errors import DatabaseDown

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import URL, Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Desk
    from clinic_desk.domain.rights import Right

_GIVEN_BY_DEFAULT: Final = re.compile(r"Desk \d+")
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who this program works for: the login at the server, the name others see, the group (`reception`, ...), and what
    she may by name.
    """

    login: str
    display_name: str
    group: str
    rights: frozenset[Right] = frozenset()
    first_view: str | None = None
    """The stored arrangement (`domain.saved_views`) that the calendar is shown in first; None: the usual one."""

    @property
    def may_write(self) -> bool:
        """Whether the group may change anything; the database decides all the same."""
        return self.group != "readonly"

    def only_reading(self) -> SignedIn:
        """Return the same person where nothing can be written, whatever her group may."""
        return replace(self, group="readonly")

    def may(self, right: Right) -> bool:
        """Whether the person has this right by group or by name; the database decides all the same."""
        return right in self.rights


def register_reader(db: Database, login: str) -> int:
    """Register a desk at which only is read, as `register_desk` does; it is another one than the PC's.

    The next who signs in at this PC may write: a reader must not be able to take that desk's name and place.
    """
    db.desk = replace(db.desk, id=uuid5(db.desk.id, login))
    return register_desk(db, reader=True)


def register_desk(db: Database, computer: str | None = None, *, reader: bool = False) -> int:
    """Write this desk's name and sign of life; return its number. Raises DatabaseDown, Busy, NotAllowed.

    Every PC calls its first program "Desk 1". Where another desk of that name is connected or just starting, this one
    is called "Desk 1 · FRONT-PC" by its computer from now on. A name that somebody chose stays as it is; one that a
    manager gave goes before it.
    """
    with db.writing() as connection:
        name = db.desk.name
        if _GIVEN_BY_DEFAULT.fullmatch(name):
            before, others = queries_desks.names_in_use(connection, db.desk.id)
            name = told_apart(name, before, others, platform.node() if computer is None else computer)
        number, name = queries_desks.register_desk(connection, db.desk.id, name, reader=reader)
    db.desk = replace(db.desk, name=name)
    return number


def number_here(db: Database) -> int:
    """Return the number under which this desk was registered before; 0 if it never was. Writes nothing."""
    with db.reading() as connection:
        return queries_desks.desk_number(connection, db.desk.id)


def told_apart(name: str, before: str | None, others: frozenset[str], computer: str) -> str:
    """Return `name`, or `name` with what tells it apart from `others`; the one it had `before` if that still does."""
    if before is not None and before.startswith(f"{name} · ") and before not in others:
        return before
    if name not in others:
        return name
    host = computer.partition(".")[0].strip()
    longest = _LONGEST_NAME - len(f"{name} ·  (99)")
    wanted = f"{name} · {host[:longest]}" if host else name
    tries = (wanted if number == 1 else f"{wanted} ({number})" for number in count(1 if host else 2))
    return next(each for each in tries if each not in others)


def desks_online(db: Database) -> tuple[Desk, ...]:
    """Return the desks whose programs are connected now, by name."""
    with db.reading() as connection:
        return queries_desks.desks_online(connection)


def who_am_i(db: Database) -> SignedIn:
    """Return who is signed in."""
    with db.reading() as connection:
        return signed_in(connection)


def shut_out(error: BaseException, address: URL) -> BaseException:
    """Return why the server does not let this login in, if that is what the error was; else the error itself."""
    refused = refused_sign_in(error, address) if isinstance(error, DatabaseDown) else None
    return refused or error


def signed_in(connection: Connection) -> SignedIn:
    """Return who is signed in, read with what else is read on this connection."""
    login, display_name, group, rights, first_view = queries_desks.signed_in(connection)
    return SignedIn(login, display_name or login, (group or "").removeprefix("clinic_"), rights, first_view)


def database_now(db: Database) -> datetime:
    """Return the database's clock in UTC."""
    with db.reading() as connection:
        return queries_desks.database_now(connection)
