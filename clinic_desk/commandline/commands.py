"""The data commands: one table of their names and helps, and for each one function that adds its options.

Only the standard library is imported with this module, for it is needed before the desktop's window too; the types of
the values (`values`) are imported when a command was typed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from clinic_desk.commandline import upkeep
from clinic_desk.commandline.parser import Parser


def add_data_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add every command of `COMMANDS`; `handler` is then its name with underscores."""
    for name, (text, fill) in COMMANDS.items():
        parser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(handler=name.replace("-", "_"))
        parser.fill_later(partial(_fill, fill))


def _fill(fill: Callable[[Parser], None], parser: Parser) -> None:
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
    fill(parser)


def _no_options(parser: Parser) -> None:
    """Those that every command has are enough."""


def _slots(parser: Parser) -> None:
    from clinic_desk.commandline.values import between, day_or_time, weekdays, when

    parser.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    parser.add_argument(
        "--start", type=when, metavar="TIME", help="say of this one start whether it may be booked, and if not why"
    )
    parser.add_argument("--type", metavar="NAME|ID", help="visit type; default: the practitioner's first")
    parser.add_argument("--site", metavar="NAME|ID")
    parser.add_argument(
        "--from", dest="from_", type=day_or_time, metavar="WHEN", help="date or local time; default: now"
    )
    parser.add_argument("--days", type=between(1, 366), default=10, help="how many days to look at (default: 10)")
    parser.add_argument("--part-of-day", choices=("any", "morning", "afternoon"), default="any")
    parser.add_argument("--weekdays", type=weekdays, metavar="mon,tue,…", help="only these days of the week")
    parser.add_argument("--length", type=between(1, 1440), metavar="MINUTES", help="default: the type's")
    parser.add_argument("--first-of-day", action="store_true", help="only the first opening of each day")
    parser.add_argument("--limit", type=between(1, 10_000), default=200)


def _book(parser: Parser) -> None:
    from clinic_desk.commandline.values import START_HELP, between, identifier, when

    parser.add_argument("--patient", required=True, metavar="ID|TEXT", help="id, or text that finds exactly one")
    parser.add_argument("--practitioner", required=True, metavar="NAME|ID")
    parser.add_argument("--type", required=True, metavar="NAME|ID")
    parser.add_argument("--start", required=True, type=when, metavar="TIME", help=START_HELP)
    parser.add_argument("--site", metavar="NAME|ID", help="default: where the practitioner works on that day")
    parser.add_argument("--length", type=between(1, 1440), metavar="MINUTES", help="default: the type's")
    parser.add_argument("--room", default="automatic", metavar="NAME|ID|none|automatic")
    parser.add_argument("--device", default="automatic", metavar="NAME|ID|none|automatic")
    parser.add_argument("--note", default="")
    parser.add_argument("--appointment-id", type=identifier, metavar="UUID", help="id of the new appointment")
    _may_overrule(parser)
    _for_changes(parser)


def _show(parser: Parser) -> None:
    from clinic_desk.commandline.values import identifier

    parser.add_argument("appointment", type=identifier, metavar="ID")


def _list(parser: Parser) -> None:
    from clinic_desk.commandline.values import between, status

    parser.add_argument("--day", metavar="DATE", help="such as 2026-11-24, today, 3d, fri; default: today")
    parser.add_argument("--days", type=between(1, 62), default=1)
    parser.add_argument("--practitioner", metavar="NAME|ID", action="append", help="may be repeated")
    parser.add_argument("--status", type=status, action="append", help="may be repeated; default: all")


def _day_list(parser: Parser) -> None:
    parser.description = (
        "Write the day on paper: for each site a PDF file with each doctor's list, into a folder. Only its owner may "
        "read the file; an older one of the same day is replaced. No screen is needed."
    )
    parser.add_argument("--day", metavar="DATE", help="such as 2026-11-24, today, 3d, fri; default: today")
    parser.add_argument("--site", metavar="NAME|ID", help="default: all")
    parser.add_argument("--doctor", dest="practitioner", metavar="NAME|ID", help="default: all")
    parser.add_argument(
        "--room", metavar="NAME|ID|all", help="lists of rooms and devices instead of doctors: of one, or of all used"
    )
    parser.add_argument(
        "--pdf", type=Path, required=True, metavar="DIR", help="folder; its files are named by day and site"
    )
    parser.add_argument("--paper", choices=("a4", "letter"), default="", help="default: what is usual by the locale")


def _move(parser: Parser) -> None:
    from clinic_desk.commandline.values import START_HELP, identifier, when

    parser.add_argument("appointment", type=identifier, metavar="ID")
    parser.add_argument("--start", type=when, metavar="TIME", help=START_HELP)
    parser.add_argument("--practitioner", metavar="NAME|ID")
    parser.add_argument("--site", metavar="NAME|ID")
    _may_overrule(parser)
    _at_version(parser)
    _for_changes(parser)


