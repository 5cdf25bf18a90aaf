"""Finds the database a command is for: by address, or the embedded server of a folder; nothing is made by mistake."""

from __future__ import annotations

import getpass
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_DNS, UUID, uuid5

from clinic_desk import connection_file
from clinic_desk.commandline.output import complain
from clinic_desk.commandline.usage import Usage
from clinic_desk.connection_file import MOVED
from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.engine import DeskIdentity
from clinic_desk.database.failures import translated
from clinic_desk.errors import InvalidInput
from clinic_desk.settings import EXPECTED, Settings, load_settings

if TYPE_CHECKING:
    import argparse

    from sqlalchemy import URL

    from clinic_desk.database.embedded import EmbeddedServer, OlderServer

VARIABLE: Final = "CLINIC_DESK_DATABASE_URL"
LOGIN: Final = "CLINIC_DESK_LOGIN"
_ADDRESS: Final = (
    "postgresql://user@host:5432/database, several hosts as postgresql://user@/database?host=a:5432&host=b:5432; "
    "over a network with sslmode=verify-full"
)
_NOWHERE: Final = f"an address here or in {VARIABLE}, or --data with the folder of an embedded database"
_WHO: Final = (
    f"who signs in: this clinic has a manager, so {LOGIN} has to name a person of it, and CLINIC_DESK_PASSWORD_ with"
    " the login behind it her password (_ for what is no letter and no digit)"
)
_NO_FOLDER: Final = "a folder with an embedded database; there is none (init-db --data makes one)"


def settings_for(arguments: argparse.Namespace) -> Settings:
    """Read the settings. Raises Usage that names the option or the variable."""
    given = arguments.database_url
    try:
        settings = load_settings(database_url=given, data=arguments.data)
    except InvalidInput as error:
        if error.field == "database_url":
            expected = _ADDRESS if error.expected == EXPECTED["database_url"] else error.expected
            raise Usage(field="database-url" if given is not None else VARIABLE, expected=expected) from None
        variable = error.field if "." in error.field else f"CLINIC_DESK_{error.field.upper()}"
        raise Usage(field=variable, expected=error.expected) from None
    except OSError:
        raise Usage(field=".env", expected="a text file in UTF-8 that can be read, or none") from None
    if settings.weak_connection and arguments.data is None:
        complain(f"the connection to the database is not secure: {settings.weak_connection}")
    return settings


def address(settings: Settings, arguments: argparse.Namespace) -> URL | None:
    """Return the address to connect to, always of the psycopg2 driver; None for an embedded server. Raises Usage."""
    if arguments.data is not None and arguments.database_url is not None:
        raise Usage(field="data", expected="either a folder or --database-url, not both")
    if arguments.data is not None or settings.database_url is None:
        return None
    url = _usable(settings.database_url.get_secret_value(), arguments)
    if arguments.database_url is not None and (url.password or _in_query(url)):
        complain(
            "the password on the command line can be seen by others on this computer: "
            f"put the address into the environment variable {VARIABLE} instead"
        )
    return _as_a_person(url, settings)


def _as_a_person(url: URL, settings: Settings) -> URL:
    """An address that names nobody is used as who the environment names; one that set-up wrote never names anybody.

    Raises Usage.
    """
    if url.username or not (os.environ.get(LOGIN) or _is_written(url, settings)):
        return url
    person, password = _person()
    return url.set(username=person, password=password)


def _is_written(url: URL, settings: Settings) -> bool:
    from sqlalchemy import make_url

    text = connection_file.read(settings.config).get("database_url")
    written = None if text is None else make_url(text)
    return written is not None and (written.host, written.port, written.database) == (url.host, url.port, url.database)


def _person() -> tuple[str, str]:
    """Return who signs in and her password, as the environment says. Raises Usage."""
    person = os.environ.get(LOGIN, "")
    variable = password_variable(person)
    if not person or variable not in os.environ:
        raise Usage(field=variable if person else LOGIN, expected=_WHO)
    return person, os.environ[variable]


