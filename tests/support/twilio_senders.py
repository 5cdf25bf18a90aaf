"""Senders to the server of twilio_server.py, closed at the end, and messages for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from clinic_desk.domain.messaging import Outgoing
from clinic_desk.notifications.senders.twilio import TwilioAccount, TwilioSender
from tests.support.outgoing import sms
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer

MakeSender = Callable[..., TwilioSender]


@contextmanager
def making_senders() -> Iterator[MakeSender]:
    """Yield what makes a sender to a server or an address; other arguments are those of TwilioAccount."""
    made: list[TwilioSender] = []

    def make(server: TwilioServer | str, *, limit_s: float = 20.0, **others: Any) -> TwilioSender:
        address = server if isinstance(server, str) else server.address
        given: dict[str, Any] = {"sid": ACCOUNT, "token": TOKEN, "number": NUMBER, "base_url": address, "read_s": 5.0}
        made.append(TwilioSender(TwilioAccount(**(given | others)), limit_s=limit_s))
        return made[-1]

    yield make
    for each in made:
        each.close()


def just_begun(**others: Any) -> Outgoing:
    """A message whose sending began now, by the database's clock."""
    return sms(sending_started_at=datetime.now(UTC), not_after=datetime.now(UTC) + timedelta(hours=1), **others)
