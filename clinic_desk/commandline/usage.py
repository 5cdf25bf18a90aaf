"""What was typed cannot be used: the errors of the command line itself, exit code 2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRETS: Final = (
    (re.compile(r"(://[^:/?#@\s]*):[^\s]*@"), r"\1:***@"),
    (re.compile(r"((?:ssl)?password\s*=\s*)('[^']*'|[^\s&'\"]+)", re.IGNORECASE), r"\1***"),
)


class Usage(InvalidInput):
    """An option holds what cannot be understood, or a name that finds none or several.

    `candidates` are records to choose from, ready to be shown; they may name patients, so they are no part of the text.
    """

    def __init__(self, field: str, expected: str, candidates: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(field, expected)
        self.candidates = tuple(candidates)


def without_secrets(text: str) -> str:
    """Return a text with the passwords of addresses in it made unreadable: what was typed is quoted in errors."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
