"""What the tests of Twilio's sender share: a server on loopback, and senders to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clinic_desk.notifications.senders.twilio import TwilioSender
from tests.support.twilio_senders import MakeSender, making_senders
from tests.support.twilio_server import TwilioServer


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    """A server that speaks Twilio's API, and has nothing to complain of at the end."""
    with TwilioServer() as running:
        yield running
        running.released.set()
    assert running.violations == []


@pytest.fixture
def sender_to() -> Iterator[MakeSender]:
    """Make a sender to a server or an address."""
    with making_senders() as make:
        yield make


@pytest.fixture
def sender(server: TwilioServer, sender_to: MakeSender) -> TwilioSender:
    """A sender to the server."""
    return sender_to(server)
