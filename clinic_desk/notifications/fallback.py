"""The other channel, when the patient cannot be reached over the one a message was planned for: the same, as new row.

Once at most for each message, and only if nothing of the kind was planned for the other channel anyway.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database import queries_fallback as queries
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.texts import Text, default_text, language_of, render, spoken_date
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
        subject, body = _words(rows[0])
    except (KeyError, ValueError) as error:
        _logger.error("the other channel's text of message %s failed\n%s", message_id, traceback_text(error))
        return False
    values = {"id": str(message_id), "new_id": str(new_id()), "subject": subject, "body": body}
    return bool(steps.run(queries.OTHERWISE, **values))


def _words(row: Sequence[Any]) -> tuple[str, str]:
    kind, channel, wanted, starts_at, zone, clinic, place, phone, own_subject, own_body = row
    language = language_of(wanted)
    wall = to_wall(starts_at, zone)
    values = {
        "clinic": clinic,
        "date": spoken_date(wall, language),
        "time": f"{wall:%H:%M}",
        "place": place,
        "phone": phone,
    }
    text = default_text(kind, Channel(channel), language) if own_body is None else Text(own_subject, own_body)
    return render(text, Channel(channel), values)
