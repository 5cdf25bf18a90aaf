"""Finds out what became of messages: those that may have gone, and those that a provider took.

What is not known for sure is asked for again, ever more seldom; what nobody can tell is left to a human in the end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from clinic_desk.database.queries import queue_checks as queries
from clinic_desk.database.stepping import stepping
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Answer, Found, Outcome, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import fallback, queue
from clinic_desk.reports import traceback_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clinic_desk.database.engine import Database
    from clinic_desk.database.stepping import Steps
    from clinic_desk.domain.messaging import Delivery, Outgoing
    from clinic_desk.notifications.providers import Sender

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Missing:
    """A message of unknown outcome that is this caller's to look for; `checks` counts how often it was."""

    checks: int
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider took, whose delivery is this caller's to ask for."""

    checks: int
    id: UUID
    channel: Channel
    provider_id: str
    recipient: str
    appointment_id: UUID | None


def next_missing(steps: Steps, channels: Mapping[Channel, object]) -> Missing | None:
    """Return the next message to look for now, and when it is looked for next; None: none is due."""
    rows = steps.run(queries.UNKNOWN, channels=[channel.value for channel in channels])
    return Missing(rows[0][0], queue.outgoing(rows[0][1:20])) if rows else None


def resolve(steps: Steps, missing: Missing, found: Found) -> bool:
    """Write what a search found: sent, not there (it is sent again), or no wiser; False if that is known already."""
    message = missing.message
    row: dict[str, Any] = {"id": str(message.id), "attempts": message.attempt, "checks": missing.checks}
    match found.trace:
        case Trace.FOUND if (own := _own(steps, message, found)) is not None:
            return bool(steps.run(queries.FOUND, **row, provider_id=own or None))
        case Trace.FOUND | Trace.ABSENT:
            return bool(steps.run(queries.ABSENT, **row))
        case Trace.CANNOT_TELL:
            return bool(steps.run(queries.UNTOLD, **row, error=queue.told("", found.reason)))


def _own(steps: Steps, message: Outgoing, found: Found) -> str | None:
    """Return the id found that is no other message's; None if all are: then this one did not go."""
    ids = [found.provider_id, *found.also]
    rows = steps.run(queries.UNCLAIMED, id=str(message.id), provider_ids=ids)
    return str(rows[0][0]) if rows else None


def next_taken(steps: Steps, channels: Mapping[Channel, object]) -> Taken | None:
    """Return the next message whose delivery is to be asked for now; None: none is due."""
    rows = steps.run(queries.TAKEN, channels=[channel.value for channel in channels])
    if not rows:
        return None
    checks, row_id, channel, provider_id, recipient, appointment_id = rows[0]
    return Taken(checks, row_id, Channel(channel), provider_id or "", recipient, appointment_id)


def delivered(steps: Steps, taken: Taken, delivery: Delivery, owner: str) -> bool:
    """Write a delivery, or a failure of it with what follows from that; False if it is known already.

    What may pass is sent again as a new message, later, twice at most: then the first one needs nobody.
    """
    if delivery.note:
        outcome = Outcome(Answer.PERMANENT, code=delivery.code, reason=delivery.reason, note=delivery.note)
        queue.note_address(steps, taken.channel, taken.recipient, outcome)
    rows = steps.run(
        queries.DELIVERY,
        id=str(taken.id),
        status="delivered" if delivery.status == "delivered" else "failed",
        code="" if delivery.status == "delivered" else delivery.code,
        error="" if delivery.status == "delivered" else queue.told(delivery.code, delivery.reason),
        checks=taken.checks,
        provider_id=taken.provider_id,
        again=delivery.again,
        configuration=delivery.configuration,
        new_id=str(new_id()),
        owner=owner,
    )
    if rows and delivery.note == "unusable":
        fallback.send_otherwise(steps, taken.id)
    return bool(rows)


def reconcile(db: Database, senders: Mapping[Channel, Sender], stop: Callable[[], bool]) -> int:
    """Look for every message of unknown outcome that is due to be; return how many."""
    count = 0
    with stepping(db) as steps, queue.announcing(steps) as touched:
        while not stop() and (missing := next_missing(steps, senders)) is not None:
            count += 1
            if resolve(steps, missing, _find(senders[missing.message.channel], missing.message)):
                touched(missing.message.uid)
    return count


def poll_deliveries(db: Database, senders: Mapping[Channel, Sender], owner: str, stop: Callable[[], bool]) -> int:
    """Ask for the delivery of every message for which that is due; return for how many."""
    count = 0
    with stepping(db) as steps, queue.announcing(steps) as touched:
        while not stop() and (taken := next_taken(steps, senders)) is not None:
            count += 1
            delivery = _delivery(senders[taken.channel], taken)
            if delivery is not None and delivery.status != "on-its-way" and delivered(steps, taken, delivery, owner):
                touched(taken.appointment_id)
    return count


def _find(sender: Sender, message: Outgoing) -> Found:
    try:
        return sender.find(message)
    except Exception as error:  # a sender raises nothing: this is a bug, and the others are looked for all the same
        _logger.error("looking for message %s failed\n%s", message.id, traceback_text(error))
        return Found(Trace.CANNOT_TELL, reason=f"the program failed: {type(error).__name__}")


def _delivery(sender: Sender, taken: Taken) -> Delivery | None:
    try:
        return sender.delivery(taken.provider_id)
    except Exception as error:  # as above
        _logger.error("asking for message %s failed\n%s", taken.id, traceback_text(error))
        return None
