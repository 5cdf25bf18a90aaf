"""Which columns the calendar shows: chosen doctors or rooms on one day, or one doctor on several days. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.records import Clinic, DayBoard, RoomKind
from clinic_desk.services.calendar import doctor_fullness
from clinic_desk.ui.calendar.places import Column
from clinic_desk.ui.calendar.text import shorter_titles
from clinic_desk.ui.column_choice import ColumnChoice, Resource
from clinic_desk.ui.preferences import Kind, Pace
from clinic_desk.ui.shell.day_words import days_text, long_day_text, qdate, short_day_text, week_text

Span = Literal["day", "week", "days"]
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 6
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class View:
    """What is on screen: a day of all chosen columns, or the week around `day`, or several days from it, of one.

    `week_of`: whose days. `count` and `pace`: how many days side by side (2-7), and which. `as_list`: the appointments
    of the same columns as a list in the calendar's place.
    """

    day: date
    span: Span = "day"
    kind: Kind = "practitioner"
    week_of: UUID | None = None
    count: int = 3
    pace: Pace = "day"
    as_list: bool = False

    @property
    def days(self) -> tuple[date, ...]:
        """The local days that are shown, in order; a week is Monday to Sunday (ISO 8601)."""
        if self.span == "day":
            return (self.day,)
        if self.span == "week":
            monday = self.day - self.day.weekday() * _DAY
            return tuple(monday + count * _DAY for count in range(7))
        first = _workday(self.day, 0) if self.pace == "workday" else self.day
        return tuple(_paced(first, count, self.pace) for count in range(self.count))

    def stepped(self, by: int) -> View:
        """Return the view so many days, weeks, or all its days later."""
        if self.span == "days":
            return replace(self, day=_paced(self.days[0], by * self.count, self.pace))
        return replace(self, day=self.day + by * (1 if self.span == "day" else 7) * _DAY)

    def stepped_one(self, by: int) -> View:
        """Return the view so many of its columns later: of several days the others stay. A week is stepped whole."""
        return replace(self, day=_paced(self.days[0], by, self.pace)) if self.span == "days" else self.stepped(by)


def _paced(first: date, count: int, pace: Pace) -> date:
    """Return the day so many (or, negative, so many before) after the first at a pace."""
    return _workday(first, count) if pace == "workday" else first + count * (7 if pace == "week" else 1) * _DAY


def _workday(day: date, count: int) -> date:
    """Return the Monday-to-Friday day so many after one; a weekend counts as the Monday after it."""
    if day.isoweekday() >= _SATURDAY:
        day += (8 - day.isoweekday()) * _DAY
    weeks, rest = divmod(day.weekday() + count, 5)
    return day - day.weekday() * _DAY + (weeks * 7 + rest) * _DAY


def resources(clinic: Clinic, kind: Kind) -> tuple[Resource, ...]:
    """Return the active doctors, or rooms, in the clinic's order."""
    if kind == "practitioner":
        people = [person for person in clinic.practitioners if person.active]
        return tuple(Resource(person.id, person.name, person.colour, person.speciality) for person in people)
    several = len(clinic.sites) > 1
    rooms = [room for room in clinic.rooms if room.active and room.kind is RoomKind.ROOM]
    return tuple(
        Resource(room.id, room.name, "#6b7684", clinic.site(room.site_id).name if several else "") for room in rooms
    )


def columns_of(view: View, clinic: Clinic, choice: ColumnChoice) -> tuple[Column, ...]:
    """Return the columns of a view from left to right."""
    known = {resource.id: resource for resource in resources(clinic, view.kind)}
    if view.span == "day":
        return tuple(_column(known[each], view.kind, view.day) for each in choice.visible(tuple(known)))
    resource = known.get(view.week_of) if view.week_of else None
    if resource is None:
        return ()
    return tuple(
        replace(_column(resource, view.kind, day), title=_weekday(day), subtitle=resource.name) for day in view.days
    )


def with_fullness(columns: tuple[Column, ...], boards: Mapping[date, DayBoard], clinic: Clinic) -> tuple[Column, ...]:
    """Return a doctor's days with how full each is below its date; one on which she does not work says so."""
    return tuple(
        replace(column, subtitle=_fullness_text(doctor_fullness(boards[column.day], clinic, column.id)))
        if column.kind == "practitioner" and column.day in boards
        else column
        for column in columns
    )


def _fullness_text(share: float | None) -> str:
    if share is None:
        return translate("columns", "not in")
    return translate("columns", "{percent} % full").format(percent=round(share * 100))


def _column(resource: Resource, kind: Kind, day: date) -> Column:
    return Column(kind, resource.id, day, resource.name, resource.hint, resource.colour)


def _weekday(day: date) -> str:
    return QLocale().toString(qdate(day), translate("columns", "ddd d MMM", "QLocale format of a day in the week view"))


def heading(view: View, clinic: Clinic) -> str:
    """Return what the top bar says is shown."""
    return headings(view, clinic)[0]


def headings(view: View, clinic: Clinic) -> tuple[str, ...]:
    """Return the heading, then shorter ones for a narrow window: whose days they are is kept before which they are."""
    if view.span == "day":
        return long_day_text(view.day), short_day_text(view.day)
    days = view.days
    shown = week_text(days[0]) if view.span == "week" else days_text(days[0], days[-1])
    name = next((one.name for one in resources(clinic, view.kind) if one.id == view.week_of), "")
    if not name:
        return (shown,)
    shorter = shorter_titles(name) if view.kind == "practitioner" else ()
    least = (name, *shorter)[-1]
    return (*(f"{shown} · {one}" for one in (name, *shorter)), f"{least} · {shown}")
