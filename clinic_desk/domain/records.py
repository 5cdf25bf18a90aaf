"""The frozen records that cross threads: what the database holds, as the program speaks of it (HL7 FHIR R5 terms).

Instants (`*_at`) are timezone-aware datetimes in UTC. Wall times (`*_minute`) are minutes from local midnight, 0-1440,
and mean the site's zone. Every record people edit carries `version`, an integer raised by one with each change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from clinic_desk.domain.clinic_records import (
    AppointmentType,
    Block,
    BookingRules,
    Clinic,
    Closure,
    DateOverride,
    LockRules,
    Practitioner,
    Room,
    RoomKind,
    Site,
    TimeOff,
    WorkingHours,
)

__all__ = [
    "AdministrativeGender",
    "Appointment",
    "AppointmentStatus",
    "AppointmentType",
    "Block",
    "BookingRules",
    "CancellationReason",
    "ChangeNote",
    "Channel",
    "Clinic",
    "Closure",
    "DateOverride",
    "DayBoard",
    "Desk",
    "Entry",
    "Hold",
    "LockRules",
    "MessageState",
    "ParticipationStatus",
    "Patient",
    "PatientMatch",
    "Practitioner",
    "Room",
    "RoomKind",
    "Series",
    "Site",
    "TimeOff",
    "WorkingHours",
]


class AppointmentStatus(StrEnum):
    """FHIR R5 AppointmentStatus, as far as a reception uses it."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    CHECKED_IN = "checked-in"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    ENTERED_IN_ERROR = "entered-in-error"
    WAITLIST = "waitlist"
    """Parked: off the calendar and not yet put back; it holds no time."""

    @property
    def occupies_time(self) -> bool:
        """Whether an appointment of this status makes its practitioner and room busy."""
        return self in _OCCUPYING


_OCCUPYING = frozenset(
    {
        AppointmentStatus.BOOKED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.FULFILLED,
    }
)


class ParticipationStatus(StrEnum):
    """FHIR R5 participant.status: the patient's own answer."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class CancellationReason(StrEnum):
    """FHIR R5 appointment-cancellation-reason, the codes a reception uses."""

    PATIENT = "pat"
    PATIENT_DECEASED = "pat-dec"
    PATIENT_FEELS_BETTER = "pat-fb"
    PATIENT_MOVED = "pat-mv"
    PATIENT_LEFT = "pat-lwbs"
    PROVIDER = "prov"
    PROVIDER_PERSONAL = "prov-pers"
    PROVIDER_DISCHARGED = "prov-dch"
    EQUIPMENT = "maint"
    WEATHER = "oth-weath"
    SCHEDULING_ERROR = "oth-err"
    OTHER = "other"


class Channel(StrEnum):
    """How a patient wants to be told; `none` means not at all."""

    EMAIL = "email"
    SMS = "sms"
    NONE = "none"


class AdministrativeGender(StrEnum):
    """FHIR R5 administrative-gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class MessageState(StrEnum):
    """What one look at an appointment tells about its messages: the worst of them, `none` if there is none."""

    NONE = "none"
    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Patient:
    """A person who can be booked. `phone` is E.164 or empty; `merged_into` is set once the record was a double.

    `restricted`: phone, e-mail, birth date, gender and note are empty here, whatever they are, unless the record was
    `opened` (services/restricted.py).
    """

    id: UUID
    family_name: str
    given_name: str
    birth_date: date | None
    gender: AdministrativeGender = AdministrativeGender.UNKNOWN
    phone: str = ""
    email: str = ""
    channel: Channel = Channel.NONE
    language: str = "en"
    note: str = ""
    merged_into: UUID | None = None
    version: int = 1
    restricted: bool = False
    opened: bool = False

    @property
    def closed(self) -> bool:
        """Whether there may be more to this record than it says."""
        return self.restricted and not self.opened

    @property
    def display_name(self) -> str:
        """Given name first, as on the calendar; either part may be missing."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """One line of the patient type-ahead. `shares_phone`: another patient has the same number (a family)."""

    patient: Patient
    shares_phone: bool = False
    noshow_count: int = 0
    next_appointment_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who, with whom, where, from-to. `starts_at`/`ends_at` exclude the buffers; the footprint includes them.

    `wall_start` (naive) and `zone` are the wall time it was agreed in, kept beside the instant. One of a series has
    `series_id`, and `series_day`, the date that the series' rule gave it (RFC 5545 RECURRENCE-ID), wherever it is now.
    `present_room_id`: where the patient is (or was), if not in the room that was booked.
    """

    id: UUID
    patient_id: UUID
    practitioner_id: UUID
    site_id: UUID
    type_id: UUID
    starts_at: datetime
    ends_at: datetime
    wall_start: datetime
    zone: str
    room_id: UUID | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    status: AppointmentStatus = AppointmentStatus.BOOKED
    answer: ParticipationStatus = ParticipationStatus.NEEDS_ACTION
    squeezed_in: bool = False
    overruled: frozenset[str] = frozenset()
    cancellation_reason: CancellationReason | None = None
    note: str = ""
    device_id: UUID | None = None
    series_id: UUID | None = None
    series_day: date | None = None
    present_room_id: UUID | None = None
    version: int = 1

    @property
    def length(self) -> timedelta:
        """Elapsed time from start to end, without buffers."""
        return self.ends_at - self.starts_at

    @property
    def footprint(self) -> tuple[datetime, datetime]:
        """[from, to) of the time it occupies, buffers included."""
        return (
            self.starts_at - timedelta(minutes=self.buffer_before_minutes),
            self.ends_at + timedelta(minutes=self.buffer_after_minutes),
        )


@dataclass(frozen=True, slots=True)
class Series:
    """The rule by which appointments were booked together: an RFC 5545 RRULE from `starts_on`, at `wall_minute`.

    `wall_minute` counts from local midnight of the IANA zone `zone`. Each date is an ordinary appointment.
    """

    id: UUID
    rule: str
    starts_on: date
    wall_minute: int
    zone: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """Who changed a row last: display name of the person, the desk's name, when (database clock)."""

    person: str
    desk: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment as the calendar shows it: with what is needed to paint and read it out, in one record."""

    appointment: Appointment
    patient: Patient
    message_state: MessageState = MessageState.NONE
    changed: ChangeNote | None = None
    arrived_at: datetime | None = None
    """When the patient came, by the database's clock, as the two below; None: not yet, or nobody said so."""
    in_room_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def id(self) -> UUID:
        """The appointment's id."""
        return self.appointment.id


@dataclass(frozen=True, slots=True)
class Hold:
    """An open booking form on some desk: a visible, owned, expiring claim on an interval. Warns; never decides.

    `offered_to`: it is no form, but the time is offered by message to so many patients until `expires_at` on the
    clocks of `zone`, the site's.
    """

    id: UUID
    desk_id: UUID
    desk_name: str
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    offered_to: int = field(default=0, kw_only=True)
    zone: str = field(default="UTC", kw_only=True)


@dataclass(frozen=True, slots=True)
class Desk:
    """One running program on one PC. `person` is the display name of who is signed in there."""

    id: UUID
    name: str
    person: str = ""
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DayBoard:
    """One local day of the whole clinic as read in one snapshot.

    `starts_at`/`ends_at`: the read range, wide enough for this day in every site's zone. `entries` hold every
    appointment (all statuses but entered-in-error) that touches it, by start. `read_at` is the database's clock.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    read_at: datetime
    entries: tuple[Entry, ...] = ()
    time_off: tuple[TimeOff, ...] = ()
    blocks: tuple[Block, ...] = ()
    holds: tuple[Hold, ...] = ()
