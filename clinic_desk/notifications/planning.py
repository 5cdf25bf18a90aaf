"""Plans which messages a change of an appointment causes, and when they are due: pure, the clock is an argument.

What a patient was last told decides: a message is planned when what she would now be told differs from it. So a change
of the note sends nothing, a change that is undone before its message left sends nothing, and a repetition repeats none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind, ReminderRule, noted_address
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.notifications.quiet import QuietHours, moment_left, quiet_hours
from clinic_desk.notifications.templates import OwnTexts, TextKey, Words, own_texts, takes_answers, words_for
from clinic_desk.notifications.texts import language_of

if TYPE_CHECKING:
    from clinic_desk.domain.messaging import MessageText, Messaging
    from clinic_desk.domain.records import Appointment, Patient, Site

_logger = logging.getLogger(__name__)

DEFAULT_RULE: Final = ReminderRule(UUID("00000000-0000-7000-8000-000000000024"), 24)
"""The rule that the schema begins with."""
WAITING: Final = timedelta(seconds=20)

LEFT: Final = frozenset({"leased", "sending", "unknown", "sent", "delivered"})
"""The states in which a message has left, or may have (those leased are voided before it is asked)."""

SAYINGS: Final = {
    "quiet-hours": "no time outside the quiet hours was left for it",
    "opted-out": "the patient wants no messages over this channel",
    "unusable-address": "the address cannot be reached",
    "rendering": "its text could not be made",
}
"""What `last_error` says of an `error_code` that planning gives."""

_UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
_TELLING: Final = frozenset({Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED})
_OTHER: Final = {Channel.EMAIL: Channel.SMS, Channel.SMS: Channel.EMAIL}
_CODES: Final = {"opted-out": "opted-out", "unusable": "unusable-address"}


@dataclass(frozen=True, slots=True)
class Queued:
    """A message of an appointment that is in the queue already, oldest first."""

    patient_id: UUID
    kind: str
    status: str
    dedupe_key: str
    rule_id: UUID | None = None

    @property
    def told(self) -> str:
        """What it tells, as `Occasion.told`."""
        return self.dedupe_key.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to put into the queue. `status` is `pending`, or `failed` with an `error_code` staff must know of."""

    id: UUID
    appointment_id: UUID
    appointment_version: int
    patient_id: UUID
    kind: str
    channel: str
    dedupe_key: str
    subject: str
    body: str
    language: str
    due_at: datetime
    not_after: datetime
    status: str = "pending"
    error_code: str = ""
    last_error: str = ""
    rule_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How this clinic tells its patients. `notes`: addresses not to be written to (channel, address) and their state.

    `channels`: those that are not switched off; over the others nothing is planned, so nothing is missed either.
    `waiting`: how long what is told of a change waits, visibly; `answers`: whether an SMS can be answered.
    """

    rules: tuple[ReminderRule, ...] = (DEFAULT_RULE,)
    texts: OwnTexts = field(default_factory=dict)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    quiet: QuietHours = field(default_factory=QuietHours)
    waiting: timedelta = WAITING
    answers: bool = False
    channels: frozenset[Channel] = frozenset({Channel.EMAIL, Channel.SMS})


USUAL: Final = Manner()
"""That of a fresh clinic."""


def manner_of(
    settings: Messaging,
    rules: Iterable[ReminderRule],
    texts: Iterable[MessageText],
    notes: Mapping[tuple[str, str], str],
) -> Manner:
    """Return how a clinic of these settings tells its patients."""
    return Manner(
        tuple(rules),
        own_texts(texts),
        notes,
        quiet_hours(settings),
        timedelta(seconds=settings.wait_s),
        takes_answers(settings),
        frozenset(channel for channel, by in by_channel(settings) if by != "off"),
    )


def by_channel(settings: Messaging) -> tuple[tuple[Channel, str], ...]:
    """Return each channel and by what it sends."""
    return (Channel.EMAIL, settings.email_by), (Channel.SMS, settings.sms_by)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a plan is made from: the appointment as it now stands, its patient and site, and the database's clock.

    `along`: the starts, in order, of all dates of a series that its one message is about.
    """

    appointment: Appointment
    patient: Patient
    site: Site
    now: datetime
    manner: Manner = USUAL
    along: tuple[datetime, ...] = ()

    @property
    def told(self) -> str:
        """What the patient is told: time and place. Anything else about the appointment is none of a message's."""
        return f"{int(self.appointment.starts_at.timestamp())}@{self.appointment.site_id}"


