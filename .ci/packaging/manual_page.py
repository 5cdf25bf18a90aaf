"""Writes the manual page of `clinic-desk` from its own parser, so that no command and no option can be forgotten.

`python .ci/packaging/manual_page.py > clinic-desk.1`. What the commands mean together is in the README; the page is the
reference. Own code because the ready-made tools cannot see options that are added when their command is typed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_VARIABLES: Final = (
    ("CLINIC_DESK_DATABASE_URL", "address of the clinic's database, as for --database-url; it may hold the password"),
    ("CLINIC_DESK_DATABASE_CA_FILE", "certificate of the authority that signed the database server's"),
    ("CLINIC_DESK_DATA", "folder of the embedded database, as for --data"),
    ("CLINIC_DESK_POSTGRES_BIN", "folder of other PostgreSQL programs than those in the package"),
    ("CLINIC_DESK_LANGUAGE", "language of the program, such as de or de_AT"),
)
_FILES: Final = (
    ("~/.local/share/clinic-desk", "the embedded database, unless another folder was said"),
    ("~/.config/clinic-desk", "what belongs to this user's desk"),
    ("/usr/lib/clinic-desk", "the program; nothing of the clinic is in it"),
)
_CODES: Final = (
    ("0", "done"),
    ("1", "refused by a rule of the clinic; nothing was changed"),
    ("2", "what was typed cannot be understood"),
    ("3", "the database cannot be reached"),
)


def page(parser: argparse.ArgumentParser, version: str, date: str) -> str:
    """Return the whole page in troff; `date` as 2026-11-22."""
    lines = [
        f'.TH CLINIC-DESK 1 "{date}" "Clinic Desk {version}" "User Commands"',
        *(".SH NAME", r"clinic\-desk \- reception desk of a clinic"),
        *(".SH SYNOPSIS", r".B clinic\-desk", "[options]", ".br", r".B clinic\-desk", r"\fICOMMAND\fR [options]"),
        *(".SH DESCRIPTION", "Without a command, the clinic's desk is opened: a window with its calendar."),
        "The commands are for other programs and for whoever looks after the clinic's PCs.",
        *(".SH OPTIONS", *_options(parser)),
        *(".SH COMMANDS", *_commands(parser)),
        *(".SH EXIT STATUS", *_terms(_CODES)),
        *(".SH ENVIRONMENT", *_terms(_VARIABLES)),
        *(".SH FILES", *_terms(_FILES)),
    ]
    return "\n".join(lines) + "\n"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the commands by name, whole with their options."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    for each in found.values():
        fill = getattr(each, "fill_now", None)
        if fill is not None:
            fill()
    return found


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for name, command in commands(parser).items():
        yield f".SS {_plain(f'clinic-desk {name}')}"
        yield _text(command.description or "")
        yield from _options(command)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        value = "" if action.nargs == 0 else f" {_value(action)}"
        names = [rf"\fB{_plain(name)}\fR{value}" for name in action.option_strings] or [value.strip()]
        told = _text(_help(action))
        yield from (".TP", ", ".join(names), *([told] if told else []))


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        shown = action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    elif action.choices is not None:
        shown = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        shown = action.dest.upper() if action.option_strings else action.dest
    return rf"\fI{_plain(shown)}\fR".replace(",", r",\:")  # a long choice may go on in the next line


def _help(action: argparse.Action) -> str:
    return (action.help or "") % {"default": action.default, "prog": "clinic-desk"} if action.help else ""


def _terms(terms: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, text in terms:
        yield from (".TP", rf"\fB{_plain(name)}\fR", _text(text))


def _plain(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


def _text(text: str) -> str:
    """Running text: on one line, and none that troff would take for an order."""
    told = _plain(" ".join(text.split()))
    return rf"\&{told}" if told.startswith((".", "'")) else told


def main() -> None:
    """Print the page; its date is that of SOURCE_DATE_EPOCH, else today's."""
    sys.path.insert(0, str(ROOT))
    import linux

    from clinic_desk import __version__
    from clinic_desk.cli import _parser

    sys.stdout.write(page(_parser(), __version__, linux.release_date()))


if __name__ == "__main__":
    main()
