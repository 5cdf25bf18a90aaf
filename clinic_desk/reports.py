"""Crash reports: where it happened and on what, in plain text that holds no patient data and can be sent to anybody."""

from __future__ import annotations

import platform
import sys
import traceback
from datetime import UTC, datetime

from clinic_desk import __version__
from clinic_desk.errors import ClinicDeskError

_LIBRARIES = ("PySide6-Essentials", "SQLAlchemy", "psycopg2-binary", "alembic")


def traceback_text(error: BaseException) -> str:
    """Return the places and classes of an error and of those it came from. Texts of errors not ours are left out:

    a library's message can quote what it was given, and that may be a patient.
    """
    lines = []
    for link in _chain(error):
        lines += traceback.format_list(traceback.extract_tb(link.__traceback__))
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}{_own_words(link)}\n")
    return "".join(lines)


def _chain(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return links[::-1]


def _own_words(error: BaseException) -> str:
    return f": {error}" if isinstance(error, ClinicDeskError) else " (its text is left out: it might hold a name)"


def crash_report(error: BaseException, thread: str) -> str:
    """Return the whole report."""
    head = [
        f"Clinic Desk {__version__}",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, thread {thread}",
        f"Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        f"from {'a bundle' if getattr(sys, 'frozen', False) else 'an environment'}",
    ]
    return "\n".join([*head, "", traceback_text(error)])


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
