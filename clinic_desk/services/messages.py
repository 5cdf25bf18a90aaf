"""What people see of the notification queue: counts, lists with filters and search, one message's story, channels.

What can be done with a message is in `message_actions`, the patients' replies in `replies`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries import messages as queries
from clinic_desk.database.queries import patients as queries_patients
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.desks import database_now
from clinic_desk.domain.folding import query_tokens
from clinic_desk.domain.message_list import (
    Answered,
    ChannelLine,
    Counts,
    Filter,
    Listing,
    MessageQuery,
    MessageRow,
    Step,
)
from clinic_desk.domain.messaging import ChannelState, Kind, QueueStatus
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import day_bounds, local_day
from clinic_desk.services.pcs import senders_seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database

_FOUND_PATIENTS: Final = 200
_NEXT: Final = timedelta(hours=1)
"""What is due so soon is listed before what is over."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD: Final = re.compile(r":(\d{9,11})@[^:]*$")
"""The end of a dedupe key: the instant (Unix seconds) that the patient is told of."""


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Messages due before midnight, sent since midnight (in the zone of the first site), and those failed or stuck.

    `replies`: open ones from patients. `parked`: appointments that are off the calendar and not yet put back.
    `stopped`: channels over which nothing goes until somebody acts; `unsent`: those with late messages that no program
    was seen to send.
    """

    due_today: int
    sent_today: int
    need_attention: int
    replies: int = 0
    parked: int = 0
    stopped: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message about an appointment. `status` as in the queue: pending, sent, delivered, failed, ..."""

    id: UUID
    kind: str
    channel: str
    status: str
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str
    subject: str
    body: str
    error_code: str = ""


def message_counts(db: Database, zone: str | None = None) -> MessageCounts:
    """Return the counts of today, by the database's clock in `zone` (default: the first site's)."""
    with db.reading() as connection:
        zone = zone or _first_zone(connection)
        starts_at, ends_at = day_bounds(local_day(database_now(connection), zone), zone)
        counts = queries.counts(connection, starts_at, ends_at)
        stopped, unsent = queries.stopped_channels(connection), queries.unsent_channels(connection)
        return MessageCounts(*counts, stopped=stopped, unsent=tuple(channel for channel, _ in unsent))


def messages_of(db: Database, appointment_id: UUID) -> tuple[MessageLine, ...]:
    """Return the messages about one appointment, oldest first."""
    with db.reading() as connection:
        return tuple(MessageLine(*row) for row in queries.messages_of(connection, appointment_id))


def list_messages(db: Database, query: MessageQuery) -> Listing:
    """Return what the panel shows for a query: what needs somebody, what leaves next, what just left, what is later."""
    with db.reading() as connection:
        now, zone = database_now(connection), _first_zone(connection)
        starts_at, ends_at = day_bounds(local_day(now, zone), zone)
        found = _searched(connection, query.search)
        values: dict[str, Any] = {
            "starts_at": starts_at,
            "ends_at": ends_at,
            "since": starts_at - timedelta(days=query.days) if found is None else _LONG_AGO,
            "limit": query.limit,
            "patients": [str(each) for each in found or ()],
        }
        rows = queries.listed(connection, query.filter, values, searching=found is not None)
        due, sent, attention, replies, _ = queries.counts(connection, starts_at, ends_at)
        channels, quiet, wait = _channels(connection)
        senders, unsent = senders_seen(connection), queries.unsent_channels(connection)
        records = sorted(_records(connection, rows), key=lambda row: _order(row, now))
    per_filter = Counts(attention=attention, due=due, sent_today=sent, replies=replies)
    more = _has_more(records, query, searching=found is not None)
    return Listing(query, tuple(records), per_filter, channels, quiet, wait, more, now, zone, senders, unsent)


def message(db: Database, message_id: UUID) -> MessageRow:
    """Return one message as it stands. Raises NotFound."""
    with db.reading() as connection:
        return row_of(connection, message_id)


