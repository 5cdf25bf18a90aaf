"""Tells patients of dates of series: what is queued about them is made to say what they do not know, and no more."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import together as queries
from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.messaging import contact_notes, message_texts, read_messaging
from clinic_desk.database.queries.sweep import sites
from clinic_desk.notifications.planning import Manner, Message, Occasion, manner_of
from clinic_desk.notifications.together import Told, retell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Patient

_COLUMNS: Final = tuple(column.name for column in fields(Message) if column.name != "rule_id")


def tell_of_dates(
    db: Database,
    connection: Connection,
    series_id: UUID,
    changed: Set[UUID],
    *,
    tell: bool,
    farewell_to: Patient | None = None,
) -> None:
    """Void and queue what is to be told after these dates of a series were written, in the transaction that did it.

    `tell`: the patient is to hear of them; of others that a message named which has not left, she does anyway.
    `farewell_to`: the patient from whom they were taken.
    """
    rows = [Told(*row) for row in queries.told_of_series(connection, series_id)]
    concerned = set(changed).union(*(row.dates for row in rows if row.is_open))
    entries = entries_by_id(connection, concerned, erroneous=True)
    people = [entry.patient for entry in entries] + ([farewell_to] if farewell_to else [])
    manner, places, now = _manner(db, connection, people), sites(connection), database_now(connection)
    occasions = {
        entry.id: Occasion(entry.appointment, entry.patient, places[entry.appointment.site_id], now, manner)
        for entry in entries
    }
    wanted = changed if tell else frozenset[Any]()
    made = retell(occasions, rows, places, tell=wanted, changed=changed, farewell_to=farewell_to)
    if made.void:
        queries.void(connection, made.void)
    if made.messages:
        queries.queue(connection, [_as_row(message, dates) for message, dates in made.messages])


def _manner(db: Database, connection: Connection, people: Iterable[Patient]) -> Manner:
    addresses = {address for one in people for address in (one.phone, one.email) if address}
    notes = {(note.channel.value, note.address): note.state for note in contact_notes(connection, addresses)}
    manner = manner_of(read_messaging(connection), (), message_texts(connection), notes)
    return manner if db.message_wait_s is None else replace(manner, waiting=timedelta(seconds=db.message_wait_s))


def _as_row(message: Message, dates: Mapping[UUID, str]) -> dict[str, Any]:
    values = {name: getattr(message, name) for name in _COLUMNS}
    row = {name: value if isinstance(value, int | None) else str(value) for name, value in values.items()}
    return row | {"dates": {str(row_id): told for row_id, told in dates.items()}}
