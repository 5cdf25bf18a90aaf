"""Dates and times of day in the set-up's forms: how they are written, and what is understood of what is typed."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Final

from clinic_desk.domain.typed_dates import parse_typed_date, parse_typed_time
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import date_text, minute_text

Windows = tuple[tuple[int, int], ...]
"""Spans of one day from their first to their last minute (0-1440), in order and without overlap."""

_SPAN: Final = re.compile(
    r"\s*(?P<start>[\d:.h]+\s*(?:[ap]m)?)\s*(?:-|–|—|to\b|bis\b)\s*(?P<end>[\d:.h]+\s*(?:[ap]m)?)\s*[,;+&]?",
    re.IGNORECASE,
)


def _understood(text: str, today: date) -> date | None:
    return parse_typed_date(text, today, day_first=is_day_first(), vocabulary=vocabulary())


def written_day(day: date | None, today: date) -> str:
    """Return a date as it stands in a field: it is understood again whatever the language. None is empty."""
    if day is None:
        return ""
    text = date_text(day)
    return text if _understood(text, today) == day else day.isoformat()


def typed_day(name: str, text: str, today: date) -> date:
    """Return the date typed in a field. Raises InvalidInput if none can be told."""
    found = _understood(text, today)
    if found is None:
        raise InvalidInput(field=name, expected="a date", example="24.12.2026")
    return found


def typed_time(name: str, text: str) -> int:
    """Return the minute of the day (0-1440) typed in a field. Raises InvalidInput if none can be told."""
    found = parse_typed_time(text)
    if found is None:
        raise InvalidInput(field=name, expected="a time of day", example="08:30")
    return found


def windows_text(windows: Windows) -> str:
    """Return `08:00–12:00, 13:00–17:00`; nothing for none."""
    return ", ".join(f"{minute_text(start)}–{minute_text(end)}" for start, end in windows)


def typed_windows(name: str, text: str) -> Windows:
    """Return the spans typed as "8-12, 13-17". Raises InvalidInput: each ends after it begins, and none overlap."""
    found, at = [], 0
    while text[at:].strip():
        match = _SPAN.match(text, at)
        if match is None:
            raise _no_windows(name)
        start, end = parse_typed_time(match["start"]), parse_typed_time(match["end"])
        if start is None or end is None or start >= end:
            raise _no_windows(name)
        found.append((start, end))
        at = match.end()
    found.sort()
    if any(first[1] > then[0] for first, then in pairwise(found)):
        raise _no_windows(name)
    return tuple(found)


def understood_windows(text: str) -> Windows | None:
    """Return the spans typed, None if they cannot be told."""
    try:
        return typed_windows("windows", text)
    except InvalidInput:
        return None


def _no_windows(name: str) -> InvalidInput:
    return InvalidInput(field=name, expected="times that do not overlap", example="8-12, 13-17")
