"""The statements of a patient's own list by e-mail: what is to come for her, the latest list, and the new message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_COMING: Final = """
SELECT id, starts_at, site_id FROM appointment
WHERE patient_id = %(patient)s::uuid AND status = 'booked' AND starts_at > %(now)s ORDER BY starts_at, id
"""
_LATEST: Final = """
SELECT n.id, n.dedupe_key, n.dates, n.recipient, n.status IN ('pending', 'leased', 'sending')
    OR n.status = 'unknown' AND n.dealt_with_at IS NULL,
    n.status IN ('sent', 'delivered') AND n.sent_at > %(now)s - make_interval(secs => %(recent_s)s)
FROM notification n WHERE n.patient_id = %(patient)s::uuid AND n.kind = 'appointment-list'
ORDER BY n.created_at DESC, n.id DESC LIMIT 1
"""
_QUEUE: Final = """
INSERT INTO notification (id, patient_id, kind, channel, dedupe_key, subject, body, language, due_at, not_after, dates)
VALUES (%(id)s::uuid, %(patient)s::uuid, 'appointment-list', 'email', %(key)s, %(subject)s, %(body)s, %(language)s,
        %(due_at)s, %(not_after)s, %(dates)s::jsonb)
ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Latest:
    """The last list that was made for a patient. `dates`: what it names, as `told`. `recent`: sent just now.

    `waits`: it has not left, or may have.
    """

    id: UUID
    dedupe_key: str
    dates: Mapping[str, str]
    recipient: str
    waits: bool
    recent: bool


def coming(connection: Connection, patient_id: UUID, now: datetime) -> Sequence[Any]:
    """Return (id, start, site's id) of all that is booked for a patient and has not begun, the soonest first."""
    return connection.exec_driver_sql(_COMING, {"patient": str(patient_id), "now": now}).all()


def latest(connection: Connection, patient_id: UUID, now: datetime, recent_s: float) -> Latest | None:
    """Return the list that was made last for a patient, None if none was."""
    values = {"patient": str(patient_id), "now": now, "recent_s": recent_s}
    row = connection.exec_driver_sql(_LATEST, values).one_or_none()
    return None if row is None else Latest(*row)


def queue(connection: Connection, values: dict[str, Any], dates: Mapping[str, str]) -> bool:
    """Put a list into the queue; False if another desk did so in this very moment."""
    return connection.exec_driver_sql(_QUEUE, values | {"dates": json.dumps(dates)}).first() is not None
