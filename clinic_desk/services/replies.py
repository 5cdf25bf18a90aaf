"""The desks' inbox: what patients wrote back, whom it may be from, and what was made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from clinic_desk.database.queries import message_changes as changes
from clinic_desk.database.queries.desks import database_now
from clinic_desk.domain.message_list import Candidate, FileReply, MessageRefused, ReplyRow, Why
from clinic_desk.domain.records import Channel
from clinic_desk.services.messages import shown_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database


def open_replies(db: Database, *, days: int = 7, limit: int = 200) -> tuple[ReplyRow, ...]:
    """Return the replies that need somebody, then those of the last `days`; the latest of each first."""
    with db.reading() as connection:
        since = database_now(connection) - timedelta(days=days)
        return _records(connection, changes.replies(connection, since, limit))


def file_reply(db: Database, command: FileReply) -> None:
    """Write whom a reply is from, that it is done, or that it is a yes. MessageRefused(Why.FILED): another desk did."""

    def work(connection: Connection) -> None:
        values = {
            "id": str(command.reply_id),
            "version": command.version,
            "patient": None if command.patient_id is None else str(command.patient_id),
            "appointment": None if command.appointment_id is None else str(command.appointment_id),
            "done": command.done,
            "confirms": command.confirms,
        }
        filed = changes.file_reply(connection, values)
        if filed is None:
            raise MessageRefused(Why.FILED)
        (appointment_id,) = filed
        if command.confirms and appointment_id is not None:
            changes.accept(connection, appointment_id)
        changes.announce(connection, appointment_id)

    db.changing(command.operation_id, "FileReply", work, lambda _connection: None)


def _records(connection: Connection, rows: Sequence[Any]) -> tuple[ReplyRow, ...]:
    found = [_record(row) for row in rows]
    senders = sorted({row.sender for row in found})
    possible: dict[str, list[Candidate]] = {}
    for sender, *values in changes.candidates(connection, senders) if senders else ():
        possible.setdefault(sender, []).append(_candidate(*values))
    return tuple(
        replace(row, candidates=tuple(possible.get(row.sender, ())), sender=shown_address(row.channel, row.sender))
        for row in found
    )


def _record(row: Any) -> ReplyRow:
    reply_id, channel, sender, body, received_at, meaning, status, version, patient_id, *about = row
    given_name, family_name, *visit = about
    owner = None if patient_id is None else _candidate(patient_id, given_name, family_name, *visit)
    return ReplyRow(reply_id, Channel(channel), sender, body, received_at, meaning, status, version, owner)


def _candidate(patient_id: UUID, given_name: str, family_name: str, *visit: Any) -> Candidate:
    return Candidate(patient_id, f"{given_name} {family_name}".strip(), *visit)
