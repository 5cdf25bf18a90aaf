"""`clinic-desk support-bundle`: makes one file for whoever looks after the program, also while the database is away."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic_desk.commandline import connection
from clinic_desk.commandline.appointments import Answer
from clinic_desk.database.engine import Database
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import support_bundle as bundles

if TYPE_CHECKING:
    from clinic_desk.settings import Settings


def support_bundle(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> Answer:
    """Make it, and say what is inside."""
    path = arguments.file or Path(bundles.default_name(datetime.now(UTC)))
    inside = bundles.write_bundle(path, settings, lambda: _health(settings, arguments, stack))
    lines = (f"{path} is there; it holds no patient data and no passwords. Inside:", *(f"  {name}" for name in inside))
    return Answer({"file": str(path), "inside": list(inside)}, lines)


def _health(settings: Settings, arguments: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    try:
        url = connection.address(settings, arguments)
        if url is None:
            server = stack.enter_context(connection.embedded_server(settings, arguments))
            url = connection.embedded_address(server, None)
    except ClinicDeskError as error:
        return bundles.trouble(error)
    database = Database(url, connection.identity(settings), pool_size=1)
    stack.callback(database.dispose)
    return bundles.health_of(database)
