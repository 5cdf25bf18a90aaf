"""The statements of what patients answer to offers by message: a yes, a no, and what became of it."""

# ruff: noqa: S608 - the statements are made of constants only

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.asking import LEFT
from clinic_desk.database.queries.inbox import OF_NUMBER, WENT_THERE
from clinic_desk.domain.asking import Heard, RoundState, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

_OFFERED: Final = f"""
SELECT o.id::text, o.round_id::text, o.patient_id::text, o.state, coalesce(n.sent_at, n.sending_started_at), o.until_at,
    o.answered_at IS NOT NULL, w.closed IS NULL, r.state = 'running', r.state = 'over'
FROM patient p
CROSS JOIN LATERAL (SELECT p.id UNION ALL SELECT m.id FROM patient m WHERE m.merged_into_id = p.id) AS k
JOIN offer o ON o.patient_id = k.id JOIN offer_round r ON r.id = o.round_id JOIN wish w ON w.id = o.wish_id
JOIN notification n ON n.id = o.notification_id
WHERE {OF_NUMBER} AND {WENT_THERE} AND n.channel = 'sms'
  AND n.status IN {LEFT} AND coalesce(n.sent_at, n.sending_started_at) <= %(before)s
ORDER BY 5 DESC, o.id
"""
_LOCK_ROUND: Final = "SELECT state FROM offer_round WHERE id = %(id)s::uuid FOR UPDATE"
_SAY_YES: Final = """
UPDATE offer SET answered_at = clock_timestamp(), reply_id = %(reply)s::uuid
WHERE id = %(id)s::uuid AND state IN ('asked', 'lapsed') AND answered_at IS NULL RETURNING id
"""
_GO_ON: Final = "UPDATE offer_round SET state = 'running' WHERE id = %(id)s::uuid AND state = 'over'"
_DECLINE: Final = """
UPDATE offer SET state = 'declined', reason = %(reason)s
WHERE id = ANY (%(ids)s::uuid[]) AND state = 'asked' AND answered_at IS NULL RETURNING id
"""
_REPLY: Final = """
UPDATE inbound_message SET appointment_id = coalesce(%(appointment)s::uuid, appointment_id), status = %(status)s
WHERE id = %(id)s::uuid
"""
_REPLY_OF: Final = """
UPDATE inbound_message i SET appointment_id = %(appointment)s::uuid FROM offer o
WHERE o.id = %(id)s::uuid AND i.id = o.reply_id
"""


def reply_of(connection: Connection, asking_id: UUID, appointment_id: UUID) -> None:
    """Write which appointment a patient's yes brought."""
    connection.exec_driver_sql(_REPLY_OF, {"id": str(asking_id), "appointment": str(appointment_id)})


def offered(connection: Connection, number: str, before: datetime) -> tuple[Heard, ...]:
    """Return what a number was offered by SMS, the latest first."""
    rows = connection.exec_driver_sql(_OFFERED, {"number": number, "before": before})
    return tuple(_heard(*row) for row in rows)


def say_yes(connection: Connection, offer: Heard, reply_id: UUID) -> bool:
    """Note a yes, for whoever works the queue to carry it out; False if there is nothing to say yes to any more."""
    state = connection.exec_driver_sql(_LOCK_ROUND, {"id": str(offer.round_id)}).scalar()
    if state not in {RoundState.RUNNING, RoundState.OVER}:
        return False
    found = connection.exec_driver_sql(_SAY_YES, {"id": str(offer.asking_id), "reply": str(reply_id)}).first()
    if found is not None:
        connection.exec_driver_sql(_GO_ON, {"id": str(offer.round_id)})
    return found is not None


def decline(connection: Connection, asking_ids: Iterable[UUID], reason: str = "") -> bool:
    """Note a no to what is still asked; False if nothing is."""
    values = {"ids": [str(each) for each in asking_ids], "reason": reason}
    return bool(connection.exec_driver_sql(_DECLINE, values).all())


def file_reply(connection: Connection, reply_id: UUID, appointment_id: UUID | None, *, done: bool) -> None:
    """Write what became of a reply: the appointment that it brought, or that somebody has to look at it."""
    values = {
        "id": str(reply_id),
        "appointment": None if appointment_id is None else str(appointment_id),
        "status": "done" if done else "open",
    }
    connection.exec_driver_sql(_REPLY, values)


def _heard(asking_id: str, round_id: str, patient_id: str, state: str, *rest: Any) -> Heard:
    return Heard(UUID(asking_id), UUID(round_id), UUID(patient_id), Standing(state), *rest)
