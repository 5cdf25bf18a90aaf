"""The options of the commands that look after a clinic: its database, its backups, its people, its history.

As `commands`, it imports the types of the values when a command was typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic_desk.commandline.parser import Parser


def bundle(parser: Parser) -> None:
    """Add the options of `support-bundle`."""
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="the zip file to make; one that is there is not replaced (default: named by the time, in this folder)",
    )


def init_db(parser: Parser) -> None:
    """Add the options of `init-db`."""
    parser.description = (
        "Create the clinic's database, roles and schema on a server (the address is a superuser's; the owner's "
        "password is read from CLINIC_DESK_OWNER_PASSWORD), or with --data in a folder of this computer. "
        "May be run again: it adds what is missing."
    )
    parser.add_argument("--name", default="clinic", help="name of the database (default: clinic)")
    parser.add_argument(
        "--login",
        action="append",
        default=[],
        metavar="NAME:GROUP[:DISPLAY NAME]",
        help="create a login in the group reception, manager, readonly or worker; its password is read from the "
        "environment variable CLINIC_DESK_PASSWORD_<NAME> (may be repeated)",
    )


def history(parser: Parser) -> None:
    """Add the options of `history`."""
    from clinic_desk.commandline.values import CHANGE_KINDS, between, identifier

    parser.description = (
        "List changes in plain words, the latest first. Those of one appointment or patient (--record) everybody "
        "may see; all of them need the right to look through everybody's changes. --csv needs the right to export."
    )
    parser.add_argument("--from", dest="from_", metavar="DATE", help="first day, such as 2026-11-24, yesterday, mon")
    parser.add_argument("--to", metavar="DATE", help="last day")
    parser.add_argument("--who", metavar="NAME|LOGIN")
    parser.add_argument("--desk", metavar="NAME")
    parser.add_argument("--kind", choices=CHANGE_KINDS)
    parser.add_argument("--record", type=identifier, metavar="UUID", help="of one appointment or patient")
    parser.add_argument("--practitioner", metavar="NAME|ID", help="of whose appointments and absences")
    parser.add_argument("--limit", type=between(1, 10_000), default=200)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write them to a file too")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")


def verify_history(parser: Parser) -> None:
    """Add the options of `verify-history`."""
    from clinic_desk.commandline.values import paper_seal

    parser.description = (
        "Read the whole history of changes and say what is wrong with it: rows changed, removed or added since they "
        "were sealed, seals that this PC has seen and that are gone, records that are not as their history says. "
        "Ends with 1 if anything is. Needs the right to look through everybody's changes."
    )
    told = "a seal as it stands at the foot of printed changes, to be compared (more than once: several)"
    parser.add_argument("--seal", type=paper_seal, action="append", default=[], metavar="NO:DIGITS", help=told)


def upgrade_db(parser: Parser) -> None:
    """Add the options of `upgrade-db`."""
    parser.description = (
        "Bring the schema to this program's version, as the role that owns it. An older clinic is backed up first; "
        "the passphrase of its backups is in the keyring, or in CLINIC_DESK_BACKUP_PASSPHRASE. With --data, a database "
        "that an older PostgreSQL made is taken over first, by way of a backup of its own; the old one is kept."
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--backup-to", type=Path, metavar="FOLDER", help="make and check the backup there")
    group.add_argument("--without-backup", action="store_true", help="there is one, made just now by other means")


def people(parser: Parser) -> None:
    """Add the options of `people`."""
    from clinic_desk.domain.people import Group
    from clinic_desk.domain.rights import Right

    parser.description = (
        "Who signs in, as a manager's login. Whoever is added or reset gets a one-time code, printed here and nowhere "
        "else, with which she signs in within a day to choose a password. disable shuts somebody out at once."
    )
    actions = ("list", "add", "reset", "disable", "enable", "set-group", "set-right")
    parser.add_argument("action", nargs="?", default="list", choices=actions)
    parser.add_argument("login", nargs="?", help="whom; not with list")
    parser.add_argument("right", nargs="?", choices=[right.value for right in Right], help="with set-right")
    parser.add_argument("state", nargs="?", choices=("allowed", "refused", "as-group"), help="with set-right")
    parser.add_argument("--name", help="with add: what the others see; default: the login")
    parser.add_argument(
        "--group", choices=[group.value for group in Group], help="with add (default: reception), set-group"
    )


def set_up(parser: Parser) -> None:
    """Add the options of `set-up`."""
    from clinic_desk.commandline.set_up import add_options

    add_options(parser)


def worker(parser: Parser) -> None:
    """Add the options of `worker`."""
    parser.description = (
        "Work through the message queue without a window until stopped, for a server or as a service. The address is "
        "CLINIC_DESK_WORKER_DATABASE_URL, else as for the other commands; its login is one of the group worker. "
        "Credentials of the providers: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER, EMAIL_ADDRESS, "
        "EMAIL_PASSWORD in the environment, or the keyring."
    )


def backup(parser: Parser) -> None:
    """Add the options of `backup`."""
    from clinic_desk.commandline.values import between, minute_of_day

    parser.description = (
        "Backups of the whole clinic, encrypted with the passphrase in CLINIC_DESK_BACKUP_PASSPHRASE or the keyring of "
        "this PC, each checked by restoring it. restore --to DIR makes a new clinic of one PC in a folder; restore "
        "--over puts the backup in the place of the present clinic, after a backup of that (on a server the address is "
        "a superuser's). Messages wait after a restore until send-messages."
    )
    actions = ("now", "list", "check", "restore", "schedule", "send-messages")
    parser.add_argument("action", nargs="?", default="list", choices=actions)
    parser.add_argument("file", nargs="?", type=Path, help="with check and restore: the backup's file")
    parser.add_argument("--to", type=Path, metavar="DIR", help="with now: another folder for the backup; with restore")
    parser.add_argument("--over", action="store_true", help="with restore: in the place of the present clinic")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="with schedule: where backups go; turns them on")
    parser.add_argument("--at", type=minute_of_day, metavar="HH:MM", help="with schedule: when, by the clinic's clock")
    parser.add_argument("--daily", type=between(1, 366), help="with schedule: how many days' backups are kept")
    parser.add_argument("--weekly", type=between(0, 260), help="with schedule: how many weeks'")
    parser.add_argument("--monthly", type=between(0, 240), help="with schedule: how many months'")
    parser.add_argument("--off", action="store_true", help="with schedule: make none by themselves")
