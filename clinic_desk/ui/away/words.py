"""How an absence, those whom it hits, and what becomes of them are spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.away import Proposal, Saving, Trouble, closures_of
from clinic_desk.domain.away_times import Typed
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.setup import SaveTimeOff
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import address_of
from clinic_desk.ui.away.choices import Choice, Way
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.sentences import About, sentence
from clinic_desk.ui.setup.spans import days_text, span_text

translate = QCoreApplication.translate


def absence_words(save: Saving, clinic: Clinic) -> str:
    """Return `Dr. Weber is away: 7 Dec 2026`, `Mitte is closed: 25 Dec 2026` or `Mitte is closed on 9 days: …`."""
    if isinstance(save, SaveTimeOff):
        when = span_text(save.starts_at, save.ends_at, zone_of(save, clinic))
        name = one_line(clinic.practitioner(save.practitioner_id).name)
        return translate("away", "{name} is away: {when}").format(name=name, when=when)
    closures = closures_of(save)
    name = one_line(clinic.site(closures[0].site_id).name)
    when = days_text(min(row.first_day for row in closures), max(row.last_day for row in closures))
    if len(closures) == 1:
        return translate("away", "{name} is closed: {when}").format(name=name, when=when)
    return translate("away", "{name} is closed on {n} days: {when}").format(name=name, n=len(closures), when=when)


def zone_of(save: Saving, clinic: Clinic) -> str:
    """Return the zone that the times of an absence are shown in."""
    if not isinstance(save, SaveTimeOff):
        return clinic.site(closures_of(save)[0].site_id).zone
    sites = [row.site_id for row in clinic.working_hours if row.practitioner_id == save.practitioner_id]
    known = [site.zone for site in clinic.sites if site.id in sites[:1]] or [site.zone for site in clinic.sites]
    return known[0] if known else "UTC"


def when_words(starts_at: datetime, zone: str, today: date) -> str:
    """Return `Tue 24 Nov, 09:45`, with the year if it is another."""
    wall = to_wall(starts_at, zone)
    return f"{day_text(wall.date(), today)}, {time_text(wall)}"


def visit_words(proposal: Proposal, clinic: Clinic, *, several: bool) -> str:
    """Return what the patient comes for, and to whom if `several` doctors are away."""
    row = proposal.entry.appointment
    kind = one_line(clinic.type(row.type_id).name)
    return f"{kind} · {one_line(clinic.practitioner(row.practitioner_id).name)}" if several else kind


def slot_words(slot: FreeSlot, proposal: Proposal, clinic: Clinic, today: date) -> tuple[str, str]:
    """Return when and with whom a new time is, and what is special about it."""
    row = proposal.entry.appointment
    there, was = to_wall(slot.starts_at, row.zone), to_wall(row.starts_at, row.zone)
    name = one_line(clinic.practitioner(slot.practitioner_id).name)
    text = f"{when_words(slot.starts_at, row.zone, today)} · {name}"
    if slot.practitioner_id != row.practitioner_id:
        same = there.date() == was.date()
        return text, translate("away", "other doctor, same day") if same else translate("away", "other doctor")
    return text, translate("away", "same day") if there.date() == was.date() else ""


def choice_words(choice: Choice, proposal: Proposal, clinic: Clinic, today: date) -> str:
    """Return what becomes of a patient, for her row."""
    if choice.slot is not None:
        return "→ " + slot_words(choice.slot, proposal, clinic, today)[0]
    if choice.way is Way.PARKED:
        return translate("away", "is parked")
    return translate("away", "stays booked then")


def note_words(proposal: Proposal) -> str:
    """Return what is to be known of a patient before she is moved: there is no time, or she must be called."""
    patient = proposal.entry.patient
    if not proposal.offers:
        return translate("away", "no free time within six weeks")
    if address_of(patient):
        return ""
    return (
        translate("away", "no message: call {phone}").format(phone=patient.phone)
        if patient.phone
        else (translate("away", "no message and no phone number"))
    )


def option_words(choice: Choice, proposal: Proposal, clinic: Clinic, today: date) -> tuple[str, str]:
    """Return what can be chosen, and what is special about it."""
    if choice.slot is not None:
        return slot_words(choice.slot, proposal, clinic, today)
    if choice.way is Way.PARKED:
        return translate("away", "Park it"), translate("away", "off the calendar, F7 lists it")
    return translate("away", "Leave it where it is"), translate("away", "the doctor must know")


def trouble_words(trouble: Trouble, proposal: Proposal, clinic: Clinic) -> str:
    """Return why a patient could not be moved as planned."""
    row, cause = proposal.entry.appointment, trouble.cause
    if isinstance(cause, Conflict):
        changed = cause.changed
        desk = one_line(changed.desk or changed.person) if changed else ""
        if desk:
            return translate("away", "{desk} changed this appointment meanwhile: look at it again").format(desk=desk)
        return translate("away", "This appointment was changed meanwhile: look at it again")
    if isinstance(cause, SlotTaken) and proposal.offers:
        if cause.by is None:
            return translate("away", "The room or time was taken first: this is another one")
        wall = to_wall(cause.by.appointment.starts_at, cause.by.appointment.zone)
        when = f"{day_text(wall.date())}, {time_text(wall)}"
        return translate("away", "{when} was taken first: this is another time").format(when=when)
    return sentence(cause, clinic, row.zone, About(row.practitioner_id, row.type_id, row.starts_at))


def typed_words(typed: Typed, proposal: Proposal, starts_at: datetime, clinic: Clinic) -> str:
    """Return why a patient cannot come at the time that was typed."""
    row = proposal.entry.appointment
    when = when_words(starts_at, row.zone, to_wall(row.starts_at, row.zone).date())
    about = About(row.practitioner_id, row.type_id, starts_at)
    why = (
        sentence(RuleViolation(typed.violations), clinic, row.zone, about)
        if typed.violations
        else translate("away", "another desk is booking there just now")
    )
    return translate("away", "Not {when}: {why}").format(when=when, why=why)


def tally_words(tally: Mapping[Way, int]) -> str:
    """Return `11 moved, 1 parked, 1 stays booked then`."""
    stays = translate("away", "1 stays booked then"), translate("away", "{n} stay booked then")
    texts = {
        Way.MOVED: translate("away", "{n} moved"),
        Way.PARKED: translate("away", "{n} parked"),
        Way.LEFT: stays[tally[Way.LEFT] != 1],
    }
    return ", ".join(text.format(n=tally[way]) for way, text in texts.items() if tally[way])


def send_words(tally: Mapping[Way, int], *, saving: bool) -> str:
    """Return what the button does."""
    moved, parked = tally[Way.MOVED], tally[Way.PARKED]
    if not moved and not parked:
        return translate("away", "Save ⏎") if saving else translate("away", "Close ⏎")
    if not parked:
        text = translate("away", "Save and move {n} ⏎") if saving else translate("away", "Move {n} ⏎")
    elif not moved:
        text = translate("away", "Save and park {p} ⏎") if saving else translate("away", "Park {p} ⏎")
    else:
        text = translate("away", "Save, move {n}, park {p} ⏎") if saving else translate("away", "Move {n}, park {p} ⏎")
    return text.format(n=moved, p=parked)


def done_words(save: Saving, clinic: Clinic, entries: Iterable[Entry]) -> str:
    """Return what was done, for a note."""
    statuses = [entry.appointment.status for entry in entries]
    parked = statuses.count(AppointmentStatus.WAITLIST)
    moved = len(statuses) - parked
    parts = [absence_words(save, clinic)]
    if moved:
        text = translate("away", "1 patient moved") if moved == 1 else translate("away", "{n} patients moved")
        parts.append(text.format(n=moved))
    if parked:
        parts.append(translate("away", "{n} parked").format(n=parked))
    return " · ".join(parts)


WAY_COLOURS = {Way.MOVED: "ok", Way.PARKED: "warning", Way.LEFT: "warning"}
