"""A span of time in a form: first and last day, and the times of day where it isn't whole days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.wall import minute_to_instant, to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import date_text, day_text, minute_text, one_line
from clinic_desk.ui.setup.area import Row
from clinic_desk.ui.setup.days import typed_day, typed_time, written_day
from clinic_desk.ui.setup.inputs import text_input

translate = QCoreApplication.translate
_DAY: Final = timedelta(days=1)


class Span(Protocol):
    """A record of a span [starts_at, ends_at)."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


S = TypeVar("S", bound=Span)
ROWS_OF: Final = {"starts_at": "from_day", "ends_at": "until_day"}


def span_rows() -> tuple[Row, ...]:
    """Return the rows of a span."""
    return (
        Row("from_day", translate("setup", "First day"), text_input(40)),
        Row(
            "from_time",
            translate("setup", "From"),
            text_input(10, translate("setup", "start of the day")),
            translate("setup", "Leave both times empty for whole days."),
        ),
        Row("until_day", translate("setup", "Last day"), text_input(40, translate("setup", "the same day"))),
        Row("until_time", translate("setup", "Until"), text_input(10, translate("setup", "end of the day"))),
    )


def zone_of(practitioner_id: UUID | None, room_id: UUID | None, setup: Setup) -> str:
    """Return the zone whose clock a span is typed by: of the room's site, or of where the practitioner works."""
    sites = {site.id: site.zone for site in setup.clinic.sites}
    rooms = [room.site_id for room in setup.clinic.rooms if room.id == room_id]
    works = [row.site_id for row in setup.clinic.working_hours if row.practitioner_id == practitioner_id]
    return next((sites[site] for site in (*rooms, *works) if site in sites), setup.zone)


def span_values(starts_at: datetime | None, ends_at: datetime | None, zone: str, setup: Setup) -> dict[str, Any]:
    """Return what stands in the rows of a span; None: today, whole."""
    if starts_at is None or ends_at is None:
        return {
            "from_day": written_day(setup.today, setup.today),
            "from_time": "",
            "until_day": "",
            "until_time": "",
        }
    start, end = to_wall(starts_at, zone), to_wall(ends_at, zone)
    begins, ends = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    last = end.date() - _DAY if ends == 0 and end.date() > start.date() else end.date()
    return {
        "from_day": written_day(start.date(), setup.today),
        "from_time": minute_text(begins) if begins else "",
        "until_day": written_day(last, setup.today) if last != start.date() else "",
        "until_time": minute_text(ends) if ends else "",
    }


def typed_span(values: Mapping[str, Any], zone: str, setup: Setup) -> tuple[datetime, datetime]:
    """Return the instants [from, to) of what stands in the rows. Raises InvalidInput."""
    first = typed_day("from_day", values["from_day"], setup.today)
    last = typed_day("until_day", values["until_day"], setup.today) if values["until_day"].strip() else first
    begins = typed_time("from_time", values["from_time"]) if values["from_time"].strip() else 0
    ends = typed_time("until_time", values["until_time"]) if values["until_time"].strip() else 1440
    if last < first:
        raise InvalidInput(field="until_day", expected="a day that is not before the first")
    start, end = minute_to_instant(first, begins, zone), minute_to_instant(last, ends, zone)
    if end <= start:
        raise InvalidInput(field="until_time", expected="a time after the start")
    return start, end


def span_text(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return `7 Dec 2026`, `7 Dec 2026 – 11 Dec 2026`, with the times where it isn't whole days."""
    start, end = to_wall(starts_at, zone), to_wall(ends_at, zone)
    begins, ends = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    last = end.date() - _DAY if ends == 0 and end.date() > start.date() else end.date()
    ends = ends or 1440
    whole = begins == 0 and ends == 1440
    if start.date() == last:
        return date_text(last) if whole else f"{date_text(last)}, {minute_text(begins)}–{minute_text(ends)}"
    if whole:
        return days_text(start.date(), last)
    return f"{day_text(start.date(), last)} {minute_text(begins)} – {date_text(last)} {minute_text(ends)}"


def moment_text(instant: datetime, zone: str) -> str:
    """Return `7 Dec 2026 08:00`."""
    wall = to_wall(instant, zone)
    return f"{date_text(wall.date())} {minute_text(wall.hour * 60 + wall.minute)}"


def is_over(ends_at: datetime, setup: Setup) -> bool:
    """Whether a span is past."""
    return ends_at <= setup.now.astimezone(UTC)


def past_text() -> str:
    """Return what is said of a span that is over."""
    return translate("setup", "past")


def those_to_come_first(rows: Iterable[S], setup: Setup) -> list[S]:
    """Return rows with what is under way or to come first, by its start, and then what is over, the latest first."""
    known = list(rows)
    to_come = sorted((row for row in known if not is_over(row.ends_at, setup)), key=lambda row: row.starts_at)
    past = sorted((row for row in known if is_over(row.ends_at, setup)), key=lambda row: row.starts_at, reverse=True)
    return [*to_come, *past]


def days_text(first: date, last: date) -> str:
    """Return `25 Dec 2026` or `Fri 25 Dec – 26 Dec 2026`; the year stands once."""
    return date_text(first) if first == last else f"{day_text(first, last)} – {date_text(last)}"


def titled(*parts: str) -> str:
    """Return the parts that say something, on one line."""
    return " · ".join(one_line(part) for part in parts if part)