@dataclass(frozen=True, slots=True)
class Way:
    """The channel by which a patient is told; with a `code` she cannot be, and staff are to know."""

    channel: Channel
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that a rule wants; with a `code` it cannot leave, and staff are to know."""

    rule: ReminderRule
    channel: Channel
    due_at: datetime
    code: str = ""


def plan(occasion: Occasion, queued: Iterable[Queued] = (), *, tell: bool = True) -> tuple[Message, ...]:
    """Return the messages to queue for an appointment as it now stands.

    `queued` are its messages that were not voided. `tell` False: nothing about this change; reminders still come. Who
    cannot be reached is told nothing, and staff of the first message that she does not get.
    """
    appointment, queued = occasion.appointment, tuple(queued)
    way = way_to(occasion.patient, occasion.manner)
    if way is None or appointment.starts_at <= occasion.now:
        return ()
    last = _last_told(occasion.patient.id, queued)
    if appointment.status in {AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST}:  # parked: not at that time
        knew = last is not None and last.kind != Kind.CANCELLED
        return (telling(occasion, Kind.CANCELLED, way),) if tell and knew else ()
    if appointment.status is not AppointmentStatus.BOOKED:
        return ()
    kind = _kind(occasion, last)
    messages = [telling(occasion, kind, way)] if tell and kind is not None else []
    messages += (
        reminding(occasion, reminder) for reminder in reminders(occasion, way) if not _left(reminder, occasion, queued)
    )
    return tuple(messages[:1] if way.code else messages)


def plan_farewell(occasion: Occasion, queued: Iterable[Queued], *, tell: bool = True) -> tuple[Message, ...]:
    """Return what a patient is told whose appointment was given to another: that hers is cancelled, if she knew."""
    way = way_to(occasion.patient, occasion.manner)
    last = _last_told(occasion.patient.id, queued)
    knew = last is not None and last.kind != Kind.CANCELLED
    coming = occasion.appointment.starts_at > occasion.now
    if not (tell and knew and coming and way):
        return ()
    return (telling(occasion, Kind.CANCELLED, way),)


# --- by which channel -------------------------------------------------------------------------------------------------


def address_of(patient: Patient, channel: Channel | None = None) -> str:
    """Return the address of a channel, by default the patient's; empty when she is not to be, or cannot be, reached.

    Of a closed record no desk knows it: there is one for her own channel, else she could not have chosen that; who
    sends reads it (queries_queue.BEGIN), and then finds out whether something is known against it.
    """
    wanted = channel or patient.channel
    if patient.closed:
        return f"closed:{patient.id}" if wanted is patient.channel is not Channel.NONE else ""
    return {Channel.EMAIL: patient.email, Channel.SMS: patient.phone, Channel.NONE: ""}[wanted]


def way_to(patient: Patient, manner: Manner) -> Way | None:
    """Return how a patient is told; None: not at all.

    Who has opted out of her channel is told over no other: she did not ask for it. What the provider cannot reach is
    passed by, if the other channel has an address that nothing is known against.
    """
    if not address_of(patient) or patient.channel not in manner.channels:
        return None
    state = _note(patient, patient.channel, manner.notes)
    if state == "unusable" and _is_free(patient, other := _OTHER[patient.channel], manner):
        return Way(other)
    return Way(patient.channel, _CODES.get(state, ""))


def _note(patient: Patient, channel: Channel, notes: Mapping[tuple[str, str], str]) -> str:
    return notes.get((channel, noted_address(address_of(patient, channel))), "") if notes else ""


def _is_free(patient: Patient, channel: Channel, manner: Manner) -> bool:
    """Whether a patient can be written to over a channel, and nothing is known against it."""
    has_address = channel in manner.channels and address_of(patient, channel) != ""
    return has_address and not _note(patient, channel, manner.notes)


def _channel_of(rule: ReminderRule, patient: Patient, way: Way, manner: Manner) -> Channel | None:
    """Return the channel of a rule's reminder; None if the rule has one of its own that does not reach this patient."""
    if rule.channel is None or rule.channel is way.channel:
        return way.channel
    return rule.channel if _is_free(patient, rule.channel, manner) else None


# --- reminders --------------------------------------------------------------------------------------------------------


def rules_for(rules: Iterable[ReminderRule], type_id: UUID) -> tuple[ReminderRule, ...]:
    """Return the active rules of an appointment's type: its own if there are any, else those without a type."""
    active = [rule for rule in rules if rule.active]
    own = [rule for rule in active if rule.type_id == type_id]
    return tuple(own or [rule for rule in active if rule.type_id is None])


def rule_due(rule: ReminderRule, starts_at: datetime, zone: str) -> datetime:
    """Return when a rule's reminder is due, quiet hours aside: elapsed time before, or days at the same wall time."""
    if rule.unit == "days":
        return to_instant(to_wall(starts_at, zone) - timedelta(days=rule.lead), zone)
    return starts_at - rule.lead * _UNITS[rule.unit]


