"""The words of the set-up screens: what is wrong with a field, and how values are named."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.setup import StillUsed
from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import length_text
from clinic_desk.ui.messages.settings.words import invalid_text as rule_invalid_text
from clinic_desk.ui.sentences import sentence

translate = QCoreApplication.translate


def invalid_text(problem: InvalidInput) -> str:
    """Return what is wrong with a field, and what would do."""
    if problem.field == "start_minute" and "another site" in problem.expected:
        return translate("setup", "This doctor works at another site then.")
    if problem.field == "lead":
        return rule_invalid_text(problem)
    known = {
        "login": translate("setup", "Letters and digits, with . _ - between; a login that nobody has or had."),
        "display_name": translate("setup", "Type a name, on one line."),
        "name": translate("setup", "Type a name that no other has, on one line."),
        "zone": translate("setup", "Choose a time zone from the list, such as Europe/Berlin."),
        "phone": translate("setup", "This is no telephone number. Type it whole, with its area code."),
        "site_id": translate("setup", "Choose a site."),
        "practitioner_id": translate("setup", "Choose a doctor."),
        "colour": translate("setup", "Choose a colour."),
        "length_minutes": translate("setup", "At least 1 minute, at most a day."),
        "from_day": translate("setup", "Type a date, such as 24.12.2026, 24 dec or fri."),
        "until_day": translate("setup", "Type a date that is not before the first day, or leave it empty."),
        "first_day": translate("setup", "Type a date, such as 24.12.2026, 24 dec or fri."),
        "last_day": translate("setup", "Type a date that is not before the first day."),
        "from_time": translate("setup", "Type a time, such as 8, 8:30 or 14:15."),
        "until_time": translate("setup", "Type a time after the start; 24:00 is midnight."),
        "day": translate("setup", "Type a date, such as 24.12.2026, 24 dec or fri."),
        "windows": translate("setup", "Type times such as 8-12, 13-17; each ends after it begins, and none overlap."),
        "week": translate("setup", "Type times such as 8-12, 13-17; each ends after it begins, and none overlap."),
        "type_ids": translate("setup", "Choose kinds of visits that are in use."),
    }
    return known.get(problem.field) or translate("setup", "This cannot be used. Expected: {expected}.").format(
        expected=problem.expected
    )


def saved_text() -> str:
    """Return that everything is saved."""
    return translate("setup", "✓ Saved, and in force at every desk.")


def partly_saved_text(error: ClinicDeskError, setup: Setup) -> str:
    """Return why the rest could not be saved where something was, and what is sure."""
    if isinstance(error, DatabaseDown):
        why = translate("setup", "The database cannot be reached any more.")
    elif isinstance(error, Busy):
        why = translate("setup", "The database is busy.")
    else:
        why = sentence(error, setup.clinic, setup.zone)
    sure = translate("setup", "What is marked ● is not saved yet, the rest is. Nothing you typed is lost: save again.")
    return f"{why} {sure}"


def yes_no(value: bool) -> str:
    """Return `yes` or `no`."""
    return translate("setup", "yes") if value else translate("setup", "no")


def minutes_text(minutes: int) -> str:
    """Return `none`, `45 min`, `2 h`, or `3 days`."""
    if minutes == 0:
        return translate("setup", "none")
    if minutes % 1440 == 0:
        return days_text(minutes // 1440)
    return length_text(minutes)


def days_text(days: int) -> str:
    """Return `1 day` or `90 days`."""
    return translate("setup", "1 day") if days == 1 else translate("setup", "{count} days").format(count=days)


def used_text(problem: StillUsed) -> str:
    """Return why a record cannot be removed."""
    return (
        translate(
            "setup", "It cannot be removed: there are records of it. Take the tick from “In use” instead, and save."
        )
        if problem.by
        else ""
    )
