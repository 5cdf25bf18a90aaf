"""How the look back speaks: what became of an appointment, and how much of a day is not as it was."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.past import Became, Difference, Past
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import ago_text, day_text, one_line, time_text
from clinic_desk.ui.calendar.words import status_text

translate = QCoreApplication.translate


def became_text(one: Difference, clinic: Clinic) -> str:
    """Return what became of an appointment: `Moved from 10:15, Dr. Weber`."""
    texts = {
        Became.BOOKED: translate("past", "Booked"),
        Became.MOVED_HERE: translate("past", "Moved to this day"),
        Became.CANCELLED: translate("past", "Cancelled"),
        Became.PARKED: translate("past", "Parked"),
        Became.REINSTATED: translate("past", "Booked again"),
        Became.ERROR: translate("past", "Entered in error"),
        Became.CHANGED: translate("past", "Details changed"),
    }
    if one.became in texts or one.then is None or one.now is None:
        return texts.get(one.became, "")
    then, now = one.then.appointment, one.now.appointment
    if one.became is Became.STATUS:
        return translate("past", "{now}, was {then}").format(now=status_text(now.status), then=status_text(then.status))
    if one.became is Became.MOVED_AWAY:
        wall = to_wall(now.starts_at, clinic.site(now.site_id).zone)
        return translate("past", "Moved to {day}, {time}").format(day=day_text(wall.date()), time=time_text(wall))
    was = time_text(to_wall(then.starts_at, clinic.site(then.site_id).zone))
    if then.practitioner_id != now.practitioner_id:
        doctor = one_line(clinic.practitioner(then.practitioner_id).name)
        return translate("past", "Moved from {time}, {doctor}").format(time=was, doctor=doctor)
    if then.starts_at != now.starts_at:
        return translate("past", "Moved from {time}").format(time=was)
    minutes = int(then.length.total_seconds() // 60)
    return translate("past", "Was {n} minutes long").format(n=minutes)


def who_text(one: Difference) -> str:
    """Return who changed an appointment last."""
    changed = one.entry.changed
    if changed is None:
        return ""
    return ", ".join(each for each in (changed.person, changed.desk) if each)


def result_text(past: Past) -> str:
    """Return how long ago the moment was, and how much became of the day since."""
    ago = ago_text(past.now - past.board.read_at)
    if not past.differences:
        return translate("past", "{ago}. Nothing of this day was changed since.").format(ago=ago)
    counts = Counter(one.became for one in past.differences)
    parts = [_count_text(became, counts[became]) for became in Became if counts[became]]
    return translate("past", "{ago}. Since then: {what}.").format(ago=ago, what=", ".join(parts))


def _count_text(became: Became, number: int) -> str:
    texts = {
        Became.BOOKED: translate("past", "{n} booked"),
        Became.MOVED_HERE: translate("past", "{n} moved to this day"),
        Became.MOVED: translate("past", "{n} moved"),
        Became.MOVED_AWAY: translate("past", "{n} moved to another day"),
        Became.CANCELLED: translate("past", "{n} cancelled"),
        Became.PARKED: translate("past", "{n} parked"),
        Became.REINSTATED: translate("past", "{n} booked again"),
        Became.STATUS: translate("past", "{n} with another status"),
        Became.ERROR: translate("past", "{n} entered in error"),
        Became.CHANGED: translate("past", "{n} with other details"),
    }
    return texts[became].format(n=number)


def looking_text() -> str:
    """Return that the history is being read."""
    return translate("past", "Reading what was…")


def to_come_text() -> str:
    """Return that a moment is not gone by yet."""
    return translate("past", "That moment is still to come. Type one gone by: 9:15, yesterday 17, fri 8.")


def not_understood_text() -> str:
    """Return that what was typed is no moment."""
    return translate("past", "This is not understood as a moment. Type for example 9:15, yesterday 17, 12.4. 8:30.")
