"""`clinic-desk worker`: works through the message queue without a window, for a server or as a service."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.backups.source import embedded_source, shared_source
from clinic_desk.commandline import connection
from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.output import complain, write
from clinic_desk.commandline.usage import Usage
from clinic_desk.database.failures import translated
from clinic_desk.errors import Unavailable
from clinic_desk.logs import start_console_log
from clinic_desk.opening import demo, logins
from clinic_desk.sending import SendingProgram

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.notifications.scheduler import Sending
    from clinic_desk.settings import Settings

_CLOSE_WITHIN_S: Final = 25.0  # a provider may take its whole time limit to answer
_LOOK_EVERY_S: Final = 1.0
_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


def run_worker(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    """Send until told to stop (SIGTERM, SIGINT, Ctrl+C). A database that is away is waited for."""
    stopping = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda *_: stopping.set())
    start_console_log(sys.stderr)
    address, source = _address(settings, arguments, stack)
    program = SendingProgram(
        *(address, connection.identity(settings), settings.messages_to, _tell), data=settings.data, source=source
    )
    try:
        if _started(program, stopping):
            write(sys.stderr, "clinic-desk worker: working through the message queue\n")
            while not stopping.wait(_LOOK_EVERY_S):
                pass  # a signal that the system gave to another thread is only seen by a thread that runs
    finally:
        ended = program.close(_CLOSE_WITHIN_S)
    how = "stopped" if ended else "stopped while a provider had not answered: that message will be looked for"
    return Answer({"stopped": True, "handed_over": ended}, (f"clinic-desk worker: {how}",))


def _started(program: SendingProgram, stopping: threading.Event) -> bool:
    """Start, trying again while the database is away (a server that starts later than the service)."""
    tries = 0
    while not stopping.is_set():
        try:
            program.start()
        except Unavailable as error:
            if tries == 0:
                complain(f"{error}; trying again")
            stopping.wait(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1
        else:
            return True
    return False


def _address(
    settings: Settings, arguments: argparse.Namespace, stack: ExitStack
) -> tuple[URL | str, Callable[[], Source | None]]:
    """Where the queue is worked at, and where the whole database can be read for a backup."""
    given = arguments.database_url is not None or arguments.data is not None
    configured = partial(shared_source, settings)
    if settings.worker_database_url is not None and not given:
        return settings.worker_database_url.get_secret_value(), configured
    url = connection.address(settings, arguments)
    if url is not None:
        return url, configured
    server = stack.enter_context(connection.embedded_server(settings, arguments))
    with translated():
        _, name = demo.sign_in_of(server)
    if not logins.has_worker(server):
        raise Usage(field="data", expected="a folder that a desktop of this version has opened once")
    return server.url(logins.WORKER_LOGIN, name), partial(embedded_source, server, name)


def _tell(sending: Sending) -> None:
    channels = ", ".join(sorted(sending.channels)) or "nothing (no channel is set up, or credentials are missing)"
    trouble = f"; trouble: {sending.trouble}" if sending.trouble else ""
    write(sys.stderr, f"clinic-desk worker: sending {channels}{trouble}\n")