def _update(parser: Parser) -> None:
    from clinic_desk.commandline.values import between, identifier, status

    parser.add_argument("appointment", type=identifier, metavar="ID")
    parser.add_argument("--length", type=between(1, 1440), metavar="MINUTES")
    parser.add_argument("--type", metavar="NAME|ID")
    parser.add_argument("--room", metavar="NAME|ID|none|automatic")
    parser.add_argument("--device", metavar="NAME|ID|none|automatic")
    parser.add_argument("--patient", metavar="ID|TEXT")
    parser.add_argument("--note")
    parser.add_argument(
        "--status", type=status, help="arrived, checked-in, fulfilled, noshow, entered-in-error, booked"
    )
    _may_overrule(parser)
    _at_version(parser)
    _for_changes(parser)


def _cancel(parser: Parser) -> None:
    from clinic_desk.commandline.values import CANCELLATION_REASONS, identifier

    parser.add_argument("appointment", type=identifier, metavar="ID")
    parser.add_argument("--reason", required=True, choices=CANCELLATION_REASONS, help="FHIR R5 cancellation reason")
    _at_version(parser)
    _for_changes(parser)


def _queue(parser: Parser) -> None:
    from clinic_desk.commandline.values import MESSAGE_FILTERS, between, identifier

    parser.description = (
        "List the messages to patients (list), count them (counts), or do something with one: retry what failed, "
        "cancel what waits, send-now what waits, send it by-email or by-sms instead, or note that it is done."
    )
    actions = ("list", "counts", "retry", "cancel", "send-now", "by-email", "by-sms", "done")
    parser.add_argument("action", nargs="?", default="list", choices=actions, metavar="ACTION", help=", ".join(actions))
    parser.add_argument(
        "message", nargs="?", type=identifier, metavar="ID", help="which message, for all but the first two"
    )
    parser.add_argument("--filter", default="all", choices=MESSAGE_FILTERS, help="which to list (default: all)")
    parser.add_argument("--search", default="", metavar="TEXT", help="part of a patient's name, number or address")
    parser.add_argument("--limit", type=between(1, 10_000), default=200)
    parser.add_argument("--days", type=between(1, 3650), default=14, help="how far back (default: 14)")
    parser.add_argument("--even-if-quiet", action="store_true", help="send-now: in the quiet hours too")
    _once(parser)


def _confirm(parser: Parser) -> None:
    from clinic_desk.commandline.values import identifier

    parser.add_argument("appointment", type=identifier, metavar="ID")
    _once(parser)


def _check_appointments(parser: Parser) -> None:
    parser.description = (
        "List the appointments to come that no longer fit since the set-up or the rules of a time zone changed, and "
        "why. What was overruled when it was booked is not listed again. Exit code 1: some no longer fit."
    )
    parser.add_argument(
        "--keep-wall-time",
        action="store_true",
        help="put those back to the time that was agreed for which only the clocks changed: all, or none if one cannot "
        "be; at most 500 at once. Nobody is told.",
    )
    _once(parser)


def _import(parser: Parser) -> None:
    from clinic_desk.commandline.values import DELIMITERS, DOUBLES, ENCODINGS, EXISTING, KINDS, OUT_OF_HOURS

    parser.description = (
        "Import practitioners, patients or appointments from a CSV file, or appointments from an iCalendar file: all "
        "rows or none. Importing again makes no doubles. A manager's login is needed. Exit code 1: rows have problems, "
        "nothing was stored."
    )
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="only say what importing would do")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=HEADING",
        help="which column holds a field, by heading or number; FIELD= for none; default: as the headings tell",
    )
    parser.add_argument(
        "--source",
        default="import",
        metavar="NAME",
        help="where the numbers in the file come from; the same name for a clinic's patients and appointments",
    )
    parser.add_argument("--dates", choices=("dmy", "mdy"), help="what 3/4/1987 means; asked for only if dates are so")
    parser.add_argument("--encoding", choices=ENCODINGS, help="default: found out")
    parser.add_argument("--delimiter", choices=DELIMITERS, help="default: found out")
    parser.add_argument("--country", default="DE", metavar="CC", help="of phone numbers without one (default: DE)")
    parser.add_argument("--language", default="en", metavar="CODE", help="of patients without one (default: en)")
    parser.add_argument(
        "--doubles",
        choices=DOUBLES,
        default="skip",
        help="what becomes of a new patient who may be there already: left out (default) or added",
    )
    parser.add_argument(
        "--existing",
        choices=EXISTING,
        default="keep",
        help="what becomes of a patient who is there already: kept (default), or updated by what the file says",
    )
    parser.add_argument(
        "--out-of-hours",
        choices=OUT_OF_HOURS,
        default="take",
        help="coming appointments outside working hours: taken and noted as overruled (default), or refused",
    )
    _once(parser)


