"""Makes a text that people typed fit for one line of a header, a calendar or a file."""

from __future__ import annotations

import unicodedata


def one_line(text: str) -> str:
    """Return the text on one line: line breaks and other controls become blanks, signs that turn writing round go.

    Right-to-left letters stay as they are; only the invisible overrides (U+202A-202E, U+2066-2069) can make a name
    look like another.
    """
    return " ".join("".join(_plain(char) for char in text).split())


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Zl", "Zp", "Cs"}:
        return " "
    return "" if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" else char
