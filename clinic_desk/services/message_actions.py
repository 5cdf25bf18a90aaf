"""What people do with messages of the queue: retry, take back, send now, send by the other channel, take care of one.

A worker may be quicker: then nothing is changed, and MessageRefused(Why.LEFT) says how the message stands.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from clinic_desk.database.queries import message_changes as changes
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.messaging import message_texts, read_messaging
from clinic_desk.domain.message_list import Confirm, MessageRefused, MessageRow, OnMessage, Why
from clinic_desk.domain.messaging import ContactNote, Kind, QueueStatus
from clinic_desk.domain.records import AppointmentStatus, Channel, Entry
from clinic_desk.domain.refusals import NotFound
from clinic_desk.notifications.planning import Occasion, manner_of, words_of
from clinic_desk.notifications.quiet import is_quiet, quiet_hours
from clinic_desk.services.messages import row_of, rows_about
from clinic_desk.services.telling import tell_of_dates

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.notifications.templates import Words

_STUCK: Final = frozenset({QueueStatus.FAILED, QueueStatus.EXPIRED, QueueStatus.UNKNOWN})
_MAY_WAIT: Final = frozenset({Kind.REMINDER, Kind.WAITLIST_OFFER})
"""What keeps the quiet hours; the others answer a call in progress."""
How = Literal["call", "done"]


def retry(db: Database, act: OnMessage) -> MessageRow:
    """Send what failed, expired or is unknown again, now. Raises MessageRefused, NotFound.

    What the provider took and could not deliver goes as a new message, which is returned; so does what names dates of
    a series of which some were changed: with those that stand, where they are now.
    """

    def work(connection: Connection) -> MessageRow:
        row = row_of(connection, act.message_id)
        if row.status not in _STUCK:
            raise MessageRefused(Why.LEFT, row.status)
        _check_true(connection, row)
        _check_address(row.address, row.noted)
        if row.sent_at is not None or row.dates_changed:
            return _in_its_place(connection, row, row.channel, act)
        _expect(connection, act, changes.retry(connection, act.message_id))
        return _told(connection, act.message_id)

    return _changing(db, act, "RetryMessage", work)


def cancel(db: Database, act: OnMessage) -> MessageRow:
    """Take back a message that has not left. Raises MessageRefused, NotFound."""

    def work(connection: Connection) -> MessageRow:
        done = changes.cancel(connection, act.message_id, "recalled", "taken back at a desk")
        _expect(connection, act, done)
        return _told(connection, act.message_id)

    return _changing(db, act, "CancelMessage", work)


def send_now(db: Database, act: OnMessage, *, even_if_quiet: bool = False) -> MessageRow:
    """Let a message that waits leave now. Raises MessageRefused ("quiet-hours": ask first), NotFound."""

    def work(connection: Connection) -> MessageRow:
        row = row_of(connection, act.message_id)
        if row.status is not QueueStatus.PENDING:
            raise MessageRefused(Why.LEFT, row.status)
        _check_true(connection, row)
        if (
            not even_if_quiet
            and row.kind in _MAY_WAIT
            and is_quiet(database_now(connection), row.zone, quiet_hours(read_messaging(connection)))
        ):
            raise MessageRefused(Why.QUIET_HOURS)
        _expect(connection, act, changes.send_now(connection, act.message_id))
        return _told(connection, act.message_id)

    return _changing(db, act, "SendMessageNow", work)


def send_by(db: Database, act: OnMessage, channel: Channel) -> MessageRow:
    """Send what waits or is stuck by the other channel instead; return the new message. Raises as `retry`."""

    def work(connection: Connection) -> MessageRow:
        row = row_of(connection, act.message_id)
        if row.status not in _STUCK | {QueueStatus.PENDING}:
            raise MessageRefused(Why.LEFT, row.status)
        if row.passed_on:
            raise MessageRefused(Why.PASSED_ON)
        if row.other_channel is not channel:
            raise MessageRefused(Why.NO_ADDRESS)
        _check_true(connection, row)
        return _in_its_place(connection, row, channel, act)

    return _changing(db, act, "SendMessageBy", work)


def deal_with(db: Database, act: OnMessage, how: How = "done") -> MessageRow:
    """Note that the person signed in takes care of what went wrong: by a call, or it is done already."""

    def work(connection: Connection) -> MessageRow:
        by = f"{changes.person(connection)}|{how}"
        _expect(connection, act, changes.deal_with(connection, act.message_id, by))
        return _told(connection, act.message_id)

    return _changing(db, act, "DealWithMessage", work)


def confirm(db: Database, command: Confirm) -> MessageRow:
    """Send an appointment's confirmation, now; again if it was sent before. Raises MessageRefused, NotFound."""
    act = OnMessage(command.new_message_id, command.operation_id, command.new_message_id)
    sent = [act.message_id]

    def work(connection: Connection) -> MessageRow:
        entry = _standing(connection, command.appointment_id)
        _check_booked(connection, entry)
        waiting = _waiting_confirmation(connection, entry)
        if waiting is not None and changes.send_now(connection, waiting):
            sent[0] = waiting
        else:
            _insert(connection, entry, (Kind.CONFIRMATION, entry.patient.channel), act, None)
        return _told(connection, sent[0])

    return db.changing(command.operation_id, "Confirm", work, lambda connection: row_of(connection, sent[0]))


