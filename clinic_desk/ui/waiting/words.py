"""What a wish, a gap and whom it fits are called on screen."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.records import Clinic
from clinic_desk.domain.waiting import Closing, Fit, Forward, Gap, Priority, Wish, WishConflict
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.words import day_span_text, day_text, length_text, one_line, time_text
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.setup.days import windows_text

translate = QCoreApplication.translate


def priority_text(priority: Priority) -> str:
    """Return what a priority is called."""
    return {
        Priority.ASAP: translate("waiting", "very urgent"),
        Priority.URGENT: translate("waiting", "urgent"),
        Priority.ROUTINE: translate("waiting", "routine"),
    }[priority]


def closing_text(closing: Closing) -> str:
    """Return why somebody waits no longer."""
    return {
        Closing.BOOKED: translate("waiting", "booked"),
        Closing.WITHDRAWN: translate("waiting", "no longer wanted"),
        Closing.EXPIRED: translate("waiting", "too late"),
    }[closing]


def type_name(wish: Wish, clinic: Clinic) -> str:
    """Return what the visit is called."""
    return next((one_line(kind.name) for kind in clinic.types if kind.id == wish.type_id), "?")


def doctors_text(wish: Wish, clinic: Clinic) -> str:
    """Return with whom it may be."""
    if not wish.practitioner_ids:
        return translate("waiting", "any who does it")
    return ", ".join(one_line(one.name) for one in clinic.practitioners if one.id in wish.practitioner_ids)


def when_text(wish: Wish) -> str:
    """Return on which weekdays and at what times of day it may be."""
    locale = QLocale()
    days = ", ".join(locale.dayName(number, QLocale.FormatType.ShortFormat) for number in sorted(wish.weekdays))
    return " ".join(part for part in (days, windows_text(wish.times)) if part) or translate("waiting", "any time")


def waited_text(waited: timedelta) -> str:
    """Return how long somebody waits."""
    days = max(0, waited.days)
    if days == 0:
        return translate("waiting", "since today")
    return translate("waiting", "1 day") if days == 1 else translate("waiting", "{days} days").format(days=days)


def forward_text(forward: Forward | None, now: datetime) -> str:
    """Return what the patient has already; nothing if she has nothing."""
    if forward is None:
        return ""
    wall = to_wall(forward.starts_at, forward.zone)
    day = day_text(wall.date(), to_wall(now, forward.zone).date())
    return translate("waiting", "has {day}, {time}").format(day=day, time=time_text(wall))


def gap_text(gap: Gap, now: datetime) -> str:
    """Return `Tue 24 Nov, 10:30–11:00`."""
    start, end = to_wall(gap.starts_at, gap.zone), to_wall(gap.ends_at, gap.zone)
    return day_span_text(start, end, to_wall(now, gap.zone).date())


def count_text(count: int) -> str:
    """Return how many wait whom a gap fits."""
    if count == 1:
        return translate("waiting", "1 waiting patient fits")
    return translate("waiting", "{count} waiting patients fit").format(count=count)


def fit_text(fit: Fit, gap: Gap, clinic: Clinic, now: datetime) -> str:
    """Return when somebody would come and what speaks for her, in one line."""
    wish = fit.waiting.wish
    parts = [
        f"{time_text(to_wall(fit.starts_at, gap.zone))} {type_name(wish, clinic)}",
        length_text(fit.length_minutes),
        "" if wish.priority is Priority.ROUTINE else priority_text(wish.priority),
        translate("waiting", "waits {long}").format(long=waited_text(now - (wish.added_at or now))),
        forward_text(fit.waiting.forward, now),
        _asked_text(wish, now),
        one_line(wish.note),
    ]
    return " · ".join(part for part in parts if part)


def _asked_text(wish: Wish, now: datetime) -> str:
    if wish.asked_at is None:
        return ""
    return translate("waiting", "did not take a time {long} ago").format(long=_long(now - wish.asked_at))


def _long(elapsed: timedelta) -> str:
    hours = int(elapsed.total_seconds()) // 3600
    if hours < 24:
        return length_text(max(1, int(elapsed.total_seconds()) // 60))
    return translate("waiting", "1 day") if elapsed.days == 1 else waited_text(elapsed)


def trouble_text(error: ClinicDeskError, clinic: Clinic, zone: str) -> str:
    """Return why a wish was not written."""
    if isinstance(error, WishConflict):
        if error.now.wish.closed is not None:
            return translate("waiting", "Another desk took this patient off the waiting list: {why}.").format(
                why=closing_text(error.now.wish.closed)
            )
        return translate("waiting", "Another desk changed this wish just now. Look at it again.")
    return sentence(error, clinic, zone)
