"""What the queue's worker asks of a provider: the protocol that senders fulfil. They wait: never on the GUI thread."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from clinic_desk.domain.messaging import Delivery, Found, Heard, Outcome, Outgoing
from clinic_desk.domain.records import Channel


class Sender(Protocol):
    """Sends over one channel. Raises nothing for what a provider or a message does: it says so in the Outcome."""

    channel: Channel

    def send(self, message: Outgoing) -> Outcome:
        """Hand one message over, within 20 s."""
        ...

    def find(self, message: Outgoing) -> Found:
        """Look for a message whose outcome is unknown. E-mail cannot look: ABSENT, it is sent again with its id."""
        ...

    def delivery(self, provider_id: str) -> Delivery | None:
        """Ask what became of a message that was taken; None when it cannot be asked (e-mail), or not just now."""
        ...

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        """Return what patients wrote back since; raises ProviderDown when it cannot be read."""
        ...

    def forget(self, provider_id: str) -> Outcome:
        """Have the provider delete its copy of a message; SENT means: it has none (any more)."""
        ...

    def check(self) -> Outcome:
        """Test the connection and the credentials without sending anything; SENT means: fine."""
        ...

    def close(self) -> None:
        """Let go of connections. It may be used again afterwards."""
        ...
