"""The records of telling patients: settings, reminder rules, texts, addresses not to use, answers, channel states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from clinic_desk.domain.records import Channel

MESSAGING_ID: Final = UUID("00000000-0000-7000-8000-000000000001")
"""The one row of settings."""
TWILIO_URL: Final = "https://api.twilio.com"


class Kind(StrEnum):
    """What a message tells."""

    CONFIRMATION = "confirmation"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    WAITLIST_OFFER = "waitlist-offer"
    WAITLIST_GONE = "waitlist-gone"
    APPOINTMENT_LIST = "appointment-list"


ONLY_EMAIL: Final = frozenset({Kind.APPOINTMENT_LIST})
"""What goes by e-mail alone: an SMS has no room for it."""


class QueueStatus(StrEnum):
    """Where a message stands in the queue. LEASED: claimed, nothing sent yet. UNKNOWN: it may have gone."""

    PENDING = "pending"
    LEASED = "leased"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Messaging:
    """How the clinic tells its patients; no secrets. Quiet hours are minutes from local midnight of the site:

    quiet from `quiet_from_minute` (included) over midnight to `quiet_until_minute` (not included); equal: never quiet.
    `offer_minutes`: so long a patient who waits may think about a time that she is offered by message.
    `email_by`: off, smtp, folder; `sms_by`: off, twilio, folder ("to a folder" is for the demo and trials).
    """

    quiet_from_minute: int = 20 * 60
    quiet_until_minute: int = 9 * 60
    wait_s: int = 20
    retention_days: int = 90
    offer_minutes: int = 20
    email_by: str = "off"
    email_per_minute: int = 120
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    from_address: str = ""
    from_name: str = ""
    reply_to: str = ""
    sms_by: str = "off"
    sms_per_minute: int = 60
    twilio_account_sid: str = ""
    twilio_number: str = ""
    twilio_service_sid: str = ""
    twilio_base_url: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """A reminder `lead` `unit`s before the start: minutes and hours are elapsed time, days the same wall time.

    Active rules of an appointment's own type replace those without a type. `channel` None: the patient's own.
    """

    id: UUID
    lead: int
    unit: Literal["minutes", "hours", "days"] = "hours"
    type_id: UUID | None = None
    channel: Channel | None = None
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class MessageText:
    """The clinic's own words for a kind, channel and language (two letters); `subject` for e-mail only."""

    id: UUID
    kind: Kind
    channel: Channel
    language: str
    subject: str
    body: str
    version: int = 1


def noted_address(address: str) -> str:
    """Return an address as notes hold it: in small letters, so that each is noted once."""
    return address.strip().lower()


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A password or token that the database keeps encrypted; `key_id` says with which clinic key."""

    name: str
    key_id: str
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class ContactNote:
    """Why an address is not to be written to: its owner opted out, or the provider cannot reach it.

    `address` is what `noted_address` makes of it.
    """

    id: UUID
    channel: Channel
    address: str
    state: Literal["opted-out", "unusable"]
    source: Literal["reply", "provider", "desk"]
    reason: str = ""
    version: int = 1
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a patient wrote back. `status` open: the desks' inbox; the patient is None when it could be several."""

    id: UUID
    channel: Channel
    provider_id: str
    sender: str
    body: str
    received_at: datetime
    meaning: Literal["confirm", "decline", "stop", "start", "other"]
    status: Literal["open", "done"]
    patient_id: UUID | None = None
    appointment_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Whether a channel works: `pausing` until `resume_at` (trouble that passes), `stopped` (somebody must act)."""

    channel: Channel
    state: Literal["working", "pausing", "stopped"] = "working"
    code: str = ""
    reason: str = ""
    since: datetime | None = None
    resume_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it is handed to a provider. `recipient` is read from the patient just before.

    `uid`, `sequence`, `starts_at`, `ends_at`, `zone`, `place` describe the appointment (None/empty without one).
    `created_at` is the Date of an e-mail at each try; `not_after` the instant from which it must not go any more.
    """

    id: UUID
    kind: Kind
    channel: Channel
    recipient: str
    subject: str
    body: str
    language: str
    created_at: datetime
    not_after: datetime | None = None
    attempt: int = 1
    sending_started_at: datetime | None = None
    uid: UUID | None = None
    sequence: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str = "UTC"
    place: str = ""
    clinic: str = ""
    phone: str = ""


class Answer(StrEnum):
    """What became of handing a message over; each is one line of the table in NOTIFICATIONS.md."""

    SENT = "sent"
    TRANSIENT = "transient"
    """Not sent; to be tried again with back-off."""
    UNKNOWN = "unknown"
    """It may have gone: to be looked for (SMS), or sent again under the same Message-ID (e-mail)."""
    CONFIGURATION = "configuration"
    """Nothing goes over this channel until somebody acts; the attempt is not counted."""
    PERMANENT = "permanent"
    """Never to this address (or never this text): staff must know."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sender says of one message. `code`: the provider's; `reason`: a sentence without patient data.

    `note`: what is to be remembered of the address (opted-out, unusable). `retry_after`: the provider's own wish.
    `another_channel`: a PERMANENT of this address only, so that the other channel may serve.
    """

    answer: Answer
    provider_id: str = ""
    code: str = ""
    reason: str = ""
    note: Literal["", "opted-out", "unusable"] = ""
    retry_after: timedelta | None = None
    another_channel: bool = False


class Trace(StrEnum):
    """What a search for a message of unknown outcome found."""

    FOUND = "found"
    ABSENT = "absent"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Found:
    """The result of such a search; with FOUND the provider's id, with CANNOT_TELL why.

    `also`: further ones that look the same, such as what a sister with the same number was told of the same time.
    """

    trace: Trace
    provider_id: str = ""
    reason: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the provider says of a message it took: on its way, delivered, or undelivered with its code.

    `again`: a failure that may pass (30001, 30003, 30008): one or two new messages may be tried.
    """

    status: Literal["on-its-way", "delivered", "undelivered"]
    code: str = ""
    reason: str = ""
    note: Literal["", "opted-out", "unusable"] = ""
    again: bool = False
    configuration: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """An inbound message as the provider lists it."""

    provider_id: str
    sender: str
    body: str
    received_at: datetime
