"""How the clinic tells its patients: loads and saves settings, reminder rules and texts, and resumes a channel.

Saving needs a manager's rights (NotAllowed) and the version that was seen (MessagingConflict). The desks and whoever
sends hear of it at once; the next sweep gives the reminders of what is booked already their new time and words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries import messaging as queries
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ONLY_EMAIL, ChannelState, MessageText, Messaging, ReminderRule
from clinic_desk.domain.provider_address import HOST, LOOPBACK, is_base_url
from clinic_desk.domain.records import Channel, Site
from clinic_desk.domain.refusals import MessagingConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.planning import rule_due, rules_for
from clinic_desk.notifications.quiet import moment_left, quiet_hours
from clinic_desk.notifications.templates import Preview, TextKey, check_text, preview, takes_answers
from clinic_desk.notifications.texts import LANGUAGES, Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database

_ADDRESS: Final = re.compile(r"[^@\s,;<>\x00-\x1f\x7f-\x9f]+@[^@\s,;<>\x00-\x1f\x7f-\x9f]+")
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")
_NUMBERS: Final = {
    "quiet_from_minute": (0, 1440, "a time of day"),
    "quiet_until_minute": (0, 1440, "a time of day"),
    "wait_s": (0, 900, "0 seconds to 15 minutes"),
    "retention_days": (1, 3650, "1 to 3650 days"),
    "offer_minutes": (5, 1440, "5 minutes to 24 hours"),
    "email_per_minute": (1, 60_000, "1 to 60000 a minute"),
    "sms_per_minute": (1, 60_000, "1 to 60000 a minute"),
    "smtp_port": (1, 65_535, "a port from 1 to 65535"),
}
_CHOICES: Final = {
    "email_by": ("off", "smtp", "folder"),
    "sms_by": ("off", "twilio", "folder"),
    "smtp_security": ("starttls", "tls", "none"),
}
_SHAPES: Final = {
    "smtp_host": (HOST, "a host's name", "smtp.example.org"),
    "smtp_user": (_LINE, "text on one line", ""),
    "from_name": (_LINE, "text on one line", ""),
    "from_address": (_ADDRESS, "one e-mail address, and nothing else", "clinic@example.org"),
    "reply_to": (_ADDRESS, "one e-mail address, and nothing else", "clinic@example.org"),
    "twilio_account_sid": (re.compile("AC[0-9a-fA-F]{32}"), "AC and 32 hexadecimal digits", ""),
    "twilio_service_sid": (re.compile("MG[0-9a-fA-F]{32}"), "MG and 32 hexadecimal digits", ""),
    "twilio_number": (re.compile(r"\+[1-9][0-9]{1,14}"), "a number in international form", "+493012345678"),
}
_LONGEST: Final = 250
_LONGEST_LEAD: Final = timedelta(days=366)
_UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class MessagingSetup:
    """All there is to set: `texts` are the clinic's own only; `site` and `now` are for previews."""

    settings: Messaging
    rules: tuple[ReminderRule, ...]
    texts: tuple[MessageText, ...]
    channels: dict[Channel, ChannelState]
    site: Site | None
    now: datetime


@dataclass(frozen=True, slots=True)
class SaveMessaging:
    """Write the settings; `settings.version` is the one the user saw."""

    settings: Messaging
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveRule:
    """Add a rule (version 0) or write one over the version the user saw."""

    rule: ReminderRule
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Delete a rule; reminders of it that have not left are recalled by the next sweep."""

    rule: ReminderRule
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SaveText:
    """Add an own text (version 0) or write one over the version the user saw."""

    text: MessageText
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class UseDefaultText:
    """Delete an own text: the program's stands again."""

    text: MessageText
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ResumeChannel:
    """Let a channel that was stopped, or pauses, try again."""

    channel: Channel
    operation_id: UUID = field(default_factory=new_id)


