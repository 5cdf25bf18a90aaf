"""The command line: `clinic-desk` opens the desktop, `clinic-desk demo` a clinic to try; the rest are data commands.

Only the standard library is imported with this module, so that the window is on screen as early as can be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk import __version__

if TYPE_CHECKING:
    from types import ModuleType

    from clinic_desk.opening.opened import Opened
    from clinic_desk.settings import Settings

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3
_NO_DISPLAY: Final = (
    "clinic-desk: there is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are not set); "
    "on a machine without a screen use the data commands, see clinic-desk --help."
)
_NO_NUMBER: Final = "clinic-desk: --find-phone takes a phone number, such as '+49 30 1234567'."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit code."""
    options = _plain(sys.argv[1:] if arguments is None else arguments) or _parser().parse_args(arguments)
    if "handler" in options:
        from clinic_desk.commandline.run import run

        return run(options)
    if options.command == "demo":
        return _demo(options)
    if options.self_check:
        from clinic_desk.tour.self_check import run_self_check

        return run_self_check()
    return _desktop(options)


def _plain(typed: Sequence[str]) -> argparse.Namespace | None:
    """Understand what opens a window, as `_parser` would but sooner; None for anything else.

    Making argparse's parser takes half of the time that the first picture may take more than an empty window's.
    """
    options = argparse.Namespace(
        command=None, database_url=None, data=None, find_phone=None, self_check=False, second_desk=False
    )
    rest = list(typed)
    if rest[:1] == ["demo"]:
        rest = rest[1:]
        options = argparse.Namespace(
            command="demo",
            database_url=None,
            data=None,
            find_phone=None,
            self_check=False,
            second_desk=False,
            shots=None,
            tour=False,
        )
    while rest:
        if len(rest) < 2 or rest[1].startswith("-"):
            return None
        name, value, *rest = rest
        if name == "--data":
            options.data = Path(value)
        elif name == "--find-phone":
            options.find_phone = value
        elif name == "--database-url" and options.command is None:
            options.database_url = value
        else:
            return None
    return options


def _parser() -> argparse.ArgumentParser:
    from clinic_desk.commandline.commands import add_data_commands
    from clinic_desk.commandline.parser import Parser

    parser = Parser(prog="clinic-desk", description="Reception desk of a clinic.")
    parser.add_argument("--version", action="version", version=f"clinic-desk {__version__}")
    parser.add_argument(
        "--self-check", action="store_true", help="try whether this installation is whole, in a scratch clinic"
    )
    _add_database_options(parser)
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="open the demo clinic on the embedded database",
        description="Open the demo clinic; a second one started beside it is a second desk on the same clinic. "
        "Without a display a guided tour of the program runs instead, and leaves pictures.",
    )
    # A default here would undo the folder said before the command.
    demo.add_argument(
        "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="folder of the demo's database"
    )
    demo.add_argument("--find-phone", metavar="NUMBER", default=argparse.SUPPRESS, help="open the patient who calls")
    demo.add_argument("--shots", type=Path, metavar="DIR", help="where the tour puts its pictures")
    demo.add_argument("--tour", action="store_true", help="run the guided tour though there is a display")
    add_data_commands(commands)
    return parser


def _add_database_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database-url", metavar="URL", help="address of the clinic's database (CLINIC_DESK_DATABASE_URL)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the embedded database (CLINIC_DESK_DATA)")
    parser.add_argument(
        "--second-desk", action="store_true", help="open another desk though one of this clinic is open on this PC"
    )
    parser.add_argument(
        "--find-phone",
        metavar="NUMBER",
        help="open the patient who calls, on the desk that is running or else on a new one: for telephone software",
    )


def _desktop(options: argparse.Namespace) -> int:
    from clinic_desk.desk.display import has_display

    if not has_display():
        sys.stderr.write(_NO_DISPLAY + "\n")
        return USAGE
    return _run(
        partial(_open_clinic, options.database_url, options.data),
        partial(_what_is_opened, options.database_url, options.data),
        options.find_phone,
        is_only_one=not options.second_desk,
        again=_arguments_again(options),
    )


def _arguments_again(options: argparse.Namespace) -> list[str] | None:
    """With what the program is started with the PC; None if it was given an address, which may hold a password."""
    if options.database_url is not None:
        return None
    return ["--data", str(options.data.absolute())] if options.data is not None else []


def _demo(options: argparse.Namespace) -> int:
    from clinic_desk.desk.display import has_display

    if options.tour or not has_display():
        from clinic_desk.tour import run_tour

        return run_tour(options.data, options.shots or Path("tour-screenshots"))
    return _run(
        partial(_open_demo, options.data),
        lambda: f"demo {options.data.resolve() if options.data else ''}",
        options.find_phone,
    )


def _run(
    open_clinic: Callable[[Callable[[str], None]], Opened],
    opened: Callable[[], str],
    find_phone: str | None,
    *,
    is_only_one: bool = False,
    again: Sequence[str] | None = None,
) -> int:
    if find_phone is not None and not _is_number(find_phone):
        sys.stderr.write(_NO_NUMBER + "\n")
        return USAGE
    code: int = load_desktop().run_desktop(
        open_clinic, _start_log, opened, find_phone, is_only_one=is_only_one, again=again
    )
    return code


def _is_number(text: str) -> bool:
    from clinic_desk.domain.finding import caller_number

    return caller_number(text) is not None


def _what_is_opened(database_url: str | None, data: Path | None) -> str:
    """Name what a desk of these options works on, the same for every program of this user; without who signs in."""
    from urllib.parse import urlsplit

    settings = _settings(database_url=database_url, data=data)
    if settings.database_url is None:
        return f"embedded {settings.data.resolve()}"
    address = urlsplit(settings.database_url.get_secret_value())
    return f"database {address.netloc.rpartition('@')[2]}{address.path}?{address.query}"


def load_desktop() -> ModuleType:
    """Import the desktop as a program of its own does: in the quickest order, with nothing collected meanwhile."""
    import gc

    # The window collects by timer (`ui.garbage`); importing Qt leaves no garbage worth looking for.
    gc.disable()
    import clinic_desk.ui  # noqa: F401  first: it takes PySide's import hook out
    from clinic_desk.desk import run

    return run


def _start_log() -> None:
    from clinic_desk.logs import log_folder, start_log

    start_log(log_folder())


def _open_clinic(database_url: str | None, data: Path | None, tell: Callable[[str], None]) -> Opened:
    from clinic_desk.opening.first_start import open_or_ask

    return open_or_ask(_settings(database_url=database_url, data=data), tell)


def _open_demo(data: Path | None, tell: Callable[[str], None]) -> Opened:
    from clinic_desk.opening.demo import open_demo

    return open_demo(_settings(), data, tell)


def _settings(**given: object) -> Settings:
    from clinic_desk.settings import load_settings

    return load_settings(**given)
