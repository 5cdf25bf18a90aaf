"""Working hours: who works where on which days of the week, from when on, every week or every other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import hours as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work
from clinic_desk.ui.setup.areas.shared import (
    chosen,
    first_person,
    first_site,
    hours_person_choices,
    name_of,
    several_sites,
    site_choices,
)
from clinic_desk.ui.setup.days import typed_day, typed_windows, windows_text, written_day
from clinic_desk.ui.setup.inputs import choice_input, text_input
from clinic_desk.ui.setup.spans import past_text
from clinic_desk.ui.setup.week.plans import (
    DAYS,
    WeekPlan,
    command_of,
    fresh_plan,
    is_same_plan,
    plans_of,
    removal_of,
)
from clinic_desk.ui.setup.week.week_input import week_input, weekday_name

translate = QCoreApplication.translate
_RHYTHMS: Final = tuple(range(1, 9))


def rhythm_text(weeks: int) -> str:
    """Return `every week` or `every 2 weeks`."""
    if weeks == 1:
        return translate("setup", "every week")
    return translate("setup", "every {count} weeks").format(count=weeks)


def _plans(setup: Setup) -> list[WeekPlan]:
    order = {person.id: at for at, person in enumerate(setup.clinic.practitioners)}
    plans = plans_of(setup.clinic.working_hours)
    return sorted(plans, key=lambda plan: (order.get(plan.practitioner_id, 0), plan.valid_from, plan.key))


def _line(plan: WeekPlan, setup: Setup) -> Line:
    person = next((row for row in setup.clinic.practitioners if row.id == plan.practitioner_id), None)
    notes = [name_of(setup.clinic.sites, plan.site_id)] if len(setup.clinic.sites) > 1 else []
    if plan.every_weeks > 1:
        notes.append(rhythm_text(plan.every_weeks))
    if plan.valid_from > setup.today:
        notes.append(translate("setup", "from {day}").format(day=date_text(plan.valid_from)))
    if plan.valid_to is not None:
        notes.append(translate("setup", "until {day}").format(day=date_text(plan.valid_to)))
    is_over = plan.valid_to is not None and plan.valid_to < setup.today
    if person is None:
        return Line(translate("setup", "(choose a doctor)"), " · ".join(notes))
    return Line(person.name, " · ".join(notes), person.colour, not is_over, past_text())


def _values(plan: WeekPlan, setup: Setup) -> dict[str, Any]:
    return {
        "practitioner_id": plan.practitioner_id,
        "site_id": plan.site_id,
        "week": tuple(windows_text(windows) for windows in plan.week),
        "every_weeks": plan.every_weeks,
        "from_day": written_day(plan.valid_from, setup.today),
        "until_day": written_day(plan.valid_to, setup.today),
    }


def _read(values: Values, base: WeekPlan, setup: Setup) -> WeekPlan:
    begin = typed_day("from_day", values["from_day"], setup.today)
    end = typed_day("until_day", values["until_day"], setup.today) if values["until_day"].strip() else None
    if end is not None and end < begin:
        raise InvalidInput(field="until_day", expected="a day that is not before the first")
    week = [typed_windows("week", text) for text in values["week"]]
    if not any(week):
        raise InvalidInput(field="week", expected="at least one day of work")
    plan = replace(
        base,
        practitioner_id=chosen(values, "practitioner_id"),
        site_id=chosen(values, "site_id"),
        every_weeks=values["every_weeks"],
        valid_from=begin,
        valid_to=end,
    )
    return plan.with_week(week)


def _said(name: str, plan: WeekPlan, setup: Setup) -> str:
    if name in DAYS:
        return windows_text(getattr(plan, name)) or translate("setup", "does not work")
    if name == "site_id":
        return name_of(setup.clinic.sites, plan.site_id)
    if name == "every_weeks":
        return rhythm_text(plan.every_weeks)
    day = getattr(plan, name)
    return translate("setup", "without end") if day is None else date_text(day)


def _saving(_base: Any, plan: WeekPlan, operation: UUID) -> Work:
    command = command_of(plan, operation)
    return lambda db: service.save_working_hours(db, command)


def _removing(plan: WeekPlan, operation: UUID) -> Work:
    command = removal_of(plan, operation)
    return lambda db: service.save_working_hours(db, command)


def _blank(setup: Setup) -> WeekPlan:
    working = {row.practitioner_id for row in setup.clinic.working_hours}
    without = [person.id for person in setup.clinic.practitioners if person.active and person.id not in working]
    person = next(iter(without), first_person(setup))
    return WeekPlan(new_id(), person, first_site(setup), setup.today)  # type: ignore[arg-type]  # None: to be chosen


def hours_area() -> Area:
    """Return the area of the working hours."""
    return Area(
        name="hours",
        title=translate("setup", "Working hours"),
        about=translate(
            "setup",
            "Who works when, week by week. Type 8-12, 13-17, or drag in the picture; the gap between is the break.",
        ),
        none_yet=translate("setup", "There are no working hours yet. First add a site and a doctor, then the hours."),
        new_text=translate("setup", "&New working hours"),
        rows=(
            Row("practitioner_id", translate("setup", "Doctor"), choice_input(), offered=hours_person_choices),
            Row("site_id", translate("setup", "Site"), choice_input(), offered=site_choices, shown=several_sites),
            Row("week", translate("setup", "Week"), week_input),
            Row(
                "every_weeks",
                translate("setup", "Repeated"),
                choice_input(rhythm_text),
                translate("setup", "Counted from the week of the first day: alternate weeks are two sets of hours."),
                offered=lambda _setup, _plan: [(rhythm_text(each), each) for each in _RHYTHMS],
            ),
            Row("from_day", translate("setup", "First day"), text_input(40)),
            Row(
                "until_day",
                translate("setup", "Last day"),
                text_input(40),
                translate("setup", "Leave it empty for hours without end. To change hours later, end these first."),
            ),
        ),
        records=_plans,
        line=_line,
        values=_values,
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=_removing,
        key=lambda plan: plan.key,
        is_same=is_same_plan,
        fresh=fresh_plan,
        compared=(*DAYS, "site_id", "every_weeks", "valid_from", "valid_to"),
        names={
            **{name: weekday_name(at) for at, name in enumerate(DAYS, start=1)},
            "valid_from": translate("setup", "First day"),
            "valid_to": translate("setup", "Last day"),
        },
        rows_of={
            "valid_from": "from_day",
            "valid_to": "until_day",
            "start_minute": "week",
            "end_minute": "week",
            "weekday": "week",
            "rows": "week",
        },
    )
