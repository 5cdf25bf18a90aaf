"""How whole days are written around the calendar, in the user's language."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QCoreApplication, QDate, QLocale

translate = QCoreApplication.translate


def qdate(day: date) -> QDate:
    """Return the day as Qt's."""
    return QDate(day.year, day.month, day.day)


def long_day_text(day: date) -> str:
    """Return `Tuesday, 24 November 2026`."""
    pattern = translate("day_words", "dddd, d MMMM yyyy", "QLocale format of the calendar's heading")
    return QLocale().toString(qdate(day), pattern)


def short_day_text(day: date) -> str:
    """Return `Tue 24 Nov`."""
    return QLocale().toString(qdate(day), "ddd d MMM")


def week_text(first: date) -> str:
    """Return `Week 48 · 23–29 Nov 2026`: short, for a name follows it."""
    days = days_text(first, first + timedelta(days=6))
    return translate("day_words", "Week {number} · {days}").format(number=first.isocalendar().week, days=days)


def days_text(first: date, last: date) -> str:
    """Return `23–29 Nov 2026`."""
    same_month = (first.year, first.month) == (last.year, last.month)
    start = QLocale().toString(
        qdate(first), "d" if same_month else "d MMM" if first.year == last.year else "d MMM yyyy"
    )
    return translate("day_words", "{first}–{last}").format(
        first=start, last=QLocale().toString(qdate(last), "d MMM yyyy")
    )


def month_text(day: date) -> str:
    """Return `November 2026`."""
    return QLocale().toString(qdate(day), "MMMM yyyy")


def age_text(seconds: float) -> str:
    """Return an age as `2 s`, `5 min`, `3 h`."""
    if seconds < 60:
        return translate("day_words", "{count} s").format(count=int(seconds))
    if seconds < 3600:
        return translate("day_words", "{count} min").format(count=int(seconds // 60))
    return translate("day_words", "{count} h").format(count=int(seconds // 3600))
