"""What the fields of the set-up may hold: each check returns the value as it is stored, or names the field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import date

_LONGEST_NAME: Final = 100
_LONGEST_LINE: Final = 250
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would break the line, or turn the direction of the times that names of doctors and places stand beside."""
_COLOUR: Final = re.compile("#[0-9A-Fa-f]{6}")
_YEARS: Final = range(1970, 2200)
LAST_MINUTE: Final = 1440


def line(field: str, value: str, longest: int = _LONGEST_LINE) -> str:
    """Return text on one line, without blanks around it."""
    text = value.strip()
    if len(text) > longest or _CONTROL.search(text):
        raise InvalidInput(field=field, expected=f"at most {longest} characters on one line")
    return text


def name(value: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name; it must not be empty."""
    text = line("name", value, longest)
    if not text:
        raise InvalidInput(field="name", expected="a name")
    return text


def number(field: str, value: int, least: int, most: int, what: str = "") -> int:
    """Return a whole number from `least` to `most`."""
    if not least <= value <= most:
        raise InvalidInput(field=field, expected=what or f"{least} to {most}")
    return value


def colour(value: str) -> str:
    """Return a colour as #rrggbb."""
    if not _COLOUR.fullmatch(value):
        raise InvalidInput(field="colour", expected="a colour as # and six hexadecimal digits", example="#3b6fd4")
    return value


def day(field: str, value: date) -> date:
    """Return a local day of this age."""
    if value.year not in _YEARS:
        raise InvalidInput(field=field, expected="a day in the years 1970 to 2199")
    return value


def window(start_minute: int, end_minute: int) -> tuple[int, int]:
    """Return minutes from midnight, the end after the start; 1440 is the next midnight."""
    number("start_minute", start_minute, 0, LAST_MINUTE - 1, "a time of day")
    number("end_minute", end_minute, 1, LAST_MINUTE, "a time of day, 24:00 at the latest")
    if end_minute <= start_minute:
        raise InvalidInput(
            field="end_minute", expected="a time after the start; a night duty is two windows that join at midnight"
        )
    return start_minute, end_minute
