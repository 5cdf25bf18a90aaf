"""Which columns the calendar shows: chosen doctors or rooms on one day, or one doctor on seven days. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.records import Clinic, RoomKind
from clinic_desk.ui.calendar.places import Column
from clinic_desk.ui.column_choice import ColumnChoice, Resource
from clinic_desk.ui.preferences import Kind
from clinic_desk.ui.shell.day_words import long_day_text, qdate, week_text

Span = Literal["day", "week"]
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class View:
    """What is on screen: a day of all chosen columns, or the week around `day` of one of them."""

    day: date
    span: Span = "day"
    kind: Kind = "practitioner"
    week_of: UUID | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """The local days that are shown: one, or Monday to Sunday (the week of ISO 8601)."""
        if self.span == "day":
            return (self.day,)
        monday = self.day - timedelta(days=self.day.weekday())
        return tuple(monday + timedelta(days=count) for count in range(7))

    def stepped(self, by: int) -> View:
        """Return the view so many days, or weeks, later."""
        return replace(self, day=self.day + timedelta(days=by * (1 if self.span == "day" else 7)))


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


def _column(resource: Resource, kind: Kind, day: date) -> Column:
    return Column(kind, resource.id, day, resource.name, resource.hint, resource.colour)


def _weekday(day: date) -> str:
    return QLocale().toString(qdate(day), translate("columns", "ddd d MMM", "QLocale format of a day in the week view"))


def heading(view: View, clinic: Clinic) -> str:
    """Return what the top bar says is shown."""
    if view.span == "day":
        return long_day_text(view.day)
    names = [resource.name for resource in resources(clinic, view.kind) if resource.id == view.week_of]
    return " · ".join([week_text(view.days[0]), *names])
