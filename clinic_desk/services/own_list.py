"""E-mails a patient the list of what is booked for her: asked for at a desk, through the queue, once.

It goes at once, quiet hours or not, after the moment in which it can be taken back. What it names is kept in the row's
`dates`: if that is not all that is booked for her when it leaves, it is voided, and a desk may send it anew.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import own_list as queries
from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.messaging import contact_notes, message_texts, read_messaging
from clinic_desk.database.queries.patients_record import records_of
from clinic_desk.database.queries.sweep import sites
from clinic_desk.domain.message_list import MessageRefused, Why
from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.records import Channel
from clinic_desk.domain.refusals import NotFound
from clinic_desk.notifications.planning import address_of
from clinic_desk.notifications.templates import TextKey, own_texts, words_for
from clinic_desk.services.messages import row_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.message_list import MessageRow, SendList
    from clinic_desk.domain.messaging import Messaging
    from clinic_desk.domain.records import Patient, Site

RECENT: Final = timedelta(minutes=10)
"""Within this time the same list does not go to the same address twice."""


def send_list(db: Database, command: SendList) -> MessageRow:
    """Queue a patient's own list, and return the message: the one that is there already if it says the same.

    So pressing twice, here or at two desks, sends one. Raises MessageRefused, NotFound.
    """

    def work(connection: Connection) -> MessageRow:
        patient, settings = _stays(connection, command.patient_id), read_messaging(connection)
        _check(connection, patient, settings)
        now = database_now(connection)
        found, places = queries.coming(connection, patient.id, now), sites(connection)
        if not found:
            raise MessageRefused(Why.NOTHING)
        dates = {str(row_id): _told(starts_at, site_id) for row_id, starts_at, site_id in found}
        before = queries.latest(connection, patient.id, now, RECENT.total_seconds())
        if before is not None and _serves(before, dates, patient):
            return row_of(connection, before.id)
        visits = [(starts_at, places[site_id]) for _, starts_at, site_id in found]
        waits = timedelta(seconds=settings.wait_s if db.message_wait_s is None else db.message_wait_s)
        row = _row(connection, patient, visits)
        row |= {
            "id": str(command.new_message_id),
            # One after the other, so that of two desks that send it in the same moment one is refused by the key.
            "key": f"list:{patient.id}:{_number(before) + 1}:{next(iter(dates.values()))}",
            "due_at": now + waits if now + waits < visits[0][0] else now,
            "not_after": visits[0][0],
        }
        queries.queue(connection, row, dates)
        return replayed(connection)

    def replayed(connection: Connection) -> MessageRow:
        try:
            return row_of(connection, command.new_message_id)
        except NotFound:
            patient_id, now = _stays(connection, command.patient_id).id, database_now(connection)
            before = queries.latest(connection, patient_id, now, 0)
            if before is None:
                raise
            return row_of(connection, before.id)

    return db.changing(command.operation_id, "SendList", work, replayed)


def _stays(connection: Connection, patient_id: UUID) -> Patient:
    """Return the record that counts now."""
    found = records_of(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    merged_into = found.patient.merged_into
    return found.patient if merged_into is None else _stays(connection, merged_into)


def _check(connection: Connection, patient: Patient, settings: Messaging) -> None:
    """Raise why a patient cannot be written to by e-mail, whichever channel is her own."""
    if not address_of(patient, Channel.EMAIL):
        raise MessageRefused(Why.NO_ADDRESS)
    noted = [note.state for note in contact_notes(connection, {patient.email}) if note.channel is Channel.EMAIL]
    if patient.channel is Channel.NONE or "opted-out" in noted:
        raise MessageRefused(Why.OPTED_OUT)
    if noted:
        raise MessageRefused(Why.UNUSABLE)
    if settings.email_by == "off":
        raise MessageRefused(Why.NO_CHANNEL)


def _told(starts_at: datetime, site_id: UUID) -> str:
    """Return what a patient is told of a visit, as planning says it."""
    return f"{int(starts_at.timestamp())}@{site_id}"


def _serves(before: queries.Latest, dates: dict[str, str], patient: Patient) -> bool:
    """Whether the last list says the same and has not left, or went to the same address just now."""
    if before.dates != dates:
        return False
    return before.waits or (before.recent and before.recipient.casefold() == patient.email.casefold())


def _number(before: queries.Latest | None) -> int:
    return 0 if before is None else int(before.dedupe_key.split(":")[2])


def _row(connection: Connection, patient: Patient, visits: list[tuple[datetime, Site]]) -> dict[str, Any]:
    own, (starts_at, site) = own_texts(message_texts(connection)), visits[0]
    key = TextKey(Kind.APPOINTMENT_LIST, Channel.EMAIL, patient.language)
    words = words_for(key, starts_at, site, own, visits=visits)
    return {"patient": str(patient.id), "subject": words.subject, "body": words.body, "language": words.language}
