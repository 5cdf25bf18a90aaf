"""What is shown and understood in the When line: a weekday and date, a time, and where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from clinic_desk.domain.typed_dates import ENGLISH, Vocabulary, parse_typed_date, parse_typed_time

_TIME_RANGE = re.compile(r"(\d{1,2}(?:[:.h]\d{2})?|\d{3,4})\s*[-–—]\s*(\d{1,2}(?:[:.h]\d{2})?|\d{3,4})$")
_CLOCK = re.compile(r"\d{1,2}[:h]\d{2}|\d{1,4}|\d{1,2}(?:[:.]\d{2})?[ap]m")
_RELATIVE = re.compile(r"[+-]?\d{1,4}[^\W\d_]")


@dataclass(frozen=True, slots=True)
class When:
    """A wall time on a local day: `minute` 0-1439 from midnight, `length` in minutes."""

    day: date
    minute: int
    length: int


def parse_when(
    text: str, now: When, today: date, *, day_first: bool = True, vocabulary: Vocabulary = ENGLISH
) -> When | None:
    """Return what was typed over `now`, None when any part of it cannot be told.

    A time alone keeps the day, a date alone keeps the time. "9-9:45" sets the length too; when only the start inside
    the shown text was edited, the end that still stands there moves along. Digits alone are a time ("1030").
    """
    match = _TIME_RANGE.search(text.strip())
    ranged = _with_range(now, match[1], match[2]) if match else now
    pieces = _pieces(text.strip()[: match.start()] if match else text)
    if ranged is None or not (pieces or match):
        return None
    if not pieces:
        return ranged

    def day_of(words: list[str]) -> date | None:
        return _day(words, now, today, day_first=day_first, vocabulary=vocabulary)

    if match:
        day = day_of(pieces)
        return None if day is None else replace(ranged, day=day)
    for clock, words in _readings(pieces, today):
        minute = parse_typed_time(clock) if clock else now.minute
        day = day_of(words) if words else now.day
        if minute is not None and minute < 1440 and day is not None:
            return replace(now, day=day, minute=minute)
    return None


def _pieces(text: str) -> list[str]:
    return [piece for piece in re.split(r"[\s·,]+", text.strip()) if piece]


def _readings(pieces: list[str], today: date) -> Iterator[tuple[str, list[str]]]:
    """Yield (time, words of the date) in the order of likelihood; either may be empty."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        if _CLOCK.fullmatch(first):
            yield first, []
        yield "", pieces
        yield first, []
        return
    if re.fullmatch(r"\d{4}", last) and today.year - 1 <= int(last) <= today.year + 3:
        yield "", pieces
    yield last, pieces[:-1]
    yield first, pieces[1:]
    yield "", pieces


def _with_range(now: When, first: str, last: str) -> When | None:
    start, end = parse_typed_time(first), parse_typed_time(last)
    if start is None or end is None or start == 1440:
        return None
    if end % 1440 == (now.minute + now.length) % 1440:
        # The end that stands there moves along with an edited start; it may lie beyond midnight.
        return replace(now, minute=start)
    return replace(now, minute=start, length=end - start) if end > start else None


def _day(words: list[str], now: When, today: date, *, day_first: bool, vocabulary: Vocabulary) -> date | None:
    def read(text: str) -> date | None:
        base = now.day if _RELATIVE.fullmatch(text) and text[0] in "+-" else today
        return parse_typed_date(text, base, day_first=day_first, vocabulary=vocabulary)

    if len(words) == 1:
        return read(words[0])
    # A weekday before a date is decoration ("Tue 24.11."), unless it is the part that was edited.
    weekday, dated = read(words[0]), read(" ".join(words[1:]))
    if weekday is None or dated is None:
        return read(" ".join(words))
    if dated == now.day and weekday.weekday() != now.day.weekday():
        return now.day + timedelta(days=(weekday.weekday() - now.day.weekday()) % 7)
    return dated