def load_messaging(db: Database) -> MessagingSetup:
    """Return all that can be set, in one snapshot. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        return MessagingSetup(
            queries.read_messaging(connection),
            queries.reminder_rules(connection),
            queries.message_texts(connection),
            queries.channel_states(connection),
            *queries.messaging_clock(connection),
        )


def save_messaging(db: Database, command: SaveMessaging) -> Messaging:
    """Write the settings and return them as they now stand; a channel that had stopped tries again.

    Raises InvalidInput, MessagingConflict, NotAllowed, DatabaseDown, Busy, OutcomeUnknown; so do the others.
    """
    settings = checked_settings(command.settings)

    def work(connection: Connection) -> Messaging:
        if not queries.write_messaging(connection, settings):
            raise MessagingConflict(queries.read_messaging(connection))
        return queries.read_messaging(connection)

    return db.changing(command.operation_id, "SaveMessaging", work, queries.read_messaging)


def save_rule(db: Database, command: SaveRule) -> ReminderRule:
    """Write a reminder rule and return it as it now stands."""
    rule = checked_rule(command.rule)

    def work(connection: Connection) -> ReminderRule:
        for other in queries.reminder_rules(connection):
            if other.id != rule.id and _says(other) == _says(rule):
                raise InvalidInput(field="lead", expected="another one: there is such a rule already")
        if not queries.write_rule(connection, rule):
            raise MessagingConflict(_standing_rule(rule.id, connection))
        return standing(connection)

    def standing(connection: Connection) -> ReminderRule:
        return _standing_rule(rule.id, connection) or rule

    return db.changing(command.operation_id, "SaveRule", work, standing)


def delete_rule(db: Database, command: DeleteRule) -> None:
    """Delete a reminder rule."""
    rule = command.rule

    def work(connection: Connection) -> None:
        if not queries.delete_row(connection, "reminder_rule", rule.id, rule.version):
            raise MessagingConflict(_standing_rule(rule.id, connection))

    db.changing(command.operation_id, "DeleteRule", work, _nothing)


def save_text(db: Database, command: SaveText) -> MessageText:
    """Write one of the clinic's own texts and return it as it now stands; InvalidInput names subject or body."""
    text = checked_text(command.text)

    def work(connection: Connection) -> MessageText:
        if not queries.write_text(connection, text):
            raise MessagingConflict(_standing_text(text, connection))
        return standing(connection)

    def standing(connection: Connection) -> MessageText:
        return _standing_text(text, connection) or text

    return db.changing(command.operation_id, "SaveText", work, standing)


def use_default_text(db: Database, command: UseDefaultText) -> None:
    """Delete one of the clinic's own texts."""
    text = command.text

    def work(connection: Connection) -> None:
        if not queries.delete_row(connection, "message_text", text.id, text.version):
            raise MessagingConflict(_standing_text(text, connection))

    db.changing(command.operation_id, "UseDefaultText", work, _nothing)


def resume_channel(db: Database, command: ResumeChannel) -> ChannelState:
    """Let a channel try again at once, and return its state."""

    def work(connection: Connection) -> ChannelState:
        queries.resume_channel(connection, command.channel)
        return standing(connection)

    def standing(connection: Connection) -> ChannelState:
        return queries.channel_states(connection)[command.channel]

    return db.changing(command.operation_id, "ResumeChannel", work, standing)


# --- for the forms ----------------------------------------------------------------------------------------------------


def preview_text(setup: MessagingSetup, key: TextKey, text: Text | None = None) -> Preview:
    """Return what a patient would read of a text (None: the default) about a visit in a week. No database is asked."""
    site = setup.site or Site(UUID(int=0), "…", "UTC")
    starts_at = (setup.now + timedelta(days=7)).replace(minute=30, second=0, microsecond=0)
    return preview(key, starts_at, site, text, answers=takes_answers(setup.settings))


