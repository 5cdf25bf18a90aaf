"""Runs one data command: settings, connection, handler, output, and the exit codes other systems rely on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.commandline import (
    administration,
    appointments,
    connection,
    day_list,
    exchange,
    figures,
    history,
    messages,
    patient_data,
    people,
    recheck,
)
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.output import complain, json_text, prepare_streams, print_answer, write
from clinic_desk.commandline.refusals import INTERNAL, INTERRUPTED, error_document, error_lines, exit_code
from clinic_desk.commandline.usage import Usage
from clinic_desk.database import schema
from clinic_desk.database.engine import Database
from clinic_desk.database.setup import OWNER
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError
from clinic_desk.reports import traceback_text
from clinic_desk.services import calendar, desks

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.domain.records import Clinic
    from clinic_desk.settings import Settings

_LOOKING: Final[dict[str, Callable[[Work, argparse.Namespace], Answer]]] = {
    "slots": appointments.slots_,
    "show": appointments.show,
    "list": appointments.list_,
    "day_list": day_list.day_list,
    "queue": messages.queue,
    "check_appointments": recheck.check_appointments,
    "figures": figures.figures,
    "history": history.list_,
}
_CHANGING: Final[dict[str, Callable[[Work, argparse.Namespace], Answer]]] = {
    "book": appointments.book,
    "move": appointments.move,
    "update": appointments.update,
    "cancel": appointments.cancel,
    "queue": messages.queue,
    "confirm": messages.confirm,
    "check_appointments": recheck.check_appointments,
    "import": exchange.import_,
    "export": exchange.export_,
    "people": people.people,
    "patient_data": patient_data.patient_data,
}


def run(arguments: argparse.Namespace) -> int:
    """Carry out the command that `commands.add_data_commands` understood; return the exit code.

    0 done, 1 refused, 2 what was typed, 3 database unavailable; 70 an error in this program, 74 done but not printed.
    """
    prepare_streams()
    job = _Job(arguments)
    try:
        with ExitStack() as stack:
            answer = job.answer(stack)
    except ClinicDeskError as error:
        return job.tell(error)
    except KeyboardInterrupt:
        complain("stopped")
        return INTERRUPTED
    except Exception as error:  # last resort: 1 would tell other systems that it was refused
        return job.tell_bug(error)
    return print_answer(answer.document, answer.lines, as_json=arguments.json) or answer.code


@dataclass(slots=True)
class _Job:
    """One command under way; what is known by the time of an error helps to tell it."""

    arguments: argparse.Namespace
    operation_id: UUID = field(default_factory=new_id)
    clinic: Clinic | None = None

    def answer(self, stack: ExitStack) -> Answer:
        """Do it; what is opened is closed with the stack."""
        arguments = self.arguments
        _check_text(arguments)
        self.operation_id = getattr(arguments, "operation_id", None) or self.operation_id
        if arguments.handler == "set_up":
            from clinic_desk.commandline.set_up import set_up  # what is needed once is imported by that alone

            return set_up(arguments, stack)
        return self._with_settings(connection.settings_for(arguments), stack)

    def _with_settings(self, settings: Settings, stack: ExitStack) -> Answer:
        arguments = self.arguments
        if arguments.handler in {"worker", "backup", "support_bundle"}:
            return _on_its_own(settings, arguments, stack)
        url = connection.address(settings, arguments)
        if url is None:
            server = stack.enter_context(connection.embedded_server(settings, arguments))
            if arguments.handler == "init_db":
                return administration.init_embedded(server, arguments)
            as_owner = arguments.handler in {"upgrade_db", "verify_history"}
            url = connection.embedded_address(server, OWNER if as_owner else None)
        if arguments.handler == "init_db":
            return administration.init_db(url, arguments)
        if arguments.handler == "upgrade_db":
            return administration.upgrade_db(url, arguments)
        return self._with_database(settings, url, stack)

    def _with_database(self, settings: Settings, url: URL, stack: ExitStack) -> Answer:
        desk = connection.identity(settings)
        database = Database(url, desk, pool_size=1, message_wait_s=settings.message_wait_s)
        stack.callback(database.dispose)
        if self.arguments.handler == "check":
            return administration.check(database)
        with database.reading() as snapshot:
            schema.check(snapshot)
        if self.arguments.handler == "verify_history":
            return history.verify(database, settings.data, self.arguments.seal)
        self.clinic = calendar.load_clinic(database)
        again = getattr(self.arguments, "operation_id", None) is not None
        work = Work(database, self.clinic, desks.database_now(database), self.operation_id, again)
        changes = getattr(self.arguments, "message", None) is not None or getattr(
            self.arguments, "keep_wall_time", False
        )
        if self.arguments.handler in _LOOKING and not changes:
            return _LOOKING[self.arguments.handler](work, self.arguments)
        desks.register_desk(database)
        return _CHANGING[self.arguments.handler](work, self.arguments)

    def tell(self, error: ClinicDeskError) -> int:
        """Print an error: JSON on standard output, or sentences on standard error."""
        if self.arguments.json:
            print_answer(error_document(error, self.clinic, self.operation_id), (), as_json=True)
        else:
            complain(*error_lines(error, self.operation_id))
        return exit_code(error)

    def tell_bug(self, error: Exception) -> int:
        """Say where it happened, without the texts of other libraries' errors: they can hold a name or a password."""
        write(sys.stderr, traceback_text(error))
        document = {"error": "internal", "message": f"an error in this program: {type(error).__name__}"}
        if self.arguments.json:
            write(sys.stdout, json_text(document, sys.stdout) + "\n")
        else:
            complain(document["message"])
        return INTERNAL


def _on_its_own(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    """What opens its database by itself; what sends, and what backs up, is imported by who does that only."""
    if arguments.handler == "worker":
        from clinic_desk.commandline.worker import run_worker

        return run_worker(settings, arguments, stack)
    if arguments.handler == "backup":
        from clinic_desk.commandline.backup import backup

        return backup(settings, arguments, stack)
    from clinic_desk.commandline.support import support_bundle

    return support_bundle(settings, arguments, stack)


def _check_text(arguments: argparse.Namespace) -> None:
    """Refuse bytes that are no text in the terminal's encoding: nothing after this has to think of them."""
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else [value]:
            try:
                str(text).encode()
            except UnicodeEncodeError:
                raise Usage(name.strip("_").replace("_", "-"), "text without broken characters") from None
