"""Runs one data command: settings, connection, handler, output, and the exit codes other systems rely on."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk import opening
from clinic_desk.commandline import administration, appointments
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.output import show, show_error
from clinic_desk.database import schema
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import OWNER
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError, InvalidInput, Unavailable
from clinic_desk.services import calendar, desks
from clinic_desk.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy import URL

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3

_ON_SERVER: Final = {"init_db": administration.init_db, "upgrade_db": administration.upgrade_db}
_ON_APPOINTMENTS: Final = {
    "slots": appointments.slots_,
    "book": appointments.book,
    "show": appointments.show,
    "list_": appointments.list_,
    "move": appointments.move,
    "update": appointments.update,
    "cancel": appointments.cancel,
}
_NO_ADDRESS: Final = "--database-url, CLINIC_DESK_DATABASE_URL, or --data with the folder of an embedded database"
_NAME: Final = "command line"


def run(arguments: argparse.Namespace) -> int:
    """Carry out the command that `parser.add_data_commands` understood; return the exit code.

    0 done, 1 refused, 2 usage, 3 database unavailable.
    """
    try:
        with ExitStack() as stack:
            answer = _answer(arguments, stack)
    except ClinicDeskError as error:
        show_error(error, as_json=arguments.json)
        return UNAVAILABLE if isinstance(error, Unavailable) else REFUSED
    show(answer.document, answer.text, as_json=arguments.json)
    return DONE


def _answer(arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    settings = load_settings(database_url=arguments.database_url)
    url = _address(settings, arguments, stack)
    name: str = arguments.handler
    if name in _ON_SERVER:
        return _ON_SERVER[name](url, arguments)
    desk = DeskIdentity(settings.desk_id or new_id(), settings.desk_name or _NAME)
    database = Database(url, desk, pool_size=1)
    stack.callback(database.dispose)
    if name == "check":
        return administration.check(database)
    with database.reading() as connection:
        schema.check(connection)
    if name not in {"show", "list_", "slots"}:
        desks.register_desk(database)
    clinic = calendar.load_clinic(database)
    work = Work(database, clinic, desks.database_now(database))
    return _ON_APPOINTMENTS[name](work, arguments)


def _address(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> URL | str:
    if arguments.data is not None:
        return _embedded_address(arguments, stack)
    if settings.database_url is None:
        raise InvalidInput(field="database-url", expected=_NO_ADDRESS)
    return settings.database_url.get_secret_value()


def _embedded_address(arguments: argparse.Namespace, stack: ExitStack) -> URL:
    """Join the embedded server of the folder; sign in as the command needs it, to the demo's database if it has one."""
    from clinic_desk.database import embedded

    server = stack.enter_context(embedded.join(Path(arguments.data)))
    if arguments.handler == "init_db":
        os.environ.setdefault(administration.OWNER_PASSWORD, server.password(OWNER))
        return server.superuser_url()
    login, name = opening.sign_in_of(server)
    return server.url(OWNER if arguments.handler == "upgrade_db" else login, name)