def first_reminder(
    setup: MessagingSetup, starts_at: datetime, type_id: UUID, zone: str, now: datetime
) -> datetime | None:
    """Return when the first reminder of a visit would leave, None if none would; for the form that books it."""
    quiet = quiet_hours(setup.settings)
    dues = [rule_due(rule, starts_at, zone) for rule in rules_for(setup.rules, type_id)]
    moments = [moment_left(due, starts_at, zone, quiet, now) for due in dues if due >= now]
    return min((moment for moment in moments if moment is not None), default=None)


def checked_settings(settings: Messaging) -> Messaging:
    """Return the settings as they are to be stored. Raises InvalidInput, its field one of theirs."""
    settings = replace(settings, **{name: getattr(settings, name).strip() for name in (*_SHAPES, "twilio_base_url")})
    for name, (least, most, expected) in _NUMBERS.items():
        if not least <= getattr(settings, name) <= most:
            raise InvalidInput(field=name, expected=expected)
    for name, allowed in _CHOICES.items():
        if getattr(settings, name) not in allowed:
            raise InvalidInput(field=name, expected=f"one of {', '.join(allowed)}")
    for name, (shape, expected, example) in _SHAPES.items():
        value = getattr(settings, name)
        if value and not (len(value) <= _LONGEST and shape.fullmatch(value)):
            raise InvalidInput(field=name, expected=expected, example=example)
    _check_connections(settings)
    return settings


def _check_connections(settings: Messaging) -> None:
    if settings.email_by == "smtp" and not settings.smtp_host:
        raise InvalidInput(field="smtp_host", expected="a host's name", example="smtp.example.org")
    if settings.smtp_security == "none" and settings.smtp_host not in {"", *LOOPBACK}:
        raise InvalidInput(field="smtp_security", expected="STARTTLS or TLS: only this computer is spoken to in clear")
    if not is_base_url(settings.twilio_base_url):
        raise InvalidInput(field="twilio_base_url", expected="https:// and a host, nothing behind it")


def checked_rule(rule: ReminderRule) -> ReminderRule:
    """Return a rule as it is to be stored. Raises InvalidInput, its field one of the rule's."""
    if rule.unit not in _UNITS:
        raise InvalidInput(field="unit", expected="minutes, hours or days")
    if rule.lead < 1 or rule.lead > 10_000 or rule.lead * _UNITS[rule.unit] > _LONGEST_LEAD:
        raise InvalidInput(field="lead", expected="at least 1, and no more than a year")
    if rule.channel is Channel.NONE:
        raise InvalidInput(field="channel", expected="e-mail, SMS, or the patient's own")
    return rule


def checked_text(text: MessageText) -> MessageText:
    """Return a text as it is to be stored. Raises InvalidInput, its field one of the text's."""
    if text.language not in LANGUAGES:
        raise InvalidInput(field="language", expected=f"one of {', '.join(LANGUAGES)}")
    if text.channel is Channel.NONE:
        raise InvalidInput(field="channel", expected="e-mail or SMS")
    if text.kind in ONLY_EMAIL and text.channel is not Channel.EMAIL:
        raise InvalidInput(field="channel", expected="e-mail: the list goes no other way")
    clean = replace(text, subject=text.subject.strip(), body=_newlines(text.body).strip())
    check_text(Text(clean.subject, clean.body), clean.channel, clean.kind)
    return clean


def _newlines(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n")


def _says(rule: ReminderRule) -> tuple[object, ...]:
    return rule.lead, rule.unit, rule.type_id, rule.channel


def _standing_rule(rule_id: UUID, connection: Connection) -> ReminderRule | None:
    return next((rule for rule in queries.reminder_rules(connection) if rule.id == rule_id), None)


def _standing_text(text: MessageText, connection: Connection) -> MessageText | None:
    key = (text.kind, text.channel, text.language)
    found = queries.message_texts(connection)
    return next((row for row in found if (row.kind, row.channel, row.language) == key), None)


def _nothing(_connection: Connection) -> None:
    """A deletion that stands already leaves nothing to read."""