def _usable(text: str, arguments: argparse.Namespace) -> URL:
    import psycopg2
    from psycopg2.extensions import make_dsn
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    field = "database-url" if arguments.database_url is not None else VARIABLE
    try:
        url = make_url(text).set(drivername="postgresql+psycopg2")
        given: dict[str, Any] = driver_arguments(url, "")
        make_dsn(**given)  # libpq says whether it knows the parameters
    except (SQLAlchemyError, psycopg2.Error, ValueError):
        raise Usage(field=field, expected=_ADDRESS) from None
    if not url.database:
        raise Usage(field=field, expected=f"the name of a database: {_ADDRESS}")
    if "," in str(given.get("host", "")) and "target_session_attrs" not in url.query:
        url = url.update_query_dict({"target_session_attrs": "primary"})
    return url


def _in_query(url: URL) -> bool:
    return bool({"password", "sslpassword"} & set(url.query))


def embedded_server(settings: Settings, arguments: argparse.Namespace) -> EmbeddedServer:
    """Join the embedded server of the folder the desktop or the demo made; only init-db makes a new one.

    Raises Usage, EmbeddedServerError.
    """
    from clinic_desk.database import embedded
    from clinic_desk.database.embedded.folder import MARKER

    places = (settings.data.expanduser() / "server", settings.data.expanduser())
    made = next((folder for folder in places if (folder / MARKER).exists()), None)
    if made is None and arguments.handler != "init_db":
        if arguments.data is not None:
            raise Usage(field="data", expected=_NO_FOLDER)
        raise Usage(field="database-url", expected=_NOWHERE)
    if arguments.data is None and arguments.handler == "init_db":
        raise Usage(field="database-url", expected=_NOWHERE)
    if made is not None and arguments.handler != "set_up" and (made / MOVED).exists():
        raise Usage(field="data", expected="another folder: the clinic of this one moved, as its file moved.json says")
    folder = Path(made or places[0])
    try:
        return embedded.join(folder)
    except embedded.OlderServer as older:
        if arguments.handler != "upgrade_db":
            raise
        _take_over(older, settings)
        return embedded.join(folder)


def _take_over(older: OlderServer, settings: Settings) -> None:
    """Bring the clinic to this program's PostgreSQL, saying each step. Raises as `server_upgrade.take_over`."""
    from clinic_desk import server_upgrade
    from clinic_desk.opening.embedded import DATABASE

    needed = server_upgrade.needed(older, DATABASE, settings.data)
    if needed.take_over is None:
        raise needed
    complain(f"taking the database over from PostgreSQL {needed.found} to {needed.wanted}; the old one is kept")
    needed.take_over(lambda step: None if " " in step else complain(server_upgrade.SAYS[step]), lambda: False)


def embedded_address(server: EmbeddedServer, login: str | None) -> URL:
    """Return the address of the clinic's or the demo's database, for `login` or the one the desktop uses.

    A clinic that has a manager asks who it is here, too: Usage if the environment does not say.
    """
    from clinic_desk.opening import demo

    with translated():
        own, name = demo.sign_in_of(server)
    if login or own:
        return server.url(login or own, name)
    person, password = _person()
    return server.url(person, name, password=password)


def password_variable(login: str) -> str:
    """Return the environment variable that holds the password of a person."""
    return "CLINIC_DESK_PASSWORD_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in login).upper()


def identity(settings: Settings) -> DeskIdentity:
    """Return which desk the history shall name: the same each time for one user of one computer."""
    computer = platform.node()
    name = settings.desk_name or f"command line on {computer}".strip()[:40]
    return DeskIdentity(settings.desk_id or _lasting_id(computer), name)


def _lasting_id(computer: str) -> UUID:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this user id
        user = ""
    return uuid5(NAMESPACE_DNS, f"{user}@{computer}/clinic-desk/command-line")
