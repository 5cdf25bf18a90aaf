"""Reads the events of an iCalendar file (RFC 5545) as rows, one event at a time, with the `icalendar` library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any, Final

from clinic_desk.domain.exchange import Reason, RowProblem
from clinic_desk.domain.wall import to_instant, zone_rules
from clinic_desk.errors import InvalidInput
from clinic_desk.services.importing.files import Row

HEADINGS: Final = (
    "UID", "SUMMARY", "DTSTART", "DTEND", "LOCATION", "CATEGORIES", "STATUS", "DESCRIPTION", "CHAIR", "ATTENDEE",
    "ATTENDEE e-mail", "RESOURCES", "X-CLINIC-DESK-DEVICE",
)  # fmt: skip
_EVENT: Final = "a VEVENT of RFC 5545"
_LONGEST_EVENT: Final = 256 << 10
_REPEATING: Final = ("RRULE", "RDATE", "RECURRENCE-ID")


def event_rows(text: IO[str], binary: IO[bytes]) -> Iterator[Row]:
    """Yield a row for each event; `number` counts the events from 1."""
    number, lines, length = 0, list[str](), 0
    for line in _lines(text):
        mark = line.strip().upper()
        if mark == "BEGIN:VEVENT":
            number, lines, length = number + 1, [], 0
        if number == 0 or (not lines and mark != "BEGIN:VEVENT"):
            continue
        length += len(line)
        if length <= _LONGEST_EVENT:
            lines.append(line)
        if mark == "END:VEVENT":
            yield _row(number, "".join(lines), binary.tell(), complete=length <= _LONGEST_EVENT)
            lines = []
    if lines:
        yield _row(number, "", binary.tell(), complete=False)


def _lines(text: IO[str]) -> Iterator[str]:
    """Lines of bounded length: one without an end must not fill the memory."""
    while line := text.readline(_LONGEST_EVENT):
        yield line


def _row(number: int, text: str, position: int, *, complete: bool) -> Row:
    from icalendar import Event

    if not complete:
        return Row(number, (), position, RowProblem(number, "", Reason.UNREADABLE, "END:VEVENT"))
    try:
        event = Event.from_ical(text)
        if event.errors:
            return Row(number, (), position, RowProblem(number, event.errors[0][0] or "", Reason.UNREADABLE, _EVENT))
        if any(name in event for name in _REPEATING):
            return Row(number, (), position, RowProblem(number, "RRULE", Reason.REPEATS))
        cells = _cells(event)
    except InvalidInput:
        return Row(
            number, (), position, RowProblem(number, "DTSTART", Reason.TIME, "20261124T101500Z, in a known zone")
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        return Row(number, (), position, RowProblem(number, "", Reason.UNREADABLE, _EVENT))
    return Row(number, cells, position)


def _cells(event: Any) -> tuple[str, ...]:
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    chairs = [one for one in attendees if str(one.params.get("ROLE", "")).upper() == "CHAIR"]
    others = [one for one in attendees if one not in chairs]
    start, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
    if start and not end and "DURATION" in event:
        end = _text(datetime.fromisoformat(start) + event["DURATION"].dt)
    return (
        str(event.get("UID", "")),
        str(event.get("SUMMARY", "")),
        start,
        end,
        str(event.get("LOCATION", "")),
        ", ".join(event.categories),
        str(event.get("STATUS", "")),
        str(event.get("DESCRIPTION", "")),
        _named(chairs[0] if chairs else event.get("ORGANIZER")),
        _named(others[0]) if others else "",
        _address(others[0]) if others else "",
        _joined(event.get("RESOURCES", "")),
        str(event.get("X-CLINIC-DESK-DEVICE", "")),
    )


def _joined(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(one) for one in values if str(one))


def _named(address: Any) -> str:
    return "" if address is None else str(address.params.get("CN", "")) or _address(address)


def _address(address: Any) -> str:
    text = str(address)
    return text[7:] if text[:7].lower() == "mailto:" else ""


def _moment(event: Any, name: str) -> str:
    """An instant in UTC, a naive wall time, or a day, in ISO 8601. InvalidInput for a zone nobody knows."""
    if name not in event:
        return ""
    value = event[name]
    when: date | datetime = value.dt
    if not isinstance(when, datetime):
        return when.isoformat()
    if when.utcoffset() == timedelta(0) and "TZID" not in value.params:
        return _text(when.astimezone(UTC))
    if "TZID" not in value.params:
        return _text(when)
    return _text(to_instant(when.replace(tzinfo=None), _zone(str(value.params["TZID"]))))


def _zone(name: str) -> str:
    """Return the IANA name of a zone that other programs name in their own way (Windows: CLDR's table)."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    name = WINDOWS_TO_OLSON.get(name, name).strip("/")
    zone_rules(name)
    return name


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes" if not moment.second else "seconds")
