"""The people who may sign in: managers make, change, reset and shut them out; each sets her own password.

PostgreSQL is asked for every act and refuses what is not allowed: NotAllowed carries a word of
`domain.people.PeopleRefusal` as its `right`, or `password` for a password that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clinic_desk.database.knocking import WRONG_PASSWORD, signed_in_as
from clinic_desk.database.queries import people as queries
from clinic_desk.domain.people import OneTimeCode, PersonChanged, as_code, display_name_of, login_of
from clinic_desk.domain.refusals import NotFound
from clinic_desk.errors import InvalidInput, WrongPassword
from clinic_desk.services.passwords import check_new_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import URL, Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.people import (
        CreatePerson,
        Person,
        RenamePerson,
        ResetPassword,
        SetDisabled,
        SetGroup,
        SetRight,
    )

_TAKEN: Final = "another login: this one exists, or did"


@dataclass(frozen=True, slots=True)
class LetIn:
    """Who a login and a password open the door for. `url` is the address that did: a one-time code is put in it as it
    was made, however it was typed. `must_set_password`: a code was used, and nothing else is allowed before.
    """

    login: str
    url: URL
    must_set_password: bool


def people(db: Database) -> tuple[Person, ...]:
    """Return who can sign in or could; those who are shut out last. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        return queries.people(connection)


def person(db: Database, login: str) -> Person:
    """Return one of them. Raises NotFound and as `people`."""
    with db.reading() as connection:
        return _person(connection, login)


def create_person(db: Database, command: CreatePerson) -> OneTimeCode:
    """Let somebody new sign in, with a code that is shown once and good for a day.

    Raises InvalidInput (`login`, `display_name`), NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    login, name = login_of(command.login), display_name_of(command.display_name)

    def work(connection: Connection) -> datetime:
        if queries.is_login_taken(connection, login):
            raise InvalidInput(field="login", expected=_TAKEN)
        return queries.create_person(connection, login, name, command.group, command.code)

    until = db.changing(command.operation_id, "CreatePerson", work, lambda c: _code_until(c, login))
    return OneTimeCode(login, name, command.code, until)


def reset_password(db: Database, command: ResetPassword) -> OneTimeCode:
    """Put a new code in the place of a password that nobody at the desk knows; what she has open is ended.

    Raises NotFound, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """

    def work(connection: Connection) -> datetime:
        return queries.reset_password(connection, command.login, command.code)

    until = db.changing(command.operation_id, "ResetPassword", work, lambda c: _code_until(c, command.login))
    end_sessions(db, command.login)
    return OneTimeCode(command.login, person(db, command.login).display_name, command.code, until)


def rename_person(db: Database, command: RenamePerson) -> Person:
    """Change the name that others see. Raises InvalidInput, PersonChanged, NotFound, NotAllowed, Unavailable."""
    name = display_name_of(command.display_name)
    return _change(db, command, lambda connection: queries.rename_person(connection, command.login, name))


def set_group(db: Database, command: SetGroup) -> Person:
    """Put somebody into another group, from her next statement on. Raises as `rename_person`."""
    return _change(db, command, lambda connection: queries.set_group(connection, command.login, command.group))


def set_disabled(db: Database, command: SetDisabled) -> Person:
    """Shut somebody out, from her next statement on, and end what she has open; or let her in again.

    Raises as `rename_person`.
    """
    changed = _change(
        db, command, lambda connection: queries.set_disabled(connection, command.login, disabled=command.disabled)
    )
    if command.disabled:
        end_sessions(db, command.login)
    return changed


def set_right(db: Database, command: SetRight) -> Person:
    """Give or refuse a right by name, or leave it to the group. Raises NotFound, NotAllowed, Unavailable."""

    def work(connection: Connection) -> Person:
        queries.set_right(connection, command.login, command.right, command.granted)
        return _person(connection, command.login)

    return db.changing(command.operation_id, "SetRight", work, lambda c: _person(c, command.login))


def end_sessions(db: Database, login: str) -> int:
    """End what somebody has open who was shut out or reset, all of it powerless already.

    Return how many sessions the server did not let us end. Raises NotAllowed, Unavailable.
    """
    with db.writing() as connection:
        return queries.end_sessions(connection, login)


def let_in(url: URL) -> LetIn:
    """Return whom the login and password in `url` sign in; a one-time code may be typed in any case, with any blanks.

    Raises WrongPassword, LoginClosed or NotAllowed when the server does not take them, DatabaseDown, Busy.
    """
    code = as_code(url.password or "")
    for password in dict.fromkeys((url.password, code)):
        if password is None:
            continue
        tried = url.set(password=password)
        try:
            with signed_in_as(tried) as connection:
                login, with_code = queries.by_code(connection)
                return LetIn(login, tried, with_code)
        except WrongPassword:
            continue
    raise WrongPassword(WRONG_PASSWORD)


def set_first_password(entry: LetIn, password: str, *, clinic: str = "") -> URL:
    """Use up the one-time code that `entry` was let in with; return the address with the new password.

    Raises InvalidInput (`password`), NotAllowed (`password`, `code-over`, `no-code`, `other-session`), Unavailable.
    """
    check_new_password(password, login=entry.login, others=(clinic,))
    with signed_in_as(entry.url, one_session=True) as connection:
        queries.set_own_password(connection, entry.login, password)
    return entry.url.set(password=password)


def change_own_password(db: Database, old: str, new: str, *, names: tuple[str, ...] = ()) -> None:
    """Change the password of who is signed in; `names`: of her and the clinic, which make no password.

    `db` connects with the new one from now on. Raises InvalidInput (`password`), NotAllowed (`password`: the old one is
    wrong), Unavailable.
    """
    login = db.url.username or ""
    check_new_password(new, login=login, others=names)
    with signed_in_as(db.url.set(password=old)) as connection:
        queries.set_own_password(connection, login, new)
    db.move_to(db.url.set(password=new))


def _change(
    db: Database,
    command: RenamePerson | SetGroup | SetDisabled,
    write: Callable[[Connection], int],
) -> Person:
    def work(connection: Connection) -> Person:
        stood = _person(connection, command.login)
        if write(connection) != command.version:
            raise PersonChanged(stood)
        return _person(connection, command.login)

    return db.changing(command.operation_id, type(command).__name__, work, lambda c: _person(c, command.login))


def _person(connection: Connection, login: str) -> Person:
    found = queries.people(connection, login)
    if not found:
        raise NotFound(what="person")
    return found[0]


def _code_until(connection: Connection, login: str) -> datetime:
    until = _person(connection, login).code_until
    if until is None:
        raise NotFound(what="code")
    return until
