"""What people type for a date or a time of day, understood as a reception types it: short, and by several habits."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from clinic_desk.domain.folding import fold

_PAST_PREFERRED_DAYS = 92


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a language: names of weekdays (Monday first) and months in full, days by word, letters of units.

    `weekdays` and `months` may be typed short, from two and three letters on, as long as one name alone begins so.
    """

    weekdays: Sequence[str] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    months: Sequence[str] = tuple(calendar.month_name)[1:]
    words: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"today": 0, "now": 0, "tomorrow": 1, "yesterday": -1})
    )
    units: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({"d": "day", "w": "week", "m": "month", "y": "year"})
    )


ENGLISH = Vocabulary(
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    )
)
GERMAN = Vocabulary(
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    words=MappingProxyType({"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1}),
    units=MappingProxyType({"t": "day", "w": "week", "m": "month", "j": "year"}),
)


def parse_typed_date(
    text: str, today: date, *, day_first: bool = True, vocabulary: Vocabulary = ENGLISH
) -> date | None:
    """Return the day that was meant, None when it cannot be told.

    - "3d", "-1w", "+2m", "1y": from today; a month keeps the day or takes its last one
    - "fri", "friday": the next one after today; "today", "tomorrow", "yesterday"
    - "24": the next 24th, today included; "24.12.", "24/12", "24 dec", "2412": without a year the coming one, or the
      one just gone by if that is at most 92 days ago; "24.12.26", "241226", "24122026", "2026-12-24"
    - `day_first` decides what "3/4" and digits without separators mean ("." is always day first, four digits before
      "-" are ISO 8601)
    """
    typed = fold(text).strip().rstrip(",")
    if not typed:
        return None
    for reading in (_by_word, _by_distance, _by_weekday):
        found = reading(typed, today, vocabulary)
        if found is not None:
            return found
    parts = _named_month_parts(typed, vocabulary) or _numeric_parts(typed, day_first=day_first)
    return None if parts is None else _resolve(*parts, today)


def _by_word(typed: str, today: date, vocabulary: Vocabulary) -> date | None:
    for word, days in vocabulary.words.items():
        if fold(word) == typed:
            return _shift(today, days)
    return None


def _by_distance(typed: str, today: date, vocabulary: Vocabulary) -> date | None:
    match = re.fullmatch(r"([+-]?)\s*(\d{1,4})\s*([a-z])", typed)
    unit = vocabulary.units.get(match[3]) if match else None
    if match is None or unit is None:
        return None
    count = -int(match[2]) if match[1] == "-" else int(match[2])
    if unit in {"day", "week"}:
        return _shift(today, count * (7 if unit == "week" else 1))
    month_index = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
    year, month = month_index // 12, month_index % 12 + 1
    if not 1 <= year <= 9999:
        return None
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _shift(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None


def _by_weekday(typed: str, today: date, vocabulary: Vocabulary) -> date | None:
    index = _named(typed.rstrip("."), vocabulary.weekdays, shortest=2)
    if index is None:
        return None
    return _shift(today, (index - today.weekday() - 1) % 7 + 1)


def _named(typed: str, names: Sequence[str], *, shortest: int) -> int | None:
    """Return the index of the only name that begins so, None when there is none or more than one."""
    if len(typed) < shortest:
        return None
    hits = [index for index, name in enumerate(names) if fold(name).startswith(typed)]
    return hits[0] if len(hits) == 1 else None


def _named_month_parts(typed: str, vocabulary: Vocabulary) -> tuple[int | None, int | None, int] | None:
    """Read "24 dec 2026", "24. dec", "dec 24, 2026" as (year, month, day); None when there is no month's name."""
    day_then_month = re.fullmatch(r"(\d{1,2})[.\s]*([a-z]+)[.,\s]*(\d{4}|\d{2})?", typed)
    month_then_day = re.fullmatch(r"([a-z]+)[.\s]*(\d{1,2})(?:[.,\s]+(\d{4}|\d{2}))?\.?", typed)
    if day_then_month:
        day, name, year = day_then_month.groups()
    elif month_then_day:
        name, day, year = month_then_day.groups()
    else:
        return None
    index = _named(name, vocabulary.months, shortest=3)
    return None if index is None else (_year(year), index + 1, int(day))


def _numeric_parts(typed: str, *, day_first: bool) -> tuple[int | None, int | None, int] | None:
    """Read digits, with or without separators, as (year, month, day); missing ones are None."""
    if match := re.fullmatch(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", typed):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.fullmatch(r"(\d{1,2})([-./\s])\s*(\d{1,2})(?:\s*[-./\s]\s*(\d{4}|\d{2}))?\.?", typed):
        first, separator, second, year = int(match[1]), match[2], int(match[3]), _year(match[4])
    elif match := re.fullmatch(r"(\d{2})(\d{2})(\d{4}|\d{2})?", typed):
        if match[3] and len(typed) == 8 and 1900 <= int(typed[:4]) <= 2199 and int(typed[4:6]) <= 12:
            return int(typed[:4]), int(typed[4:6]), int(typed[6:])
        first, separator, second, year = int(match[1]), "", int(match[2]), _year(match[3])
    elif match := re.fullmatch(r"(\d{1,2})\.?", typed):
        return None, None, int(match[1])
    else:
        return None
    if day_first or separator == ".":
        return year, second, first
    return year, first, second


def _year(digits: str | None) -> int | None:
    if digits is None:
        return None
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _resolve(year: int | None, month: int | None, day: int, today: date) -> date | None:
    """Return the date of these parts; what is missing is chosen near today."""
    if year is not None and month is not None:
        return _valid(year, month, day)
    if month is None:
        months = ((today.year * 12 + today.month - 1 + ahead) for ahead in range(13))
        coming = (_valid(index // 12, index % 12 + 1, day) for index in months)
        return next((found for found in coming if found is not None and found >= today), None)
    candidates = (_valid(candidate, month, day) for candidate in range(today.year - 1, today.year + 9))
    earliest = _shift(today, -_PAST_PREFERRED_DAYS) or date.min
    return next((found for found in candidates if found is not None and found >= earliest), None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_typed_time(text: str) -> int | None:
    """Return the minute of the day, 0-1440, that was meant by "9", "930", "0930", "9:30", "9.30", "9h30", "2pm".

    "24:00" is the midnight that ends the day, 1440; None when it cannot be told.
    """
    typed = fold(text).replace(" ", "")
    match = re.fullmatch(r"(\d{1,2})(?:[:.h,](\d{2})?)?(am|pm)?|(\d{1,2})(\d{2})(am|pm)?", typed)
    if match is None:
        return None
    hour = int(match[1] or match[4])
    minute = int(match[2] or match[5] or 0)
    half = match[3] or match[6]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if minute > 59 or hour * 60 + minute > 1440:
        return None
    return hour * 60 + minute
