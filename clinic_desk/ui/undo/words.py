"""What would be taken back, in a few plain words: `move Anna Berg to 10:30`."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.undoing import OF_RECORDS, Deed
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import day_text, one_line, time_text

translate = QCoreApplication.translate
_LONGEST_NAME = 32


def deed_words(deed: Deed, clinic: Clinic) -> str:
    """Return what a change did, as something one does."""
    if deed.text:
        return deed.text
    if deed.names or deed.after is None:
        return _named_words(deed)
    if deed.number > 1 or deed.command in {"CarryOut", "KeepWallTimes"}:
        return _many_words(deed, deed.after)
    return _one_words(deed.before, deed.after, clinic)


def _named_words(deed: Deed) -> str:
    """Return what was done to records or absences, with their names."""
    names = [_short(one_line(name)) for name in deed.names]
    if deed.command in OF_RECORDS and len(names) == 2:
        told = {
            "MergePatients": translate("Undo", "merge {double} into {name}"),
            "SeparatePatients": translate("Undo", "separate {double} from {name}"),
            "TwoPeople": translate("Undo", "{name} and {double} are two people"),
            "MaybeOne": translate("Undo", "{name} and {double} may be one person"),
        }[deed.command]
        return told.format(name=names[0], double=names[1])
    told = {
        "SaveTimeOff": translate("Undo", "enter time off"),
        "SaveClosure": translate("Undo", "enter a closure"),
        "SaveClosures": translate("Undo", "enter closures"),
        "SaveBlock": translate("Undo", "enter a block"),
        "Remove time_off": translate("Undo", "remove time off"),
        "Remove closure": translate("Undo", "remove a closure"),
        "Remove block": translate("Undo", "remove a block"),
        "CarryOut": translate("Undo", "enter an absence"),
        "StartOffers": translate("Undo", "offer a free time by message"),
    }.get(deed.command, translate("Undo", "the last change"))
    return f"{told} ({names[0]})" if names and names[0] else told


def _many_words(deed: Deed, first: Entry) -> str:
    if deed.number == 1 and deed.command == "CarryOut":
        return translate("Undo", "doctor away, 1 patient")
    if deed.number == 1 and deed.command == "KeepWallTimes":
        return translate("Undo", "keep the agreed time of 1 appointment")
    template = {
        "BookSeries": translate("Undo", "book {n} dates of {name}"),
        "ChangeSeries": translate("Undo", "change {n} dates of {name}"),
        "CarryOut": translate("Undo", "doctor away, {n} patients"),
        "KeepWallTimes": translate("Undo", "keep the agreed times, {n} appointments"),
        "MarkNoShows": translate("Undo", "{n} patients did not come"),
    }.get(deed.command, translate("Undo", "change {n} appointments"))
    return template.format(n=deed.number, name=_name(first))


def _one_words(before: Entry | None, after: Entry, clinic: Clinic) -> str:
    name, when = _name(after), _when(before, after)
    if before is None:
        return translate("Undo", "book {name}, {when}").format(name=name, when=_when(None, after))
    was, row = before.appointment, after.appointment
    if was.status is not row.status:
        return _status_words(was.status, row.status).format(name=name, when=_when(None, after))
    if was.starts_at != row.starts_at:
        return translate("Undo", "move {name} to {when}").format(name=name, when=when)
    if was.practitioner_id != row.practitioner_id:
        doctors = [one_line(one.name) for one in clinic.practitioners if one.id == row.practitioner_id]
        return translate("Undo", "move {name} to {doctor}").format(name=name, doctor=" ".join(doctors))
    if was.length != row.length:
        minutes = int(row.length.total_seconds() // 60)
        return translate("Undo", "{minutes} minutes for {name}").format(name=name, minutes=minutes)
    return translate("Undo", "change {name}").format(name=name)


def _status_words(was: AppointmentStatus, now: AppointmentStatus) -> str:
    status = AppointmentStatus
    if now is status.BOOKED and was is status.WAITLIST:
        return translate("Undo", "put {name} back, {when}")
    if now is status.BOOKED and was is status.CANCELLED:
        return translate("Undo", "book {name} again, {when}")
    return {
        status.ARRIVED: translate("Undo", "{name} arrived"),
        status.CHECKED_IN: translate("Undo", "{name} in the room"),
        status.FULFILLED: translate("Undo", "{name} done"),
        status.NOSHOW: translate("Undo", "{name} did not come"),
        status.CANCELLED: translate("Undo", "cancel {name}, {when}"),
        status.WAITLIST: translate("Undo", "park {name}, {when}"),
        status.ENTERED_IN_ERROR: translate("Undo", "delete {name}, {when}"),
    }.get(now, translate("Undo", "{name} back to booked"))


def _name(entry: Entry) -> str:
    return _short(one_line(entry.patient.display_name))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _when(before: Entry | None, after: Entry) -> str:
    """Return `10:30`, with the day if it is another than before."""
    wall = to_wall(after.appointment.starts_at, after.appointment.zone)
    if before is not None and to_wall(before.appointment.starts_at, before.appointment.zone).date() == wall.date():
        return time_text(wall)
    return f"{day_text(wall.date())}, {time_text(wall)}"
