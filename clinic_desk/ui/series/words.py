"""How series are spoken of: the rule in a sentence, what is chosen for a date, what is about to be done."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.records import AppointmentStatus, Clinic
from clinic_desk.domain.recurrence import Every, Recurrence, parse_rule
from clinic_desk.domain.series import PlannedDate, SeriesView
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.sentences import About, combined, sentence
from clinic_desk.ui.series.choices import Choice, Tally, Way

translate = QCoreApplication.translate


def unit_rows() -> list[tuple[str, Every]]:
    """Return the units to choose from."""
    return [
        (translate("series", "days"), Every.DAYS),
        (translate("series", "weeks"), Every.WEEKS),
        (translate("series", "months"), Every.MONTHS),
    ]


def weekday_text(weekday: int, *, long: bool = False) -> str:
    """Return the name of a weekday (ISO, 1 = Monday), short or in full."""
    form = QLocale.FormatType.LongFormat if long else QLocale.FormatType.ShortFormat
    return QLocale().standaloneDayName(weekday, form)


def place_in_series(view: SeriesView, appointment_id: UUID) -> str:
    """Return `3 of 10, every week`; those cancelled do not count, and of one of them only the rule is told."""
    standing = [entry.id for entry in view.entries if entry.appointment.status is not AppointmentStatus.CANCELLED]
    every = _every(parse_rule(view.series.rule))
    if appointment_id not in standing:
        return every
    told = translate("series", "{number} of {n}, {every}")
    return told.format(number=standing.index(appointment_id) + 1, n=len(standing), every=every)


def rule_sentence(rule: Recurrence) -> str:
    """Return `every 2 weeks on Mon and Thu, 6 dates`."""
    every = _every(rule)
    if rule.until is not None:
        return translate("series", "{every}, until {day}").format(every=every, day=day_text(rule.until))
    if rule.count == 1:
        return translate("series", "{every}, one date").format(every=every)
    return translate("series", "{every}, {n} dates").format(every=every, n=rule.count)


def _every(rule: Recurrence) -> str:
    n = rule.interval
    every = {
        Every.DAYS: translate("series", "every day") if n == 1 else translate("series", "every {n} days"),
        Every.WEEKS: translate("series", "every week") if n == 1 else translate("series", "every {n} weeks"),
        Every.MONTHS: translate("series", "every month") if n == 1 else translate("series", "every {n} months"),
    }[rule.every].format(n=n)
    if rule.weekdays:
        names = [weekday_text(day) for day in sorted(rule.weekdays)]
        return translate("series", "{every} on {days}").format(every=every, days=QLocale().createSeparatedList(names))
    return every


def when_words(starts_at: datetime, zone: str, today: date | None = None) -> str:
    """Return `Tue 24 Nov, 09:45`."""
    wall = to_wall(starts_at, zone)
    return f"{day_text(wall.date(), today)}, {time_text(wall)}"


def reason_words(planned: PlannedDate, clinic: Clinic, zone: str) -> str:
    """Return why a date cannot simply stand; empty if it can."""
    about = About(planned.practitioner_id, planned.type_id, planned.starts_at)
    return " ".join(sentence(one, clinic, zone, about) for one in combined(planned.violations))


def slot_words(slot: FreeSlot, planned: PlannedDate, clinic: Clinic, zone: str) -> tuple[str, str]:
    """Return what a free time instead is, and at the right what is special about it."""
    there, was = to_wall(slot.starts_at, zone), to_wall(planned.starts_at, zone)
    when = time_text(there) if there.date() == was.date() else when_words(slot.starts_at, zone)
    name = one_line(clinic.practitioner(slot.practitioner_id).name)
    if slot.practitioner_id != planned.practitioner_id:
        return f"{when} · {name}", translate("series", "other doctor")
    if there.date() == was.date():
        return f"{when} · {name}", translate("series", "same day")
    return f"{when} · {name}", translate("series", "other day")


def choice_words(choice: Choice, planned: PlannedDate, clinic: Clinic, zone: str, *, changing: bool) -> str:
    """Return what is chosen for a date, for its row: of a change where it goes."""
    if choice.way is Way.INSTEAD and choice.slot is not None:
        if not changing:
            return "→ " + slot_words(choice.slot, planned, clinic, zone)[0]
        name = one_line(clinic.practitioner(choice.slot.practitioner_id).name)
        return f"→ {when_words(choice.slot.starts_at, zone)} · {name}"
    if choice.way is Way.LEFT_OUT:
        return translate("series", "stays as it is") if changing else translate("series", "left out")
    there = when_words(planned.starts_at, zone)
    if choice.way is Way.ANYWAY:
        return (
            translate("series", "{when}, anyway").format(when=there)
            if changing
            else translate("series", "booked anyway")
        )
    return translate("series", "{when}, free").format(when=there) if changing else translate("series", "free")


def tally_words(tally: Tally, *, changing: bool) -> str:
    """Return `3 as planned, 1 at another time, 1 left out`."""
    left = translate("series", "{n} left as it is") if changing else translate("series", "{n} left out")
    parts = (
        (tally.as_planned, translate("series", "{n} as planned")),
        (tally.moved, translate("series", "{n} at another time")),
        (tally.anyway, translate("series", "{n} all the same")),
        (tally.left_out, left),
    )
    return ", ".join(text.format(n=number) for number, text in parts if number)


def refusal_words(day: date, cause: ClinicDeskError, clinic: Clinic, zone: str) -> str:
    """Return which date was refused and why, and that nothing was done."""
    return translate("series", "{day}: {why} Nothing was done; the dates have been looked at again.").format(
        day=day_text(day), why=sentence(cause, clinic, zone)
    )


def invalid_words(error: InvalidInput) -> str:
    """Return what is wrong with the rule."""
    told = {
        "until": translate("series", "The last day gives no date, or more than a hundred. Choose another one."),
        "count": translate("series", "At most a hundred dates, none of them more than five years ahead."),
        "interval": translate("series", "Every 1 to 99."),
        "weekdays": translate("series", "Choose days of the week."),
    }
    return told.get(error.field, error.expected)