def reminders(occasion: Occasion, way: Way) -> tuple[Reminder, ...]:
    """Return the reminders that the rules want and that are still to come, the earliest first.

    None of a rule inside whose lead it is already (the confirmation serves); one of two at the same moment.
    """
    starts_at, zone, manner = occasion.appointment.starts_at, occasion.site.zone, occasion.manner
    wanted: dict[tuple[Channel, datetime], Reminder] = {}
    rules = rules_for(manner.rules, occasion.appointment.type_id)
    for due, rule in sorted(((rule_due(rule, starts_at, zone), rule) for rule in rules), key=_in_order):
        channel = _channel_of(rule, occasion.patient, way, manner)
        if due < occasion.now or channel is None:
            continue
        code = way.code if channel is way.channel else ""
        moment = moment_left(due, starts_at, zone, manner.quiet, occasion.now)
        if moment is None or code:
            reminder = Reminder(rule, channel, occasion.now, code or "quiet-hours")
            wanted.setdefault((channel, due), reminder)
        else:
            wanted.setdefault((channel, moment), Reminder(rule, channel, moment))
    return tuple(wanted.values())


def _in_order(row: tuple[datetime, ReminderRule]) -> tuple[datetime, UUID]:
    return row[0], row[1].id


def _left(reminder: Reminder, occasion: Occasion, queued: Iterable[Queued]) -> bool:
    """Whether a reminder has left for the same patient, time and place, by any channel, or staff know it cannot."""
    return any(
        row.kind == Kind.REMINDER
        and (row.status in LEFT or (row.status == "failed" and reminder.code != ""))
        and row.patient_id == occasion.patient.id
        and row.rule_id in {None, reminder.rule.id}
        and row.told == occasion.told
        for row in queued
    )


# --- what is told -----------------------------------------------------------------------------------------------------


def _kind(occasion: Occasion, last: Queued | None) -> Kind | None:
    if last is None or last.kind == Kind.CANCELLED:
        return Kind.CONFIRMATION
    return None if last.told == occasion.told else Kind.RESCHEDULED


def _last_told(patient_id: UUID, queued: Iterable[Queued]) -> Queued | None:
    """Return the last message to this patient that left, or may have."""
    left = [row for row in queued if row.patient_id == patient_id and row.kind in _TELLING and row.status in LEFT]
    return left[-1] if left else None


def telling(occasion: Occasion, kind: Kind, way: Way) -> Message:
    """Return the message that tells of a change; it waits the moment in which that may be undone."""
    due_at = occasion.now + occasion.manner.waiting
    if due_at >= occasion.appointment.starts_at or way.code:
        due_at = occasion.now
    return _message(occasion, kind, way, due_at)


def reminding(occasion: Occasion, reminder: Reminder) -> Message:
    """Return the message of a reminder."""
    return _message(occasion, Kind.REMINDER, Way(reminder.channel, reminder.code), reminder.due_at, reminder.rule.id)


def _message(occasion: Occasion, kind: Kind, way: Way, due_at: datetime, rule_id: UUID | None = None) -> Message:
    appointment, patient = occasion.appointment, occasion.patient
    words = words_of(occasion, kind, way.channel)
    code = way.code or ("" if words else "rendering")
    by_rule = "" if rule_id is None else f"{rule_id}:"
    key = f"{appointment.id}:{kind}:{way.channel}:{appointment.version}:{patient.id}:{by_rule}{occasion.told}"
    return Message(
        id=new_id(),
        appointment_id=appointment.id,
        appointment_version=appointment.version,
        patient_id=patient.id,
        kind=kind,
        channel=way.channel,
        dedupe_key=key,
        subject=words.subject if words else "",
        body=words.body if words else "",
        language=language_of(patient.language),
        due_at=due_at,
        not_after=appointment.starts_at,
        status="failed" if code else "pending",
        error_code=code,
        last_error=SAYINGS.get(code, ""),
        rule_id=rule_id,
    )


def words_of(occasion: Occasion, kind: str, channel: Channel) -> Words | None:
    """Return what a message says; None if it cannot be made: one message's trouble must not stop a booking."""
    manner = occasion.manner
    key = TextKey(kind, channel, occasion.patient.language)
    along = occasion.along if kind in _TELLING else ()
    starts_at, site = occasion.appointment.starts_at, occasion.site
    try:
        return words_for(key, starts_at, site, manner.texts, answers=manner.answers, along=along)
    except Exception as error:
        _logger.error("a %s by %s could not be written: %s", kind, channel, type(error).__name__)
        return None
