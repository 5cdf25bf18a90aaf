"""The types of the values that are typed after `clinic-desk`: each checks one and says what was expected."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.exchange import Doubles, Existing, Kind, OutOfHours
from clinic_desk.domain.history_chain import from_paper
from clinic_desk.domain.history_list import ChangeKind
from clinic_desk.domain.message_list import Filter
from clinic_desk.domain.records import AppointmentStatus, CancellationReason

START_HELP = "local time at the site, such as 2026-11-24T10:15, or with an offset: 2026-11-24T09:15Z"
CANCELLATION_REASONS = tuple(reason.value for reason in CancellationReason)
MESSAGE_FILTERS = tuple(filter_.value for filter_ in Filter)
OVERRULABLE_RULES = ", ".join(sorted(OVERRULABLE))
CHANGE_KINDS = tuple(kind.value for kind in ChangeKind)
KINDS = tuple(kind.value for kind in Kind)
DOUBLES = tuple(choice.value for choice in Doubles)
EXISTING = tuple(choice.value for choice in Existing)
OUT_OF_HOURS = tuple(choice.value for choice in OutOfHours)
ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-15", "cp850", "mac-roman")
DELIMITERS = ("comma", "semicolon", "tab", "pipe")
_YEARS = range(1970, 2200)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def identifier(text: str) -> UUID:
    """A UUID; argparse names the option and says what was expected."""
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_expected("an id (UUID)", text)) from None


def when(text: str) -> datetime:
    """An ISO 8601 date and time; naive means wall time at the site."""
    value = None if is_day(text) else _moment(text)
    if value is None or value.year not in _YEARS:
        raise argparse.ArgumentTypeError(_expected("a date with a time such as 2026-11-24T10:15", text))
    if value.second or value.microsecond:
        raise argparse.ArgumentTypeError(_expected("a time in whole minutes", text))
    return value


def minute_of_day(text: str) -> int:
    """A time of day such as 02:10, as minutes since midnight."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60):
        raise argparse.ArgumentTypeError(_expected("a time such as 02:10", text))
    return int(hours) * 60 + int(minutes)


def is_day(text: str) -> bool:
    """Whether a text is an ISO 8601 date without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def day_or_time(text: str) -> str | datetime:
    """A date as people type it (told apart later, by the clinic's calendar), or a date and time."""
    return text if is_day(text) or _moment(text) is None else when(text)


def weekdays(text: str) -> frozenset[int]:
    """Comma-separated days of the week, as ISO numbers (Monday 1)."""
    parts = [part.strip().lower()[:3] for part in text.split(",")]
    if not all(part in _WEEKDAYS for part in parts):
        raise argparse.ArgumentTypeError(_expected("days such as mon,wed,fri", text))
    return frozenset(_WEEKDAYS.index(part) + 1 for part in parts)


def status(text: str) -> AppointmentStatus:
    """A FHIR R5 appointment status."""
    try:
        return AppointmentStatus(text)
    except ValueError:
        known = ", ".join(AppointmentStatus)
        raise argparse.ArgumentTypeError(_expected(f"one of {known}", text)) from None


def rules(text: str) -> frozenset[Rule]:
    """Comma-separated rules that may be overruled."""
    try:
        wanted = frozenset(Rule(part.strip()) for part in text.split(","))
    except ValueError:
        wanted = frozenset()
    if not wanted or not wanted <= OVERRULABLE:
        raise argparse.ArgumentTypeError(_expected(f"some of {OVERRULABLE_RULES}", text))
    return wanted


def paper_seal(text: str) -> tuple[int, str]:
    """A seal of the history, as printed: its number and how its digest begins."""
    try:
        return from_paper(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_expected("a seal like 312:3fa9-12cd-88e0-77aa", text)) from None


def between(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(_expected(f"a whole number from {low} to {high}", text))
        return value

    return number


def _expected(what: str, got: str) -> str:
    return f"expected {what}, got {got!r}"
