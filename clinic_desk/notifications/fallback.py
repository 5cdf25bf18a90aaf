"""The other channel, when the patient cannot be reached over the one a message was planned for: the same, as new row.

Once at most for each message, and only if nothing of the kind was planned for the other channel anyway.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import fallback as queries
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Messaging
from clinic_desk.domain.records import Channel, Site
from clinic_desk.notifications.templates import TextKey, Words, takes_answers, words_for
from clinic_desk.notifications.texts import Text
from clinic_desk.reports import traceback_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from clinic_desk.database.stepping import Steps

_logger = logging.getLogger(__name__)

REASONS: Final = frozenset({"no-address", "unusable-address"})
"""What begin finds wrong with an address, so that the other channel may serve."""


def send_otherwise(steps: Steps, message_id: UUID) -> bool:
    """Queue a message again over the other channel if the patient can be reached there; False if not, or done before.

    Raises Unavailable; a text that cannot be made is logged: the message that failed is shown to staff all the same.
    """
    rows = steps.run(queries.FACTS, id=str(message_id))
    if not rows:
        return False
    try:
        words = _words(rows[0])
    except Exception as error:  # whatever it is: one message's text must not stop the queue
        _logger.error("the other channel's text of message %s failed\n%s", message_id, traceback_text(error))
        return False
    values = {
        "id": str(message_id),
        "new_id": str(new_id()),
        "subject": words.subject,
        "body": words.body,
        "dates": rows[0][15],
    }
    return bool(steps.run(queries.OTHERWISE, **values))


def _words(row: Sequence[Any]) -> Words:
    kind, channel, language, starts_at = row[:4]
    site = Site(*row[4:9])
    own_subject, own_body = row[9:11]
    settings = Messaging(sms_by=row[11], twilio_number=row[12], twilio_service_sid=row[13])
    key = TextKey(kind, Channel(channel), language)
    own = None if own_body is None else {key: Text(own_subject, own_body)}
    starts = row[14] or ()
    along = starts if len(starts) > 1 else ()
    return words_for(key, starts_at, site, own, answers=takes_answers(settings), along=along)
