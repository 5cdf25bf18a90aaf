"""The PCs of the clinic that joined, invitations to join, and who sends messages: records and their few rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

ENOUGH_SEND: Final = 3
"""PCs that send: when one is off the others go on, and more of them only make the server work."""
SILENT_AFTER: Final = timedelta(minutes=3)
"""A program that sends is seen every half minute; who was not seen for so long does not send now."""


@dataclass(frozen=True, slots=True)
class SenderSeen:
    """A program that sends, as it was last seen working, and over which channels it could."""

    name: str
    seen_at: datetime
    channels: tuple[str, ...]

    def is_working(self, now: datetime) -> bool:
        """Whether it sends now, by the database's clock."""
        return bool(self.channels) and now - self.seen_at < SILENT_AFTER


@dataclass(frozen=True, slots=True)
class ClinicPc:
    """A PC that joined. `login`: what it sends with; empty: it does not send. `joined_at` None: not known any more.

    `seen_at`: when its desk or what it sends by was last seen, now if it is on; `sending_at`: what it sends by alone.
    """

    id: UUID
    name: str
    login: str = ""
    desk_id: UUID | None = None
    joined_at: datetime | None = None
    invited_by: str = ""
    seen_at: datetime | None = None
    sending_at: datetime | None = None
    channels: tuple[str, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether it has a login for sending."""
        return bool(self.login)


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """A pairing text that one PC can still join by; the text itself is kept nowhere."""

    id: str
    """The one-time login."""
    invited_by: str
    invited_at: datetime
    until_at: datetime
    sends: bool


@dataclass(frozen=True, slots=True)
class PcsNow:
    """How it stands; `senders` are all programs that send, the last seen first, also those of no PC that joined."""

    pcs: tuple[ClinicPc, ...]
    invitations: tuple[OpenInvitation, ...]
    senders: tuple[SenderSeen, ...]
    read_at: datetime

    @property
    def wants_senders(self) -> bool:
        """Whether one more PC should send, if nobody says otherwise."""
        return should_send(sum(pc.sends for pc in self.pcs))


def should_send(sending: int) -> bool:
    """Whether one more PC should send, where so many have a login for it."""
    return sending < ENOUGH_SEND


def working(senders: Iterable[SenderSeen], now: datetime) -> tuple[SenderSeen, ...]:
    """Return those that send now, each name once."""
    found = {sender.name: sender for sender in senders if sender.is_working(now)}
    return tuple(found.values())
