"""How days, times, lengths and people are written on the booking screens, in the user's language."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from clinic_desk.domain.records import AdministrativeGender, AppointmentType, Patient

translate = QCoreApplication.translate
_STEERING: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def day_text(day: date, today: date | None = None) -> str:
    """Return `Tue 24 Nov`, with the year when it is not the year of `today`."""
    if today is None or day.year == today.year:
        pattern = translate("words", "ddd d MMM", "QLocale date format of a day without its year")
    else:
        pattern = translate("words", "ddd d MMM yyyy", "QLocale date format of a day with its year")
    return QLocale().toString(QDate(day.year, day.month, day.day), pattern)


def date_text(day: date) -> str:
    """Return `2 Feb 1991`."""
    pattern = translate("words", "d MMM yyyy", "QLocale date format of a birth date")
    return QLocale().toString(QDate(day.year, day.month, day.day), pattern)


def time_text(wall: datetime) -> str:
    """Return `09:45` of a naive wall time."""
    return minute_text(wall.hour * 60 + wall.minute)


def minute_text(minute: int) -> str:
    """Return `09:45` of minutes from midnight; 1440 is `24:00`."""
    if minute == 1440:
        return translate("words", "24:00")
    pattern = translate("words", "HH:mm", "QLocale time format")
    return QLocale().toString(QTime(minute // 60, minute % 60), pattern)


def span_text(start: datetime, end: datetime) -> str:
    """Return `09:45–10:00` of two naive wall times; another day of the end is named."""
    if start.date() == end.date():
        return f"{time_text(start)}–{time_text(end)}"
    if (
        end - datetime.combine(end.date(), datetime.min.time()) == timedelta(0)
        and (end.date() - start.date()).days == 1
    ):
        return f"{time_text(start)}–{minute_text(1440)}"
    return f"{time_text(start)} – {day_text(end.date())} {time_text(end)}"


def day_span_text(start: datetime, end: datetime, today: date | None = None) -> str:
    """Return `Tue 24 Nov, 09:45–10:00` of two naive wall times."""
    return f"{day_text(start.date(), today)}, {span_text(start, end)}"


def moment_text(wall: datetime) -> str:
    """Return `18 Nov 09:12` of a naive wall time."""
    pattern = translate("words", "d MMM", "QLocale date format of the day of a change")
    return f"{QLocale().toString(QDate(wall.year, wall.month, wall.day), pattern)} {time_text(wall)}"


def length_text(minutes: int) -> str:
    """Return `15 min` or `1 h 15`."""
    if minutes < 60:
        return translate("words", "{minutes} min").format(minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if not rest:
        return translate("words", "{hours} h").format(hours=hours)
    return translate("words", "{hours} h {minutes:02}").format(hours=hours, minutes=rest)


def type_text(kind: AppointmentType, length_minutes: int | None = None) -> str:
    """Return `Check-up · 15 min`."""
    return f"{kind.name} · {length_text(length_minutes or kind.length_minutes)}"


def buffers_text(kind: AppointmentType) -> str:
    """Return `+ 5 min before, 5 min after`, or nothing when the type has no buffers."""
    parts = []
    if kind.buffer_before_minutes:
        parts.append(translate("words", "{length} before").format(length=length_text(kind.buffer_before_minutes)))
    if kind.buffer_after_minutes:
        parts.append(translate("words", "{length} after").format(length=length_text(kind.buffer_after_minutes)))
    return "+ " + ", ".join(parts) if parts else ""


def age_text(born: date, today: date) -> str:
    """Return the age in years, below two years in months."""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if 0 <= months < 24:
        return translate("words", "{months} mo").format(months=months)
    return str(months // 12)


def birth_text(born: date | None, today: date) -> str:
    """Return `2 Feb 1991 · 35`, or that the birth date is not known."""
    if born is None:
        return translate("words", "birth date unknown")
    return f"{date_text(born)} · {age_text(born, today)}"


def born_text(patient: Patient, today: date) -> str:
    """Return a patient's birth date and age; of a closed record that it is one."""
    return closed_text() if patient.closed else birth_text(patient.birth_date, today)


def closed_text() -> str:
    """Return what stands where a closed record would tell more."""
    return translate("words", "restricted record")


def list_name(patient: Patient) -> str:
    """Return `Jensen, Clara`: family name first, as in the type-ahead list."""
    return ", ".join(one_line(part) for part in (patient.family_name, patient.given_name) if part)


def short_person(name: str) -> str:
    """Return `J. Brandt` of `Julia Brandt`; a single word stays."""
    first, _, rest = name.strip().partition(" ")
    return f"{first[0]}. {rest}" if rest and first else name


def one_line(text: str) -> str:
    """Return the text with every line break as a blank: names and notes are shown on one line.

    What would turn the direction of what stands beside it, a time for example, is shown as a sign.
    """
    text = " ".join(text.split())
    return text if text.isprintable() else _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def before_figures(text: str) -> str:
    """Return a text that figures can follow: after one written from right to left they would be drawn amid it."""
    backwards = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"{text}\N{LEFT-TO-RIGHT MARK}" if backwards else text


def breakable(text: str, longest: int = 16) -> str:
    """Return the text with places to break in words that no line could hold."""
    return re.sub(rf"(\S{{{longest}}})(?=\S)", "\\1\u200b", text)


def ago_text(elapsed: timedelta) -> str:
    """Return `4 seconds ago`; desks' clocks may differ, so a time to come counts as now."""
    seconds = max(0, int(elapsed.total_seconds()))
    steps = (
        (2, 1, translate("words", "just now")),
        (60, 1, translate("words", "{count} seconds ago")),
        (120, 60, translate("words", "a minute ago")),
        (3_600, 60, translate("words", "{count} minutes ago")),
        (7_200, 3_600, translate("words", "an hour ago")),
        (86_400, 3_600, translate("words", "{count} hours ago")),
        (172_800, 86_400, translate("words", "yesterday")),
    )
    for below, unit, told in steps:
        if seconds < below:
            return told.format(count=seconds // unit)
    return translate("words", "{count} days ago").format(count=seconds // 86_400)


def relative_day_text(day: date, today: date) -> str:
    """Return `today`, `tomorrow`, or `Tue 24 Nov`."""
    if day == today:
        return translate("words", "today")
    if day == today + timedelta(days=1):
        return translate("words", "tomorrow")
    return day_text(day, today)


def gender_sign(gender: AdministrativeGender) -> str:
    """Return the sign beside the birth date, nothing when the gender is not known."""
    return {AdministrativeGender.FEMALE: "♀", AdministrativeGender.MALE: "♂"}.get(gender, "")
