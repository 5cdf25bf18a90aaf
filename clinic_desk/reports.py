"""Crash reports: where it happened and on what, in plain text that holds no patient data and can be sent to anybody."""

from __future__ import annotations

import platform
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

from clinic_desk import __version__
from clinic_desk.errors import ClinicDeskError

_MAIL: Final = re.compile(r"[\w.+-]+@[\w.-]+")
_NUMBER: Final = re.compile(
    r"(?P<id>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|\+?\d(?:[\s/().-]?\d){6,}", re.IGNORECASE
)
"""Ids of rows are kept: they lead whoever may read the database to the record, and nobody else."""
_SECRETS: Final = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+(@)"), r"\1…\2"),
    (re.compile(r"(?i)((?:password|passwd|passphrase|secret|token|pwd)[\"']?\s*[=:]\s*)[^\s,;&]+"), r"\1…"),
    (re.compile(r"(\b(?:user|role) \")[^\"]*"), r"\1…"),
    (re.compile(r"\b(?:SK|AC)[0-9a-fA-F]{32}\b"), "[account]"),
    (re.compile(r"\b(?:[A-Z2-7]{4}-){6}[A-Z2-7]{4}\b"), "[key]"),
)
_LIBRARIES = ("PySide6-Essentials", "SQLAlchemy", "psycopg2-binary", "alembic")


def redacted(text: str) -> str:
    """Return the text with mail addresses, long numbers, passwords, tokens and keys made unreadable."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _NUMBER.sub(lambda found: found["id"] or "[number]", _MAIL.sub("[address]", text))


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
    if isinstance(error, ClinicDeskError):
        return f": {error}"
    codes = [getattr(error, name, None) for name in ("sqlstate", "constraint")]  # of a DatabaseFault: they name nobody
    told = "".join(f" {code}" for code in codes if isinstance(code, str))
    return f"{told} (its text is left out: it might hold a name)"


def crash_report(error: BaseException, thread: str) -> str:
    """Return the whole report."""
    head = [
        f"Clinic Desk {__version__}",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, thread {thread}",
        f"Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        f"from {'a bundle' if getattr(sys, 'frozen', False) else 'an environment'}",
    ]
    return "\n".join([*head, "", redacted(traceback_text(error))])


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