def _export(parser: Parser) -> None:
    from clinic_desk.commandline.values import DELIMITERS, KINDS

    parser.description = (
        "Write practitioners, patients or appointments to a CSV file that import understands, or appointments to an "
        "iCalendar file. Only its owner may read the file. A manager's login is needed; who exported what is noted."
    )
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=("csv", "ics"), help="default: by the file's name, else csv")
    parser.add_argument("--delimiter", choices=DELIMITERS, help="default: comma")
    parser.add_argument("--from", dest="from_", metavar="DATE", help="first day of the appointments")
    parser.add_argument("--to", metavar="DATE", help="last day of the appointments")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    _once(parser)


def _patient_data(parser: Parser) -> None:
    parser.description = (
        "Write all that is kept of one patient to a JSON file that only its owner may read, or erase it for good: the "
        "record, notes, messages, what the history says of her, and the SMS provider's copies. Appointments stay "
        "without her. Who did it is noted. Writing needs the right to export, erasing a manager's login."
    )
    parser.add_argument("what", choices=("export", "erase"), metavar="WHAT", help="export, erase")
    parser.add_argument("--patient", required=True, metavar="ID|TEXT", help="to erase: the id")
    parser.add_argument("--file", type=Path, metavar="FILE", help="where the data goes")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument("--yes", action="store_true", help="erase; without it only tell what would go")
    _once(parser)


def _figures(parser: Parser) -> None:
    parser.description = (
        "The clinic's figures of some days, beside those of the period before: utilisation, visits and no-shows, lead "
        "times, bookings by desk, weekday and hour, messages by outcome. Nothing in them names a patient. A login with "
        "the right to figures is needed; a manager's has it."
    )
    parser.add_argument("--from", dest="from_", metavar="DATE", help="first day; default: the first of this month")
    parser.add_argument("--to", metavar="DATE", help="last day; default: with --from today, else the month's last")
    parser.add_argument("--site", metavar="NAME|ID", help="default: all")
    parser.add_argument("--doctor", dest="practitioner", metavar="NAME|ID", help="default: all")
    parser.add_argument("--csv", action="store_true", help="print a table for spreadsheets: one figure a line")


def _may_overrule(parser: Parser) -> None:
    from clinic_desk.commandline.values import OVERRULABLE_RULES, rules

    parser.add_argument(
        "--overrule",
        type=rules,
        default=frozenset(),
        metavar="RULE,…",
        help=f"go on although these rules are broken: {OVERRULABLE_RULES}",
    )


def _at_version(parser: Parser) -> None:
    from clinic_desk.commandline.values import between

    parser.add_argument(
        "--version",
        type=between(1, 2**31 - 1),
        help="refuse if the appointment is not at this version any more; default: whatever it is now",
    )


def _for_changes(parser: Parser) -> None:
    parser.add_argument("--no-message", action="store_true", help="do not tell the patient")
    _once(parser)


def _once(parser: Parser) -> None:
    from clinic_desk.commandline.values import identifier

    parser.add_argument(
        "--operation-id",
        type=identifier,
        metavar="UUID",
        help="make repeating safe: the same id is carried out once, however often it is sent",
    )


COMMANDS: Final[dict[str, tuple[str, Callable[[Parser], None]]]] = {
    "init-db": ("create the clinic's database, roles and schema", upkeep.init_db),
    "set-up": ("share this PC's clinic, join one, move it, or try a connection, unattended too", upkeep.set_up),
    "upgrade-db": ("bring the database's schema to this program's version", upkeep.upgrade_db),
    "backup": ("backups: now, list, check, restore, schedule, send-messages", upkeep.backup),
    "check": ("health: database, schema version, queue, clock difference", _no_options),
    "support-bundle": (
        "one file for whoever looks after the program: logs, versions, health; no patients",
        upkeep.bundle,
    ),
    "slots": ("free times of a practitioner, or of all who do a visit type", _slots),
    "book": ("book a patient", _book),
    "show": ("one appointment with its messages and its history", _show),
    "list": ("the appointments of one or several days", _list),
    "day-list": ("the day on paper, as PDF files", _day_list),
    "move": ("move an appointment to another time or practitioner", _move),
    "update": ("change an appointment's length, type, room, device, patient, note, status", _update),
    "cancel": ("cancel an appointment", _cancel),
    "queue": ("the messages to patients: list, count, retry, cancel", _queue),
    "confirm": ("send an appointment's confirmation, again if need be", _confirm),
    "check-appointments": ("the appointments to come that no longer fit, and why", _check_appointments),
    "import": ("import patients, practitioners or appointments from a file", _import),
    "export": ("export patients, practitioners or appointments to a file", _export),
    "patient-data": ("one patient's data: write it to a file, or erase it for good", _patient_data),
    "figures": ("utilisation, no-shows, lead times, bookings by desk and hour, messages", _figures),
    "history": ("what was changed, when and by whom", upkeep.history),
    "verify-history": ("whether the history of all changes is whole, and if not where", upkeep.verify_history),
    "people": ("who signs in: list, add, reset, disable, enable, set-group, set-right", upkeep.people),
    "worker": ("send messages without a window, as a service", upkeep.worker),
}
"""Name -> what its help says, and what adds its options. What carries it out is in `run`, under the same name."""