def recall(db: Database, appointment_id: UUID, version: int, operation_id: UUID) -> int:
    """Do not tell the patient of the change that made this version; return how many messages had not left."""

    def work(connection: Connection) -> int:
        count = _leave_out(db, connection, appointment_id)
        count += changes.recall(connection, appointment_id, version)
        changes.announce(connection, appointment_id)
        return count

    return db.changing(operation_id, "RecallMessages", work, lambda _connection: 1)


def contact_notes(db: Database, patient_id: UUID) -> tuple[ContactNote, ...]:
    """Return what is noted of a patient's present addresses."""
    with db.reading() as connection:
        rows = changes.notes_of(connection, patient_id)
    return tuple(ContactNote(row[0], Channel(row[1]), *row[2:]) for row in rows)


def allow_again(db: Database, patient_id: UUID, channel: Channel, operation_id: UUID) -> bool:
    """The patient wants messages again, or the address works again; False if nothing spoke against it."""

    def work(connection: Connection) -> bool:
        return changes.allow_again(connection, patient_id, channel)

    return db.changing(operation_id, "AllowMessages", work, lambda _connection: True)


class _Origin(NamedTuple):
    """The message in whose place another goes, with the starts of the dates it names and `dates` of them."""

    id: UUID
    along: tuple[datetime, ...]
    dates: str | None


# --- the parts --------------------------------------------------------------------------------------------------------


def _changing(db: Database, act: OnMessage, name: str, work: Callable[[Connection], MessageRow]) -> MessageRow:
    return db.changing(act.operation_id, name, work, partial(_replayed, act))


def _replayed(act: OnMessage, connection: Connection) -> MessageRow:
    try:
        return row_of(connection, act.new_message_id)
    except NotFound:
        return row_of(connection, act.message_id)


def _leave_out(db: Database, connection: Connection, appointment_id: UUID) -> int:
    """Tell of other dates of its series without it, where one message that has not left names them together."""
    number = changes.named_along(connection, appointment_id)
    if number and (series_id := _standing(connection, appointment_id).appointment.series_id) is not None:
        tell_of_dates(db, connection, series_id, {appointment_id}, tell=False)
    return number


def _expect(connection: Connection, act: OnMessage, done: bool) -> None:
    """Raise how the message stands now if it is not in a state in which this can be done."""
    if not done:
        raise MessageRefused(Why.LEFT, row_of(connection, act.message_id).status)


def _told(connection: Connection, message_id: UUID) -> MessageRow:
    row = row_of(connection, message_id)
    changes.announce(connection, row.appointment_id)
    return row


