"""What the desk sees of the notification queue: today's counts, and the messages of one appointment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic_desk.database import queries_messages
from clinic_desk.database.queries_clinic import clinic_record
from clinic_desk.database.queries_desks import database_now
from clinic_desk.domain.wall import day_bounds, local_day

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from clinic_desk.database.engine import Database


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Messages due before midnight, sent since midnight (in the zone of the first site), and those failed or stuck."""

    due_today: int
    sent_today: int
    need_attention: int


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


def message_counts(db: Database, zone: str | None = None) -> MessageCounts:
    """Return the counts of today, by the database's clock in `zone` (default: the first site's)."""
    with db.reading() as connection:
        if zone is None:
            sites = clinic_record(connection).sites
            zone = sites[0].zone if sites else "UTC"
        starts_at, ends_at = day_bounds(local_day(database_now(connection), zone), zone)
        return MessageCounts(*queries_messages.counts(connection, starts_at, ends_at))


def messages_of(db: Database, appointment_id: UUID) -> tuple[MessageLine, ...]:
    """Return the messages about one appointment, oldest first."""
    with db.reading() as connection:
        return tuple(MessageLine(*row) for row in queries_messages.messages_of(connection, appointment_id))