def messages_of_patient(db: Database, patient_id: UUID, limit: int = 50) -> tuple[MessageRow, ...]:
    """Return a patient's latest messages, by when they were or are due, latest first."""
    with db.reading() as connection:
        rows = _records(connection, queries.of_patient(connection, patient_id, limit))
    return tuple(sorted(rows, key=lambda row: (row.due_at, row.id), reverse=True))


def rows_of_page(rows: Sequence[Any]) -> tuple[MessageRow, ...]:
    """Turn rows (`queries.messages.ROW`) into records, latest first; their stories name logins instead of people."""
    return tuple(sorted((_record(row, {}) for row in rows), key=lambda row: (row.due_at, row.id), reverse=True))


def messages_about(db: Database, appointment_id: UUID) -> tuple[MessageRow, ...]:
    """Return the messages about one appointment with their stories, by when they were or are due."""
    with db.reading() as connection:
        return rows_about(connection, appointment_id)


def rows_about(connection: Connection, appointment_id: UUID) -> tuple[MessageRow, ...]:
    """Return the messages about one appointment as a transaction sees them, by when they were or are due."""
    rows = _records(connection, queries.of_appointment(connection, appointment_id))
    return tuple(sorted(rows, key=lambda row: (row.due_at, row.id)))


def row_of(connection: Connection, message_id: UUID) -> MessageRow:
    """Return one message as a transaction sees it. Raises NotFound."""
    for row in _records(connection, queries.by_ids(connection, [message_id])):
        return row
    raise NotFound(what="message")


# --- what is asked ----------------------------------------------------------------------------------------------------


def _first_zone(connection: Connection) -> str:
    sites = clinic_record(connection).sites
    return sites[0].zone if sites else "UTC"


def _searched(connection: Connection, text: str) -> list[UUID] | None:
    """Return the patients meant by what was typed; None if nothing was."""
    text = text.strip().replace("\0", "")
    if not text:
        return None
    if "@" in text:
        return queries.patients_by_email(connection, text)
    wanted = query_tokens(text)
    if not wanted:
        return []
    return [each.id for each in queries_patients.matching(connection, wanted, _FOUND_PATIENTS, infix=True)]


def _channels(connection: Connection) -> tuple[tuple[ChannelLine, ...], tuple[int, int] | None, timedelta]:
    lines = []
    quiet: tuple[int, int] | None = None
    wait = timedelta()
    for (
        channel,
        state,
        code,
        reason,
        since,
        resume_at,
        by,
        per_minute,
        quiet_from,
        quiet_until,
        wait_s,
    ) in queries.channels(connection):
        lines.append(ChannelLine(ChannelState(Channel(channel), state, code, reason, since, resume_at), by, per_minute))
        quiet = None if quiet_from == quiet_until else (quiet_from, quiet_until)
        wait = timedelta(seconds=wait_s)
    return tuple(lines), quiet, wait


def _has_more(rows: Sequence[MessageRow], query: MessageQuery, *, searching: bool) -> bool:
    """Whether a larger query may find more: a branch came to its limit, or what is older was left out."""
    if len(rows) > query.limit:
        return True
    bounded = query.filter not in {Filter.ATTENTION, Filter.DUE, Filter.SENT_TODAY, Filter.LATER, Filter.SENDING}
    return bounded and not searching and query.days < 3650 and query.filter is not Filter.UNKNOWN


# --- what is found ----------------------------------------------------------------------------------------------------


def _order(row: MessageRow, now: datetime) -> tuple[int, float, UUID]:
    """What needs somebody first, then what is on its way, what is due next, what is over (latest first), the rest."""
    latest = (row.sent_at or row.changed_at or row.due_at).timestamp()
    if row.needs_attention:
        return 0, -latest, row.id
    if row.status in {QueueStatus.LEASED, QueueStatus.SENDING} or (
        row.status is QueueStatus.UNKNOWN and not row.dealt_with_by
    ):
        return 1, row.due_at.timestamp(), row.id
    if row.status is QueueStatus.PENDING:
        return 2 if row.due_at - now < _NEXT else 4, row.due_at.timestamp(), row.id
    return 3, -latest, row.id


