"""The records of the Messages panel: a message with its story, a patient's reply, a channel's state, and the counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ChannelState, Kind, QueueStatus
from clinic_desk.domain.pcs import SenderSeen
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.errors import Refused


class Filter(StrEnum):
    """Which messages are listed. The last ones are the statuses; LATER: those waiting for another day, too."""

    ATTENTION = "attention"
    DUE = "due"
    SENT_TODAY = "sent-today"
    ALL = "all"
    LATER = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """What to list. `search`: part of a patient's name, number, e-mail address; `limit` rows of each sort.

    `days`: how far back finished messages are listed; a search goes back to the beginning.
    """

    filter: Filter = Filter.ALL
    search: str = ""
    limit: int = 200
    days: int = 14


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a message: it came to `status`; by whom (a person, or who had the lease), and why.

    `due`: when it is due now, if that changed. `dealt`: how somebody took care of it just then (call, done, …).
    """

    at: datetime
    status: QueueStatus
    attempts: int
    by: str
    code: str = ""
    error: str = ""
    due: datetime | None = None
    dealt: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the patient wrote back after a message."""

    body: str
    at: datetime
    meaning: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of the queue as the desk sees it.

    `address`: where it went, or would go now; `shown_address` the same, as it may stand in a list. `starts_at`: the
    time the patient is told of. `moved`: the appointment is at another time now; `dates_changed`: of the dates that it
    names some are, and it is to be written anew before it can be sent. `other_channel`: the other way to
    reach the patient, None if there is none. `noted`: why `address` is not to be used (opted-out, unusable), since
    `noted_at`. `passed_on`: sent by another message instead. `dealt_with_by`: who took note; `dealt_with_how`: call,
    done, email, sms.
    """

    id: UUID
    kind: Kind
    channel: Channel
    status: QueueStatus
    patient_id: UUID
    patient_name: str
    address: str
    shown_address: str
    due_at: datetime
    appointment_id: UUID | None = None
    starts_at: datetime | None = None
    zone: str = "UTC"
    doctor: str = ""
    appointment_status: AppointmentStatus | None = None
    ended_at: datetime | None = None
    ended_desk: str = ""
    not_after: datetime | None = None
    sent_at: datetime | None = None
    changed_at: datetime | None = None
    check_at: datetime | None = None
    attempts: int = 0
    code: str = ""
    error: str = ""
    subject: str = ""
    body: str = ""
    log: tuple[Step, ...] = ()
    answered: Answered | None = None
    noted: str = ""
    noted_at: datetime | None = None
    other_channel: Channel | None = None
    passed_on: bool = False
    moved: bool = False
    dates_changed: bool = False
    dealt_with_by: str = ""
    dealt_with_how: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must do something; what is unknown is first asked about by itself."""
        troubled = self.status in {QueueStatus.FAILED, QueueStatus.EXPIRED} or (
            self.status is QueueStatus.UNKNOWN and self.check_at is None
        )
        return troubled and not self.dealt_with_by

    def may_retry(self, now: datetime) -> bool:
        """Whether sending it (again) by the same channel can help at all."""
        stuck = self.status in {QueueStatus.FAILED, QueueStatus.EXPIRED, QueueStatus.UNKNOWN}
        return stuck and not self.noted and bool(self.address) and self.is_still_true(now)

    def may_go_by_other(self, now: datetime) -> bool:
        """Whether the other channel may serve instead."""
        waits_or_stuck = self.status in {
            QueueStatus.PENDING,
            QueueStatus.FAILED,
            QueueStatus.EXPIRED,
            QueueStatus.UNKNOWN,
        }
        return waits_or_stuck and self.other_channel is not None and not self.passed_on and self.is_still_true(now)

    def is_still_true(self, now: datetime) -> bool:
        """Whether the patient may still be told so: it has not begun, and it is as the message says."""
        if self.moved or (self.not_after is not None and self.not_after <= now):
            return False
        if self.dates_changed:
            return True
        cancelled = self.appointment_status is AppointmentStatus.CANCELLED
        return self.appointment_status is None or cancelled == (self.kind is Kind.CANCELLED)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages need somebody, are due before midnight, were sent since midnight; how many replies are open."""

    attention: int = 0
    due: int = 0
    sent_today: int = 0
    replies: int = 0


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """How a channel stands: `by` smtp, twilio, folder or off; `per_minute` its rate."""

    state: ChannelState
    by: str
    per_minute: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What the panel shows. `quiet`: minutes from local midnight in `zone`, None when it is never quiet.

    `has_more`: further ones are found by a larger `limit` or more `days`. `read_at`: the database's clock. `senders`:
    the programs that send, the last seen first; `unsent`: (channel, late messages) where none of them could be seen.
    """

    query: MessageQuery
    rows: tuple[MessageRow, ...]
    counts: Counts
    channels: tuple[ChannelLine, ...]
    quiet: tuple[int, int] | None
    wait: timedelta
    has_more: bool
    read_at: datetime
    zone: str
    senders: tuple[SenderSeen, ...] = ()
    unsent: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom a reply may come from: a patient with this number, and her next appointment if there is one."""

    patient_id: UUID
    patient_name: str
    appointment_id: UUID | None = None
    starts_at: datetime | None = None
    zone: str = "UTC"
    doctor: str = ""


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A patient's reply. `owner` is the patient and appointment it is about, None when it could be several.

    `candidates`: all it can be from, the owner among them.
    """

    id: UUID
    channel: Channel
    sender: str
    body: str
    received_at: datetime
    meaning: Literal["confirm", "decline", "stop", "start", "other"]
    status: Literal["open", "done"]
    version: int
    owner: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class OnMessage:
    """Do something with a message. `new_message_id`: of the message that is sent in its place, where one is."""

    message_id: UUID
    operation_id: UUID = field(default_factory=new_id)
    new_message_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Send, or send again, the confirmation of an appointment."""

    appointment_id: UUID
    operation_id: UUID = field(default_factory=new_id)
    new_message_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SendList:
    """E-mail a patient the list of what is booked for her."""

    patient_id: UUID
    operation_id: UUID = field(default_factory=new_id)
    new_message_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class FileReply:
    """Note whom a reply is from and about which visit; `done`: it needs nobody any more; `confirms`: it means yes."""

    reply_id: UUID
    version: int
    patient_id: UUID | None = None
    appointment_id: UUID | None = None
    done: bool = True
    confirms: bool = False
    operation_id: UUID = field(default_factory=new_id)


class Why(StrEnum):
    """Why something cannot be done with a message. LEFT: a worker was quicker. QUIET_HOURS: ask, then do it anyway.

    PASSED: the visit has begun. CANCELLED: the visit is, or for a cancellation: is not. PASSED_ON: another message
    went in its place. FILED: another desk filed the reply. NO_CHANNEL: the clinic sends nothing that way. NOTHING: no
    appointment is to come.
    """

    LEFT = "left"
    PASSED = "passed"
    CANCELLED = "cancelled"
    MOVED = "moved"
    OPTED_OUT = "opted-out"
    UNUSABLE = "unusable"
    NO_ADDRESS = "no-address"
    QUIET_HOURS = "quiet-hours"
    PASSED_ON = "passed-on"
    NO_TEXT = "no-text"
    FILED = "filed"
    NO_CHANNEL = "no-channel"
    NOTHING = "nothing"


class MessageRefused(Refused):
    """Something cannot be done with a message; nothing was changed. `status`: how it stands now, if it LEFT."""

    def __init__(self, reason: Why, status: QueueStatus | None = None) -> None:
        super().__init__(f"the message is left as it is: {reason}" + (f" ({status})" if status else ""))
        self.reason = reason
        self.status = status
