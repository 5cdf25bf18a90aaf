"""One short connection with a login and a password, to learn whether they are right; kept by nobody."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from clinic_desk.errors import DatabaseDown, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

WRONG_PASSWORD: Final = "password"  # noqa: S105  # the word that NotAllowed carries
_NAME: Final = "clinic-desk sign-in"


@contextmanager
def signed_in_as(url: URL) -> Iterator[Connection]:
    """One transaction as the login of `url`, and the connection closed behind it.

    Raises NotAllowed (`password`) when the server does not let it in, DatabaseDown, Busy.
    """
    import psycopg2
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from clinic_desk.database.connections import driver_arguments
    from clinic_desk.database.failures import is_shut_out, translated

    url = url.set(drivername="postgresql+psycopg2")
    arguments = driver_arguments(url, _NAME)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, creator=lambda: psycopg2.connect(**arguments))
    try:
        with translated(), engine.begin() as connection:
            yield connection
    except DatabaseDown as error:
        if is_shut_out(error, url):
            raise NotAllowed(WRONG_PASSWORD) from None
        raise
    finally:
        engine.dispose()
