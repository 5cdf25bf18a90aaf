"""One channel of the program that sends: its worker, and the sender that settings and credentials give it now.

The worker stays when the sender is renewed: what it could not settle yet is settled by it. The sender is looked at
before each turn, so that nothing leaves by settings, or with a password, that are not in force any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import messaging as queries_messaging
from clinic_desk.database.queries import secrets as queries_secrets
from clinic_desk.notifications.planning import by_channel
from clinic_desk.notifications.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.messaging import ChannelState, Messaging
    from clinic_desk.domain.records import Channel
    from clinic_desk.notifications.providers import Sender
    from clinic_desk.notifications.worker import Tick

CREDENTIALS_S: Final = 600.0
"""So often the credentials of a channel that works are looked at anew."""
LOOK_AGAIN_S: Final = 30.0
"""And so often those of one that is stopped, or lacks something: somebody may be about to see to it."""

MakeSenders = Callable[["Messaging"], "Mapping[Channel, Sender]"]


class Post:
    """For any threads; `work` and `renew` take turns. `owner` names this program's channel in leases."""

    def __init__(self, channel: Channel, database: Database, make_senders: MakeSenders, owner: str) -> None:
        self.channel = channel
        self.sender: Sender | None = None
        self.is_known = False
        """Whether the settings were read: a sender that is missing is then not wanted, or cannot be made."""
        self.renewals = 0
        self._database = database
        self._make_senders = make_senders
        self._worker = Worker(database, {}, owner)
        self._turn = threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._made_at = 0.0
        self._anew = False

    def work(self, stop: Callable[[], bool]) -> Tick:
        """Work through what is due. Without a sender: settle and take back what was left, and expire what is late."""
        with self._turn:
            self._renew()
            return self._worker.tick(stop)

    def check(self, stop: Callable[[], bool]) -> None:
        """Find out what became of messages; what is due to be sent does not wait for it."""
        if self.sender is not None:
            self._worker.reconcile(stop)
            self._worker.poll_deliveries(stop)

    def renew(self) -> None:
        """Make the sender anew if the settings changed, the channel was stopped or resumed, or it is time to look."""
        with self._turn:
            self._renew()

    def forget_credentials(self) -> None:
        """Have the credentials looked at before the next message: they were changed on this PC."""
        self._anew = True

    def release(self) -> int:
        """Settle what can be settled now, and give back what was claimed and not begun; return how many that were."""
        return self._worker.release()

    def close(self) -> None:
        """Let go of the sender's connections."""
        if self.sender is not None:
            self.sender.close()

    def _renew(self) -> None:
        with self._database.reading() as connection:
            settings = queries_messaging.read_messaging(connection)
            state = queries_messaging.channel_states(connection)[self.channel]
            secrets = queries_secrets.mark(connection)
        seen = (settings.version, state.since, *secrets)
        if seen == self._seen and not self._anew and time.monotonic() - self._made_at < self._patience(settings, state):
            return
        self._anew = False
        sender = self._make_senders(settings).get(self.channel)
        self._worker.use({} if sender is None else {self.channel: sender})
        old, self.sender = self.sender, sender
        self._seen, self._made_at, self.is_known = seen, time.monotonic(), True
        self.renewals += 1
        if old is not None and old is not sender:
            old.close()

    def _patience(self, settings: Messaging, state: ChannelState) -> float:
        lacks = self.sender is None and dict(by_channel(settings))[self.channel] != "off"
        return LOOK_AGAIN_S if lacks or state.state == "stopped" else CREDENTIALS_S
