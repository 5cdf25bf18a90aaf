"""What can be typed after `clinic-desk`: the data commands with their options, and the types that check values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.records import AppointmentStatus, CancellationReason

Handler = Callable[[argparse.Namespace], Any]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_START_HELP = "local time at the site, such as 2026-11-24T10:15, or with an offset: 2026-11-24T09:15Z"


def add_data_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `init-db`, `upgrade-db`, `check`, `slots`, `book`, `show`, `list`, `move`, `update`, `cancel`."""
    _administration(commands)
    _slots(commands)
    _book(commands)
    _show_and_list(commands)
    _changes(commands)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, handler: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(handler=handler)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="PostgreSQL address (several hosts for failover work); default: CLINIC_DESK_DATABASE_URL",
    )
    parser.add_argument("--data", metavar="DIR", help="use the embedded database of this folder instead")
    return parser


def _administration(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = _command(commands, "init-db", "init_db", "create the clinic's database, roles and schema on a server")
    init.add_argument("--name", default="clinic", help="name of the database (default: clinic)")
    init.add_argument(
        "--login",
        action="append",
        default=[],
        metavar="NAME:GROUP[:DISPLAY NAME]",
        help="create a login in the group reception, manager, readonly or worker; its password is read from the "
        "environment variable CLINIC_DESK_PASSWORD_<NAME> (may be repeated)",
    )
    _command(commands, "upgrade-db", "upgrade_db", "bring the database's schema to this program's version")
    _command(commands, "check", "check", "health: database, schema version, queue, clock difference")


def _slots(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "slots", "slots", "free times of a practitioner, or of all who do a visit type")
    parser.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    parser.add_argument("--type", metavar="NAME|ID", help="visit type; default: the practitioner's first")
    parser.add_argument("--site", metavar="NAME|ID")
    parser.add_argument("--from", dest="from_", metavar="WHEN", help="date or local time; default: now")
    parser.add_argument("--days", type=_between(1, 366), default=10, help="how many days to look at (default: 10)")
    parser.add_argument("--part-of-day", choices=("any", "morning", "afternoon"), default="any")
    parser.add_argument("--weekdays", type=weekdays, metavar="mon,tue,…", help="only these days of the week")
    parser.add_argument("--length", type=_between(1, 1440), metavar="MINUTES", help="default: the type's")
    parser.add_argument("--first-of-day", action="store_true", help="only the first opening of each day")
    parser.add_argument("--limit", type=_between(1, 10_000), default=200)


def _book(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "book", "book", "book a patient")
    parser.add_argument("--patient", required=True, metavar="ID|TEXT", help="id, or text that finds exactly one")
    parser.add_argument("--practitioner", required=True, metavar="NAME|ID")
    parser.add_argument("--type", required=True, metavar="NAME|ID")
    parser.add_argument("--start", required=True, type=when, metavar="TIME", help=_START_HELP)
    parser.add_argument("--site", metavar="NAME|ID", help="default: where the practitioner works on that day")
    parser.add_argument("--length", type=_between(1, 1440), metavar="MINUTES", help="default: the type's")
    parser.add_argument("--room", default="automatic", metavar="NAME|ID|none|automatic")
    parser.add_argument("--note", default="")
    parser.add_argument("--appointment-id", type=identifier, metavar="UUID", help="id of the new appointment")
    _for_changes(parser)


def _show_and_list(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = _command(commands, "show", "show", "one appointment with its messages and its history")
    show.add_argument("appointment", type=identifier, metavar="ID")
    several = _command(commands, "list", "list_", "the appointments of one or several days")
    several.add_argument("--day", metavar="DATE", help="such as 2026-11-24, today, 3d, fri; default: today")
    several.add_argument("--days", type=_between(1, 62), default=1)
    several.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    several.add_argument("--status", type=status, action="append", help="may be repeated; default: all")


def _changes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    move = _command(commands, "move", "move", "move an appointment to another time or practitioner")
    move.add_argument("appointment", type=identifier, metavar="ID")
    move.add_argument("--start", type=when, metavar="TIME", help=_START_HELP)
    move.add_argument("--practitioner", metavar="NAME|ID")
    move.add_argument("--site", metavar="NAME|ID")
    update = _command(commands, "update", "update", "change an appointment's length, type, room, patient, note, status")
    update.add_argument("appointment", type=identifier, metavar="ID")
    update.add_argument("--length", type=_between(1, 1440), metavar="MINUTES")
    update.add_argument("--type", metavar="NAME|ID")
    update.add_argument("--room", metavar="NAME|ID|none|automatic")
    update.add_argument("--patient", metavar="ID|TEXT")
    update.add_argument("--note")
    update.add_argument(
        "--status", type=status, help="arrived, checked-in, fulfilled, noshow, entered-in-error, booked"
    )
    cancel = _command(commands, "cancel", "cancel", "cancel an appointment")
    cancel.add_argument("appointment", type=identifier, metavar="ID")
    cancel.add_argument(
        "--reason",
        required=True,
        choices=[reason.value for reason in CancellationReason],
        help="FHIR R5 cancellation reason",
    )
    for parser in (move, update, cancel):
        parser.add_argument(
            "--version",
            type=_between(1, 2**31 - 1),
            help="refuse if the appointment is not at this version any more; default: whatever it is now",
        )
        _for_changes(parser)


def _for_changes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overrule",
        type=rules,
        default=frozenset(),
        metavar="RULE,…",
        help="go on although these rules are broken: " + ", ".join(sorted(OVERRULABLE)),
    )
    parser.add_argument("--no-message", action="store_true", help="do not tell the patient")
    parser.add_argument(
        "--operation-id",
        type=identifier,
        metavar="UUID",
        help="make repeating safe: the same id is carried out once, however often it is sent",
    )


def identifier(text: str) -> UUID:
    """A UUID; argparse names the option and says what was expected."""
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_expected("an id (UUID)", text)) from None


def when(text: str) -> datetime:
    """An ISO 8601 date and time; naive means wall time at the site."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_expected("a time such as 2026-11-24T10:15", text)) from None
    if len(text) <= len("2026-11-24"):
        raise argparse.ArgumentTypeError(_expected("a date with a time such as 2026-11-24T10:15", text))
    if value.second or value.microsecond:
        raise argparse.ArgumentTypeError(_expected("a time in whole minutes", text))
    return value


def weekdays(text: str) -> frozenset[int]:
    """Comma-separated days of the week, as ISO numbers (Monday 1)."""
    parts = [part.strip().lower()[:3] for part in text.split(",")]
    if not all(part in _WEEKDAYS for part in parts):
        raise argparse.ArgumentTypeError(_expected("days such as mon,wed,fri", text))
    return frozenset(_WEEKDAYS.index(part) + 1 for part in parts)


def status(text: str) -> AppointmentStatus:
    """A FHIR R5 appointment status."""
    try:
        return AppointmentStatus(text)
    except ValueError:
        known = ", ".join(AppointmentStatus)
        raise argparse.ArgumentTypeError(_expected(f"one of {known}", text)) from None


def rules(text: str) -> frozenset[Rule]:
    """Comma-separated rules that may be overruled."""
    try:
        wanted = frozenset(Rule(part.strip()) for part in text.split(","))
    except ValueError:
        wanted = frozenset()
    if not wanted or not wanted <= OVERRULABLE:
        known = ", ".join(sorted(OVERRULABLE))
        raise argparse.ArgumentTypeError(_expected(f"some of {known}", text))
    return wanted


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(_expected(f"a whole number from {low} to {high}", text))
        return value

    return number


def _expected(what: str, got: str) -> str:
    return f"expected {what}, got {got!r}"
