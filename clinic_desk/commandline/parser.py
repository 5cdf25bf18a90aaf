"""What can be typed after `clinic-desk`: the data commands with their options, and the types that check values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.records import AppointmentStatus, CancellationReason

_YEARS = range(1970, 2200)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_START_HELP = "local time at the site, such as 2026-11-24T10:15, or with an offset: 2026-11-24T09:15Z"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are short, quote no password, and are JSON when that was asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # An option must not change its meaning because a later version has another that begins alike.
        super().__init__(*arguments, **{"allow_abbrev": False, **options})
        self._as_json = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Remember whether JSON is wanted, which must be known also when nothing else can be understood."""
        typed: Sequence[str] = sys.argv[1:] if args is None else args
        self._as_json = "--json" in typed
        return super().parse_known_args(typed, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what was expected where, and exit with code 2."""
        from clinic_desk.commandline import output
        from clinic_desk.commandline.usage import without_secrets

        output.prepare_streams()
        field, expected = _typed_wrong(message)
        told = without_secrets(f"{field}: {expected}" if field else expected)
        if self._as_json:
            name = field.rpartition("/")[2].replace("--", "").lower() or "command"
            document = {"error": "invalid-input", "message": told, "field": name}
            wanted = without_secrets(expected).removeprefix("expected ").rpartition(", got ")
            output.print_answer(document | {"expected": wanted[0] or wanted[2]}, (), as_json=True)
        else:
            output.complain(told, f"see {self.prog} --help")
        raise SystemExit(2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after --help or --version, quietly also when nobody reads it to its end."""
        from clinic_desk.commandline import output

        if message:
            output.write(sys.stderr, message)
        raise SystemExit(output.write(sys.stdout, "") or status)


def _typed_wrong(message: str) -> tuple[str, str]:
    """Return the option that argparse complains about ("" if none) and what is wrong with it."""
    problem = sys.exception()
    if isinstance(problem, argparse.ArgumentError) and problem.argument_name:
        return problem.argument_name, str(problem.message)
    start, _, names = message.partition(": ")
    if start == "the following arguments are required":
        return names, "expected a value: it is required"
    return "", message


def add_data_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add `init-db`, `upgrade-db`, `check`, `slots`, `book`, `show`, `list`, `move`, `update`, `cancel`."""
    _administration(commands)
    _slots(commands)
    _book(commands)
    _show_and_list(commands)
    _changes(commands)


def _command(
    commands: argparse._SubParsersAction[Parser], name: str, handler: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(handler=handler)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text, errors too")
    # Both can stand before the command as well: a default here would undo what was said there.
    parser.add_argument(
        "--database-url",
        metavar="URL",
        default=argparse.SUPPRESS,
        help="PostgreSQL address, without a password (others on this computer can see it); several hosts as "
        "?host=a:5432&host=b:5432; default: CLINIC_DESK_DATABASE_URL, which may hold the password",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="use the embedded database of this folder instead",
    )
    return parser


def _administration(commands: argparse._SubParsersAction[Parser]) -> None:
    init = _command(commands, "init-db", "init_db", "create the clinic's database, roles and schema")
    init.description = (
        "Create the clinic's database, roles and schema on a server (the address is a superuser's; the owner's "
        "password is read from CLINIC_DESK_OWNER_PASSWORD), or with --data in a folder of this computer. "
        "May be run again: it adds what is missing."
    )
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


def _slots(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(commands, "slots", "slots", "free times of a practitioner, or of all who do a visit type")
    parser.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    parser.add_argument("--type", metavar="NAME|ID", help="visit type; default: the practitioner's first")
    parser.add_argument("--site", metavar="NAME|ID")
    parser.add_argument(
        "--from", dest="from_", type=day_or_time, metavar="WHEN", help="date or local time; default: now"
    )
    parser.add_argument("--days", type=_between(1, 366), default=10, help="how many days to look at (default: 10)")
    parser.add_argument("--part-of-day", choices=("any", "morning", "afternoon"), default="any")
    parser.add_argument("--weekdays", type=weekdays, metavar="mon,tue,…", help="only these days of the week")
    parser.add_argument("--length", type=_between(1, 1440), metavar="MINUTES", help="default: the type's")
    parser.add_argument("--first-of-day", action="store_true", help="only the first opening of each day")
    parser.add_argument("--limit", type=_between(1, 10_000), default=200)


def _book(commands: argparse._SubParsersAction[Parser]) -> None:
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
    _may_overrule(parser)
    _for_changes(parser)


def _show_and_list(commands: argparse._SubParsersAction[Parser]) -> None:
    show = _command(commands, "show", "show", "one appointment with its messages and its history")
    show.add_argument("appointment", type=identifier, metavar="ID")
    several = _command(commands, "list", "list_", "the appointments of one or several days")
    several.add_argument("--day", metavar="DATE", help="such as 2026-11-24, today, 3d, fri; default: today")
    several.add_argument("--days", type=_between(1, 62), default=1)
    several.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    several.add_argument("--status", type=status, action="append", help="may be repeated; default: all")


def _changes(commands: argparse._SubParsersAction[Parser]) -> None:
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
    for parser in (move, update):
        _may_overrule(parser)
    for parser in (move, update, cancel):
        parser.add_argument(
            "--version",
            type=_between(1, 2**31 - 1),
            help="refuse if the appointment is not at this version any more; default: whatever it is now",
        )
        _for_changes(parser)


def _may_overrule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overrule",
        type=rules,
        default=frozenset(),
        metavar="RULE,…",
        help="go on although these rules are broken: " + ", ".join(sorted(OVERRULABLE)),
    )


def _for_changes(parser: argparse.ArgumentParser) -> None:
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
    value = None if is_day(text) else _moment(text)
    if value is None or value.year not in _YEARS:
        raise argparse.ArgumentTypeError(_expected("a date with a time such as 2026-11-24T10:15", text))
    if value.second or value.microsecond:
        raise argparse.ArgumentTypeError(_expected("a time in whole minutes", text))
    return value


def is_day(text: str) -> bool:
    """Whether a text is an ISO 8601 date without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def day_or_time(text: str) -> str | datetime:
    """A date as people type it (told apart later, by the clinic's calendar), or a date and time."""
    return text if is_day(text) or _moment(text) is None else when(text)


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
