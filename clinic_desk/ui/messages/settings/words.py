"""The words of the settings: what each field is called, what is wrong with one, how a rule and a record read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.messaging import Kind, MessageText, Messaging, ReminderRule
from clinic_desk.domain.records import Channel, Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.words import minute_text, one_line

translate = QCoreApplication.translate


def field_names() -> dict[str, str]:
    """Return what each field of the records is called."""
    return {
        "email_by": translate("settings", "E-mail goes"),
        "email_per_minute": translate("settings", "At most"),
        "smtp_host": translate("settings", "Mail server"),
        "smtp_port": translate("settings", "Port"),
        "smtp_security": translate("settings", "Encryption"),
        "smtp_user": translate("settings", "User name"),
        "from_address": translate("settings", "Sending address"),
        "from_name": translate("settings", "Sender's name"),
        "reply_to": translate("settings", "Answers go to"),
        "sms_by": translate("settings", "SMS go"),
        "sms_per_minute": translate("settings", "At most"),
        "twilio_account_sid": translate("settings", "Account SID"),
        "twilio_number": translate("settings", "Sending number"),
        "twilio_service_sid": translate("settings", "Messaging service"),
        "twilio_base_url": translate("settings", "Base address"),
        "quiet_from_minute": translate("settings", "Quiet from"),
        "quiet_until_minute": translate("settings", "Quiet until"),
        "wait_s": translate("settings", "Messages wait"),
        "retention_days": translate("settings", "Keep what was sent"),
        "offer_minutes": translate("settings", "Time to answer an offer"),
        "lead": translate("settings", "How long before"),
        "unit": translate("settings", "Unit"),
        "type_id": translate("settings", "Visit"),
        "channel": translate("settings", "By"),
        "active": translate("settings", "In use"),
        "language": translate("settings", "Language"),
        "subject": translate("settings", "Subject"),
        "body": translate("settings", "Text"),
    }


def choices(name: str) -> tuple[tuple[str, Any], ...]:
    """Return (text, value) of what can be chosen in a field."""
    if name == "email_by":
        return (
            (translate("settings", "not at all: e-mail is off"), "off"),
            (translate("settings", "through a mail server (SMTP)"), "smtp"),
            (translate("settings", "to a folder: nobody is told, for trials"), "folder"),
        )
    if name == "sms_by":
        return (
            (translate("settings", "not at all: SMS are off"), "off"),
            (translate("settings", "through Twilio"), "twilio"),
            (translate("settings", "to a folder: nobody is told, for trials"), "folder"),
        )
    if name == "smtp_security":
        return (
            (translate("settings", "STARTTLS (usually port 587)"), "starttls"),
            (translate("settings", "TLS (usually port 465)"), "tls"),
            (translate("settings", "none: only for a server on this computer"), "none"),
        )
    if name == "unit":
        return (
            (translate("settings", "minutes"), "minutes"),
            (translate("settings", "hours"), "hours"),
            (translate("settings", "days"), "days"),
        )
    return (
        (translate("settings", "the patient's own channel"), None),
        (translate("settings", "e-mail"), Channel.EMAIL),
        (translate("settings", "SMS"), Channel.SMS),
    )


def wait_text(seconds: int) -> str:
    """Return `20 seconds`, `5 minutes`, or that messages leave at once."""
    if seconds == 0:
        return translate("settings", "not at all: they leave at once")
    if seconds == 60:
        return translate("settings", "1 minute")
    if seconds % 60 == 0:
        return translate("settings", "{count} minutes").format(count=seconds // 60)
    return translate("settings", "{count} seconds").format(count=seconds)


def lead_text(lead: int, unit: str) -> str:
    """Return `24 hours`."""
    one = {
        "minutes": translate("settings", "1 minute"),
        "hours": translate("settings", "1 hour"),
        "days": translate("settings", "1 day"),
    }
    many = {
        "minutes": translate("settings", "{count} minutes"),
        "hours": translate("settings", "{count} hours"),
        "days": translate("settings", "{count} days"),
    }
    return one[unit] if lead == 1 else many[unit].format(count=lead)


def rule_text(rule: ReminderRule) -> str:
    """Return what a rule means, in a sentence."""
    if not rule.active:
        return translate("settings", "Not in use: nobody is reminded by it.")
    lead = lead_text(rule.lead, rule.unit)
    if rule.unit == "days":
        told = translate("settings", "{lead} before, at the same time of day; booked later than that: no reminder.")
    else:
        told = translate("settings", "{lead} before the start; booked later than that: no reminder.")
    return told.format(lead=lead)


def value_text(name: str, record: Messaging | ReminderRule | MessageText, clinic: Clinic) -> str:
    """Return a field's value as it is compared with another desk's."""
    value = getattr(record, name)
    if name in {"email_by", "sms_by", "smtp_security", "unit", "channel"}:
        return next((text for text, each in choices(name) if each == value), str(value))
    words: dict[str, Callable[[Any], str]] = {
        "quiet_from_minute": minute_text,
        "quiet_until_minute": minute_text,
        "wait_s": wait_text,
        "retention_days": lambda days: lead_text(days, "days"),
        "offer_minutes": lambda minutes: lead_text(minutes, "minutes"),
        "email_per_minute": _rate_text,
        "sms_per_minute": _rate_text,
        "type_id": lambda type_id: type_name(type_id, clinic),
        "active": lambda active: translate("settings", "yes") if active else translate("settings", "no"),
    }
    return words[name](value) if name in words else one_line(str(value)) or "–"


def _rate_text(count: int) -> str:
    return translate("settings", "{count} a minute").format(count=count)


def type_name(type_id: object, clinic: Clinic) -> str:
    """Return the name of a type of visit; None means any."""
    if type_id is None:
        return translate("settings", "any visit")
    return next(
        (one_line(each.name) for each in clinic.types if each.id == type_id), translate("settings", "no longer there")
    )


def kind_title(kind: str) -> str:
    """Return what a kind of message is called in the list of texts."""
    return {
        Kind.CONFIRMATION: translate("settings", "Confirmation"),
        Kind.RESCHEDULED: translate("settings", "Moved"),
        Kind.CANCELLED: translate("settings", "Cancelled"),
        Kind.REMINDER: translate("settings", "Reminder"),
        Kind.WAITLIST_OFFER: translate("settings", "Offer of a free time"),
        Kind.WAITLIST_GONE: translate("settings", "Offered time is taken"),
        Kind.APPOINTMENT_LIST: translate("settings", "List of appointments"),
    }[Kind(kind)]


def record_title(record: Messaging | ReminderRule | MessageText) -> str:
    """Return what a record is called when another desk changed it."""
    match record:
        case Messaging():
            return translate("settings", "The settings of messages")
        case ReminderRule():
            return translate("settings", "The reminder {lead} before").format(lead=lead_text(record.lead, record.unit))
        case MessageText():
            channel = translate("settings", "e-mail") if record.channel is Channel.EMAIL else "SMS"
            return translate("settings", "The text “{kind}” by {channel} ({language})").format(
                kind=kind_title(record.kind), channel=channel, language=record.language
            )


def placeholder_text(name: str) -> str:
    """Return what a placeholder stands for."""
    return {
        "clinic": translate("settings", "the name of the site"),
        "date": translate("settings", "the day, as the language writes it"),
        "time": translate("settings", "the time on the site's clock"),
        "place": translate("settings", "the site's address"),
        "phone": translate("settings", "the site's telephone"),
        "until": translate("settings", "until when an offered time can be taken"),
        "list": translate("settings", "all that is booked, one a line"),
    }[name]


def invalid_text(problem: InvalidInput) -> str:
    """Return what is wrong with a field, and what would do."""
    known = {
        "smtp_host": translate("settings", "Type the name of your mail server, such as smtp.example.org."),
        "smtp_security": translate(
            "settings", "Choose STARTTLS or TLS: without encryption only a server on this computer is spoken to."
        ),
        "from_address": translate("settings", "This is not an e-mail address. It looks like clinic@example.org."),
        "reply_to": translate("settings", "This is not an e-mail address. It looks like clinic@example.org."),
        "smtp_user": translate("settings", "Type the user name on one line, at most 250 characters."),
        "from_name": translate("settings", "Type the name on one line, at most 250 characters."),
        "twilio_account_sid": translate("settings", "An account SID is AC and 32 digits or letters a to f."),
        "twilio_service_sid": translate("settings", "A messaging service is MG and 32 digits or letters a to f."),
        "twilio_number": translate("settings", "Type the number in international form, such as +493012345678."),
        "twilio_base_url": translate(
            "settings", "Type https:// and a host, nothing behind it; http:// only for this computer."
        ),
        "lead": translate("settings", "At least 1, at most a year, and no rule twice."),
        "subject": _subject_text(problem),
        "body": _body_text(problem),
    }
    return known.get(problem.field) or translate("settings", "This cannot be used. Expected: {expected}.").format(
        expected=problem.expected
    )


def _subject_text(problem: InvalidInput) -> str:
    if "placeholders" in problem.expected:
        return _unknown_placeholder()
    return translate("settings", "An e-mail has a subject: one line, at most 150 characters.")


def _body_text(problem: InvalidInput) -> str:
    if "placeholders" in problem.expected:
        return _unknown_placeholder()
    if "too:" in problem.expected:
        return translate("settings", "The patient must know when: the text lacks {placeholder}.").format(
            placeholder=problem.example
        )
    if "at most" in problem.expected:
        return translate("settings", "The text is too long: at most 5000 characters, 600 in an SMS.")
    return translate("settings", "There are characters in it that cannot be sent. Type it anew.")


def _unknown_placeholder() -> str:
    return translate("settings", "Only the placeholders below can be used. Write $$ for a dollar sign.")
