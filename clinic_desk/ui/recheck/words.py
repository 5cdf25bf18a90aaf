"""How the check of appointments to come speaks: why one no longer fits, how far it is, what was put right."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.recheck import NotKept
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.recheck import Found
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.sentences import About, combined, sentence

translate = QCoreApplication.translate


def reason_text(found: Found, clinic: Clinic) -> str:
    """Return why an appointment no longer fits, the clock time first."""
    row, misfit = found.misfit.appointment, found.misfit
    zone = clinic.site(row.site_id).zone
    parts = []
    if misfit.keeps is not None:
        shown = to_wall(row.starts_at, zone)
        when = time_text(shown)
        if shown.date() != row.wall_start.date():
            when = f"{day_text(shown.date())}, {when}"
        told = translate("recheck", "Agreed for {agreed}, but the clocks will show {shown}.")
        parts.append(told.format(agreed=time_text(row.wall_start), shown=when))
    about = About(row.practitioner_id, row.type_id, misfit.keeps or row.starts_at)
    parts += [sentence(one, clinic, zone, about) for one in combined(misfit.violations)]
    return " ".join(parts)


def progress_text(number: int) -> str:
    """Return how far the check is."""
    return translate("recheck", "Looking… {n} appointments so far.").format(n=number)


def result_text(number: int, unfit: int) -> str:
    """Return what the check found."""
    if number == 0:
        return translate("recheck", "There are no appointments to come.")
    if unfit == 0 and number == 1:
        return translate("recheck", "The one appointment to come fits.")
    if unfit == 0:
        return translate("recheck", "All {n} appointments to come fit.").format(n=number)
    if unfit == 1:
        return translate("recheck", "One of {n} appointments to come no longer fits.").format(n=number)
    return translate("recheck", "{unfit} of {n} appointments to come no longer fit.").format(unfit=unfit, n=number)


def keep_text(number: int) -> str:
    """Return what the button that corrects the chosen ones says."""
    if number == 1:
        return translate("recheck", "&Keep the agreed time of one")
    return translate("recheck", "&Keep the agreed time of {n}").format(n=number)


def kept_text(number: int) -> str:
    """Return what was put right."""
    if number == 1:
        return translate("recheck", "One appointment is at the time that was agreed again.")
    return translate("recheck", "{n} appointments are at the time that was agreed again.").format(n=number)


def keeping_text(number: int, of: int) -> str:
    """Return how far putting right is."""
    return translate("recheck", "{n} of {all} are at the time that was agreed again… Esc stops.").format(
        n=number, all=of
    )


def stopping_text() -> str:
    """Return what is said from Esc on until the part under way has ended."""
    return translate("recheck", "Stopping; what is put right so far stays so.")


def deed_text(number: int) -> str:
    """Return what was put right, as something that is undone."""
    if number == 1:
        return translate("recheck", "keep the time agreed of one appointment")
    return translate("recheck", "keep the times agreed of {n} appointments").format(n=number)


def offer_text(unfit: int, shifted: int) -> str:
    """Return what a check by itself found, for the strip over the calendar."""
    if shifted == 1:
        return translate(
            "recheck", "The rules of time zones changed: one appointment to come is no longer at the time agreed."
        )
    if shifted:
        told = translate(
            "recheck", "The rules of time zones changed: {n} appointments to come are no longer at the time agreed."
        )
        return told.format(n=shifted)
    if unfit == 1:
        return translate("recheck", "One appointment to come no longer fits the clinic as it is set up now.")
    told = translate("recheck", "{n} appointments to come no longer fit the clinic as it is set up now.")
    return told.format(n=unfit)


def refused_text(error: ClinicDeskError, clinic: Clinic, *, some_stand: bool = False) -> str:
    """Return why nothing was put right (or no more), and whose appointment stood in the way."""
    if not isinstance(error, NotKept):
        return sentence(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")
    row = error.entry.appointment
    about = About(row.practitioner_id, row.type_id, row.starts_at)
    why = sentence(error.cause, clinic, clinic.site(row.site_id).zone, about)
    told = translate("recheck", "Nothing was changed, because of {name}, {day} {time}: {why}")
    if some_stand:
        told = translate("recheck", "No more were changed, because of {name}, {day} {time}: {why}")
    return told.format(
        name=one_line(error.entry.patient.display_name),
        day=day_text(row.wall_start.date()),
        time=time_text(row.wall_start),
        why=why,
    )