def _records(connection: Connection, rows: Sequence[Any]) -> list[MessageRow]:
    people = queries.staff_names(connection) if rows else {}
    return [_record(row, people) for row in rows]


def _record(row: Any, people: Mapping[str, str]) -> MessageRow:
    (
        message_id, kind, channel, status, patient_id, given_name, family_name, address, due_at, appointment_id,
        starts_at, zone, doctor, appointment_status, ended_at, ended_desk, not_after, sent_at, changed_at, check_at,
        attempts, code, error, subject, body, log, key, reply, replied_at, meaning, noted, noted_at, has_other,
        passed_on, dealt_with, dates,
    ) = row  # fmt: skip
    channel = Channel(channel)
    by, _, how = dealt_with.partition("|")
    moving = {"superseded", "dates-changed"} if kind == Kind.APPOINTMENT_LIST else {"superseded"}
    is_list = kind == Kind.APPOINTMENT_LIST
    told = None if is_list else told_time(key)
    other = Channel.EMAIL if channel is Channel.SMS else Channel.SMS
    return MessageRow(
        id=message_id,
        kind=Kind(kind),
        channel=channel,
        status=QueueStatus(status),
        patient_id=patient_id,
        patient_name=f"{given_name} {family_name}".strip(),
        address=address,
        shown_address=shown_address(channel, address),
        due_at=due_at,
        appointment_id=appointment_id,
        starts_at=told or starts_at,
        zone=zone,
        doctor=doctor,
        appointment_status=AppointmentStatus(appointment_status) if appointment_status else None,
        ended_at=ended_at,
        ended_desk=ended_desk,
        not_after=not_after,
        sent_at=sent_at,
        changed_at=changed_at,
        check_at=check_at,
        attempts=attempts,
        code=code,
        error=error,
        subject=subject,
        body=body,
        log=tuple(_steps(log, people)),
        answered=Answered(reply, replied_at, meaning) if replied_at is not None else None,
        noted=noted or "",
        noted_at=noted_at,
        other_channel=other if has_other and not is_list else None,
        passed_on=passed_on,
        moved=_is_moved(told, starts_at) if dates is None else dates in moving and kind != Kind.CANCELLED,
        dates_changed=dates == "dates-changed" and not is_list,
        dealt_with_by=by,
        dealt_with_how=how,
    )


def _is_moved(told: datetime | None, starts_at: datetime | None) -> bool:
    return told is not None and starts_at is not None and told != starts_at


def _steps(log: Iterable[Mapping[str, Any]], people: Mapping[str, str]) -> Iterable[Step]:
    """Read the row's log (see stamp_notification() in the schema), oldest first."""
    for step in log:
        by = str(step.get("by", ""))
        yield Step(
            at=datetime.fromisoformat(step["at"]),
            status=QueueStatus(step["s"]),
            attempts=int(step.get("n", 0)),
            by=people.get(by, by),
            code=str(step.get("c", "")),
            error=str(step.get("e", "")),
            due=datetime.fromisoformat(step["d"]) if step.get("d") else None,
            dealt=str(step.get("w", "")).rpartition("|")[2],
        )


def told_time(dedupe_key: str) -> datetime | None:
    """Return the time of the visit that a message tells, None if its key does not say."""
    found = _TOLD.search(dedupe_key)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def shown_address(channel: Channel, address: str) -> str:
    """Return an address as it may stand in a list: numbers as people read them, e-mail addresses masked."""
    if address in {"", queries.CLOSED}:
        return ""
    if channel is not Channel.SMS:
        local, at, domain = address.rpartition("@")
        return f"{local[:1]}***{at}{domain}"
    import phonenumbers  # takes a while to load: never on the GUI thread

    try:
        parsed = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return address
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
