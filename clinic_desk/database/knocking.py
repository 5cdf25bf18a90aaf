"""One short connection with a login and a password, to learn whether they are right; kept by nobody."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.errors import DatabaseDown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg2.extensions
    from sqlalchemy import URL, Connection

    from clinic_desk.errors import NotAllowed

WRONG_PASSWORD: Final = "password"  # noqa: S105  # the word that NotAllowed carries
_NAME: Final = "clinic-desk sign-in"


_TRIES: Final = 8
_PAUSE_S: Final = 0.15


@contextmanager
def signed_in_as(url: URL, *, one_session: bool = False) -> Iterator[Connection]:
    """One transaction as the login of `url`, and the connection closed behind it.

    `one_session`: the login may open no second one, and the server still counts one that was closed a moment ago: it is
    tried for a second. Raises NotAllowed (`password`: WrongPassword, LoginClosed) when the server does not let it in,
    DatabaseDown, Busy.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from clinic_desk.database.connections import driver_arguments
    from clinic_desk.database.failures import translated

    url = url.set(drivername="postgresql+psycopg2")
    arguments = driver_arguments(url, _NAME)
    tries = _TRIES if one_session else 1
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, creator=lambda: _connect(arguments, tries))
    try:
        with translated(), engine.begin() as connection:
            yield connection
    except DatabaseDown as error:
        refused = refused_sign_in(error, url)
        if refused is not None:
            raise type(refused)(WRONG_PASSWORD) from None
        raise
    finally:
        engine.dispose()


def refused_sign_in(error: DatabaseDown, url: URL) -> NotAllowed | None:
    """Return why the server does not let this login in; None if it is for another reason that there is no answer.

    No error code comes with it, and the words are in the server's language: so it may be asked once more, with a
    password that nobody has, to hear what it says of a wrong one. Who types the right one hears that a login is closed.
    """
    from clinic_desk.database import failures

    return failures.refused_sign_in(error, url, said_to_anybody=lambda: _said_to_anybody(url))


def _said_to_anybody(url: URL) -> str | None:
    import psycopg2

    from clinic_desk.database.connections import driver_arguments
    from clinic_desk.database.failures import translate

    made_up = url.set(drivername="postgresql+psycopg2", password=secrets.token_urlsafe(16))
    try:
        psycopg2.connect(**driver_arguments(made_up, _NAME)).close()
    except psycopg2.OperationalError as error:
        return str(translate(error))
    return None  # it asks for no password


def _connect(arguments: dict[str, Any], tries: int) -> psycopg2.extensions.connection:
    import psycopg2

    while True:
        try:
            connection: psycopg2.extensions.connection = psycopg2.connect(**arguments)
        except psycopg2.OperationalError:
            tries -= 1
            if tries <= 0:
                raise
            sleep(_PAUSE_S)
        else:
            return connection