def _check_true(connection: Connection, row: MessageRow) -> None:
    """Raise if the patient must not be told so (any more)."""
    now = database_now(connection)
    if row.not_after is not None and row.not_after <= now:
        raise MessageRefused(Why.PASSED)
    if row.moved:
        raise MessageRefused(Why.MOVED)
    if not row.is_still_true(now):
        raise MessageRefused(Why.CANCELLED)


def _check_address(address: str, noted: str) -> None:
    if not address:
        raise MessageRefused(Why.NO_ADDRESS)
    if noted:
        raise MessageRefused(Why(noted))


def _standing(connection: Connection, appointment_id: UUID) -> Entry:
    for entry in entries_by_id(connection, [appointment_id]):
        return entry
    raise NotFound(what="appointment")


def _check_booked(connection: Connection, entry: Entry) -> None:
    now = database_now(connection)
    row, patient = entry.appointment, entry.patient
    if row.status is not AppointmentStatus.BOOKED:
        raise MessageRefused(Why.CANCELLED)
    if row.starts_at <= now:
        raise MessageRefused(Why.PASSED)
    address = {Channel.EMAIL: patient.email, Channel.SMS: patient.phone, Channel.NONE: ""}[patient.channel]
    noted = [note[3] for note in changes.notes_of(connection, patient.id) if note[1] == patient.channel]
    _check_address(address, noted[0] if noted else "")


def _waiting_confirmation(connection: Connection, entry: Entry) -> UUID | None:
    rows = rows_about(connection, entry.id)
    told = {Kind.CONFIRMATION, Kind.RESCHEDULED}
    return next((row.id for row in rows if row.status is QueueStatus.PENDING and row.kind in told), None)


def _in_its_place(connection: Connection, row: MessageRow, channel: Channel, act: OnMessage) -> MessageRow:
    """Send another message in the place of one, which needs nobody any more."""
    if row.appointment_id is None:
        raise MessageRefused(Why.NO_TEXT)
    ids, along, dates = changes.dates_now(connection, row.id)
    entry = _standing(connection, ids[0] if ids else row.appointment_id)
    if row.status is QueueStatus.PENDING:
        done = changes.cancel(connection, row.id, "other-channel", "sent by the other channel instead")
    else:
        done = changes.deal_with(connection, row.id, f"{changes.person(connection)}|{channel}")
    _expect(connection, act, done)
    _insert(connection, entry, (row.kind, channel), act, _Origin(row.id, along, dates))
    return _told(connection, act.new_message_id)


def _insert(
    connection: Connection,
    entry: Entry,
    what: tuple[Kind, Channel],
    act: OnMessage,
    origin: _Origin | None,
) -> None:
    row, (kind, channel) = entry.appointment, what
    along = origin.along if origin is not None else ()
    words = _words(connection, entry, what, along if len(along) > 1 else ())
    told = f"{int(row.starts_at.timestamp())}@{row.site_id}"
    values = {
        "id": str(act.new_message_id),
        "appointment": str(row.id),
        "version": row.version,
        "patient": str(row.patient_id),
        "kind": kind.value,
        "channel": channel.value,
        # What was told stays the key's last part, as planning writes it.
        "key": f"{row.id}:{kind}:{channel}:{row.version}:{row.patient_id}:again-{act.new_message_id}:{told}",
        "subject": words.subject,
        "body": words.body,
        "language": words.language,
        "not_after": row.starts_at,
        "origin": None if origin is None else str(origin.id),
        "dates": None if origin is None else origin.dates,
    }
    changes.insert(connection, values)


def _words(connection: Connection, entry: Entry, what: tuple[Kind, Channel], along: tuple[datetime, ...]) -> Words:
    """Return what the patient is told about an appointment as it stands, in the clinic's own words if it has any."""
    site = clinic_record(connection).site(entry.appointment.site_id)
    manner = manner_of(read_messaging(connection), (), message_texts(connection), {})
    occasion = Occasion(entry.appointment, entry.patient, site, database_now(connection), manner, along)
    words = words_of(occasion, *what)
    if words is None:
        raise MessageRefused(Why.NO_TEXT)
    return words
