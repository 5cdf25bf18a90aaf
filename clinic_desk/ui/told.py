"""What was just done, in one line for a note: who, when, with whom."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import day_text, one_line, time_text

translate = QCoreApplication.translate


def place_text(entry: Entry, clinic: Clinic) -> str:
    """Return `Tue 24 Nov, 09:45 · Dr. Weber`."""
    row = entry.appointment
    wall = to_wall(row.starts_at, row.zone)
    names = [one_line(person.name) for person in clinic.practitioners if person.id == row.practitioner_id]
    return " · ".join([f"{day_text(wall.date())}, {time_text(wall)}", *names])


def done_text(before: Entry | None, after: Entry, clinic: Clinic) -> str:
    """Return what a change did; `before` None: it was booked."""
    name = one_line(after.patient.display_name)
    place = place_text(after, clinic)
    if before is None:
        walked_in = after.appointment.status is AppointmentStatus.ARRIVED
        booked = translate("Told", "Booked: {name} · {place}")
        return (translate("Told", "Booked and arrived: {name} · {place}") if walked_in else booked).format(
            name=name, place=place
        )
    if before.appointment.status is not after.appointment.status:
        room = present_room_text(after, clinic)
        return _status_text(before, after).format(name=name, place=place, room=room)
    if before.appointment.present_room_id != after.appointment.present_room_id:
        room = present_room_text(after, clinic)
        return translate("Told", "{name} is in {room}").format(name=name, room=room)
    if _place(before) != _place(after):
        return translate("Told", "Moved {name} to {place}").format(name=name, place=place)
    if before.appointment.length != after.appointment.length:
        minutes = int(after.appointment.length.total_seconds() // 60)
        return translate("Told", "{name} · {place}: {minutes} minutes now").format(
            name=name, place=place, minutes=minutes
        )
    return translate("Told", "Changed: {name} · {place}").format(name=name, place=place)


def present_room_text(entry: Entry, clinic: Clinic) -> str:
    """Return the name of the room a patient is in, or is to be in; empty where no room is known."""
    wanted = entry.appointment.present_room_id or entry.appointment.room_id
    return next((one_line(room.name) for room in clinic.rooms if room.id == wanted), "")


def already_text(now: Entry) -> str:
    """Return that another desk did the same just before."""
    name, desk = one_line(now.patient.display_name), one_line(now.changed.desk) if now.changed else ""
    texts = {
        AppointmentStatus.BOOKED: translate("Told", "{name} was set back to booked at {desk} already"),
        AppointmentStatus.ARRIVED: translate("Told", "{name} was marked as arrived at {desk} already"),
        AppointmentStatus.CHECKED_IN: translate("Told", "{name} was marked as in the room at {desk} already"),
        AppointmentStatus.FULFILLED: translate("Told", "{name} was marked as done at {desk} already"),
        AppointmentStatus.NOSHOW: translate("Told", "{name} was marked as not having come at {desk} already"),
        AppointmentStatus.WAITLIST: translate("Told", "{name} was parked at {desk} already"),
        AppointmentStatus.CANCELLED: translate("Told", "{name} was cancelled at {desk} already"),
    }
    text = texts.get(now.appointment.status, translate("Told", "{name}: done at {desk} already"))
    return text.format(name=name, desk=desk)


def _place(entry: Entry) -> tuple[object, ...]:
    row = entry.appointment
    return (row.starts_at, row.practitioner_id, row.room_id)


def _status_text(before: Entry, after: Entry) -> str:
    if before.appointment.status is AppointmentStatus.CANCELLED:
        return translate("Told", "Booked again: {name} · {place}")
    if before.appointment.status is AppointmentStatus.WAITLIST and after.appointment.status is AppointmentStatus.BOOKED:
        return translate("Told", "Put back: {name} · {place}")
    texts = {
        AppointmentStatus.BOOKED: translate("Told", "Back to booked: {name} · {place}"),
        AppointmentStatus.ARRIVED: translate("Told", "Arrived: {name}"),
        AppointmentStatus.CHECKED_IN: translate("Told", "In the room: {name}")
        if not after.appointment.present_room_id
        else translate("Told", "In {room}: {name}"),
        AppointmentStatus.FULFILLED: translate("Told", "Done: {name}"),
        AppointmentStatus.NOSHOW: translate("Told", "Did not come: {name} · {place}"),
        AppointmentStatus.CANCELLED: translate("Told", "Cancelled: {name} · {place}"),
        AppointmentStatus.WAITLIST: translate("Told", "Parked: {name} · {place}"),
        AppointmentStatus.ENTERED_IN_ERROR: translate("Told", "Taken off the calendar: {name} · {place}"),
    }
    return texts.get(after.appointment.status, translate("Told", "Changed: {name} · {place}"))
