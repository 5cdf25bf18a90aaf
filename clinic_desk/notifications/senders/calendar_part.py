"""The iCalendar part of an e-mail (RFC 5545, 5546): puts the appointment into the patient's own calendar.

METHOD:PUBLISH, not REQUEST: a request shows "Accept" and "Decline" buttons whose answers go by mail to the sending
address, which nobody reads; a patient who declined there would believe she had cancelled. A published event names no
attendee, is updated by the same UID with a higher SEQUENCE, and taken back by METHOD:CANCEL (RFC 5546 §4.1.2, §4.1.3).
Times are in UTC: one instant, whatever zone rules the patient's calendar has.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.messaging import Kind
from clinic_desk.notifications.senders.cleaning import one_line

if TYPE_CHECKING:
    from clinic_desk.domain.messaging import Outgoing

_SUMMARY: Final = {"en": "Appointment", "de": "Termin", "es": "Cita", "fr": "Rendez-vous"}


def method_of(message: Outgoing) -> str:
    """Return the iTIP method of a message: PUBLISH, CANCEL, or nothing if it tells of no appointment."""
    if message.uid is None or message.starts_at is None or message.ends_at is None:
        return ""
    if message.kind is Kind.WAITLIST_OFFER:
        return ""  # offered, not agreed
    return "CANCEL" if message.kind is Kind.CANCELLED else "PUBLISH"


def calendar_part(message: Outgoing, from_address: str, domain: str) -> str:
    """Return the calendar object of a message for which `method_of` is not empty. Says nothing of the reason of visit.

    The same message gives the same text each time.
    """
    from icalendar import Calendar, Event, vCalAddress

    method = method_of(message)
    clinic = one_line(message.clinic)
    organizer = vCalAddress(f"mailto:{from_address}")
    organizer.params["CN"] = clinic or from_address
    event = Event()
    event.add("uid", f"{message.uid}@{domain}")
    event.add("sequence", message.sequence)
    for name, instant in (("dtstamp", message.created_at), ("dtstart", message.starts_at), ("dtend", message.ends_at)):
        assert instant is not None
        event.add(name, instant.astimezone(UTC).replace(microsecond=0))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("summary", _summary(message.language, clinic))
    event.add("organizer", organizer)
    if message.place:
        event.add("location", one_line(message.place))
    if message.phone:
        event.add("description", one_line(message.phone))
    calendar = Calendar()
    calendar.add("prodid", "-//Clinic Desk//Clinic Desk//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode("utf-8")


def _summary(language: str, clinic: str) -> str:
    word = _SUMMARY.get(language[:2].casefold(), _SUMMARY["en"])
    return f"{word}: {clinic}" if clinic else word
